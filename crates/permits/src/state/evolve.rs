//! What each event does to the city and its indexes. Total: what is in the register happened. What it does to its case
//! is in `course.rs`.

use super::case::Case;
use super::{City, Permits};
use crate::{events::*, procedure::Procedure};
use kernel::{CaseId, Fact, Instant, time::Zone};
use std::sync::Arc;

impl Permits {
    pub(crate) fn apply(&mut self, fact: &Fact<Event>) {
        match &fact.event {
            Event::CityEstablished(e) => {
                let zone = Zone::new(&e.zone).expect("a zone is checked before the city is established");
                self.city = Some(City { zone, districts: e.districts });
            }
            Event::ProcedurePublished(e) => {
                let procedure = Procedure::parse(&e.source).expect("a procedure is checked before it is published");
                self.procedures.push(Arc::new(procedure));
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
            | Event::RefundOrdered(_)
            | Event::RefundPaid(_)
            | Event::FileViewed(_)
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
        let (live, due) = (case.is_live(), case.next_due());
        self.cases.open(id, case);
        self.keep_live(id, false, live);
        self.keep_due(id, None, due);
    }

    /// Applies an event to its case and keeps the indexes and books true.
    fn advance(&mut self, fact: &Fact<Event>) {
        let Some(case) = self.cases.get_mut(fact.case) else { return };
        let (was_live, was_due) = (case.is_live(), case.next_due());
        case.apply(&fact.event, &self.procedures[usize::from(case.procedure)], fact.occurred_at);
        let (live, due) = (case.is_live(), case.next_due());
        self.keep_live(fact.case, was_live, live);
        self.keep_due(fact.case, was_due, due);
        if let Event::BillIssued(e) = &fact.event {
            self.books.bills.given(e.bill.year(), e.bill.serial());
        } else if let Event::PaymentReceived(e) = &fact.event {
            self.booked.insert(e.reference.clone());
        } else if let Event::RefundOrdered(e) = &fact.event {
            self.booked.insert(e.payment.clone());
        } else if let Event::LicenceIssued(e) = &fact.event {
            self.books.licences.given(e.licence.year(), e.licence.serial());
        } else if let Event::WorkCompleted(e) = &fact.event {
            self.books.certificates.given(e.certificate.year(), e.certificate.serial());
        }
        if self.stale.contains(&fact.case) && !self.case(fact.case).is_some_and(|case| self.is_stale(case)) {
            self.stale.remove(&fact.case);
        }
    }

    fn keep_live(&mut self, id: CaseId, was: bool, is: bool) {
        match (was, is) {
            (false, true) => self.live_parcels.insert(id, &self.cases),
            (true, false) => self.live_parcels.remove(id, &self.cases),
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
        let stale = self.cases.iter().filter(|(_, case)| self.is_stale(case)).map(|(id, _)| id).collect();
        self.stale = stale;
    }

    fn is_stale(&self, case: &Case) -> bool {
        let Some(city) = &self.city else { return false };
        case.running().any(|(_, clock)| clock.deadline().recompute(&self.calendar, &city.zone).due != clock.due)
    }
}
