//! One case, as small as a decision needs it: a few hundred bytes, no text, nothing personal. What the procedure tells
//! is not kept again: steps, agencies and fields are places in it. A list takes as many places as it has entries.

use crate::{
    events::{ApplicationSubmitted, Clock, Verdict},
    numbers::{BillNumber, LicenceNumber},
    procedure::Facts,
};
use kernel::{
    Date, DistrictId, Instant, ParcelId, PersonId, Rials, StepId,
    calendar::DayUnit,
    deadline::{Deadline, StartRule},
};
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
    pub open: Box<[OpenStep]>,
    /// Steps that are done, by place.
    pub done: u64,
    /// Steps that do not apply, by place.
    pub skipped: u64,
    /// On-demand steps that were opened, by place.
    pub demanded: u64,
    /// What outside agencies were asked, in that order.
    pub consultations: Box<[Consultation]>,
    /// By when agencies must answer that have not.
    pub owed: Box<[Owed]>,
    /// The date promised to the applicant.
    pub promise: Option<Running>,
    /// What came later, if anything.
    pub(super) later: Option<Box<Later>>,
}

/// What a case has only once it went back, was billed or was decided.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Later {
    /// The last bill.
    pub bill: Option<Box<Bill>>,
    /// What the applicant must correct, while the case is with them for that.
    pub returned: Option<Box<[StepId]>>,
    /// Since when the applicant has the case; pausing clocks stand still.
    pub held_since: Option<Instant>,
    /// When the last decision was taken that can be objected to.
    pub decided_at: Option<Instant>,
    /// An open objection, with its clock if the procedure gives one.
    pub objection: Option<Option<Running>>,
    /// The licence.
    pub licence: Option<Licence>,
}

static NOTHING_LATER: Later =
    Later { bill: None, returned: None, held_since: None, decided_at: None, objection: None, licence: None };

/// A deadline that runs. Its fields stand beside each other because a `Deadline` within would cost eight bytes more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Until when.
    pub due: Instant,
    start: Date,
    calendar: u32,
    days: u16,
    rule: Option<StartRule>,
    unit: DayUnit,
    extended: bool,
    /// Whether it stands still while the applicant has the case.
    pub pauses: bool,
    /// Whether its passing is recorded.
    pub passed: bool,
}

impl Running {
    /// A clock that has just been started.
    #[must_use]
    pub fn new(deadline: Deadline, pauses: bool) -> Running {
        let Deadline { start, rule, days, unit, due, calendar, extended } = deadline;
        Running { due, start, calendar, days, rule, unit, extended, pauses, passed: false }
    }

    /// Its deadline.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        let Running { due, start, calendar, days, rule, unit, extended, pauses: _, passed: _ } = *self;
        Deadline { start, rule, days, unit, due, calendar, extended }
    }

    pub(crate) fn move_to(&mut self, deadline: Deadline) {
        *self = Running { passed: self.passed, ..Running::new(deadline, self.pauses) };
    }
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consultation {
    /// Its place among the procedure's agencies.
    pub agency: u8,
    /// What it answered.
    pub verdict: Option<Verdict>,
}

/// By when an agency must answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Its place among the procedure's agencies.
    pub agency: u8,
    /// By when.
    pub clock: Running,
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
    /// What all bills of this case ask for, without what was given back.
    pub billed: Rials,
    /// All payments of this case.
    pub payments: Box<[Payment]>,
    /// Refunds that are ordered and not paid out yet.
    pub refunds: Box<[Refund]>,
    /// By when.
    pub clock: Option<Running>,
}

/// Money that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The bank's tracking number.
    pub reference: SmolStr,
    /// What the city keeps of it; nothing of what was never owed.
    pub amount: Rials,
}

/// Money that goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The bank's tracking number of the payment.
    pub payment: SmolStr,
    /// How much of it.
    pub amount: Rials,
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
    pub(crate) fn new(procedure: u16, e: &ApplicationSubmitted, facts: Facts, promise: Option<Running>) -> Case {
        Case {
            procedure,
            district: e.district,
            status: Status::InProgress,
            imported: e.origin.is_some(),
            parcel: e.parcel.clone(),
            applicant: e.applicant.as_ref().map(|party| party.person),
            agent: e.agent,
            facts,
            documents: 0,
            open: Box::default(),
            done: 0,
            skipped: 0,
            demanded: 0,
            consultations: Box::default(),
            owed: Box::default(),
            promise,
            later: None,
        }
    }

    /// Whether it keeps other applications for its parcel out.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.status, Status::InProgress | Status::Granted)
    }

    /// What came after its application and steps: bill, correction, decision, licence.
    #[must_use]
    pub fn later(&self) -> &Later {
        self.later.as_deref().unwrap_or(&NOTHING_LATER)
    }

    pub(crate) fn later_mut(&mut self) -> &mut Later {
        self.later.get_or_insert_default()
    }

    /// What was asked of the agency at a place.
    #[must_use]
    pub fn consultation(&self, agency: usize) -> Option<&Consultation> {
        self.consultations.iter().find(|asked| usize::from(asked.agency) == agency)
    }

    /// The open step at a place.
    #[must_use]
    pub fn open_step(&self, place: usize) -> Option<&OpenStep> {
        self.open.iter().find(|step| usize::from(step.place) == place)
    }

    /// What is still to be paid.
    #[must_use]
    pub fn outstanding(&self) -> Rials {
        self.later().bill.as_ref().map_or(Rials(0), |bill| bill.outstanding())
    }

    /// Every clock of the case, running or not.
    pub fn clocks(&self) -> impl Iterator<Item = (ClockKey, &Running)> {
        let Later { bill, objection, .. } = self.later();
        let steps = self.open.iter().filter_map(|s| Some((ClockKey::Step(s.place), s.clock.as_ref()?)));
        let owed = self.owed.iter().map(|owed| (ClockKey::Consultation(owed.agency), &owed.clock));
        let unpaid = bill.as_ref().filter(|bill| bill.outstanding().0 > 0);
        let bill = unpaid.and_then(|bill| Some((ClockKey::Bill, bill.clock.as_ref()?)));
        let objection = objection.as_ref().and_then(|clock| Some((ClockKey::Objection, clock.as_ref()?)));
        let promise = self.promise.as_ref().map(|clock| (ClockKey::Promise, clock));
        promise.into_iter().chain(steps).chain(owed).chain(bill).chain(objection)
    }

    /// Clocks whose passing is still to come.
    pub fn running(&self) -> impl Iterator<Item = (ClockKey, &Running)> {
        let held = self.later().held_since.is_some();
        let policed = !self.imported;
        self.clocks().filter(move |(_, clock)| policed && !clock.passed && !(held && clock.pauses))
    }

    /// When the next clock passes.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.running().map(|(_, clock)| clock.due).min()
    }

    /// A clock, to be moved or marked as passed.
    pub(crate) fn clock_mut(&mut self, key: ClockKey) -> Option<&mut Running> {
        match key {
            ClockKey::Promise => self.promise.as_mut(),
            ClockKey::Step(place) => self.open.iter_mut().find(|step| step.place == place)?.clock.as_mut(),
            ClockKey::Consultation(agency) => {
                self.owed.iter_mut().find(|owed| owed.agency == agency).map(|owed| &mut owed.clock)
            }
            ClockKey::Bill => self.later.as_mut()?.bill.as_mut()?.clock.as_mut(),
            ClockKey::Objection => self.later.as_mut()?.objection.as_mut()?.as_mut(),
        }
    }
}

/// What a clock belongs to, by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockKey {
    /// The date promised to the applicant.
    Promise,
    /// An open step, by place.
    Step(u8),
    /// An agency's answer, by its place among the procedure's agencies.
    Consultation(u8),
    /// A bill's payment.
    Bill,
    /// An objection's decision.
    Objection,
}

impl ClockKey {
    /// The same as an event names it.
    #[must_use]
    pub fn named(self, procedure: &crate::procedure::Procedure) -> Clock {
        match self {
            ClockKey::Promise => Clock::Promise,
            ClockKey::Step(place) => Clock::Step(procedure.step_at(usize::from(place)).id.clone()),
            ClockKey::Consultation(agency) => {
                Clock::Consultation(procedure.agency_at(usize::from(agency)).1.agency.clone())
            }
            ClockKey::Bill => Clock::Bill,
            ClockKey::Objection => Clock::Objection,
        }
    }
}
