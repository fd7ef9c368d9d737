//! The append-only log: blocks, hash chain, Merkle tree, and their JetStream stream.
//!
//! A register is a chain of [`Block`]s. [`Chain`] checks each block against all that came before it, and seals the next
//! one; [`Log`] keeps them, one JetStream message a block. Only Daftar's registrar appends; everybody else reads.
//!
//! What an event means never enters here: bodies are opaque bytes.

pub mod block;
pub mod chain;
mod encode;
pub mod jetstream;
pub mod merkle;

pub use block::{Block, BlockError, Commit, Entry, FORMAT, Hash, MAX_BLOCK, MAX_COMMAND};
pub use chain::{BrokenChain, Chain, DoesNotFit, Draft, Fault, Head, SealedBlock};
pub use jetstream::{
    AppendError, Blocks, Drift, Log, LogError, Settings, SettingsDrift, command_subject, compare, stream_name,
    stream_subject,
};
pub use merkle::Frontier;

#[cfg(test)]
mod tests;
