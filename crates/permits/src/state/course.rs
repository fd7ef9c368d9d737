//! What each event does to its case: one arm an event, each a short function.

use super::case::{
    Bill, Case, ClockKey, Consultation, Later, Licence, OpenStep, Owed, Payment, Refund, Running, Status,
};
use crate::{
    events::*,
    procedure::{Facts, Procedure},
};
use kernel::{Instant, StepId};

impl Case {
    pub(crate) fn open(index: usize, procedure: &Procedure, e: &ApplicationSubmitted) -> Case {
        let index = u16::try_from(index).expect("fewer than 65,536 procedure versions");
        let pauses = procedure.source().promise.as_ref().is_none_or(|promise| promise.pauses);
        let promise = e.promise.map(|deadline| Running::new(deadline, pauses));
        let mut case = Case::new(index, e, Facts::default().with(procedure, &e.facts), promise);
        case.add_documents(procedure, &e.documents);
        case
    }

    pub(crate) fn apply(&mut self, event: &Event, procedure: &Procedure, at: Instant) {
        match event {
            Event::StepOpened(e) => self.open_at(procedure, e),
            Event::StepSkipped(e) => self.skipped |= bit(procedure, &e.step),
            Event::StepTaken(e) => self.take(place(procedure, &e.step), e),
            Event::StepCancelled(e) => self.close(place(procedure, &e.step)),
            Event::ConsultationCancelled(e) => self.cancel(agency(procedure, &e.agency)),
            Event::StepCompleted(e) => self.complete(procedure, e),
            Event::CaseReturned(e) => {
                let later = self.later_mut();
                later.returned = Some(e.corrections.as_slice().into());
                later.held_since.get_or_insert(at);
            }
            Event::ReturnAnswered(e) => self.correct(procedure, e),
            Event::DeadlineMoved(e) => self.move_clock(procedure, &e.clock, |clock| clock.move_to(e.deadline)),
            Event::DeadlinePassed(e) => self.move_clock(procedure, &e.clock, |clock| clock.passed = true),
            Event::ConsultationRequested(e) => self.ask(procedure, e),
            Event::ConsultationAnswered(e) => self.answer(agency(procedure, &e.agency), e.verdict),
            Event::BillIssued(e) => self.bill(e, at),
            Event::PaymentReceived(e) => self.pay(e),
            Event::RefundOrdered(e) => self.owe(e),
            Event::RefundPaid(e) => {
                if let Some(bill) = &mut self.later_mut().bill {
                    retain(&mut bill.refunds, |pending| pending.payment != e.payment);
                }
            }
            Event::CaseRefused(_) => self.decided(Status::Refused, at),
            Event::PermitGranted(_) => self.status = Status::Granted,
            Event::LicenceIssued(e) => {
                self.status = Status::Issued;
                self.promise = None;
                self.later_mut().licence = Some(Licence { number: e.licence, valid_until: e.valid_until, renewals: 0 });
            }
            Event::LicenceSuspended(_) => self.decided(Status::Suspended, at),
            Event::LicenceReinstated(_) => self.status = Status::Issued,
            Event::LicenceRevoked(_) => self.decided(Status::Revoked, at),
            Event::LicenceRenewed(e) => self.renew(e),
            Event::LicenceTransferred(e) => {
                self.applicant = Some(e.to.person);
                self.agent = None;
            }
            Event::WorkCompleted(_) => self.end(Status::Completed),
            Event::ApplicationWithdrawn(_) => self.end(Status::Withdrawn),
            Event::RecordClosed(_) => self.end(Status::Closed),
            Event::ObjectionRaised(e) => {
                self.later_mut().objection = Some(e.deadline.map(|deadline| Running::new(deadline, false)));
            }
            Event::ObjectionDecided(e) => self.objection_decided(procedure, e),
            Event::CutOverBreached(_)
            | Event::FileViewed(_)
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

    fn take(&mut self, place: u8, e: &StepTaken) {
        self.open.iter_mut().filter(|step| step.place == place).for_each(|step| step.officer = Some(e.officer));
    }

    fn close(&mut self, place: u8) {
        retain(&mut self.open, |step| step.place != place);
    }

    fn cancel(&mut self, agency: u8) {
        retain(&mut self.consultations, |asked| asked.agency != agency || asked.verdict.is_some());
        retain(&mut self.owed, |owed| owed.agency != agency);
    }

    fn correct(&mut self, procedure: &Procedure, e: &ReturnAnswered) {
        self.facts = std::mem::take(&mut self.facts).with(procedure, &e.facts);
        self.add_documents(procedure, &e.documents);
        self.later_mut().returned = None;
        // The corrected facts decide anew which steps apply; what is skipped again says so by its own event.
        self.skipped = 0;
        self.release();
    }

    fn answer(&mut self, agency: u8, verdict: Verdict) {
        let asked = self.consultations.iter_mut().filter(|asked| asked.agency == agency);
        asked.for_each(|asked| asked.verdict = Some(verdict));
        retain(&mut self.owed, |owed| owed.agency != agency);
    }

    fn pay(&mut self, e: &PaymentReceived) {
        if let Some(bill) = &mut self.later_mut().bill {
            bill.paid = kernel::Rials(bill.total.0 - e.outstanding.0);
            push(&mut bill.payments, Payment { reference: e.reference.clone(), amount: e.amount });
        }
        self.release();
    }

    fn owe(&mut self, e: &RefundOrdered) {
        let Some(bill) = &mut self.later_mut().bill else { return };
        push(&mut bill.refunds, Refund { payment: e.payment.clone(), amount: e.amount });
        let booked = bill.payments.iter_mut().find(|booked| booked.reference == e.payment);
        match (booked, e.reason) {
            // The city asks for that much less, and has that much less.
            (Some(booked), RefundReason::Decided) => {
                booked.amount = kernel::Rials(booked.amount.0 - e.amount.0);
                bill.total = kernel::Rials(bill.total.0 - e.amount.0);
                bill.paid = kernel::Rials(bill.paid.0 - e.amount.0);
                bill.billed = kernel::Rials(bill.billed.0 - e.amount.0);
            }
            (Some(_), RefundReason::Surplus | RefundReason::CaseEnded) => {}
            // None of it was owed; its number is kept so that it is not booked again.
            (None, _) => {
                push(&mut bill.payments, Payment { reference: e.payment.clone(), amount: kernel::Rials(0) });
            }
        }
    }

    fn renew(&mut self, e: &LicenceRenewed) {
        if let Some(licence) = &mut self.later_mut().licence {
            licence.valid_until = e.valid_until;
            licence.renewals += 1;
        }
    }

    fn objection_decided(&mut self, procedure: &Procedure, e: &ObjectionDecided) {
        self.later_mut().objection = None;
        if let Some(step) = &e.back_to {
            self.status = Status::InProgress;
            self.undo(procedure, procedure.from_here_on(usize::from(place(procedure, step))));
        }
    }

    fn open_at(&mut self, procedure: &Procedure, e: &StepOpened) {
        let place = place(procedure, &e.step);
        let step = procedure.step_at(usize::from(place));
        let pauses = step.deadline.as_ref().is_none_or(|deadline| deadline.pauses);
        let clock = e.deadline.map(|deadline| Running::new(deadline, pauses));
        if step.on_demand {
            self.demanded |= 1 << place;
        }
        self.done &= !(1 << place);
        push(&mut self.open, OpenStep { place, officer: None, clock });
    }

    fn complete(&mut self, procedure: &Procedure, e: &StepCompleted) {
        let at = place(procedure, &e.step);
        self.close(at);
        self.done |= 1 << at;
        self.add_documents(procedure, &e.documents);
        if let Some(back) = &e.back_to {
            self.undo(procedure, procedure.from_here_on(usize::from(place(procedure, back))));
        }
    }

    /// Makes a set of steps as if they had never been reached.
    fn undo(&mut self, procedure: &Procedure, set: u64) {
        let stays = |agency: u8| set >> procedure.agency_at(usize::from(agency)).0 & 1 == 0;
        retain(&mut self.consultations, |asked| stays(asked.agency));
        retain(&mut self.owed, |owed| stays(owed.agency));
        self.done &= !set;
        self.skipped &= !set;
        let on_demand = (0..procedure.source().steps.len()).filter(|&step| procedure.step_at(step).on_demand);
        self.demanded &= !(on_demand.fold(0, |all, step| all | 1u64 << step) & set);
    }

    fn ask(&mut self, procedure: &Procedure, e: &ConsultationRequested) {
        let agency = agency(procedure, &e.agency);
        let (_, asked) = procedure.agency_at(usize::from(agency));
        let pauses = asked.deadline.as_ref().is_none_or(|deadline| deadline.pauses);
        retain(&mut self.consultations, |earlier| earlier.agency != agency);
        retain(&mut self.owed, |earlier| earlier.agency != agency);
        push(&mut self.consultations, Consultation { agency, verdict: None });
        if let Some(deadline) = e.deadline {
            push(&mut self.owed, Owed { agency, clock: Running::new(deadline, pauses) });
        }
    }

    fn bill(&mut self, e: &BillIssued, at: Instant) {
        let later = self.later_mut();
        let earlier = later.bill.take();
        let billed = earlier.as_ref().map_or(0, |bill| bill.billed.0);
        let (payments, refunds) = earlier.map(|bill| (bill.payments, bill.refunds)).unwrap_or_default();
        later.bill = Some(Box::new(Bill {
            number: e.bill,
            total: e.total,
            paid: kernel::Rials(0),
            billed: kernel::Rials(e.total.0 + billed),
            payments,
            refunds,
            clock: e.deadline.map(|deadline| Running::new(deadline, false)),
        }));
        later.held_since.get_or_insert(at);
    }

    /// The applicant no longer has the case, unless something else still waits for them.
    fn release(&mut self) {
        if self.later().returned.is_none() && self.outstanding().0 == 0 {
            self.later_mut().held_since = None;
            self.later.take_if(|later| **later == Later::default());
        }
    }

    fn move_clock(&mut self, procedure: &Procedure, clock: &Clock, change: impl FnOnce(&mut Running)) {
        let key = match clock {
            Clock::Promise => ClockKey::Promise,
            Clock::Step(step) => ClockKey::Step(place(procedure, step)),
            Clock::Consultation(asked) => ClockKey::Consultation(agency(procedure, asked)),
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
        self.later_mut().decided_at = Some(at);
    }

    /// Nothing more is waited for; open steps and consultations were cancelled by events of their own.
    fn end(&mut self, status: Status) {
        self.status = status;
        self.promise = None;
        let Some(later) = &mut self.later else { return };
        later.returned = None;
        later.held_since = None;
        if let Some(bill) = &mut later.bill {
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

/// The place of a step in the procedure that its event was decided under.
fn place(procedure: &Procedure, step: &StepId) -> u8 {
    let (place, _) = procedure.step(step).expect("an event names a step of the procedure it was decided under");
    u8::try_from(place).expect("a procedure has at most 64 steps")
}

fn bit(procedure: &Procedure, step: &StepId) -> u64 {
    1 << place(procedure, step)
}

/// The place of an agency in the procedure that its event was decided under.
fn agency(procedure: &Procedure, agency: &StepId) -> u8 {
    let place = procedure.agency_place(agency).expect("an event names an agency of the procedure it was decided under");
    u8::try_from(place).expect("a procedure has at most 64 agencies")
}

/// Adds to a list that stays short, and so takes no more places than it has entries: a city has many cases.
fn push<T>(list: &mut Box<[T]>, one: T) {
    let mut longer = std::mem::take(list).into_vec();
    longer.reserve_exact(1);
    longer.push(one);
    *list = longer.into_boxed_slice();
}

/// Takes from a list what does not hold.
fn retain<T>(list: &mut Box<[T]>, holds: impl Fn(&T) -> bool) {
    if !list.iter().all(&holds) {
        let mut shorter = std::mem::take(list).into_vec();
        shorter.retain(holds);
        *list = shorter.into_boxed_slice();
    }
}
