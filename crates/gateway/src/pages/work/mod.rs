//! A case as an officer works on it: what was asked for beside its documents, what happened, and every decision as a form.

mod act;
mod send;

pub(super) use send::{answer, complete, consult, decide, give_back};

use super::{Form, Frame, Page, Signed, happened, happened::Line, html, html_with, words};
use crate::{
    gateway::{Shared, State as Gate},
    problem::Problem,
    routes::{opened, visible},
};
use act::{Act, Acts, Choice, Input};
use askama::Template;
use axum::http::StatusCode;
use departments::permit_office::{self, Answer, CaseView, StepState};
use departments::{Limit, Personal};
use kernel::{CaseId, StepId};
use permits::procedure::{Procedure, source::FieldKind};
use std::sync::Arc;

/// How many of the things that happened are shown at once.
const HAPPENED: u16 = 100;

#[derive(Template)]
#[template(path = "work.html")]
struct Work {
    page: Frame,
    case: CaseView,
    service: String,
    channel: String,
    steps: Vec<StepLine>,
    fields: Vec<(String, String)>,
    documents: Vec<(String, String, String)>,
    asked: Vec<(String, String)>,
    happened: Vec<Line>,
    acts: Vec<Act>,
    form: Form,
    /// The act whose form came last.
    sent: String,
}

struct StepLine {
    title: String,
    state: &'static str,
    role: String,
    due: Option<String>,
    late: bool,
}

impl Work {
    fn is_sent(&self, act: &Act) -> bool {
        self.sent == act.id
    }

    /// Whether this was chosen in the form that came.
    fn is_chosen(&self, act: &Act, choice: &Choice) -> bool {
        self.is_sent(act) && self.form.is(&choice.name, &choice.value)
    }

    fn typed(&self, act: &Act) -> &str {
        if self.is_sent(act) { self.form.value("note") } else { "" }
    }

    /// What is wrong with a part of the form that came.
    fn error(&self, act: &Act, name: &str) -> Option<String> {
        if self.is_sent(act) { self.form.error(name, &self.page.lang) } else { None }
    }
}

/// The case, which an officer's look at is recorded.
pub(super) async fn show(state: &Shared, signed: &Signed, id: CaseId) -> Page {
    let case = opened(state, &signed.caller, id).await?;
    html(&work(state, signed, id, case, Form::default(), String::new()).await?)
}

/// The same after a form that the rules did not take.
async fn again(state: &Gate, signed: &Signed, id: CaseId, form: Form, sent: String) -> Page {
    let case = visible(state, &signed.caller, id).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &work(state, signed, id, case, form, sent).await?)
}

async fn work(
    state: &Gate,
    signed: &Signed,
    id: CaseId,
    case: CaseView,
    form: Form,
    sent: String,
) -> Result<Work, Problem> {
    let number = case.summary.case.clone();
    let page = signed.frame(&format!("پرونده {}", kernel::text::fa_digits(&number)), &format!("Case {number}"));
    let procedure = case.summary.procedure.parse().map_err(|_| crate::problem::Kind::Internal)?;
    let procedure: Arc<Procedure> = state.procedure(&procedure, case.version).await?;
    let role = signed.caller.actor.role.as_str();
    let acts = Acts { page: &page, case: &case, procedure: &procedure, role, person: signed.caller.person() }.all();
    let personal = if case.people.is_some() { Personal::Shown } else { Personal::Hidden };
    let desk = &state.readers.permit_office;
    let past = permit_office::timeline(desk, id, None, Limit::new(Some(HAPPENED)), personal).await?;
    let happened = happened::lines(&page, &procedure, &past.items);
    let title = &procedure.source().title;
    Ok(Work {
        service: page.t(&title.fa, &title.en).to_owned(),
        channel: words::channel(page.lang, &case.channel),
        steps: steps(&page, &case, &procedure),
        fields: fields(&page, &case, &procedure),
        documents: documents(&page, &case, &procedure),
        asked: asked(&page, &case, &procedure),
        happened,
        acts,
        case,
        form,
        sent,
        page,
    })
}

fn steps(page: &Frame, case: &CaseView, procedure: &Procedure) -> Vec<StepLine> {
    let line = |step: &permit_office::StepView| {
        let id: Option<StepId> = step.step.parse().ok();
        let title = id.as_ref().and_then(|id| procedure.step(id)).map(|(_, known)| &known.title);
        let state = match step.state {
            StepState::Open => page.t("باز", "Open"),
            StepState::Done => page.t("انجام شد", "Done"),
            StepState::Skipped => page.t("لازم نیست", "Not needed"),
            StepState::Cancelled => page.t("کنار گذاشته شد", "Called off"),
        };
        StepLine {
            title: title.map_or_else(|| step.step.clone(), |title| page.t(&title.fa, &title.en).to_owned()),
            state,
            role: step.role.as_deref().map_or_else(String::new, |role| words::role(page.lang, role)),
            due: step.due.as_ref().filter(|_| step.state == StepState::Open).map(|due| page.day(&due.at)),
            late: step.passed && step.state == StepState::Open,
        }
    };
    case.steps.iter().map(line).collect()
}

fn fields(page: &Frame, case: &CaseView, procedure: &Procedure) -> Vec<(String, String)> {
    let shown = |field: &permits::procedure::source::FieldSource| {
        let answer = case.fields.get(field.id.as_str())?;
        let value = match answer {
            Answer::Flag(true) => page.t("بله", "Yes").to_owned(),
            Answer::Flag(false) => page.t("خیر", "No").to_owned(),
            Answer::Integer(number) => format!("{} {}", page.number(number), field.unit),
            Answer::Choice(choice) => match &field.holds {
                FieldKind::Choice { choices } => {
                    let known = choices.iter().find(|known| known.id.as_str() == choice);
                    known.map_or_else(|| choice.clone(), |known| page.t(&known.title.fa, &known.title.en).to_owned())
                }
                FieldKind::Flag { .. } | FieldKind::Integer { .. } => choice.clone(),
            },
        };
        Some((page.t(&field.title.fa, &field.title.en).to_owned(), value))
    };
    procedure.source().fields.iter().filter_map(shown).collect()
}

/// What it is called, which it is, and when the newest was given.
fn documents(page: &Frame, case: &CaseView, procedure: &Procedure) -> Vec<(String, String, String)> {
    let shown = |document: &permit_office::DocumentView| {
        let known = procedure.source().documents.iter().find(|known| known.id.as_str() == document.kind);
        let title =
            known.map_or_else(|| document.kind.clone(), |known| page.t(&known.title.fa, &known.title.en).to_owned());
        (document.kind.clone(), title, page.day(&document.given_at.at))
    };
    case.documents.iter().map(shown).collect()
}

fn asked(page: &Frame, case: &CaseView, procedure: &Procedure) -> Vec<(String, String)> {
    let shown = |asked: &permit_office::ConsultationView| {
        let id: Option<StepId> = asked.agency.parse().ok();
        let known = id.as_ref().and_then(|id| procedure.agency(id)).map(|(_, known)| &known.title);
        let title = known.map_or_else(|| asked.agency.clone(), |title| page.t(&title.fa, &title.en).to_owned());
        let answer = match asked.verdict {
            Some(verdict) => words::verdict(page.lang, verdict).to_owned(),
            None if asked.ended_at.is_some() => page.t("دیگر لازم نیست", "No longer needed").to_owned(),
            None => page.t("در انتظار پاسخ", "Waits for an answer").to_owned(),
        };
        (title, answer)
    };
    case.consultations.iter().map(shown).collect()
}
