//! The only writer of a register: it takes every command that waits, decides them in turn, appends one block, and
//! answers each caller once that block is durable.
//!
//! [`Registrar::start`] restores the state and starts writing; [`Commands`] is the caller's side. What a command means is
//! the business of a [`kernel::Register`]; nothing of a domain enters here.

mod answers;
mod batch;
mod bundle;
mod client;
mod config;
mod durable;
mod error;
mod guard;
mod handle;
mod intake;
mod metrics;
mod pace;
mod post;
mod settings;
mod snapshot;
mod start;
mod state;
mod writer;

pub use client::{Commands, DEFAULT_TIMEOUT, SendError};
pub use config::{Clock, Config};
pub use error::RegistrarError;
pub use guard::kept_head;
pub use handle::{Handle, Health};
pub use intake::MAX_WAITING;
pub use metrics::Metrics;
pub use start::Registrar;

#[cfg(test)]
mod tests;
