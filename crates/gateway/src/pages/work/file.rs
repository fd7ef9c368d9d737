//! A case as an officer has it before them: with its procedure, its bills and everything that happened.

use crate::access::Caller;
use crate::gateway::{Shared, State as Gate};
use crate::parse::{Sha256, one};
use crate::problem::{Kind, Problem};
use crate::routes::{opened, visible};
use departments::permit_office::{self, CaseView, DocumentView, Happened, LicenceView};
use departments::revenue::{self, BillView};
use departments::{Limit, Personal};
use kernel::{CaseId, Position, StepId};
use permits::events::Document;
use permits::procedure::Procedure;
use std::sync::Arc;

/// Parts of a timeline that are read: more than a case of a city's services has ever had.
const MOST_PARTS: usize = 10;

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
        let history = history(state, id, personal).await?;
        let licence = match case.summary.licence {
            Some(_) => permit_office::licence_of(&state.readers.permit_office, id).await?,
            None => None,
        };
        let bills = revenue::bills(&state.readers.revenue, id).await?;
        let brought = brought(state, caller, &case, id).await?;
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

/// What the officer brought and the case has not: a document that was handed in over another way is not given twice.
async fn brought(state: &Gate, caller: &Caller, case: &CaseView, id: CaseId) -> Result<Vec<Document>, Problem> {
    let mut brought = Vec::new();
    for waiting in state.waiting(caller, id).await? {
        let given = |known: &DocumentView| known.kind == waiting.kind.as_str() && known.sha256 == waiting.sha256;
        if !case.documents.iter().any(given) {
            let hash: Sha256 = one("sha256", &waiting.sha256)?;
            brought.push(Document { kind: waiting.kind, sha256: hash.0 });
        }
    }
    Ok(brought)
}

async fn history(state: &Gate, id: CaseId, personal: Personal) -> Result<Vec<Happened>, Problem> {
    let desk = &state.readers.permit_office;
    let (mut all, mut after) = (Vec::new(), None);
    for _ in 0..MOST_PARTS {
        let part = permit_office::timeline(desk, id, after.as_deref(), Limit::new(Some(100)), personal).await?;
        all.extend(part.items);
        after = part.next;
        if after.is_none() {
            break;
        }
    }
    Ok(all)
}
