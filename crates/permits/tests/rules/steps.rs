//! Doing steps: order, checklist, documents, outcomes, on-demand steps, going back.

use super::harness::*;
use permits::{Command, events::*, state::Status};

#[test]
fn a_step_is_taken_by_one_officer() {
    let take = || by("clerk", Command::TakeStep { case: case(1), step: step("check") });
    let world = given(applied()).and([take()]);
    world.when(take().person(OTHER)).refused("step-taken");
    world.when(by("clerk", done("check")).person(OTHER)).refused("step-taken");
    world.when(by("clerk", done("check"))).events();
    world.when(by("clerk", Command::TakeStep { case: case(1), step: step("ask") })).refused("step-not-open");
    world.when(by("clerk", Command::TakeStep { case: case(1), step: step("roof") })).refused("unknown-step");
}

#[test]
fn a_step_goes_on_only_with_its_checklist_and_documents() {
    let world = given(applied());
    let check = |outcome, items: &[&str], documents: &[&str]| by("clerk", complete("check", outcome, items, documents));
    world.when(check("good", &[], &["plan"])).refused("checklist-incomplete");
    world.when(check("good", &["matches"], &[])).refused("document-missing");
    world.when(check("good", &["matches", "shiny"], &["plan"])).refused("unknown-checklist-item");
    world.when(check("good", &["matches", "matches"], &["plan"])).refused("checklist-twice");
    world.when(check("good", &["matches"], &["plan", "song"])).refused("unknown-document");
    world.when(check("fine", &["matches"], &["plan"])).refused("unknown-outcome");
    world.when(check("done", &["matches"], &["plan"])).refused("unknown-outcome");
    let mut unheld = done("check");
    if let Command::CompleteStep { checklist, .. } = &mut unheld {
        checklist[0].holds = false;
    }
    world.when(by("clerk", unheld)).refused("checklist-incomplete");
    world.when(check("good", &["matches"], &["plan"])).events();
    let earlier = given(city()).and([apply(|wanted| wanted.documents.push(document("plan")))]);
    earlier.when(check("good", &["matches"], &[])).events();
}

#[test]
fn parallel_steps_open_together_and_a_condition_skips() {
    let opened = |events: Vec<Event>| -> Vec<String> {
        let step = |event| if let Event::StepOpened(e) = event { Some(e.step.to_string()) } else { None };
        events.into_iter().filter_map(step).collect()
    };
    let four = given(applied_for_four_floors());
    assert_eq!(opened(four.when(by("clerk", done("check"))).events()), ["ask", "survey"]);
    let two = given(applied());
    let events = two.when(by("clerk", done("check"))).events();
    assert!(events.contains(&StepSkipped { step: step("survey") }.into()));
    assert_eq!(opened(events), ["ask"]);
}

#[test]
fn an_outcome_refuses_with_its_article() {
    let bad = by("clerk", complete("check", "bad", &[], &[]));
    let events = given(applied()).when(bad.clone()).names(&["StepCompleted", "CaseRefused"]);
    assert_eq!(events[1], CaseRefused { article: Some(id("zoning")), note: None }.into());
    let world = given(applied()).and([bad]);
    world.when(by("clerk", done("check"))).refused("step-not-open");
    assert_eq!(world.case(1).next_due(), None, "nothing is waited for");
}

fn doubt() -> Ask {
    by("clerk", complete("check", "doubt", &[], &[]))
}

#[test]
fn a_step_on_demand_opens_when_an_outcome_says_so_and_holds_up_what_follows() {
    given(applied()).when(by("panel", done("hearing"))).refused("step-not-open");
    given(applied()).when(doubt()).names(&["StepCompleted", "StepOpened"]);
    let world = given(applied()).and([doubt()]);
    world.when(by("clerk", done("ask"))).refused("step-not-open");
    world.when(by("head", Command::Grant { case: case(1) })).refused("steps-pending");
    let heard = world.when(by("panel", done("hearing"))).events();
    assert_eq!(heard[1].name(), "StepOpened");
}

#[test]
fn a_demanded_step_survives_a_refusal_that_is_overturned() {
    let refuse = by("head", Command::RefuseCase { case: case(1), article: id("zoning"), note: None });
    let object = by("citizen", Command::Object { case: case(1), note: None });
    let uphold = by("panel", Command::DecideObjection { case: case(1), upheld: true, note: None });
    let world = given(applied()).and([doubt(), refuse, object, uphold]);
    assert_eq!(world.case(1).status, Status::InProgress);
    world.when(by("panel", done("hearing"))).events();
}

#[test]
fn going_back_undoes_the_step_and_all_that_follow() {
    let world = given(applied_for_four_floors()).and([by("clerk", done("check"))]);
    let again = || by("surveyor", complete("survey", "again", &[], &[]));
    let events = world.when(again()).names(&[
        "ConsultationCancelled",
        "ConsultationCancelled",
        "StepCancelled",
        "StepCompleted",
        "StepOpened",
    ]);
    assert!(matches!(&events[4], Event::StepOpened(e) if e.step == step("check")));
    let world = world.and([again()]);
    world.when(by("agency-fire", answer("fire", Verdict::Approves))).refused("consultation-not-open");
    let events = world.when(by("clerk", done("check"))).events();
    let asked = events.iter().filter(|event| event.name() == "ConsultationRequested").count();
    assert_eq!((asked, world.case(1).consultations.len()), (2, 0), "agencies are asked anew");
}

#[test]
fn going_back_cancels_what_the_step_itself_still_asks() {
    let source = KIOSK.replace(
        "[[step.consultation]]\nagency = \"fire\"",
        "[[step.outcome]]\nid = \"fine\"\ntitle = { fa = \"خوب\", en = \"Fine\" }\n[[step.outcome]]\nid = \"redo\"\n\
         title = { fa = \"دوباره\", en = \"Redo\" }\nback-to = \"check\"\n[[step.consultation]]\nagency = \"fire\"",
    );
    let world =
        given([by("admin", establish()), by("admin", publish(&source)), apply(|_| {}), by("clerk", done("check"))]);
    let events = world.when(by("clerk", complete("ask", "redo", &[], &[]))).events();
    let cancelled = events.iter().filter(|event| event.name() == "ConsultationCancelled").count();
    assert_eq!(cancelled, 2, "an agency's desk is told, whichever step sends the case back");
}

#[test]
fn works_begin_with_the_licence_and_stop_with_it() {
    given(granted()).when(by("surveyor", done("build"))).refused("step-not-open");
    let suspend = by("head", Command::Suspend { case: case(1), article: id("zoning"), note: None });
    let world = given(issued()).and([by("agency-gas", answer("gas", Verdict::Approves)), suspend]);
    world.when(by("surveyor", done("build"))).refused("case-is-not");
    let world = world.and([by("head", Command::Reinstate { case: case(1) })]);
    world.when(by("surveyor", done("build"))).events();
}
