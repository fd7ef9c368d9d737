//! Why a registrar does not start, or stopped.

use kernel::{Height, Position, WireError};
use ledger::{BrokenChain, LogError};
use std::path::PathBuf;

/// Why a registrar does not start, or stopped. Nothing was acknowledged that is not durable.
#[derive(Debug, thiserror::Error)]
pub enum RegistrarError {
    /// The stream cannot be opened or read.
    #[error("the log of {register} cannot be used")]
    Log {
        /// City and register.
        register: String,
        /// Why.
        #[source]
        source: LogError,
    },
    /// The register is damaged.
    #[error("the log of {register} is damaged")]
    Broken {
        /// City and register.
        register: String,
        /// Where and how.
        #[source]
        source: BrokenChain,
    },
    /// An event cannot be read by this build.
    #[error("event {position} of {register} cannot be read")]
    Event {
        /// City and register.
        register: String,
        /// Which event.
        position: Position,
        /// Why.
        #[source]
        source: WireError,
    },
    /// The stream is older than what this registrar has written or seen. Writing to it would fork history.
    #[error(
        "{register} was rolled back: block {kept} was durable, but the stream ends at block {found} or holds another \
         block there. Restore the newest copy of the stream; nothing is written until then"
    )]
    RolledBack {
        /// City and register.
        register: String,
        /// The block that the stream must have.
        kept: Height,
        /// Where the stream ends.
        found: Height,
    },
    /// Another registrar writes the register now.
    #[error("another registrar wrote block {height} of {register}: this one stops")]
    Fenced {
        /// City and register.
        register: String,
        /// The block that it wrote.
        height: Height,
    },
    /// Told to stop while an append hung. Its callers know that the outcome is open.
    #[error("{register} was stopped before it was known whether its last block is durable")]
    Undecided {
        /// City and register.
        register: String,
    },
    /// A file of the registrar's own cannot be read or written.
    #[error("cannot {operation} {}", path.display())]
    File {
        /// What was tried.
        operation: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The connection is closed for good.
    #[error("the connection for {register} is closed")]
    Closed {
        /// City and register.
        register: String,
        /// What the client says, where it says something.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A bug: the registrar's task ended without a word.
    #[error("the registrar's task failed")]
    Task(#[source] tokio::task::JoinError),
}
