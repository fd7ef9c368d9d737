//! Where queries read and on which clock they show times.

use crate::view::{Day, When};
use kernel::{Instant, Zone};
use projection::{Reader, StoreError, Value};
use serde::de::DeserializeOwned;

/// A department's tables and the city's clock: what every query takes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk {
    reader: Reader,
    zone: Zone,
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The database failed.
    #[error("cannot read {what}")]
    Store {
        /// What was asked for.
        what: &'static str,
        /// What the database said.
        #[source]
        source: StoreError,
    },
    /// `after` does not name a place in the list: the caller's mistake.
    #[error("{after:?} is not where a page of {what} ended")]
    After {
        /// Which list.
        what: &'static str,
        /// What was given, cut to 64 characters.
        after: String,
    },
}

impl Desk {
    /// Queries over these tables, showing local days of this zone.
    #[must_use]
    pub fn new(reader: Reader, zone: Zone) -> Desk {
        Desk { reader, zone }
    }

    /// The tables.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The city's clock.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// A moment as people read it.
    #[must_use]
    pub fn when(&self, at: Instant) -> When {
        When::new(at, &self.zone)
    }

    pub(crate) fn maybe_when(&self, at: Option<Instant>) -> Option<When> {
        at.map(|at| self.when(at))
    }

    /// The local day of a moment, as people read it.
    #[must_use]
    pub fn day(&self, at: Instant) -> Day {
        Day::new(self.zone.date(at))
    }

    pub(crate) async fn fetch<T: DeserializeOwned>(
        &self,
        what: &'static str,
        sql: impl Into<String>,
        arguments: &[Value],
    ) -> Result<Vec<T>, QueryError> {
        let rows = self.reader.fetch_built(sql.into(), arguments).await;
        rows.map_err(|source| QueryError::Store { what, source })
    }

    pub(crate) async fn fetch_one<T: DeserializeOwned>(
        &self,
        what: &'static str,
        sql: impl Into<String>,
        arguments: &[Value],
    ) -> Result<Option<T>, QueryError> {
        Ok(self.fetch(what, sql, arguments).await?.into_iter().next())
    }
}
