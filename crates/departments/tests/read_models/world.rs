//! A register in memory that is written by the permits domain itself, and the persons who ask.

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, stream};
use kernel::{
    Actor, CaseId, Channel, CityId, CommandId, DistrictId, Districts, Envelope, Fact, Height, Instant, JalaliDate,
    Meta, PersonId, Position, Register, Sealed, Zone,
};
use ledger::{Chain, Commit, Entry};
use permits::{Application, Command, Event, Permits, Refusal, events::*};
use projection::{BlockSource, Blocks, SourceError};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

const SMALL_WORKS: &str = include_str!("../../../../deploy/cities/isfahan/procedures/small-works.toml");
const BUILDING: &str = include_str!("../../../../deploy/cities/isfahan/procedures/building-permit.toml");
const OBSERVED: &str = include_str!("../../../../deploy/cities/isfahan/procedures/observed.toml");

pub(crate) fn id<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text} is no id"))
}

pub(crate) fn city() -> CityId {
    id("testabad")
}

pub(crate) fn tehran() -> Zone {
    Zone::new("Asia/Tehran").unwrap()
}

/// Ten in the morning in Tehran on a Jalali day.
pub(crate) fn on(day: &str) -> Instant {
    let date = day.parse::<JalaliDate>().unwrap().date();
    Instant(tehran().start_of_day(date).0 + 10 * 3_600_000_000)
}

pub(crate) fn case(serial: u32) -> CaseId {
    CaseId::new(1405, serial)
}

pub(crate) fn citizen(number: u32) -> PersonId {
    PersonId(Uuid::from_u128(u128::from(number) + 1))
}

/// The officer of a role: each role has its own person.
pub(crate) fn officer(role: &str) -> PersonId {
    let seed = role.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(131).wrapping_add(byte.into()));
    PersonId(Uuid::from_u128(1 << 100 | u128::from(seed)))
}

/// A text as [`crate::tables::Turned`] opens it: its bytes in the other order.
pub(crate) fn sealed(person: PersonId, text: &str) -> Sealed {
    Sealed { person, bytes: text.bytes().rev().collect() }
}

pub(crate) fn party(number: u32, name: &str) -> Party {
    let person = citizen(number);
    let mobile = Some(sealed(person, &format!("+9891300000{number:02}")));
    Party { person, name: sealed(person, name), mobile, address: Some(sealed(person, "کوچه\u{200c}ی باغ")) }
}

/// Blocks in memory.
#[derive(Clone, Default)]
pub(crate) struct MemoryLog(pub(crate) Arc<Mutex<Vec<Bytes>>>);

impl BlockSource for MemoryLog {
    fn read(&self, from: Height) -> Blocks {
        let blocks = self.0.lock().unwrap().clone();
        let blocks = (1..).map(Height).zip(blocks).skip(from.0 as usize - 1).map(Ok);
        stream::iter(blocks).chain(stream::pending()).boxed()
    }
    fn get(&self, height: Height) -> BoxFuture<'_, Result<Bytes, SourceError>> {
        let block = self.0.lock().unwrap().get(height.0 as usize - 1).cloned();
        let missing = || SourceError { transient: false, source: "no such block".into() };
        std::future::ready(block.ok_or_else(missing)).boxed()
    }
    fn last(&self) -> BoxFuture<'_, Result<Option<(Height, Bytes)>, SourceError>> {
        let blocks = self.0.lock().unwrap();
        let last = blocks.last().map(|bytes| (Height(blocks.len() as u64), bytes.clone()));
        std::future::ready(Ok(last)).boxed()
    }
}

/// The register as its one writer sees it, each command a block of its own.
pub(crate) struct World {
    pub(crate) state: Permits,
    pub(crate) log: MemoryLog,
    pub(crate) now: Instant,
    chain: Chain,
    asked: u128,
}

impl World {
    /// A city with its procedures, on a Saturday.
    pub(crate) fn new() -> World {
        let now = on("1405/09/07");
        let mut world = World {
            state: Permits::default(),
            log: MemoryLog::default(),
            now,
            chain: Chain::new(city(), Permits::NAME),
            asked: 0,
        };
        let title = |text: &str| Title { fa: text.to_owned(), en: text.to_owned() };
        let departments = vec![Department { id: id("district-office"), title: title("Districts") }];
        let charter =
            Command::EstablishCity { title: title("Testabad"), zone: "Asia/Tehran".into(), districts: 15, departments };
        world.does("admin", charter);
        for source in [SMALL_WORKS, BUILDING, OBSERVED] {
            world.does("admin", Command::PublishProcedure { source: source.to_owned() });
        }
        world
    }

    /// Time passes, and the clock does what it calls for.
    pub(crate) fn wait(&mut self, until: Instant) {
        self.now = until;
        for _ in 0..10_000 {
            let Some(command) = self.state.tick(self.now) else { return };
            self.ask(Actor::clock(), Channel::SYSTEM, None, command).expect("the clock asks for what can be done");
        }
        panic!("the clock never comes to rest");
    }

    #[track_caller]
    pub(crate) fn does(&mut self, role: &str, command: Command) {
        let asked = format!("{command:?}");
        if let Err(refusal) = self.tries(role, officer(role), command) {
            panic!("{asked} was refused: {refusal}");
        }
    }

    /// A citizen asks for something.
    #[track_caller]
    pub(crate) fn asks(&mut self, number: u32, command: Command) {
        let asked = format!("{command:?}");
        if let Err(refusal) = self.tries("citizen", citizen(number), command) {
            panic!("{asked} was refused: {refusal}");
        }
    }

    pub(crate) fn tries(&mut self, role: &str, person: PersonId, command: Command) -> Result<(), Refusal> {
        let actor = Actor { person, role: id(role), department: None, districts: Districts::ALL };
        self.ask(actor, Channel::ONLINE, None, command)
    }

    /// Whether a role could do something now.
    pub(crate) fn would(&self, role: &str, command: Command) -> bool {
        let actor = Actor { person: officer(role), role: id(role), department: None, districts: Districts::ALL };
        let id = CommandId(Uuid::nil());
        let envelope = Envelope { id, actor, channel: Channel::ONLINE, cause: None, occurred_at: None, command };
        self.state.decide(&envelope, self.now).is_ok()
    }

    pub(crate) fn ask(
        &mut self,
        actor: Actor,
        channel: Channel,
        occurred_at: Option<Instant>,
        command: Command,
    ) -> Result<(), Refusal> {
        self.asked += 1;
        let id = CommandId(Uuid::from_u128(self.asked));
        let envelope = Envelope { id, actor, channel, cause: None, occurred_at, command };
        let facts = self.state.decide(&envelope, self.now)?;
        let entry = |fact: &Fact<Event>| {
            let stored = Permits::encode(&fact.event);
            let (case, occurred_at) = (fact.case, fact.occurred_at);
            Entry { code: stored.code, version: stored.version, case, occurred_at, body: stored.body }
        };
        let entries = facts.iter().map(entry).collect();
        let Envelope { actor, channel, .. } = envelope;
        let commit = Commit { command: id, actor, channel, cause: None, entries };
        for (position, fact) in (self.chain.head().next.0..).map(Position).zip(&facts) {
            let (actor, channel) = (commit.actor.clone(), commit.channel.clone());
            self.state.evolve(fact, &Meta { position, recorded_at: self.now, command: id, actor, channel });
        }
        let sealed = self.chain.seal(1, self.now, &[commit]).unwrap();
        self.chain = sealed.chain;
        self.log.0.lock().unwrap().push(sealed.bytes.into());
        Ok(())
    }

    pub(crate) fn events(&self) -> Position {
        self.chain.head().next
    }
}

fn fact(field: &str, value: Value) -> FactValue {
    FactValue { field: id(field), value }
}

pub(crate) fn document(kind: &str) -> Document {
    Document { kind: id(kind), sha256: [9; 32] }
}

/// Repairs of this many square metres.
pub(crate) fn small_works(number: u32, district: u8, area: i64) -> Application {
    Application {
        procedure: id("small-works"),
        district: DistrictId(district),
        parcel: Some(id(&format!("{district}-{number}"))),
        applicant: Some(party(number, &format!("مریم كريمي {number}"))),
        agent: None,
        facts: vec![fact("area", Value::Integer(area)), fact("structural", Value::Flag(false))],
        documents: vec![document("deed")],
        origin: None,
        deadline: None,
    }
}

/// A house of this many square metres.
pub(crate) fn building(number: u32, district: u8, area: i64) -> Application {
    let fields = [("land-area", 200), ("built-area", area), ("floors", 3), ("dwellings", 4)];
    let mut facts: Vec<FactValue> = fields.map(|(field, value)| fact(field, Value::Integer(value))).into();
    facts.push(fact("use", Value::Choice(id("residential"))));
    facts.push(fact("historic-area", Value::Flag(number.is_multiple_of(2))));
    Application {
        procedure: id("building-permit"),
        facts,
        documents: ["deed", "identity", "renewal-levy-receipt"].map(document).into(),
        ..small_works(number, district, 0)
    }
}

/// A case of another system's log.
pub(crate) fn observed(reference: &str, due: Option<Instant>) -> Application {
    Application {
        procedure: id("observed"),
        district: DistrictId(0),
        parcel: None,
        applicant: None,
        agent: None,
        facts: vec![],
        documents: vec![],
        origin: Some(Origin { reference: reference.into() }),
        deadline: due,
    }
}
