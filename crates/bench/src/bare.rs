//! A register that decides nothing: the raw limit of the request, block, fsync and answer path.

use kernel::{CaseId, Envelope, Fact, Instant, Meta, Register, Stored, WireError};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// Adds one event of the command's own size, whatever it says.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Bare {
    events: u64,
}

/// There is no way to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl Register for Bare {
    const NAME: &'static str = "bare";
    const SNAPSHOT_VERSION: u32 = 1;
    type Command = Vec<u8>;
    type Event = Vec<u8>;
    type Refusal = Never;

    fn decide(&self, envelope: &Envelope<Vec<u8>>, now: Instant) -> Result<Vec<Fact<Vec<u8>>>, Never> {
        Ok(vec![Fact { case: CaseId::CITY, occurred_at: now, event: envelope.command.clone() }])
    }
    fn evolve(&mut self, _: &Fact<Vec<u8>>, _: &Meta) {
        self.events += 1;
    }
    fn tick(&self, _: Instant) -> Option<Vec<u8>> {
        None
    }
    fn encode(event: &Vec<u8>) -> Stored<'static> {
        Stored { code: 1, version: 1, body: Cow::Owned(event.clone()) }
    }
    fn decode(stored: &Stored<'_>) -> Result<Vec<u8>, WireError> {
        Ok(stored.body.to_vec())
    }
    fn refusal_code(refusal: &Never) -> &'static str {
        match *refusal {}
    }
    fn save(&self) -> impl FnOnce() -> Vec<u8> + Send + 'static {
        let events = self.events;
        move || events.to_le_bytes().to_vec()
    }
    fn restore(bytes: &[u8]) -> Result<Self, WireError> {
        let malformed = |_| WireError::Malformed { what: "snapshot", why: "not eight bytes".to_owned() };
        Ok(Bare { events: u64::from_le_bytes(bytes.try_into().map_err(malformed)?) })
    }
}
