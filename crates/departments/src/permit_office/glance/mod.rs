//! The office at a glance: what waits where and how long, what was finished how fast, who has how much, over which
//! channels people came. Queries only, each counted in the database and answered in a few rows a step and district; they
//! read whole indexes, so whoever asks often keeps an answer for a while and says how old it is.
//!
//! Time is working time: whole working days of the city's calendar between two local days, as deadlines are counted. A
//! step that ended on the day that it came took 0.

mod came;
mod finished;
mod officers;
mod waits;

pub use came::{Came, breached, came};
pub use finished::{Finished, finished};
pub use officers::{Load, officers};
pub use waits::{OLDEST, Waits, waits};

use crate::desk::Desk;
use kernel::{Date, Instant};
use projection::Value;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Stretches of time that follow each other: the starts of each, and the end of the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Months {
    starts: Vec<Date>,
    end: Date,
}

impl Months {
    /// The Jalali months up to that of this day, that one included, oldest first: 1 to 24 of them.
    #[must_use]
    pub fn until(day: Date, count: u8) -> Months {
        let first = |day: Date| day.plus_days(1 - i32::from(day.jalali().day()));
        let last = first(day);
        let mut starts = vec![last];
        for _ in 1..count.clamp(1, 24) {
            let before = starts.last().map_or(last, |start| first(start.plus_days(-1)));
            starts.push(before);
        }
        starts.reverse();
        // No month has 32 days, and none fewer than 28.
        Months { starts, end: first(last.plus_days(31)) }
    }

    /// The first day of each.
    #[must_use]
    pub fn starts(&self) -> &[Date] {
        &self.starts
    }

    /// The moments at which they start, and at which the last ends, on this desk's clock.
    fn bounds(&self, desk: &Desk) -> (Vec<Instant>, Instant) {
        let start = |day: &Date| desk.zone().start_of_day(*day);
        (self.starts.iter().map(start).collect(), start(&self.end))
    }
}

/// An expression for the place of a moment among such starts, the newest tried first.
fn place(column: &str, starts: &[Instant], arguments: &mut Vec<Value>) -> String {
    let mut places = String::from("CASE");
    for (place, start) in starts.iter().enumerate().rev() {
        arguments.push((*start).into());
        places.push_str(&format!(" WHEN {column} >= ${} THEN {place}", arguments.len()));
    }
    places.push_str(" ELSE 0 END");
    places
}

/// An expression for the local day of a moment. A clock that was changed meanwhile can be off by the hour of the change.
fn local_day(column: &str, near: Date, desk: &Desk, arguments: &mut Vec<Value>) -> String {
    let offset = i64::from(near.0) * MICROS_PER_DAY - desk.zone().start_of_day(near).0;
    arguments.push(offset.into());
    // Moments are after 1970, so whole division rounds down.
    format!("(({column} + ${}) / {MICROS_PER_DAY})", arguments.len())
}

#[cfg(test)]
mod tests {
    use super::Months;

    #[test]
    fn months_follow_each_other_over_the_turn_of_a_year() {
        let day = kernel::time::parse_date("1405/02/31").unwrap();
        let months = Months::until(day, 4);
        let named: Vec<String> = months.starts().iter().map(|day| day.jalali().to_string()).collect();
        assert_eq!(named, ["1404/11/01", "1404/12/01", "1405/01/01", "1405/02/01"]);
        assert_eq!(months.end.jalali().to_string(), "1405/03/01");
        assert_eq!(Months::until(day, 0).starts().len(), 1);
    }
}
