//! Walking a register from its first block to its last, and checking all that can be checked without a key.

use crate::{AuditError, Books};
use futures::StreamExt as _;
use kernel::{CityId, Height, Instant, Position, Register as _};
use ledger::{Block, Chain, Head};
use permits::Permits;
use projection::{BlockSource, to_hex};
use std::error::Error;

/// How far a walk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walked {
    /// The last block that was checked.
    pub height: Height,
    /// The last block there was when the walk began.
    pub last: Height,
    /// How many events were checked.
    pub events: u64,
}

/// What a walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Blocks that are good.
    pub blocks: Height,
    /// Events that are good.
    pub events: Position,
    /// Commits that are good: accepted commands.
    pub commits: u64,
    /// Hash of the last good block, hexadecimal.
    pub head: String,
    /// Merkle root over all good events, hexadecimal.
    pub root: String,
    /// The register's clock at the last good block; nothing when there is none.
    pub recorded_at: Option<Instant>,
    /// The last numbers that were given.
    pub books: Books,
    /// The first thing that is wrong; nothing after it was looked at.
    pub finding: Option<Finding>,
}

impl Report {
    /// Whether every hash, link, root and number is as it must be.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.finding.is_none()
    }
}

/// Something that is wrong with a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// In which block.
    pub height: Height,
    /// The first event that cannot be trusted.
    pub position: Position,
    /// What, in a plain sentence.
    pub what: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "block {}, event {}: {}", self.height, self.position, self.what)
    }
}

/// Checks every block of the permits register of a city: its hash, link, height, position, time, writer, Merkle root and
/// bytes; that every event can be read; and that case, bill, licence and certificate numbers have no gaps.
///
/// `kept` is a head that somebody who does not trust the stream has kept: the register must have that block. `progress`
/// is told after each block. Blocks that are added meanwhile are not looked at.
///
/// # Errors
/// When the register cannot be read. What is wrong with it is no error but the report's finding.
pub async fn verify(
    source: &dyn BlockSource,
    city: &CityId,
    kept: Option<Head>,
    progress: impl Fn(Walked) + Send,
) -> Result<Report, AuditError> {
    let last = source.last().await.map_err(|source| AuditError::Source { after: Height(0), source })?;
    let last = last.map_or(Height(0), |(height, _)| height);
    let mut walk = Walk { chain: Chain::new(city.clone(), Permits::NAME), books: Books::default(), commits: 0 };
    let mut blocks = source.read(Height(1));
    while walk.chain.head().height < last {
        let before = walk.chain.head();
        let after = before.height;
        let found = match blocks.next().await {
            Some(Ok((height, bytes))) => walk.block(height, &bytes),
            Some(Err(error)) if error.transient => return Err(AuditError::Source { after, source: error }),
            Some(Err(error)) => Err(walk.finding(sentence(&error))),
            None => Err(walk.finding(format!("the register ends before block {last}, its last"))),
        };
        if let Err(finding) = found {
            return Ok(walk.report(Some(finding)));
        }
        let head = walk.chain.head();
        if let Some(kept) = kept.filter(|kept| kept.height == head.height && kept.hash != head.hash) {
            let finding = Finding {
                height: head.height,
                position: before.next,
                what: format!("another block was durable here, with the hash {}", to_hex(&kept.hash)),
            };
            return Ok(walk.report(Some(finding)));
        }
        progress(Walked { height: head.height, last, events: head.next.0 });
    }
    let cut = kept.filter(|kept| kept.height > walk.chain.head().height);
    let cut = cut.map(|kept| walk.finding(format!("the register ends here, but block {} was durable", kept.height)));
    Ok(walk.report(cut))
}

struct Walk {
    chain: Chain,
    books: Books,
    commits: u64,
}

impl Walk {
    fn block(&mut self, height: Height, bytes: &[u8]) -> Result<(), Finding> {
        let mut chain = self.chain.clone();
        let broken = |broken: ledger::BrokenChain| Finding {
            height: broken.height,
            position: broken.position,
            what: sentence(&broken.fault),
        };
        let block = chain.verify(height, bytes).map_err(broken)?;
        let mut books = self.books;
        events(height, &block, &mut books)?;
        self.commits += block.commits.len() as u64;
        (self.chain, self.books) = (chain, books);
        Ok(())
    }

    /// Something wrong with the block that should follow.
    fn finding(&self, what: String) -> Finding {
        let head = self.chain.head();
        Finding { height: Height(head.height.0 + 1), position: head.next, what }
    }

    fn report(self, finding: Option<Finding>) -> Report {
        let head = self.chain.head();
        Report {
            blocks: head.height,
            events: head.next,
            commits: self.commits,
            head: to_hex(&head.hash),
            root: to_hex(&self.chain.root()),
            recorded_at: (head.height > Height(0)).then(|| self.chain.recorded_at()),
            books: self.books,
            finding,
        }
    }
}

/// Reads every event of a block and enters its numbers.
fn events(height: Height, block: &Block<'_>, books: &mut Books) -> Result<(), Finding> {
    for (position, _, entry) in block.entries() {
        let wrong = |what| Finding { height, position, what };
        let event = Permits::decode(&entry.stored()).map_err(|error| wrong(error.to_string()))?;
        if entry.occurred_at > block.recorded_at {
            return Err(wrong(format!(
                "it happened at {}, after it was recorded at {}",
                entry.occurred_at, block.recorded_at
            )));
        }
        books.enter(entry.case, &event).map_err(wrong)?;
    }
    Ok(())
}

/// An error with all its causes, as one sentence.
fn sentence(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}
