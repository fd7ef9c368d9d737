//! What happened, one row an event: of a case, or (case 0) of the city itself. Rows are only ever added.

use super::told;
use crate::desk::{Desk, QueryError};
use crate::view::{After, Limit, Page, Personal, When, page};
use kernel::{CaseId, Channel, Instant, PersonId, Position, RoleId};
use permits::Event;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, SealedText, Table, Unfoldable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::HashMap;

/// Everything that happened.
pub(crate) struct Timeline;

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    position: Position,
    case_id: CaseId,
    recorded_at: Instant,
    occurred_at: Instant,
    event: SmolStr,
    /// The step, agency, bill, licence or clock that it is about.
    subject: Option<SmolStr>,
    actor: PersonId,
    role: RoleId,
    channel: Channel,
    facts: Option<serde_json::Value>,
    note: Option<SealedText>,
    /// Who did it, as another system's log names them.
    performer: Option<SealedText>,
}

impl ReadModel for Timeline {
    type Event = Event;
    type Row = Entry;
    const TABLE: Table = Table {
        name: "timeline",
        columns: &[
            Column::int("position", Public),
            Column::int("case_id", Public),
            Column::int("recorded_at", Public),
            Column::int("occurred_at", Public),
            Column::text("event", Public),
            Column::text("subject", Department),
            Column::text("actor", Department),
            Column::text("role", Public),
            Column::text("channel", Public),
            Column::json("facts", Department),
            Column::sealed("note"),
            Column::sealed("performer"),
        ],
        key: &["position"],
        indexes: &[&["case_id", "position"]],
        append_only: true,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        // Who looked is told apart: it is nothing that happened to the case, and would bury what did.
        if !matches!(event.event, Event::FileViewed(_)) {
            keys.push(Key::one(event.meta.position));
        }
    }

    fn fold(_: Option<Entry>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Entry>, Unfoldable> {
        let (note, performer) = told::sealed(event.event);
        Ok(Some(Entry {
            position: event.meta.position,
            case_id: event.case,
            recorded_at: event.meta.recorded_at,
            occurred_at: event.occurred_at,
            event: SmolStr::new_static(event.event.name()),
            subject: told::subject(event.event),
            actor: event.meta.actor.person,
            role: event.meta.actor.role.clone(),
            channel: event.meta.channel.clone(),
            facts: told::facts(event.event),
            note: note.map(SealedText::from),
            performer: performer.map(SealedText::from),
        }))
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Happened {
    /// The event's place in the register.
    pub position: u64,
    /// When it happened.
    pub occurred_at: When,
    /// When it was recorded.
    pub recorded_at: When,
    /// What happened, by the event's name: `StepCompleted`.
    pub event: String,
    /// The step, agency, bill, licence or clock that it is about.
    pub subject: Option<String>,
    /// Who did it, by pseudonym.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// Over which channel.
    pub channel: String,
    /// What else the event says that is not personal.
    pub facts: Option<serde_json::Value>,
    /// The officer's or applicant's words; only where personal data is shown.
    pub note: Option<String>,
    /// Who did it, as an imported log names them; only where personal data is shown.
    pub performer: Option<String>,
}

const WHAT: &str = "a timeline";

/// What happened to a case, in the order of the register; `after` is the position that the page before ended at.
///
/// # Errors
/// When `after` is no position, or the database fails.
pub async fn timeline(
    desk: &Desk,
    case: CaseId,
    after: Option<&str>,
    limit: Limit,
    personal: Personal,
) -> Result<Page<Happened>, QueryError> {
    const SQL: &str = "SELECT position, case_id, recorded_at, occurred_at, event, subject, actor, role, channel, facts, \
                       NULL AS note, NULL AS performer FROM timeline WHERE case_id = $1 AND position > $2 \
                       ORDER BY position LIMIT $3";
    let after = After::integer(WHAT, after, -1)?;
    let rows: Vec<Entry> = desk.fetch(WHAT, SQL, &[case.into(), after.into(), limit.asked().into()]).await?;
    let mut clear = match (personal, rows.last()) {
        (Personal::Shown, Some(last)) => words(desk, case, (after, last.position)).await?,
        (Personal::Shown, None) | (Personal::Hidden, _) => HashMap::new(),
    };
    Ok(page(rows, limit, |entry| entry.position.to_string(), |entry| entry.show(desk, &mut clear)))
}

/// The opened texts of a case's events in a range of positions, by position and field.
async fn words(
    desk: &Desk,
    case: CaseId,
    (after, last): (i64, Position),
) -> Result<HashMap<(i64, String), String>, QueryError> {
    #[derive(Deserialize)]
    struct Word {
        position: i64,
        field: String,
        clear: String,
    }
    const SQL: &str = "SELECT c.position, c.field, c.clear FROM timeline AS t JOIN timeline_clear AS c \
                       ON c.position = t.position WHERE t.case_id = $1 AND t.position > $2 AND t.position <= $3";
    let words: Vec<Word> = desk.fetch(WHAT, SQL, &[case.into(), after.into(), last.into()]).await?;
    Ok(words.into_iter().map(|word| ((word.position, word.field), word.clear)).collect())
}

impl Entry {
    fn show(self, desk: &Desk, clear: &mut HashMap<(i64, String), String>) -> Happened {
        let position = self.position.0;
        let mut word = |field: &str| clear.remove(&(position as i64, field.to_owned()));
        Happened {
            position,
            occurred_at: desk.when(self.occurred_at),
            recorded_at: desk.when(self.recorded_at),
            event: self.event.to_string(),
            subject: self.subject.map(|subject| subject.to_string()),
            actor: self.actor.to_string(),
            role: self.role.to_string(),
            channel: self.channel.to_string(),
            facts: self.facts,
            note: word("note"),
            performer: word("performer"),
        }
    }
}
