//! Who may act, whatever the procedure: role, district, own case, kin; when it happened; the channel it came over.

use super::harness::*;
use kernel::Instant;
use permits::{Command, events::*};

#[test]
fn only_the_role_of_a_step_acts_and_only_in_its_district() {
    let world = given(applied());
    world.when(by("surveyor", done("check"))).refused("role-may-not");
    world.when(by("citizen", done("check"))).refused("role-may-not");
    world.when(by("clerk", done("check")).districts(&[4, 5])).refused("district-not-yours");
    world
        .when(by("clerk", Command::TakeStep { case: case(1), step: step("check") }).districts(&[4]))
        .refused("district-not-yours");
    world.when(by("clerk", done("check")).districts(&[3])).events();
    world.when(by("clerk", Command::Grant { case: case(1) })).refused("role-may-not");
}

#[test]
fn nobody_decides_about_themselves() {
    let with_agent = apply(|wanted| wanted.agent = Some(AGENT));
    let world = given(city()).and([with_agent]);
    world.when(by("clerk", done("check")).person(APPLICANT)).refused("own-case");
    world.when(by("clerk", done("check")).person(AGENT)).refused("own-case");
    world
        .when(by("head", Command::RefuseCase { case: case(1), article: id("zoning"), note: None }).person(AGENT))
        .refused("own-case");
    world.when(by("intake", Command::Withdraw { case: case(1) }).person(APPLICANT)).refused("own-case");
}

#[test]
fn nobody_decides_about_their_kin_whoever_declared_it() {
    let clerk = officer("clerk");
    for (one, other) in [(clerk, APPLICANT), (APPLICANT, clerk)] {
        let kin = by("admin", Command::DeclareKin { officer: one, kin: other, relation: id("sibling") });
        let world = given(applied()).and([kin]);
        world.when(by("clerk", done("check"))).refused("case-of-kin");
        world.when(by("clerk", done("check")).person(OTHER)).events();
    }
    let kin = by("admin", Command::DeclareKin { officer: officer("intake"), kin: APPLICANT, relation: id("sibling") });
    given(city()).and([kin]).when(by("intake", Command::Apply(application("3-1")))).refused("case-of-kin");
}

#[test]
fn a_new_holder_brings_their_own_conflicts() {
    let transfer = |to| by("head", Command::Transfer { case: case(1), to: party(to) });
    let world = given(issued());
    world.when(transfer(officer("head"))).refused("own-case");
    let kin = by("head", Command::DeclareKin { officer: officer("head"), kin: AGENT, relation: id("child") });
    let world = world.and([kin]);
    world.when(transfer(AGENT)).refused("case-of-kin");
    let world = world.and([transfer(OTHER), by("admin", Command::ForgetPerson { person: AGENT })]);
    world.when(by("agency-gas", answer("gas", Verdict::Approves)).person(OTHER)).refused("own-case");
    world.when(by("agency-gas", answer("gas", Verdict::Approves)).person(APPLICANT)).events();
    let head = || officer("second-head");
    world.when(transfer(AGENT).person(head())).refused("person-forgotten");
}

#[test]
fn the_past_is_recorded_only_by_who_may() {
    let world = given(applied());
    let earlier = on("1405/09/05");
    world.when(by("clerk", done("check")).occurred(earlier)).refused("may-not-backdate");
    world.when(by("clerk", done("check")).occurred(Instant(on(START).0 + 1))).refused("occurred-in-future");
    world.when(by("clerk", done("check")).occurred(on(START))).events();
    let phoned = |channel| by("intake", Command::Apply(application("3-2"))).over(channel).occurred(earlier);
    world.when(phoned("online")).refused("may-not-backdate");
    let facts = world.when(phoned("phone")).answer.unwrap();
    assert!(facts.iter().all(|fact| fact.occurred_at == earlier));
}

#[test]
fn a_visit_after_the_cut_over_is_recorded_as_a_breach() {
    let visit = |day| apply(|_| {}).over("office").on(day);
    let world = given(city());
    world.when(visit("1405/09/30")).names(&["ApplicationSubmitted", "StepOpened"]);
    let events = world.when(visit("1405/10/01")).names(&["ApplicationSubmitted", "CutOverBreached", "StepOpened"]);
    let breach =
        CutOverBreached { channel: "office".into(), district: kernel::DistrictId(3), since: date("1405/10/01") };
    assert_eq!(events[1], breach.into());
    world.when(apply(|_| {}).on("1405/10/01")).names(&["ApplicationSubmitted", "StepOpened"]);
    world.when(apply(|_| {}).over("kiosk").on("1405/10/01")).names(&["ApplicationSubmitted", "StepOpened"]);

    let later = given(applied()).and([by("clerk", done("check")).over("office").on("1405/10/01")]);
    assert_eq!(later.facts.iter().filter(|fact| fact.event.name() == "CutOverBreached").count(), 1);
    later.when(by("clerk", done("check")).over("office").on("1405/10/02")).refused("step-not-open");
}
