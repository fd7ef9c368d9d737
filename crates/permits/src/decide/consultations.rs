//! Outside agencies, asked all at once, each answering for itself.

use super::{Decision, draft::Draft};
use crate::{events::*, refusal::Refusal};
use kernel::{Sealed, StepId};

impl Draft<'_> {
    /// Whether an agency was asked and has not answered.
    fn owes(&self, agency: &StepId) -> bool {
        let place = self.procedure.agency_place(agency);
        place.and_then(|place| self.case.consultation(place)).is_some_and(|asked| asked.verdict.is_none())
    }

    /// Required agencies of these steps must have answered, and none must be against.
    pub(super) fn agencies_agree(&self, of_step: impl Fn(usize) -> bool) -> Result<(), Refusal> {
        for consultation in &self.case.consultations {
            let (place, asked) = self.procedure.agency_at(usize::from(consultation.agency));
            if !asked.required || !of_step(place) {
                continue;
            }
            match consultation.verdict {
                None => return Err(Refusal::ConsultationOpen { agency: asked.agency.clone() }),
                Some(Verdict::Rejects) => return Err(Refusal::ConsultationRejected { agency: asked.agency.clone() }),
                Some(Verdict::Approves | Verdict::ApprovesWithConditions) => {}
            }
        }
        Ok(())
    }
}

/// The officer of an open step asks one of its agencies, or asks it again after it answered.
pub(super) fn consult(mut draft: Draft, step: &StepId, agency: &StepId) -> Decision {
    let source = draft.open(step)?;
    draft.in_phase(source)?;
    draft.officer(&source.role)?;
    let unknown = || Refusal::UnknownAgency { agency: agency.clone() };
    let asked = source.consultations.iter().find(|asked| asked.agency == *agency).ok_or_else(unknown)?;
    if draft.owes(agency) {
        return Err(Refusal::ConsultationOpen { agency: agency.clone() });
    }
    let (place, _) = draft.procedure.step(step).expect("the step is open");
    draft.ask(place, asked);
    draft.decided()
}

/// The agency's own role answers, once.
pub(super) fn answer(mut draft: Draft, agency: &StepId, verdict: Verdict, note: Option<&Sealed>) -> Decision {
    let known = draft.procedure.agency(agency);
    let (place, asked) = known.ok_or_else(|| Refusal::UnknownAgency { agency: agency.clone() })?;
    draft.in_phase(draft.procedure.step_at(place))?;
    draft.officer(&asked.role)?;
    if !draft.owes(agency) {
        return Err(Refusal::ConsultationNotOpen { agency: agency.clone() });
    }
    draft.record(ConsultationAnswered { agency: agency.clone(), verdict, note: note.cloned(), by_silence: false });
    draft.decided()
}
