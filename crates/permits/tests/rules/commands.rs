//! Every command is accepted somewhere: one long life that uses them all, and a list that fails for a forgotten one.

use super::harness::*;
use kernel::{Rials, time::Weekday};
use permits::{Command, events::*};
use std::collections::BTreeSet;

/// A new command does not compile until it has a name here, and the test fails until it is accepted below.
fn name(command: &Command) -> &'static str {
    match command {
        Command::EstablishCity { .. } => "EstablishCity",
        Command::PublishProcedure { .. } => "PublishProcedure",
        Command::DeclareHoliday { .. } => "DeclareHoliday",
        Command::WithdrawHoliday { .. } => "WithdrawHoliday",
        Command::SetRestDays { .. } => "SetRestDays",
        Command::DeclareKin { .. } => "DeclareKin",
        Command::ForgetPerson { .. } => "ForgetPerson",
        Command::Apply(_) => "Apply",
        Command::Withdraw { .. } => "Withdraw",
        Command::TakeStep { .. } => "TakeStep",
        Command::CompleteStep { .. } => "CompleteStep",
        Command::ReturnCase { .. } => "ReturnCase",
        Command::AnswerReturn { .. } => "AnswerReturn",
        Command::Consult { .. } => "Consult",
        Command::AnswerConsultation { .. } => "AnswerConsultation",
        Command::IssueBill { .. } => "IssueBill",
        Command::RecordPayment { .. } => "RecordPayment",
        Command::OrderRefund { .. } => "OrderRefund",
        Command::ConfirmRefund { .. } => "ConfirmRefund",
        Command::ViewFile { .. } => "ViewFile",
        Command::ExtendDeadline { .. } => "ExtendDeadline",
        Command::RefuseCase { .. } => "RefuseCase",
        Command::Grant { .. } => "Grant",
        Command::IssueLicence { .. } => "IssueLicence",
        Command::Suspend { .. } => "Suspend",
        Command::Reinstate { .. } => "Reinstate",
        Command::Revoke { .. } => "Revoke",
        Command::Renew { .. } => "Renew",
        Command::Transfer { .. } => "Transfer",
        Command::CompleteWork { .. } => "CompleteWork",
        Command::Object { .. } => "Object",
        Command::DecideObjection { .. } => "DecideObjection",
        Command::RecordStep { .. } => "RecordStep",
        Command::CloseRecord { .. } => "CloseRecord",
        Command::PassDeadline { .. } => "PassDeadline",
        Command::RecomputeDeadlines { .. } => "RecomputeDeadlines",
    }
}
/// How many arms that match has.
const COMMANDS: usize = 36;

fn case_1() -> kernel::CaseId {
    case(1)
}

/// A command, and the events that it must lead to.
type Moment = (Ask, &'static [&'static str]);

/// From the founding of the city to the completion certificate, with every detour, and what else there is.
fn life() -> Vec<Moment> {
    [until_the_bill(), decisions_and_objections(), after_the_licence()].into_iter().flatten().collect()
}

fn until_the_bill() -> Vec<Moment> {
    let c = case_1;
    vec![
        (by("admin", establish()), &["CityEstablished"]),
        (by("admin", publish(KIOSK)), &["ProcedurePublished"]),
        (by("admin", publish(OBSERVED)), &["ProcedurePublished"]),
        (by("admin", Command::SetRestDays { from: date("1406/01/01"), days: vec![Weekday::Friday] }), &["RestDaysSet"]),
        (
            by("clerk", Command::DeclareKin { officer: officer("clerk"), kin: OTHER, relation: id("parent") }),
            &["KinDeclared"],
        ),
        (apply(|wanted| wanted.facts = vec![floors(4)]), &["ApplicationSubmitted", "StepOpened"]),
        (by("clerk", Command::TakeStep { case: c(), step: step("check") }), &["StepTaken"]),
        (by("head", Command::ExtendDeadline { case: c(), step: Some(step("check")) }), &["DeadlineMoved"]),
        (
            by(
                "clerk",
                Command::ReturnCase { case: c(), step: step("check"), corrections: vec![id("plan")], note: None },
            ),
            &["CaseReturned"],
        ),
        (
            by(
                "citizen",
                Command::AnswerReturn { case: c(), facts: vec![], documents: vec![document("plan")], note: None },
            ),
            &["ReturnAnswered"],
        ),
        (
            by("clerk", done("check")),
            &["StepCompleted", "StepOpened", "ConsultationRequested", "ConsultationRequested", "StepOpened"],
        ),
        (by("surveyor", done("survey")), &["StepCompleted"]),
        (by("agency-fire", answer("fire", Verdict::Rejects)), &["ConsultationAnswered"]),
        (
            by("clerk", Command::Consult { case: c(), step: step("ask"), agency: id("fire") }),
            &["ConsultationRequested"],
        ),
        (by("agency-fire", answer("fire", Verdict::ApprovesWithConditions)), &["ConsultationAnswered"]),
        (by("clerk", done("ask")), &["StepCompleted", "StepOpened"]),
    ]
}

/// Of the second bill, for what went back.
fn pay_again(amount: i64, reference: &str) -> Command {
    let bill = permits::numbers::BillNumber::new(1405, 2);
    Command::RecordPayment { case: case_1(), bill, amount: Rials(amount), reference: reference.into() }
}

fn decisions_and_objections() -> Vec<Moment> {
    let c = case_1;
    vec![
        (by("cashier", Command::IssueBill { case: c() }), &["BillIssued"]),
        (by("bank", pay(1_000, "T1")), &["PaymentReceived"]),
        (by("cashier", pay(3_000, "T2")), &["PaymentReceived"]),
        (by("cashier", done("cash")), &["StepCompleted"]),
        (
            by("head", Command::RefuseCase { case: c(), article: id("zoning"), note: None }),
            &["ConsultationCancelled", "CaseRefused"],
        ),
        (by("clerk", Command::ViewFile { case: c(), document: None }), &["FileViewed"]),
        (by("cashier", give_back("T1", 1_000)), &["RefundOrdered"]),
        (
            by("bank", Command::ConfirmRefund { case: c(), payment: "T1".into(), reference: "R1".into() }),
            &["RefundPaid"],
        ),
        (by("citizen", Command::Object { case: c(), note: Some(sealed_for(APPLICANT)) }), &["ObjectionRaised"]),
        (
            by("panel", Command::DecideObjection { case: c(), upheld: true, note: None }),
            &["ObjectionDecided", "StepOpened", "ConsultationRequested", "ConsultationRequested"],
        ),
        (by("agency-fire", answer("fire", Verdict::Approves)), &["ConsultationAnswered"]),
        (by("clerk", done("ask")), &["StepCompleted", "StepOpened"]),
        (by("cashier", Command::IssueBill { case: c() }), &["BillIssued"]),
        (by("bank", pay_again(1_000, "T3")), &["PaymentReceived"]),
        (by("cashier", done("cash")), &["StepCompleted"]),
        (by("head", Command::Grant { case: c() }), &["ConsultationCancelled", "PermitGranted"]),
        (by("head", Command::IssueLicence { case: c() }), &["LicenceIssued", "StepOpened", "ConsultationRequested"]),
        (by("head", Command::Suspend { case: c(), article: id("zoning"), note: None }), &["LicenceSuspended"]),
        (by("head", Command::Reinstate { case: c() }), &["LicenceReinstated"]),
        (
            by("head", Command::Revoke { case: c(), article: id("zoning"), note: None }),
            &["ConsultationCancelled", "StepCancelled", "LicenceRevoked"],
        ),
        (by("citizen", Command::Object { case: c(), note: None }), &["ObjectionRaised"]),
        (
            by("panel", Command::DecideObjection { case: c(), upheld: true, note: None }),
            &["ObjectionDecided", "LicenceReinstated", "StepOpened", "ConsultationRequested"],
        ),
    ]
}

fn after_the_licence() -> Vec<Moment> {
    let c = case_1;
    let day = date("1405/10/05");
    vec![
        (by("head", Command::Renew { case: c() }), &["LicenceRenewed"]),
        (by("head", Command::Transfer { case: c(), to: party(OTHER) }), &["LicenceTransferred"]),
        (by("agency-gas", answer("gas", Verdict::Approves)), &["ConsultationAnswered"]),
        (by("surveyor", done("build")), &["StepCompleted", "StepOpened"]),
        (by("clerk", done("final")).person(officer("deputy-clerk")), &["StepCompleted"]),
        (by("head", Command::CompleteWork { case: c() }), &["WorkCompleted"]),
        (apply(|_| {}), &["ApplicationSubmitted", "StepOpened"]),
        (
            by("admin", Command::DeclareHoliday { date: date("1405/09/09"), title: "باران".into() }),
            &["HolidayDeclared"],
        ),
        (by("clock", Command::RecomputeDeadlines { case: case(2) }), &["DeadlineMoved", "DeadlineMoved"]),
        (by("admin", Command::DeclareHoliday { date: day, title: "باران".into() }), &["HolidayDeclared"]),
        (by("admin", Command::WithdrawHoliday { date: day }), &["HolidayWithdrawn"]),
        (by("clock", Command::PassDeadline { case: case(2) }).on("1405/09/12"), &["DeadlinePassed"]),
        (by("citizen", Command::Withdraw { case: case(2) }), &["StepCancelled", "ApplicationWithdrawn"]),
        (by("admin", Command::ForgetPerson { person: AGENT }), &["PersonForgotten"]),
        (super::imports::imported(|_| {}), &["ApplicationSubmitted"]),
        (super::imports::recorded(3, "Check confirmation of receipt"), &["StepRecorded"]),
        (by("importer", Command::CloseRecord { case: case(3) }), &["RecordClosed"]),
    ]
}

#[test]
fn every_command_is_accepted_in_one_long_life() {
    let mut world = given([]);
    let mut seen = BTreeSet::new();
    for (ask, expected) in life() {
        let events = world.step(&ask);
        assert_eq!(names(&events), expected, "{:?}", ask.envelope.command);
        seen.insert(name(&ask.envelope.command));
    }
    assert_eq!(seen.len(), COMMANDS, "a command is not in the life: {seen:?}");
    let all: BTreeSet<&str> = world.facts.iter().map(|fact| fact.event.name()).collect();
    let missing: Vec<_> = permits::wire::CODES.iter().filter(|(_, name)| !all.contains(name)).collect();
    assert_eq!(missing, [&(23, "StepSkipped"), &(45, "CutOverBreached")], "these have tests of their own");
}

#[test]
fn a_payment_of_exactly_what_is_outstanding_ends_the_bill() {
    let world = given(ready());
    assert_eq!(world.case(1).outstanding(), Rials(0));
    world.when(by("cashier", pay(1, "T9"))).refused("amount-too-large");
}
