//! The chain of a register: checks each block against all before it, and seals the next one.
//!
//! Pure: it is told the time and the bytes, and neither reads nor writes anything.

use crate::block::{Block, BlockError, Commit, FORMAT, Hash, MAX_BLOCK};
use crate::encode::append;
use crate::merkle::{Frontier, leaf_hash};
use kernel::{CityId, Height, Instant, Position};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::ops::Range;

/// The most bytes of a block that are not commits: ids of at most 32 characters, two hashes, six varints.
const HEADER_ROOM: usize = 256;

/// The end of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Of the last block; 0 when there is none.
    pub height: Height,
    /// The position that the next event will get: how many events there are.
    pub next: Position,
    /// [`Block::hash`] of the last block; zeros when there is none.
    pub hash: Hash,
}

/// What must be known of a register to check or write its next block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    city: CityId,
    register: SmolStr,
    head: Head,
    epoch: u64,
    recorded_at: Instant,
    frontier: Frontier,
}

impl Chain {
    /// The chain of a register that has no blocks yet.
    #[must_use]
    pub fn new(city: CityId, register: &str) -> Chain {
        Chain {
            city,
            register: SmolStr::new(register),
            head: Head { height: Height(0), next: Position(0), hash: [0; 32] },
            epoch: 0,
            recorded_at: Instant(i64::MIN),
            frontier: Frontier::default(),
        }
    }

    /// The last block.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }
    /// Writer epoch of the last block; 0 when there is none.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
    /// The register's clock at the last block; the earliest instant when there is none.
    #[must_use]
    pub fn recorded_at(&self) -> Instant {
        self.recorded_at
    }
    /// Merkle root of every event so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }
    /// The city whose register it is.
    #[must_use]
    pub fn city(&self) -> &CityId {
        &self.city
    }
    /// The register's name.
    #[must_use]
    pub fn register(&self) -> &str {
        &self.register
    }
    /// Whether a chain that was read from a file fits together.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.frontier.is_sound() && self.frontier.size() == self.head.next.0
    }

    /// Checks that these bytes are the next block, found at this height, and goes on to it.
    ///
    /// The last check seals the block's commits anew and compares every byte, so nothing that has two spellings passes.
    ///
    /// # Errors
    /// Says where the chain breaks and why; the chain then stays where it was.
    pub fn verify<'a>(&mut self, height: Height, bytes: &'a [u8]) -> Result<Block<'a>, BrokenChain> {
        let broken = |fault| BrokenChain { height, position: self.head.next, fault };
        let block = Block::decode(bytes).map_err(|error| broken(Fault::Undecodable(error)))?;
        self.links(height, &block).map_err(broken)?;
        let mut draft = self.draft(block.epoch, block.recorded_at);
        for commit in &block.commits {
            draft.push(commit).map_err(|_| broken(Fault::Undecodable(BlockError::TooLarge(bytes.len()))))?;
        }
        let sealed = draft.seal();
        if sealed.chain.root() != block.root {
            return Err(broken(Fault::Root));
        }
        if sealed.bytes != bytes {
            return Err(broken(Fault::Spelling));
        }
        *self = sealed.chain;
        Ok(block)
    }

    fn links(&self, height: Height, block: &Block<'_>) -> Result<(), Fault> {
        if block.city != self.city || block.register != self.register.as_str() {
            return Err(Fault::Register { found: format!("{}/{}", block.city, block.register) });
        }
        let expected = Height(self.head.height.0 + 1);
        if height != expected || block.height != expected {
            return Err(Fault::Height { expected, found: block.height });
        }
        if block.previous != self.head.hash {
            return Err(Fault::Link);
        }
        if block.first != self.head.next {
            return Err(Fault::First { expected: self.head.next, found: block.first });
        }
        if block.recorded_at < self.recorded_at {
            return Err(Fault::Time { before: self.recorded_at, found: block.recorded_at });
        }
        if block.events() == 0 || block.commits.iter().any(|commit| commit.entries.is_empty()) {
            return Err(Fault::Empty);
        }
        if block.epoch < self.epoch {
            return Err(Fault::Epoch { before: self.epoch, found: block.epoch });
        }
        Ok(())
    }

    /// Starts the next block. The clock never goes back: an earlier `at` becomes that of the last block.
    #[must_use]
    pub fn draft(&self, epoch: u64, at: Instant) -> Draft {
        Draft {
            epoch,
            at: at.max(self.recorded_at),
            frontier: self.frontier.clone(),
            next: self.head.next,
            commits: 0,
            body: Vec::new(),
            entries: Vec::new(),
            base: self.clone(),
        }
    }

    /// Seals these commits as the next block.
    ///
    /// # Errors
    /// When they are more than a block may hold.
    pub fn seal(&self, epoch: u64, at: Instant, commits: &[Commit<'_>]) -> Result<SealedBlock, DoesNotFit> {
        let mut draft = self.draft(epoch, at);
        for commit in commits {
            draft.push(commit)?;
        }
        Ok(draft.seal())
    }
}

/// A block being filled.
///
/// Each commit is encoded once, as it comes. The leaf of an event in the Merkle tree is the Postcard of (position,
/// recorded_at, command id, actor, channel, cause, entry), each as in the block: put together from parts of those bytes.
#[derive(Debug, Clone)]
pub struct Draft {
    base: Chain,
    epoch: u64,
    at: Instant,
    frontier: Frontier,
    next: Position,
    commits: u64,
    body: Vec<u8>,
    entries: Vec<Range<usize>>,
}

/// The commit would make the block larger than it may be; nothing was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the commit does not fit into a block of {MAX_BLOCK} bytes with {commits} commits before it")]
pub struct DoesNotFit {
    /// How many commits the block already has; 0 means that it can never fit.
    pub commits: u64,
}

/// A whole block and the chain after it.
#[derive(Debug, Clone)]
pub struct SealedBlock {
    /// The block as it is appended.
    pub bytes: Vec<u8>,
    /// The chain once these bytes are durable.
    pub chain: Chain,
}

impl Draft {
    /// Adds a commit; gives the position of its first event.
    ///
    /// # Errors
    /// When the block is full; the draft is as before.
    pub fn push(&mut self, commit: &Commit<'_>) -> Result<Position, DoesNotFit> {
        let start = self.body.len();
        append(&(&commit.command, &commit.actor, &commit.channel, &commit.cause), &mut self.body);
        let about = start..self.body.len();
        append(&(commit.entries.len() as u64), &mut self.body);
        self.entries.clear();
        for entry in &commit.entries {
            let from = self.body.len();
            append(entry, &mut self.body);
            self.entries.push(from..self.body.len());
        }
        if self.body.len() > MAX_BLOCK - HEADER_ROOM {
            self.body.truncate(start);
            return Err(DoesNotFit { commits: self.commits });
        }
        let first = self.next;
        let mut stamp = Vec::with_capacity(20);
        for entry in &self.entries {
            stamp.clear();
            append(&(self.next, self.at), &mut stamp);
            self.frontier.append(leaf_hash(&[&stamp, &self.body[about.clone()], &self.body[entry.clone()]]));
            self.next.0 += 1;
        }
        self.commits += 1;
        Ok(first)
    }

    /// The register's clock for everything in this block.
    #[must_use]
    pub fn recorded_at(&self) -> Instant {
        self.at
    }
    /// The position that the next event will get.
    #[must_use]
    pub fn next(&self) -> Position {
        self.next
    }
    /// How many commits it has.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits
    }

    /// Closes the block.
    #[must_use]
    pub fn seal(self) -> SealedBlock {
        let Chain { city, register, head, .. } = self.base;
        let height = Height(head.height.0 + 1);
        let mut bytes = Vec::with_capacity(self.body.len() + HEADER_ROOM);
        append(&(FORMAT, &city, &register, height, head.hash, self.epoch, self.at, head.next), &mut bytes);
        append(&(self.frontier.root(), self.commits), &mut bytes);
        bytes.extend_from_slice(&self.body);
        let head = Head { height, next: self.next, hash: Block::hash(&bytes) };
        let chain = Chain { city, register, head, epoch: self.epoch, recorded_at: self.at, frontier: self.frontier };
        SealedBlock { bytes, chain }
    }
}

/// Where a register is not what it should be.
#[derive(Debug, thiserror::Error)]
#[error("the register breaks at block {height}, event {position}: {fault}")]
pub struct BrokenChain {
    /// The block.
    pub height: Height,
    /// The first event that cannot be trusted.
    pub position: Position,
    /// What is wrong there.
    #[source]
    pub fault: Fault,
}

/// What is wrong with a block.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Not a block.
    #[error("it cannot be read")]
    Undecodable(#[source] BlockError),
    /// It belongs elsewhere.
    #[error("it is of the register {found}")]
    Register {
        /// City and register that it names.
        found: String,
    },
    /// A block is missing, doubled or moved.
    #[error("block {expected} was to follow, found {found}")]
    Height {
        /// The next height.
        expected: Height,
        /// What the block says.
        found: Height,
    },
    /// The block before it is not the one that it was written after.
    #[error("it does not link to the block before it")]
    Link,
    /// Events are missing or doubled.
    #[error("its first event should be {expected}, not {found}")]
    First {
        /// The next position.
        expected: Position,
        /// What the block says.
        found: Position,
    },
    /// The register's clock went back.
    #[error("its time {} is before that of the block before it, {}", found.0, before.0)]
    Time {
        /// Of the block before.
        before: Instant,
        /// What the block says.
        found: Instant,
    },
    /// A writer that had been replaced wrote it.
    #[error("its writer epoch {found} is older than {before}")]
    Epoch {
        /// Of the block before.
        before: u64,
        /// What the block says.
        found: u64,
    },
    /// Every commit has events; without them nothing would vouch for it.
    #[error("it has no events, or a commit without events")]
    Empty,
    /// Events are not those that the root was computed from.
    #[error("its Merkle root is not that of its events")]
    Root,
    /// The same values in other bytes than the writer makes.
    #[error("its bytes are not in canonical form")]
    Spelling,
}
