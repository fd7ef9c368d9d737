//! The links of a register's blocks, as far as a reader that starts in the middle can check them.
//!
//! Merkle roots are the projectors' and the auditor's to check: they raise the alarm in the same city.

use kernel::{CityId, Height, Position};
use ledger::{Block, BlockError, Hash};

/// Where a reader is in the register.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    city: CityId,
    register: &'static str,
    next: Height,
    /// Hash of the last block and the position after it; none before the first that is read.
    last: Option<(Hash, Position)>,
}

/// Why bytes are not the next block.
#[derive(Debug, thiserror::Error)]
pub enum BrokenLink {
    /// Not a block.
    #[error(transparent)]
    Undecodable(#[from] BlockError),
    /// A block of another register, or at another height.
    #[error("block {found} of {of} where block {expected} was expected")]
    Another {
        /// The height that comes next.
        expected: Height,
        /// The height it names.
        found: Height,
        /// The city and register it names.
        of: String,
    },
    /// It does not follow the block before it.
    #[error("it does not link to the block before it")]
    Unlinked,
}

impl Walk {
    /// Starts at a height.
    pub(crate) fn from(city: CityId, register: &'static str, next: Height) -> Walk {
        let last = (next == Height(1)).then_some(([0; 32], Position(0)));
        Walk { city, register, next, last }
    }

    /// The height that comes next.
    pub(crate) fn next(&self) -> Height {
        self.next
    }

    /// Checks that these bytes are the next block.
    pub(crate) fn step<'a>(&mut self, bytes: &'a [u8]) -> Result<Block<'a>, BrokenLink> {
        let block = Block::decode(bytes)?;
        if block.city != self.city || block.register != self.register || block.height != self.next {
            let of = format!("{}/{}", block.city, block.register);
            return Err(BrokenLink::Another { expected: self.next, found: block.height, of });
        }
        if self.last.is_some_and(|last| last != (block.previous, block.first)) {
            return Err(BrokenLink::Unlinked);
        }
        self.last = Some((Block::hash(bytes), Position(block.first.0 + block.events())));
        self.next.0 += 1;
        Ok(block)
    }
}
