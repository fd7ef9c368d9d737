//! Doing a step: by its role, with its checklist, documents and consultations, and what follows from its outcome.

use super::{Decision, application::known_documents, draft::Draft};
use crate::{
    events::*,
    procedure::source::{DeadlineSource, OutcomeSource, Phase, StepSource},
    refusal::Refusal,
    state::Status,
};
use kernel::{Sealed, StepId};

/// What an officer says when a step is done.
pub(super) struct Work<'w> {
    pub(super) step: &'w StepId,
    pub(super) outcome: &'w StepId,
    pub(super) checklist: &'w [ChecklistAnswer],
    pub(super) documents: &'w [Document],
    pub(super) note: Option<&'w Sealed>,
}

impl<'a> Draft<'a> {
    /// An open step of the case.
    pub(super) fn open(&self, step: &StepId) -> Result<&'a StepSource, Refusal> {
        let (place, source) = self.procedure.step(step).ok_or_else(|| Refusal::UnknownStep { step: step.clone() })?;
        self.case.open_step(place).map(|_| source).ok_or_else(|| Refusal::StepNotOpen { step: step.clone() })
    }

    /// Steps are done while the application is decided, or while the licensed works go on.
    fn in_work(&self, step: &StepSource) -> Result<(), Refusal> {
        self.in_phase(step)?;
        self.not_returned()
    }

    /// The case is where the step can be open.
    pub(super) fn in_phase(&self, step: &StepSource) -> Result<(), Refusal> {
        match step.phase {
            Phase::Application => self.status(&[Status::InProgress]),
            Phase::Works => self.status(&[Status::Issued]),
        }
    }

    fn not_taken_by_other(&self, step: &StepId) -> Result<(), Refusal> {
        let place = self.procedure.step(step).map_or(usize::MAX, |(place, _)| place);
        let taken = self.case.open_step(place).and_then(|open| open.officer);
        match taken {
            Some(officer) if officer != self.asking.actor.person => {
                Err(Refusal::StepTakenByOther { step: step.clone() })
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn take(mut draft: Draft, step: &StepId) -> Decision {
    let source = draft.open(step)?;
    draft.in_work(source)?;
    draft.officer(&source.role)?;
    draft.not_taken_by_other(step)?;
    draft.record(StepTaken { step: step.clone(), district: draft.case.district, officer: draft.asking.actor.person });
    draft.decided()
}

pub(super) fn complete(mut draft: Draft, work: &Work) -> Decision {
    let step = draft.open(work.step)?;
    draft.in_work(step)?;
    draft.officer(&step.role)?;
    draft.not_taken_by_other(work.step)?;
    let unknown = || Refusal::UnknownOutcome { outcome: work.outcome.clone() };
    let outcome = draft.procedure.outcome(step, work.outcome).ok_or_else(unknown)?;
    known_documents(draft.procedure, work.documents)?;
    if let Some(answer) = work.checklist.iter().find(|a| !step.checklist.iter().any(|item| item.id == a.item)) {
        return Err(Refusal::UnknownChecklistItem { item: answer.item.clone() });
    }
    let twice = |a: &&ChecklistAnswer| work.checklist.iter().filter(|other| other.item == a.item).count() > 1;
    if let Some(answer) = work.checklist.iter().find(twice) {
        return Err(Refusal::ChecklistTwice { item: answer.item.clone() });
    }
    if goes_on(outcome) {
        may_go_on(&draft, step, work)?;
    }
    let note = work.note.cloned();
    finish(&mut draft, step, work, outcome, note, false);
    draft.decided()
}

/// Whether the case goes forward with this outcome, rather than back, aside or out.
fn goes_on(outcome: Option<&OutcomeSource>) -> bool {
    outcome.is_none_or(|o| o.opens.is_none() && o.back_to.is_none() && o.refuses.is_none())
}

fn may_go_on(draft: &Draft, step: &StepSource, work: &Work) -> Result<(), Refusal> {
    let holds = |item: &StepId| work.checklist.iter().any(|answer| answer.item == *item && answer.holds);
    if let Some(item) = step.checklist.iter().find(|item| item.required && !holds(&item.id)) {
        return Err(Refusal::ChecklistIncomplete { item: item.id.clone() });
    }
    let documents = &draft.procedure.source().documents;
    let there = |id: &StepId| {
        let before =
            documents.iter().position(|known| known.id == *id).is_some_and(|i| draft.case.documents >> i & 1 == 1);
        before || work.documents.iter().any(|document| document.kind == *id)
    };
    if let Some(missing) = step.documents.iter().find(|id| !there(id)) {
        return Err(Refusal::DocumentMissing { document: missing.clone() });
    }
    let (place, _) = draft.procedure.step(work.step).expect("the step is open");
    draft.agencies_agree(|asks| asks == place)?;
    if step.needs_payment { draft.fees_are_paid() } else { Ok(()) }
}

/// Records that the step is done and what follows from its outcome.
pub(super) fn finish(
    draft: &mut Draft,
    step: &StepSource,
    work: &Work,
    outcome: Option<&OutcomeSource>,
    note: Option<Sealed>,
    by_silence: bool,
) {
    if let Some(back) = outcome.and_then(|outcome| outcome.back_to.as_ref()) {
        let (place, _) = draft.procedure.step(back).expect("an outcome goes back to a step of the procedure");
        let (this, _) = draft.procedure.step(&step.id).expect("the step is open");
        let undone = draft.procedure.from_here_on(place);
        draft.cancel_agencies(undone);
        draft.cancel_steps(undone & !(1 << this));
    }
    draft.record(StepCompleted {
        step: step.id.clone(),
        district: draft.case.district,
        outcome: work.outcome.clone(),
        checklist: work.checklist.to_vec(),
        documents: work.documents.to_vec(),
        note: note.clone(),
        back_to: outcome.and_then(|outcome| outcome.back_to.clone()),
        by_silence,
    });
    if let Some(demanded) = outcome.and_then(|outcome| outcome.opens.as_ref()) {
        let (place, _) = draft.procedure.step(demanded).expect("an outcome opens a step of the procedure");
        if draft.case.open_step(place).is_none() {
            draft.open_step(place);
        }
    }
    if let Some(article) = outcome.and_then(|outcome| outcome.refuses.clone()) {
        draft.refuse(Some(article), note);
    }
    draft.settle();
}

/// Extends the promised date, or a step's deadline, once.
pub(super) fn extend(mut draft: Draft, step: Option<&StepId>) -> Decision {
    draft.officer(&draft.decisions()?.extend)?;
    draft.status(&[Status::InProgress, Status::Granted, Status::Issued])?;
    let (clock, running, policy): (Clock, _, Option<&DeadlineSource>) = match step {
        None => (Clock::Promise, draft.case.promise, draft.procedure.source().promise.as_ref()),
        Some(step) => {
            let source = draft.open(step)?;
            let (place, _) = draft.procedure.step(step).expect("the step is open");
            let open = draft.case.open_step(place).and_then(|open| open.clock);
            (Clock::Step(step.clone()), open, source.deadline.as_ref())
        }
    };
    let (Some(running), Some(policy)) = (running, policy) else { return Err(Refusal::NoDeadline {}) };
    let deadline = running.deadline();
    if policy.extension == 0 {
        return Err(Refusal::NoExtension {});
    }
    if deadline.extended {
        return Err(Refusal::ExtensionUsed {});
    }
    if running.passed || deadline.due < draft.asking.now {
        return Err(Refusal::ExtensionTooLate {});
    }
    let city = draft.asking.state.city()?;
    let deadline = deadline.extend(policy.extension, &draft.asking.state.calendar, &city.zone);
    draft.record(DeadlineMoved { clock, deadline, why: Moved::Extended });
    draft.decided()
}
