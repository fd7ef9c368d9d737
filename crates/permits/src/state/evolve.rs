//! What each event does to the state: one arm an event. Total: what is in the register happened.

use super::case::{Bill, Case, ClockKey, Consultation, Licence, OpenStep, Running, Status};
use super::{City, Permits};
use crate::{
    events::*,
    procedure::{Facts, Procedure},
};
use kernel::{CaseId, Fact, Instant, ParcelId, StepId, deadline::Deadline, time::Zone};

impl Permits {
    pub(crate) fn apply(&mut self, fact: &Fact<Event>) {
        match &fact.event {
            Event::CityEstablished(e) => {
                let zone = Zone::new(&e.zone).expect("a zone is checked before the city is established");
                self.city = Some(City { zone, districts: e.districts });
            }
            Event::ProcedurePublished(e) => {
                let procedure = Procedure::parse(&e.source).expect("a procedure is checked before it is published");
                self.procedures.push(procedure);
            }
            Event::HolidayDeclared(e) => {
                self.calendar.declare_holiday(e.date, e.title.clone(), e.calendar);
                self.find_stale();
            }
            Event::HolidayWithdrawn(e) => {
                self.calendar.withdraw_holiday(e.date, e.calendar);
                self.find_stale();
            }
            Event::RestDaysSet(e) => {
                // A week without a working day was refused, so this cannot fail.
                let _ = self.calendar.set_rest_days(e.from, &e.days, e.calendar);
                self.find_stale();
            }
            Event::KinDeclared(e) => {
                self.kin.insert((e.officer, e.kin));
            }
            Event::PersonForgotten(e) => {
                self.forgotten.insert(e.person);
            }
            Event::ApplicationSubmitted(e) => self.open_case(fact.case, e),
            Event::ApplicationWithdrawn(_)
            | Event::StepOpened(_)
            | Event::StepSkipped(_)
            | Event::StepTaken(_)
            | Event::StepCancelled(_)
            | Event::ConsultationCancelled(_)
            | Event::StepCompleted(_)
            | Event::CaseReturned(_)
            | Event::ReturnAnswered(_)
            | Event::DeadlineMoved(_)
            | Event::DeadlinePassed(_)
            | Event::ConsultationRequested(_)
            | Event::ConsultationAnswered(_)
            | Event::BillIssued(_)
            | Event::PaymentReceived(_)
            | Event::CaseRefused(_)
            | Event::PermitGranted(_)
            | Event::LicenceIssued(_)
            | Event::LicenceSuspended(_)
            | Event::LicenceReinstated(_)
            | Event::LicenceRevoked(_)
            | Event::LicenceRenewed(_)
            | Event::LicenceTransferred(_)
            | Event::WorkCompleted(_)
            | Event::ObjectionRaised(_)
            | Event::ObjectionDecided(_)
            | Event::CutOverBreached(_)
            | Event::StepRecorded(_)
            | Event::RecordClosed(_) => self.advance(fact),
        }
    }

    fn open_case(&mut self, id: CaseId, e: &ApplicationSubmitted) {
        let index = self.procedures.iter().position(|p| *p.id() == e.procedure && p.version() == e.version);
        let index = index.expect("a case is opened under a published procedure");
        let case = Case::open(index, &self.procedures[index], e);
        self.books.cases.given(id.year(), id.serial());
        let (live, due, parcel) = (case.is_live(), case.next_due(), case.parcel.clone());
        self.cases.insert(id, case);
        self.keep_live(id, parcel, false, live);
        self.keep_due(id, None, due);
    }

    /// Applies an event to its case and keeps the indexes and books true.
    fn advance(&mut self, fact: &Fact<Event>) {
        let Some(case) = self.cases.get_mut(&fact.case) else { return };
        let (was_live, was_due) = (case.is_live(), case.next_due());
        case.apply(&fact.event, &self.procedures[usize::from(case.procedure)], fact.occurred_at);
        let (live, due) = (case.is_live(), case.next_due());
        let parcel = if live == was_live { None } else { case.parcel.clone() };
        self.keep_live(fact.case, parcel, was_live, live);
        self.keep_due(fact.case, was_due, due);
        if let Event::BillIssued(e) = &fact.event {
            self.books.bills.given(e.bill.year(), e.bill.serial());
        } else if let Event::LicenceIssued(e) = &fact.event {
            self.books.licences.given(e.licence.year(), e.licence.serial());
        } else if let Event::WorkCompleted(e) = &fact.event {
            self.books.certificates.given(e.certificate.year(), e.certificate.serial());
        }
        if self.stale.contains(&fact.case) && !self.is_stale(&self.cases[&fact.case]) {
            self.stale.remove(&fact.case);
        }
    }

    fn keep_live(&mut self, id: CaseId, parcel: Option<ParcelId>, was: bool, is: bool) {
        let Some(parcel) = parcel else { return };
        match (was, is) {
            (false, true) => {
                self.live_parcels.insert(parcel, id);
            }
            (true, false) => {
                self.live_parcels.remove(&parcel);
            }
            (true, true) | (false, false) => {}
        }
    }

    fn keep_due(&mut self, id: CaseId, was: Option<Instant>, is: Option<Instant>) {
        if was == is {
            return;
        }
        if let Some(was) = was {
            self.due.remove(&(was, id));
        }
        if let Some(is) = is {
            self.due.insert((is, id));
        }
    }

    fn find_stale(&mut self) {
        let stale = self.cases.iter().filter(|(_, case)| self.is_stale(case)).map(|(id, _)| *id).collect();
        self.stale = stale;
    }

    fn is_stale(&self, case: &Case) -> bool {
        let Some(city) = &self.city else { return false };
        case.running().any(|(_, clock)| clock.deadline.recompute(&self.calendar, &city.zone).due != clock.deadline.due)
    }
}

impl Case {
    pub(crate) fn open(index: usize, procedure: &Procedure, e: &ApplicationSubmitted) -> Case {
        let mut case = Case {
            procedure: u16::try_from(index).expect("fewer than 65,536 procedure versions"),
            district: e.district,
            status: Status::InProgress,
            imported: e.origin.is_some(),
            parcel: e.parcel.clone(),
            applicant: e.applicant.as_ref().map(|party| party.person),
            agent: e.agent,
            facts: Facts::default().with(procedure, &e.facts),
            documents: 0,
            open: Vec::new(),
            done: 0,
            skipped: 0,
            demanded: 0,
            consultations: Vec::new(),
            promise: e.promise.map(|d| running(d, procedure.source().promise.as_ref().is_none_or(|p| p.pauses))),
            bill: None,
            returned: None,
            held_since: None,
            decided_at: None,
            objection: None,
            licence: None,
        };
        case.add_documents(procedure, &e.documents);
        case
    }

    pub(crate) fn apply(&mut self, event: &Event, procedure: &Procedure, at: Instant) {
        match event {
            Event::StepOpened(e) => self.open_at(procedure, e),
            Event::StepSkipped(e) => self.skipped |= bit(procedure, &e.step),
            Event::StepTaken(e) => {
                let place = place(procedure, &e.step);
                self.open.iter_mut().filter(|step| step.place == place).for_each(|step| step.officer = Some(e.officer));
            }
            Event::StepCancelled(e) => {
                let place = place(procedure, &e.step);
                self.open.retain(|step| step.place != place);
            }
            Event::ConsultationCancelled(e) => {
                self.consultations.retain(|asked| asked.agency != e.agency || asked.verdict.is_some());
            }
            Event::StepCompleted(e) => self.complete(procedure, e),
            Event::CaseReturned(e) => {
                self.returned = Some(e.corrections.as_slice().into());
                self.held_since.get_or_insert(at);
            }
            Event::ReturnAnswered(e) => {
                self.facts = std::mem::take(&mut self.facts).with(procedure, &e.facts);
                self.add_documents(procedure, &e.documents);
                self.returned = None;
                self.unskip(procedure);
                self.release();
            }
            Event::DeadlineMoved(e) => self.move_clock(procedure, &e.clock, |clock| clock.deadline = e.deadline),
            Event::DeadlinePassed(e) => self.move_clock(procedure, &e.clock, |clock| clock.passed = true),
            Event::ConsultationRequested(e) => self.ask(procedure, e),
            Event::ConsultationAnswered(e) => {
                let answered = self.consultations.iter_mut().find(|asked| asked.agency == e.agency);
                if let Some(asked) = answered {
                    asked.verdict = Some(e.verdict);
                }
            }
            Event::BillIssued(e) => self.bill(e, at),
            Event::PaymentReceived(e) => {
                if let Some(bill) = &mut self.bill {
                    bill.paid = kernel::Rials(bill.total.0 - e.outstanding.0);
                    bill.references.push(e.reference.clone());
                }
                self.release();
            }
            Event::CaseRefused(_) => self.decided(Status::Refused, at),
            Event::PermitGranted(_) => self.status = Status::Granted,
            Event::LicenceIssued(e) => {
                self.status = Status::Issued;
                self.promise = None;
                self.licence = Some(Licence { number: e.licence, valid_until: e.valid_until, renewals: 0 });
            }
            Event::LicenceSuspended(_) => self.decided(Status::Suspended, at),
            Event::LicenceReinstated(_) => self.status = Status::Issued,
            Event::LicenceRevoked(_) => self.decided(Status::Revoked, at),
            Event::LicenceRenewed(e) => {
                if let Some(licence) = &mut self.licence {
                    licence.valid_until = e.valid_until;
                    licence.renewals += 1;
                }
            }
            Event::LicenceTransferred(e) => {
                self.applicant = Some(e.to.person);
                self.agent = None;
            }
            Event::WorkCompleted(_) => self.end(Status::Completed),
            Event::ApplicationWithdrawn(_) => self.end(Status::Withdrawn),
            Event::RecordClosed(_) => self.end(Status::Closed),
            Event::ObjectionRaised(e) => self.objection = Some(e.deadline.map(|deadline| running(deadline, false))),
            Event::ObjectionDecided(e) => {
                self.objection = None;
                if let Some(step) = &e.back_to {
                    self.status = Status::InProgress;
                    self.undo(procedure, procedure.from_here_on(usize::from(place(procedure, step))));
                }
            }
            Event::CutOverBreached(_)
            | Event::StepRecorded(_)
            | Event::ApplicationSubmitted(_)
            | Event::CityEstablished(_)
            | Event::ProcedurePublished(_)
            | Event::HolidayDeclared(_)
            | Event::HolidayWithdrawn(_)
            | Event::RestDaysSet(_)
            | Event::KinDeclared(_)
            | Event::PersonForgotten(_) => {}
        }
    }

    fn open_at(&mut self, procedure: &Procedure, e: &StepOpened) {
        let place = place(procedure, &e.step);
        let step = procedure.step_at(usize::from(place));
        let pauses = step.deadline.as_ref().is_none_or(|deadline| deadline.pauses);
        let clock = e.deadline.map(|deadline| running(deadline, pauses));
        if step.on_demand {
            self.demanded |= 1 << place;
        }
        self.done &= !(1 << place);
        self.open.push(OpenStep { place, officer: None, clock });
    }

    fn complete(&mut self, procedure: &Procedure, e: &StepCompleted) {
        let at = place(procedure, &e.step);
        self.open.retain(|step| step.place != at);
        self.done |= 1 << at;
        self.add_documents(procedure, &e.documents);
        if let Some(back) = &e.back_to {
            self.undo(procedure, procedure.from_here_on(usize::from(place(procedure, back))));
        }
    }

    /// Steps that apply since the facts were corrected are no longer skipped.
    fn unskip(&mut self, procedure: &Procedure) {
        if self.skipped == 0 {
            return;
        }
        let scope = procedure.scope(&self.facts);
        for place in (0..procedure.source().steps.len()).filter(|place| procedure.applies(*place, &scope)) {
            self.skipped &= !(1 << place);
        }
    }

    /// Makes a set of steps as if they had never been reached.
    fn undo(&mut self, procedure: &Procedure, set: u64) {
        self.consultations.retain(|asked| set >> asked.place & 1 == 0);
        self.done &= !set;
        self.skipped &= !set;
        let on_demand = (0..procedure.source().steps.len()).filter(|&step| procedure.step_at(step).on_demand);
        self.demanded &= !(on_demand.fold(0, |all, step| all | 1u64 << step) & set);
    }

    fn ask(&mut self, procedure: &Procedure, e: &ConsultationRequested) {
        let asked = procedure.agency(&e.agency).map(|(_, asked)| asked);
        let pauses = asked.and_then(|asked| asked.deadline.as_ref()).is_none_or(|deadline| deadline.pauses);
        self.consultations.retain(|earlier| earlier.agency != e.agency);
        self.consultations.push(Consultation {
            agency: e.agency.clone(),
            place: place(procedure, &e.step),
            required: e.required,
            verdict: None,
            clock: e.deadline.map(|deadline| running(deadline, pauses)),
        });
    }

    fn bill(&mut self, e: &BillIssued, at: Instant) {
        let earlier = self.bill.take();
        self.bill = Some(Box::new(Bill {
            number: e.bill,
            total: e.total,
            paid: kernel::Rials(0),
            billed: kernel::Rials(e.total.0 + earlier.as_ref().map_or(0, |bill| bill.billed.0)),
            references: earlier.map_or_else(Vec::new, |bill| bill.references),
            clock: e.deadline.map(|deadline| running(deadline, false)),
        }));
        self.held_since.get_or_insert(at);
    }

    /// The applicant no longer has the case, unless something else still waits for them.
    fn release(&mut self) {
        if self.returned.is_none() && self.outstanding().0 == 0 {
            self.held_since = None;
        }
    }

    fn move_clock(&mut self, procedure: &Procedure, clock: &Clock, change: impl FnOnce(&mut Running)) {
        let key = match clock {
            Clock::Promise => ClockKey::Promise,
            Clock::Step(step) => ClockKey::Step(place(procedure, step)),
            Clock::Consultation(agency) => ClockKey::Consultation(agency),
            Clock::Objection => ClockKey::Objection,
            Clock::Bill => ClockKey::Bill,
        };
        if let Some(running) = self.clock_mut(key) {
            change(running);
        }
    }

    fn decided(&mut self, status: Status, at: Instant) {
        if status == Status::Refused {
            self.end(status);
        }
        self.status = status;
        self.decided_at = Some(at);
    }

    /// Nothing more is waited for; open steps and consultations were cancelled by events of their own.
    fn end(&mut self, status: Status) {
        self.status = status;
        self.promise = None;
        self.returned = None;
        self.held_since = None;
        if let Some(bill) = &mut self.bill {
            bill.clock = None;
        }
    }

    fn add_documents(&mut self, procedure: &Procedure, documents: &[Document]) {
        for document in documents {
            let index = procedure.source().documents.iter().position(|known| known.id == document.kind);
            self.documents |= index.filter(|index| *index < 64).map_or(0, |index| 1 << index);
        }
    }
}

fn running(deadline: Deadline, pauses: bool) -> Running {
    Running { deadline, pauses, passed: false }
}

/// The place of a step in the procedure that its event was decided under.
fn place(procedure: &Procedure, step: &StepId) -> u8 {
    let (place, _) = procedure.step(step).expect("an event names a step of the procedure it was decided under");
    u8::try_from(place).expect("a procedure has at most 64 steps")
}

fn bit(procedure: &Procedure, step: &StepId) -> u64 {
    1 << place(procedure, step)
}
