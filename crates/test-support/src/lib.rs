//! What tests stand on: throw-away nats-servers and Postgres databases, child processes that can be killed and
//! frozen, programs of other makers, and a clock that moves only when told. No service enters here, and everything is gone when it is dropped.
//!
//! Servers are real. When one can't be found the helper panics with what to do about it.

pub mod clock;
#[cfg(feature = "clients")]
pub mod nats;
pub mod outside;
pub mod postgres;
pub mod process;
pub mod tools;
pub mod wait;

pub use clock::FakeClock;
#[cfg(feature = "clients")]
pub use nats::NatsServer;
#[cfg(feature = "clients")]
pub use postgres::Database;
pub use process::{DataFolder, Process};
#[cfg(feature = "clients")]
pub use wait::eventually;
