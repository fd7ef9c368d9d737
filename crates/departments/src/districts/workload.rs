//! How much work came to each district and how much was done: counters by day, district and step.

use super::touch;
use crate::desk::{Desk, QueryError};
use crate::view::among_districts;
use kernel::{Date, DistrictId, Districts, Instant, RoleId, StepId};
use permits::Event;
use projection::Class::Public;
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counters of work.
pub(crate) struct Workload;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// What one day brought for one step in one district.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// Days since 1970, in UTC: a fold knows no city's clock.
    day: i64,
    district: DistrictId,
    step: StepId,
    /// Whose step it is; unknown on days that only saw it end.
    role: Option<RoleId>,
    opened: i64,
    done: i64,
    /// Of those done, how many only because nobody answered in time.
    by_silence: i64,
    cancelled: i64,
    /// How many were not done in time.
    passed: i64,
}

impl ReadModel for Workload {
    type Event = Event;
    type Row = Counted;
    const TABLE: Table = Table {
        name: "workload",
        columns: &[
            Column::int("day", Public),
            Column::int("district", Public),
            Column::text("step", Public),
            Column::text("role", Public),
            Column::int("opened", Public),
            Column::int("done", Public),
            Column::int("by_silence", Public),
            Column::int("cancelled", Public),
            Column::int("passed", Public),
        ],
        key: &["day", "district", "step"],
        indexes: &[],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        let touched = touch::of(event.event);
        if let (Some(step), Some(district)) = (touched.step, touched.work) {
            keys.push(Key::triple(day(event.occurred_at), district, step.as_str()));
        }
    }

    fn fold(row: Option<Counted>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Counted>, Unfoldable> {
        let touched = touch::of(event.event);
        let (Some(step), Some(district)) = (touched.step, touched.work) else {
            return Err(Unfoldable::new(format!("{} is no work of a district", event.event.name())));
        };
        let mut counted = row.unwrap_or_else(|| Counted {
            day: day(event.occurred_at),
            district,
            step: step.clone(),
            role: None,
            opened: 0,
            done: 0,
            by_silence: 0,
            cancelled: 0,
            passed: 0,
        });
        counted.count(event.event);
        Ok(Some(counted))
    }
}

impl Counted {
    fn count(&mut self, event: &Event) {
        if let Event::StepOpened(e) = event {
            self.opened += 1;
            self.role = Some(e.role.clone());
        } else if let Event::StepCompleted(e) = event {
            self.done += 1;
            self.by_silence += i64::from(e.by_silence);
        } else if let Event::StepCancelled(_) = event {
            self.cancelled += 1;
        } else if let Event::DeadlinePassed(_) = event {
            self.passed += 1;
        }
    }
}

fn day(at: Instant) -> i64 {
    at.0.div_euclid(MICROS_PER_DAY)
}

/// The work of one step in one district.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadView {
    /// Where.
    pub district: u8,
    /// Which step.
    pub step: String,
    /// Whose it is.
    pub role: Option<String>,
    /// How many came in these days.
    pub opened: i64,
    /// How many were done.
    pub done: i64,
    /// How many of those only because nobody answered in time.
    pub by_silence: i64,
    /// How many were called off.
    pub cancelled: i64,
    /// How many were not done in time.
    pub passed: i64,
    /// How many waited at the end of the last day.
    pub waiting: i64,
}

/// More steps than all procedures have, in more districts than a city has.
const MOST: i64 = 5_000;

/// The work of the districts from one day to another, both counted, in UTC days.
///
/// # Errors
/// When the database fails.
pub async fn workload(
    desk: &Desk,
    districts: Districts,
    (from, to): (Date, Date),
) -> Result<Vec<WorkloadView>, QueryError> {
    let mut arguments: Vec<Value> = vec![from.0.into(), to.0.into(), MOST.into()];
    let districts = among_districts("w.district", districts, &mut arguments);
    let sum = |column: &str| format!("SUM(CASE WHEN w.day >= $1 THEN w.{column} ELSE 0 END) AS {column}");
    let sums = ["opened", "done", "by_silence", "cancelled", "passed"].map(sum).join(", ");
    let sql = format!(
        "SELECT w.district, w.step, MAX(w.role) AS role, {sums}, SUM(w.opened - w.done - w.cancelled) AS waiting \
         FROM workload AS w WHERE w.day <= $2{districts} GROUP BY w.district, w.step ORDER BY w.district, w.step LIMIT $3"
    );
    desk.fetch("the workload", sql, &arguments).await
}
