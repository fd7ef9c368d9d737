//! Whole-city tests on the real binaries.
#![allow(dead_code, unused_imports, reason = "the harness is ahead of its tests")]
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod crashes;
mod disks;
mod freezes;
mod harness;
mod repeats;
mod rollback;
