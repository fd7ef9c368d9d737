//! Objecting to a decision, and deciding the objection.

use super::{Decision, draft::Draft};
use crate::{events::*, refusal::Refusal, state::Status};
use kernel::Sealed;

/// Against a refusal, suspension or revocation, within the procedure's time.
pub(super) fn object(mut draft: Draft, note: Option<&Sealed>) -> Decision {
    draft.applicant()?;
    draft.status(&[Status::Refused, Status::Suspended, Status::Revoked])?;
    let policy = draft.procedure.source().objection.as_ref().ok_or(Refusal::NoObjectionAllowed {})?;
    if draft.case.later().objection.is_some() {
        return Err(Refusal::ObjectionOpen {});
    }
    let state = draft.asking.state;
    let decided_at = draft.case.later().decided_at.unwrap_or(draft.asking.at);
    let last = policy.within.policy().begin(decided_at, &state.calendar, &state.city()?.zone);
    if draft.asking.at > last.due {
        return Err(Refusal::ObjectionTooLate {});
    }
    let deadline = policy.answer.as_ref().and_then(|answer| draft.asking.begin(&answer.policy()));
    draft.record(ObjectionRaised { note: note.cloned(), deadline });
    draft.decided()
}

/// An upheld objection puts a refused case back on its way, or a suspended or revoked licence back into force.
pub(super) fn decide(mut draft: Draft, upheld: bool, note: Option<&Sealed>) -> Decision {
    draft.officer(&draft.decisions()?.objection)?;
    if draft.case.later().objection.is_none() {
        return Err(Refusal::NoObjection {});
    }
    let refused = draft.case.status == Status::Refused;
    let reopens = draft.procedure.source().objection.as_ref().map(|objection| objection.reopens.clone());
    if upheld
        && refused
        && let Some(parcel) = &draft.case.parcel
        && let Some(case) = draft.asking.state.live_case(parcel)
    {
        return Err(Refusal::ParcelHasLiveApplication { case });
    }
    let back_to = if upheld && refused { reopens } else { None };
    draft.record(ObjectionDecided { upheld, note: note.cloned(), back_to });
    let in_force = !matches!(draft.case.status, Status::Suspended | Status::Revoked);
    if upheld && !refused && !in_force {
        draft.record(LicenceReinstated {});
    }
    if upheld && refused {
        // The refusal took from their desks also agencies of steps that stay done.
        draft.ask_missing();
    }
    draft.settle();
    draft.decided()
}
