//! A case as those see it whose it is: what is waited for and from whom, what happened, and what they can do about it.

mod accesses;
mod answer;
mod now;
mod object;
mod view;

pub(super) use accesses::accesses;
pub(super) use answer::{answer, ask as ask_answer};
pub(super) use object::{ask as ask_object, object};

use super::{Form, Page, Signed, happened, html, html_with, see};
use crate::{
    extract::CasePath,
    gateway::{Shared, State as Gate},
    problem::{Kind, Problem},
    routes::{CATCH_UP, own_words, visible},
};
use axum::{extract::State, http::StatusCode};
use departments::permit_office::{CaseView, Happened};
use kernel::register::Accepted;
use kernel::{CaseId, ProcedureId};
use permits::Command;
use permits::procedure::Procedure;
use std::sync::Arc;

/// A case of whoever is signed in.
struct Own {
    id: CaseId,
    case: CaseView,
    procedure: Arc<Procedure>,
    /// All that happened, in its order.
    past: Vec<Happened>,
}

impl Own {
    async fn open(state: &Gate, signed: &Signed, id: CaseId) -> Result<Own, Problem> {
        let case = visible(state, &signed.caller, id).await?;
        let procedure: ProcedureId = case.summary.procedure.parse().map_err(|_| Kind::Internal)?;
        let procedure = state.procedure(&procedure, case.version).await?;
        let words = own_words(state, &signed.caller, id).await?;
        let past = happened::past(state, id, words).await?;
        Ok(Own { id, case, procedure, past })
    }

    fn goes_on(&self) -> bool {
        self.case.summary.status == "in-progress"
    }

    /// The return that is not answered yet.
    fn returned(&self) -> Option<&Happened> {
        let last =
            self.past.iter().rev().find(|one| ["CaseReturned", "ReturnAnswered"].contains(&one.event.as_str()))?;
        (self.goes_on() && last.event == "CaseReturned").then_some(last)
    }

    /// The decision that can be objected to, as far as its kind and state go.
    fn decision(&self) -> Option<&Happened> {
        let now = match self.case.summary.status.as_str() {
            "refused" => "CaseRefused",
            "suspended" => "LicenceSuspended",
            "revoked" => "LicenceRevoked",
            _ => return None,
        };
        self.past.iter().rev().find(|one| one.event == now)
    }
}

/// The case.
pub(super) async fn show(state: &Shared, signed: &Signed, id: CaseId) -> Page {
    let own = Own::open(state, signed, id).await?;
    html(&view::mine(state, signed, own, Form::default()).await?)
}

/// Takes the application back, once that was confirmed.
pub(super) async fn withdraw(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(id): CasePath,
    mut form: Form,
) -> Page {
    if !form.is("sure", "yes") {
        form.wrong("sure", "برای پس‌گرفتن درخواست این را تأیید کنید.", "Confirm this to take the application back.");
    } else {
        let head = signed.head(&state, &form);
        match state.send(&signed.caller, head, Some(id), Command::Withdraw { case: id }).await {
            Ok(accepted) => return back(&state, id, &accepted).await,
            Err(problem) => form.refused(&problem, |_| None),
        }
    }
    let own = Own::open(&state, &signed, id).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &view::mine(&state, &signed, own, form).await?)
}

/// Back to the case, once it shows what was just done. That it cannot yet takes nothing back: it is durable.
async fn back(state: &Shared, id: CaseId, accepted: &Accepted) -> Page {
    let _ = state.readers.permit_office.reader().wait_for(accepted.last(), CATCH_UP).await;
    see(&format!("/cases/{id}"))
}
