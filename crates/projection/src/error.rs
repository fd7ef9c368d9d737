//! Why a projector or a rebuild stops.

use crate::changes::Unwritable;
use crate::{OpenError, SourceError, StoreError};
use kernel::{CaseId, Height, Position};
use ledger::BrokenChain;

/// Why a projector or a rebuild stops.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The database failed.
    #[error("the tables of {department}: the database failed")]
    Store {
        /// Whose tables.
        department: &'static str,
        /// How.
        #[source]
        source: StoreError,
    },
    /// The blocks cannot be read.
    #[error("the tables of {department}: no blocks after {height}")]
    Source {
        /// Whose tables.
        department: &'static str,
        /// The last block that was read.
        height: Height,
        /// What the log says.
        #[source]
        source: SourceError,
    },
    /// A block is not what was written: nothing of it reached a table.
    #[error("the tables of {department}: a corrupt block")]
    Broken {
        /// Whose tables.
        department: &'static str,
        /// Where and how.
        #[source]
        source: BrokenChain,
    },
    /// Blocks are missing between two that came: held back, read again.
    #[error("the tables of {department}: block {expected} was to follow, {found} came")]
    Gap {
        /// Whose tables.
        department: &'static str,
        /// The next height.
        expected: Height,
        /// What came.
        found: Height,
    },
    /// Somebody else moved the checkpoint. Nothing of this batch was written.
    #[error(
        "another projector writes the tables of {department}: the checkpoint stands at event {found}, not {expected}"
    )]
    AnotherProjector {
        /// Whose tables.
        department: &'static str,
        /// Where this projector had left it.
        expected: Position,
        /// Where it stands.
        found: Position,
    },
    /// Rows were changed by a retry or a rebuild since they were read; they are read again. Nothing was written.
    #[error("the tables of {department} were rebuilt or repaired meanwhile")]
    Superseded {
        /// Whose tables.
        department: &'static str,
    },
    /// A read model and its table contradict each other.
    #[error("the tables of {department}: a mistake in a read model")]
    Unwritable {
        /// Whose tables.
        department: &'static str,
        /// Which.
        #[source]
        source: Unwritable,
    },
    /// The vault did not answer.
    #[error("the tables of {department}: the vault failed")]
    Opener {
        /// Whose tables.
        department: &'static str,
        /// How.
        #[source]
        source: OpenError,
    },
    /// A rebuild met an event that cannot be folded; the live tables are as they were.
    #[error("the tables of {department} cannot be rebuilt: event {position} of case {case}: {why}")]
    Poison {
        /// Whose tables.
        department: &'static str,
        /// Which event.
        position: Position,
        /// Of which case.
        case: CaseId,
        /// Why, as it would stand in `parked`.
        why: String,
    },
    /// The tables were made by another version of the program: they have to be rebuilt.
    #[error("the tables of {department} have another shape than this build's: rebuild them")]
    Outdated {
        /// Whose tables.
        department: &'static str,
    },
    /// A rebuild up to a height that the live tables have passed would take them back.
    #[error("the tables of {department} already hold block {live}: a rebuild up to {until} would take them back")]
    Backwards {
        /// Whose tables.
        department: &'static str,
        /// What they hold.
        live: Height,
        /// What was asked for.
        until: Height,
    },
}

impl ProjectionError {
    /// Whether the projector goes on by itself, from its checkpoint, after a pause.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            ProjectionError::Store { source, .. } => source.is_transient(),
            ProjectionError::Source { source, .. } => source.transient,
            ProjectionError::Gap { .. } | ProjectionError::Superseded { .. } | ProjectionError::Opener { .. } => true,
            ProjectionError::Broken { .. }
            | ProjectionError::AnotherProjector { .. }
            | ProjectionError::Unwritable { .. }
            | ProjectionError::Poison { .. }
            | ProjectionError::Outdated { .. }
            | ProjectionError::Backwards { .. } => false,
        }
    }
}
