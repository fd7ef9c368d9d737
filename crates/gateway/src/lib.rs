//! The HTTP API: parses requests into commands, serves queries of the read models.
//!
//! `routes.rs` has every route on one page, `permissions.rs` who may call it, `problem/` what is answered when something
//! is wrong. Parse at the edge: past the files under `routes/` there are only typed commands. Personal fields are sealed
//! here and never logged; nothing of a procedure's rules is known here.

mod access;
mod admission;
mod attachments;
mod command;
mod extract;
mod gateway;
mod licences;
mod metrics;
mod observe;
pub mod pages;
mod parse;
pub mod permissions;
pub mod problem;
mod procedures;
mod routes;
mod serve;
pub mod till;
pub mod tokens;
mod uploads;

pub use gateway::{Gateway, Part, Readers, Readiness, ReadyCheck};
pub use licences::LicenceKeys;
pub use pages::SIGNED_IN;
pub use routes::{CALLBACK, openapi};
pub use serve::{MAX_CONNECTIONS, serve};
