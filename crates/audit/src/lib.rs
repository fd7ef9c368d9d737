//! What an auditor does with a register: walks it and checks every hash and number ([`verify`]), rebuilds every read
//! model from it alone ([`replay()`]), and compares that with what the city shows ([`compare`]).
//!
//! It needs no key and writes nothing but the file it is asked for. Where blocks come from and what the live tables are
//! is handed to it.

mod books;
mod error;
mod replay;
mod verify;

pub use books::{Book, Books};
pub use error::AuditError;
pub use replay::{Compared, ComparedTable, Progress, Replay, Replayed, compare, replay};
pub use verify::{Finding, Report, Walked, verify};
