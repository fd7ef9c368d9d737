//! Which case of a parcel is open, found by the parcel that the case itself names.

use super::{Case, cases::Cases};
use hashbrown::HashTable;
use kernel::{CaseId, ParcelId};
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// The live case of each parcel that has one.
#[derive(Debug, Default)]
pub(crate) struct LiveParcels(HashTable<CaseId>);

impl LiveParcels {
    /// Of all cases.
    pub(crate) fn of(cases: &Cases) -> LiveParcels {
        let mut live = LiveParcels::default();
        for (id, _) in cases.iter().filter(|(_, case)| case.is_live()) {
            live.insert(id, cases);
        }
        live
    }

    pub(crate) fn get(&self, parcel: &ParcelId, cases: &Cases) -> Option<CaseId> {
        self.0.find(hash(parcel), |id| parcel_of(*id, cases) == Some(parcel)).copied()
    }

    /// Adds a case that became live, if it names a parcel.
    pub(crate) fn insert(&mut self, id: CaseId, cases: &Cases) {
        let Some(parcel) = parcel_of(id, cases) else { return };
        let same = |other: &CaseId| parcel_of(*other, cases) == Some(parcel);
        let again = |other: &CaseId| parcel_of(*other, cases).map_or(0, hash);
        self.0.entry(hash(parcel), same, again).insert(id);
    }

    /// Removes a case that is live no more.
    pub(crate) fn remove(&mut self, id: CaseId, cases: &Cases) {
        let Some(parcel) = parcel_of(id, cases) else { return };
        if let Ok(found) = self.0.find_entry(hash(parcel), |other| parcel_of(*other, cases) == Some(parcel)) {
            found.remove();
        }
    }
}

fn parcel_of(id: CaseId, cases: &Cases) -> Option<&ParcelId> {
    cases.get(id).and_then(|case: &Case| case.parcel.as_ref())
}

fn hash(parcel: &ParcelId) -> u64 {
    FxBuildHasher.hash_one(parcel)
}
