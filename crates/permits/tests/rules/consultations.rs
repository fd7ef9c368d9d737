//! Outside agencies: asked all at once, each answering for itself; the step and the licence wait for the required.

use super::harness::*;
use permits::{Command, events::*};

fn at_ask() -> World {
    given(applied()).and([by("clerk", done("check"))])
}

fn consult(agency: &str) -> Ask {
    by("clerk", Command::Consult { case: case(1), step: step("ask"), agency: id(agency) })
}

#[test]
fn an_agency_answers_once_and_for_itself() {
    let world = at_ask();
    let yes = || answer("fire", Verdict::Approves);
    world.when(by("agency-power", yes())).refused("role-may-not");
    world.when(by("agency-fire", answer("navy", Verdict::Approves))).refused("unknown-agency");
    world.when(by("agency-museum", answer("museum", Verdict::Approves))).refused("consultation-not-open");
    world.when(by("agency-fire", yes())).then([ConsultationAnswered {
        agency: id("fire"),
        verdict: Verdict::Approves,
        note: None,
        by_silence: false,
    }
    .into()]);
    let world = world.and([by("agency-fire", yes())]);
    world.when(by("agency-fire", yes())).refused("consultation-not-open");
}

#[test]
fn the_step_waits_for_required_agencies_only() {
    let world = at_ask();
    world.when(by("clerk", done("ask"))).refused("consultation-open");
    let rejected = given(world.history()).and([by("agency-fire", answer("fire", Verdict::Rejects))]);
    rejected.when(by("clerk", done("ask"))).refused("consultation-rejected");
    let approved = world.and([by("agency-fire", answer("fire", Verdict::ApprovesWithConditions))]);
    approved.when(by("clerk", done("ask"))).names(&["StepCompleted", "StepOpened"]);
}

#[test]
fn the_officer_may_ask_again_and_whom_the_procedure_names() {
    let world = at_ask();
    world.when(consult("fire")).refused("consultation-open");
    world.when(consult("navy")).refused("unknown-agency");
    world.when(consult("gas")).refused("unknown-agency");
    world.when(consult("museum")).names(&["ConsultationRequested"]);
    let world = world.and([by("agency-fire", answer("fire", Verdict::Rejects)), consult("fire")]);
    world.when(by("clerk", done("ask"))).refused("consultation-open");
    given(applied()).when(consult("fire")).refused("step-not-open");
}

#[test]
fn a_licence_does_not_leave_agencies_waiting() {
    let events = given(ready()).when(by("head", Command::Grant { case: case(1) })).events();
    let cancelled = ConsultationCancelled { agency: id("power"), district: kernel::DistrictId(3) };
    assert_eq!(events, [cancelled.into(), PermitGranted {}.into()]);
    let late = by("agency-power", answer("power", Verdict::Approves));
    given(granted()).when(late).refused("case-is-not");
}

#[test]
fn agencies_of_the_works_answer_during_the_works() {
    let world = given(issued());
    world.when(by("surveyor", done("build"))).refused("consultation-open");
    world.when(by("head", Command::CompleteWork { case: case(1) })).refused("steps-pending");
    let world = world.and([by("agency-gas", answer("gas", Verdict::Approves))]);
    world.when(by("surveyor", done("build"))).names(&["StepCompleted", "StepOpened"]);
}
