//! What an auditor does with a register alone: checks every hash and number, and rebuilds what departments see.
//!
//! Holds no keys and trusts no table: sealed fields stay sealed, and live tables are only compared with.

mod books;
mod replay;
mod verify;

pub use books::{Book, Gap};
pub use replay::{Replayed, ReplayError, Unequal, replay};
pub use verify::{Verified, VerifyError, verify};
