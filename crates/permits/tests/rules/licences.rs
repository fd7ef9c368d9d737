//! No licence before every required step, fee and consultation; and the licence's life after it.

use super::harness::*;
use kernel::Rials;
use permits::{Command, events::*, numbers::*, state::Status};

fn grant() -> Ask {
    by("head", Command::Grant { case: case(1) })
}

fn lax() -> String {
    KIOSK.replace("needs-payment = true", "needs-payment = false")
}

/// The same history under another text of the procedure.
fn under(source: &str, history: Vec<Ask>) -> Vec<Ask> {
    let mut start = city();
    start[1] = by("admin", publish(source)).on(START);
    start.extend(history.into_iter().skip(3));
    start
}

#[test]
fn no_grant_before_every_step() {
    let history = ready();
    for steps in 4..history.len() {
        given(history[..steps].to_vec()).when(grant()).refused("steps-pending");
    }
    given(history).when(grant()).names(&["ConsultationCancelled", "PermitGranted"]);
    let world = given(granted());
    world.when(grant()).refused("case-is-not");
    given(ready()).when(by("head", Command::IssueLicence { case: case(1) })).refused("case-is-not");
}

#[test]
fn no_grant_before_every_fee() {
    let mut history = under(&lax(), ready());
    let unpaid: Vec<Ask> =
        history.iter().filter(|ask| !matches!(ask.envelope.command, Command::RecordPayment { .. })).cloned().collect();
    given(unpaid.clone()).when(grant()).refused("bill-unpaid");
    let unbilled: Vec<Ask> =
        unpaid.into_iter().filter(|ask| !matches!(ask.envelope.command, Command::IssueBill { .. })).collect();
    given(unbilled).when(grant()).refused("bill-missing");
    given(std::mem::take(&mut history)).when(grant()).events();
}

#[test]
fn a_step_that_needs_the_payment_waits_for_it() {
    let world = given(applied()).and(ready().into_iter().skip(4).take(3));
    world.when(by("cashier", done("cash"))).refused("bill-missing");
    let world = world.and([by("cashier", Command::IssueBill { case: case(1) })]);
    world.when(by("cashier", done("cash"))).refused("bill-unpaid");
}

#[test]
fn no_grant_before_every_agency_that_a_correction_calls_for() {
    let back =
        by("cashier", Command::ReturnCase { case: case(1), step: step("cash"), corrections: vec![], note: None });
    let facts = vec![fact("heritage", Value::Flag(true))];
    let answered = by("citizen", Command::AnswerReturn { case: case(1), facts, documents: vec![], note: None });
    let mut history = ready();
    let cash = history.pop().unwrap();
    let world = given(history).and([back, answered, cash]);
    world.when(grant()).refused("consultation-open");
    let rejected = given(world.history()).and([by("agency-museum", answer("museum", Verdict::Rejects))]);
    rejected.when(grant()).refused("consultation-rejected");
    world.and([by("agency-museum", answer("museum", Verdict::Approves))]).when(grant()).events();
}

#[test]
fn a_correction_that_raises_the_fee_is_billed_for_the_rest() {
    let back = by(
        "cashier",
        Command::ReturnCase { case: case(1), step: step("cash"), corrections: vec![id("floors")], note: None },
    );
    let raise =
        by("citizen", Command::AnswerReturn { case: case(1), facts: vec![floors(6)], documents: vec![], note: None });
    let mut history = ready();
    history.pop();
    let world = given(history).and([back, raise, by("surveyor", done("survey"))]);
    world.when(by("cashier", done("cash"))).refused("bill-missing");
    let events = world.when(by("cashier", Command::IssueBill { case: case(1) })).names(&["BillIssued"]);
    let Event::BillIssued(bill) = &events[0] else { unreachable!() };
    let line = |fee: &str, amount| BillLine { fee: id(fee), amount: Rials(amount) };
    assert_eq!(bill.lines, [line("floor-fee", 6_000), line("height-fee", 3_003), line("billed-before", -2_000)]);
    assert_eq!((bill.total, bill.bill), (Rials(7_003), BillNumber::new(1405, 2)));
    let second = |amount, reference: &str| {
        let bill = BillNumber::new(1405, 2);
        by("bank", Command::RecordPayment { case: case(1), bill, amount: Rials(amount), reference: reference.into() })
    };
    let world = world.and([by("cashier", Command::IssueBill { case: case(1) })]);
    world.when(by("cashier", pay(1, "T3"))).refused("unknown-bill");
    world.when(by("bank", pay(1, "T3"))).then([owed("T3", 1, RefundReason::Surplus)]);
    world.when(second(7_003, "T1")).refused("payment-booked");
    let world = world.and([second(7_003, "T2"), by("cashier", done("cash"))]);
    world.when(grant()).events();
}

#[test]
fn a_licence_has_its_number_and_its_last_day() {
    let events = given(granted()).when(by("head", Command::IssueLicence { case: case(1) })).events();
    let licence = LicenceNumber::new(1405, 1);
    let valid_until = date(START).plus_days(365);
    assert_eq!(events[0], LicenceIssued { licence, district: kernel::DistrictId(3), valid_until }.into());
    let world = given(issued());
    assert_eq!(world.case(1).promise, None, "the promise is kept");
}

#[test]
fn a_licence_is_renewed_as_often_as_the_procedure_allows() {
    let renew = || by("head", Command::Renew { case: case(1) });
    let issued_until = date(START).plus_days(365);
    given(issued()).when(renew()).then([LicenceRenewed { valid_until: issued_until.plus_days(365) }.into()]);
    let late = "1408/01/10";
    let fresh = LicenceRenewed { valid_until: date(late).plus_days(365) };
    given(issued()).when(renew().on(late)).then([fresh.into()]);
    given(issued()).and([renew()]).when(renew()).refused("no-renewal");
    given(granted()).when(renew()).refused("case-is-not");
}

#[test]
fn suspending_and_revoking_rest_on_an_article() {
    let suspend = |article: &str| by("head", Command::Suspend { case: case(1), article: id(article), note: None });
    let revoke = |article: &str| by("head", Command::Revoke { case: case(1), article: id(article), note: None });
    let refuse = |article: &str| by("head", Command::RefuseCase { case: case(1), article: id(article), note: None });
    let world = given(issued());
    world.when(suspend("taste")).refused("unknown-article");
    world.when(revoke("taste")).refused("unknown-article");
    given(applied()).when(refuse("taste")).refused("unknown-article");
    world.when(refuse("zoning")).refused("case-is-not");
    world.when(by("head", Command::Reinstate { case: case(1) })).refused("case-is-not");
    let suspended = given(issued()).and([suspend("zoning")]);
    suspended.when(by("head", Command::Renew { case: case(1) })).refused("case-is-not");
    suspended.when(by("head", Command::Transfer { case: case(1), to: party(OTHER) })).refused("case-is-not");
    let revoked = suspended.and([revoke("zoning")]);
    assert_eq!((revoked.case(1).status, revoked.case(1).open.len()), (Status::Revoked, 0));
    revoked.when(by("head", Command::Reinstate { case: case(1) })).refused("case-is-not");
}

#[test]
fn a_transfer_changes_who_the_case_belongs_to() {
    let object = || by("citizen", Command::Object { case: case(1), note: None });
    let suspend = by("head", Command::Suspend { case: case(1), article: id("zoning"), note: None });
    let world = given(issued()).and([by("head", Command::Transfer { case: case(1), to: party(OTHER) }), suspend]);
    world.when(object()).refused("not-your-case");
    world.when(object().person(OTHER)).names(&["ObjectionRaised"]);
}

#[test]
fn the_work_is_certified_after_its_steps() {
    let certify = || by("head", Command::CompleteWork { case: case(1) });
    given(issued()).when(certify()).refused("steps-pending");
    given(built()).when(certify()).then([WorkCompleted { certificate: CertificateNumber::new(1405, 1) }.into()]);
    given(built()).and([certify()]).when(certify()).refused("case-is-not");
}
