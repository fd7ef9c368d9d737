//! Everybody whose a case ever was: who applied, who acts for them, who has the licence. Their documents are under their
//! own keys, so whoever looks for one must know whose it may be.

use crate::desk::{Desk, QueryError};
use kernel::{CaseId, PersonId, Position};
use permits::Event;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable};
use serde::{Deserialize, Serialize};

/// The people of cases.
pub(crate) struct Parties;

/// Somebody whose a case is or was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Party {
    case_id: CaseId,
    person: PersonId,
    /// Since which event.
    since: Position,
}

fn people(event: &Event) -> impl Iterator<Item = PersonId> {
    let (applicant, agent) = if let Event::ApplicationSubmitted(e) = event {
        (e.applicant.as_ref().map(|party| party.person), e.agent)
    } else if let Event::LicenceTransferred(e) = event {
        (Some(e.to.person), None)
    } else {
        (None, None)
    };
    applicant.into_iter().chain(agent)
}

impl ReadModel for Parties {
    type Event = Event;
    type Row = Party;
    const TABLE: Table = Table {
        name: "parties",
        columns: &[Column::int("case_id", Public), Column::text("person", Department), Column::int("since", Public)],
        key: &["case_id", "person"],
        indexes: &[],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        keys.extend(people(event.event).map(|person| Key::pair(event.case, person)));
    }

    fn fold(row: Option<Party>, key: &Key, event: &Recorded<'_, Event>) -> Result<Option<Party>, Unfoldable> {
        let person = people(event.event).find(|person| key.text(1) == Some(person.to_string().as_str()));
        let person = person.ok_or_else(|| Unfoldable::new(format!("{} has no person {key}", event.event.name())))?;
        let since = event.meta.position;
        Ok(Some(row.unwrap_or(Party { case_id: event.case, person, since })))
    }
}

/// Everybody whose the case is or was, the first applicant first, each with the event since which.
///
/// # Errors
/// When the database fails.
pub async fn parties(desk: &Desk, case: CaseId) -> Result<Vec<(PersonId, Position)>, QueryError> {
    let sql = "SELECT * FROM parties WHERE case_id = $1 ORDER BY since, person LIMIT 200";
    let rows: Vec<Party> = desk.fetch("the people of a case", sql, &[case.into()]).await?;
    Ok(rows.into_iter().map(|row| (row.person, row.since)).collect())
}
