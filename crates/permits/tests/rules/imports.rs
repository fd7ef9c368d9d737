//! Cases of other systems: recorded as their log says, by the importer only, and never policed by our clock.

use super::harness::*;
use kernel::{DistrictId, Instant};
use permits::{Application, Command, events::*, state::Status};

pub(super) fn imported(change: impl FnOnce(&mut Application)) -> Ask {
    let mut wanted = Application {
        procedure: id("observed"),
        district: DistrictId(0),
        parcel: None,
        applicant: None,
        agent: None,
        facts: vec![],
        documents: vec![],
        origin: Some(Origin { reference: "case-10011".into() }),
        deadline: Some(Instant::from_seconds(1_318_333_540)),
    };
    change(&mut wanted);
    by("importer", Command::Apply(wanted)).occurred(Instant::from_seconds(1_318_333_340))
}

pub(super) fn recorded(serial: u32, name: &str) -> Ask {
    let unit = Some("Group 1".into());
    let lifecycle = Some("complete".into());
    let actor = Some(sealed_for(OTHER));
    by("importer", Command::RecordStep { case: case(serial), name: name.into(), actor, unit, lifecycle })
}

#[test]
fn any_steps_of_an_observed_case_are_recorded_as_they_were() {
    let world = given(city()).and([imported(|_| {})]);
    let then = Instant::from_seconds(1_318_333_400);
    let facts = world.when(recorded(1, "T02 Check").occurred(then)).answer.unwrap();
    assert_eq!((facts.len(), facts[0].occurred_at), (1, then));
    let world = world.and([
        recorded(1, "T02 Check"),
        recorded(1, "T02 Check"),
        by("importer", Command::CloseRecord { case: case(1) }),
    ]);
    assert_eq!(world.case(1).status, Status::Closed);
    // The next export of the log may tell of more, and closes it again.
    let world = world.and([recorded(1, "T03")]);
    assert_eq!(world.case(1).status, Status::Closed);
    world.when(by("importer", Command::CloseRecord { case: case(1) })).refused("case-is-not");
}

#[test]
fn an_imported_promise_is_kept_but_not_policed() {
    let mut world = given(city()).and([imported(|_| {})]);
    let promise = world.case(1).promise.unwrap().deadline();
    assert_eq!((promise.due, promise.rule), (Instant::from_seconds(1_318_333_540), None));
    assert_eq!(world.wait(on("1406/01/01")), []);
}

#[test]
fn only_the_importer_imports_and_only_what_is_imported_is_recorded() {
    let world = given(city());
    let by_citizen = |change: fn(&mut Application)| {
        let Command::Apply(wanted) = imported(change).envelope.command else { unreachable!() };
        by("citizen", Command::Apply(wanted))
    };
    world.when(by_citizen(|_| {})).refused("only-importer");
    world.when(by_citizen(|wanted| wanted.origin = None)).refused("only-importer");
    let world = given(applied());
    world.when(recorded(1, "check")).refused("not-observed");
    world.when(by("importer", Command::CloseRecord { case: case(1) })).refused("not-observed");
    let world = given(city()).and([imported(|_| {})]);
    let mut by_clerk = recorded(1, "check");
    by_clerk.envelope.actor.role = id("clerk");
    world.when(by_clerk).refused("role-may-not");
}

#[test]
fn an_observed_case_is_decided_elsewhere() {
    let world = given(city()).and([imported(|_| {})]);
    world.when(by("head", Command::Grant { case: case(1) })).refused("is-observed");
    world.when(by("cashier", Command::IssueBill { case: case(1) })).refused("is-observed");
    world.when(by("intake", Command::Withdraw { case: case(1) })).refused("is-observed");
}

#[test]
fn a_log_of_a_declared_procedure_does_its_steps_in_order() {
    let declared = |wanted: &mut Application| {
        wanted.procedure = id("kiosk");
        wanted.facts = vec![floors(4)];
    };
    let world = given(city()).and([imported(declared)]);
    world.when(recorded(1, "استعلام")).refused("step-not-open");
    world.when(recorded(1, "Dancing")).refused("unknown-step");
    let events = world.when(recorded(1, "بررسی")).events();
    assert_eq!((events[0].name(), events.last().unwrap().name()), ("StepCompleted", "StepRecorded"));
    let world = world.and([recorded(1, "Check"), recorded(1, "ask"), recorded(1, "Survey")]);
    assert_eq!(world.case(1).done.count_ones(), 3);
}
