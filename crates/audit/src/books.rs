//! The numbers that the permit office gives: from 1 in every Jalali year, without a gap, none twice.

use kernel::CaseId;
use permits::Event;

/// The last number of a book.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Book {
    /// The Jalali year; 0 before the first number.
    pub year: u16,
    /// The last serial given in that year.
    pub serial: u32,
    /// How many numbers were given in all years.
    pub given: u64,
}

/// All books of the permits register.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Books {
    /// Case numbers.
    pub cases: Book,
    /// Bills.
    pub bills: Book,
    /// Licences.
    pub licences: Book,
    /// Completion certificates.
    pub certificates: Book,
}

impl Book {
    /// Enters the next number, or says in plain words why it is not the next.
    fn enter(&mut self, kind: &str, year: u16, serial: u32) -> Result<(), String> {
        let (next_year, next) = if year > self.year { (year, 1) } else { (self.year, self.serial + 1) };
        if (year, serial) != (next_year, next) {
            return Err(format!("{kind} number {year}-{serial:06} was given, but {next_year}-{next:06} was next"));
        }
        *self = Book { year, serial, given: self.given + 1 };
        Ok(())
    }
}

impl Books {
    /// Checks the numbers that an event gives and that its case was opened before.
    pub(crate) fn enter(&mut self, case: CaseId, event: &Event) -> Result<(), String> {
        if let Event::ApplicationSubmitted(_) = event {
            return self.cases.enter("case", case.year(), case.serial());
        }
        let (year, serial) = (case.year(), case.serial());
        if case != CaseId::CITY && (serial == 0 || (year, serial) > (self.cases.year, self.cases.serial)) {
            return Err(format!("{} is about case {case}, which was never opened", event.name()));
        }
        if let Event::BillIssued(e) = event {
            return self.bills.enter("bill", e.bill.year(), e.bill.serial());
        }
        if let Event::LicenceIssued(e) = event {
            return self.licences.enter("licence", e.licence.year(), e.licence.serial());
        }
        if let Event::WorkCompleted(e) = event {
            return self.certificates.enter("certificate", e.certificate.year(), e.certificate.serial());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_starts_anew_each_year_and_has_no_gaps() {
        let mut book = Book::default();
        for (year, serial) in [(1405, 1), (1405, 2), (1406, 1), (1406, 2)] {
            assert_eq!(book.enter("case", year, serial), Ok(()));
        }
        assert_eq!(book, Book { year: 1406, serial: 2, given: 4 });
        for (year, serial) in [(1406, 2), (1406, 4), (1405, 3), (1407, 2), (1406, 0)] {
            let kept = book;
            let why = book.enter("licence", year, serial).unwrap_err();
            assert!(why.starts_with(&format!("licence number {year}-{serial:06} was given, but 140")), "{why}");
            assert_eq!(book, kept);
        }
    }
}
