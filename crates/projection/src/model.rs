//! What a read model is: which rows an event touches, and how a row changes. No I/O, no clock, one register.

use crate::{Key, Table};
use kernel::{CaseId, Instant, Meta};
use serde::{Serialize, de::DeserializeOwned};

/// A read model: the rows of one table, as a pure fold of one register's events.
///
/// A row serializes to an object whose fields are exactly the table's columns; no field is skipped, whatever its value.
pub trait ReadModel: Send + Sync + 'static {
    /// The register's event.
    type Event;
    /// One row.
    type Row: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static;
    /// The table's static description.
    const TABLE: Table;

    /// Adds the keys of the rows that this event touches: none, one or several. One that is added twice counts once.
    fn keys(event: &Recorded<'_, Self::Event>, keys: &mut Vec<Key>);

    /// The row after the event; `None` removes it, or lets it not be. An append-only table's `row` is always `None`.
    ///
    /// # Errors
    /// When the event cannot follow what the row says: its case is parked until somebody has looked.
    fn fold(
        row: Option<Self::Row>,
        key: &Key,
        event: &Recorded<'_, Self::Event>,
    ) -> Result<Option<Self::Row>, Unfoldable>;
}

/// An event with what the register knows of it.
#[derive(Debug)]
pub struct Recorded<'a, E> {
    /// Position, clock, actor, channel, command.
    pub meta: &'a Meta,
    /// What it is about.
    pub case: CaseId,
    /// When it happened in the world.
    pub occurred_at: Instant,
    /// What happened.
    pub event: &'a E,
}

impl<E> Clone for Recorded<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for Recorded<'_, E> {}

/// Why an event cannot be folded into a row. Holds no personal data: it goes to logs and to the `parked` table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfoldable(String);

impl Unfoldable {
    /// With the reason, in words for an operator.
    pub fn new(reason: impl Into<String>) -> Unfoldable {
        Unfoldable(reason.into())
    }
}
