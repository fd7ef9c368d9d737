//! A case as an officer has it before them: with its procedure, its bills and everything that happened.

use crate::access::Caller;
use crate::gateway::Shared;
use crate::pages::happened;
use crate::problem::{Kind, Problem};
use crate::routes::{opened, visible};
use departments::Personal;
use departments::permit_office::{self, CaseView, Happened, LicenceView};
use departments::revenue::{self, BillView};
use kernel::{CaseId, Position, StepId};
use permits::events::Document;
use permits::procedure::Procedure;
use std::sync::Arc;

pub(super) struct File {
    pub(super) id: CaseId,
    pub(super) case: CaseView,
    pub(super) procedure: Arc<Procedure>,
    /// What happened, the oldest first.
    pub(super) history: Vec<Happened>,
    pub(super) licence: Option<LicenceView>,
    pub(super) bills: Vec<BillView>,
    /// Documents that this officer brought and has not handed in with a step.
    pub(super) brought: Vec<Document>,
}

/// Whether opening a file is a look at it, or part of doing something with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Recorded,
    Known,
}

impl File {
    pub(super) async fn open(state: &Shared, caller: &Caller, id: CaseId, look: Look) -> Result<File, Problem> {
        let case = match look {
            Look::Recorded => opened(state, caller, id).await?,
            Look::Known => visible(state, caller, id).await?,
        };
        let procedure = case.summary.procedure.parse().map_err(|_| Problem::new(Kind::Internal))?;
        let procedure = state.procedure(&procedure, case.version).await?;
        // Names and words are shown together or not at all.
        let personal = if case.people.is_some() { Personal::Shown } else { Personal::Hidden };
        let history = happened::past(state, id, personal).await?;
        let licence = match case.summary.licence {
            Some(_) => permit_office::licence_of(&state.readers.permit_office, id).await?,
            None => None,
        };
        let bills = revenue::bills(&state.readers.revenue, id).await?;
        let brought = state.brought(caller, &case, id).await?;
        Ok(File { id, case, procedure, history, licence, bills, brought })
    }

    /// The place of the last event: what a form says it has seen.
    pub(super) fn last(&self) -> Position {
        Position(self.history.last().map_or(0, |last| last.position))
    }

    /// Whether the applicant has it, to correct it.
    pub(super) fn is_returned(&self) -> bool {
        let told =
            |event: &&Happened| ["CaseReturned", "ReturnAnswered", "CaseRefused"].contains(&event.event.as_str());
        self.case.summary.status == "in-progress"
            && self.history.iter().rev().find(told).is_some_and(|last| last.event == "CaseReturned")
    }

    /// What all its bills ask for, in rials.
    pub(super) fn billed(&self) -> i64 {
        self.bills.iter().map(|bill| bill.total).sum()
    }

    /// Whether a document of this kind is there, or was brought to be handed in.
    pub(super) fn has(&self, kind: &StepId) -> bool {
        self.case.documents.iter().any(|known| known.kind == kind.as_str())
            || self.brought.iter().any(|brought| brought.kind == *kind)
    }
}
