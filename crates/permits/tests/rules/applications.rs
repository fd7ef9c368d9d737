//! Applying, taking back, returning for correction; one live application for a parcel; the version a case keeps.

use super::harness::*;
use kernel::{DistrictId, Rials, StepId, calendar::DayUnit, deadline::Deadline, deadline::StartRule};
use permits::{Command, events::*, state::Status};

pub(super) fn working(days: u16, start: &str, last: &str) -> Deadline {
    let rule = Some(StartRule::NextDay);
    let (start, due) = (date(start), end_of(last));
    Deadline { start, rule, days, unit: DayUnit::Working, due, calendar: 0, extended: false }
}

#[test]
fn an_application_opens_a_case_with_its_promise_and_first_step() {
    let opened = StepOpened {
        step: step("check"),
        role: role("clerk"),
        department: id("office"),
        district: DistrictId(3),
        deadline: Some(working(3, START, "1405/09/10")),
    };
    let submitted = ApplicationSubmitted {
        procedure: id("kiosk"),
        version: 1,
        district: DistrictId(3),
        parcel: Some(id("3-1")),
        applicant: Some(party(APPLICANT)),
        agent: None,
        facts: vec![floors(2)],
        documents: vec![document("deed")],
        promise: Some(working(15, START, "1405/09/24")),
        estimate: Rials(2_000),
        origin: None,
    };
    given(city()).when(apply(|_| {})).then([submitted.into(), opened.into()]);
}

#[test]
fn who_may_apply() {
    let world = given(city());
    world.when(apply(|_| {}).person(OTHER)).refused("not-your-case");
    world.when(apply(|wanted| wanted.agent = Some(AGENT)).person(AGENT)).names(&["ApplicationSubmitted", "StepOpened"]);
    let wanted = application("3-1");
    world.when(by("intake", Command::Apply(wanted.clone()))).names(&["ApplicationSubmitted", "StepOpened"]);
    world.when(by("intake", Command::Apply(wanted.clone())).districts(&[4])).refused("district-not-yours");
    world.when(by("intake", Command::Apply(wanted.clone())).person(APPLICANT)).refused("own-case");
    world.when(by("clerk", Command::Apply(wanted))).refused("role-may-not");
    world.when(apply(|wanted| wanted.applicant = None)).refused("applicant-missing");
}

#[test]
fn an_application_is_checked_against_the_procedure() {
    let world = given(city());
    world.when(apply(|wanted| wanted.procedure = id("zoo"))).refused("unknown-procedure");
    world.when(apply(|wanted| wanted.district = DistrictId(16))).refused("unknown-district");
    world.when(apply(|wanted| wanted.district = DistrictId(0))).refused("unknown-district");
    world.when(apply(|wanted| wanted.parcel = None)).refused("parcel-missing");
    world.when(apply(|wanted| wanted.facts.push(fact("height", Value::Integer(3))))).refused("unknown-field");
    world.when(apply(|wanted| wanted.facts.push(floors(3)))).refused("field-twice");
    world.when(apply(|wanted| wanted.facts.clear())).refused("field-missing");
    world.when(apply(|wanted| wanted.facts = vec![fact("floors", Value::Flag(true))])).refused("field-kind");
    world.when(apply(|wanted| wanted.facts.push(fact("heritage", Value::Integer(1))))).refused("field-kind");
    world.when(apply(|wanted| wanted.facts.push(fact("use", Value::Choice(id("bread")))))).refused("field-kind");
    world.when(apply(|wanted| wanted.facts = vec![floors(0)])).refused("field-out-of-range");
    world.when(apply(|wanted| wanted.facts = vec![floors(11)])).refused("field-out-of-range");
    world.when(apply(|wanted| wanted.documents.clear())).refused("document-missing");
    world.when(apply(|wanted| wanted.documents.push(document("selfie")))).refused("unknown-document");
    let tall = |wanted: &mut permits::Application| wanted.facts = vec![floors(9), fact("heritage", Value::Flag(true))];
    world.when(apply(tall)).refused("not-eligible");
    world.when(apply(|wanted| wanted.procedure = id("observed"))).refused("only-imported");
    given([]).when(apply(|_| {})).refused("city-not-established");
}

#[test]
fn a_case_keeps_the_version_it_started_under() {
    let newer = KIOSK.replace("version = 1", "version = 2").replace("floors * 1000", "floors * 7000");
    let world = given(applied()).and([by("admin", publish(&newer)), apply(|wanted| wanted.parcel = Some(id("3-2")))]);
    let billed = |case: u32| {
        let world =
            given(world.history()).and([by("cashier", Command::IssueBill { case: super::harness::case(case) })]);
        world.case(case).outstanding()
    };
    assert_eq!((billed(1), billed(2)), (Rials(2_000), Rials(14_000)));
    assert_eq!(world.state.procedure_of(world.case(1)).version(), 1);
    assert_eq!(world.state.procedure_of(world.case(2)).version(), 2);
}

#[test]
fn a_parcel_has_one_live_application() {
    let again = || apply(|_| {});
    let world = given(applied());
    world.when(again()).refused("parcel-has-live-application");
    world.when(apply(|wanted| wanted.parcel = Some(id("3-2")))).names(&["ApplicationSubmitted", "StepOpened"]);
    given(granted()).when(again()).refused("parcel-has-live-application");

    let withdrawn = by("citizen", Command::Withdraw { case: case(1) });
    given(applied()).and([withdrawn]).when(again()).names(&["ApplicationSubmitted", "StepOpened"]);
    given(issued()).when(again()).names(&["ApplicationSubmitted", "StepOpened"]);
}

#[test]
fn a_refusal_frees_the_parcel_and_an_upheld_objection_takes_it_back() {
    let refused = by("head", Command::RefuseCase { case: case(1), article: id("zoning"), note: None });
    let objected = by("citizen", Command::Object { case: case(1), note: None });
    let upheld = || by("panel", Command::DecideObjection { case: case(1), upheld: true, note: None });
    let world = given(applied()).and([refused, objected]);
    let alone = given(world.history()).and([upheld()]);
    alone.when(apply(|_| {})).refused("parcel-has-live-application");
    let taken = given(world.history()).and([apply(|_| {})]);
    taken.when(upheld()).refused("parcel-has-live-application");
    let dismissed = by("panel", Command::DecideObjection { case: case(1), upheld: false, note: None });
    taken.when(dismissed).names(&["ObjectionDecided"]);
    let freed = taken.and([by("citizen", Command::Withdraw { case: case(2) }), upheld()]);
    assert_eq!(freed.case(1).status, Status::InProgress);
}

fn back(corrections: &[&str]) -> Ask {
    let corrections: Vec<StepId> = corrections.iter().map(|text| id(text)).collect();
    by("clerk", Command::ReturnCase { case: case(1), step: step("check"), corrections, note: None })
}

fn corrected(facts: Vec<FactValue>, kinds: &[&str]) -> Ask {
    let documents = kinds.iter().map(|kind| document(kind)).collect();
    by("citizen", Command::AnswerReturn { case: case(1), facts, documents, note: None })
}

#[test]
fn a_returned_case_waits_for_exactly_what_was_asked() {
    let world = given(applied());
    world.when(back(&["garden"])).refused("unknown-correction");
    world.when(corrected(vec![], &[])).refused("case-not-returned");
    let world = world.and([back(&["floors", "plan"])]);
    world.when(back(&[])).refused("case-with-applicant");
    world.when(by("clerk", done("check"))).refused("case-with-applicant");
    world.when(corrected(vec![floors(3)], &[])).refused("correction-missing");
    world.when(corrected(vec![floors(3)], &["plan"]).person(OTHER)).refused("not-your-case");
    world.when(corrected(vec![floors(30)], &["plan"])).refused("field-out-of-range");
    let sneaked = vec![floors(3), fact("heritage", Value::Flag(true))];
    world.when(corrected(sneaked, &["plan"])).refused("correction-not-asked");
    world.when(corrected(vec![floors(3)], &["plan"])).names(&["ReturnAnswered"]);
}

#[test]
fn a_correction_must_still_meet_the_conditions() {
    let heritage = apply(|wanted| wanted.facts = vec![floors(2), fact("heritage", Value::Flag(true))]);
    let world = given(city()).and([heritage, back(&["floors"])]);
    world.when(corrected(vec![floors(9)], &[])).refused("not-eligible");
}

#[test]
fn a_correction_brings_back_what_was_skipped_and_asks_who_was_not_asked() {
    let at_ask = by("clerk", Command::ReturnCase { case: case(1), step: step("ask"), corrections: vec![], note: None });
    let world = given(applied()).and([by("clerk", done("check")), at_ask]);
    assert_eq!(world.facts.iter().filter(|fact| fact.event.name() == "StepSkipped").count(), 1);
    let more = vec![floors(4), fact("heritage", Value::Flag(true))];
    let events =
        world.when(corrected(more.clone(), &[])).names(&["ReturnAnswered", "ConsultationRequested", "StepOpened"]);
    assert!(matches!(&events[1], Event::ConsultationRequested(e) if e.agency == id("museum")));
    assert!(matches!(&events[2], Event::StepOpened(e) if e.step == id("survey")));
    let world = world.and([corrected(more, &[]), by("agency-fire", answer("fire", Verdict::Approves))]);
    world.when(by("clerk", done("ask"))).refused("consultation-open");
    let world = world.and([by("agency-museum", answer("museum", Verdict::Approves)), by("clerk", done("ask"))]);
    world.when(by("cashier", done("cash"))).refused("step-not-open");
}

#[test]
fn only_an_open_case_is_taken_back_and_by_its_applicant() {
    let withdraw = || by("citizen", Command::Withdraw { case: case(1) });
    let world = given(applied());
    world.when(withdraw().person(OTHER)).refused("not-your-case");
    world.when(by("head", Command::Withdraw { case: case(1) })).refused("role-may-not");
    world.when(by("intake", Command::Withdraw { case: case(1) })).names(&["StepCancelled", "ApplicationWithdrawn"]);
    given(issued()).when(withdraw()).refused("case-is-not");
    world.when(by("citizen", Command::Withdraw { case: case(2) })).refused("unknown-case");
}

#[test]
fn the_forgotten_get_no_new_case() {
    let world = given(city()).and([by("admin", Command::ForgetPerson { person: APPLICANT })]);
    world.when(apply(|_| {})).refused("person-forgotten");
    let agent = |wanted: &mut permits::Application| {
        wanted.applicant = Some(party(OTHER));
        wanted.agent = Some(APPLICANT);
    };
    world.when(apply(agent)).refused("person-forgotten");
}
