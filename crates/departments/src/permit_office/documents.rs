//! The documents of a case by kind, each with the hash of the newest one: what it is, never what it says.

use super::touch;
use kernel::{CaseId, Instant, StepId};
use permits::Event;
use permits::events::Document as Given;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable, to_hex};
use serde::{Deserialize, Serialize};

/// Documents.
pub(crate) struct Documents;

/// A document of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(super) case_id: CaseId,
    pub(super) kind: StepId,
    /// Hexadecimal.
    pub(super) sha256: String,
    pub(super) given_at: Instant,
    /// How often one of this kind was given.
    pub(super) times: u32,
}

/// The documents that an event gives a case.
pub(super) fn given(event: &Event) -> &[Given] {
    if let Event::ApplicationSubmitted(e) = event {
        &e.documents
    } else if let Event::ReturnAnswered(e) = event {
        &e.documents
    } else if let Event::StepCompleted(e) = event {
        &e.documents
    } else {
        &[]
    }
}

impl ReadModel for Documents {
    type Event = Event;
    type Row = Document;
    const TABLE: Table = Table {
        name: "documents",
        columns: &[
            Column::int("case_id", Public),
            Column::text("kind", Department),
            Column::text("sha256", Department),
            Column::int("given_at", Department),
            Column::int("times", Department),
        ],
        key: &["case_id", "kind"],
        indexes: &[],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if touch::of(event.event).documents {
            keys.extend(given(event.event).iter().map(|document| Key::pair(event.case, document.kind.as_str())));
        }
    }

    fn fold(row: Option<Document>, key: &Key, event: &Recorded<'_, Event>) -> Result<Option<Document>, Unfoldable> {
        let newest = given(event.event).iter().rev().find(|document| key.text(1) == Some(document.kind.as_str()));
        let document =
            newest.ok_or_else(|| Unfoldable::new(format!("{} has no document {key}", event.event.name())))?;
        Ok(Some(Document {
            case_id: event.case,
            kind: document.kind.clone(),
            sha256: to_hex(&document.sha256),
            given_at: event.occurred_at,
            times: row.map_or(0, |row| row.times) + 1,
        }))
    }
}
