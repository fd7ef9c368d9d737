//! Which department is told of which event, and how much of it.
//!
//! The one table [`SIGHTS`] says what kind of sight a department has; the one match of [`disclose`] says of every event
//! who is told. A department that the table does not name sees what concerns itself: its own steps.

use crate::city::{Brief, City, Department};
use crate::data::{self, Data};
use crate::words::Words;
use kernel::{CaseId, DepartmentId, StepId};
use permits::Event;
use permits::events::Clock;

/// What kind of events a department may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Every case, and all about it.
    All,
    /// Cases, their steps and licences, not their money nor objections.
    Course,
    /// Money and what decides whether it is still owed, and its own steps.
    Money,
    /// Its own steps, and consultations of roles that no department has steps for.
    Agencies,
    /// Its own steps, and consultations of its roles.
    Own,
}

/// Which department of a city has which sight; one that is not named has [`Sight::Own`].
pub const SIGHTS: &[(&str, Sight)] = &[
    ("permit-office", Sight::All),
    ("district-office", Sight::Course),
    ("revenue-office", Sight::Money),
    (AGENCIES, Sight::Agencies),
];

/// The department that stands for outside agencies: their roles are consulted and have no steps.
const AGENCIES: &str = "agencies";

/// The sight of a department.
#[must_use]
pub fn sight(department: &str) -> Sight {
    SIGHTS.iter().find(|(named, _)| *named == department).map_or(Sight::Own, |(_, sight)| *sight)
}

/// One department looking at an event.
struct Eye<'a> {
    department: &'a Department,
    procedure: Option<&'a Brief>,
}

/// What the department is told of an event about this case; none when it is none of its business.
#[must_use]
pub fn disclose<'a>(city: &'a City, department: &'a Department, case: CaseId, event: &'a Event) -> Option<Data<'a>> {
    let procedure = city.case(case).map(|of| of.procedure);
    let (eye, words) = (Eye { department, procedure }, Words { sight: department.sight, procedure });
    match event {
        // Whom an officer is related to, whose data is gone, who looked at what: never outside the register.
        Event::KinDeclared(_) | Event::PersonForgotten(_) | Event::FileViewed(_) => None,
        Event::CityEstablished(e) => Some(words.city(e)),
        Event::ProcedurePublished(e) => city.procedure(&e.procedure, e.version).map(Words::procedure),
        Event::HolidayDeclared(e) => Some(words.holiday(e)),
        Event::HolidayWithdrawn(e) => Some(words.holiday_withdrawn(e)),
        Event::RestDaysSet(e) => Some(words.rest_days(e)),
        Event::ApplicationSubmitted(e) => eye.has_cases().then(|| words.submitted(e)),
        Event::ApplicationWithdrawn(_) => {
            eye.has_cases().then_some(Data::ApplicationWithdrawn(data::ApplicationWithdrawn {}))
        }
        Event::StepOpened(e) => eye.has_opened(&e.step, &e.department).then(|| words.opened(e)),
        Event::StepSkipped(e) => eye.has_step(&e.step).then(|| words.skipped(&e.step)),
        Event::StepTaken(e) => eye.has_step(&e.step).then(|| words.taken(&e.step)),
        Event::StepCancelled(e) => eye.has_step(&e.step).then(|| words.cancelled(&e.step)),
        Event::StepCompleted(e) => eye.has_step(&e.step).then(|| words.completed(e)),
        Event::CaseReturned(e) => eye.has_step(&e.step).then(|| words.returned(e)),
        Event::ReturnAnswered(e) => eye.has_cases().then(|| words.answered(e)),
        Event::DeadlineMoved(e) => eye.has_clock(&e.clock).then(|| words.moved(e)),
        Event::DeadlinePassed(e) => eye.has_clock(&e.clock).then(|| words.passed(e)),
        Event::ConsultationRequested(e) => eye.has_agency(&e.agency).then(|| words.asked(e)),
        Event::ConsultationAnswered(e) => eye.has_agency(&e.agency).then(|| words.agency_answered(e)),
        Event::ConsultationCancelled(e) => eye.has_agency(&e.agency).then(|| words.agency_cancelled(&e.agency)),
        Event::BillIssued(e) => eye.has_money().then(|| words.billed(e)),
        Event::PaymentReceived(e) => eye.has_money().then(|| words.paid(e)),
        Event::RefundOrdered(e) => eye.has_money().then(|| words.refund_ordered(e)),
        Event::RefundPaid(e) => eye.has_money().then(|| words.refund_paid(e)),
        Event::CaseRefused(e) => eye.has_cases().then(|| words.refused(e)),
        Event::PermitGranted(_) => eye.has_cases().then_some(Data::PermitGranted(data::PermitGranted {})),
        Event::LicenceIssued(e) => eye.has_course().then(|| words.licence(e)),
        Event::LicenceSuspended(e) => eye.has_course().then(|| words.suspended(&e.article)),
        Event::LicenceReinstated(_) => eye.has_course().then_some(Data::LicenceReinstated(data::LicenceReinstated {})),
        Event::LicenceRevoked(e) => eye.has_course().then(|| words.revoked(&e.article)),
        Event::LicenceRenewed(e) => eye.has_course().then(|| words.renewed(e)),
        Event::LicenceTransferred(_) => {
            eye.has_course().then_some(Data::LicenceTransferred(data::LicenceTransferred {}))
        }
        Event::WorkCompleted(e) => eye.has_course().then(|| words.work_completed(e)),
        Event::ObjectionRaised(e) => eye.has_objections().then(|| words.objection(e)),
        Event::ObjectionDecided(e) => eye.has_money().then(|| words.objection_decided(e)),
        Event::CutOverBreached(e) => eye.has_course().then(|| words.breached(e)),
        Event::StepRecorded(_) => eye.has_course().then_some(Data::StepRecorded(data::StepRecorded {})),
        Event::RecordClosed(_) => eye.has_cases().then_some(Data::RecordClosed(data::RecordClosed {})),
    }
}

impl Sight {
    /// Whether it is told of the land that a case is about: parcel and answered fields.
    pub(crate) fn has_land(self) -> bool {
        matches!(self, Sight::All | Sight::Course)
    }

    /// Whether it is told of amounts.
    pub(crate) fn has_money(self) -> bool {
        matches!(self, Sight::All | Sight::Money)
    }
}

impl Eye<'_> {
    /// Events that every department which has cases sees: that a case began, and how it ended.
    fn has_cases(&self) -> bool {
        matches!(self.department.sight, Sight::All | Sight::Course | Sight::Money)
    }

    fn has_course(&self) -> bool {
        self.department.sight.has_land()
    }

    fn has_money(&self) -> bool {
        self.department.sight.has_money()
    }

    fn has_objections(&self) -> bool {
        self.department.sight == Sight::All
    }

    fn has_opened(&self, step: &StepId, department: &DepartmentId) -> bool {
        self.department.id == *department || self.has_step(step)
    }

    fn has_step(&self, step: &StepId) -> bool {
        match self.department.sight {
            Sight::All | Sight::Course => true,
            Sight::Money | Sight::Agencies | Sight::Own => self.desk_of(step) == Some(&self.department.id),
        }
    }

    fn desk_of(&self, step: &StepId) -> Option<&DepartmentId> {
        Some(&self.procedure?.step(step)?.department)
    }

    fn has_agency(&self, agency: &StepId) -> bool {
        let desk = || self.procedure.and_then(|procedure| procedure.desk_of_agency(agency));
        match self.department.sight {
            Sight::All | Sight::Course => true,
            Sight::Money => false,
            Sight::Agencies => desk().is_none_or(|desk| self.department.id == *desk),
            Sight::Own => desk() == Some(&self.department.id),
        }
    }

    fn has_clock(&self, clock: &Clock) -> bool {
        match clock {
            Clock::Promise => self.has_cases(),
            Clock::Step(step) => self.has_step(step),
            Clock::Consultation(agency) => self.has_agency(agency),
            Clock::Objection => self.has_objections(),
            Clock::Bill => self.has_money(),
        }
    }
}
