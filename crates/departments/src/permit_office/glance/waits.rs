//! What waits now, where, and since how many working days.

use super::super::cases::Holder;
use super::super::decisions::waiting;
use super::super::inbox::{COLUMNS, Work};
use super::place;
use crate::desk::{Desk, QueryError};
use kernel::{Instant, WorkCalendar, calendar::DayUnit};
use projection::Value;
use serde::Deserialize;

/// Working days from which on no longer waits are told apart but by [`Waits::oldest`].
pub const OLDEST: u16 = 40;

/// So many wait for the same, at the same place, since the same number of working days.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Waits {
    /// The service.
    pub procedure: String,
    /// What kind of work.
    pub work: Work,
    /// The step, the agency, or the decision as `work` names it.
    pub item: String,
    /// Who should do it.
    pub role: String,
    /// Where; 0 is the whole city.
    pub district: u8,
    /// Whose turn it is in these cases: with the applicant, clocks stand still and nothing is late.
    pub holder: Holder,
    /// Working days since it came; [`OLDEST`] stands for all that are longer.
    pub age: u16,
    /// How many.
    pub count: i64,
    /// How many of them are late.
    pub late: i64,
    /// When the oldest of them came.
    pub oldest: Instant,
}

/// More groups than steps, districts and ages make.
const MOST: &str = "100000";

/// Everything that waits at this moment, in groups.
///
/// # Errors
/// When the database fails.
pub async fn waits(desk: &Desk, calendar: &WorkCalendar, now: Instant) -> Result<Vec<Waits>, QueryError> {
    let starts = starts(desk, calendar, now);
    let mut arguments: Vec<Value> = vec![now.into()];
    // The newest start stands last there, and is age 0 here.
    let place = place("w.opened_at", &starts, &mut arguments);
    let oldest = starts.len() - 1;
    let inbox = format!("SELECT {COLUMNS} FROM inbox AS i");
    let parts: Vec<String> =
        std::iter::once(inbox).chain(waiting().map(|rows| format!("SELECT {COLUMNS} FROM {rows} AS i"))).collect();
    let sql = format!(
        "SELECT c.procedure, w.work, w.item, w.role, w.district, c.holder, {oldest} - {place} AS age, COUNT(*) AS count, \
         SUM(CASE WHEN w.due < $1 AND c.holder = 'city' THEN 1 ELSE 0 END) AS late, MIN(w.opened_at) AS oldest \
         FROM ({}) AS w JOIN cases AS c ON c.case_id = w.case_id \
         GROUP BY c.procedure, w.work, w.item, w.role, w.district, c.holder, age LIMIT {MOST}",
        parts.join(" UNION ALL ")
    );
    desk.fetch("what waits", sql, &arguments).await
}

/// The first moments of the ages from [`OLDEST`] to 0.
fn starts(desk: &Desk, calendar: &WorkCalendar, now: Instant) -> Vec<Instant> {
    let today = desk.zone().date(now);
    let mut starts = Vec::with_capacity(usize::from(OLDEST) + 1);
    let mut day = today;
    // No calendar rests longer than this at a stretch; if one did, its ages would only be told apart less.
    let earliest = today.plus_days(-4 * i32::from(OLDEST));
    while starts.len() < usize::from(OLDEST) && day > earliest {
        let before = day.plus_days(-1);
        if calendar.days_between(before, today, DayUnit::Working) > starts.len() as u16 {
            starts.push(desk.zone().start_of_day(day));
        }
        day = before;
    }
    while starts.len() < usize::from(OLDEST) {
        starts.push(Instant(i64::MIN + 1));
    }
    starts.push(Instant(i64::MIN));
    starts.reverse();
    starts
}
