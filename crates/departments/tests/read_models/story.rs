//! One small story that reaches every table, its rows as a snapshot, and what each query says of it.

use crate::tables::{Fresh, postgres, sqlite};
use crate::world::{World, case, citizen, document, id, observed, officer, on, party, sealed, small_works};
use departments::districts::{self, VisitState, VisitsAsk};
use departments::permit_office::{self, Holder, InboxAsk, LicenceState, Objection, Search, Sight, StepState, Work};
use departments::revenue::{self, BillState, OverdueAsk};
use departments::{Limit, Personal, QueryError};
use kernel::{Actor, CaseId, Date, DistrictId, Districts, Rials};
use permits::events::{ChecklistAnswer, Verdict};
use permits::{Command, numbers::BillNumber, numbers::LicenceNumber};

const EVERYWHERE: Sight = Sight::Districts(Districts::ALL);

fn complete(case: CaseId, step: &str, outcome: &str, items: &[&str], documents: &[&str]) -> Command {
    Command::CompleteStep {
        case,
        step: id(step),
        outcome: id(outcome),
        checklist: items.iter().map(|item| ChecklistAnswer { item: id(item), holds: true }).collect(),
        documents: documents.iter().map(|kind| document(kind)).collect(),
        note: Some(sealed(officer("intake"), "دیده شد")),
    }
}

fn pay(case: CaseId, bill: u32, amount: i64, reference: &str) -> Command {
    let bill = BillNumber::new(1405, bill);
    Command::RecordPayment { case, bill, amount: Rials(amount), reference: reference.into() }
}

/// Case 1 from application to certificate, with a return, a suspension and an objection; case 2 waits with an overdue
/// bill; case 3 is refused; case 4 is withdrawn; case 5 is another system's.
pub(crate) fn story() -> World {
    let mut world = World::new();
    world.asks(1, Command::Apply(small_works(1, 3, 100)));
    world.does("intake", Command::TakeStep { case: case(1), step: id("check") });
    let corrections = vec![id("area")];
    let note = Some(sealed(officer("intake"), "مساحت؟"));
    world.does("intake", Command::ReturnCase { case: case(1), step: id("check"), corrections, note });
    world.wait(on("1405/09/10"));
    let facts = vec![permits::events::FactValue { field: id("area"), value: permits::events::Value::Integer(80) }];
    world.asks(1, Command::AnswerReturn { case: case(1), facts, documents: vec![], note: None });
    world.does("intake", complete(case(1), "check", "small-works", &["small"], &[]));
    world.asks(2, Command::Apply(small_works(2, 4, 20)));
    world.asks(3, Command::Apply(small_works(3, 3, 60)));
    world.does("intake", complete(case(2), "check", "small-works", &["small"], &[]));
    world.does("revenue", Command::IssueBill { case: case(2) });
    world.does("intake", complete(case(3), "check", "too-large", &[], &[]));
    world.asks(4, Command::Apply(small_works(4, 5, 30)));
    world.asks(4, Command::Withdraw { case: case(4) });
    world.does("technical-officer", complete(case(1), "visit", "done", &[], &["visit-report"]));
    world.does("revenue", Command::IssueBill { case: case(1) });
    world.does("bank", pay(case(1), 2, 300_000, "T1"));
    world.does("bank", pay(case(1), 2, 2_000_000, "T2"));
    world.does("revenue", complete(case(1), "fee", "done", &[], &[]));
    world.does("technical-head", Command::Grant { case: case(1) });
    world.does("technical-head", Command::IssueLicence { case: case(1) });
    suspended_and_completed(&mut world);
    imported(&mut world);
    world.does("bank", pay(case(1), 2, 90_000, "T3"));
    world.does("bank", Command::ConfirmRefund { case: case(1), payment: "T3".into(), reference: "R1".into() });
    world.does("admin", Command::DeclareHoliday { date: on("1405/10/13").date(), title: "میلاد".into() });
    world.wait(on("1405/10/12"));
    world
}

/// Case 1 from application to licence, on 10 Azar.
pub(crate) fn licensed(world: &mut World) {
    world.wait(on("1405/09/10"));
    world.asks(1, Command::Apply(small_works(1, 3, 20)));
    world.does("intake", complete(case(1), "check", "small-works", &["small"], &[]));
    world.does("revenue", Command::IssueBill { case: case(1) });
    world.does("bank", pay(case(1), 1, 800_000, "T1"));
    for step in crate::walk::open_steps(world, case(1)) {
        world.does(step.role.as_str(), crate::walk::go_on(case(1), &step));
    }
    world.does("technical-head", Command::Grant { case: case(1) });
    world.does("technical-head", Command::IssueLicence { case: case(1) });
}

fn suspended_and_completed(world: &mut World) {
    let case = case(1);
    world.does("deputy", Command::Suspend { case, article: id("safety"), note: None });
    world.asks(1, Command::Object { case, note: Some(sealed(citizen(1), "ایمن است")) });
    world.does("objection-panel", Command::DecideObjection { case, upheld: true, note: None });
    world.does("technical-head", Command::Renew { case });
    world.does("technical-head", Command::Transfer { case, to: party(9, "رضا یزدی") });
    world.does("technical-officer", Command::CompleteWork { case });
}

fn imported(world: &mut World) {
    let importer =
        Actor { person: officer("importer"), role: id("importer"), department: None, districts: Districts::ALL };
    let at = Some(on("1390/07/19"));
    let mut record = |at, command| world.ask(importer.clone(), id("E-mail"), at, command).unwrap();
    record(at, Command::Apply(observed("case-10011", Some(on("1390/09/01")))));
    let actor = Some(sealed(citizen(77), "Resource21"));
    let (unit, lifecycle) = (Some("Group 4".into()), Some("complete".into()));
    record(at, Command::RecordStep { case: case(5), name: "T02 Check".into(), actor, unit, lifecycle });
    record(Some(on("1390/07/20")), Command::CloseRecord { case: case(5) });
}

trait OnDay {
    fn date(self) -> Date;
}
impl OnDay for kernel::Instant {
    fn date(self) -> Date {
        crate::world::tehran().date(self)
    }
}

async fn rows_are_those_of_the_snapshot(fresh: Fresh) {
    fresh.catch_up(&story()).await;
    for department in departments::all() {
        let name = department.name();
        // A procedure's text would fill the snapshot; that it is kept is another test's.
        let rows = fresh.dump(department).await;
        let short: Vec<&str> = rows.lines().map(|line| line.split(r#","source":"#).next().unwrap()).collect();
        insta::assert_snapshot!(name, short.join("\n"));
    }
}

#[tokio::test]
async fn rows_in_sqlite() {
    rows_are_those_of_the_snapshot(sqlite().await).await;
}

#[tokio::test]
async fn rows_in_postgres() {
    rows_are_those_of_the_snapshot(postgres().await).await;
}

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

async fn the_inbox_tells_what_waits(fresh: Fresh) {
    fresh.catch_up(&story()).await;
    let desk = fresh.desk(permit_office::NAME).await;
    let inbox = async |ask: &InboxAsk| permit_office::inbox(&desk, ask).await.unwrap().items;
    let [item] = inbox(&ask("revenue")).await.try_into().unwrap();
    assert_eq!((item.case.as_str(), item.item.as_str(), item.work), ("1405-000002", "fee", Work::Step));
    assert_eq!((item.holder, item.parcel.as_deref(), item.passed), (Holder::Applicant, Some("4-2"), false));
    assert_eq!(item.opened_at.jalali, "1405/09/10");
    assert_eq!(inbox(&InboxAsk { due_before: Some(kernel::Instant(i64::MAX)), ..ask("revenue") }).await, []);
    let of = |district| [DistrictId(district)].into_iter().collect();
    assert_eq!(inbox(&InboxAsk { districts: of(4), ..ask("revenue") }).await.len(), 1);
    assert_eq!(inbox(&InboxAsk { districts: of(3), ..ask("revenue") }).await, []);
    assert_eq!(inbox(&InboxAsk { officer: Some(officer("revenue")), ..ask("revenue") }).await, []);
    assert_eq!(inbox(&ask("intake")).await, []);
    let wrong = permit_office::inbox(&desk, &InboxAsk { after: Some("1:2".into()), ..ask("intake") }).await;
    assert!(matches!(wrong, Err(QueryError::After { .. })));
}

#[tokio::test]
async fn the_inbox_in_sqlite() {
    the_inbox_tells_what_waits(sqlite().await).await;
}

#[tokio::test]
async fn the_inbox_in_postgres() {
    the_inbox_tells_what_waits(postgres().await).await;
}

async fn a_case_is_shown_whole(fresh: Fresh) {
    fresh.catch_up(&story()).await;
    let desk = fresh.desk(permit_office::NAME).await;
    let view = permit_office::case(&desk, case(1), Personal::Shown).await.unwrap().unwrap();
    assert_eq!((view.summary.status.as_str(), view.summary.holder), ("completed", Holder::Nobody));
    assert_eq!((view.objection, view.article.as_deref()), (Some(Objection::Upheld), None));
    assert_eq!(view.summary.licence.as_deref(), Some("L-1405-000001"));
    assert_eq!((view.certificate.as_deref(), view.estimate), (Some("C-1405-000001"), 2_300_000));
    assert_eq!(view.people.unwrap().name.as_deref(), Some("رضا یزدی"), "the holder after the transfer");
    let steps: Vec<_> = view.steps.iter().map(|step| (step.step.as_str(), step.state)).collect();
    assert_eq!(steps, [("check", StepState::Done), ("fee", StepState::Done), ("visit", StepState::Done)]);
    assert_eq!(serde_json::to_value(&view.fields).unwrap(), serde_json::json!({ "area": 80, "structural": false }));
    assert_eq!(view.documents.iter().map(|given| given.kind.as_str()).collect::<Vec<_>>(), ["deed", "visit-report"]);
    let closed = permit_office::case(&desk, case(1), Personal::Hidden).await.unwrap().unwrap();
    assert_eq!(closed.people, None);
    let refused = permit_office::case(&desk, case(3), Personal::Hidden).await.unwrap().unwrap();
    assert_eq!(
        (refused.summary.status.as_str(), refused.article.as_deref()),
        ("refused", Some("needs-building-permit"))
    );
    assert!(permit_office::case(&desk, case(99), Personal::Hidden).await.unwrap().is_none());
    let licence = permit_office::licence(&desk, LicenceNumber::new(1405, 1)).await.unwrap().unwrap();
    assert_eq!((licence.case.as_str(), licence.state), ("1405-000001", LicenceState::Completed));
    assert_eq!((licence.renewals, licence.transfers, licence.parcel.as_deref()), (1, 1, Some("3-1")));
    assert_eq!(permit_office::licence_of(&desk, case(1)).await.unwrap(), Some(licence));
    assert_eq!(permit_office::licence_of(&desk, case(2)).await.unwrap(), None);
}

#[tokio::test]
async fn a_case_in_sqlite() {
    a_case_is_shown_whole(sqlite().await).await;
}

#[tokio::test]
async fn a_case_in_postgres() {
    a_case_is_shown_whole(postgres().await).await;
}

async fn a_timeline_goes_page_by_page(fresh: Fresh) {
    fresh.catch_up(&story()).await;
    let desk = fresh.desk(permit_office::NAME).await;
    let read = async |after: Option<&str>, limit, personal| {
        permit_office::timeline(&desk, case(1), after, Limit::new(Some(limit)), personal).await.unwrap()
    };
    let whole = read(None, 100, Personal::Shown).await;
    assert_eq!(whole.next, None);
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = read(after.as_deref(), 3, Personal::Shown).await;
        assert!(page.items.len() <= 3);
        pages.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, whole.items);
    assert!(pages.is_sorted_by(|a, b| a.position < b.position));
    let names: Vec<&str> = pages.iter().map(|happened| happened.event.as_str()).take(5).collect();
    assert_eq!(names, ["ApplicationSubmitted", "StepOpened", "StepTaken", "CaseReturned", "ReturnAnswered"]);
    assert_eq!(pages[3].note.as_deref(), Some("مساحت؟"));
    let hidden = read(None, 100, Personal::Hidden).await.items;
    assert!(hidden.iter().all(|happened| happened.note.is_none() && happened.performer.is_none()));
    let imported = permit_office::timeline(&desk, case(5), None, Limit::default(), Personal::Shown).await.unwrap();
    assert_eq!(imported.items[1].performer.as_deref(), Some("Resource21"));
    assert_eq!(imported.items[1].occurred_at.jalali, "1390/07/19");
}

#[tokio::test]
async fn a_timeline_in_sqlite() {
    a_timeline_goes_page_by_page(sqlite().await).await;
}

#[tokio::test]
async fn a_timeline_in_postgres() {
    a_timeline_goes_page_by_page(postgres().await).await;
}

async fn cases_are_found(fresh: Fresh) {
    fresh.catch_up(&story()).await;
    let desk = fresh.desk(permit_office::NAME).await;
    let find = async |what: Search| {
        let found = permit_office::search(&desk, &what, EVERYWHERE, None, Limit::default()).await.unwrap();
        found.items.into_iter().map(|case| case.case).collect::<Vec<_>>()
    };
    assert_eq!(find(Search::Case(case(2))).await, ["1405-000002"]);
    assert_eq!(find(Search::Parcel(id("4-2"))).await, ["1405-000002"]);
    assert_eq!(find(Search::Licence(LicenceNumber::new(1405, 1))).await, ["1405-000001"]);
    assert_eq!(find(Search::Reference("case-10011".into())).await, ["1405-000005"]);
    assert_eq!(find(Search::Person(citizen(3))).await, ["1405-000003"]);
    // Typed with other letters than they were stored with, and an Arabic digit.
    assert_eq!(find(Search::Name("مريم کریمی ٢".into())).await, ["1405-000002"]);
    assert_eq!(find(Search::Name("کریمی".into())).await, ["1405-000004", "1405-000003", "1405-000002"]);
    for nothing in ["", "م", "%%", "__", "!!", "زهرا"] {
        assert_eq!(find(Search::Name(nothing.into())).await, [""; 0], "{nothing:?}");
    }
    let what = Search::Name("کریمی".into());
    let first = permit_office::search(&desk, &what, EVERYWHERE, None, Limit::new(Some(2))).await.unwrap();
    assert_eq!((first.items.len(), first.next.is_some()), (2, true));
    let rest =
        permit_office::search(&desk, &what, EVERYWHERE, first.next.as_deref(), Limit::new(Some(2))).await.unwrap();
    assert_eq!((rest.items[0].case.as_str(), rest.next), ("1405-000002", None));
    // Whoever sees less gets full pages of what they see.
    let seen = async |sight: Sight| {
        let found = permit_office::search(&desk, &what, sight, None, Limit::new(Some(1))).await.unwrap();
        found.items.into_iter().map(|case| case.case).collect::<Vec<_>>()
    };
    assert_eq!(seen(Sight::Districts([DistrictId(4)].into_iter().collect())).await, ["1405-000002"]);
    assert_eq!(seen(Sight::Districts([].into_iter().collect())).await, [""; 0]);
    assert_eq!(seen(Sight::Person(citizen(3))).await, ["1405-000003"]);
}

#[tokio::test]
async fn search_in_sqlite() {
    cases_are_found(sqlite().await).await;
}

#[tokio::test]
async fn search_in_postgres() {
    cases_are_found(postgres().await).await;
}

async fn money_and_visits_are_shown(fresh: Fresh) {
    fresh.catch_up(&story()).await;
    let desk = fresh.desk(revenue::NAME).await;
    let [paid] = revenue::bills(&desk, case(1)).await.unwrap().try_into().unwrap();
    assert_eq!((paid.state, paid.total, paid.paid, paid.outstanding), (BillState::Paid, 2_300_000, 2_300_000, 0));
    assert_eq!((paid.lines[0].fee.as_str(), paid.lines[0].amount), ("works-fee", 2_300_000));
    let late = revenue::bill(&desk, BillNumber::new(1405, 1)).await.unwrap().unwrap();
    assert_eq!((late.state, late.case.as_str()), (BillState::Overdue, "1405-000002"));
    let payments = revenue::payments(&desk, case(1)).await.unwrap();
    assert_eq!(payments.iter().map(|payment| payment.outstanding).collect::<Vec<_>>(), [2_000_000, 0]);
    let overdue = OverdueAsk { districts: Districts::ALL, after: None, limit: Limit::default() };
    let [due] = revenue::overdue(&desk, &overdue).await.unwrap().items.try_into().unwrap();
    assert_eq!((due.case.as_str(), due.bill.as_str(), due.outstanding), ("1405-000002", "B-1405-000001", 800_000));
    let elsewhere = OverdueAsk { districts: [DistrictId(3)].into_iter().collect(), ..overdue };
    assert_eq!(revenue::overdue(&desk, &elsewhere).await.unwrap().items, []);

    let desk = fresh.desk(districts::NAME).await;
    let visits = async |state| {
        let ask = VisitsAsk { districts: Districts::ALL, state, after: None, limit: Limit::default() };
        districts::visits(&desk, &ask).await.unwrap().items
    };
    let [made] = visits(VisitState::Done).await.try_into().unwrap();
    assert_eq!((made.case.as_str(), made.step.as_str(), made.parcel.as_deref()), ("1405-000001", "visit", Some("3-1")));
    assert_eq!(made.officer, Some(officer("technical-officer").to_string()));
    assert_eq!(visits(VisitState::Open).await, []);
    let days = (Date(0), on("1405/12/01").date());
    let work = districts::workload(&desk, [DistrictId(3)].into_iter().collect(), days).await.unwrap();
    let check = work.iter().find(|work| work.step == "check").unwrap();
    assert_eq!((check.opened, check.done, check.waiting, check.role.as_deref()), (2, 2, 0, Some("intake")));
    let later = (on("1405/12/01").date(), on("1405/12/02").date());
    let work = districts::workload(&desk, Districts::ALL, later).await.unwrap();
    let waiting: Vec<_> = work.iter().filter(|work| work.waiting > 0).collect();
    assert_eq!((waiting.len(), waiting[0].step.as_str(), waiting[0].district), (1, "fee", 4));
    assert!(work.iter().all(|work| work.opened == 0), "nothing came on those days");
}

#[tokio::test]
async fn money_and_visits_in_sqlite() {
    money_and_visits_are_shown(sqlite().await).await;
}

#[tokio::test]
async fn money_and_visits_in_postgres() {
    money_and_visits_are_shown(postgres().await).await;
}

async fn the_city_is_shown(fresh: Fresh) {
    let mut world = story();
    let intake = Actor { person: officer("intake"), role: id("intake"), department: None, districts: Districts::ALL };
    world.ask(intake, id("office"), None, Command::Apply(small_works(8, 6, 10))).unwrap();
    fresh.catch_up(&world).await;
    let desk = fresh.desk(permit_office::NAME).await;
    let city = permit_office::city(desk.reader()).await.unwrap().unwrap();
    assert_eq!((city.clock().unwrap().name(), city.districts), ("Asia/Tehran", 15));
    let holidays = permit_office::holidays(&desk, on("1405/10/01").date()).await.unwrap();
    assert_eq!((holidays.len(), holidays[0].day.jalali.as_str()), (1, "1405/10/13"));
    let list = permit_office::procedures(&desk).await.unwrap();
    let names: Vec<&str> = list.iter().map(|procedure| procedure.procedure.as_str()).collect();
    assert_eq!(names, ["building-permit", "observed", "small-works"]);
    let small = permit_office::procedure(&desk, &id("small-works"), None).await.unwrap().unwrap();
    assert!(small.source.unwrap().contains("works-fee") && small.needs_parcel && !small.observed);
    assert!(permit_office::procedure(&desk, &id("small-works"), Some(2)).await.unwrap().is_none());
    let [breach] =
        permit_office::breaches(&desk, Districts::ALL, None, Limit::default()).await.unwrap().items.try_into().unwrap();
    assert_eq!((breach.channel.as_str(), breach.district, breach.since.jalali.as_str()), ("office", 6, "1404/07/01"));
}

#[tokio::test]
async fn the_city_in_sqlite() {
    the_city_is_shown(sqlite().await).await;
}

#[tokio::test]
async fn the_city_in_postgres() {
    the_city_is_shown(postgres().await).await;
}

#[tokio::test]
async fn agencies_are_shown_with_their_answers() {
    let fresh = sqlite().await;
    let mut world = World::new();
    let consulted = crate::walk::to_consultations(&mut world);
    let held = world.state.case(consulted).unwrap();
    let first = usize::from(held.consultations[0].agency);
    let (_, source) = world.state.procedure_of(held).agency_at(first);
    let (asked, role) = (source.agency.clone(), source.role.clone());
    fresh.catch_up(&world).await;
    let desk = fresh.desk(permit_office::NAME).await;
    let inbox = permit_office::inbox(&desk, &ask(role.as_str())).await.unwrap().items;
    assert!(inbox.iter().any(|item| item.work == Work::Consultation && item.item == asked.as_str()));
    let note = Some(sealed(officer(role.as_str()), "نظر موافق"));
    let verdict = Verdict::ApprovesWithConditions;
    world.does(role.as_str(), Command::AnswerConsultation { case: consulted, agency: asked.clone(), verdict, note });
    fresh.catch_up(&world).await;
    let view = permit_office::case(&desk, consulted, Personal::Hidden).await.unwrap().unwrap();
    let answered = view.consultations.iter().find(|consultation| consultation.agency == asked.as_str()).unwrap();
    assert_eq!(answered.verdict, Some(permit_office::Verdict::ApprovesWithConditions));
    let inbox = permit_office::inbox(&desk, &ask(role.as_str())).await.unwrap().items;
    assert!(inbox.iter().all(|item| item.item != asked.as_str()));
}
