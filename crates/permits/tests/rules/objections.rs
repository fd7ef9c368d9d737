//! Objecting to a decision within its time, and what an upheld objection does.

use super::harness::*;
use kernel::Instant;
use permits::{Command, events::*, state::Status};

fn object() -> Ask {
    by("citizen", Command::Object { case: case(1), note: None })
}

fn decide(upheld: bool) -> Ask {
    by("panel", Command::DecideObjection { case: case(1), upheld, note: None })
}

fn head(command: Command) -> Ask {
    by("head", command)
}

fn suspend() -> Ask {
    head(Command::Suspend { case: case(1), article: id("zoning"), note: None })
}

fn refused() -> World {
    given(applied()).and([head(Command::RefuseCase { case: case(1), article: id("zoning"), note: None })])
}

#[test]
fn an_objection_is_raised_in_time_once_and_by_the_applicant() {
    let world = refused();
    world.when(object().at(end_of("1405/09/17"))).names(&["ObjectionRaised"]);
    world.when(object().at(Instant(end_of("1405/09/17").0 + 1))).refused("objection-too-late");
    world.when(object().person(OTHER)).refused("not-your-case");
    world.when(decide(true)).refused("no-objection");
    given(applied()).when(object()).refused("case-is-not");
    let world = world.and([object()]);
    world.when(object()).refused("objection-open");
    world
        .when(by("head", Command::DecideObjection { case: case(1), upheld: true, note: None }))
        .refused("role-may-not");
}

#[test]
fn a_procedure_may_know_no_objection() {
    let (before, rest) = KIOSK.split_once("[objection]").unwrap();
    let (_, after) = rest.split_once("reopens = \"ask\"").unwrap();
    let start = [by("admin", establish()), by("admin", publish(&format!("{before}{after}")))];
    let refuse = head(Command::RefuseCase { case: case(1), article: id("zoning"), note: None });
    given(start).and([apply(|_| {}), refuse]).when(object()).refused("no-objection-allowed");
}

#[test]
fn a_dismissed_objection_changes_nothing_else() {
    let world = refused().and([object(), decide(false)]);
    assert_eq!((world.case(1).status, world.case(1).next_due()), (Status::Refused, None));
}

#[test]
fn an_upheld_objection_to_a_refusal_opens_the_named_step_again() {
    let checked = by("clerk", done("check"));
    let refuse = head(Command::RefuseCase { case: case(1), article: id("zoning"), note: None });
    let world = given(applied()).and([checked, refuse, object()]);
    let events = world.when(decide(true)).events();
    assert_eq!(events[0], ObjectionDecided { upheld: true, note: None, back_to: Some(id("ask")) }.into());
    let world = world.and([decide(true), by("agency-fire", answer("fire", Verdict::Approves))]);
    world.when(by("clerk", done("ask"))).events();
    world.when(by("clerk", done("check"))).refused("step-not-open");
}

#[test]
fn an_upheld_objection_puts_a_licence_back_in_force() {
    let world = given(issued()).and([suspend(), object()]);
    world.when(decide(true)).names(&["ObjectionDecided", "LicenceReinstated"]);
    let revoke = head(Command::Revoke { case: case(1), article: id("zoning"), note: None });
    let world = given(issued()).and([revoke, object(), decide(true)]);
    assert_eq!(world.case(1).status, Status::Issued);
    world.when(by("agency-gas", answer("gas", Verdict::Approves))).events();
}

#[test]
fn an_upheld_objection_does_not_wake_what_is_in_force_or_over() {
    let reinstate = || head(Command::Reinstate { case: case(1) });
    let world = given(issued()).and([suspend(), object(), reinstate()]);
    world.when(decide(true)).names(&["ObjectionDecided"]);
    let certify = head(Command::CompleteWork { case: case(1) });
    let completed = given(built()).and([suspend(), object(), reinstate(), certify, decide(true)]);
    assert_eq!(completed.case(1).status, Status::Completed);
}

#[test]
fn an_objection_has_its_own_deadline() {
    let mut world = refused().and([object()]);
    let events = world.wait(on("1405/11/01"));
    assert_eq!(names(&events), ["DeadlinePassed"]);
    assert!(
        matches!(&events[0], Event::DeadlinePassed(e) if e.clock == Clock::Objection && e.escalated_to == Some(role("mayor")))
    );
}

#[test]
fn an_agency_that_a_refusal_silenced_is_asked_again() {
    // The inquiries end aside, with the fire service unheard, and the objection reopens a later step.
    let source = KIOSK.replace("reopens = \"ask\"", "reopens = \"cash\"").replace(
        "[[step.consultation]]\nagency = \"fire\"",
        "[[step.outcome]]\nid = \"aside\"\ntitle = { fa = \"x\", en = \"x\" }\nopens = \"hearing\"\n\
         [[step.consultation]]\nagency = \"fire\"",
    );
    let refuse = head(Command::RefuseCase { case: case(1), article: id("zoning"), note: None });
    let start = [by("admin", establish()), by("admin", publish(&source)), apply(|_| {})];
    let aside = by("clerk", complete("ask", "aside", &[], &[]));
    let world = given(start).and([by("clerk", done("check")), aside, refuse, object(), decide(true)]);
    let procedure = world.state.procedure_of(world.case(1));
    let open = world.case(1).consultations.iter().filter(|asked| asked.verdict.is_none());
    let asked = open.filter(|asked| procedure.agency_at(usize::from(asked.agency)).1.required).count();
    assert_eq!(asked, 1, "no licence before the fire service answers");
}
