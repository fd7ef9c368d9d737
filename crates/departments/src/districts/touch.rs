//! Which of the district offices' tables each event touches: the one place that names every event.

use kernel::{DistrictId, StepId};
use permits::Event;
use permits::events::Clock;

/// The tables that an event touches.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Touch<'a> {
    /// Where a case is.
    pub(super) site: bool,
    /// A step, which may be a visit.
    pub(super) step: Option<&'a StepId>,
    /// Where a piece of work came, went or was late.
    pub(super) work: Option<DistrictId>,
}

/// What the event touches.
pub(super) fn of(event: &Event) -> Touch<'_> {
    match event {
        Event::ApplicationSubmitted(_) => Touch { site: true, step: None, work: None },
        Event::StepOpened(e) => step(&e.step, Some(e.district)),
        Event::StepCompleted(e) => step(&e.step, Some(e.district)),
        Event::StepCancelled(e) => step(&e.step, Some(e.district)),
        Event::StepTaken(e) => step(&e.step, None),
        Event::DeadlineMoved(e) => deadline(&e.clock, None),
        Event::DeadlinePassed(e) => deadline(&e.clock, Some(e.district)),
        Event::CityEstablished(_)
        | Event::ProcedurePublished(_)
        | Event::HolidayDeclared(_)
        | Event::HolidayWithdrawn(_)
        | Event::RestDaysSet(_)
        | Event::KinDeclared(_)
        | Event::PersonForgotten(_)
        | Event::ApplicationWithdrawn(_)
        | Event::StepSkipped(_)
        | Event::ConsultationCancelled(_)
        | Event::CaseReturned(_)
        | Event::ReturnAnswered(_)
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
        | Event::RecordClosed(_) => Touch::default(),
    }
}

fn step(step: &StepId, work: Option<DistrictId>) -> Touch<'_> {
    Touch { site: false, step: Some(step), work }
}

fn deadline(clock: &Clock, work: Option<DistrictId>) -> Touch<'_> {
    match clock {
        Clock::Step(id) => step(id, work),
        Clock::Promise | Clock::Consultation(_) | Clock::Objection | Clock::Bill => Touch::default(),
    }
}
