//! Everything that a registrar knows of its register, and how it follows from the blocks.

use crate::answers::Answers;
use crate::error::RegistrarError;
use bytes::Bytes;
use kernel::{Fact, Height, Position, Register};
use ledger::{BrokenChain, Chain};
use std::fmt;

/// A register's domain state, its chain, and the answers it has given.
pub(crate) struct State<R> {
    pub(crate) register: R,
    pub(crate) chain: Chain,
    pub(crate) answers: Answers,
}

/// Why a block cannot be applied.
#[derive(Debug)]
pub(crate) enum Unfit {
    Broken(BrokenChain),
    Event(Position, kernel::WireError),
}

impl Unfit {
    pub(crate) fn of(self, register: String) -> RegistrarError {
        match self {
            Unfit::Broken(source) => RegistrarError::Broken { register, source },
            Unfit::Event(position, source) => RegistrarError::Event { register, position, source },
        }
    }
}

impl<R: Register> State<R> {
    /// Of a register without blocks.
    pub(crate) fn empty(chain: Chain) -> State<R> {
        State { register: R::default(), chain, answers: Answers::default() }
    }

    /// Checks a stored block and applies its events.
    pub(crate) fn apply(&mut self, height: Height, bytes: &Bytes) -> Result<(), Unfit> {
        let block = self.chain.verify(height, bytes).map_err(Unfit::Broken)?;
        let mut next = block.first;
        for commit in &block.commits {
            for entry in &commit.entries {
                let event = R::decode(&entry.stored()).map_err(|error| Unfit::Event(next, error))?;
                let fact = Fact { case: entry.case, occurred_at: entry.occurred_at, event };
                self.register.evolve(&fact, &block.meta(next, commit));
                next.0 += 1;
            }
            if let Some(entry) = commit.entries.first() {
                let count = u16::try_from(commit.entries.len()).expect("a commit that was answered has a count");
                self.answers.insert(commit.command, entry.case, count);
            }
        }
        Ok(())
    }
}

impl<R> fmt::Debug for State<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("head", &self.chain.head()).finish_non_exhaustive()
    }
}
