//! A decision in the making: who asks, about which case, and what has been decided so far.

use super::Decision;
use crate::{
    commands::Command,
    events::*,
    procedure::{Procedure, source::Phase},
    refusal::Refusal,
    state::{Case, Permits, Status, case::ClockKey},
};
use kernel::{Actor, CaseId, Channel, Date, Envelope, Fact, Instant, deadline::Deadline, deadline::Policy, time::Zone};

/// A command that is being decided.
pub(super) struct Asking<'a> {
    pub(super) state: &'a Permits,
    pub(super) actor: &'a Actor,
    pub(super) channel: &'a Channel,
    /// The register's clock.
    pub(super) now: Instant,
    /// When it happened in the world.
    pub(super) at: Instant,
}

impl<'a> Asking<'a> {
    /// Refuses what is said to have happened in the future, or in the past by somebody who may not say so.
    pub(super) fn new(state: &'a Permits, envelope: &'a Envelope<Command>, now: Instant) -> Result<Self, Refusal> {
        let at = envelope.occurred_at.unwrap_or(now);
        if at > now {
            return Err(Refusal::OccurredInFuture {});
        }
        let role = envelope.actor.role.as_str();
        let intake = role == "intake" && envelope.channel != Channel::ONLINE;
        if at < now && role != "importer" && !intake {
            return Err(Refusal::MayNotBackdate {});
        }
        Ok(Asking { state, actor: &envelope.actor, channel: &envelope.channel, now, at })
    }

    /// The one fact of a command that is not about a case.
    pub(super) fn fact(&self, event: impl Into<Event>) -> Decision {
        Ok(vec![Fact { case: CaseId::CITY, occurred_at: self.at, event: event.into() }])
    }

    /// Begins a decision about a case.
    pub(super) fn about(&'a self, id: CaseId) -> Result<Draft<'a>, Refusal> {
        let case = self.state.case(id).ok_or(Refusal::UnknownCase { case: id })?;
        let mut draft = Draft::new(self, id, self.state.procedure_of(case), case.clone());
        draft.record_breach();
        Ok(draft)
    }

    /// The local day of the register's clock: numbers are given by its Jalali year.
    pub(super) fn year(&self) -> Result<u16, Refusal> {
        Ok(self.state.city()?.zone.jalali_year(self.now))
    }

    /// The local day on which it happened.
    pub(super) fn day(&self) -> Result<Date, Refusal> {
        Ok(self.state.city()?.zone.date(self.at))
    }

    /// Starts a clock.
    pub(super) fn begin(&self, policy: &Policy) -> Option<Deadline> {
        let zone = &self.state.city.as_ref()?.zone;
        Some(policy.begin(self.at, &self.state.calendar, zone))
    }
}

/// A copy of a case that each fact is applied to as it is decided, so that what follows sees it.
pub(super) struct Draft<'a> {
    pub(super) asking: &'a Asking<'a>,
    pub(super) id: CaseId,
    pub(super) procedure: &'a Procedure,
    pub(super) case: Case,
    facts: Vec<Fact<Event>>,
    /// Breaches are recorded with the command but are no decision of their own.
    breaches: usize,
}

impl<'a> Draft<'a> {
    pub(super) fn new(asking: &'a Asking<'a>, id: CaseId, procedure: &'a Procedure, case: Case) -> Draft<'a> {
        Draft { asking, id, procedure, case, facts: Vec::new(), breaches: 0 }
    }

    /// Adds the fact that opens the case; [`Case::open`] has applied it already.
    pub(super) fn opened_by(mut self, event: ApplicationSubmitted) -> Draft<'a> {
        self.facts.push(Fact { case: self.id, occurred_at: self.asking.at, event: event.into() });
        self.record_breach();
        self
    }

    /// Adds a fact and applies it.
    pub(super) fn record(&mut self, event: impl Into<Event>) {
        self.record_at(self.asking.at, event);
    }

    /// The same for what happened at another time than the command.
    pub(super) fn record_at(&mut self, at: Instant, event: impl Into<Event>) {
        let event = event.into();
        self.case.apply(&event, self.procedure, at);
        self.facts.push(Fact { case: self.id, occurred_at: at, event });
    }

    /// A visit, or any use of a channel, after the day from which the service no longer offers it.
    fn record_breach(&mut self) {
        let Ok(day) = self.asking.day() else { return };
        let offered = self.procedure.channels().iter().find(|offered| offered.name == self.asking.channel.as_str());
        if let Some(since) = offered.and_then(|offered| offered.until).filter(|until| day >= *until) {
            let district = self.case.district;
            self.record(CutOverBreached { channel: self.asking.channel.as_str().into(), district, since });
            self.breaches += 1;
        }
    }

    /// Opens, or skips, every step whose turn has come, and asks the agencies of those that open.
    pub(super) fn settle(&mut self) {
        let phase = match self.case.status {
            Status::InProgress => Phase::Application,
            Status::Issued => Phase::Works,
            Status::Granted
            | Status::Suspended
            | Status::Revoked
            | Status::Completed
            | Status::Refused
            | Status::Withdrawn
            | Status::Closed => return,
        };
        while let Some(place) = self.procedure.steps_of(phase).find(|&place| self.is_next(place)) {
            let conditional = self.procedure.step_at(place).when.is_some();
            if conditional && !self.procedure.applies(place, &self.procedure.scope(&self.case.facts)) {
                self.record(StepSkipped { step: self.procedure.step_at(place).id.clone() });
            } else {
                self.open_step(place);
            }
        }
    }

    /// Opens a step and asks its agencies.
    pub(super) fn open_step(&mut self, place: usize) {
        let procedure = self.procedure;
        let step = procedure.step_at(place);
        let deadline = step.deadline.as_ref().and_then(|deadline| self.asking.begin(&deadline.policy()));
        self.record(StepOpened {
            step: step.id.clone(),
            role: step.role.clone(),
            department: step.department.clone(),
            district: self.case.district,
            deadline,
        });
        if step.consultations.is_empty() {
            return;
        }
        for asked in procedure.asked(place, &procedure.scope(&self.case.facts)) {
            self.ask(place, asked);
        }
    }

    /// Asks the agencies that apply since the facts were corrected, for steps that are open or done.
    pub(super) fn ask_missing(&mut self) {
        let procedure = self.procedure;
        let scope = procedure.scope(&self.case.facts);
        for place in procedure.steps_of(Phase::Application) {
            let reached = self.case.done >> place & 1 == 1 || self.case.open_step(place).is_some();
            if !reached || procedure.step_at(place).consultations.is_empty() {
                continue;
            }
            for asked in procedure.asked(place, &scope) {
                let earlier = procedure.agency_place(&asked.agency).and_then(|agency| self.case.consultation(agency));
                if earlier.is_none() {
                    self.ask(place, asked);
                }
            }
        }
    }

    /// Asks an agency.
    pub(super) fn ask(&mut self, place: usize, asked: &crate::procedure::source::ConsultationSource) {
        self.record(ConsultationRequested {
            agency: asked.agency.clone(),
            role: asked.role.clone(),
            district: self.case.district,
            step: self.procedure.step_at(place).id.clone(),
            required: asked.required,
            deadline: asked.deadline.as_ref().and_then(|deadline| self.asking.begin(&deadline.policy())),
        });
    }

    /// Takes open steps of a set, and what their agencies still owe, off every desk.
    pub(super) fn cancel(&mut self, set: u64) {
        self.cancel_agencies(set);
        self.cancel_steps(set);
    }

    /// Takes what the agencies of these steps still owe off their desks.
    pub(super) fn cancel_agencies(&mut self, set: u64) {
        let district = self.case.district;
        let hit = |place: usize| set >> place & 1 == 1;
        let open = self.case.consultations.iter().filter(|asked| asked.verdict.is_none());
        let owed = open.map(|asked| self.procedure.agency_at(usize::from(asked.agency)));
        let agencies: Vec<_> = owed.filter(|(place, _)| hit(*place)).map(|(_, asked)| asked.agency.clone()).collect();
        for agency in agencies {
            self.record(ConsultationCancelled { agency, district });
        }
    }

    /// Takes open steps of a set off every desk.
    pub(super) fn cancel_steps(&mut self, set: u64) {
        let district = self.case.district;
        let hit = |place: u8| set >> place & 1 == 1;
        let places: Vec<u8> = self.case.open.iter().map(|step| step.place).filter(|place| hit(*place)).collect();
        for place in places {
            self.record(StepCancelled { step: self.procedure.step_at(usize::from(place)).id.clone(), district });
        }
    }

    /// Refuses the case and takes it off every desk.
    pub(super) fn refuse(&mut self, article: Option<kernel::StepId>, note: Option<kernel::Sealed>) {
        self.cancel(u64::MAX);
        self.record(CaseRefused { article, note });
    }

    fn is_next(&self, place: usize) -> bool {
        // A step that was demanded and taken off the desk by a refusal comes back with the case.
        let wanted = !self.procedure.step_at(place).on_demand || self.case.demanded >> place & 1 == 1;
        let waiting = !self.is_behind(place) && self.case.open_step(place).is_none();
        waiting && wanted && self.procedure.before(place).iter().all(|&before| self.is_settled(before))
    }

    fn is_behind(&self, place: usize) -> bool {
        (self.case.done | self.case.skipped) >> place & 1 == 1
    }

    /// Done, skipped, or on demand and never demanded.
    pub(super) fn is_settled(&self, place: usize) -> bool {
        let demanded = self.case.demanded >> place & 1 == 1;
        self.is_behind(place) || (self.procedure.step_at(place).on_demand && !demanded)
    }

    /// The first step of a phase that is not done yet.
    pub(super) fn pending(&self, phase: Phase) -> Option<usize> {
        self.procedure.steps_of(phase).find(|&place| !self.is_settled(place) || self.case.open_step(place).is_some())
    }

    /// Moves every clock that stood still while the applicant had the case.
    pub(super) fn resume(&mut self, held_since: Option<Instant>) {
        let (Some(since), None) = (held_since, self.case.later().held_since) else { return };
        let Some(city) = &self.asking.state.city else { return };
        let still = self.case.clocks().filter(|(_, clock)| clock.pauses && !clock.passed);
        let moved: Vec<(Clock, Deadline)> = still
            .filter(|(key, _)| *key != ClockKey::Bill)
            .map(|(key, clock)| {
                let deadline = clock.deadline();
                let since = stood_since(since, &deadline, &city.zone);
                let later = deadline.resume(since, self.asking.at, &self.asking.state.calendar, &city.zone);
                (key.named(self.procedure), later, deadline)
            })
            .filter(|(_, later, was)| later.due != was.due)
            .map(|(key, later, _)| (key, later))
            .collect();
        for (clock, deadline) in moved {
            self.record(DeadlineMoved { clock, deadline, why: Moved::Resumed });
        }
    }

    /// What was decided.
    pub(super) fn decided(self) -> Decision {
        debug_assert!(self.facts.len() > self.breaches, "an accepted command decides something");
        Ok(self.facts)
    }
}

/// A clock that was started while the applicant had the case stood still only from then on.
fn stood_since(held_since: Instant, deadline: &Deadline, zone: &Zone) -> Instant {
    // The start of a fixed deadline is the promised day itself.
    if deadline.rule.is_none() { held_since } else { held_since.max(zone.start_of_day(deadline.start)) }
}
