//! The procedures that ship with Isfahan: each is valid, and a case goes through each from application to completion.

use super::harness::*;
use kernel::{CaseId, DistrictId};
use permits::{
    Application, Command,
    events::*,
    procedure::{
        Procedure,
        source::{FieldKind, FieldSource},
    },
    state::Status,
};

pub(super) const BUILDING: &str = include_str!("../../../../deploy/cities/isfahan/procedures/building-permit.toml");
const SMALL: &str = include_str!("../../../../deploy/cities/isfahan/procedures/small-works.toml");

/// The highest values that a field takes, or the lowest.
fn value(field: &FieldSource, most: bool) -> Value {
    match &field.holds {
        FieldKind::Integer { min, max } => Value::Integer(if most { *max } else { *min }),
        FieldKind::Flag => Value::Flag(most),
        FieldKind::Choice { choices } => Value::Choice(choices[0].id.clone()),
    }
}

pub(super) fn application_for(procedure: &Procedure, parcel: u32, values: &[(&str, Value)]) -> Ask {
    let source = procedure.source();
    let given =
        |field: &FieldSource| values.iter().find(|(id, _)| field.id.as_str() == *id).map(|(_, value)| value.clone());
    let facts = source
        .fields
        .iter()
        .map(|field| FactValue { field: field.id.clone(), value: given(field).unwrap_or_else(|| value(field, false)) });
    let required = source.documents.iter().filter(|document| document.required);
    by(
        "citizen",
        Command::Apply(Application {
            procedure: procedure.id().clone(),
            district: DistrictId(3),
            parcel: Some(id(&format!("3-{parcel}"))),
            applicant: Some(party(APPLICANT)),
            agent: None,
            facts: facts.collect(),
            documents: required.map(|document| Document { kind: document.id.clone(), sha256: [3; 32] }).collect(),
            origin: None,
            deadline: None,
        }),
    )
}

/// What the case waits for next, done well.
pub(super) fn next(world: &World, case_id: CaseId) -> Option<Ask> {
    let case = world.state.case(case_id).unwrap();
    let procedure = world.state.procedure_of(case);
    let decisions = procedure.decisions().unwrap();
    if let Some(asked) = case.consultations.iter().find(|asked| asked.verdict.is_none()) {
        let (_, source) = procedure.agency_at(usize::from(asked.agency));
        let answer = Command::AnswerConsultation {
            case: case_id,
            agency: source.agency.clone(),
            verdict: Verdict::Approves,
            note: None,
        };
        return Some(by(source.role.as_str(), answer));
    }
    if let Some(bill) = case.later().bill.as_ref().filter(|bill| bill.outstanding().0 > 0) {
        let (bill, amount) = (bill.number, bill.outstanding());
        return Some(by(
            "bank",
            Command::RecordPayment { case: case_id, bill, amount, reference: format!("14050907-{bill}").into() },
        ));
    }
    if let Some(open) = case.open.first() {
        let step = procedure.step_at(usize::from(open.place));
        if step.needs_payment && case.later().bill.is_none() {
            return Some(by(decisions.bill.as_str(), Command::IssueBill { case: case_id }));
        }
        let onward = step.outcomes.iter().find(|o| o.opens.is_none() && o.back_to.is_none() && o.refuses.is_none());
        let work = Command::CompleteStep {
            case: case_id,
            step: step.id.clone(),
            outcome: onward.map_or_else(permits::procedure::done, |outcome| outcome.id.clone()),
            checklist: step
                .checklist
                .iter()
                .map(|item| ChecklistAnswer { item: item.id.clone(), holds: true })
                .collect(),
            documents: step.documents.iter().map(|kind| Document { kind: kind.clone(), sha256: [4; 32] }).collect(),
            note: None,
        };
        return Some(by(step.role.as_str(), work));
    }
    match case.status {
        Status::InProgress => Some(by(decisions.grant.as_str(), Command::Grant { case: case_id })),
        Status::Granted => Some(by(decisions.issue.as_str(), Command::IssueLicence { case: case_id })),
        Status::Issued => Some(by(decisions.complete.as_str(), Command::CompleteWork { case: case_id })),
        Status::Suspended
        | Status::Revoked
        | Status::Completed
        | Status::Refused
        | Status::Withdrawn
        | Status::Closed => None,
    }
}

#[track_caller]
fn goes_through(text: &str, values: &[(&str, Value)]) -> World {
    let procedure = Procedure::parse(text).unwrap();
    let apply = application_for(&procedure, 1, values);
    let mut world = given([by("admin", establish()), by("admin", publish(text)), apply]);
    while let Some(ask) = next(&world, case(1)) {
        world.does(&ask);
    }
    assert_eq!(world.case(1).status, Status::Completed);
    world
}

#[test]
fn each_ships_valid() {
    for (name, text) in [("building-permit", BUILDING), ("small-works", SMALL), ("observed", OBSERVED)] {
        let procedure = Procedure::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((procedure.id().as_str(), procedure.version()), (name, 1));
    }
}

#[test]
fn a_building_permit_goes_from_application_to_completion() {
    let world = goes_through(
        BUILDING,
        &[("land-area", Value::Integer(200)), ("built-area", Value::Integer(600)), ("floors", Value::Integer(5))],
    );
    let count = |name: &str| world.facts.iter().filter(|fact| fact.event.name() == name).count();
    assert_eq!(count("StepCompleted"), 10, "the ten steps of the procedure, two of Article 100 not called for");
    assert_eq!(count("ConsultationAnswered"), 4, "no heritage");
    let bill = world
        .facts
        .iter()
        .find_map(|fact| if let Event::BillIssued(e) = &fact.event { Some(e) } else { None })
        .unwrap();
    let levy = 600 * 950_000;
    let lines: Vec<i64> = bill.lines.iter().map(|line| line.amount.0).collect();
    assert_eq!(lines, [levy, levy * 12 / 100 * 2, levy * 5 / 100, levy * 4 / 100]);
}

#[test]
fn a_building_permit_with_everything_goes_through() {
    let flags = [("historic-area", Value::Flag(true)), ("demolition", Value::Flag(true))];
    let world = goes_through(BUILDING, &flags);
    assert!(
        world
            .facts
            .iter()
            .any(|fact| matches!(&fact.event, Event::ConsultationRequested(e) if e.agency == id("heritage")))
    );
}

#[test]
fn a_violation_found_on_site_goes_to_the_article_100_panel() {
    let procedure = Procedure::parse(BUILDING).unwrap();
    let apply = application_for(&procedure, 1, &[]);
    let mut world = given([by("admin", establish()), by("admin", publish(BUILDING)), apply]);
    let file = next(&world, case(1)).unwrap();
    world.does(&file);
    let violation = by("technical-officer", complete("site-visit", "violation", &[], &["visit-report"]));
    world.does(&violation);
    world
        .when(by("planner", complete("planning-order", "ordered", &["use-allowed", "density-allowed"], &[])))
        .refused("step-not-open");
    let demolish = by("article-100-panel", complete("article-100", "demolish", &[], &["panel-ruling"]));
    world.when(demolish).names(&["StepCompleted", "CaseRefused"]);
    let fined = by("article-100-panel", complete("article-100", "fined", &[], &["panel-ruling"]));
    world.when(fined).names(&["StepCompleted", "StepOpened"]);
}

#[test]
fn small_works_go_through_with_and_without_a_visit() {
    let small = goes_through(SMALL, &[("area", Value::Integer(50))]);
    assert!(small.facts.iter().any(|fact| fact.event.name() == "StepSkipped"));
    let large = goes_through(SMALL, &[("area", Value::Integer(51))]);
    assert!(!large.facts.iter().any(|fact| fact.event.name() == "StepSkipped"));
}

#[test]
fn fees_fit_at_the_edges_of_every_field() {
    for text in [BUILDING, SMALL] {
        let procedure = Procedure::parse(text).unwrap();
        for most in [false, true] {
            let facts: Vec<FactValue> = procedure
                .source()
                .fields
                .iter()
                .map(|f| FactValue { field: f.id.clone(), value: value(f, most) })
                .collect();
            let facts = permits::procedure::Facts::default().with(&procedure, &facts);
            procedure.estimate(&procedure.scope(&facts)).unwrap_or_else(|error| panic!("{:?}", error));
        }
    }
}
