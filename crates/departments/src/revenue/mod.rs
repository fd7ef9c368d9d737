//! The revenue office: bills, payments, refunds, and what is overdue.

mod bills;
mod dues;
mod payments;
mod refunds;
mod touch;

pub use bills::{BillLineView, BillState, BillView, bill, bills};
pub use dues::{DueView, OverdueAsk, overdue};
pub use payments::{BookedView, PaymentView, booked, booked_by_bank, payments};
pub use refunds::{RefundView, RefundsAsk, refund, refunds, refunds_of};

use crate::Disclosure;
use permits::Event;
use projection::Department;

/// The schema in Postgres, the file in SQLite.
pub const NAME: &str = "revenue_office";

/// Its read models.
#[must_use]
pub fn department() -> Department<Event> {
    Department::new(NAME)
        .table::<bills::Bills>()
        .table::<payments::Payments>()
        .table::<refunds::Refunds>()
        .table::<dues::Dues>()
}

/// Whether the revenue office is told of an event: of money, and of what decides whether it is still owed.
#[must_use]
pub fn sees(event: &Event) -> Disclosure {
    match event {
        Event::CityEstablished(_)
        | Event::ProcedurePublished(_)
        | Event::HolidayDeclared(_)
        | Event::HolidayWithdrawn(_)
        | Event::RestDaysSet(_)
        | Event::ApplicationSubmitted(_)
        | Event::ApplicationWithdrawn(_)
        | Event::ReturnAnswered(_)
        | Event::DeadlineMoved(_)
        | Event::DeadlinePassed(_)
        | Event::BillIssued(_)
        | Event::PaymentReceived(_)
        | Event::RefundOrdered(_)
        | Event::RefundPaid(_)
        | Event::CaseRefused(_)
        | Event::PermitGranted(_)
        | Event::ObjectionDecided(_)
        | Event::RecordClosed(_) => Disclosure::Shown,
        Event::KinDeclared(_)
        | Event::PersonForgotten(_)
        | Event::FileViewed(_)
        | Event::StepOpened(_)
        | Event::StepSkipped(_)
        | Event::StepTaken(_)
        | Event::StepCancelled(_)
        | Event::StepCompleted(_)
        | Event::ConsultationCancelled(_)
        | Event::CaseReturned(_)
        | Event::ConsultationRequested(_)
        | Event::ConsultationAnswered(_)
        | Event::LicenceIssued(_)
        | Event::LicenceSuspended(_)
        | Event::LicenceReinstated(_)
        | Event::LicenceRevoked(_)
        | Event::LicenceRenewed(_)
        | Event::LicenceTransferred(_)
        | Event::WorkCompleted(_)
        | Event::ObjectionRaised(_)
        | Event::CutOverBreached(_)
        | Event::StepRecorded(_) => Disclosure::Hidden,
    }
}
