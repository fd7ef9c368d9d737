//! The contract between a domain and the one process that writes its register.
//!
//! A domain is a deterministic state machine. `decide` reads the state and says which facts a command adds, or why it
//! is refused; `evolve` applies one fact. Neither does I/O nor reads a clock: time, ids and looked-up facts arrive in
//! the command. What is stored is opaque to the log: a stable code, a version and bytes.

use crate::{Actor, CaseId, Channel, CommandId, Instant, PersonId, Position};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::borrow::Cow;

/// A command with who sent it; travels as Postcard, with others in one message, on `daftar.<city>.cmd.<register>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope<C> {
    /// Makes the command idempotent.
    pub id: CommandId,
    /// Who sent it.
    pub actor: Actor,
    /// How it came.
    pub channel: Channel,
    /// The event that made a service send it.
    pub cause: Option<Position>,
    /// When it happened in the world, where that is not now: phone intake and imports.
    pub occurred_at: Option<Instant>,
    /// What is asked for.
    pub command: C,
}

/// What an accepted command adds: one event about one case.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact<E> {
    /// What it is about.
    pub case: CaseId,
    /// When it happened in the world.
    pub occurred_at: Instant,
    /// What happened.
    pub event: E,
}

/// What the register knows of an event besides the fact itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Meta {
    /// Its index in the register.
    pub position: Position,
    /// The register's clock when it was decided; never goes back.
    pub recorded_at: Instant,
    /// The command that added it.
    pub command: CommandId,
    /// Who sent that command.
    pub actor: Actor,
    /// How the command came.
    pub channel: Channel,
}

/// An event as it is stored. Codes and versions are only ever added; a stored form never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<'a> {
    /// Which event: a constant apart from its Rust name.
    pub code: u16,
    /// Which form of it.
    pub version: u8,
    /// Postcard.
    pub body: Cow<'a, [u8]>,
}

/// Why stored or sent bytes are not what they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Written by a newer Daftar, or not by Daftar.
    #[error("no event has code {code} version {version}: this build is too old for the register")]
    UnknownEvent {
        /// The stored code.
        code: u16,
        /// The stored version.
        version: u8,
    },
    /// The bytes do not decode.
    #[error("{what} does not decode: {why}")]
    Malformed {
        /// What was being read.
        what: &'static str,
        /// What Postcard said.
        why: String,
    },
}

/// One register's rules. The value is the state: everything that `decide` looks at.
pub trait Register: Default + Send + Sync + 'static {
    /// The register's name on the wire: `permits`.
    const NAME: &'static str;
    /// Changes whenever the serialized state does, so that an old snapshot is ignored.
    const SNAPSHOT_VERSION: u32;
    /// What can be asked for.
    type Command: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What can have happened.
    type Event: Send + Sync + 'static;
    /// Why a command was not accepted.
    type Refusal: Serialize + DeserializeOwned + std::fmt::Display + Send + 'static;

    /// Which facts this command adds now, or why it is refused. Changes nothing.
    fn decide(&self, envelope: &Envelope<Self::Command>, now: Instant)
    -> Result<Vec<Fact<Self::Event>>, Self::Refusal>;

    /// Applies one fact. Total: what is in the register happened.
    fn evolve(&mut self, fact: &Fact<Self::Event>, meta: &Meta);

    /// The next command that the passing of time calls for, or none. Asked again after each is applied.
    fn tick(&self, now: Instant) -> Option<Self::Command>;

    /// The stable stored form of an event.
    fn encode(event: &Self::Event) -> Stored<'static>;

    /// Reads any version ever stored, lifted to the newest.
    fn decode(stored: &Stored<'_>) -> Result<Self::Event, WireError>;

    /// The person whose sealed fields are closed for ever from this event on.
    fn forgets(_event: &Self::Event) -> Option<PersonId> {
        None
    }

    /// A short constant name for metrics and logs.
    fn refusal_code(refusal: &Self::Refusal) -> &'static str;

    /// The state as it stands now, to be turned into bytes for a snapshot where nobody waits for it.
    ///
    /// This call is in the way of commands, what it returns is not: what is large should be shared here, and encoded
    /// there.
    fn save(&self) -> impl FnOnce() -> Vec<u8> + Send + 'static;

    /// The state from [`Register::save`]'s bytes.
    fn restore(bytes: &[u8]) -> Result<Self, WireError>;
}

/// What the registrar answers, as Postcard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer<R> {
    /// Durable. A repeat of the command gets the same answer.
    Accepted(Accepted),
    /// Not accepted; nothing changed.
    Refused(R),
    /// Too many commands wait; try again later. Nothing changed.
    Busy,
    /// The bytes were not a command. Nothing changed.
    Malformed(String),
    /// The log cannot be written now. The command may or may not be in it: repeat it with the same id.
    Unavailable(Unavailable),
}

/// Why the log cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Unavailable {
    /// The log's server does not confirm what is written.
    #[error("the log cannot be written now")]
    Unconfirmed,
    /// The log's server has no room left: an operator must make some.
    #[error("the log's storage is full")]
    Full,
    /// The log is set up in a way that could lose what is written.
    #[error("{0}")]
    Settings(String),
}

/// Where an accepted command stands in the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The case it is about; for a new one, its number.
    pub case: CaseId,
    /// Position of its first event.
    pub first: Position,
    /// How many events it added.
    pub count: u16,
    /// Whether this is the answer to a repeat.
    pub repeated: bool,
}

impl Accepted {
    /// Position of its last event: what `?after=` waits for.
    #[must_use]
    pub fn last(&self) -> Position {
        Position(self.first.0 + u64::from(self.count.max(1)) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_position_is_that_of_the_last_event() {
        let accepted = |count| Accepted { case: CaseId::CITY, first: Position(10), count, repeated: false };
        assert_eq!(accepted(3).last(), Position(12));
        assert_eq!(accepted(1).last(), Position(10));
        assert_eq!(accepted(0).last(), Position(10), "nothing added: nothing to wait for beyond it");
    }
}
