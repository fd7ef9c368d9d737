//! Deciding: commands in, one block and an answer for each out. Pure, and the state runs ahead by that one block.

use crate::intake::{Caller, Waiting};
use crate::state::State;
use kernel::register::Accepted;
use kernel::{Actor, Answer, Channel, CommandId, Envelope, Fact, Instant, Meta, Position, Register, Stored};
use ledger::{Commit, Draft, Entry, Head, SealedBlock};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::VecDeque;

/// The most commands of the clock in one block, so that many deadlines of one day leave room for people.
pub(crate) const MAX_TICKS: usize = 500;

/// What came of a run of waiting commands.
pub(crate) struct Batch<R: Register> {
    /// The block to append, unless nothing was accepted.
    pub(crate) block: Option<SealedBlock>,
    /// What each caller is told once the block is durable.
    pub(crate) replies: Vec<(Caller, Answer<R::Refusal>)>,
    /// Events in the block.
    pub(crate) events: u64,
    /// Whether the clock has more to do at once.
    pub(crate) more_ticks: bool,
}

/// Decides the waiting commands in turn until the block is full or none waits, after what the clock calls for.
///
/// `epoch` is the writer's, `now` the time; commands that did not fit stay in the queue.
pub(crate) fn decide<R: Register>(
    state: &mut State<R>,
    waiting: &mut VecDeque<Waiting<R>>,
    epoch: u64,
    now: Instant,
    ticking: bool,
) -> Batch<R> {
    let head = state.chain.head();
    let mut desk = Desk { draft: state.chain.draft(epoch, now), state };
    let more_ticks = ticking && desk.tick(&head);
    let mut replies = Vec::with_capacity(waiting.len());
    while let Some(Waiting { envelope, caller }) = waiting.pop_front() {
        match desk.answer(&envelope) {
            Some(answer) => replies.push((caller, answer)),
            None => {
                waiting.push_front(Waiting { envelope, caller });
                break;
            }
        }
    }
    let events = desk.draft.next().0 - head.next.0;
    let block = (desk.draft.commits() > 0).then(|| desk.draft.seal());
    Batch { block, replies, events, more_ticks }
}

struct Desk<'a, R: Register> {
    state: &'a mut State<R>,
    draft: Draft,
}

enum Outcome<F> {
    Accepted(Accepted),
    Refused(F),
    BlockFull,
    NeverFits,
}

impl<R: Register> Desk<'_, R> {
    /// The answer to one command; none when the block has no room for it.
    fn answer(&mut self, envelope: &Envelope<R::Command>) -> Option<Answer<R::Refusal>> {
        if let Some(first) = self.state.answers.get(envelope.id) {
            return Some(Answer::Accepted(first));
        }
        match self.commit(envelope) {
            Outcome::Accepted(accepted) => Some(Answer::Accepted(accepted)),
            Outcome::Refused(refusal) => Some(Answer::Refused(refusal)),
            Outcome::NeverFits => Some(Answer::Malformed("what this command would add is larger than a block".into())),
            Outcome::BlockFull => None,
        }
    }

    /// What the passing of time calls for; says whether it stopped only because it was enough for one block.
    fn tick(&mut self, head: &Head) -> bool {
        for count in 0..MAX_TICKS {
            let Some(command) = self.state.register.tick(self.draft.recorded_at()) else { return false };
            let id = tick_id(head, count as u64);
            let (actor, channel) = (Actor::clock(), Channel::SYSTEM);
            let envelope = Envelope { id, actor, channel, cause: None, occurred_at: None, command };
            match self.commit(&envelope) {
                Outcome::Accepted(accepted) if accepted.count > 0 => {}
                Outcome::BlockFull => return true,
                Outcome::Accepted(_) | Outcome::NeverFits => {
                    tracing::error!(register = R::NAME, "a command of the clock changes nothing or fits nowhere");
                    return false;
                }
                Outcome::Refused(refusal) => {
                    tracing::error!(register = R::NAME, %refusal, "a command of the clock was refused");
                    return false;
                }
            }
        }
        true
    }

    fn commit(&mut self, envelope: &Envelope<R::Command>) -> Outcome<R::Refusal> {
        let facts = match self.state.register.decide(envelope, self.draft.recorded_at()) {
            Ok(facts) => facts,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        let Some(case) = facts.first().map(|fact| fact.case) else {
            // Nothing to add: it is as true as everything before it.
            let first = Position(self.draft.next().0.saturating_sub(1));
            return Outcome::Accepted(Accepted { case: kernel::CaseId::CITY, first, count: 0, repeated: false });
        };
        let Ok(count) = u16::try_from(facts.len()) else { return Outcome::NeverFits };
        let first = match self.draft.push(&commit_of::<R>(envelope, &facts)) {
            Ok(first) => first,
            Err(full) if full.commits == 0 => return Outcome::NeverFits,
            Err(_) => return Outcome::BlockFull,
        };
        self.state.answers.insert(envelope.id, case, count);
        self.evolve(envelope, &facts, first);
        Outcome::Accepted(Accepted { case, first, count, repeated: false })
    }

    fn evolve(&mut self, envelope: &Envelope<R::Command>, facts: &[Fact<R::Event>], first: Position) {
        let mut meta = Meta {
            position: first,
            recorded_at: self.draft.recorded_at(),
            command: envelope.id,
            actor: envelope.actor.clone(),
            channel: envelope.channel.clone(),
        };
        for fact in facts {
            self.state.register.evolve(fact, &meta);
            meta.position.0 += 1;
        }
    }
}

fn commit_of<R: Register>(envelope: &Envelope<R::Command>, facts: &[Fact<R::Event>]) -> Commit<'static> {
    let entry = |fact: &Fact<R::Event>| {
        let Stored { code, version, body } = R::encode(&fact.event);
        let body = Cow::Owned(body.into_owned());
        Entry { code, version, case: fact.case, occurred_at: fact.occurred_at, body }
    };
    Commit {
        command: envelope.id,
        actor: envelope.actor.clone(),
        channel: envelope.channel.clone(),
        cause: envelope.cause,
        entries: facts.iter().map(entry).collect(),
    }
}

/// A UUID v8 that no other command has: it follows from the block before and its number in this one.
fn tick_id(head: &Head, count: u64) -> CommandId {
    let digest = Sha256::new().chain_update(b"daftar tick").chain_update(head.hash).chain_update(count.to_le_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    CommandId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
