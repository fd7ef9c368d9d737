//! Events in the words of the feeds. Who is told is decided in `disclose.rs`; here is what they are told.

use crate::city::Brief;
use crate::data::{self, Case, Clock, Data, Due, Fact, Named, Title, Value, Verdict, Why};
use crate::disclose::Sight;
use kernel::{Deadline, RoleId, StepId, Weekday};
use permits::events::{self, Document, FactValue};

/// Names things as the procedure of the case does, and leaves out what this sight does not see.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) sight: Sight,
    pub(crate) procedure: Option<&'a Brief>,
}

impl<'a> Words<'a> {
    pub(crate) fn city(self, e: &'a events::CityEstablished) -> Data<'a> {
        let departments = e.departments.iter().map(|one| named(one.id.as_str(), Some(title(&one.title)))).collect();
        let (title, zone, districts) = (title(&e.title), e.zone.as_str(), e.districts);
        Data::CityEstablished(data::CityEstablished { title, zone, districts, departments })
    }
    pub(crate) fn procedure(brief: &'a Brief) -> Data<'a> {
        let step = |step: &'a permits::procedure::source::StepSource| data::ProcedureStep {
            step: named(step.id.as_str(), Some((&step.title).into())),
            role: step.role.as_str(),
            department: step.department.as_str(),
        };
        let steps = brief.source.steps.iter().map(step).collect();
        let (procedure, version) = (procedure_of(brief), brief.source.version);
        Data::ProcedurePublished(data::ProcedurePublished { procedure, version, steps })
    }
    pub(crate) fn holiday(self, e: &events::HolidayDeclared) -> Data<'a> {
        Data::HolidayDeclared(data::HolidayDeclared { date: e.date.to_string(), calendar: e.calendar })
    }
    pub(crate) fn holiday_withdrawn(self, e: &events::HolidayWithdrawn) -> Data<'a> {
        Data::HolidayWithdrawn(data::HolidayWithdrawn { date: e.date.to_string(), calendar: e.calendar })
    }
    pub(crate) fn rest_days(self, e: &events::RestDaysSet) -> Data<'a> {
        let days = e.days.iter().copied().map(weekday).collect();
        Data::RestDaysSet(data::RestDaysSet { from: e.from.to_string(), days, calendar: e.calendar })
    }

    pub(crate) fn submitted(self, e: &'a events::ApplicationSubmitted) -> Data<'a> {
        Data::ApplicationSubmitted(data::ApplicationSubmitted {
            parcel: e.parcel.as_ref().map(kernel::ParcelId::as_str).filter(|_| self.sight.has_land()),
            facts: self.facts(&e.facts),
            documents: kinds(&e.documents),
            promise: due(e.promise.as_ref()),
            estimate: self.sight.has_money().then_some(e.estimate.0),
            imported: e.origin.is_some(),
        })
    }
    pub(crate) fn opened(self, e: &'a events::StepOpened) -> Data<'a> {
        let (step, role, department) = (self.step(&e.step), e.role.as_str(), e.department.as_str());
        Data::StepOpened(data::StepOpened { step, role, department, due: due(e.deadline.as_ref()) })
    }
    pub(crate) fn skipped(self, step: &'a StepId) -> Data<'a> {
        Data::StepSkipped(data::StepSkipped { step: self.step(step) })
    }
    pub(crate) fn taken(self, step: &'a StepId) -> Data<'a> {
        Data::StepTaken(data::StepTaken { step: self.step(step) })
    }
    pub(crate) fn cancelled(self, step: &'a StepId) -> Data<'a> {
        Data::StepCancelled(data::StepCancelled { step: self.step(step) })
    }
    pub(crate) fn completed(self, e: &'a events::StepCompleted) -> Data<'a> {
        let outcomes = self.procedure.and_then(|brief| brief.step(&e.step)).map(|step| step.outcomes.as_slice());
        let outcome = outcomes.unwrap_or_default().iter().find(|outcome| outcome.id == e.outcome);
        Data::StepCompleted(data::StepCompleted {
            step: self.step(&e.step),
            outcome: named(e.outcome.as_str(), outcome.map(|outcome| (&outcome.title).into())),
            documents: kinds(&e.documents),
            back_to: e.back_to.as_ref().map(|step| self.step(step)),
            by_silence: e.by_silence,
        })
    }
    pub(crate) fn returned(self, e: &'a events::CaseReturned) -> Data<'a> {
        let corrections = e.corrections.iter().map(StepId::as_str).collect();
        Data::CaseReturned(data::CaseReturned { step: self.step(&e.step), corrections })
    }
    pub(crate) fn answered(self, e: &'a events::ReturnAnswered) -> Data<'a> {
        let estimate = self.sight.has_money().then_some(e.estimate.0);
        let (facts, documents) = (self.facts(&e.facts), kinds(&e.documents));
        Data::ReturnAnswered(data::ReturnAnswered { facts, documents, estimate })
    }

    pub(crate) fn moved(self, e: &'a events::DeadlineMoved) -> Data<'a> {
        let (clock, of) = self.clock(&e.clock);
        let why = match e.why {
            events::Moved::Resumed => Why::Resumed,
            events::Moved::Extended => Why::Extended,
            events::Moved::Calendar => Why::Calendar,
        };
        Data::DeadlineMoved(data::DeadlineMoved { clock, of, due: deadline(&e.deadline), why })
    }
    pub(crate) fn passed(self, e: &'a events::DeadlinePassed) -> Data<'a> {
        let (clock, of) = self.clock(&e.clock);
        let escalated_to = e.escalated_to.as_ref().map(RoleId::as_str);
        Data::DeadlinePassed(data::DeadlinePassed { clock, of, due: e.due.to_string(), escalated_to })
    }

    pub(crate) fn asked(self, e: &'a events::ConsultationRequested) -> Data<'a> {
        Data::ConsultationRequested(data::ConsultationRequested {
            agency: self.agency(&e.agency),
            role: e.role.as_str(),
            step: self.step(&e.step),
            required: e.required,
            due: due(e.deadline.as_ref()),
        })
    }
    pub(crate) fn agency_answered(self, e: &'a events::ConsultationAnswered) -> Data<'a> {
        let verdict = match e.verdict {
            events::Verdict::Approves => Verdict::Approves,
            events::Verdict::ApprovesWithConditions => Verdict::ApprovesWithConditions,
            events::Verdict::Rejects => Verdict::Rejects,
        };
        let (agency, by_silence) = (self.agency(&e.agency), e.by_silence);
        Data::ConsultationAnswered(data::ConsultationAnswered { agency, verdict, by_silence })
    }
    pub(crate) fn agency_cancelled(self, agency: &'a StepId) -> Data<'a> {
        Data::ConsultationCancelled(data::ConsultationCancelled { agency: self.agency(agency) })
    }

    pub(crate) fn billed(self, e: &'a events::BillIssued) -> Data<'a> {
        let fees = self.procedure.map(|brief| brief.source.fees.as_slice()).unwrap_or_default();
        let line = |line: &'a events::BillLine| {
            let fee = fees.iter().find(|fee| fee.id == line.fee).map(|fee| (&fee.title).into());
            data::BillLine { fee: named(line.fee.as_str(), fee), amount: line.amount.0 }
        };
        let (lines, total) = (e.lines.iter().map(line).collect(), e.total.0);
        Data::BillIssued(data::BillIssued { bill: e.bill.to_string(), lines, total, due: due(e.deadline.as_ref()) })
    }
    pub(crate) fn paid(self, e: &events::PaymentReceived) -> Data<'a> {
        let (bill, amount, outstanding) = (e.bill.to_string(), e.amount.0, e.outstanding.0);
        Data::PaymentReceived(data::PaymentReceived { bill, amount, outstanding })
    }
    pub(crate) fn refund_ordered(self, e: &events::RefundOrdered) -> Data<'a> {
        let reason = match e.reason {
            events::RefundReason::Surplus => data::Refund::Surplus,
            events::RefundReason::CaseEnded => data::Refund::CaseEnded,
            events::RefundReason::Decided => data::Refund::Decided,
        };
        Data::RefundOrdered(data::RefundOrdered { bill: e.bill.to_string(), amount: e.amount.0, reason })
    }
    pub(crate) fn refund_paid(self, e: &events::RefundPaid) -> Data<'a> {
        Data::RefundPaid(data::RefundPaid { bill: e.bill.to_string(), amount: e.amount.0 })
    }

    pub(crate) fn refused(self, e: &'a events::CaseRefused) -> Data<'a> {
        Data::CaseRefused(data::CaseRefused { article: e.article.as_ref().map(|article| self.article(article)) })
    }
    pub(crate) fn licence(self, e: &events::LicenceIssued) -> Data<'a> {
        let (licence, valid_until) = (e.licence.to_string(), e.valid_until.to_string());
        Data::LicenceIssued(data::LicenceIssued { licence, valid_until })
    }
    pub(crate) fn suspended(self, article: &'a StepId) -> Data<'a> {
        Data::LicenceSuspended(data::LicenceSuspended { article: self.article(article) })
    }
    pub(crate) fn revoked(self, article: &'a StepId) -> Data<'a> {
        Data::LicenceRevoked(data::LicenceRevoked { article: self.article(article) })
    }
    pub(crate) fn renewed(self, e: &events::LicenceRenewed) -> Data<'a> {
        Data::LicenceRenewed(data::LicenceRenewed { valid_until: e.valid_until.to_string() })
    }
    pub(crate) fn work_completed(self, e: &events::WorkCompleted) -> Data<'a> {
        Data::WorkCompleted(data::WorkCompleted { certificate: e.certificate.to_string() })
    }
    pub(crate) fn objection(self, e: &events::ObjectionRaised) -> Data<'a> {
        Data::ObjectionRaised(data::ObjectionRaised { due: due(e.deadline.as_ref()) })
    }
    pub(crate) fn objection_decided(self, e: &'a events::ObjectionDecided) -> Data<'a> {
        let back_to = e.back_to.as_ref().map(|step| self.step(step));
        Data::ObjectionDecided(data::ObjectionDecided { upheld: e.upheld, back_to })
    }
    pub(crate) fn breached(self, e: &events::CutOverBreached) -> Data<'a> {
        Data::CutOverBreached(data::CutOverBreached { since: e.since.to_string() })
    }

    fn step(self, id: &'a StepId) -> Named<'a> {
        let step = self.procedure.and_then(|brief| brief.step(id));
        named(id.as_str(), step.map(|step| (&step.title).into()))
    }
    fn agency(self, id: &'a StepId) -> Named<'a> {
        let agency = self.procedure.and_then(|brief| brief.agency(id));
        named(id.as_str(), agency.map(|agency| (&agency.title).into()))
    }
    fn article(self, id: &'a StepId) -> Named<'a> {
        let articles = self.procedure.map(|brief| brief.source.articles.as_slice()).unwrap_or_default();
        let article = articles.iter().find(|article| article.id == *id);
        named(id.as_str(), article.map(|article| (&article.title).into()))
    }
    fn clock(self, clock: &'a events::Clock) -> (Clock, Option<Named<'a>>) {
        match clock {
            events::Clock::Promise => (Clock::Promise, None),
            events::Clock::Step(step) => (Clock::Step, Some(self.step(step))),
            events::Clock::Consultation(agency) => (Clock::Consultation, Some(self.agency(agency))),
            events::Clock::Objection => (Clock::Objection, None),
            events::Clock::Bill => (Clock::Bill, None),
        }
    }
    fn facts(self, facts: &'a [FactValue]) -> Option<Vec<Fact<'a>>> {
        let value = |value: &'a events::Value| match value {
            events::Value::Integer(number) => Value::Integer(*number),
            events::Value::Flag(flag) => Value::Flag(*flag),
            events::Value::Choice(choice) => Value::Choice(choice.as_str()),
        };
        let fact = |fact: &'a FactValue| Fact { field: fact.field.as_str(), value: value(&fact.value) };
        self.sight.has_land().then(|| facts.iter().map(fact).collect())
    }
}

/// What every event about a case says of the case.
pub(crate) fn case_of(procedure: &Brief, district: u8) -> Case<'_> {
    Case { procedure: procedure_of(procedure), version: procedure.source.version, district }
}

fn procedure_of(brief: &Brief) -> Named<'_> {
    named(brief.source.id.as_str(), Some((&brief.source.title).into()))
}

fn named<'a>(id: &'a str, title: Option<Title<'a>>) -> Named<'a> {
    Named { id, title }
}

fn title(title: &events::Title) -> Title<'_> {
    Title { fa: &title.fa, en: &title.en }
}

fn due(of: Option<&Deadline>) -> Option<Due> {
    of.map(deadline)
}

fn deadline(of: &Deadline) -> Due {
    Due { at: of.due.to_string(), calendar: of.calendar }
}

fn kinds(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.kind.as_str()).collect()
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
    }
}
