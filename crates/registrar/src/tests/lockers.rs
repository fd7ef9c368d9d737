//! Lockers that one person at a time may take: unique keys, refusals, many events at once, and deadlines.

use kernel::{CaseId, Envelope, Fact, Instant, Meta, Register, Stored, WireError};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Lockers {
    /// Until when each is taken.
    taken: BTreeMap<u64, i64>,
    /// How many events there were, each checked to come at its position.
    events: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Order {
    Take {
        locker: u64,
        until: i64,
    },
    Release {
        locker: u64,
    },
    /// As many events, each with as many bytes.
    Note {
        events: usize,
        bytes: usize,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Happened {
    Taken { locker: u64, until: i64 },
    Released { locker: u64 },
    Noted { bytes: Vec<u8> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Taken(pub(super) u64);

impl std::fmt::Display for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "locker {} is taken", self.0)
    }
}

impl Register for Lockers {
    const NAME: &'static str = "lockers";
    const SNAPSHOT_VERSION: u32 = 1;
    type Command = Order;
    type Event = Happened;
    type Refusal = Taken;

    fn decide(&self, envelope: &Envelope<Order>, now: Instant) -> Result<Vec<Fact<Happened>>, Taken> {
        let fact = |event| Fact { case: CaseId::new(1405, 1), occurred_at: now, event };
        match envelope.command {
            Order::Take { locker, .. } if self.taken.contains_key(&locker) => Err(Taken(locker)),
            Order::Take { locker, until } => Ok(vec![fact(Happened::Taken { locker, until })]),
            Order::Release { locker } if !self.taken.contains_key(&locker) => Ok(vec![]),
            Order::Release { locker } => Ok(vec![fact(Happened::Released { locker })]),
            Order::Note { events, bytes } => {
                Ok((0..events).map(|_| fact(Happened::Noted { bytes: vec![1; bytes] })).collect())
            }
        }
    }

    fn evolve(&mut self, fact: &Fact<Happened>, meta: &Meta) {
        assert_eq!(meta.position.0, self.events);
        self.events += 1;
        match fact.event {
            Happened::Taken { locker, until } => drop(self.taken.insert(locker, until)),
            Happened::Released { locker } => drop(self.taken.remove(&locker)),
            Happened::Noted { .. } => {}
        }
    }

    fn tick(&self, now: Instant) -> Option<Order> {
        let over = self.taken.iter().find(|(_, until)| **until <= now.0)?;
        Some(Order::Release { locker: *over.0 })
    }

    fn encode(event: &Happened) -> Stored<'static> {
        Stored { code: 1, version: 1, body: Cow::Owned(postcard::to_stdvec(event).unwrap()) }
    }

    fn decode(stored: &Stored<'_>) -> Result<Happened, WireError> {
        postcard::from_bytes(&stored.body).map_err(malformed)
    }

    fn refusal_code(_: &Taken) -> &'static str {
        "taken"
    }

    fn save(&self) -> impl FnOnce() -> Vec<u8> + Send + 'static {
        let bytes = postcard::to_stdvec(self).unwrap();
        || bytes
    }

    fn restore(bytes: &[u8]) -> Result<Lockers, WireError> {
        postcard::from_bytes(bytes).map_err(malformed)
    }
}

fn malformed(error: postcard::Error) -> WireError {
    WireError::Malformed { what: "a locker", why: error.to_string() }
}
