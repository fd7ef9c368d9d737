//! Laws that no sequence of commands breaks, and that a replay, a snapshot and a second decision agree on.

use super::harness::*;
use kernel::{CaseId, Fact, Instant, ParcelId, PersonId, Register, Rials, WorkCalendar};
use permits::{
    Command, Event, Permits,
    events::*,
    numbers::BillNumber,
    procedure::source::Phase,
    state::{Books, Case, City, Status},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use std::collections::{BTreeMap, BTreeSet};

/// The state as it is saved, with an order: two states are equal if their mirrors are.
#[derive(Debug, PartialEq, serde::Deserialize)]
struct Mirror {
    city: Option<City>,
    calendar: WorkCalendar,
    procedures: Vec<String>,
    cases: BTreeMap<CaseId, Case>,
    live_parcels: BTreeMap<ParcelId, CaseId>,
    kin: BTreeSet<(PersonId, PersonId)>,
    forgotten: BTreeSet<PersonId>,
    books: Books,
    due: BTreeSet<(Instant, CaseId)>,
    stale: BTreeSet<CaseId>,
}

fn mirror(state: &Permits) -> Mirror {
    postcard::from_bytes(&state.save()).expect("a snapshot has the fields of the state")
}

const ROLES: &[&str] = &[
    "citizen",
    "intake",
    "clerk",
    "panel",
    "surveyor",
    "cashier",
    "head",
    "bank",
    "agency-fire",
    "agency-power",
    "agency-museum",
    "agency-gas",
    "admin",
    "importer",
    "clock",
];
const STEPS: &[&str] = &["check", "hearing", "ask", "survey", "cash", "build", "final", "roof"];
const OUTCOMES: &[&str] = &["good", "bad", "doubt", "stands", "again", "done"];
const AGENCIES: &[&str] = &["fire", "power", "museum", "gas"];
const DAYS: &[&str] = &["1405/09/09", "1405/09/14", "1405/10/01", "1405/12/20", "1406/01/20"];

fn a_case() -> impl Strategy<Value = CaseId> {
    (select(&[1405_u16, 1405, 1405, 1406][..]), 1..5_u32).prop_map(|(year, serial)| CaseId::new(year, serial))
}

fn applications() -> BoxedStrategy<Command> {
    let facts = (1..11_i64, option::of(any::<bool>()));
    let import = option::weighted(0.15, Just(Origin { reference: "old".into() }));
    (1..4_u32, facts, import, any::<bool>())
        .prop_map(|(parcel, (height, heritage), origin, with_plan)| {
            let mut wanted = application(&format!("3-{parcel}"));
            wanted.facts = vec![floors(height)];
            wanted.facts.extend(heritage.map(|flag| fact("heritage", Value::Flag(flag))));
            wanted.documents.extend(with_plan.then(|| document("plan")));
            wanted.origin = origin;
            Command::Apply(wanted)
        })
        .boxed()
}

fn work() -> BoxedStrategy<Command> {
    (a_case(), select(STEPS), select(OUTCOMES), any::<bool>())
        .prop_map(|(case, step, outcome, thorough)| {
            let (items, documents): (&[&str], &[&str]) =
                if thorough && step == "check" { (&["matches"], &["plan"]) } else { (&[], &[]) };
            let mut work = complete(step, outcome, items, documents);
            if let Command::CompleteStep { case: of, .. } = &mut work {
                *of = case;
            }
            work
        })
        .boxed()
}

fn talk() -> BoxedStrategy<Command> {
    let verdict =
        select(&[Verdict::Approves, Verdict::Approves, Verdict::ApprovesWithConditions, Verdict::Rejects][..]);
    let corrections = vec(select(&["floors", "heritage", "plan"][..]), 0..2);
    let facts = (option::of(1..11_i64), option::of(any::<bool>()));
    prop_oneof![
        (a_case(), select(AGENCIES), verdict).prop_map(|(case, agency, verdict)| Command::AnswerConsultation {
            case,
            agency: id(agency),
            verdict,
            note: None
        }),
        (a_case(), select(STEPS), select(AGENCIES)).prop_map(|(case, step, agency)| Command::Consult {
            case,
            step: id(step),
            agency: id(agency)
        }),
        (a_case(), select(STEPS), corrections).prop_map(|(case, step, corrections)| Command::ReturnCase {
            case,
            step: id(step),
            corrections: corrections.into_iter().map(id).collect(),
            note: None
        }),
        (a_case(), facts).prop_map(|(case, (height, heritage))| Command::AnswerReturn {
            case,
            facts: height
                .map(floors)
                .into_iter()
                .chain(heritage.map(|flag| fact("heritage", Value::Flag(flag))))
                .collect(),
            documents: vec![document("plan")],
            note: None
        }),
    ]
    .boxed()
}

fn money() -> BoxedStrategy<Command> {
    let amount = select(&[1_000_i64, 2_000, 3_000, 500, 0, 9_009][..]);
    prop_oneof![
        a_case().prop_map(|case| Command::IssueBill { case }),
        (a_case(), 1..5_u32, amount, 0..40_u32).prop_map(|(case, serial, amount, reference)| Command::RecordPayment {
            case,
            bill: BillNumber::new(1405, serial),
            amount: Rials(amount),
            reference: format!("T{reference}").into()
        }),
    ]
    .boxed()
}

fn decisions() -> BoxedStrategy<Command> {
    let about = |kind: u8, case: CaseId| match kind {
        0 => Command::Grant { case },
        1 => Command::IssueLicence { case },
        2 => Command::Renew { case },
        3 => Command::CompleteWork { case },
        4 => Command::Reinstate { case },
        5 => Command::Withdraw { case },
        6 => Command::Object { case, note: None },
        7 => Command::DecideObjection { case, upheld: true, note: None },
        8 => Command::DecideObjection { case, upheld: false, note: None },
        9 => Command::RefuseCase { case, article: id("zoning"), note: None },
        10 => Command::Suspend { case, article: id("zoning"), note: None },
        11 => Command::Revoke { case, article: id("zoning"), note: None },
        12 => Command::CloseRecord { case },
        _ => Command::Transfer { case, to: party(OTHER) },
    };
    let extension = (a_case(), option::of(select(STEPS)));
    let record = (a_case(), select(STEPS));
    prop_oneof![
        8 => (0..14_u8, a_case()).prop_map(move |(kind, case)| about(kind, case)),
        1 => extension.prop_map(|(case, step)| Command::ExtendDeadline { case, step: step.map(id) }),
        1 => record.prop_map(|(case, name)| Command::RecordStep { case, name: name.into(), actor: None, unit: None, lifecycle: None }),
    ]
    .boxed()
}

fn of_the_city() -> BoxedStrategy<Command> {
    prop_oneof![
        select(DAYS).prop_map(|day| Command::DeclareHoliday { date: date(day), title: "برف".into() }),
        select(DAYS).prop_map(|day| Command::WithdrawHoliday { date: date(day) }),
        Just(Command::SetRestDays {
            from: date("1405/09/20"),
            days: vec![kernel::Weekday::Thursday, kernel::Weekday::Friday]
        }),
        Just(Command::ForgetPerson { person: OTHER }),
        Just(publish(&KIOSK.replace("version = 1", "version = 2").replace("days = 2", "days = 3"))),
    ]
    .boxed()
}

/// Who is likely to be allowed: random roles would be refused nearly always.
fn fitting(command: &Command, dice: usize) -> &'static str {
    let role = match command {
        Command::Apply(wanted) if wanted.origin.is_some() => "importer",
        Command::Apply(_) | Command::Withdraw { .. } | Command::AnswerReturn { .. } | Command::Object { .. } => {
            "citizen"
        }
        Command::CompleteStep { step, .. } | Command::ReturnCase { step, .. } | Command::TakeStep { step, .. } => {
            match step.as_str() {
                "survey" | "build" => "surveyor",
                "cash" => "cashier",
                "hearing" => "panel",
                _ => "clerk",
            }
        }
        Command::Consult { .. } => "clerk",
        Command::AnswerConsultation { agency, .. } => {
            ROLES.iter().find(|role| role.strip_prefix("agency-") == Some(agency.as_str())).unwrap()
        }
        Command::IssueBill { .. } => "cashier",
        Command::RecordPayment { .. } => "bank",
        Command::DecideObjection { .. } => "panel",
        Command::RecordStep { .. } | Command::CloseRecord { .. } => "importer",
        Command::ExtendDeadline { .. }
        | Command::RefuseCase { .. }
        | Command::Grant { .. }
        | Command::IssueLicence { .. }
        | Command::Suspend { .. }
        | Command::Reinstate { .. }
        | Command::Revoke { .. }
        | Command::Renew { .. }
        | Command::Transfer { .. }
        | Command::CompleteWork { .. } => "head",
        Command::EstablishCity { .. }
        | Command::PublishProcedure { .. }
        | Command::DeclareHoliday { .. }
        | Command::WithdrawHoliday { .. }
        | Command::SetRestDays { .. }
        | Command::DeclareKin { .. }
        | Command::ForgetPerson { .. } => "admin",
        Command::PassDeadline { .. } | Command::RecomputeDeadlines { .. } => "clock",
    };
    if dice == 0 { "intake" } else { role }
}

/// Moves a case through what it waits for: without it, few random lives get as far as a licence.
fn helpful(state: &Permits, id_of: CaseId) -> Option<Command> {
    let case = state.case(id_of)?;
    let procedure = state.procedure_of(case);
    if case.returned.is_some() {
        return Some(Command::AnswerReturn {
            case: id_of,
            facts: case
                .returned
                .iter()
                .flatten()
                .any(|c| c.as_str() == "floors")
                .then(|| floors(3))
                .into_iter()
                .chain(
                    case.returned
                        .iter()
                        .flatten()
                        .any(|c| c.as_str() == "heritage")
                        .then(|| fact("heritage", Value::Flag(true))),
                )
                .collect(),
            documents: vec![document("plan")],
            note: None,
        });
    }
    if let Some(asked) = case.consultations.iter().find(|asked| asked.required && asked.verdict.is_none()) {
        return Some(Command::AnswerConsultation {
            case: id_of,
            agency: asked.agency.clone(),
            verdict: Verdict::Approves,
            note: None,
        });
    }
    if let Some(bill) = case.bill.as_ref().filter(|bill| bill.outstanding().0 > 0) {
        let reference = format!("H{}", bill.references.len()).into();
        return Some(Command::RecordPayment { case: id_of, bill: bill.number, amount: bill.outstanding(), reference });
    }
    let open = case.open.first().map(|step| procedure.step_at(usize::from(step.place)).id.clone());
    match (case.status, open) {
        (Status::Granted, _) => Some(Command::IssueLicence { case: id_of }),
        (Status::InProgress, None) => Some(Command::Grant { case: id_of }),
        (Status::Issued, None) => Some(Command::CompleteWork { case: id_of }),
        (Status::InProgress | Status::Issued, Some(step)) => {
            let owed = procedure.estimate(&procedure.scope(&case.facts)).ok()?;
            let unbilled = case.bill.as_ref().is_none_or(|bill| bill.billed < owed);
            if step.as_str() == "cash" && unbilled {
                return Some(Command::IssueBill { case: id_of });
            }
            let mut work = done(step.as_str());
            if let Command::CompleteStep { case, .. } = &mut work {
                *case = id_of;
            }
            Some(work)
        }
        _ => None,
    }
}

#[derive(Debug, Clone)]
enum Move {
    Ask(Command, usize),
    Help(CaseId, usize),
    Wait(i64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let command =
        prop_oneof![4 => applications(), 4 => work(), 4 => talk(), 3 => money(), 4 => decisions(), 1 => of_the_city()];
    let one = prop_oneof![
        6 => (command, 0..12_usize).prop_map(|(command, dice)| Move::Ask(command, dice)),
        8 => (a_case(), 1..5_usize).prop_map(|(case, times)| Move::Help(case, times)),
        // Also back in time: the clock of a machine can be set back.
        2 => select(&[-3_i64, 0, 1, 2, 5, 9, 40, 120][..]).prop_map(Move::Wait),
    ];
    vec(one, 1..90)
}

/// Asks; accepted or refused, the state keeps its laws.
fn ask(world: &mut World, asked: &Ask) {
    let first = world.state.decide(&asked.envelope, world.now);
    assert_eq!(first, world.state.decide(&asked.envelope, world.now), "a decision is deterministic");
    if let Ok(facts) = first {
        assert!(!facts.is_empty(), "an accepted command says something");
        let size: usize = facts.iter().map(|fact| Permits::encode(&fact.event).body.len()).sum();
        assert!(size < 256 * 1024, "a commit fits into a block: {size}");
        world.step(asked);
    }
}

fn live(moves: &[Move]) -> World {
    let mut world = given(city());
    for one in moves {
        match one {
            Move::Ask(command, dice) => ask(&mut world, &by(fitting(command, *dice), command.clone())),
            Move::Help(case, times) => {
                for _ in 0..*times {
                    if let Some(command) = helpful(&world.state, *case) {
                        ask(&mut world, &by(fitting(&command, 1), command));
                    }
                }
            }
            Move::Wait(days) => {
                let now = Instant(world.now.0 + days * 86_400_000_000);
                world.wait(now);
            }
        }
        world.wait(world.now);
    }
    world
}

/// The indexes say what the cases say.
fn indexes_hold(now: &Mirror) {
    let live: Vec<(ParcelId, CaseId)> = now
        .cases
        .iter()
        .filter(|(_, case)| case.is_live())
        .filter_map(|(id, case)| Some((case.parcel.clone()?, *id)))
        .collect();
    let indexed: BTreeMap<ParcelId, CaseId> = live.iter().cloned().collect();
    assert_eq!(indexed.len(), live.len(), "a parcel has one live application: {live:?}");
    assert_eq!(indexed, now.live_parcels);
    let due: BTreeSet<(Instant, CaseId)> =
        now.cases.iter().filter_map(|(id, case)| Some((case.next_due()?, *id))).collect();
    assert_eq!(due, now.due);
    assert!(now.stale.is_empty(), "the clock has caught up");
}

/// What is granted or licensed has every step, fee and consultation; what has ended waits for nothing.
fn cases_hold(world: &World, now: &Mirror) {
    for (id, case) in now.cases.iter().filter(|(_, case)| !case.imported) {
        let procedure = world.state.procedure_of(case);
        if matches!(case.status, Status::Granted | Status::Issued | Status::Suspended | Status::Completed) {
            for place in procedure.steps_of(Phase::Application) {
                let settled = (case.done | case.skipped) >> place & 1 == 1
                    || case.demanded >> place & 1 == 0 && procedure.step_at(place).on_demand;
                assert!(settled, "{id}: {} before the licence", procedure.step_at(place).id);
                if case.skipped >> place & 1 == 1 {
                    assert!(!procedure.applies(place, &procedure.scope(&case.facts)), "{id}: skipped, but it applies");
                }
            }
            let scope = procedure.scope(&case.facts);
            let asked = procedure.steps_of(Phase::Application).filter(|place| case.done >> place & 1 == 1);
            for agency in asked.flat_map(|place| procedure.asked(place, &scope)).filter(|asked| asked.required) {
                let verdict = case.consultations.iter().find(|c| c.agency == agency.agency).and_then(|c| c.verdict);
                assert!(
                    matches!(verdict, Some(Verdict::Approves | Verdict::ApprovesWithConditions)),
                    "{id}: {}",
                    agency.agency
                );
            }
            assert_eq!(case.outstanding(), Rials(0));
            assert!(case.bill.as_ref().map_or(Rials(0), |bill| bill.billed) >= procedure.estimate(&scope).unwrap());
        }
        if matches!(
            case.status,
            Status::Refused | Status::Withdrawn | Status::Revoked | Status::Completed | Status::Closed
        ) {
            assert!(case.open.is_empty(), "{id}: {:?}", case.open);
            let owed = case.consultations.iter().filter(|asked| asked.verdict.is_none()).count();
            assert_eq!(owed, 0, "{id} has ended and an agency is still asked");
        }
        assert!(
            case.held_since.is_none() || case.returned.is_some() || case.outstanding().0 > 0,
            "{id} is held for nothing"
        );
    }
}

/// Serials of one book in the order they were given: 1, 2, 3, … in each year, and years only go on.
fn gapless(what: &str, given: impl Iterator<Item = (u16, u32)>) {
    let mut last = (0, 0);
    for (year, serial) in given {
        let next = if year > last.0 { (year, 1) } else { (last.0, last.1 + 1) };
        assert_eq!((year, serial), next, "{what}");
        last = next;
    }
}

fn numbers_hold(facts: &[Fact<Event>]) {
    let submitted = facts.iter().filter(|fact| matches!(fact.event, Event::ApplicationSubmitted(_)));
    gapless("cases", submitted.map(|fact| (fact.case.year(), fact.case.serial())));
    let of = |pick: fn(&Event) -> Option<(u16, u32)>| facts.iter().filter_map(move |fact| pick(&fact.event));
    gapless("bills", of(|e| if let Event::BillIssued(e) = e { Some((e.bill.year(), e.bill.serial())) } else { None }));
    gapless(
        "licences",
        of(|e| if let Event::LicenceIssued(e) = e { Some((e.licence.year(), e.licence.serial())) } else { None }),
    );
    gapless(
        "certificates",
        of(
            |e| {
                if let Event::WorkCompleted(e) = e {
                    Some((e.certificate.year(), e.certificate.serial()))
                } else {
                    None
                }
            },
        ),
    );
}

fn deadlines_pass_once(facts: &[Fact<Event>]) {
    let mut running: BTreeSet<(CaseId, Clock, Instant)> = BTreeSet::new();
    for fact in facts {
        if let Event::DeadlinePassed(e) = &fact.event {
            assert!(running.insert((fact.case, e.clock.clone(), e.due)), "{} {:?} passed twice", fact.case, e.clock);
        } else if let Event::StepOpened(e) = &fact.event {
            // A step that is opened again has a new clock, which may end on the same day.
            running.retain(|(case, clock, _)| (*case, clock) != (fact.case, &Clock::Step(e.step.clone())));
        } else if let Event::ConsultationRequested(e) = &fact.event {
            running.retain(|(case, clock, _)| (*case, clock) != (fact.case, &Clock::Consultation(e.agency.clone())));
        } else if let Event::BillIssued(_) = &fact.event {
            running.retain(|(case, clock, _)| (*case, clock) != (fact.case, &Clock::Bill));
        } else if let Event::ObjectionRaised(_) = &fact.event {
            running.retain(|(case, clock, _)| (*case, clock) != (fact.case, &Clock::Objection));
        }
    }
}

fn replay_and_snapshot_agree(world: &World, now: &Mirror) {
    let mut replayed = Permits::default();
    for fact in &world.facts {
        let event = Permits::decode(&Permits::encode(&fact.event)).unwrap();
        replayed.evolve(&Fact { event, ..fact.clone() }, &meta(world.now));
    }
    assert_eq!(&mirror(&replayed), now, "a replay gives the same state");
    let restored = Permits::restore(&world.state.save()).expect("a snapshot restores");
    assert_eq!(&mirror(&restored), now, "a snapshot gives the same state");
    assert_eq!(restored.tick(Instant(i64::MAX / 2)), world.state.tick(Instant(i64::MAX / 2)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_life_of_a_register_breaks_its_laws(moves in moves()) {
        let world = live(&moves);
        let now = mirror(&world.state);
        indexes_hold(&now);
        cases_hold(&world, &now);
        numbers_hold(&world.facts);
        deadlines_pass_once(&world.facts);
        replay_and_snapshot_agree(&world, &now);
    }

    #[test]
    fn impossible_times_never_panic(at in any::<i64>(), occurred in option::of(any::<i64>()), moves in moves()) {
        let mut world = live(&moves[..moves.len().min(12)]);
        world.now = Instant(at);
        for role in ["citizen", "importer", "intake", "clerk", "clock", "head"] {
            for command in [Command::Apply(application("3-9")), done("check"), Command::Grant { case: case(1) },
                Command::IssueLicence { case: case(1) }, Command::PassDeadline { case: case(1) }, Command::IssueBill { case: case(1) }] {
                let mut asked = by(role, command).over("phone");
                asked.envelope.occurred_at = occurred.map(Instant);
                ask(&mut world, &asked);
            }
        }
    }
}

/// The property is worth something only if random lives get far.
#[test]
fn random_lives_see_most_events() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..60 {
        let tree = moves().new_tree(&mut runner).unwrap();
        let world = live(&proptest::strategy::ValueTree::current(&tree));
        seen.extend(world.facts.iter().map(|fact| fact.event.name()));
    }
    let never: Vec<&str> =
        permits::wire::CODES.iter().map(|(_, name)| *name).filter(|name| !seen.contains(name)).collect();
    let rare = ["KinDeclared", "StepTaken", "CutOverBreached", "DeadlineMoved", "LicenceRenewed", "WorkCompleted"];
    assert!(never.iter().all(|name| rare.contains(name)), "never seen: {never:?}");
}
