//! An example of every kind of event, told by the same code that tells real ones.

use super::teller;
use crate::message::Place;
use crate::{City, Told};
use kernel::{CaseId, Date, Deadline, DistrictId, Height, Instant, PersonId, Position, Rials, Sealed, StepId};
use kernel::{calendar::DayUnit, deadline::StartRule, time::Weekday};
use permits::Event;
use permits::events as e;
use permits::numbers::{BillNumber, CertificateNumber, LicenceNumber};

const PROCEDURE: &str = include_str!("../../../../deploy/cities/isfahan/procedures/building-permit.toml");
/// The morning of 6 Azar 1405 in Isfahan.
const NOW: Instant = Instant(1_795_765_800_000_000);

/// Every kind once, in the order in which a case might meet them.
pub(super) fn told() -> Vec<Told> {
    let (_, teller) = teller();
    let mut city = City::default();
    let mut told = Vec::new();
    let events = of_the_city().into_iter().map(|event| (CaseId::CITY, event));
    let events = events.chain(of_a_case().into_iter().map(|event| (CaseId::new(1405, 123), event)));
    for (position, (case, event)) in (1_200..).zip(events) {
        city.learn(case, &event);
        let (recorded_at, occurred_at) = (NOW, NOW);
        let place = Place { position: Position(position), height: Height(77), case, recorded_at, occurred_at };
        told.extend(teller.tell(&city, place, &event));
    }
    told
}

fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("an example's ids are valid")
}

fn of_the_city() -> Vec<Event> {
    let title = |fa: &str, en: &str| e::Title { fa: fa.to_owned(), en: en.to_owned() };
    let office = e::Department {
        id: id("permit-office"), title: title("معاونت شهرسازی و معماری", "Permit office")
    };
    let (procedure, version) = (id("building-permit"), 1);
    let charter = e::CityEstablished {
        title: title("شهرداری اصفهان", "Municipality of Isfahan"),
        zone: "Asia/Tehran".into(),
        districts: 15,
        departments: vec![office],
    };
    vec![
        charter.into(),
        e::ProcedurePublished { procedure, version, source: PROCEDURE.to_owned() }.into(),
        e::HolidayDeclared { date: day(), title: "نوروز".into(), calendar: 2 }.into(),
        e::HolidayWithdrawn { date: day(), calendar: 3 }.into(),
        e::RestDaysSet { from: day(), days: vec![Weekday::Thursday, Weekday::Friday], calendar: 4 }.into(),
    ]
}

fn day() -> Date {
    id("2026-12-19")
}

fn deadline() -> Deadline {
    let (rule, unit) = (Some(StartRule::NextDay), DayUnit::Working);
    Deadline { start: id("2026-11-27"), rule, days: 15, unit, due: Instant(NOW.0), calendar: 4, extended: false }
}

fn of_a_case() -> Vec<Event> {
    [course(), deadlines_and_agencies(), money(), licence()].concat()
}

fn course() -> Vec<Event> {
    let (district, step): (_, StepId) = (DistrictId(3), id("planning-order"));
    let fact = e::FactValue { field: id("built-area"), value: e::Value::Integer(600) };
    let document = |kind: &str| e::Document { kind: id(kind), sha256: [0; 32] };
    let nobody = PersonId(uuid::Uuid::nil());
    let submitted = e::ApplicationSubmitted {
        procedure: id("building-permit"),
        version: 1,
        district,
        parcel: Some(id("3-1-12")),
        applicant: Some(e::Party {
            person: nobody,
            name: Sealed { person: nobody, bytes: vec![] },
            mobile: None,
            address: None,
        }),
        agent: None,
        facts: vec![fact.clone()],
        documents: vec![document("deed")],
        promise: Some(deadline()),
        estimate: Rials(1_250_000_000),
        origin: None,
    };
    let (role, department) = (id("planner"), id("district-office"));
    let completed = e::StepCompleted {
        step: step.clone(),
        district,
        outcome: id("ordered"),
        checklist: vec![],
        documents: vec![],
        note: None,
        back_to: None,
        by_silence: false,
    };
    let (estimate, documents) = (Rials(1_300_000_000), vec![document("identity")]);
    vec![
        submitted.into(),
        e::StepOpened { step: step.clone(), role, department, district, deadline: Some(deadline()) }.into(),
        e::StepTaken { step: step.clone(), district, officer: nobody }.into(),
        completed.into(),
        e::StepSkipped { step: step.clone() }.into(),
        e::StepCancelled { step: step.clone(), district }.into(),
        e::CaseReturned { step, corrections: vec![id("built-area"), id("identity")], note: None }.into(),
        e::ReturnAnswered { facts: vec![fact], documents, note: None, estimate }.into(),
        e::CutOverBreached { channel: "office".into(), district, since: day() }.into(),
        e::StepRecorded { name: "".into(), actor: None, unit: None, lifecycle: None }.into(),
        e::RecordClosed {}.into(),
    ]
}

fn deadlines_and_agencies() -> Vec<Event> {
    let (district, agency): (_, StepId) = (DistrictId(3), id("fire"));
    let (clock, escalated_to) = (e::Clock::Step(id("planning-order")), Some(id("deputy")));
    let asked = e::ConsultationRequested {
        agency: agency.clone(),
        role: id("agency-fire"),
        district,
        step: id("inquiries"),
        required: true,
        deadline: Some(deadline()),
    };
    let (verdict, note, by_silence) = (e::Verdict::ApprovesWithConditions, None, false);
    vec![
        e::DeadlineMoved { clock: clock.clone(), deadline: deadline(), why: e::Moved::Calendar }.into(),
        e::DeadlinePassed { clock, district, due: NOW, escalated_to }.into(),
        asked.into(),
        e::ConsultationAnswered { agency: agency.clone(), verdict, note, by_silence }.into(),
        e::ConsultationCancelled { agency, district }.into(),
    ]
}

fn money() -> Vec<Event> {
    let (district, bill, total) = (DistrictId(3), BillNumber::new(1405, 88), Rials(1_300_000_000));
    let lines = vec![e::BillLine { fee: id("density"), amount: total }];
    let (payment, outstanding, amount) = ("".into(), Rials(0), Rials(50_000));
    let reason = e::RefundReason::Surplus;
    vec![
        e::BillIssued { bill, district, lines, total, deadline: Some(deadline()) }.into(),
        e::PaymentReceived { bill, district, amount: total, reference: "".into(), outstanding }.into(),
        e::RefundOrdered { bill, district, payment, amount, reason, note: None }.into(),
        e::RefundPaid { bill, district, payment: "".into(), amount, reference: "".into() }.into(),
    ]
}

fn licence() -> Vec<Event> {
    let (district, article): (_, StepId) = (DistrictId(3), id("detailed-plan"));
    let nobody = PersonId(uuid::Uuid::nil());
    let to = e::Party { person: nobody, name: Sealed { person: nobody, bytes: vec![] }, mobile: None, address: None };
    vec![
        e::CaseRefused { article: Some(article.clone()), note: None }.into(),
        e::ObjectionRaised { note: None, deadline: Some(deadline()) }.into(),
        e::ObjectionDecided { upheld: true, note: None, back_to: Some(id("planning-order")) }.into(),
        e::PermitGranted {}.into(),
        e::LicenceIssued { licence: LicenceNumber::new(1405, 45), district, valid_until: day() }.into(),
        e::LicenceSuspended { article: article.clone(), note: None }.into(),
        e::LicenceReinstated {}.into(),
        e::LicenceRenewed { valid_until: day() }.into(),
        e::LicenceTransferred { to }.into(),
        e::LicenceRevoked { article, note: None }.into(),
        e::WorkCompleted { certificate: CertificateNumber::new(1405, 9) }.into(),
        e::ApplicationWithdrawn {}.into(),
    ]
}
