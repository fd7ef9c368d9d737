//! The engine on real databases: every rule on SQLite and on Postgres.

mod folding;
mod log;
mod parking;
mod rebuilding;
mod toy;
mod waiting;
