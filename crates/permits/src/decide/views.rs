//! Who looked at a file: recorded so that the citizen can see it.

use super::{Decision, draft::Draft, guards::role};
use crate::{
    events::{Document, FileViewed},
    refusal::Refusal,
};

/// An officer of the case's district looked. Those who are in the case themselves, and machines, leave no trace.
pub(super) fn view(mut draft: Draft, document: Option<&Document>) -> Decision {
    let unseen = [role::CITIZEN, role::BANK, role::CLOCK, role::IMPORTER];
    if unseen.iter().any(|role| draft.asking.is(role)) {
        return Err(Refusal::OnlyOfficersView {});
    }
    let district = draft.case.district;
    if !draft.asking.actor.districts.contains(district) {
        return Err(Refusal::DistrictNotYours { district });
    }
    if let Some(document) = document {
        super::application::known_documents(draft.procedure, std::slice::from_ref(document))?;
    }
    draft.record(FileViewed { district, document: document.cloned() });
    draft.decided()
}
