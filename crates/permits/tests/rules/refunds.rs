//! Money that is not owed goes back, once and never more than came in; and who looked at a file.

use super::harness::*;
use kernel::{DistrictId, Register, Rials};
use permits::{Command, Permits, events::*, numbers::BillNumber};

fn confirm(payment: &str) -> Ask {
    by("bank", Command::ConfirmRefund { case: case(1), payment: payment.into(), reference: "R1".into() })
}

fn refuse() -> Ask {
    by("head", Command::RefuseCase { case: case(1), article: id("zoning"), note: None })
}

fn billed() -> World {
    given(applied()).and([by("cashier", Command::IssueBill { case: case(1) })])
}

#[test]
fn what_the_bank_took_beyond_the_bill_is_owed_to_the_payer() {
    let received = PaymentReceived {
        bill: BillNumber::new(1405, 1),
        district: DistrictId(3),
        amount: Rials(2_000),
        reference: "T1".into(),
        outstanding: Rials(0),
    };
    let surplus = owed("T1", 500, RefundReason::Surplus);
    billed().when(by("bank", pay(2_500, "T1"))).then([received.into(), surplus]);
    // Paid in two windows at once: the second is owed as a whole, and its number is never booked again.
    let world = billed().and([by("bank", pay(2_000, "T1"))]);
    world.when(by("bank", pay(2_000, "T2"))).then([owed("T2", 2_000, RefundReason::Surplus)]);
    let world = world.and([by("bank", pay(2_000, "T2"))]);
    world.when(by("bank", pay(2_000, "T2"))).refused("payment-booked");
    let restored = Permits::restore(&world.state.save()()).unwrap();
    assert!(restored.decide(&by("bank", pay(2_000, "T2")).envelope, world.now).is_err(), "nor after a restart");
}

#[test]
fn what_comes_after_the_end_of_the_case_is_owed_to_the_payer() {
    let world = billed().and([refuse()]);
    world.when(by("bank", pay(2_000, "T1"))).then([owed("T1", 2_000, RefundReason::CaseEnded)]);
}

#[test]
fn a_refused_application_gets_its_money_back_once() {
    let world = billed().and([by("bank", pay(500, "T1")), by("bank", pay(1_500, "T2"))]);
    world.when(by("cashier", give_back("T1", 500))).refused("refund-too-large");
    let world = world.and([refuse()]);
    world.when(by("clerk", give_back("T1", 500))).refused("role-may-not");
    world.when(by("cashier", give_back("T9", 500))).refused("unknown-payment");
    world.when(by("cashier", give_back("T1", 0))).refused("amount-not-positive");
    world.when(by("cashier", give_back("T1", 501))).refused("refund-too-large");
    world.when(by("cashier", give_back("T1", 300))).then([owed("T1", 300, RefundReason::Decided)]);
    let world = world.and([by("cashier", give_back("T1", 300))]);
    world.when(by("cashier", give_back("T1", 200))).refused("refund-pending");
    world.when(by("cashier", give_back("T2", 1_500))).then([owed("T2", 1_500, RefundReason::Decided)]);
    world
        .when(by("cashier", Command::ConfirmRefund { case: case(1), payment: "T1".into(), reference: "R".into() }))
        .refused("role-may-not");
    world.when(confirm("T2")).refused("no-refund-pending");
    let world = world.and([confirm("T1")]);
    world.when(confirm("T1")).refused("no-refund-pending");
    world.when(by("cashier", give_back("T1", 201))).refused("refund-too-large");
    world.when(by("cashier", give_back("T1", 200))).names(&["RefundOrdered"]);
}

#[test]
fn a_correction_that_lowers_the_fee_makes_the_difference_refundable() {
    let back = by(
        "cashier",
        Command::ReturnCase { case: case(1), step: step("cash"), corrections: vec![id("floors")], note: None },
    );
    let lower =
        by("citizen", Command::AnswerReturn { case: case(1), facts: vec![floors(1)], documents: vec![], note: None });
    let mut history = ready();
    history.pop();
    let world = given(history).and([back, lower]);
    world.when(by("cashier", give_back("T1", 1_001))).refused("refund-too-large");
    let world = world.and([by("cashier", give_back("T1", 1_000)), by("cashier", done("cash"))]);
    world.when(by("head", Command::Grant { case: case(1) })).events();
}

#[test]
fn a_case_that_goes_on_is_billed_again_for_what_went_back() {
    let world = billed().and([by("bank", pay(2_000, "T1")), refuse(), by("cashier", give_back("T1", 2_000))]);
    let world = world.and([
        by("citizen", Command::Object { case: case(1), note: None }),
        by("panel", Command::DecideObjection { case: case(1), upheld: true, note: None }),
    ]);
    let events = world.when(by("cashier", Command::IssueBill { case: case(1) })).names(&["BillIssued"]);
    let Event::BillIssued(again) = &events[0] else { unreachable!() };
    assert_eq!(again.total, Rials(2_000));
}

#[test]
fn an_officer_who_looks_leaves_a_trace_and_nobody_else_does() {
    let look = |kind: Option<&str>| Command::ViewFile { case: case(1), document: kind.map(document) };
    let world = given(applied());
    let seen = FileViewed { district: DistrictId(3), document: Some(document("plan")) };
    world.when(by("clerk", look(Some("plan")))).then([seen.into()]);
    world.when(by("clerk", look(Some("poem")))).refused("unknown-document");
    for role in ["citizen", "bank", "clock", "importer"] {
        world.when(by(role, look(None))).refused("only-officers-view");
    }
    world.when(by("clerk", look(None)).districts(&[4])).refused("district-not-yours");
}
