//! What is waited for now, from whom, and until when; first what the reader can do themselves.

use super::Own;
use crate::pages::{Frame, words};
use departments::permit_office::{Objection, StepState};
use permits::procedure::source::Text;

/// Something that is waited for.
pub(super) struct Wait {
    pub(super) text: String,
    /// From whom and until when.
    pub(super) more: String,
    pub(super) late: bool,
    /// What the reader can do about it, and where.
    pub(super) act: Option<(String, String)>,
}

/// Everything that is waited for.
pub(super) fn waits(own: &Own, page: &Frame, online: bool) -> Vec<Wait> {
    let mut waits = Vec::new();
    waits.extend(correction(own, page));
    waits.extend(payment(own, page, online));
    waits.extend(licence(own, page));
    if own.goes_on() && own.returned().is_none() {
        waits.extend(steps(own, page));
        waits.extend(agencies(own, page));
    }
    waits.extend(objection(own, page));
    waits
}

fn yours(text: String, more: String, act: (&str, String)) -> Wait {
    Wait { text, more, late: false, act: Some((act.0.to_owned(), act.1)) }
}

fn correction(own: &Own, page: &Frame) -> Option<Wait> {
    let returned = own.returned()?;
    let text = page.t("پرونده برای اصلاح نزد شماست.", "The file is with you to be corrected.").to_owned();
    let since = format!("{} {}", page.t("از", "since"), page.day(&returned.recorded_at.at));
    let act = (page.t("دیدن و پاسخ", "See and answer"), format!("/cases/{}/answer", own.id));
    Some(yours(text, since, act))
}

fn payment(own: &Own, page: &Frame, online: bool) -> Option<Wait> {
    let owed = own.case.outstanding;
    if owed <= 0 {
        return None;
    }
    let text = format!("{} {}", page.t("پرداخت عوارض:", "Fees to pay:"), page.rials(&owed));
    let (pay, see) = (page.t("فیش و پرداخت", "Bill and payment"), page.t("دیدن فیش", "See the bill"));
    Some(yours(text, String::new(), (if online { pay } else { see }, format!("/cases/{}/bill", own.id))))
}

fn licence(own: &Own, page: &Frame) -> Option<Wait> {
    let number = own.case.summary.licence.as_ref()?;
    let text = format!("{} {}", page.t("پروانه شما صادر شده است:", "Your licence is issued:"), page.digits(number));
    let act = (page.t("دیدن پروانه", "See the licence"), format!("/licences/{number}"));
    Some(yours(text, String::new(), act))
}

fn steps(own: &Own, page: &Frame) -> Vec<Wait> {
    let open = own.case.steps.iter().filter(|step| step.state == StepState::Open);
    let wait = |step: &departments::permit_office::StepView| {
        let known = step.step.parse().ok().and_then(|id| own.procedure.step(&id)).map(|(_, known)| &known.title);
        let role = step.escalated_to.as_deref().or(step.role.as_deref());
        let role = role.map(|role| words::role(page.lang, role));
        let taken =
            step.officer.as_ref().map(|_| page.t("کارشناس آن را برداشته است", "an officer is at it").to_owned());
        let due = step.due.as_ref().map(|due| format!("{} {}", page.t("تا", "by"), page.day(&due.at)));
        Wait {
            text: title(page, known, &step.step),
            more: joined(page, [role, due, taken]),
            late: step.passed,
            act: None,
        }
    };
    open.map(wait).collect()
}

fn agencies(own: &Own, page: &Frame) -> Vec<Wait> {
    let open = own.case.consultations.iter().filter(|asked| asked.ended_at.is_none() && asked.verdict.is_none());
    let wait = |asked: &departments::permit_office::ConsultationView| {
        let known = asked.agency.parse().ok().and_then(|id| own.procedure.agency(&id)).map(|(_, known)| &known.title);
        let due = asked.due.as_ref().map(|due| format!("{} {}", page.t("تا", "by"), page.day(&due.at)));
        Wait {
            text: format!("{} {}", page.t("پاسخ", "An answer of"), title(page, known, &asked.agency)),
            more: joined(page, [due, None, None]),
            late: asked.passed,
            act: None,
        }
    };
    open.map(wait).collect()
}

fn objection(own: &Own, page: &Frame) -> Option<Wait> {
    if own.case.objection == Some(Objection::Open) {
        let due = own.case.objection_due.as_ref();
        let due = due.map(|due| format!("{} {}", page.t("تا", "by"), page.day(&due.at)));
        let text = page.t("به اعتراض شما رسیدگی می‌شود.", "Your objection is being decided.").to_owned();
        return Some(Wait { text, more: due.unwrap_or_default(), late: false, act: None });
    }
    own.decision()?;
    own.procedure.source().objection.as_ref()?;
    let text = page.t("می‌توانید به این تصمیم اعتراض کنید.", "You can object to this decision.").to_owned();
    Some(yours(text, String::new(), (page.t("اعتراض", "Object"), format!("/cases/{}/object", own.id))))
}

fn title(page: &Frame, known: Option<&Text>, id: &str) -> String {
    known.map_or(id, |title| page.t(&title.fa, &title.en)).to_owned()
}

fn joined(page: &Frame, parts: [Option<String>; 3]) -> String {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(page.t("؛ ", "; "))
}
