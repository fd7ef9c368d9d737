//! The district offices: the visits that they have to make, and how much work each district has.

mod sites;
mod touch;
mod visits;
mod workload;

pub use visits::{VisitState, VisitView, VisitsAsk, visits};
pub use workload::{WorkloadView, workload};

use crate::Disclosure;
use permits::Event;
use projection::Department;

/// The schema in Postgres, the file in SQLite.
pub const NAME: &str = "district_offices";

/// Its read models.
#[must_use]
pub fn department() -> Department<Event> {
    Department::new(NAME).table::<sites::Sites>().table::<visits::Visits>().table::<workload::Workload>()
}

/// Whether the district offices are told of an event: of cases, their steps and licences, not of money.
#[must_use]
pub fn sees(event: &Event) -> Disclosure {
    match event {
        Event::KinDeclared(_)
        | Event::PersonForgotten(_)
        | Event::BillIssued(_)
        | Event::PaymentReceived(_)
        | Event::RefundOrdered(_)
        | Event::RefundPaid(_)
        | Event::FileViewed(_)
        | Event::ObjectionRaised(_)
        | Event::ObjectionDecided(_) => Disclosure::Hidden,
        Event::CityEstablished(_)
        | Event::ProcedurePublished(_)
        | Event::HolidayDeclared(_)
        | Event::HolidayWithdrawn(_)
        | Event::RestDaysSet(_)
        | Event::ApplicationSubmitted(_)
        | Event::ApplicationWithdrawn(_)
        | Event::StepOpened(_)
        | Event::StepSkipped(_)
        | Event::StepTaken(_)
        | Event::StepCancelled(_)
        | Event::StepCompleted(_)
        | Event::ConsultationCancelled(_)
        | Event::CaseReturned(_)
        | Event::ReturnAnswered(_)
        | Event::DeadlineMoved(_)
        | Event::DeadlinePassed(_)
        | Event::ConsultationRequested(_)
        | Event::ConsultationAnswered(_)
        | Event::CaseRefused(_)
        | Event::PermitGranted(_)
        | Event::LicenceIssued(_)
        | Event::LicenceSuspended(_)
        | Event::LicenceReinstated(_)
        | Event::LicenceRevoked(_)
        | Event::LicenceRenewed(_)
        | Event::LicenceTransferred(_)
        | Event::WorkCompleted(_)
        | Event::CutOverBreached(_)
        | Event::StepRecorded(_)
        | Event::RecordClosed(_) => Disclosure::Shown,
    }
}
