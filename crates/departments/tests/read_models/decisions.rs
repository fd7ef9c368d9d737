//! Decisions about a whole case stand in the inbox of the role that the procedure names, as long as they wait.

use crate::tables::{Fresh, postgres, sqlite};
use crate::walk::{go_on, open_steps};
use crate::world::{World, building, case, citizen, id, on, sealed, small_works};
use departments::permit_office::{self, InboxAsk, Work};
use departments::{Desk, Limit};
use kernel::{CaseId, DistrictId, Districts};
use permits::Command;
use permits::events::{ChecklistAnswer, FactValue, Value, Verdict};

fn ask(role: &str) -> InboxAsk {
    let limit = Limit::default();
    InboxAsk {
        role: id(role),
        districts: Districts::ALL,
        item: None,
        due_from: None,
        due_before: None,
        officer: None,
        after: None,
        limit,
    }
}

fn complete(case: CaseId, step: &str, outcome: &str, checklist: &[&str], documents: &[&str]) -> Command {
    Command::CompleteStep {
        case,
        step: id(step),
        outcome: id(outcome),
        checklist: checklist.iter().map(|item| ChecklistAnswer { item: id(item), holds: true }).collect(),
        documents: documents.iter().map(|kind| crate::world::document(kind)).collect(),
        note: None,
    }
}

/// Case `number` with everything done and paid but for the step that says so.
fn paid(world: &mut World, number: u32, district: u8) -> CaseId {
    world.asks(number, Command::Apply(small_works(number, district, 60)));
    let case = case(number);
    world.does("intake", complete(case, "check", "small-works", &["small"], &[]));
    world.does("technical-officer", complete(case, "visit", "done", &[], &["visit-report"]));
    world.does("revenue", Command::IssueBill { case });
    pay(world, case);
    case
}

fn pay(world: &mut World, case: CaseId) {
    let bill = world.state.case(case).unwrap().later().bill.clone().unwrap();
    let (amount, reference) = (bill.outstanding(), format!("T{}", bill.number).into());
    world.does("bank", Command::RecordPayment { case, bill: bill.number, amount, reference });
}

/// What an inbox shows: work, case and item.
async fn shown(desk: &Desk, ask: &InboxAsk) -> Vec<(Work, String)> {
    let page = permit_office::inbox(desk, ask).await.unwrap();
    page.items.into_iter().map(|item| (item.work, item.case)).collect()
}

async fn decisions_wait(fresh: Fresh) {
    let mut world = World::new();
    let case = paid(&mut world, 1, 3);
    fresh.catch_up(&world).await;
    let desk = fresh.desk(permit_office::NAME).await;
    assert_eq!(shown(&desk, &ask("technical-head")).await, [], "the last step is still open");
    world.now = on("1405/09/08");
    world.does("revenue", complete(case, "fee", "done", &[], &[]));
    fresh.catch_up(&world).await;
    let [item] = permit_office::inbox(&desk, &ask("technical-head")).await.unwrap().items.try_into().unwrap();
    assert_eq!((item.work, item.item.as_str(), item.step.clone()), (Work::Grant, "grant", None));
    assert_eq!((item.opened_at.jalali.as_str(), item.due.clone(), item.passed), ("1405/09/08", item.promised, false));
    assert!(item.due.is_some());
    let third = [DistrictId(3)].into_iter().collect();
    assert_eq!(shown(&desk, &InboxAsk { districts: third, ..ask("technical-head") }).await.len(), 1);
    let fourth = [DistrictId(4)].into_iter().collect();
    assert_eq!(shown(&desk, &InboxAsk { districts: fourth, ..ask("technical-head") }).await, []);
    let soon = Some(on("1405/09/09"));
    assert_eq!(shown(&desk, &InboxAsk { due_before: soon, ..ask("technical-head") }).await, []);
    let mine = Some(crate::world::officer("technical-head"));
    assert_eq!(shown(&desk, &InboxAsk { officer: mine, ..ask("technical-head") }).await, []);
    for role in ["deputy", "revenue", "intake"] {
        assert_eq!(shown(&desk, &ask(role)).await, [], "{role}");
    }

    let number = case.to_string();
    world.does("technical-head", Command::Grant { case });
    fresh.catch_up(&world).await;
    assert_eq!(shown(&desk, &ask("technical-head")).await, [(Work::Issue, number.clone())]);
    world.does("technical-head", Command::IssueLicence { case });
    fresh.catch_up(&world).await;
    assert_eq!(shown(&desk, &ask("technical-head")).await, []);

    world.does("deputy", Command::Suspend { case, article: id("safety"), note: None });
    world.asks(1, Command::Object { case, note: Some(sealed(citizen(1), "ایمن است")) });
    // Also when the suspension has ended meanwhile, the objection waits for its answer.
    world.does("deputy", Command::Reinstate { case });
    fresh.catch_up(&world).await;
    assert_eq!(shown(&desk, &ask("objection-panel")).await, [(Work::Objection, number)]);
    world.does("objection-panel", Command::DecideObjection { case, upheld: false, note: None });
    fresh.catch_up(&world).await;
    assert_eq!(shown(&desk, &ask("objection-panel")).await, []);
}

#[tokio::test]
async fn decisions_in_sqlite() {
    decisions_wait(sqlite().await).await;
}

#[tokio::test]
async fn decisions_in_postgres() {
    decisions_wait(postgres().await).await;
}

/// Four cases wait for the grant: one is withdrawn, one refused, objected to and taken back on its way.
async fn the_ended_do_not_wait(fresh: Fresh) {
    let mut world = World::new();
    let cases: Vec<CaseId> = (1..=4).map(|number| paid(&mut world, number, 3)).collect();
    for &case in &cases {
        world.does("revenue", complete(case, "fee", "done", &[], &[]));
    }
    fresh.catch_up(&world).await;
    let desk = fresh.desk(permit_office::NAME).await;
    let mut page = InboxAsk { limit: Limit::new(Some(1)), ..ask("technical-head") };
    let mut seen = Vec::new();
    loop {
        let found = permit_office::inbox(&desk, &page).await.unwrap();
        seen.extend(found.items.into_iter().map(|item| item.case));
        page.after = found.next;
        if page.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, cases.iter().map(ToString::to_string).collect::<Vec<_>>(), "page by page, each once");

    world.asks(1, Command::Withdraw { case: cases[0] });
    world.does("technical-head", Command::RefuseCase { case: cases[1], article: id("safety"), note: None });
    world.asks(2, Command::Object { case: cases[1], note: None });
    fresh.catch_up(&world).await;
    let waiting = shown(&desk, &ask("technical-head")).await;
    assert_eq!(waiting, [(Work::Grant, cases[2].to_string()), (Work::Grant, cases[3].to_string())]);
    assert_eq!(shown(&desk, &ask("objection-panel")).await, [(Work::Objection, cases[1].to_string())]);
    world.does("objection-panel", Command::DecideObjection { case: cases[1], upheld: true, note: None });
    fresh.catch_up(&world).await;
    assert_eq!(shown(&desk, &ask("objection-panel")).await, []);
    assert_eq!(shown(&desk, &ask("technical-head")).await.len(), 2, "it goes its way again from the first step");
    assert_eq!(shown(&desk, &ask("intake")).await, [(Work::Step, cases[1].to_string())]);
}

#[tokio::test]
async fn ended_cases_in_sqlite() {
    the_ended_do_not_wait(sqlite().await).await;
}

#[tokio::test]
async fn ended_cases_in_postgres() {
    the_ended_do_not_wait(postgres().await).await;
}

/// Does every step but one, as far as the case goes; agencies approve, fees are paid.
fn all_but(world: &mut World, case: CaseId, last: &str) {
    while let Some(step) = open_steps(world, case).into_iter().find(|step| step.id.as_str() != last) {
        let unanswered = |agency: &str| {
            let held = world.state.case(case).unwrap();
            let procedure = world.state.procedure_of(held);
            let name = |place: u8| procedure.agency_at(usize::from(place)).1.agency.as_str();
            held.consultations.iter().any(|asked| name(asked.agency) == agency && asked.verdict.is_none())
        };
        let asked: Vec<_> = step.consultations.iter().filter(|asked| unanswered(asked.agency.as_str())).collect();
        for asked in asked {
            answer(world, case, asked.agency.as_str(), Verdict::Approves);
        }
        if step.needs_payment && world.would("revenue", Command::IssueBill { case }) {
            world.does("revenue", Command::IssueBill { case });
            pay(world, case);
        }
        world.does(step.role.as_str(), go_on(case, &step));
    }
}

fn answer(world: &mut World, case: CaseId, agency: &str, verdict: Verdict) {
    let role = format!("agency-{}", agency.trim_end_matches("-body"));
    world.does(&role, Command::AnswerConsultation { case, agency: id(agency), verdict, note: None });
}

/// An open step finds a field wrong, and the citizen corrects it.
fn corrected(world: &mut World, case: CaseId, (role, step): (&str, &str), field: &str, value: Value) {
    world.does(role, Command::ReturnCase { case, step: id(step), corrections: vec![id(field)], note: None });
    let facts = vec![FactValue { field: id(field), value }];
    world.asks(1, Command::AnswerReturn { case, facts, documents: vec![], note: None });
}

/// Refused, and put back on its way by the panel.
fn refused_in_vain(world: &mut World, case: CaseId) {
    world.does("technical-head", Command::RefuseCase { case, article: id("safety"), note: None });
    world.asks(1, Command::Object { case, note: None });
    world.does("objection-panel", Command::DecideObjection { case, upheld: true, note: None });
}

async fn a_grant_waits_for_fees_and_agencies(fresh: Fresh) {
    let mut world = World::new();
    world.asks(1, Command::Apply(building(1, 3, 400)));
    let (case, draft) = (case(1), ("technical-head", "draft"));
    all_but(&mut world, case, "draft");
    corrected(&mut world, case, draft, "built-area", Value::Integer(500));
    all_but(&mut world, case, "none");
    fresh.catch_up(&world).await;
    let desk = fresh.desk(permit_office::NAME).await;
    assert_eq!(shown(&desk, &ask("deputy")).await, [], "the correction made the fees higher");
    world.does("revenue", Command::IssueBill { case });
    pay(&mut world, case);
    fresh.catch_up(&world).await;
    assert_eq!(shown(&desk, &ask("deputy")).await, [(Work::Grant, case.to_string())]);

    refused_in_vain(&mut world, case);
    all_but(&mut world, case, "draft");
    corrected(&mut world, case, draft, "historic-area", Value::Flag(true));
    all_but(&mut world, case, "none");
    fresh.catch_up(&world).await;
    assert_eq!(shown(&desk, &ask("deputy")).await, [], "an agency was asked that has not answered");
    answer(&mut world, case, "heritage", Verdict::Rejects);
    fresh.catch_up(&world).await;
    assert_eq!(shown(&desk, &ask("deputy")).await, [], "it is against it");

    refused_in_vain(&mut world, case);
    corrected(&mut world, case, ("planner", "planning-order"), "historic-area", Value::Flag(false));
    all_but(&mut world, case, "none");
    fresh.catch_up(&world).await;
    assert!(world.would("deputy", Command::Grant { case }));
    assert_eq!(
        shown(&desk, &ask("deputy")).await,
        [(Work::Grant, case.to_string())],
        "what it said then counts no more"
    );
}

#[tokio::test]
async fn fees_and_agencies_in_sqlite() {
    a_grant_waits_for_fees_and_agencies(sqlite().await).await;
}

#[tokio::test]
async fn fees_and_agencies_in_postgres() {
    a_grant_waits_for_fees_and_agencies(postgres().await).await;
}
