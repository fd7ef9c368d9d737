//! The last page: everything that was said, what it costs and how long it takes; and sending it.

use super::{Work, check, part::Part, view};
use crate::command::Head;
use crate::pages::{Form, Frame, Page, Signed, facts, html_with, see, services};
use crate::problem::{Kind, Problem};
use crate::routes::CATCH_UP;
use crate::{
    extract::ProcedurePath,
    gateway::{Shared, State as Gate},
};
use axum::{extract::State, http::StatusCode};
use kernel::register::Accepted;
use kernel::{Lang, Message, PersonId};
use permits::procedure::{Facts, Words, source::Phase};
use permits::{Application, Command};

/// What the last page shows.
pub(super) struct Review {
    /// What the form is sent for: another draft is another case.
    pub(super) draft: String,
    pub(super) sections: Vec<Section>,
    pub(super) fees: Vec<Fee>,
    pub(super) total: i64,
    pub(super) promise: Option<String>,
    /// The steps that this application goes through, with their days.
    pub(super) steps: Vec<(String, Option<String>)>,
    /// Whether nothing is wrong.
    pub(super) ready: bool,
}

/// What was said on one page.
pub(super) struct Section {
    pub(super) slug: &'static str,
    pub(super) title: &'static str,
    pub(super) lines: Vec<(String, String)>,
    /// What is wrong with it.
    pub(super) wrong: Vec<String>,
}

/// A fee as it comes to now.
pub(super) struct Fee {
    pub(super) title: String,
    pub(super) law: String,
    pub(super) work: Vec<String>,
    pub(super) amount: i64,
}

impl Review {
    pub(super) fn of(work: &Work, page: &Frame, me: PersonId) -> Review {
        let parts = Part::of(&work.service.procedure).filter(|part| *part != Part::Review);
        let sections: Vec<Section> = parts.map(|part| section(work, page, me, part)).collect();
        let ready = sections.iter().all(|section| section.wrong.is_empty());
        let procedure = &work.service.procedure;
        let mut form = work.draft.form();
        let facts = facts::take(&mut form, procedure, &procedure.source().fields);
        let facts = Facts::default().with(procedure, &facts);
        let fees = if form.has_errors() { Vec::new() } else { fees(work, page.lang, &facts) };
        let scope = procedure.scope(&facts);
        let steps = procedure.steps_of(Phase::Application).filter(|place| procedure.applies(*place, &scope));
        let steps = steps.map(|place| procedure.step_at(place)).filter(|step| !step.on_demand);
        let days = |deadline: &permits::procedure::source::DeadlineSource| services::days(page, deadline);
        let step = |step: &permits::procedure::source::StepSource| {
            (services::text(&step.title, page.lang), step.deadline.as_ref().map(days))
        };
        Review {
            draft: work.draft.id.to_string(),
            sections,
            total: fees.iter().fold(0, |sum: i64, fee| sum.saturating_add(fee.amount)),
            fees,
            promise: procedure.source().promise.as_ref().map(days),
            steps: steps.map(step).collect(),
            ready,
        }
    }
}

fn section(work: &Work, page: &Frame, me: PersonId, part: Part) -> Section {
    let mut form = work.draft.form();
    check::page(part, &work.service, &work.draft, &mut form, me);
    let wrong = form.errors(&page.lang).into_iter().map(|(_, text)| text).collect();
    let lines = match part {
        Part::Who => who(&form, page),
        Part::Place => place(&form, page),
        Part::Facts => answers(work, &mut form, page),
        Part::Documents => documents(work, page),
        Part::Review => Vec::new(),
    };
    Section { slug: part.slug(), title: part.title(page), lines, wrong }
}

fn lines(form: &Form, named: &[(&str, &str)]) -> Vec<(String, String)> {
    let line = |(name, title): &(&str, &str)| Some(((*title).to_owned(), form.get(name)?.to_owned()));
    named.iter().filter_map(line).collect()
}

fn who(form: &Form, page: &Frame) -> Vec<(String, String)> {
    let identifier = match form.get("for") {
        Some("person") => Some(("national-id", page.t("کد ملی", "National id"))),
        Some("firm") => Some(("legal-id", page.t("شناسه ملی", "Legal id"))),
        _ => None,
    };
    let mut named = vec![("name", page.t("نام", "Name"))];
    named.extend(identifier);
    named.push(("mobile", page.t("تلفن همراه", "Mobile")));
    named.push(("address", page.t("نشانی", "Address")));
    lines(form, &named)
}

fn place(form: &Form, page: &Frame) -> Vec<(String, String)> {
    lines(form, &[("parcel", page.t("کد نوسازی", "Renewal code")), ("district", page.t("منطقه", "District"))])
}

fn answers(work: &Work, form: &mut Form, page: &Frame) -> Vec<(String, String)> {
    let procedure = &work.service.procedure;
    let answers = facts::take(form, procedure, &procedure.source().fields);
    let line = |field: &permits::procedure::source::FieldSource| {
        let answer = answers.iter().find(|answer| answer.field == field.id)?;
        Some((services::text(&field.title, page.lang), facts::answer(page.lang, field, &answer.value)))
    };
    procedure.source().fields.iter().filter_map(line).collect()
}

fn documents(work: &Work, page: &Frame) -> Vec<(String, String)> {
    let source = work.service.source();
    let line = |known: &permits::procedure::source::DocumentSource| {
        let given = work.draft.documents.iter().find(|given| given.kind == known.id)?;
        Some((services::text(&known.title, page.lang), given.size(page)))
    };
    source.documents.iter().filter_map(line).collect()
}

fn fees(work: &Work, lang: Lang, facts: &Facts) -> Vec<Fee> {
    let procedure = &work.service.procedure;
    let words = Words { procedure, facts, lang };
    let fee = |worked: permits::procedure::explain::ExplainedFee| {
        let source = &procedure.source().fees[worked.fee];
        Fee {
            title: services::text(&source.title, lang),
            law: source.law.clone(),
            work: words.lines(&worked),
            amount: worked.amount.0,
        }
    };
    procedure.explain(&procedure.scope(facts)).unwrap_or_default().into_iter().map(fee).collect()
}

/// Sends the application. However often and from however many windows, a draft is one case.
pub(in crate::pages) async fn send(
    State(state): State<Shared>,
    signed: Signed,
    ProcedurePath(id): ProcedurePath,
    mut form: Form,
) -> Page {
    let mut work = Work::open(&state, &signed, &id).await?;
    let draft = form.get("draft").unwrap_or("").to_owned();
    if let Some(sent) = work.draft.sent.as_ref().filter(|sent| sent.draft.to_string() == draft) {
        return see(&format!("/cases/{}", sent.case));
    }
    if draft != work.draft.id.to_string() {
        form.wrong("", OTHER.0, OTHER.1);
    } else if !form.is("sure", "yes") {
        form.wrong("sure", "درستی آنچه نوشته‌اید را تأیید کنید.", "Confirm that what you wrote is right.");
    }
    let whole = check::whole(&work.service, &work.draft, signed.caller.person());
    let (Some(whole), false) = (whole, form.has_errors()) else {
        if !form.has_errors() {
            form.wrong("", "برخی از بخش‌ها هنوز کامل نیست.", "Some parts are not complete yet.");
        }
        return again(&work, &signed, StatusCode::UNPROCESSABLE_ENTITY, form);
    };
    match hand_in(&state, &signed, &work, whole).await {
        Ok(accepted) => {
            let case = accepted.case.to_string();
            let before = work.draft.hashes();
            work.draft = work.draft.sent(case.clone());
            work.keep(&state, &signed).await?;
            // That it cannot be read yet takes nothing back: it is durable.
            let _ = state.readers.permit_office.reader().wait_for(accepted.last(), CATCH_UP).await;
            state.let_go_handed_in(&signed.caller, accepted.case, &before).await;
            see(&format!("/cases/{case}"))
        }
        Err(problem) => {
            form.refused(&unsent(&problem), |_| None);
            again(&work, &signed, problem.status(), form)
        }
    }
}

const OTHER: (&str, &str) = (
    "این درخواست در پنجره یا دستگاه دیگری عوض شده است؛ دوباره بازبینی کنید.",
    "This application changed in another window or on another device; please review it again.",
);

async fn hand_in(state: &Gate, signed: &Signed, work: &Work, whole: check::Whole) -> Result<Accepted, Problem> {
    let check::Whole { party, place, facts, documents } = whole;
    let (caller, draft) = (&signed.caller, work.draft.id.to_string());
    let applicant = state.party(party).await?;
    let agent = (applicant.person != caller.person()).then(|| caller.person());
    let application = Application {
        procedure: work.service.id().clone(),
        district: place.district,
        parcel: place.parcel,
        applicant: Some(applicant),
        agent,
        facts,
        documents,
        origin: None,
        deadline: None,
    };
    let head = Head::derived(&state.command_ids, caller.person(), &["apply", &draft]);
    state.send(caller, head, None, Command::Apply(application)).await
}

/// A form is sent again as it is; it needs no key to be told of.
fn unsent(problem: &Problem) -> Problem {
    if !matches!(problem.kind, Kind::OutcomeUnknown | Kind::LogUnavailable | Kind::DiskFull | Kind::Timeout) {
        return problem.clone();
    }
    let fa = "پاسخی به‌موقع نرسید. کمی بعد دوباره بفرستید؛ دو بار حساب نمی‌شود.".to_owned();
    let en = "No answer came in time. Please send it again shortly; it will not count twice.".to_owned();
    Problem { message: Message { field: None, fa, en, ..problem.message.clone() }, ..problem.clone() }
}

fn again(work: &Work, signed: &Signed, status: StatusCode, form: Form) -> Page {
    html_with(status, &view::apply(work, signed, Part::Review, Some(form)))
}
