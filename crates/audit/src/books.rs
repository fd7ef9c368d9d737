//! The numbers of the permit office's books: each Jalali year from 1, without gaps, without repeats.

use permits::Event;
use std::collections::BTreeMap;

/// A book of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Book {
    /// Cases.
    Cases,
    /// Licences.
    Licences,
    /// Bills.
    Bills,
    /// Completion certificates.
    Certificates,
}

/// A number that is not the next of its book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{book:?} of {year}: number {found} was given where {expected} was next")]
pub struct Gap {
    /// Which book.
    pub book: Book,
    /// The Jalali year.
    pub year: u16,
    /// The number that was next.
    pub expected: u32,
    /// The number that was given.
    pub found: u32,
}

/// The last number of each book and year.
#[derive(Debug, Default)]
pub(crate) struct Books(BTreeMap<(Book, u16), u32>);

impl Books {
    /// Enters the number that an event gives, if it gives one.
    pub(crate) fn enter(&mut self, case: kernel::CaseId, event: &Event) -> Result<(), Gap> {
        let given = match event {
            Event::ApplicationSubmitted(_) => Some((Book::Cases, case.year(), case.serial())),
            Event::LicenceIssued(e) => Some((Book::Licences, e.licence.year(), e.licence.serial())),
            Event::BillIssued(e) => Some((Book::Bills, e.bill.year(), e.bill.serial())),
            Event::WorkCompleted(e) => Some((Book::Certificates, e.certificate.year(), e.certificate.serial())),
            Event::CityEstablished(_)
            | Event::ProcedurePublished(_)
            | Event::HolidayDeclared(_)
            | Event::HolidayWithdrawn(_)
            | Event::RestDaysSet(_)
            | Event::KinDeclared(_)
            | Event::PersonForgotten(_)
            | Event::ApplicationWithdrawn(_)
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
            | Event::PaymentReceived(_)
            | Event::CaseRefused(_)
            | Event::PermitGranted(_)
            | Event::LicenceSuspended(_)
            | Event::LicenceReinstated(_)
            | Event::LicenceRevoked(_)
            | Event::LicenceRenewed(_)
            | Event::LicenceTransferred(_)
            | Event::ObjectionRaised(_)
            | Event::ObjectionDecided(_)
            | Event::CutOverBreached(_)
            | Event::StepRecorded(_)
            | Event::RecordClosed(_) => None,
        };
        let Some((book, year, found)) = given else { return Ok(()) };
        let last = self.0.entry((book, year)).or_default();
        let expected = *last + 1;
        if found != expected {
            return Err(Gap { book, year, expected, found });
        }
        *last = found;
        Ok(())
    }

    /// How many numbers were given in each book and year.
    pub(crate) fn given(self) -> Vec<(Book, u16, u32)> {
        self.0.into_iter().map(|((book, year), last)| (book, year, last)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{CaseId, DistrictId};
    use permits::{events::LicenceIssued, numbers::LicenceNumber};

    fn issued(serial: u32) -> Event {
        let licence = LicenceNumber::new(1405, serial);
        Event::LicenceIssued(LicenceIssued { licence, district: DistrictId(1), valid_until: kernel::Date(20_000) })
    }

    #[test]
    fn a_gap_and_a_repeat_are_named() {
        let mut books = Books::default();
        let case = CaseId::new(1405, 1);
        assert_eq!(books.enter(case, &issued(1)), Ok(()));
        assert_eq!(books.enter(case, &issued(2)), Ok(()));
        let gap = |found| Gap { book: Book::Licences, year: 1405, expected: 3, found };
        assert_eq!(books.enter(case, &issued(4)), Err(gap(4)));
        assert_eq!(books.enter(case, &issued(2)), Err(gap(2)));
        assert_eq!(books.given(), vec![(Book::Licences, 1405, 2)]);
    }
}
