//! Cases of other systems: recorded as their log says, decided there.

use super::{
    Decision,
    draft::Draft,
    guards::role,
    steps::{self, Work},
};
use crate::{events::*, refusal::Refusal, state::Status};
use kernel::Sealed;
use smol_str::SmolStr;

/// A step as a log has it.
pub(super) struct Recorded<'w> {
    pub(super) name: &'w SmolStr,
    pub(super) actor: Option<&'w Sealed>,
    pub(super) unit: Option<&'w SmolStr>,
    pub(super) lifecycle: Option<&'w SmolStr>,
}

/// Under an observed procedure any step, also one that the other system added after it had closed the case: a log grows
/// from one export to the next. Under a declared one the step of that id or title, which must be open.
pub(super) fn record_step(mut draft: Draft, step: &Recorded) -> Decision {
    draft.asking.only(role::IMPORTER)?;
    if !draft.case.imported {
        return Err(Refusal::NotObserved {});
    }
    if draft.procedure.observed() {
        draft.status(&[Status::InProgress, Status::Issued, Status::Closed])?;
    } else {
        draft.status(&[Status::InProgress, Status::Issued])?;
        done_elsewhere(&mut draft, step.name)?;
    }
    draft.record(StepRecorded {
        name: step.name.clone(),
        actor: step.actor.cloned(),
        unit: step.unit.cloned(),
        lifecycle: step.lifecycle.cloned(),
    });
    draft.decided()
}

/// The other system has done a declared step: it ends with its first outcome that lets the case go on.
fn done_elsewhere(draft: &mut Draft, name: &SmolStr) -> Result<(), Refusal> {
    let named = |step: &&crate::procedure::source::StepSource| {
        step.id.as_str() == name || step.title.fa == name.as_str() || step.title.en == name.as_str()
    };
    let source = draft.procedure.source().steps.iter().find(named);
    let source = source.ok_or_else(|| Refusal::UnknownStepName { name: name.clone() })?;
    draft.open(&source.id)?;
    let onward = source.outcomes.iter().find(|o| o.opens.is_none() && o.back_to.is_none() && o.refuses.is_none());
    let outcome = onward.map_or_else(crate::procedure::done, |outcome| outcome.id.clone());
    let work = Work { step: &source.id, outcome: &outcome, checklist: &[], documents: &[], note: None };
    steps::finish(draft, source, &work, onward, None, false);
    Ok(())
}

pub(super) fn close(mut draft: Draft) -> Decision {
    draft.asking.only(role::IMPORTER)?;
    if !draft.case.imported {
        return Err(Refusal::NotObserved {});
    }
    draft.status(&[Status::InProgress, Status::Issued])?;
    draft.cancel(u64::MAX);
    draft.record(RecordClosed {});
    draft.decided()
}
