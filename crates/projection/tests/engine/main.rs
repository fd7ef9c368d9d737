//! The engine on real databases: every rule on SQLite and on Postgres.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod folding;
mod log;
mod parking;
mod rebuilding;
mod toy;
mod waiting;
