//! The figures of the whole office, counted once for all who ask within some seconds.

use crate::gateway::State;
use crate::pages::now;
use departments::QueryError;
use departments::permit_office::{self, glance};
use glance::{Came, Finished, Load, Months, Waits};
use kernel::{Instant, WorkCalendar};
use std::sync::Arc;
use tokio::sync::Mutex;

/// How old figures may be, in microseconds.
const AGE: i64 = 15_000_000;
/// How far back is looked for what was finished, in days.
pub(super) const DAYS: i32 = 30;
/// How many months channels are told of.
const MONTHS: u8 = 12;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Everything that is shown, of all districts and services.
pub(super) struct Glance {
    pub(super) at: Instant,
    pub(super) calendar: WorkCalendar,
    pub(super) months: Months,
    pub(super) waits: Vec<Waits>,
    pub(super) finished: Vec<Finished>,
    pub(super) loads: Vec<Load>,
    pub(super) came: Vec<Came>,
    pub(super) breached: Vec<Came>,
}

/// The last figures. Whoever comes while they are counted waits for them.
#[derive(Default)]
pub(crate) struct Last(Mutex<Option<Arc<Glance>>>);

impl State {
    pub(super) async fn glance(&self) -> Result<Arc<Glance>, QueryError> {
        let mut last = self.pages.glance.0.lock().await;
        if let Some(last) = last.as_ref().filter(|last| now().0 - last.at.0 < AGE) {
            return Ok(Arc::clone(last));
        }
        let counted = Arc::new(self.count().await?);
        *last = Some(Arc::clone(&counted));
        Ok(counted)
    }

    async fn count(&self) -> Result<Glance, QueryError> {
        let (desk, at) = (&self.readers.permit_office, now());
        let calendar = permit_office::calendar(desk).await?;
        let today = desk.zone().date(at);
        let months = Months::until(today, MONTHS);
        let ago = |days: i64| Instant(at.0 - days * MICROS_PER_DAY);
        Ok(Glance {
            at,
            waits: glance::waits(desk, &calendar, at).await?,
            finished: glance::finished(desk, (today.plus_days(1 - DAYS), today.plus_days(1))).await?,
            loads: glance::officers(desk, at, (ago(7), ago(i64::from(DAYS)))).await?,
            came: glance::came(desk, &months).await?,
            breached: glance::breached(desk, &months).await?,
            calendar,
            months,
        })
    }
}
