//! Blocks and chains without a server, and a register on a real one.

mod chain;
mod log;

use crate::{Commit, Entry};
use kernel::{Actor, CaseId, Channel, CommandId, Districts, Instant, PersonId, Position};
use std::borrow::Cow;
use uuid::Uuid;

pub(crate) fn entry(code: u16, serial: u32, body: &'static [u8]) -> Entry<'static> {
    let (case, occurred_at) = (CaseId::new(1405, serial), Instant(1_700_000_000_000_000 + i64::from(serial)));
    Entry { code, version: 1, case, occurred_at, body: Cow::Borrowed(body) }
}

pub(crate) fn commit(id: u128, entries: Vec<Entry<'static>>) -> Commit<'static> {
    let actor = Actor {
        person: PersonId(Uuid::from_u128(id << 64 | 7)),
        role: "intake".parse().unwrap(),
        department: Some("permits".parse().unwrap()),
        districts: Districts::ALL,
    };
    let cause = id.is_multiple_of(2).then_some(Position(300));
    Commit { command: CommandId(Uuid::from_u128(id)), actor, channel: Channel::ONLINE, cause, entries }
}
