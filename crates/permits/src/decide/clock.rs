//! Time is a command: passed deadlines and a changed calendar become events, so a replay needs no clock.

use super::{
    Decision,
    draft::Draft,
    guards::role,
    steps::{self, Work},
};
use crate::{
    commands::Command,
    events::*,
    refusal::Refusal,
    state::{Permits, Status, case::ClockKey},
};
use kernel::{Instant, deadline::Expiry};

/// What the passing of time calls for next.
pub(crate) fn tick(state: &Permits, now: Instant) -> Option<Command> {
    if let Some(&case) = state.stale.first() {
        return Some(Command::RecomputeDeadlines { case });
    }
    let (due, case) = state.due.first()?;
    (*due < now).then_some(Command::PassDeadline { case: *case })
}

/// Records that the first due clock of the case has passed, and does what its policy says.
pub(super) fn pass_deadline(mut draft: Draft) -> Decision {
    draft.asking.only(role::CLOCK)?;
    let now = draft.asking.now;
    let next = draft.case.running().filter(|(_, clock)| clock.due < now).min_by_key(|(_, c)| c.due);
    let (key, running) = next.ok_or(Refusal::NoDeadlinePassed {})?;
    let (clock, due) = (key.named(draft.procedure), running.due);
    let expiry = expiry(&draft, key);
    let escalated_to = match expiry {
        Expiry::Escalate => draft.procedure.escalate_to().cloned(),
        Expiry::Consent | Expiry::Refuse => None,
    };
    draft.record(DeadlinePassed { clock: clock.clone(), district: draft.case.district, due, escalated_to });
    match (expiry, clock) {
        (Expiry::Consent, Clock::Step(step)) => silence_completes(&mut draft, &step)?,
        (Expiry::Consent, Clock::Consultation(agency)) => {
            draft.record(ConsultationAnswered { agency, verdict: Verdict::Approves, note: None, by_silence: true });
        }
        (Expiry::Refuse, Clock::Consultation(agency)) => {
            draft.record(ConsultationAnswered { agency, verdict: Verdict::Rejects, note: None, by_silence: true });
        }
        // What is granted or licensed already is not refused by silence.
        (Expiry::Refuse, Clock::Step(_) | Clock::Promise | Clock::Bill) if draft.case.status == Status::InProgress => {
            draft.refuse(None, None);
        }
        (Expiry::Escalate | Expiry::Consent | Expiry::Refuse, _) => {}
    }
    draft.decided()
}

fn expiry(draft: &Draft, key: ClockKey) -> Expiry {
    let source = draft.procedure.source();
    let policy = match key {
        ClockKey::Promise => source.promise.as_ref(),
        ClockKey::Step(place) => draft.procedure.step_at(usize::from(place)).deadline.as_ref(),
        ClockKey::Consultation(agency) => draft.procedure.agency_at(usize::from(agency)).1.deadline.as_ref(),
        ClockKey::Bill => source.payment.as_ref(),
        ClockKey::Objection => source.objection.as_ref().and_then(|objection| objection.answer.as_ref()),
    };
    policy.map_or(Expiry::Escalate, |policy| policy.policy().on_expiry)
}

/// Silence is consent: the step is done with its first outcome.
fn silence_completes(draft: &mut Draft, step: &kernel::StepId) -> Result<(), Refusal> {
    let source = draft.open(step)?;
    let outcome = source.outcomes.first();
    let id = outcome.map_or_else(crate::procedure::done, |outcome| outcome.id.clone());
    let work = Work { step, outcome: &id, checklist: &[], documents: &[], note: None };
    steps::finish(draft, source, &work, outcome, None, true);
    Ok(())
}

/// The calendar changed: every running deadline that it touches is computed again and names the new version.
pub(super) fn recompute(mut draft: Draft) -> Decision {
    draft.asking.only(role::CLOCK)?;
    let state = draft.asking.state;
    let zone = &state.city()?.zone;
    let moved: Vec<_> = draft
        .case
        .running()
        .map(|(key, clock)| (key.named(draft.procedure), clock.due, clock.deadline().recompute(&state.calendar, zone)))
        .filter(|(_, was, is)| *was != is.due)
        .map(|(clock, _, deadline)| DeadlineMoved { clock, deadline, why: Moved::Calendar })
        .collect();
    if moved.is_empty() {
        return Err(Refusal::CalendarUnchanged {});
    }
    for event in moved {
        draft.record(event);
    }
    draft.decided()
}
