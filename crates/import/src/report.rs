//! What an import did, row by row where it did not.

use crate::ReadError;
use kernel::Message;
use registrar::SendError;
use vault::VaultError;

/// The most refused rows that are kept with their reasons; all are counted.
pub const REFUSALS_KEPT: usize = 1_000;

/// What came of a log.
#[derive(Debug, Default)]
pub struct Report {
    /// Cases that were added.
    pub cases: u64,
    /// Steps that were added.
    pub steps: u64,
    /// Cases that were closed, as the log says they ended.
    pub closed: u64,
    /// Events that were added to the register in all.
    pub events: u64,
    /// Cases that an earlier import had added.
    pub known_cases: u64,
    /// Steps that an earlier import had added.
    pub known_steps: u64,
    /// Rows that stood in the log before, word for word.
    pub duplicate_rows: u64,
    /// Rows that nothing was added for.
    pub refused: Refusals,
    /// Why the import did not reach the log's end. What the report counts is durable all the same; importing again
    /// goes on where this ended.
    pub stopped: Option<Stopped>,
}

/// Rows that were not recorded, with line and reason.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Refusals {
    /// The first [`REFUSALS_KEPT`], in the order in which they were refused.
    pub kept: Vec<Refused>,
    /// How many there are.
    pub total: u64,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Where the row starts, from 1.
    pub line: u64,
    /// Why, naming the column or the rule.
    pub reason: String,
}

impl Refusals {
    pub(crate) fn add(&mut self, line: u64, reason: String) {
        self.total += 1;
        if self.kept.len() < REFUSALS_KEPT {
            self.kept.push(Refused { line, reason });
        }
    }
}

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The log cannot be read on.
    #[error("the log could not be read to its end")]
    Read(#[source] ReadError),
    /// No row of this log can be recorded: the procedure, the role or the city is not right.
    #[error("nothing of this log can be recorded: {}", .0.en)]
    Refused(Message),
    /// It is of another procedure.
    #[error(
        "none of the log's first steps is a step of this procedure: name the procedure that it is of, or `--procedure \
         observed`, which takes any steps"
    )]
    Strange,
    /// The registrar gave no answer, however often it was asked.
    #[error("the register cannot be written now, line {line}: {why}")]
    Unavailable {
        /// The row that was tried.
        line: u64,
        /// What the registrar said last.
        why: String,
    },
    /// The command could not be sent, or its answer not read.
    #[error("the register cannot be reached, line {line}")]
    Send {
        /// The row that was tried.
        line: u64,
        /// Why.
        #[source]
        source: SendError,
    },
    /// A name could not be sealed.
    #[error("an actor of the log could not be sealed")]
    Vault(#[source] VaultError),
    /// The thread that reads the log ended without a word.
    #[error("reading the log failed")]
    Reader,
}
