//! The register as the test itself reads and writes it: straight from the stream, past every service.

use super::city::City;
use super::http::Book;
use futures::StreamExt as _;
use kernel::{CityId, Height, Instant, Position};
use ledger::{Chain, Commit, Log, Settings};
use std::time::{SystemTime, UNIX_EPOCH};

/// One commit of the register.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) id: uuid::Uuid,
    pub(crate) case: String,
    pub(crate) last: Position,
}

/// The whole register, verified block by block.
pub(crate) struct Register {
    pub(crate) commits: Vec<Seen>,
    pub(crate) chain: Chain,
    pub(crate) blocks: Vec<Vec<u8>>,
    book: Book,
}

fn city_id() -> CityId {
    "isfahan".parse().expect("a valid city")
}

impl City {
    fn stream(&self) -> Log {
        self.runtime.block_on(async {
            let client = self.nats.client().await;
            Log::existing(client, &city_id(), "permits", Settings::default()).await.expect("the register is there")
        })
    }

    /// Reads every block and checks it against all before it.
    ///
    /// # Panics
    /// When a block is missing or does not verify.
    pub(crate) fn register(&self) -> Register {
        let log = self.stream();
        self.runtime.block_on(async {
            let end = log.last_height().await.expect("the stream answers");
            let chain = Chain::new(city_id(), "permits");
            let mut register = Register { commits: Vec::new(), chain, blocks: Vec::new(), book: self.book.clone() };
            let mut blocks = log.read_until(Height(1), end);
            while let Some(block) = blocks.next().await {
                let (height, bytes) = block.expect("every block can be read");
                let before = register.chain.head().next;
                let block = register.chain.verify(height, &bytes).expect("every block verifies");
                assert_eq!(block.first, before, "positions have no gap");
                register.enter(block.first, &block.commits);
                register.blocks.push(bytes.to_vec());
            }
            assert_eq!(register.chain.head().height, end, "every block was read");
            register
        })
    }

    /// Appends commits as whoever holds the keys of the server could: a well-formed block past the registrar.
    pub(crate) fn forge(&self, make: impl FnOnce(&Register) -> Vec<Commit<'_>>) {
        let register = self.register();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
        let now = Instant(i64::try_from(now.as_micros()).expect("a time of this age"));
        let commits = make(&register);
        let sealed = register.chain.seal(register.chain.epoch(), now, &commits).expect("it fits into a block");
        let log = self.stream();
        let appended = self.runtime.block_on(log.append(register.chain.head().height, sealed.bytes.into()));
        appended.expect("the forged block is appended");
    }
}

impl Register {
    fn enter(&mut self, first: Position, commits: &[Commit<'_>]) {
        let mut next = first.0;
        for commit in commits {
            let end = next + commit.entries.len() as u64;
            assert!(end > next, "a commit is whole: it has its events");
            let case = commit.entries[0].case.to_string();
            self.commits.push(Seen { id: commit.command.0, case, last: Position(end - 1) });
            next = end;
        }
    }

    /// How often the command that was acknowledged for this key is in the register.
    pub(crate) fn count(&self, key: uuid::Uuid) -> usize {
        let acked = self.book.acked();
        let acked = acked.iter().find(|acked| acked.key == key).expect("the command was acknowledged");
        self.commits.iter().filter(|seen| seen.id == acked.id).count()
    }
}
