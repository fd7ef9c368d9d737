//! A register in memory that misbehaves as it is told, a vault that knows who is forgotten, and databases to fill.

use crate::toy::{Event, Toy, department};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, stream};
use kernel::{Actor, CaseId, Channel, CityId, CommandId, Height, Instant, PersonId, Register, Sealed};
use ledger::{Chain, Commit, Entry};
use projection::{
    BlockSource, Blocks, Database, Differences, Metrics, OpenError, Opener, Projector, Reader, Setup, SourceError,
    TableHash, diff,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// How blocks are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    InOrder,
    Twice,
    /// Each read turns round another pair of neighbours.
    Shuffled,
}

pub(crate) struct MemoryLog {
    pub(crate) blocks: watch::Sender<Vec<Bytes>>,
    chain: Mutex<Chain>,
    delivery: Delivery,
    reads: AtomicUsize,
}

pub(crate) fn city() -> CityId {
    "testabad".parse().unwrap()
}

impl MemoryLog {
    pub(crate) fn new(delivery: Delivery) -> Arc<MemoryLog> {
        let chain = Mutex::new(Chain::new(city(), Toy::NAME));
        Arc::new(MemoryLog { blocks: watch::Sender::default(), chain, delivery, reads: AtomicUsize::new(0) })
    }

    /// How often somebody began to read.
    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    /// Appends one block of these events, each its own commit.
    pub(crate) fn append(&self, events: &[(CaseId, Event)]) {
        self.append_stored(events.iter().map(|(case, event)| entry(*case, event)).collect());
    }

    pub(crate) fn append_stored(&self, entries: Vec<Entry<'static>>) {
        let mut chain = self.chain.lock().unwrap();
        let at = Instant(1_000_000 * (chain.head().height.0 as i64 + 1));
        let commits: Vec<Commit<'_>> = entries
            .into_iter()
            .map(|entry| Commit {
                command: CommandId(uuid::Uuid::from_u128(7)),
                actor: Actor::clock(),
                channel: if entry.case.serial() % 2 == 0 { Channel::ONLINE } else { "دفتر".parse().unwrap() },
                cause: None,
                entries: vec![entry],
            })
            .collect();
        let sealed = chain.seal(1, at, &commits).unwrap();
        *chain = sealed.chain;
        self.blocks.send_modify(|blocks| blocks.push(sealed.bytes.into()));
    }
}

pub(crate) fn entry(case: CaseId, event: &Event) -> Entry<'static> {
    let stored = Toy::encode(event);
    Entry { code: stored.code, version: stored.version, case, occurred_at: Instant(-5), body: stored.body }
}

impl Fresh {
    pub(crate) fn of_postgres(postgres: test_support::postgres::Database) -> Fresh {
        let database = Database::Postgres { url: postgres.url().to_owned() };
        Fresh { database, _folder: None, postgres: Some(postgres) }
    }
}

impl BlockSource for MemoryLog {
    fn read(&self, from: Height) -> Blocks {
        let read = self.reads.fetch_add(1, Ordering::SeqCst) as u64;
        let (delivery, end) = (self.delivery, self.blocks.borrow().len() as u64);
        let order = move |at: u64| match delivery {
            Delivery::InOrder => at,
            Delivery::Twice => 1 + (at - 1) / 2,
            Delivery::Shuffled if at > from.0 && at <= end && at % 7 == read % 7 => at - 1,
            Delivery::Shuffled if at < end && at % 7 == (read + 6) % 7 => at + 1,
            Delivery::Shuffled => at,
        };
        let start = if delivery == Delivery::Twice { from.0 * 2 - 1 } else { from.0 };
        stream::unfold((self.blocks.subscribe(), start), move |(mut blocks, at)| async move {
            let height = order(at);
            let found = blocks.wait_for(|blocks| blocks.len() as u64 >= height).await.ok()?;
            let bytes = found[height as usize - 1].clone();
            drop(found);
            Some((Ok((Height(height), bytes)), (blocks, at + 1)))
        })
        .boxed()
    }
    fn get(&self, height: Height) -> BoxFuture<'_, Result<Bytes, SourceError>> {
        let block = self.blocks.borrow().get(height.0 as usize - 1).cloned();
        let missing = || SourceError { transient: false, source: "no such block".into() };
        std::future::ready(block.ok_or_else(missing)).boxed()
    }
    fn last(&self) -> BoxFuture<'_, Result<Option<(Height, Bytes)>, SourceError>> {
        let blocks = self.blocks.borrow();
        let last = blocks.last().map(|bytes| (Height(blocks.len() as u64), bytes.clone()));
        std::future::ready(Ok(last)).boxed()
    }
}

/// Opens what [`crate::toy::seal`] sealed, until its person is forgotten.
#[derive(Default)]
pub(crate) struct ToyVault {
    pub(crate) forgotten: Mutex<Vec<PersonId>>,
}

impl Opener for ToyVault {
    fn open_all<'a>(&'a self, sealed: &'a [Sealed]) -> BoxFuture<'a, Result<Vec<Option<String>>, OpenError>> {
        let forgotten = self.forgotten.lock().unwrap();
        let open = |sealed: &Sealed| {
            let bytes: Vec<u8> = sealed.bytes.iter().rev().copied().collect();
            Some(String::from_utf8(bytes).unwrap()).filter(|_| !forgotten.contains(&sealed.person))
        };
        let opened = sealed.iter().map(open).collect();
        std::future::ready(Ok(opened)).boxed()
    }
}

/// A database of its own, gone when dropped.
pub(crate) struct Fresh {
    pub(crate) database: Database,
    _folder: Option<tempfile::TempDir>,
    pub(crate) postgres: Option<test_support::postgres::Database>,
}

pub(crate) async fn sqlite() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::Sqlite { folder: folder.path().to_owned() };
    Fresh { database, _folder: Some(folder), postgres: None }
}

pub(crate) async fn postgres() -> Fresh {
    Fresh::of_postgres(test_support::postgres::Database::create().await)
}

pub(crate) fn setup(fresh: &Fresh, log: &Arc<MemoryLog>) -> Arc<Setup<Toy>> {
    setup_with(fresh, log, Arc::new(ToyVault::default()))
}

pub(crate) fn setup_with(fresh: &Fresh, log: &Arc<MemoryLog>, opener: Arc<ToyVault>) -> Arc<Setup<Toy>> {
    Arc::new(Setup {
        database: fresh.database.clone(),
        city: city(),
        department: department(),
        source: log.clone(),
        opener,
        metrics: Metrics::new(),
        clock: Arc::new(|| Instant(0)),
    })
}

/// Brings the tables of a setup to the end of its register.
pub(crate) async fn catch_up(setup: &Arc<Setup<Toy>>) {
    Projector::open(setup.clone()).await.unwrap().catch_up().await.unwrap();
}

pub(crate) async fn reader(fresh: &Fresh) -> Reader {
    Reader::open(&fresh.database, "toys").await.unwrap()
}

/// All rows of a table as canonical lines.
pub(crate) async fn lines(fresh: &Fresh, table: &str) -> Vec<String> {
    let mut snapshot = reader(fresh).await.snapshot().await.unwrap();
    let table = department().tables().iter().copied().find(|found| found.name == table).unwrap();
    snapshot.rows(table).map(Result::unwrap).collect().await
}

pub(crate) async fn hashes(fresh: &Fresh) -> Vec<TableHash> {
    let mut snapshot = reader(fresh).await.snapshot().await.unwrap();
    let mut hashes = Vec::new();
    for table in department().tables() {
        hashes.push(snapshot.hash(table).await.unwrap());
    }
    hashes
}

/// Fails, naming the rows, unless both hold the same.
pub(crate) async fn assert_same(left: &Fresh, right: &Fresh) {
    let (mut a, mut b) = (reader(left).await.snapshot().await.unwrap(), reader(right).await.snapshot().await.unwrap());
    assert_eq!(a.events(), b.events());
    for table in department().tables() {
        assert_eq!(diff(&mut a, &mut b, table).await.unwrap(), Differences::default(), "{}", table.name);
    }
    assert_eq!(hashes(left).await, hashes(right).await);
}
