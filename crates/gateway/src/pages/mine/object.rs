//! Objecting to a refusal, a suspension or a revocation, within the procedure's time.

use super::{Own, back};
use crate::extract::CasePath;
use crate::gateway::{Shared, State as Gate};
use crate::pages::{Form, Frame, Page, Signed, happened, html, html_with, see};
use crate::parse::{NOTE_LIMIT, free_text, wrong};
use crate::problem::Problem;
use askama::Template;
use axum::{extract::State, http::StatusCode};
use departments::permit_office::{self, Objection};
use kernel::Instant;
use permits::Command;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Template)]
#[template(path = "object.html")]
struct Object {
    page: Frame,
    form: Form,
    case: String,
    /// The decision, in a line of the timeline.
    decision: happened::Line,
    /// The last day.
    until: String,
    late: bool,
    /// Within how many days it is answered.
    answer: Option<String>,
}

/// The form, where there is something to object to.
pub(in crate::pages) async fn ask(State(state): State<Shared>, signed: Signed, CasePath(id): CasePath) -> Page {
    let own = Own::open(&state, &signed, id).await?;
    match page(&state, &signed, &own, Form::default()).await? {
        Some(page) => html(&page),
        None => see(&format!("/cases/{id}")),
    }
}

/// Sends the objection.
pub(in crate::pages) async fn object(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(id): CasePath,
    mut form: Form,
) -> Page {
    let own = Own::open(&state, &signed, id).await?;
    let note = form.get("note").map(|note| free_text(note, NOTE_LIMIT));
    let note = note.unwrap_or_else(|| Err(wrong("text-empty", "دلیل اعتراض را بنویسید.", "Say why you object.")));
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if let Some(note) = form.keep("note", note) {
        let head = signed.head(&state, &form);
        let note = state.note(&signed.caller, id, Some(&note)).await?;
        match state.send(&signed.caller, head, Some(id), Command::Object { case: id, note }).await {
            Ok(accepted) => return back(&state, id, &accepted).await,
            Err(problem) => {
                status = problem.status();
                form.refused(&problem, |_| None);
            }
        }
    }
    match page(&state, &signed, &own, form).await? {
        Some(page) => html_with(status, &page),
        None => see(&format!("/cases/{id}")),
    }
}

async fn page(state: &Gate, signed: &Signed, own: &Own, form: Form) -> Result<Option<Object>, Problem> {
    let policy = own.procedure.source().objection.as_ref();
    let (Some(decision), Some(policy)) = (own.decision(), policy) else { return Ok(None) };
    if own.case.objection == Some(Objection::Open) {
        return Ok(None);
    }
    let page = signed.frame("اعتراض به تصمیم", "Objecting to the decision");
    let calendar = permit_office::calendar(&state.readers.permit_office).await?;
    let decided = Instant::parse_rfc3339(&decision.recorded_at.at).unwrap_or_default();
    let last = policy.within.policy().begin(decided, &calendar, &page.site.zone).due;
    let line = happened::line(&page, &own.procedure, decision);
    Ok(Some(Object {
        case: own.id.to_string(),
        decision: line,
        until: page.day(&last.to_string()),
        late: now() > last,
        answer: policy.answer.as_ref().map(|answer| crate::pages::services::days(&page, answer)),
        form,
        page,
    }))
}

fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    Instant(i64::try_from(since).unwrap_or(i64::MAX))
}
