//! The stored form of a register: a block of commits, each of one or more entries, as Postcard.
//!
//! Reading borrows from the bytes and is total: whatever the bytes, it gives a block or an error. Whether a block belongs
//! where it stands is asked of [`crate::Chain`].

use crate::encode::opaque;
use kernel::{Actor, CaseId, Channel, CityId, CommandId, Height, Instant, Meta, Position, Stored};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// The only block format there is yet.
pub const FORMAT: u8 = 1;
/// The most bytes that an encoded command may have.
pub const MAX_COMMAND: usize = 64 * 1024;
/// The most bytes that an encoded block may have.
pub const MAX_BLOCK: usize = 512 * 1024;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// What one append writes: a hash-linked group of commits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block<'a> {
    /// [`FORMAT`].
    pub format: u8,
    /// The city whose register it is.
    pub city: CityId,
    /// The register's name: `permits`.
    #[serde(borrow)]
    pub register: Cow<'a, str>,
    /// Its index in the register, from 1.
    pub height: Height,
    /// [`Block::hash`] of the block before; zeros for the first.
    pub previous: Hash,
    /// Which writer wrote it: each start of a registrar takes the next number.
    pub epoch: u64,
    /// The register's clock; never goes back.
    pub recorded_at: Instant,
    /// Position of its first event.
    pub first: Position,
    /// Merkle root (RFC 6962) of the register up to and with this block.
    pub root: Hash,
    /// What was accepted, in order.
    #[serde(borrow)]
    pub commits: Vec<Commit<'a>>,
}

/// What one accepted command added: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit<'a> {
    /// The command's id.
    pub command: CommandId,
    /// Who sent it.
    pub actor: Actor,
    /// How it came.
    pub channel: Channel,
    /// The event that made a service send it.
    pub cause: Option<Position>,
    /// Its events, in order.
    #[serde(borrow)]
    pub entries: Vec<Entry<'a>>,
}

/// One event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<'a> {
    /// Which event.
    pub code: u16,
    /// Which form of it.
    pub version: u8,
    /// What it is about.
    pub case: CaseId,
    /// When it happened in the world.
    pub occurred_at: Instant,
    /// The event itself, opaque to the log.
    #[serde(borrow, serialize_with = "opaque")]
    pub body: Cow<'a, [u8]>,
}

/// Why bytes are not a block.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// Longer than [`MAX_BLOCK`].
    #[error("a block of {0} bytes, at most {MAX_BLOCK} are allowed")]
    TooLarge(usize),
    /// Written by a newer Daftar, or not by Daftar.
    #[error("block format {0:?}, this build reads {FORMAT}")]
    Format(Option<u8>),
    /// Not Postcard of a block.
    #[error("the block does not decode")]
    Malformed(#[source] postcard::Error),
    /// A block, and then more.
    #[error("{0} bytes after the end of the block")]
    Trailing(usize),
}

impl<'a> Block<'a> {
    /// Reads a block from exactly these bytes.
    ///
    /// # Errors
    /// When they are not one whole block of a format that this build knows.
    pub fn decode(bytes: &'a [u8]) -> Result<Block<'a>, BlockError> {
        if bytes.len() > MAX_BLOCK {
            return Err(BlockError::TooLarge(bytes.len()));
        }
        if bytes.first() != Some(&FORMAT) {
            return Err(BlockError::Format(bytes.first().copied()));
        }
        let (block, rest) = postcard::take_from_bytes(bytes).map_err(BlockError::Malformed)?;
        if rest.is_empty() { Ok(block) } else { Err(BlockError::Trailing(rest.len())) }
    }

    /// What the next block links to: SHA-256 of the encoded block.
    #[must_use]
    pub fn hash(bytes: &[u8]) -> Hash {
        Sha256::digest(bytes).into()
    }

    /// Its events in order, each with its position and the commit it belongs to.
    pub fn entries(&self) -> impl Iterator<Item = (Position, &Commit<'a>, &Entry<'a>)> {
        let events = self.commits.iter().flat_map(|commit| commit.entries.iter().map(move |entry| (commit, entry)));
        (self.first.0..).zip(events).map(|(position, (commit, entry))| (Position(position), commit, entry))
    }

    /// How many events it has.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.commits.iter().map(|commit| commit.entries.len() as u64).sum()
    }

    /// What the register knows of the event at this position besides the fact itself.
    #[must_use]
    pub fn meta(&self, position: Position, commit: &Commit<'_>) -> Meta {
        Meta {
            position,
            recorded_at: self.recorded_at,
            command: commit.command,
            actor: commit.actor.clone(),
            channel: commit.channel.clone(),
        }
    }
}

impl Entry<'_> {
    /// The event as a domain's `decode` wants it.
    #[must_use]
    pub fn stored(&self) -> Stored<'_> {
        Stored { code: self.code, version: self.version, body: Cow::Borrowed(&self.body) }
    }
}
