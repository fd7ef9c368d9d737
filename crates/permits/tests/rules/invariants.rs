//! Laws that no sequence of commands breaks, and that a replay, a snapshot and a second decision agree on.

use super::{
    harness::*,
    lives::{ask, live, moves},
};
use kernel::{CaseId, Fact, Instant, ParcelId, PersonId, Register, Rials, WorkCalendar};
use permits::{
    Command, Event, Permits,
    events::*,
    procedure::source::Phase,
    state::{Books, Case, City, Status},
};
use proptest::{option, prelude::*};
use std::collections::{BTreeMap, BTreeSet};

/// The state as it is saved, with an order: two states are equal if their mirrors are.
#[derive(Debug, PartialEq, serde::Deserialize)]
struct Mirror {
    city: Option<City>,
    calendar: WorkCalendar,
    procedures: Vec<String>,
    /// The cases of each year, by pages.
    cases: BTreeMap<u16, Vec<Vec<Case>>>,
    kin: BTreeSet<(PersonId, PersonId)>,
    forgotten: BTreeSet<PersonId>,
    books: Books,
    stale: BTreeSet<CaseId>,
}

impl Mirror {
    fn cases(&self) -> impl Iterator<Item = (CaseId, &Case)> {
        let of_year = |year| (1..).map(move |serial| CaseId::new(year, serial));
        self.cases.iter().flat_map(move |(year, pages)| of_year(*year).zip(pages.iter().flatten()))
    }
}

fn mirror(state: &Permits) -> Mirror {
    postcard::from_bytes(&state.save()()).expect("a snapshot has the fields of the state")
}

/// The indexes say what the cases say.
fn indexes_hold(state: &Permits, now: &Mirror) {
    let parcels = now.cases().filter_map(|(id, case)| Some((case.parcel.clone()?, case.is_live().then_some(id))));
    let mut live: BTreeMap<ParcelId, Option<CaseId>> = BTreeMap::new();
    for (parcel, id) in parcels {
        let known = live.entry(parcel).or_default();
        assert!(known.is_none() || id.is_none(), "a parcel has one live application: {known:?} {id:?}");
        *known = known.or(id);
    }
    for (parcel, id) in live {
        assert_eq!(state.live_case(&parcel), id, "{parcel}");
    }
    let due: BTreeSet<(Instant, CaseId)> = now.cases().filter_map(|(id, case)| Some((case.next_due()?, id))).collect();
    assert!(state.due().eq(due), "each case is found by its next deadline");
    assert!(now.cases().all(|(id, case)| state.case(id) == Some(case)), "each case is found by its number");
    assert!(now.stale.is_empty(), "the clock has caught up");
}

/// What is granted or licensed has every step, fee and consultation; what has ended waits for nothing.
fn cases_hold(world: &World, now: &Mirror) {
    for (id, case) in now.cases().filter(|(_, case)| !case.imported) {
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
                let verdict =
                    procedure.agency_place(&agency.agency).and_then(|place| case.consultation(place)?.verdict);
                assert!(
                    matches!(verdict, Some(Verdict::Approves | Verdict::ApprovesWithConditions)),
                    "{id}: {}",
                    agency.agency
                );
            }
            assert_eq!(case.outstanding(), Rials(0));
            assert!(
                case.later().bill.as_ref().map_or(Rials(0), |bill| bill.billed) >= procedure.estimate(&scope).unwrap()
            );
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
            case.later().held_since.is_none() || case.later().returned.is_some() || case.outstanding().0 > 0,
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
    let restored = Permits::restore(&world.state.save()()).expect("a snapshot restores");
    assert_eq!(&mirror(&restored), now, "a snapshot gives the same state");
    indexes_hold(&restored, now);
    assert_eq!(restored.tick(Instant(i64::MAX / 2)), world.state.tick(Instant(i64::MAX / 2)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn no_life_of_a_register_breaks_its_laws(moves in moves()) {
        let world = live(&moves);
        let now = mirror(&world.state);
        indexes_hold(&world.state, &now);
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
    for _ in 0..300 {
        let tree = moves().new_tree(&mut runner).unwrap();
        let world = live(&proptest::strategy::ValueTree::current(&tree));
        seen.extend(world.facts.iter().map(|fact| fact.event.name()));
    }
    let never: Vec<&str> =
        permits::wire::CODES.iter().map(|(_, name)| *name).filter(|name| !seen.contains(name)).collect();
    let rare = ["KinDeclared", "StepTaken", "CutOverBreached"];
    assert!(never.iter().all(|name| rare.contains(name)), "never seen: {never:?}");
}
