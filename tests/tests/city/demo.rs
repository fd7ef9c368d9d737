//! `daftar up --demo`: its made-up weeks leave nothing empty that a page shows, bank and register agree about them, and
//! they are made once.

use crate::harness::home::{Home, home};
use crate::harness::{Caller, PATIENCE, until};
use serde_json::Value;
use std::collections::BTreeSet;
use test_support::Process;

/// Every case of the city.
fn cases(caller: &Caller) -> Vec<Value> {
    let year = (1400..1500).find(|year| caller.get(&format!("/v1/cases/{year}-000001")).status == 200);
    let year = year.expect("a first case");
    let case = |number| caller.get(&format!("/v1/cases/{year}-{number:06}"));
    (1..).map(case).take_while(|answer| answer.status == 200).map(|answer| answer.ok().clone()).collect()
}

fn items(caller: &Caller, path: &str) -> Vec<Value> {
    let all = caller.get(path);
    let items = all.ok()["items"].as_array().unwrap_or_else(|| panic!("{path} has items: {}", all.text));
    assert!(!items.is_empty(), "{path} is empty");
    items.clone()
}

/// Waits until the tables hold all that was made.
fn shown(home: &Home, city: &Process) {
    let bank = home.caller(city, "revenue");
    let mut before = String::new();
    until("the tables stand still", || {
        std::thread::sleep(PATIENCE / 20);
        let now = format!("{}{}", bank.get("/v1/revenue/overdue").text, bank.get("/v1/inbox?limit=100").text);
        let cases = cases(&home.caller(city, "technical-head")).len();
        let now = format!("{cases} {now}");
        let same = now == before && cases > 0;
        before = now;
        same.then_some(())
    });
}

#[test]
fn made_up_weeks_leave_nothing_empty_and_are_made_once() {
    let home = home();
    let city = home.up_with_demo();
    shown(&home, &city);
    let head = home.caller(&city, "technical-head");
    let all = cases(&head);
    states(&all);
    desks(&home, &city);
    money(&home, &city);
    papers(&head, &all);
    items(&head, "/v1/breaches");
    let visits = (1..=15).map(|district| format!("/v1/districts/{district}/visits"));
    let officer = home.caller(&city, "technical-officer");
    assert!(visits.filter(|path| !officer.get(path).ok()["items"].as_array().unwrap().is_empty()).count() >= 3);
    assert!(!city.log().contains("bank and register differ"), "{}", city.log());
    assert!(city.interrupt().success(), "Ctrl-C ends it well:\n{}", city.log());

    let again = home.up_with_demo();
    assert_eq!(cases(&home.caller(&again, "technical-head")).len(), all.len(), "not made again");
    assert!(again.interrupt().success(), "Ctrl-C ends it well:\n{}", again.log());
}

fn states(all: &[Value]) {
    let status: BTreeSet<&str> = all.iter().filter_map(|case| case["status"].as_str()).collect();
    let wanted = "completed granted in-progress issued refused revoked suspended withdrawn";
    assert_eq!(status.into_iter().collect::<Vec<_>>().join(" "), wanted);
    let some = |what: &str, is: &dyn Fn(&Value) -> bool| assert!(all.iter().any(is), "no case is {what}");
    some("returned", &|case| case["corrections"].as_array().is_some_and(|asked| !asked.is_empty()));
    some("billed and not paid", &|case| case["outstanding"].as_i64() > Some(0) && case["status"] == "in-progress");
    some("late", &|case| case["promise_passed"] == true && case["status"] == "in-progress");
    some("objected to", &|case| case["objection"].is_string());
    some("from the telephone", &|case| case["channel"] == "phone");
    let districts: BTreeSet<_> = all.iter().filter_map(|case| case["district"].as_u64()).collect();
    assert!(districts.len() >= 12, "{districts:?}");
}

fn desks(home: &Home, city: &Process) {
    let roles = "intake plan-reviewer planner technical-officer technical-head deputy revenue engineers supervisor \
                 agency-fire agency-social-security agency-engineers agency-heritage agency-utilities";
    let mut late = 0;
    for role in roles.split_whitespace() {
        let desk = items(&home.caller(city, role), "/v1/inbox?limit=100");
        late += desk.iter().filter(|item| item["passed"] == true).count();
    }
    assert!(late >= 3, "{late} are late");
}

fn money(home: &Home, city: &Process) {
    let revenue = home.caller(city, "revenue");
    items(&revenue, "/v1/revenue/overdue");
    let refunds = items(&revenue, "/v1/revenue/refunds?limit=100");
    for reason in ["surplus", "decided"] {
        let paid = |refund: &&Value| refund["reason"] == reason && refund["reference"].is_string();
        assert!(refunds.iter().any(|refund| paid(&refund)), "no refund was paid that was {reason}");
    }
}

/// A plan has two versions, both of which open, and there are PDFs and pictures.
fn papers(head: &Caller, all: &[Value]) {
    let mut kinds = BTreeSet::new();
    let mut newer_plan = false;
    for case in all.iter().filter(|case| case["procedure"] == "building-permit").take(25) {
        let case = case["case"].as_str().expect("a number");
        let documents = head.get(&format!("/v1/cases/{case}/documents")).ok().clone();
        for document in documents.as_array().expect("a list") {
            let text = |name: &str| document[name].as_str().expect("a text");
            let (kind, hash) = (text("kind"), text("sha256"));
            let is_newer_plan = kind.ends_with("-plan") && document["number"] == 2;
            if is_newer_plan || kinds.len() < 2 {
                let whole = head.file(&format!("/v1/cases/{case}/documents/{kind}/{hash}"));
                kinds.insert(whole.starts_with(b"%PDF-"));
            }
            newer_plan |= is_newer_plan;
        }
    }
    assert!(newer_plan && kinds.len() == 2, "{newer_plan} {kinds:?}");
}
