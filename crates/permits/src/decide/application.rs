//! Applying, taking back, returning for correction and answering.

use super::{
    Decision,
    draft::{Asking, Draft},
    guards::role,
};
use crate::{
    commands::Application,
    events::*,
    procedure::{Facts, Procedure},
    refusal::Refusal,
    state::{Case, Status},
};
use kernel::{CaseId, DistrictId, Rials, Sealed, StepId, deadline::Deadline};

pub(super) fn apply(asking: &Asking, wanted: &Application) -> Decision {
    let city = asking.state.city()?;
    let known = asking.state.newest(&wanted.procedure);
    let unknown = || Refusal::UnknownProcedure { procedure: wanted.procedure.as_str().into() };
    let (index, procedure) = known.ok_or_else(unknown)?;
    who_may_apply(asking, procedure, wanted)?;
    asking.remembered(wanted.applicant.iter().map(|party| party.person).chain(wanted.agent))?;
    let nowhere = wanted.district == DistrictId(0) && (wanted.origin.is_some() || !procedure.source().needs_parcel);
    if !nowhere && !asking.state.has_district(wanted.district) {
        return Err(Refusal::UnknownDistrict { district: wanted.district, districts: city.districts });
    }
    one_live_application(asking, procedure, wanted)?;
    Facts::check(procedure, &wanted.facts)?;
    known_documents(procedure, &wanted.documents)?;
    let facts = Facts::default().with(procedure, &wanted.facts);
    if wanted.origin.is_none() {
        complete_application(procedure, &facts, &wanted.documents)?;
    }
    let (year, serial) = asking.state.books.cases.next(asking.year()?);
    let submitted = ApplicationSubmitted {
        procedure: procedure.id().clone(),
        version: procedure.version(),
        district: wanted.district,
        parcel: wanted.parcel.clone(),
        applicant: wanted.applicant.clone(),
        agent: wanted.agent,
        facts: wanted.facts.clone(),
        documents: wanted.documents.clone(),
        promise: promise(asking, procedure, wanted),
        estimate: if wanted.origin.is_some() { Rials(0) } else { estimate(procedure, &facts)? },
        origin: wanted.origin.clone(),
    };
    let case = Case::open(index, procedure, &submitted);
    let mut draft = Draft::new(asking, CaseId::new(year, serial), procedure, case).opened_by(submitted);
    draft.settle();
    draft.decided()
}

/// Citizens apply for themselves or for whom they act; an intake desk takes an application down; an importer records.
fn who_may_apply(asking: &Asking, procedure: &Procedure, wanted: &Application) -> Result<(), Refusal> {
    if wanted.origin.is_some() || wanted.deadline.is_some() {
        return asking.only(role::IMPORTER).map_err(|_| Refusal::OnlyImporterMayImport {});
    }
    if procedure.observed() {
        return Err(Refusal::OnlyImported {});
    }
    let applicant = wanted.applicant.as_ref().ok_or(Refusal::ApplicantMissing {})?.person;
    if asking.is(role::INTAKE) {
        if !asking.actor.districts.contains(wanted.district) {
            return Err(Refusal::DistrictNotYours { district: wanted.district });
        }
        return asking.impartial([Some(applicant), wanted.agent].into_iter().flatten());
    }
    asking.only(role::CITIZEN)?;
    let person = asking.actor.person;
    if person == applicant || Some(person) == wanted.agent { Ok(()) } else { Err(Refusal::NotYourCase {}) }
}

fn one_live_application(asking: &Asking, procedure: &Procedure, wanted: &Application) -> Result<(), Refusal> {
    let Some(parcel) = &wanted.parcel else {
        let needed = procedure.source().needs_parcel && wanted.origin.is_none();
        return if needed { Err(Refusal::ParcelMissing {}) } else { Ok(()) };
    };
    match asking.state.live_case(parcel) {
        Some(case) => Err(Refusal::ParcelHasLiveApplication { case }),
        None => Ok(()),
    }
}

fn complete_application(procedure: &Procedure, facts: &Facts, documents: &[Document]) -> Result<(), Refusal> {
    facts.complete(procedure)?;
    let required = procedure.source().documents.iter().filter(|document| document.required);
    for document in required {
        if !documents.iter().any(|given| given.kind == document.id) {
            return Err(Refusal::DocumentMissing { document: document.id.clone() });
        }
    }
    if procedure.source().conditions.is_empty() {
        return Ok(());
    }
    match procedure.broken_condition(&procedure.scope(facts)) {
        Some(rule) => Err(Refusal::NotEligible { rule: rule.clone() }),
        None => Ok(()),
    }
}

pub(super) fn known_documents(procedure: &Procedure, documents: &[Document]) -> Result<(), Refusal> {
    let known = |kind: &StepId| procedure.source().documents.iter().any(|document| document.id == *kind);
    match documents.iter().find(|document| !known(&document.kind)) {
        Some(document) => Err(Refusal::UnknownDocument { document: document.kind.clone() }),
        None => Ok(()),
    }
}

fn promise(asking: &Asking, procedure: &Procedure, wanted: &Application) -> Option<Deadline> {
    let zone = &asking.state.city.as_ref()?.zone;
    if let Some(due) = wanted.deadline {
        return Some(Deadline::fixed(due, asking.state.calendar.version(), zone));
    }
    procedure.source().promise.as_ref().and_then(|promise| asking.begin(&promise.policy()))
}

fn estimate(procedure: &Procedure, facts: &Facts) -> Result<Rials, Refusal> {
    if procedure.source().fees.is_empty() {
        return Ok(Rials(0));
    }
    procedure.estimate(&procedure.scope(facts)).map_err(super::money::not_computable)
}

pub(super) fn withdraw(mut draft: Draft) -> Decision {
    if draft.procedure.observed() {
        return Err(Refusal::IsObserved {});
    }
    draft.applicant()?;
    draft.status(&[Status::InProgress])?;
    draft.cancel(u64::MAX);
    draft.record(ApplicationWithdrawn {});
    draft.decided()
}

/// The officer of an open step gives the case back, naming what is to be corrected; clocks stand still.
pub(super) fn return_case(mut draft: Draft, step: &StepId, corrections: &[StepId], note: Option<&Sealed>) -> Decision {
    draft.status(&[Status::InProgress])?;
    draft.not_returned()?;
    let source = draft.open(step)?;
    draft.officer(&source.role)?;
    let (fields, documents) = (&draft.procedure.source().fields, &draft.procedure.source().documents);
    let known = |id: &StepId| fields.iter().any(|f| f.id == *id) || documents.iter().any(|d| d.id == *id);
    if let Some(unknown) = corrections.iter().find(|id| !known(id)) {
        return Err(Refusal::UnknownCorrection { correction: unknown.clone() });
    }
    draft.record(CaseReturned { step: step.clone(), corrections: corrections.to_vec(), note: note.cloned() });
    draft.decided()
}

/// The applicant corrects all that was asked for; clocks go on.
pub(super) fn answer_return(
    mut draft: Draft,
    facts: &[FactValue],
    documents: &[Document],
    note: Option<&Sealed>,
) -> Decision {
    draft.applicant()?;
    let asked = draft.case.later().returned.clone().ok_or(Refusal::CaseNotReturned {})?;
    Facts::check(draft.procedure, facts)?;
    known_documents(draft.procedure, documents)?;
    let given = |id: &StepId| facts.iter().any(|f| f.field == *id) || documents.iter().any(|d| d.kind == *id);
    if let Some(missing) = asked.iter().find(|id| !given(id)) {
        return Err(Refusal::CorrectionMissing { correction: missing.clone() });
    }
    only_what_was_asked(&draft, &asked, facts)?;
    let corrected = draft.case.facts.clone().with(draft.procedure, facts);
    if let Some(rule) = draft.procedure.broken_condition(&draft.procedure.scope(&corrected)) {
        return Err(Refusal::NotEligible { rule: rule.clone() });
    }
    let held_since = draft.case.later().held_since;
    let estimate = estimate(draft.procedure, &corrected)?;
    draft.record(ReturnAnswered {
        facts: facts.to_vec(),
        documents: documents.to_vec(),
        note: note.cloned(),
        estimate,
    });
    draft.resume(held_since);
    draft.ask_missing();
    draft.settle();
    draft.decided()
}

/// Facts that officers have checked already change only where a correction was asked for; none named means any.
fn only_what_was_asked(draft: &Draft, asked: &[StepId], facts: &[FactValue]) -> Result<(), Refusal> {
    let fields = &draft.procedure.source().fields;
    let unchanged = |fact: &FactValue| {
        let place = fields.iter().position(|field| field.id == fact.field);
        place.and_then(|place| draft.case.facts.get(draft.procedure, place)).as_ref() == Some(&fact.value)
    };
    match facts.iter().find(|fact| !asked.contains(&fact.field) && !unchanged(fact)) {
        Some(fact) if !asked.is_empty() => Err(Refusal::CorrectionNotAsked { correction: fact.field.clone() }),
        Some(_) | None => Ok(()),
    }
}
