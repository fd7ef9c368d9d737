//! Auditing registers that are sound, damaged, or not what the city shows.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod replaying;
mod town;
mod verifying;
