//! Who looked at a file, one row a look: for whoever the file is about. Rows are only ever added.

use crate::desk::{Desk, QueryError};
use crate::view::{After, Limit, Page, When, page};
use kernel::{CaseId, DepartmentId, Instant, PersonId, Position, RoleId, StepId};
use permits::Event;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable, to_hex};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Looks at files.
pub(crate) struct Accesses;

/// One look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Access {
    position: Position,
    case_id: CaseId,
    at: Instant,
    officer: PersonId,
    role: RoleId,
    department: Option<DepartmentId>,
    /// The kind of the document that was opened; none for the case as a whole.
    document: Option<StepId>,
    /// Hexadecimal.
    sha256: Option<String>,
}

impl ReadModel for Accesses {
    type Event = Event;
    type Row = Access;
    const TABLE: Table = Table {
        name: "accesses",
        columns: &[
            Column::int("position", Public),
            Column::int("case_id", Public),
            Column::int("at", Department),
            Column::text("officer", Department),
            Column::text("role", Department),
            Column::text("department", Department),
            Column::text("document", Department),
            Column::text("sha256", Department),
        ],
        key: &["position"],
        indexes: &[&["case_id", "position"]],
        append_only: true,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if matches!(event.event, Event::FileViewed(_)) {
            keys.push(Key::one(event.meta.position));
        }
    }

    fn fold(_: Option<Access>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Access>, Unfoldable> {
        let Event::FileViewed(viewed) = event.event else {
            return Err(Unfoldable::new(format!("{} is no look at a file", event.event.name())));
        };
        let actor = &event.meta.actor;
        Ok(Some(Access {
            position: event.meta.position,
            case_id: event.case,
            at: event.occurred_at,
            officer: actor.person,
            role: actor.role.clone(),
            department: actor.department.clone(),
            document: viewed.document.as_ref().map(|document| document.kind.clone()),
            sha256: viewed.document.as_ref().map(|document| to_hex(&document.sha256)),
        }))
    }
}

/// A look at a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccessView {
    /// When.
    pub at: When,
    /// Who, by pseudonym: a citizen is not told an officer's name.
    pub officer: String,
    /// In which role.
    pub role: String,
    /// The department that gave it.
    pub department: Option<String>,
    /// The kind of the document that was opened; absent for the case as a whole.
    pub document: Option<String>,
    /// Which version of it: SHA-256, hexadecimal.
    pub sha256: Option<String>,
}

const WHAT: &str = "the looks at a file";

/// The looks at a case's file from an event on, the last first; `after` is where the page before ended.
///
/// # Errors
/// When `after` is no position, or the database fails.
pub async fn accesses(
    desk: &Desk,
    case: CaseId,
    since: Position,
    after: Option<&str>,
    limit: Limit,
) -> Result<Page<AccessView>, QueryError> {
    const SQL: &str = "SELECT * FROM accesses WHERE case_id = $1 AND position < $2 AND position >= $3 \
                       ORDER BY position DESC LIMIT $4";
    let after = After::integer(WHAT, after, i64::MAX)?;
    let rows: Vec<Access> =
        desk.fetch(WHAT, SQL, &[case.into(), after.into(), since.into(), limit.asked().into()]).await?;
    Ok(page(rows, limit, |access| access.position.to_string(), |access| access.show(desk)))
}

impl Access {
    fn show(self, desk: &Desk) -> AccessView {
        AccessView {
            at: desk.when(self.at),
            officer: self.officer.to_string(),
            role: self.role.to_string(),
            department: self.department.map(|department| department.to_string()),
            document: self.document.map(|document| document.to_string()),
            sha256: self.sha256,
        }
    }
}
