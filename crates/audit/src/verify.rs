//! Walking a register from its first block: every hash, link, position, root and book number.

use crate::books::{Book, Books, Gap};
use futures::StreamExt as _;
use kernel::{CityId, Height, Position, Register as _, WireError};
use ledger::{BrokenChain, Chain, Log, LogError};
use permits::Permits;

/// What a register holds, all of it checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many blocks.
    pub blocks: Height,
    /// How many events.
    pub events: Position,
    /// Merkle root of all events (RFC 6962).
    pub root: [u8; 32],
    /// Hash of the last block.
    pub hash: [u8; 32],
    /// The last number given in each book and Jalali year.
    pub books: Vec<(Book, u16, u32)>,
    /// Events that this build does not know: their hashes hold, their meaning is not checked.
    pub unknown: u64,
}

/// The first thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The register cannot be read.
    #[error("the register cannot be read at block {height}")]
    Read {
        /// Where.
        height: Height,
        /// Why.
        #[source]
        source: LogError,
    },
    /// A block is not what it must be.
    #[error("the register is broken")]
    Broken(#[source] BrokenChain),
    /// An event does not decode although its code is known.
    #[error("event {position} in block {height} does not decode")]
    Event {
        /// Which event.
        position: Position,
        /// In which block.
        height: Height,
        /// Why.
        #[source]
        source: WireError,
    },
    /// A number is not the next of its book.
    #[error("event {position} in block {height} gives a wrong number")]
    Number {
        /// Which event.
        position: Position,
        /// In which block.
        height: Height,
        /// Which number.
        #[source]
        source: Gap,
    },
}

/// Checks the register from its first block to what is its last one now.
///
/// `progress` is told the height reached and the last one, after each block.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub async fn verify(log: &Log, city: &CityId, progress: impl Fn(Height, Height)) -> Result<Verified, VerifyError> {
    let end = log.last_height().await.map_err(|source| VerifyError::Read { height: Height(0), source })?;
    let mut chain = Chain::new(city.clone(), Permits::NAME);
    let mut books = Books::default();
    let mut unknown = 0;
    let mut blocks = log.read_until(Height(1), end);
    while chain.head().height < end {
        let next = Height(chain.head().height.0 + 1);
        let read = |source| VerifyError::Read { height: next, source };
        let Some(block) = blocks.next().await else { break };
        let (height, bytes) = block.map_err(read)?;
        let block = chain.verify(height, &bytes).map_err(VerifyError::Broken)?;
        for (position, _, entry) in block.entries() {
            match Permits::decode(&entry.stored()) {
                Ok(event) => {
                    let number = |source| VerifyError::Number { position, height, source };
                    books.enter(entry.case, &event).map_err(number)?;
                }
                Err(WireError::UnknownEvent { .. }) => unknown += 1,
                Err(source) => return Err(VerifyError::Event { position, height, source }),
            }
        }
        progress(height, end);
    }
    let head = chain.head();
    let (blocks, events, hash) = (head.height, head.next, head.hash);
    Ok(Verified { blocks, events, root: chain.root(), hash, books: books.given(), unknown })
}
