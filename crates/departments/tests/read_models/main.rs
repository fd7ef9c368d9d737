//! The read models on real databases: given what was asked of the permits register, then rows and views, the same on
//! SQLite and on Postgres.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod accesses;
mod decisions;
mod disclosure;
mod glance;
mod laws;
mod licences;
mod one_file;
mod refunds;
mod story;
mod tables;
mod versions;
mod walk;
mod world;
