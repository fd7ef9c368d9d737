//! What a department may see of the permits register, as CloudEvents on a JetStream stream of its own.
//!
//! [`disclose`] is the rule: one match over every event says which department is told of it, and in which words of
//! [`data`]. A [`Publisher`] reads the register's blocks in order and puts each event that its department may see on the
//! department's [`Stream`] exactly once by position; nothing but the two streams is remembered. [`seek`] finds a place
//! in a stream by position or by date. [`asyncapi`] describes all of it from the same types.

pub mod asyncapi;
mod chain;
mod city;
pub mod data;
pub mod disclose;
mod message;
mod metrics;
mod publisher;
pub mod seek;
mod service;
mod stream;
mod words;

pub use city::{City, Department};
pub use message::{Told, department_subject, event_type, source};
pub use metrics::Metrics;
pub use publisher::{Clock, FeedError, Publisher};
pub use service::{Feeds, Tell, run};
pub use stream::{End, MAX_BATCH, Reached, Stream, StreamError, stream_name};

#[cfg(test)]
mod tests;
