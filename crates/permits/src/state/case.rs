//! One case, as small as a decision needs it: a few hundred bytes, no text, nothing personal.

use crate::{
    events::{Clock, Verdict},
    numbers::{BillNumber, LicenceNumber},
    procedure::Facts,
};
use kernel::{Date, DistrictId, Instant, ParcelId, PersonId, Rials, StepId, deadline::Deadline};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Being decided.
    InProgress,
    /// Granted; the licence is not issued yet.
    Granted,
    /// The licence holds.
    Issued,
    /// The licence does not hold for now.
    Suspended,
    /// The licence holds no more.
    Revoked,
    /// The work is certified.
    Completed,
    /// Refused.
    Refused,
    /// Taken back.
    Withdrawn,
    /// Ended in the system it was imported from.
    Closed,
}

impl Status {
    /// Its constant name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::InProgress => "in-progress",
            Status::Granted => "granted",
            Status::Issued => "issued",
            Status::Suspended => "suspended",
            Status::Revoked => "revoked",
            Status::Completed => "completed",
            Status::Refused => "refused",
            Status::Withdrawn => "withdrawn",
            Status::Closed => "closed",
        }
    }
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Index of the procedure's version that it keeps.
    pub procedure: u16,
    /// Where.
    pub district: DistrictId,
    /// Where it stands.
    pub status: Status,
    /// Read from another system's log: recorded, never policed by our clock.
    pub imported: bool,
    /// The land.
    pub parcel: Option<ParcelId>,
    /// For whom; after a transfer, the new holder.
    pub applicant: Option<PersonId>,
    /// Who acts for them.
    pub agent: Option<PersonId>,
    /// The answered fields.
    pub facts: Facts,
    /// Which documents of the procedure are there, by place.
    pub documents: u64,
    /// Steps that wait for their role.
    pub open: Vec<OpenStep>,
    /// Steps that are done, by place.
    pub done: u64,
    /// Steps that do not apply, by place.
    pub skipped: u64,
    /// On-demand steps that were opened, by place.
    pub demanded: u64,
    /// What outside agencies were asked.
    pub consultations: Vec<Consultation>,
    /// The date promised to the applicant.
    pub promise: Option<Running>,
    /// The last bill.
    pub bill: Option<Box<Bill>>,
    /// What the applicant must correct, while the case is with them for that.
    pub returned: Option<Box<[StepId]>>,
    /// Since when the applicant has the case; pausing clocks stand still.
    pub held_since: Option<Instant>,
    /// When the last decision was taken that can be objected to.
    pub decided_at: Option<Instant>,
    /// An open objection, with its clock if the procedure gives one.
    pub objection: Option<Box<Option<Running>>>,
    /// The licence.
    pub licence: Option<Licence>,
}

/// A deadline that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Until when.
    pub deadline: Deadline,
    /// Whether it stands still while the applicant has the case.
    pub pauses: bool,
    /// Whether its passing is recorded.
    pub passed: bool,
}

/// A step that waits for its role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenStep {
    /// Its place in the procedure.
    pub place: u8,
    /// Whose desk it is on.
    pub officer: Option<PersonId>,
    /// By when.
    pub clock: Option<Running>,
}

/// What an outside agency was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consultation {
    /// Which.
    pub agency: StepId,
    /// The place of the step that asks.
    pub place: u8,
    /// Whether the step and the licence wait for it.
    pub required: bool,
    /// What it answered.
    pub verdict: Option<Verdict>,
    /// By when.
    pub clock: Option<Running>,
}

/// A bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// Its number.
    pub number: BillNumber,
    /// What it asks for.
    pub total: Rials,
    /// What was paid of it.
    pub paid: Rials,
    /// What all bills of this case ask for.
    pub billed: Rials,
    /// The bank's numbers of all payments of this case.
    pub references: Vec<SmolStr>,
    /// By when.
    pub clock: Option<Running>,
}

impl Bill {
    /// What is still to be paid.
    #[must_use]
    pub fn outstanding(&self) -> Rials {
        Rials(self.total.0 - self.paid.0)
    }
}

/// A licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// Its number.
    pub number: LicenceNumber,
    /// The last day it holds.
    pub valid_until: Date,
    /// How often it was renewed.
    pub renewals: u8,
}

impl Case {
    /// Whether it keeps other applications for its parcel out.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.status, Status::InProgress | Status::Granted)
    }

    /// The open step at a place.
    #[must_use]
    pub fn open_step(&self, place: usize) -> Option<&OpenStep> {
        self.open.iter().find(|step| usize::from(step.place) == place)
    }

    /// What is still to be paid.
    #[must_use]
    pub fn outstanding(&self) -> Rials {
        self.bill.as_ref().map_or(Rials(0), |bill| bill.outstanding())
    }

    /// Every clock of the case, running or not.
    pub fn clocks(&self) -> impl Iterator<Item = (ClockKey<'_>, &Running)> {
        let steps = self.open.iter().filter_map(|s| Some((ClockKey::Step(s.place), s.clock.as_ref()?)));
        let asked = self.consultations.iter().filter(|c| c.verdict.is_none());
        let asked = asked.filter_map(|c| Some((ClockKey::Consultation(&c.agency), c.clock.as_ref()?)));
        let unpaid = self.bill.as_ref().filter(|bill| bill.outstanding().0 > 0);
        let bill = unpaid.and_then(|bill| Some((ClockKey::Bill, bill.clock.as_ref()?)));
        let objection = self.objection.as_ref().and_then(|clock| Some((ClockKey::Objection, (**clock).as_ref()?)));
        let promise = self.promise.as_ref().map(|clock| (ClockKey::Promise, clock));
        promise.into_iter().chain(steps).chain(asked).chain(bill).chain(objection)
    }

    /// Clocks whose passing is still to come.
    pub fn running(&self) -> impl Iterator<Item = (ClockKey<'_>, &Running)> {
        let held = self.held_since.is_some();
        let policed = !self.imported;
        self.clocks().filter(move |(_, clock)| policed && !clock.passed && !(held && clock.pauses))
    }

    /// When the next clock passes.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.running().map(|(_, clock)| clock.deadline.due).min()
    }

    /// A clock, to be moved or marked as passed.
    pub(crate) fn clock_mut(&mut self, key: ClockKey<'_>) -> Option<&mut Running> {
        match key {
            ClockKey::Promise => self.promise.as_mut(),
            ClockKey::Step(place) => self.open.iter_mut().find(|step| step.place == place)?.clock.as_mut(),
            ClockKey::Consultation(agency) => {
                self.consultations.iter_mut().find(|asked| asked.agency == *agency)?.clock.as_mut()
            }
            ClockKey::Bill => self.bill.as_mut()?.clock.as_mut(),
            ClockKey::Objection => (**self.objection.as_mut()?).as_mut(),
        }
    }
}

/// What a clock belongs to, by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockKey<'a> {
    /// The date promised to the applicant.
    Promise,
    /// An open step, by place.
    Step(u8),
    /// An agency's answer.
    Consultation(&'a StepId),
    /// A bill's payment.
    Bill,
    /// An objection's decision.
    Objection,
}

impl ClockKey<'_> {
    /// The same as an event names it.
    #[must_use]
    pub fn named(self, procedure: &crate::procedure::Procedure) -> Clock {
        match self {
            ClockKey::Promise => Clock::Promise,
            ClockKey::Step(place) => Clock::Step(procedure.step_at(usize::from(place)).id.clone()),
            ClockKey::Consultation(agency) => Clock::Consultation(agency.clone()),
            ClockKey::Bill => Clock::Bill,
            ClockKey::Objection => Clock::Objection,
        }
    }
}
