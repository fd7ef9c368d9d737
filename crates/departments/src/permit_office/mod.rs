//! The permit office: every case, what waits for whom, what happened, and the book of licences.

mod accesses;
mod application;
mod breaches;
mod case;
mod cases;
mod changes;
mod city;
mod consultations;
mod counts;
mod decisions;
mod documents;
pub mod glance;
mod inbox;
mod licence_history;
mod licences;
mod parties;
mod procedures;
mod search;
mod steps;
mod timeline;
mod told;
mod touch;
mod versions;

pub use accesses::{AccessView, accesses};
pub use application::Answer;
pub use breaches::{BreachView, breaches};
pub use case::{CaseView, ConsultationView, DocumentView, People, StepView, case, people};
pub use cases::{Holder, Objection};
pub use changes::{Change, MOST_CHANGES, changes};
pub use city::{CityView, DepartmentView, Holiday, calendar, city, holidays};
pub use consultations::Verdict;
pub use counts::{Counts, MOST_COUNTED, counts};
pub use inbox::{InboxAsk, InboxItem, Work, inbox};
pub use licence_history::{
    LicenceChange, LicenceChanged, LicencePassage, licence_at, licence_changes, licence_history,
};
pub use licences::{LicenceState, LicenceView, licence, licence_of};
pub use parties::parties;
pub use procedures::{ProcedureView, procedure, procedures};
pub use search::{CaseSummary, SHORTEST_NAME, Search, Sight, search};
pub use steps::StepState;
pub use timeline::{Happened, timeline};
pub use versions::{VersionView, versions};

use crate::Disclosure;
use permits::Event;
use projection::Department;

/// The schema in Postgres, the file in SQLite.
pub const NAME: &str = "permit_office";

/// Its read models.
#[must_use]
pub fn department() -> Department<Event> {
    Department::new(NAME)
        .table::<cases::Cases>()
        .table::<application::Applications>()
        .table::<documents::Documents>()
        .table::<versions::Versions>()
        .table::<parties::Parties>()
        .table::<steps::Steps>()
        .table::<consultations::Consultations>()
        .table::<inbox::Inbox>()
        .table::<timeline::Timeline>()
        .table::<accesses::Accesses>()
        .table::<licences::Licences>()
        .table::<licence_history::LicenceHistory>()
        .table::<breaches::Breaches>()
        .table::<procedures::Procedures>()
        .table::<city::Charter>()
        .table::<city::Calendar>()
}

/// Whether the permit office is told of an event: of all but who is related to whom.
#[must_use]
pub fn sees(event: &Event) -> Disclosure {
    match event {
        Event::KinDeclared(_) => Disclosure::Hidden,
        Event::CityEstablished(_)
        | Event::ProcedurePublished(_)
        | Event::HolidayDeclared(_)
        | Event::HolidayWithdrawn(_)
        | Event::RestDaysSet(_)
        | Event::PersonForgotten(_)
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
        | Event::BillIssued(_)
        | Event::PaymentReceived(_)
        | Event::RefundOrdered(_)
        | Event::RefundPaid(_)
        | Event::FileViewed(_)
        | Event::CaseRefused(_)
        | Event::PermitGranted(_)
        | Event::LicenceIssued(_)
        | Event::LicenceSuspended(_)
        | Event::LicenceReinstated(_)
        | Event::LicenceRevoked(_)
        | Event::LicenceRenewed(_)
        | Event::LicenceTransferred(_)
        | Event::WorkCompleted(_)
        | Event::ObjectionRaised(_)
        | Event::ObjectionDecided(_)
        | Event::CutOverBreached(_)
        | Event::StepRecorded(_)
        | Event::RecordClosed(_) => Disclosure::Shown,
    }
}
