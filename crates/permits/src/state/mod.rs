//! Everything that a decision about permits looks at: the city, its calendar and procedures, and every case.

pub mod case;
mod course;
mod evolve;

use crate::{numbers, procedure::Procedure, refusal::Refusal};
use kernel::{CaseId, DistrictId, Instant, ParcelId, PersonId, ProcedureId, calendar::WorkCalendar, time::Zone};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub use case::{Case, Status};

/// The permits register's state.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Permits {
    pub(crate) city: Option<City>,
    pub(crate) calendar: WorkCalendar,
    /// Every version ever published; a case holds the index of its own.
    pub(crate) procedures: Vec<Procedure>,
    /// Boxed: a table is up to half empty, and an empty place should not cost a whole case.
    pub(crate) cases: FxHashMap<CaseId, Box<Case>>,
    /// Which case of a parcel is open.
    pub(crate) live_parcels: FxHashMap<ParcelId, CaseId>,
    pub(crate) kin: FxHashSet<(PersonId, PersonId)>,
    pub(crate) forgotten: FxHashSet<PersonId>,
    pub(crate) books: Books,
    /// The next running deadline of each case that has one, soonest first.
    pub(crate) due: BTreeSet<(Instant, CaseId)>,
    /// Cases with a deadline that the present calendar puts elsewhere.
    pub(crate) stale: BTreeSet<CaseId>,
}

/// The city, once established.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct City {
    /// Local time.
    pub zone: Zone,
    /// Districts are numbered 1 to this.
    pub districts: u8,
}

/// The last number given in each book: Jalali year and serial.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    pub(crate) cases: Book,
    pub(crate) licences: Book,
    pub(crate) bills: Book,
    pub(crate) certificates: Book,
}

/// One book.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    year: u16,
    serial: u32,
}

impl Book {
    /// The next number in a year: the serial starts anew at 1 each year and has no gaps. A clock set back over the
    /// new year goes on in the book's own year.
    #[must_use]
    pub fn next(self, year: u16) -> (u16, u32) {
        if year > self.year { (year, 1) } else { (self.year, self.serial + 1) }
    }
    pub(crate) fn given(&mut self, year: u16, serial: u32) {
        *self = Book { year, serial };
    }
}

impl Permits {
    /// The city, or the refusal that it is not there yet.
    ///
    /// # Errors
    /// When it is not established.
    pub fn city(&self) -> Result<&City, Refusal> {
        self.city.as_ref().ok_or(Refusal::CityNotEstablished {})
    }

    /// The newest version of a procedure, with its index.
    #[must_use]
    pub fn newest(&self, id: &ProcedureId) -> Option<(usize, &Procedure)> {
        self.procedures.iter().enumerate().rev().find(|(_, procedure)| procedure.id() == id)
    }

    /// A case.
    #[must_use]
    pub fn case(&self, id: CaseId) -> Option<&Case> {
        self.cases.get(&id).map(|case| &**case)
    }

    /// How many cases there are.
    #[must_use]
    pub fn cases(&self) -> usize {
        self.cases.len()
    }

    /// The procedure that a case keeps.
    #[must_use]
    pub fn procedure_of(&self, case: &Case) -> &Procedure {
        &self.procedures[usize::from(case.procedure)]
    }

    /// Whether two persons are declared relatives, whoever declared it.
    #[must_use]
    pub fn are_kin(&self, one: PersonId, other: PersonId) -> bool {
        self.kin.contains(&(one, other)) || self.kin.contains(&(other, one))
    }

    /// The next licence number in this Jalali year.
    #[must_use]
    pub fn next_licence(&self, year: u16) -> numbers::LicenceNumber {
        let (year, serial) = self.books.licences.next(year);
        numbers::LicenceNumber::new(year, serial)
    }

    pub(crate) fn has_district(&self, district: DistrictId) -> bool {
        self.city.as_ref().is_some_and(|city| (1..=city.districts).contains(&district.0))
    }
}
