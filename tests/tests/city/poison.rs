//! Events that no projection can fold, put into the stream past the registrar (catalogue 33, 34).

use crate::harness::http::fresh;
use crate::harness::register::Register;
use crate::harness::{City, Load, Plan, ZAHRA, until};
use kernel::CommandId;
use ledger::{Block, Commit};
use serde_json::json;

/// The stored code of `BillIssued`.
const BILL_ISSUED: u16 = 32;
/// A code that no event has.
const FUTURE: u16 = 9_999;

/// The last commit of the register with an event of this code, under a command id of its own.
fn again(register: &Register, code: u16) -> Commit<'_> {
    let found = register.blocks.iter().rev().find_map(|bytes| {
        let block = Block::decode(bytes).expect("a block of the register");
        block.commits.into_iter().find(|commit| commit.entries.iter().any(|entry| entry.code == code))
    });
    Commit { command: CommandId(fresh()), ..found.expect("such an event was recorded") }
}

/// A case with a bill.
fn billed(city: &City) -> String {
    let case = city.apply().case();
    let at = |rest: &str| format!("/v1/cases/{case}/{rest}");
    let check = json!({ "outcome": "small-works", "checklist": { "small": true } });
    city.officer("intake").done(&at("steps/check/complete"), &check);
    city.officer("revenue").done(&at("bill"), &json!({}));
    case
}

fn wait_parked(city: &City) {
    until("a parked case is seen", || city.figure(&["parked_cases"]).filter(|parked| *parked >= 1.0));
}

#[test]
fn n33_a_poison_event_parks_its_case_and_stops_nobody_else() {
    let city = Plan::together().start();
    let case = billed(&city);
    // The same bill once more: well formed, linked and hashed, and impossible.
    city.forge(|register| vec![again(register, BILL_ISSUED)]);
    wait_parked(&city);
    let parked = city.cli_ok(&["read-models", "parked"]);
    assert!(parked.contains(&case), "{parked}");
    let other = billed(&city);
    let load = Load::start(&city);
    load.wait_for(20);
    load.stop();
    let last = city.apply().position();
    let shown = city.officer("revenue").get_after(&format!("/v1/revenue/bills?case={other}"), last);
    assert_eq!(shown.as_array().map(Vec::len), Some(1), "others go on: {shown}");
    let verified = city.cli(&["audit", "verify"]);
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(!verified.status.success() && said.contains("bill number"), "the auditor says so: {said}");
}

#[test]
fn n34_an_unknown_event_is_parked_and_never_guessed() {
    let city = Plan::together().start();
    let case = billed(&city);
    let citizen = city.citizen(ZAHRA);
    city.forge(|register| {
        let mut commit = again(register, BILL_ISSUED);
        commit.entries.truncate(1);
        commit.entries[0].code = FUTURE;
        vec![commit]
    });
    wait_parked(&city);
    let parked = city.cli_ok(&["read-models", "parked"]);
    assert!(parked.contains(&case) && parked.contains(&FUTURE.to_string()), "{parked}");
    // The registrar cannot know what it would decide on: it stops, and says why.
    let answer = citizen.post("/v1/cases", &crate::harness::load::small_works(ZAHRA, &city.parcel()));
    assert!(matches!(answer.status, 503 | 504), "{} {}", answer.status, answer.text);
    let red = || city.anybody().try_get("/readyz").ok().filter(|ready| ready.status == 503);
    until("readiness says why", || red().filter(|ready| ready.text.contains("too old")));
    assert!(citizen.get(&format!("/v1/cases/{case}")).is_ok(), "what was there is still read");
}
