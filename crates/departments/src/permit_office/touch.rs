//! Which of the permit office's tables each event touches: the one place that names every event.

use kernel::StepId;
use permits::Event;
use permits::events::Clock;

/// The tables that an event touches. The timeline takes every event, so it is not here.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Touch<'a> {
    pub(super) cases: bool,
    pub(super) application: bool,
    pub(super) documents: bool,
    pub(super) step: Option<&'a StepId>,
    pub(super) consultation: Option<&'a StepId>,
    /// Also in somebody's inbox: the open step or consultation above.
    pub(super) inbox: bool,
    pub(super) licence: bool,
    pub(super) breach: bool,
    pub(super) city: bool,
    pub(super) procedure: bool,
    pub(super) calendar: bool,
}

const NONE: Touch<'static> = Touch {
    cases: false,
    application: false,
    documents: false,
    step: None,
    consultation: None,
    inbox: false,
    licence: false,
    breach: false,
    city: false,
    procedure: false,
    calendar: false,
};
const CASE: Touch<'static> = Touch { cases: true, ..NONE };
const LICENCE: Touch<'static> = Touch { cases: true, licence: true, ..NONE };

/// What the event touches.
pub(super) fn of(event: &Event) -> Touch<'_> {
    match event {
        Event::CityEstablished(_) => Touch { city: true, ..NONE },
        Event::ProcedurePublished(_) => Touch { procedure: true, ..NONE },
        Event::HolidayDeclared(_) | Event::HolidayWithdrawn(_) | Event::RestDaysSet(_) => {
            Touch { calendar: true, ..NONE }
        }
        Event::ApplicationSubmitted(_) | Event::ReturnAnswered(_) => {
            Touch { application: true, documents: true, ..CASE }
        }
        Event::StepOpened(e) => open_step(&e.step),
        Event::StepTaken(e) => open_step(&e.step),
        Event::StepCancelled(e) => open_step(&e.step),
        Event::StepCompleted(e) => Touch { documents: true, ..open_step(&e.step) },
        Event::StepSkipped(e) => Touch { step: Some(&e.step), ..NONE },
        Event::ConsultationRequested(e) => open_consultation(&e.agency),
        Event::ConsultationAnswered(e) => open_consultation(&e.agency),
        Event::ConsultationCancelled(e) => open_consultation(&e.agency),
        Event::DeadlineMoved(e) => deadline(&e.clock),
        Event::DeadlinePassed(e) => deadline(&e.clock),
        Event::CaseReturned(_)
        | Event::ApplicationWithdrawn(_)
        | Event::BillIssued(_)
        | Event::PaymentReceived(_)
        | Event::CaseRefused(_)
        | Event::PermitGranted(_)
        | Event::ObjectionRaised(_)
        | Event::ObjectionDecided(_)
        | Event::RecordClosed(_) => CASE,
        Event::LicenceIssued(_)
        | Event::LicenceSuspended(_)
        | Event::LicenceReinstated(_)
        | Event::LicenceRevoked(_)
        | Event::LicenceTransferred(_)
        | Event::WorkCompleted(_) => LICENCE,
        Event::LicenceRenewed(_) => Touch { licence: true, ..NONE },
        Event::CutOverBreached(_) => Touch { breach: true, ..NONE },
        Event::KinDeclared(_)
        | Event::PersonForgotten(_)
        | Event::RefundOrdered(_)
        | Event::RefundPaid(_)
        | Event::FileViewed(_)
        | Event::StepRecorded(_) => NONE,
    }
}

fn open_step(step: &StepId) -> Touch<'_> {
    Touch { step: Some(step), inbox: true, ..NONE }
}

fn open_consultation(agency: &StepId) -> Touch<'_> {
    Touch { consultation: Some(agency), inbox: true, ..NONE }
}

/// A bill's deadline is the revenue office's.
fn deadline(clock: &Clock) -> Touch<'_> {
    match clock {
        Clock::Promise | Clock::Objection => CASE,
        Clock::Step(step) => open_step(step),
        Clock::Consultation(agency) => open_consultation(agency),
        Clock::Bill => NONE,
    }
}
