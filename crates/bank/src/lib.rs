//! Paying through a bank: redirect, callback, reconciliation, refund; and the test bank that `up` starts.
//!
//! The protocol is the shape that payment gateways share: the payer is sent to the bank with a token and comes back by a
//! callback. **A callback is never believed**: whoever has it asks the bank itself, server to server, how the token stands.
//! Requests and answers are signed with a shared key; an answer is bound to its request. Every request may be sent again:
//! `start` is known by its order, `refund` by its key. What this room never knows: bills' rules, registers, sessions.

mod client;
mod error;
mod order;
pub mod protocol;
pub mod reconcile;
mod sign;
pub mod test_bank;
#[cfg(test)]
mod tests;

pub use client::{Bank, Settings};
pub use error::BankError;
pub use order::{InvalidOrder, Order};
pub use sign::{InvalidKey, Key};
