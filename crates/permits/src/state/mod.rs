//! Everything that a decision about permits looks at: the city, its calendar and procedures, and every case.

pub mod case;
mod cases;
mod course;
mod evolve;
mod live;

use crate::{
    numbers,
    procedure::{self, Procedure},
    refusal::Refusal,
};
use cases::Cases;
use kernel::{CaseId, DistrictId, Instant, ParcelId, PersonId, ProcedureId, calendar::WorkCalendar, time::Zone};
use live::LiveParcels;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::{collections::BTreeSet, sync::Arc};

pub use case::{Bill, Case, Status};

/// The permits register's state. What follows from the cases is not saved with them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Permits {
    pub(crate) city: Option<City>,
    pub(crate) calendar: WorkCalendar,
    /// Every version ever published; a case holds the index of its own.
    #[serde(with = "procedure::shared")]
    pub(crate) procedures: Vec<Arc<Procedure>>,
    pub(crate) cases: Cases,
    #[serde(skip)]
    pub(crate) live_parcels: LiveParcels,
    pub(crate) kin: FxHashSet<(PersonId, PersonId)>,
    pub(crate) forgotten: FxHashSet<PersonId>,
    pub(crate) books: Books,
    /// The next running deadline of each case that has one, soonest first.
    #[serde(skip)]
    pub(crate) due: BTreeSet<(Instant, CaseId)>,
    /// The bank's numbers of all payments: no money is booked twice, on whatever bill.
    #[serde(skip)]
    pub(crate) booked: FxHashSet<SmolStr>,
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

    /// The same state, sharing all that is large, to be saved while this one goes on.
    pub(crate) fn shared(&self) -> Permits {
        Permits {
            city: self.city.clone(),
            calendar: self.calendar.clone(),
            procedures: self.procedures.clone(),
            cases: self.cases.clone(),
            live_parcels: LiveParcels::default(),
            kin: self.kin.clone(),
            forgotten: self.forgotten.clone(),
            books: self.books,
            due: BTreeSet::new(),
            booked: FxHashSet::default(),
            stale: self.stale.clone(),
        }
    }

    /// Works out what was not saved.
    pub(crate) fn index(&mut self) {
        self.live_parcels = LiveParcels::of(&self.cases);
        let bills = self.cases.iter().filter_map(|(_, case)| case.later().bill.as_ref());
        self.booked = bills.flat_map(|bill| bill.payments.iter().map(|payment| payment.reference.clone())).collect();
        self.due = self.cases.iter().filter_map(|(id, case)| Some((case.next_due()?, id))).collect();
    }

    /// Which days the city works on.
    #[must_use]
    pub fn calendar(&self) -> &WorkCalendar {
        &self.calendar
    }

    /// The newest version of a procedure, with its index.
    #[must_use]
    pub fn newest(&self, id: &ProcedureId) -> Option<(usize, &Procedure)> {
        let newest_first = self.procedures.iter().enumerate().rev();
        newest_first.map(|(index, procedure)| (index, &**procedure)).find(|(_, procedure)| procedure.id() == id)
    }

    /// A case.
    #[must_use]
    pub fn case(&self, id: CaseId) -> Option<&Case> {
        self.cases.get(id)
    }

    /// The case that keeps other applications for a parcel out.
    #[must_use]
    pub fn live_case(&self, parcel: &ParcelId) -> Option<CaseId> {
        self.live_parcels.get(parcel, &self.cases)
    }

    /// The next running deadline of each case that has one, soonest first.
    pub fn due(&self) -> impl Iterator<Item = (Instant, CaseId)> {
        self.due.iter().copied()
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
