//! Why an audit could not be made. What an audit finds is no error: it stands in its report.

use kernel::{Height, Position};
use std::path::PathBuf;

/// Why an audit could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The register cannot be read.
    #[error("the register cannot be read after block {after}")]
    Source {
        /// The last block that was read.
        after: Height,
        /// What the log or the archive said.
        #[source]
        source: projection::SourceError,
    },
    /// The file for the replay is there already; nothing was overwritten.
    #[error("{} is there already: name a file that is not", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// A file or folder cannot be used.
    #[error("cannot {operation} {}", path.display())]
    File {
        /// What was being done.
        operation: &'static str,
        /// With which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Tables cannot be copied between files.
    #[error("the tables cannot be put into one file or taken out of it")]
    OneFile(#[source] departments::one_file::OneFileError),
    /// The read models of a department cannot be rebuilt.
    #[error("the read models of {department} cannot be rebuilt")]
    Rebuild {
        /// Whose.
        department: &'static str,
        /// Why.
        #[source]
        source: projection::ProjectionError,
    },
    /// Tables cannot be read for comparing them.
    #[error("the {side} tables of {department} cannot be read")]
    Tables {
        /// `live` or `replayed`.
        side: &'static str,
        /// Whose.
        department: &'static str,
        /// What the database said.
        #[source]
        source: projection::StoreError,
    },
    /// The live tables are at an event where no block of this register ends: they are of another register.
    #[error("the live tables of {department} hold {events} events, where no block of this register ends")]
    Elsewhere {
        /// Whose.
        department: &'static str,
        /// How many events they hold.
        events: Position,
    },
}
