//! A small town's register in memory, written by the permits domain, and blocks that no registrar would write.

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, stream};
use kernel::{
    Actor, CaseId, Channel, CityId, CommandId, DistrictId, Districts, Envelope, Fact, Height, Instant, Meta, PersonId,
    Position, Register, Sealed,
};
use ledger::{Chain, Commit, Entry};
use permits::{Application, Command, Event, Permits, events::*};
use projection::{BlockSource, Blocks, Database, Metrics, NoOpener, Projector, Setup, SourceError};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

const SMALL_WORKS: &str = include_str!("../../../../deploy/cities/isfahan/procedures/small-works.toml");

pub(crate) fn id<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text} is no id"))
}

pub(crate) fn city() -> CityId {
    id("testabad")
}

/// Blocks in memory, as they come or as somebody changed them.
#[derive(Clone, Default)]
pub(crate) struct MemoryLog(pub(crate) Arc<Mutex<Vec<Bytes>>>);

impl MemoryLog {
    pub(crate) fn of(blocks: Vec<Bytes>) -> MemoryLog {
        MemoryLog(Arc::new(Mutex::new(blocks)))
    }
    pub(crate) fn blocks(&self) -> Vec<Bytes> {
        self.0.lock().unwrap().clone()
    }
}

impl BlockSource for MemoryLog {
    fn read(&self, from: Height) -> Blocks {
        let blocks = (1..).map(Height).zip(self.blocks()).skip(from.0 as usize - 1).map(Ok);
        stream::iter(blocks).chain(stream::pending()).boxed()
    }
    fn get(&self, height: Height) -> BoxFuture<'_, Result<Bytes, SourceError>> {
        let block = self.blocks().get(height.0 as usize - 1).cloned();
        let missing = || SourceError { transient: false, source: "no such block".into() };
        std::future::ready(block.ok_or_else(missing)).boxed()
    }
    fn last(&self) -> BoxFuture<'_, Result<Option<(Height, Bytes)>, SourceError>> {
        let blocks = self.blocks();
        let last = blocks.last().map(|bytes| (Height(blocks.len() as u64), bytes.clone()));
        std::future::ready(Ok(last)).boxed()
    }
}

/// The register as its one writer sees it, each command a block of its own.
pub(crate) struct Town {
    pub(crate) log: MemoryLog,
    state: Permits,
    chain: Chain,
    asked: u128,
}

impl Town {
    /// A town in which repairs are permitted.
    pub(crate) fn new() -> Town {
        let chain = Chain::new(city(), Permits::NAME);
        let mut town = Town { log: MemoryLog::default(), state: Permits::default(), chain, asked: 0 };
        let title = Title { fa: "شهر".into(), en: "Town".into() };
        let zone = "Asia/Tehran".into();
        town.does("admin", Command::EstablishCity { title, zone, districts: 15, departments: vec![] });
        town.does("admin", Command::PublishProcedure { source: SMALL_WORKS.to_owned() });
        town
    }

    /// A town with two cases, one of them billed.
    pub(crate) fn busy() -> Town {
        let mut town = Town::new();
        town.applies(40);
        town.applies(90);
        let (case, step) = (CaseId::new(1405, 1), id("check"));
        let checklist = vec![ChecklistAnswer { item: id("small"), holds: true }];
        let note = Some(Sealed { person: person(7), bytes: vec![1; 60] });
        town.does(
            "intake",
            Command::CompleteStep { case, step, outcome: id("small-works"), checklist, documents: vec![], note },
        );
        town.does("revenue", Command::IssueBill { case });
        town
    }

    /// Somebody applies for repairs of this many square metres.
    pub(crate) fn applies(&mut self, area: i64) {
        let applicant = person(self.asked);
        let field = |name, value| FactValue { field: id(name), value };
        let name = Sealed { person: applicant, bytes: vec![3; 60] };
        let application = Application {
            procedure: id("small-works"),
            district: DistrictId(3),
            parcel: Some(id(&format!("3-{}", self.asked))),
            applicant: Some(Party { person: applicant, name, mobile: None, address: None }),
            agent: None,
            facts: vec![field("area", Value::Integer(area)), field("structural", Value::Flag(false))],
            documents: vec![Document { kind: id("deed"), sha256: [9; 32] }],
            origin: None,
            deadline: None,
        };
        self.ask("citizen", applicant, Command::Apply(application));
    }

    pub(crate) fn does(&mut self, role: &str, command: Command) {
        let officer = person(role.bytes().fold(1_000, |sum, byte| sum * 3 + u128::from(byte)));
        self.ask(role, officer, command);
    }

    fn ask(&mut self, role: &str, person: PersonId, command: Command) {
        self.asked += 1;
        // A Saturday in Azar 1405, a minute a command.
        let now = Instant::from_seconds(1_795_847_400 + 60 * self.asked as i64);
        let actor = Actor { person, role: id(role), department: None, districts: Districts::ALL };
        let id = CommandId(Uuid::from_u128(self.asked));
        let envelope = Envelope { id, actor, channel: Channel::ONLINE, cause: None, occurred_at: None, command };
        let facts = self.state.decide(&envelope, now).unwrap_or_else(|why| panic!("{:?}: {why}", envelope.command));
        for (position, fact) in (self.chain.head().next.0..).map(Position).zip(&facts) {
            let meta = Meta {
                position,
                recorded_at: now,
                command: id,
                actor: envelope.actor.clone(),
                channel: envelope.channel.clone(),
            };
            self.state.evolve(fact, &meta);
        }
        self.seal(now, facts.iter().map(entry).collect());
    }

    /// Writes a block of one commit, whatever is in it, in the right form.
    pub(crate) fn seal(&mut self, at: Instant, entries: Vec<Entry<'static>>) {
        let command = CommandId(Uuid::from_u128(self.asked));
        let commit = Commit { command, actor: Actor::clock(), channel: Channel::ONLINE, cause: None, entries };
        let sealed = self.chain.seal(1, at, &[commit]).unwrap();
        self.chain = sealed.chain;
        self.log.0.lock().unwrap().push(sealed.bytes.into());
    }

    pub(crate) fn chain(&self) -> &Chain {
        &self.chain
    }
}

pub(crate) fn entry(fact: &Fact<Event>) -> Entry<'static> {
    let stored = Permits::encode(&fact.event);
    let (case, occurred_at) = (fact.case, fact.occurred_at);
    Entry { code: stored.code, version: stored.version, case, occurred_at, body: stored.body }
}

pub(crate) fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

/// Brings live tables up to the register's end.
pub(crate) async fn catch_up(log: &MemoryLog, database: &Database) {
    for department in departments::all() {
        let setup: Setup<Permits> = Setup {
            database: database.clone(),
            city: city(),
            department,
            source: Arc::new(log.clone()),
            opener: Arc::new(NoOpener),
            metrics: Metrics::new(),
            clock: Arc::new(|| Instant(0)),
        };
        Projector::open(Arc::new(setup)).await.unwrap().catch_up().await.unwrap();
    }
}
