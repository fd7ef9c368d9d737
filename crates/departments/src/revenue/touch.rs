//! Which of the revenue office's tables each event touches: the one place that names every event.

use permits::Event;
use permits::events::{Clock, RefundOrdered, RefundReason};
use permits::numbers::BillNumber;

/// The tables that an event touches.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Touch<'a> {
    pub(super) bill: Option<BillNumber>,
    pub(super) payment: bool,
    /// The payment of which something goes back.
    pub(super) refund: Option<&'a str>,
    pub(super) dues: bool,
}

const NONE: Touch<'_> = Touch { bill: None, payment: false, refund: None, dues: false };
const DUES: Touch<'_> = Touch { dues: true, ..NONE };

/// What the event touches.
pub(super) fn of(event: &Event) -> Touch<'_> {
    match event {
        Event::BillIssued(e) => Touch { bill: Some(e.bill), ..DUES },
        Event::PaymentReceived(e) => Touch { bill: Some(e.bill), payment: true, ..DUES },
        Event::DeadlineMoved(e) => deadline(&e.clock),
        Event::DeadlinePassed(e) => deadline(&e.clock),
        Event::CaseRefused(_)
        | Event::ApplicationWithdrawn(_)
        | Event::RecordClosed(_)
        | Event::ObjectionDecided(_) => DUES,
        Event::RefundOrdered(e) => Touch { bill: decided(e), refund: Some(&e.payment), ..NONE },
        Event::RefundPaid(e) => Touch { refund: Some(&e.payment), ..NONE },
        Event::FileViewed(_)
        | Event::CityEstablished(_)
        | Event::ProcedurePublished(_)
        | Event::HolidayDeclared(_)
        | Event::HolidayWithdrawn(_)
        | Event::RestDaysSet(_)
        | Event::KinDeclared(_)
        | Event::PersonForgotten(_)
        | Event::ApplicationSubmitted(_)
        | Event::StepOpened(_)
        | Event::StepSkipped(_)
        | Event::StepTaken(_)
        | Event::StepCancelled(_)
        | Event::StepCompleted(_)
        | Event::ConsultationCancelled(_)
        | Event::CaseReturned(_)
        | Event::ReturnAnswered(_)
        | Event::ConsultationRequested(_)
        | Event::ConsultationAnswered(_)
        | Event::PermitGranted(_)
        | Event::LicenceIssued(_)
        | Event::LicenceSuspended(_)
        | Event::LicenceReinstated(_)
        | Event::LicenceRevoked(_)
        | Event::LicenceRenewed(_)
        | Event::LicenceTransferred(_)
        | Event::WorkCompleted(_)
        | Event::ObjectionRaised(_)
        | Event::CutOverBreached(_)
        | Event::StepRecorded(_) => NONE,
    }
}

/// The bill that the city asks less for; of what was never owed none is touched.
fn decided(e: &RefundOrdered) -> Option<BillNumber> {
    match e.reason {
        RefundReason::Decided => Some(e.bill),
        RefundReason::Surplus | RefundReason::CaseEnded => None,
    }
}

fn deadline(clock: &Clock) -> Touch<'static> {
    match clock {
        Clock::Bill => DUES,
        Clock::Promise | Clock::Step(_) | Clock::Consultation(_) | Clock::Objection => NONE,
    }
}

/// A bill's number as its columns hold it.
pub(super) fn as_stored(bill: BillNumber) -> i64 {
    i64::from(bill.year()) << 32 | i64::from(bill.serial())
}
