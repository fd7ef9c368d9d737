//! Every version of every document that a case was given, in the order of the register. Rows are only ever added.

use super::{documents::given, touch};
use crate::desk::{Desk, QueryError};
use crate::view::When;
use kernel::{CaseId, Instant, PersonId, Position, RoleId, StepId};
use permits::Event;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable, to_hex};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Everything that was given.
pub(crate) struct Versions;

/// One document that was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    case_id: CaseId,
    position: Position,
    /// Its place among the documents of the event.
    place: i64,
    kind: StepId,
    /// Hexadecimal.
    sha256: String,
    given_at: Instant,
    /// Who gave it, by pseudonym.
    giver: PersonId,
    role: RoleId,
}

impl ReadModel for Versions {
    type Event = Event;
    type Row = Version;
    const TABLE: Table = Table {
        name: "document_versions",
        columns: &[
            Column::int("case_id", Public),
            Column::int("position", Public),
            Column::int("place", Public),
            Column::text("kind", Department),
            Column::text("sha256", Department),
            Column::int("given_at", Department),
            Column::text("giver", Department),
            Column::text("role", Department),
        ],
        key: &["case_id", "position", "place"],
        indexes: &[],
        append_only: true,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if touch::of(event.event).documents {
            let places = (0_i64..).zip(given(event.event)).map(|(place, _)| place);
            keys.extend(places.map(|place| Key::triple(event.case, event.meta.position, place)));
        }
    }

    fn fold(_: Option<Version>, key: &Key, event: &Recorded<'_, Event>) -> Result<Option<Version>, Unfoldable> {
        let place = key.int(2).unwrap_or(-1);
        let document = usize::try_from(place).ok().and_then(|place| given(event.event).get(place));
        let document =
            document.ok_or_else(|| Unfoldable::new(format!("{} has no document {key}", event.event.name())))?;
        Ok(Some(Version {
            case_id: event.case,
            position: event.meta.position,
            place,
            kind: document.kind.clone(),
            sha256: to_hex(&document.sha256),
            given_at: event.occurred_at,
            giver: event.meta.actor.person,
            role: event.meta.actor.role.clone(),
        }))
    }
}

/// A version of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VersionView {
    /// What it is.
    pub kind: String,
    /// Which version of it, from 1.
    pub number: u32,
    /// Whether none of its kind is newer.
    pub newest: bool,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// When it was given.
    pub given_at: When,
    /// By whom, by pseudonym.
    pub giver: String,
    /// In which role.
    pub role: String,
    /// The event that gave it.
    pub position: u64,
}

const WHAT: &str = "the versions of documents";
/// More than any case is given.
const MOST: &str = "2000";

/// Every version of a case's documents, the newest last.
///
/// # Errors
/// When the database fails.
pub async fn versions(desk: &Desk, case: CaseId) -> Result<Vec<VersionView>, QueryError> {
    // The newest of too many, rather than the oldest.
    let sql =
        format!("SELECT * FROM document_versions WHERE case_id = $1 ORDER BY position DESC, place DESC LIMIT {MOST}");
    let mut rows: Vec<Version> = desk.fetch(WHAT, sql, &[case.into()]).await?;
    rows.reverse();
    let mut counts: HashMap<String, u32> = HashMap::new();
    let mut views: Vec<VersionView> = Vec::with_capacity(rows.len());
    for row in rows {
        let kind = row.kind.to_string();
        let number = counts.entry(kind.clone()).or_default();
        *number += 1;
        views.push(VersionView {
            number: *number,
            newest: false,
            sha256: row.sha256,
            given_at: desk.when(row.given_at),
            giver: row.giver.to_string(),
            role: row.role.to_string(),
            position: row.position.0,
            kind,
        });
    }
    for view in &mut views {
        view.newest = counts.get(&view.kind) == Some(&view.number);
    }
    Ok(views)
}
