//! What the timeline tells of each event: what it is about, a few further facts, and sealed words. Nothing personal
//! enters the facts.

use kernel::{Date, Sealed, StepId, deadline::Deadline};
use permits::Event;
use permits::events::{Clock, Moved, RefundReason, StepCompleted};
use serde_json::{Map, Value as Json, json};
use smol_str::{SmolStr, ToSmolStr as _};

/// The step, agency, bill, licence or other thing that the event is about.
pub(super) fn subject(event: &Event) -> Option<SmolStr> {
    match event {
        Event::ProcedurePublished(e) => Some(e.procedure.to_smolstr()),
        Event::HolidayDeclared(e) => Some(e.date.to_smolstr()),
        Event::HolidayWithdrawn(e) => Some(e.date.to_smolstr()),
        Event::RestDaysSet(e) => Some(e.from.to_smolstr()),
        Event::ApplicationSubmitted(e) => Some(e.procedure.to_smolstr()),
        Event::StepOpened(e) => Some(e.step.to_smolstr()),
        Event::StepSkipped(e) => Some(e.step.to_smolstr()),
        Event::StepTaken(e) => Some(e.step.to_smolstr()),
        Event::StepCancelled(e) => Some(e.step.to_smolstr()),
        Event::StepCompleted(e) => Some(e.step.to_smolstr()),
        Event::CaseReturned(e) => Some(e.step.to_smolstr()),
        Event::ConsultationRequested(e) => Some(e.agency.to_smolstr()),
        Event::ConsultationAnswered(e) => Some(e.agency.to_smolstr()),
        Event::ConsultationCancelled(e) => Some(e.agency.to_smolstr()),
        Event::DeadlineMoved(e) => Some(clock(&e.clock)),
        Event::DeadlinePassed(e) => Some(clock(&e.clock)),
        Event::BillIssued(e) => Some(e.bill.to_smolstr()),
        Event::PaymentReceived(e) => Some(e.bill.to_smolstr()),
        Event::RefundOrdered(e) => Some(e.bill.to_smolstr()),
        Event::RefundPaid(e) => Some(e.bill.to_smolstr()),
        Event::CaseRefused(e) => e.article.as_ref().map(StepId::to_smolstr),
        Event::LicenceIssued(e) => Some(e.licence.to_smolstr()),
        Event::LicenceSuspended(e) => Some(e.article.to_smolstr()),
        Event::LicenceRevoked(e) => Some(e.article.to_smolstr()),
        Event::WorkCompleted(e) => Some(e.certificate.to_smolstr()),
        Event::CutOverBreached(e) => Some(e.channel.clone()),
        Event::StepRecorded(e) => Some(e.name.clone()),
        Event::CityEstablished(_)
        | Event::KinDeclared(_)
        | Event::PersonForgotten(_)
        | Event::ApplicationWithdrawn(_)
        | Event::ReturnAnswered(_)
        | Event::PermitGranted(_)
        | Event::LicenceReinstated(_)
        | Event::LicenceRenewed(_)
        | Event::LicenceTransferred(_)
        | Event::ObjectionRaised(_)
        | Event::ObjectionDecided(_)
        | Event::FileViewed(_)
        | Event::RecordClosed(_) => None,
    }
}

/// What else it says, for people and machines; small.
pub(super) fn facts(event: &Event) -> Option<Json> {
    match event {
        Event::ProcedurePublished(e) => Some(json!({ "version": e.version })),
        Event::HolidayDeclared(e) => Some(json!({ "calendar": e.calendar, "title": e.title })),
        Event::HolidayWithdrawn(e) => Some(json!({ "calendar": e.calendar })),
        Event::RestDaysSet(e) => Some(json!({ "calendar": e.calendar })),
        Event::ApplicationSubmitted(e) => {
            Some(json!({ "version": e.version, "estimate": e.estimate, "promised": due(e.promise) }))
        }
        Event::StepOpened(e) => Some(json!({ "role": e.role, "due": due(e.deadline) })),
        Event::StepCompleted(e) => Some(completed(e)),
        Event::CaseReturned(e) => Some(json!({ "corrections": e.corrections })),
        Event::ReturnAnswered(e) => Some(json!({
            "corrected": e.facts.iter().map(|fact| &fact.field).chain(e.documents.iter().map(|given| &given.kind))
                .collect::<Vec<_>>(),
            "estimate": e.estimate,
        })),
        Event::ConsultationRequested(e) => {
            Some(json!({ "step": e.step, "role": e.role, "required": e.required, "due": due(e.deadline) }))
        }
        Event::ConsultationAnswered(e) => {
            Some(json!({ "verdict": super::consultations::Verdict::from(e.verdict), "by_silence": e.by_silence }))
        }
        Event::DeadlineMoved(e) => {
            Some(json!({ "due": due(Some(e.deadline)), "why": why(e.why), "calendar": e.deadline.calendar }))
        }
        Event::DeadlinePassed(e) => Some(json!({ "due": e.due.to_string(), "escalated_to": e.escalated_to })),
        Event::BillIssued(e) => Some(json!({ "total": e.total, "due": due(e.deadline) })),
        Event::PaymentReceived(e) => Some(json!({ "amount": e.amount, "outstanding": e.outstanding })),
        Event::RefundOrdered(e) => Some(json!({ "amount": e.amount, "reason": reason(e.reason) })),
        Event::RefundPaid(e) => Some(json!({ "amount": e.amount })),
        Event::LicenceIssued(e) => Some(json!({ "valid_until": day(e.valid_until) })),
        Event::LicenceRenewed(e) => Some(json!({ "valid_until": day(e.valid_until) })),
        Event::ObjectionRaised(e) => Some(json!({ "due": due(e.deadline) })),
        Event::ObjectionDecided(e) => Some(json!({ "upheld": e.upheld, "back_to": e.back_to })),
        Event::CutOverBreached(e) => Some(json!({ "since": day(e.since) })),
        Event::StepRecorded(e) => recorded(e.unit.as_ref(), e.lifecycle.as_ref()),
        Event::CityEstablished(_)
        | Event::KinDeclared(_)
        | Event::PersonForgotten(_)
        | Event::ApplicationWithdrawn(_)
        | Event::StepSkipped(_)
        | Event::StepTaken(_)
        | Event::StepCancelled(_)
        | Event::ConsultationCancelled(_)
        | Event::CaseRefused(_)
        | Event::PermitGranted(_)
        | Event::LicenceSuspended(_)
        | Event::LicenceReinstated(_)
        | Event::LicenceRevoked(_)
        | Event::LicenceTransferred(_)
        | Event::WorkCompleted(_)
        | Event::FileViewed(_)
        | Event::RecordClosed(_) => None,
    }
}

/// The sealed words of an event, and the sealed name of who an imported log says did it.
pub(super) fn sealed(event: &Event) -> (Option<&Sealed>, Option<&Sealed>) {
    match event {
        Event::StepCompleted(e) => (e.note.as_ref(), None),
        Event::CaseReturned(e) => (e.note.as_ref(), None),
        Event::ReturnAnswered(e) => (e.note.as_ref(), None),
        Event::ConsultationAnswered(e) => (e.note.as_ref(), None),
        Event::CaseRefused(e) => (e.note.as_ref(), None),
        Event::LicenceSuspended(e) => (e.note.as_ref(), None),
        Event::LicenceRevoked(e) => (e.note.as_ref(), None),
        Event::ObjectionRaised(e) => (e.note.as_ref(), None),
        Event::ObjectionDecided(e) => (e.note.as_ref(), None),
        Event::RefundOrdered(e) => (e.note.as_ref(), None),
        Event::StepRecorded(e) => (None, e.actor.as_ref()),
        Event::CityEstablished(_)
        | Event::ProcedurePublished(_)
        | Event::HolidayDeclared(_)
        | Event::HolidayWithdrawn(_)
        | Event::RestDaysSet(_)
        | Event::KinDeclared(_)
        | Event::PersonForgotten(_)
        | Event::ApplicationSubmitted(_)
        | Event::ApplicationWithdrawn(_)
        | Event::StepOpened(_)
        | Event::StepSkipped(_)
        | Event::StepTaken(_)
        | Event::StepCancelled(_)
        | Event::ConsultationCancelled(_)
        | Event::DeadlineMoved(_)
        | Event::DeadlinePassed(_)
        | Event::ConsultationRequested(_)
        | Event::BillIssued(_)
        | Event::PaymentReceived(_)
        | Event::RefundPaid(_)
        | Event::FileViewed(_)
        | Event::PermitGranted(_)
        | Event::LicenceIssued(_)
        | Event::LicenceReinstated(_)
        | Event::LicenceRenewed(_)
        | Event::LicenceTransferred(_)
        | Event::WorkCompleted(_)
        | Event::CutOverBreached(_)
        | Event::RecordClosed(_) => (None, None),
    }
}

fn completed(e: &StepCompleted) -> Json {
    let mut facts = Map::new();
    facts.insert("outcome".into(), json!(e.outcome));
    if !e.checklist.is_empty() {
        let answers = e.checklist.iter().map(|answer| (answer.item.to_string(), Json::from(answer.holds)));
        facts.insert("checklist".into(), Json::Object(answers.collect()));
    }
    if let Some(back_to) = &e.back_to {
        facts.insert("back_to".into(), json!(back_to));
    }
    if e.by_silence {
        facts.insert("by_silence".into(), Json::from(true));
    }
    Json::Object(facts)
}

fn recorded(unit: Option<&SmolStr>, lifecycle: Option<&SmolStr>) -> Option<Json> {
    let told = [("unit", unit), ("lifecycle", lifecycle)];
    let facts: Map<String, Json> =
        told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Json::from(value?.as_str())))).collect();
    (!facts.is_empty()).then_some(Json::Object(facts))
}

fn clock(clock: &Clock) -> SmolStr {
    match clock {
        Clock::Promise => SmolStr::new_static("promise"),
        Clock::Step(step) => step.to_smolstr(),
        Clock::Consultation(agency) => agency.to_smolstr(),
        Clock::Objection => SmolStr::new_static("objection"),
        Clock::Bill => SmolStr::new_static("bill"),
    }
}

fn reason(reason: RefundReason) -> &'static str {
    match reason {
        RefundReason::Surplus => "surplus",
        RefundReason::CaseEnded => "case-ended",
        RefundReason::Decided => "decided",
    }
}

fn why(why: Moved) -> &'static str {
    match why {
        Moved::Resumed => "resumed",
        Moved::Extended => "extended",
        Moved::Calendar => "calendar",
    }
}

fn due(deadline: Option<Deadline>) -> Option<String> {
    deadline.map(|deadline| deadline.due.to_string())
}

fn day(date: Date) -> String {
    date.to_string()
}
