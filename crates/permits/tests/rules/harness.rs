//! Given a history, when somebody asks, then events or a refusal; a failure blames the line of the test.

use kernel::{
    Actor, CaseId, Channel, CommandId, DistrictId, Districts, Envelope, Fact, Instant, JalaliDate, Meta, PersonId,
    Position, Register, RoleId, StepId, Stored, time::Zone,
};
use permits::{Application, Command, Event, Permits, Refusal, events::*, numbers::BillNumber};
use uuid::Uuid;

pub(super) const KIOSK: &str = include_str!("kiosk.toml");
pub(super) const OBSERVED: &str = include_str!("../../../../deploy/cities/isfahan/procedures/observed.toml");

pub(super) const APPLICANT: PersonId = PersonId(Uuid::from_u128(1));
pub(super) const AGENT: PersonId = PersonId(Uuid::from_u128(2));
pub(super) const OTHER: PersonId = PersonId(Uuid::from_u128(3));

/// A Saturday, ten in the morning in Tehran, when every history starts.
pub(super) const START: &str = "1405/09/07";

pub(super) fn id<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text} is no id"))
}

pub(super) fn tehran() -> Zone {
    Zone::new("Asia/Tehran").unwrap()
}

/// Ten in the morning in Tehran on a Jalali day.
pub(super) fn on(day: &str) -> Instant {
    Instant(tehran().start_of_day(date(day)).0 + 10 * 3_600_000_000)
}

pub(super) fn date(day: &str) -> kernel::Date {
    day.parse::<JalaliDate>().unwrap().date()
}

/// The last moment of a Jalali day in Tehran.
pub(super) fn end_of(day: &str) -> Instant {
    tehran().end_of_day(date(day))
}

/// The case with this serial in 1405.
pub(super) fn case(serial: u32) -> CaseId {
    CaseId::new(1405, serial)
}

/// The officer of a role: each role has its own person.
pub(super) fn officer(role: &str) -> PersonId {
    let seed = role.bytes().fold(7u128, |sum, byte| (sum * 131 + u128::from(byte)) % (1 << 90));
    PersonId(Uuid::from_u128(1 << 100 | seed))
}

/// Who asks for what, when and how.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) envelope: Envelope<Command>,
    at: Option<Instant>,
}

/// A command by the person of a role, in every district, online.
pub(super) fn by(role: &str, command: Command) -> Ask {
    let person = match role {
        "citizen" => APPLICANT,
        "clock" => Actor::clock().person,
        _ => officer(role),
    };
    let actor = Actor { person, role: id(role), department: None, districts: Districts::ALL };
    let envelope = Envelope {
        id: CommandId(Uuid::nil()),
        actor,
        channel: Channel::ONLINE,
        cause: None,
        occurred_at: None,
        command,
    };
    Ask { envelope, at: None }
}

impl Ask {
    /// On that day, ten in the morning; without it, when the last thing happened.
    pub(super) fn on(self, day: &str) -> Ask {
        self.at(on(day))
    }
    pub(super) fn at(mut self, at: Instant) -> Ask {
        self.at = Some(at);
        self
    }
    pub(super) fn person(mut self, person: PersonId) -> Ask {
        self.envelope.actor.person = person;
        self
    }
    pub(super) fn districts(mut self, districts: &[u8]) -> Ask {
        self.envelope.actor.districts = districts.iter().map(|d| DistrictId(*d)).collect();
        self
    }
    pub(super) fn over(mut self, channel: &str) -> Ask {
        self.envelope.channel = id(channel);
        self
    }
    pub(super) fn occurred(mut self, at: Instant) -> Ask {
        self.envelope.occurred_at = Some(at);
        self
    }
}

/// A register's state with the facts that led to it.
pub(super) struct World {
    pub(super) state: Permits,
    pub(super) facts: Vec<Fact<Event>>,
    pub(super) now: Instant,
    /// What was asked so far, to start again from here.
    asked: Vec<Ask>,
}

#[track_caller]
pub(super) fn given(history: impl IntoIterator<Item = Ask>) -> World {
    World { state: Permits::default(), facts: Vec::new(), now: on(START), asked: Vec::new() }.and(history)
}

impl World {
    /// What also happened before; every command of it must be accepted.
    #[track_caller]
    pub(super) fn and(mut self, history: impl IntoIterator<Item = Ask>) -> World {
        for ask in history {
            self.does(&ask);
        }
        self
    }

    /// Asks and applies; time passes first.
    #[track_caller]
    pub(super) fn does(&mut self, ask: &Ask) -> Vec<Event> {
        self.wait(ask.at.unwrap_or(self.now));
        self.asked.push(ask.clone().at(self.now));
        self.step(ask)
    }

    /// Asks and applies without letting the clock do anything by itself.
    #[track_caller]
    pub(super) fn step(&mut self, ask: &Ask) -> Vec<Event> {
        self.now = ask.at.unwrap_or(self.now);
        match self.state.decide(&ask.envelope, self.now) {
            Ok(facts) => self.apply(facts),
            Err(refusal) => panic!("{:?} was refused: {refusal}", ask.envelope.command),
        }
    }

    /// Lets the clock run to a moment, doing all that it calls for.
    #[track_caller]
    pub(super) fn wait(&mut self, until: Instant) -> Vec<Event> {
        self.now = until;
        let mut events = Vec::new();
        for _ in 0..1_000 {
            let Some(command) = self.state.tick(self.now) else { return events };
            let ask = by("clock", command).over("system");
            let facts = self.state.decide(&ask.envelope, self.now).expect("the clock asks for what can be done");
            events.extend(self.apply(facts));
        }
        panic!("the clock never comes to rest");
    }

    /// Applies facts as they are read back from the log.
    #[track_caller]
    fn apply(&mut self, facts: Vec<Fact<Event>>) -> Vec<Event> {
        for fact in &facts {
            let stored = Permits::encode(&fact.event);
            let read = Permits::decode(&stored).expect("what is written can be read");
            assert_eq!(read, fact.event);
            self.state.evolve(&Fact { event: read, ..fact.clone() }, &meta(self.now));
        }
        self.facts.extend(facts.iter().cloned());
        facts.into_iter().map(|fact| fact.event).collect()
    }

    /// The same history for another world.
    pub(super) fn history(&self) -> Vec<Ask> {
        self.asked.clone()
    }

    /// Asks without applying.
    pub(super) fn when(&self, ask: Ask) -> Outcome {
        let now = ask.at.unwrap_or(self.now);
        Outcome { answer: self.state.decide(&ask.envelope, now), asked: format!("{:?}", ask.envelope.command) }
    }

    /// A case that must be there.
    #[track_caller]
    pub(super) fn case(&self, serial: u32) -> &permits::state::Case {
        self.state.case(case(serial)).expect("the case is there")
    }
}

pub(super) fn meta(now: Instant) -> Meta {
    let actor = Actor::clock();
    Meta { position: Position(0), recorded_at: now, command: CommandId(Uuid::nil()), actor, channel: Channel::SYSTEM }
}

/// The answer to a command.
pub(super) struct Outcome {
    pub(super) answer: Result<Vec<Fact<Event>>, Refusal>,
    asked: String,
}

impl Outcome {
    /// Exactly these events.
    #[track_caller]
    pub(super) fn then(self, expected: impl IntoIterator<Item = Event>) {
        assert_eq!(self.events(), expected.into_iter().collect::<Vec<_>>());
    }

    /// Events of exactly these names.
    #[track_caller]
    pub(super) fn names(self, expected: &[&str]) -> Vec<Event> {
        let events = self.events();
        assert_eq!(names(&events), expected);
        events
    }

    #[track_caller]
    pub(super) fn events(self) -> Vec<Event> {
        match self.answer {
            Ok(facts) => facts.into_iter().map(|fact| fact.event).collect(),
            Err(refusal) => panic!("{} was refused: {refusal}", self.asked),
        }
    }

    /// Refused, with this code and a whole sentence in both languages.
    #[track_caller]
    pub(super) fn refused(self, code: &str) -> Refusal {
        let Err(refusal) = self.answer else { panic!("{} was accepted, not refused as {code}", self.asked) };
        assert_eq!(refusal.code(), code, "{refusal}");
        let message = refusal.message();
        assert!(!message.fa.is_empty() && !message.en.is_empty() && message.code == code);
        assert!(!message.en.contains(['{', '}']) && !message.fa.contains(['{', '}']), "{message:?}");
        assert!(!message.fa.contains(|c: char| c.is_ascii_digit()), "Persian digits in {}", message.fa);
        refusal
    }
}

pub(super) fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::name).collect()
}

pub(super) fn title(text: &str) -> Title {
    Title { fa: text.to_owned(), en: text.to_owned() }
}

pub(super) fn sealed_for(person: PersonId) -> kernel::Sealed {
    kernel::Sealed { person, bytes: vec![7; 60] }
}

pub(super) fn party(person: PersonId) -> Party {
    Party { person, name: sealed_for(person), mobile: None, address: None }
}

pub(super) fn fact(field: &str, value: Value) -> FactValue {
    FactValue { field: id(field), value }
}

pub(super) fn floors(floors: i64) -> FactValue {
    fact("floors", Value::Integer(floors))
}

pub(super) fn document(kind: &str) -> Document {
    Document { kind: id(kind), sha256: [9; 32] }
}

pub(super) fn establish() -> Command {
    let departments = vec![Department { id: id("office"), title: title("office") }];
    Command::EstablishCity { title: title("Isfahan"), zone: "Asia/Tehran".into(), districts: 15, departments }
}

pub(super) fn publish(source: &str) -> Command {
    Command::PublishProcedure { source: source.to_owned() }
}

/// The city with the kiosk and the observed procedure.
pub(super) fn city() -> Vec<Ask> {
    [establish(), publish(KIOSK), publish(OBSERVED)].map(|command| by("admin", command).on(START)).to_vec()
}

/// An application for a kiosk on a parcel in district 3.
pub(super) fn application(parcel: &str) -> Application {
    Application {
        procedure: id("kiosk"),
        district: DistrictId(3),
        parcel: Some(id(parcel)),
        applicant: Some(party(APPLICANT)),
        agent: None,
        facts: vec![floors(2)],
        documents: vec![document("deed")],
        origin: None,
        deadline: None,
    }
}

pub(super) fn apply(change: impl FnOnce(&mut Application)) -> Ask {
    let mut wanted = application("3-1");
    change(&mut wanted);
    by("citizen", Command::Apply(wanted))
}

pub(super) fn applied() -> Vec<Ask> {
    city().into_iter().chain([apply(|_| {})]).collect()
}

/// With four floors, so that the survey applies.
pub(super) fn applied_for_four_floors() -> Vec<Ask> {
    city().into_iter().chain([apply(|wanted| wanted.facts = vec![floors(4)])]).collect()
}

/// A step done well, with what it needs.
pub(super) fn done(step: &str) -> Command {
    let (outcome, items, documents): (&str, &[&str], &[&str]) = match step {
        "check" => ("good", &["matches"], &["plan"]),
        "survey" => ("stands", &[], &[]),
        _ => ("done", &[], &[]),
    };
    complete(step, outcome, items, documents)
}

pub(super) fn complete(step: &str, outcome: &str, items: &[&str], documents: &[&str]) -> Command {
    Command::CompleteStep {
        case: case(1),
        step: id(step),
        outcome: id(outcome),
        checklist: items.iter().map(|item| ChecklistAnswer { item: id(item), holds: true }).collect(),
        documents: documents.iter().map(|kind| document(kind)).collect(),
        note: None,
    }
}

pub(super) fn answer(agency: &str, verdict: Verdict) -> Command {
    Command::AnswerConsultation { case: case(1), agency: id(agency), verdict, note: None }
}

pub(super) fn pay(amount: i64, reference: &str) -> Command {
    let bill = BillNumber::new(1405, 1);
    Command::RecordPayment { case: case(1), bill, amount: kernel::Rials(amount), reference: reference.into() }
}

pub(super) fn give_back(payment: &str, amount: i64) -> Command {
    Command::OrderRefund { case: case(1), payment: payment.into(), amount: kernel::Rials(amount), note: None }
}

/// Money that goes back of what came in by this reference, on the first bill.
pub(super) fn owed(payment: &str, amount: i64, reason: RefundReason) -> Event {
    let (bill, district) = (BillNumber::new(1405, 1), DistrictId(3));
    RefundOrdered { bill, district, payment: payment.into(), amount: kernel::Rials(amount), reason, note: None }.into()
}

/// Every step of the application, for two floors.
pub(super) fn ready() -> Vec<Ask> {
    let rest = [
        by("clerk", done("check")),
        by("agency-fire", answer("fire", Verdict::Approves)),
        by("clerk", done("ask")),
        by("cashier", Command::IssueBill { case: case(1) }),
        by("bank", pay(2_000, "T1")),
        by("cashier", done("cash")),
    ];
    applied().into_iter().chain(rest).collect()
}

pub(super) fn granted() -> Vec<Ask> {
    ready().into_iter().chain([by("head", Command::Grant { case: case(1) })]).collect()
}

pub(super) fn issued() -> Vec<Ask> {
    granted().into_iter().chain([by("head", Command::IssueLicence { case: case(1) })]).collect()
}

pub(super) fn built() -> Vec<Ask> {
    let works =
        [by("agency-gas", answer("gas", Verdict::Approves)), by("surveyor", done("build")), by("clerk", done("final"))];
    issued().into_iter().chain(works).collect()
}

pub(super) fn step(text: &str) -> StepId {
    id(text)
}

pub(super) fn role(text: &str) -> RoleId {
    id(text)
}

pub(super) fn stored(code: u16, version: u8, body: Vec<u8>) -> Stored<'static> {
    Stored { code, version, body: body.into() }
}
