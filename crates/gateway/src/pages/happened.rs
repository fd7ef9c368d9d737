//! What happened to a case, in plain words: an event's name, what it is about in the procedure's own words, and by whom.

use super::{Frame, words};
use crate::{gateway::State, problem::Problem};
use departments::permit_office::{self, Happened, Verdict};
use departments::{Limit, Personal};
use kernel::CaseId;
use permits::procedure::{Procedure, source::Text};
use serde::de::DeserializeOwned;

/// The most events of a case that are shown; few have so many.
const MOST: usize = 1_000;

/// A line of a timeline.
pub(super) struct Line {
    pub(super) at: String,
    pub(super) text: String,
    /// The role that did it.
    pub(super) role: String,
    pub(super) note: Option<String>,
}

/// Every event that a case can have, in both languages.
const SENTENCES: &[(&str, &str, &str)] = &[
    ("ApplicationSubmitted", "درخواست ثبت شد", "Application submitted"),
    ("ApplicationWithdrawn", "درخواست پس گرفته شد", "Application withdrawn"),
    ("StepOpened", "گام آغاز شد", "Step opened"),
    ("StepSkipped", "گام لازم نبود", "Step not needed"),
    ("StepTaken", "کارشناس کار را برداشت", "Taken by an officer"),
    ("StepCompleted", "گام انجام شد", "Step done"),
    ("StepCancelled", "گام کنار گذاشته شد", "Step called off"),
    ("CaseReturned", "برای اصلاح برگردانده شد", "Returned for correction"),
    ("ReturnAnswered", "متقاضی اصلاح کرد", "Corrected by the applicant"),
    ("DeadlineMoved", "مهلت جابه‌جا شد", "Deadline moved"),
    ("DeadlinePassed", "مهلت گذشت", "Deadline passed"),
    ("ConsultationRequested", "استعلام شد", "Agency asked"),
    ("ConsultationAnswered", "پاسخ استعلام رسید", "Agency answered"),
    ("ConsultationCancelled", "استعلام کنار گذاشته شد", "Consultation called off"),
    ("BillIssued", "فیش صادر شد", "Bill issued"),
    ("PaymentReceived", "پرداخت شد", "Payment received"),
    ("RefundOrdered", "بازگشت وجه مقرر شد", "Refund ordered"),
    ("RefundPaid", "وجه بازگردانده شد", "Refund paid"),
    ("CaseRefused", "درخواست رد شد", "Application refused"),
    ("PermitGranted", "با درخواست موافقت شد", "Application granted"),
    ("LicenceIssued", "پروانه صادر شد", "Licence issued"),
    ("LicenceSuspended", "پروانه معلق شد", "Licence suspended"),
    ("LicenceReinstated", "تعلیق پروانه برداشته شد", "Suspension ended"),
    ("LicenceRevoked", "پروانه باطل شد", "Licence revoked"),
    ("LicenceRenewed", "پروانه تمدید شد", "Licence renewed"),
    ("LicenceTransferred", "پروانه به دارنده دیگری رسید", "Licence has another holder"),
    ("WorkCompleted", "پایان کار صادر شد", "Completion certified"),
    ("ObjectionRaised", "متقاضی اعتراض کرد", "Objection raised"),
    ("ObjectionDecided", "به اعتراض رسیدگی شد", "Objection decided"),
    ("CutOverBreached", "مراجعه حضوری پس از موعد برخط شدن", "Visit in person after the cut-over"),
    ("StepRecorded", "گامی از سامانه دیگر", "Step of another system"),
    ("RecordClosed", "پرونده در سامانه دیگر بسته شد", "Closed in the other system"),
];

/// All that happened to a case, in its order.
pub(super) async fn past(state: &State, case: CaseId, personal: Personal) -> Result<Vec<Happened>, Problem> {
    let (desk, mut past, mut next) = (&state.readers.permit_office, Vec::new(), None);
    loop {
        let limit = Limit::new(Some(u16::MAX));
        let page = permit_office::timeline(desk, case, next.as_deref(), limit, personal).await?;
        past.extend(page.items);
        next = page.next;
        if next.is_none() || past.len() >= MOST {
            return Ok(past);
        }
    }
}

/// One event.
pub(super) fn line(page: &Frame, procedure: &Procedure, one: &Happened) -> Line {
    Teller { page, procedure }.line(one)
}

/// What a field or a document of the procedure is called.
pub(super) fn item<'a>(procedure: &'a Procedure, id: &str) -> Option<&'a Text> {
    let source = procedure.source();
    let field = source.fields.iter().find(|field| field.id.as_str() == id).map(|field| &field.title);
    field.or_else(|| source.documents.iter().find(|known| known.id.as_str() == id).map(|known| &known.title))
}

/// The newest first.
pub(super) fn lines(page: &Frame, procedure: &Procedure, all: &[Happened]) -> Vec<Line> {
    let teller = Teller { page, procedure };
    all.iter().rev().map(|one| teller.line(one)).collect()
}

struct Teller<'a> {
    page: &'a Frame,
    procedure: &'a Procedure,
}

impl Teller<'_> {
    fn line(&self, one: &Happened) -> Line {
        let known = SENTENCES.iter().find(|(event, _, _)| *event == one.event);
        let text = known.map_or(one.event.as_str(), |(_, fa, en)| self.page.t(fa, en));
        let text = self.detail(one).map_or_else(|| text.to_owned(), |detail| format!("{text}: {detail}"));
        let (at, role) = (self.page.moment(&one.recorded_at.at), words::role(self.page.lang, &one.role));
        Line { at, text, role, note: one.note.clone() }
    }

    /// What it is about, and how it ended.
    fn detail(&self, one: &Happened) -> Option<String> {
        let lang = self.page.lang;
        if one.event == "ReturnAnswered" {
            return self.items(one, "corrected");
        }
        let subject = one.subject.as_deref()?;
        let about = self.subject(&one.event, subject);
        let and = |more: Option<String>| Some(more.map_or_else(|| about.clone(), |more| format!("{about} – {more}")));
        match one.event.as_str() {
            "ApplicationSubmitted" => None,
            "StepCompleted" => and(fact(one, "outcome").and_then(|outcome: String| self.outcome(subject, &outcome))),
            "StepOpened" | "ConsultationRequested" | "DeadlineMoved" => and(self.until(one, "due")),
            "CaseReturned" => and(self.items(one, "corrections")),
            "LicenceIssued" => and(self.until(one, "valid_until")),
            "ConsultationAnswered" => {
                and(fact(one, "verdict").map(|verdict: Verdict| words::verdict(lang, verdict).to_owned()))
            }
            "PaymentReceived" | "RefundOrdered" | "RefundPaid" => {
                fact(one, "amount").map(|amount: i64| self.page.rials(&amount))
            }
            "BillIssued" => fact(one, "total").map(|total: i64| self.page.rials(&total)),
            _ => Some(about),
        }
    }

    /// Until which day.
    fn until(&self, one: &Happened, name: &str) -> Option<String> {
        let day: String = fact(one, name)?;
        Some(format!("{} {}", self.page.t("تا", "by"), self.page.day(&day)))
    }

    /// Fields and documents by their names.
    fn items(&self, one: &Happened, name: &str) -> Option<String> {
        let ids: Vec<String> = fact(one, name)?;
        let titled = |id: &String| {
            item(self.procedure, id).map_or_else(|| id.clone(), |title| title.get(self.page.lang).to_owned())
        };
        let titles: Vec<String> = ids.iter().map(titled).collect();
        Some(titles.join(self.page.t("، ", ", "))).filter(|titles| !titles.is_empty())
    }

    /// A step, an agency, an article or a clock by its name; a number in the reader's digits.
    fn subject(&self, event: &str, subject: &str) -> String {
        let lang = self.page.lang;
        let title = match event {
            "CutOverBreached" => return words::channel(lang, subject),
            "CaseRefused" | "LicenceSuspended" | "LicenceRevoked" => self.article(subject),
            "ConsultationRequested" | "ConsultationAnswered" | "ConsultationCancelled" => self.agency(subject),
            "DeadlineMoved" | "DeadlinePassed" => match subject {
                "promise" => return self.page.t("موعد قول‌داده‌شده", "the promised date").to_owned(),
                "objection" => return self.page.t("رسیدگی به اعتراض", "the objection").to_owned(),
                "bill" => return self.page.t("پرداخت", "the payment").to_owned(),
                other => self.step(other).or_else(|| self.agency(other)),
            },
            _ => self.step(subject),
        };
        title.map_or_else(|| self.page.digits(&subject), |title| title.get(lang).to_owned())
    }

    fn step(&self, id: &str) -> Option<&Text> {
        self.procedure.step(&id.parse().ok()?).map(|(_, step)| &step.title)
    }

    fn agency(&self, id: &str) -> Option<&Text> {
        self.procedure.agency(&id.parse().ok()?).map(|(_, asked)| &asked.title)
    }

    fn article(&self, id: &str) -> Option<&Text> {
        self.procedure.source().articles.iter().find(|known| known.id.as_str() == id).map(|known| &known.title)
    }

    fn outcome(&self, step: &str, outcome: &str) -> Option<String> {
        let (_, step) = self.procedure.step(&step.parse().ok()?)?;
        let outcome = step.outcomes.iter().find(|known| known.id.as_str() == outcome)?;
        Some(outcome.title.get(self.page.lang).to_owned())
    }
}

/// One of the further facts of an event.
fn fact<T: DeserializeOwned>(one: &Happened, name: &str) -> Option<T> {
    serde_json::from_value(one.facts.as_ref()?.get(name)?.clone()).ok()
}
