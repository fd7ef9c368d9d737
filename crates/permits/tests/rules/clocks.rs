//! Deadlines: passed once and recorded, paused while the applicant has the case, moved by the calendar, extended once.

use super::harness::*;
use kernel::Instant;
use kernel::Register as _;
use permits::{Command, events::*, state::Status};

fn just_after(day: &str) -> Instant {
    Instant(end_of(day).0 + 1)
}

fn passed(clock: Clock, day: &str, escalated_to: Option<&str>) -> Event {
    let escalated_to = escalated_to.map(role);
    DeadlinePassed { clock, district: kernel::DistrictId(3), due: end_of(day), escalated_to }.into()
}

/// Which clocks moved, why, to the end of which day, under which version of the calendar.
fn moves(events: &[Event]) -> Vec<(String, Moved, String, u32)> {
    let moved = events.iter().filter_map(|event| if let Event::DeadlineMoved(e) = event { Some(e) } else { None });
    moved
        .map(|e| {
            let day = tehran().date(e.deadline.due);
            assert_eq!(e.deadline.due, tehran().end_of_day(day));
            (format!("{:?}", e.clock), e.why, day.jalali().to_string(), e.deadline.calendar)
        })
        .collect()
}

fn check() -> Clock {
    Clock::Step(step("check"))
}

#[test]
fn a_passed_deadline_is_an_event_exactly_once_and_escalates() {
    let mut world = given(applied());
    assert_eq!(world.wait(end_of("1405/09/10")), [], "the whole last day is in time");
    assert_eq!(world.wait(just_after("1405/09/10")), [passed(check(), "1405/09/10", Some("mayor"))]);
    assert_eq!(world.wait(on("1405/09/20")), []);
    assert_eq!(world.wait(on("1405/12/20")), [passed(Clock::Promise, "1405/09/24", Some("mayor"))]);
    assert_eq!(world.wait(on("1406/12/20")), []);
    world.when(by("clock", Command::PassDeadline { case: case(1) })).refused("no-deadline-passed");
    world.when(by("clerk", done("check"))).events();
}

#[test]
fn only_the_clock_passes_deadlines() {
    let world = given(applied());
    let late = "1405/10/10";
    world.when(by("clerk", Command::PassDeadline { case: case(1) }).on(late)).refused("role-may-not");
    world.when(by("clerk", Command::RecomputeDeadlines { case: case(1) })).refused("role-may-not");
    world.when(by("clock", Command::RecomputeDeadlines { case: case(1) })).refused("calendar-unchanged");
    world.when(by("clock", Command::PassDeadline { case: case(9) })).refused("unknown-case");
}

#[test]
fn silence_is_refusal_where_the_procedure_says_so() {
    let mut world = given(applied()).and([by("clerk", complete("check", "doubt", &[], &[]))]);
    let events = world.wait(just_after("1405/09/11"));
    let cancelled = StepCancelled { step: step("hearing"), district: kernel::DistrictId(3) };
    let refused = CaseRefused { article: None, note: None };
    assert_eq!(events, [passed(Clock::Step(step("hearing")), "1405/09/11", None), cancelled.into(), refused.into()]);
    assert_eq!(world.wait(on("1406/01/01")), [], "an ended case waits for nothing");
}

#[test]
fn silence_is_consent_of_steps_and_agencies_where_the_procedure_says_so() {
    let mut world = given(applied_for_four_floors()).and([by("clerk", done("check"))]);
    let events = world.wait(just_after("1405/09/09"));
    let silent = |agency: &str, verdict| {
        Event::from(ConsultationAnswered { agency: id(agency), verdict, note: None, by_silence: true })
    };
    assert!(matches!(&events[1], Event::StepCompleted(e) if e.by_silence && e.outcome == id("stands")));
    assert!(events.contains(&silent("power", Verdict::Approves)));
    assert!(events.contains(&silent("fire", Verdict::Rejects)), "its policy is refusal");
    world.when(by("clerk", done("ask"))).refused("consultation-rejected");
    assert_eq!(world.case(1).status, Status::InProgress);
}

#[test]
fn silence_refuses_nothing_that_is_granted() {
    let strict = KIOSK.replace("[promise]\ndays = 15", "[promise]\non-expiry = \"refuse\"\ndays = 15");
    let start = [by("admin", establish()), by("admin", publish(&strict))];
    let mut world = given(start).and(granted().split_off(3));
    assert_eq!(names(&world.wait(on("1405/11/01"))), ["DeadlinePassed"]);
    assert_eq!(world.case(1).status, Status::Granted);
    world.when(by("head", Command::IssueLicence { case: case(1) })).events();
}

fn back() -> Ask {
    by("clerk", Command::ReturnCase { case: case(1), step: step("check"), corrections: vec![], note: None })
}

fn corrected() -> Ask {
    by("citizen", Command::AnswerReturn { case: case(1), facts: vec![], documents: vec![], note: None })
}

#[test]
fn clocks_stand_still_while_the_applicant_corrects() {
    let mut world = given(applied()).and([back().on("1405/09/08")]);
    assert_eq!(world.wait(on("1405/11/01")), [], "nothing passes meanwhile");
    let mut world = given(applied()).and([back().on("1405/09/08")]);
    let events = world.does(&corrected().on("1405/09/12"));
    let resumed = |clock: &str, day: &str| (clock.to_owned(), Moved::Resumed, day.to_owned(), 0);
    assert_eq!(moves(&events), [resumed("Promise", "1405/09/29"), resumed("Step(check)", "1405/09/15")]);
    assert_eq!(world.wait(just_after("1405/09/15")), [passed(check(), "1405/09/15", Some("mayor"))]);
}

#[test]
fn clocks_stand_still_while_a_bill_is_unpaid_but_not_the_bills_own() {
    let bill = || by("cashier", Command::IssueBill { case: case(1) });
    let mut world = given(applied()).and([bill()]);
    assert_eq!(world.wait(on("1405/11/01")), [passed(Clock::Bill, "1405/09/17", Some("mayor"))]);
    let mut world = given(applied()).and([bill(), by("bank", pay(500, "T1")).on("1405/09/09")]);
    let events = world.does(&by("bank", pay(1_500, "T2")).on("1405/09/12"));
    let resumed = |clock: &str, day: &str| (clock.to_owned(), Moved::Resumed, day.to_owned(), 0);
    assert_eq!(moves(&events), [resumed("Promise", "1405/09/30"), resumed("Step(check)", "1405/09/16")]);
}

#[test]
fn a_clock_started_meanwhile_gets_back_only_its_own_days() {
    let bill = by("cashier", Command::IssueBill { case: case(1) });
    let mut world = given(applied_for_four_floors()).and([bill, by("clerk", done("check")).on("1405/09/10")]);
    let events = world.does(&by("bank", pay(4_000, "T1")).on("1405/09/11"));
    let survey = moves(&events).into_iter().find(|(clock, ..)| clock == "Step(survey)");
    assert_eq!(survey, Some(("Step(survey)".to_owned(), Moved::Resumed, "1405/09/14".to_owned(), 0)));
}

#[test]
fn returned_and_unpaid_is_held_until_both_are_over() {
    let bill = by("cashier", Command::IssueBill { case: case(1) });
    let world = given(applied()).and([bill, back(), corrected().on("1405/09/09")]);
    assert!(world.case(1).later().held_since.is_some());
    let world = world.and([by("bank", pay(2_000, "T1"))]);
    assert_eq!(world.case(1).later().held_since, None);
}

fn holiday(day: &str) -> Ask {
    by("admin", Command::DeclareHoliday { date: date(day), title: "برف".into() })
}

fn ordinary(day: &str) -> Ask {
    by("admin", Command::WithdrawHoliday { date: date(day) })
}

#[test]
fn a_holiday_declared_late_moves_deadlines_and_names_the_calendar() {
    let mut world = given(applied()).and([holiday("1405/09/10").on("1405/09/09")]);
    let events = world.wait(on("1405/09/09"));
    let moved = |clock: &str, day: &str, calendar| (clock.to_owned(), Moved::Calendar, day.to_owned(), calendar);
    assert_eq!(moves(&events), [moved("Promise", "1405/09/25", 1), moved("Step(check)", "1405/09/11", 1)]);
    assert_eq!(world.state.tick(world.now), None);
    let mut world = world.and([ordinary("1405/09/10")]);
    let events = world.wait(on("1405/09/09"));
    assert_eq!(moves(&events), [moved("Promise", "1405/09/24", 2), moved("Step(check)", "1405/09/10", 2)]);
}

#[test]
fn a_holiday_that_touches_no_deadline_changes_none() {
    let mut world = given(applied()).and([holiday("1405/11/01")]);
    assert_eq!(world.wait(world.now), []);
    assert_eq!(world.case(1).promise.unwrap().deadline().calendar, 0);
}

#[test]
fn a_changed_week_moves_deadlines() {
    let days = vec![kernel::time::Weekday::Thursday, kernel::time::Weekday::Friday];
    let mut world = given(applied()).and([by("admin", Command::SetRestDays { from: date(START), days })]);
    let moved = moves(&world.wait(world.now));
    assert_eq!(
        moved,
        [("Promise".to_owned(), Moved::Calendar, "1405/09/28".to_owned(), 1)],
        "three Thursdays are rest now"
    );
}

#[test]
fn a_holiday_during_a_pause_counts_when_the_clock_goes_on() {
    let mut world = given(applied()).and([back(), holiday("1405/09/09")]);
    let events = world.does(&corrected().on("1405/09/08"));
    let check = moves(&events).into_iter().find(|(clock, ..)| clock == "Step(check)");
    assert_eq!(check, Some(("Step(check)".to_owned(), Moved::Resumed, "1405/09/12".to_owned(), 1)));
}

#[test]
fn a_deadline_is_extended_once_and_in_time() {
    let extend = |step: Option<&str>| by("head", Command::ExtendDeadline { case: case(1), step: step.map(id) });
    let mut world = given(applied_for_four_floors());
    world.when(by("clerk", Command::ExtendDeadline { case: case(1), step: None })).refused("role-may-not");
    world.when(extend(Some("survey"))).refused("step-not-open");
    let extended = |clock: &str, day: &str| vec![(clock.to_owned(), Moved::Extended, day.to_owned(), 0)];
    assert_eq!(moves(&world.does(&extend(Some("check")))), extended("Step(check)", "1405/09/12"));
    world.when(extend(Some("check"))).refused("extension-used");
    assert_eq!(moves(&world.does(&extend(None))), extended("Promise", "1405/09/30"));
    world.when(extend(None)).refused("extension-used");
    let world = world.and([by("clerk", done("check"))]);
    world.when(extend(Some("ask"))).refused("no-deadline");
    world.when(extend(Some("survey"))).refused("no-extension");
    given(issued()).when(extend(None)).refused("no-deadline");
    given(applied()).when(extend(Some("check")).at(just_after("1405/09/10"))).refused("extension-too-late");
    let mut late = given(applied());
    late.wait(on("1405/09/12"));
    late.when(extend(Some("check"))).refused("extension-too-late");
}
