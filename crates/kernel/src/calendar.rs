//! Working days of a city: the weekly rest and the holidays, as dated data that events change.

use crate::time::{Date, Weekday};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Which days a city's offices work. The default rests on Fridays only and is version 0.
///
/// The version is the caller's: whatever number the event that changed the calendar carries.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkCalendar {
    version: u32,
    /// By first day; each holds until the next. Days before the first rest on Fridays.
    rest_days: BTreeMap<Date, RestWeek>,
    holidays: BTreeMap<Date, SmolStr>,
}

/// What a number of days counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DayUnit {
    /// Every day.
    Calendar,
    /// Days on which the city's offices work.
    Working,
}

/// A week in which nobody works: then no deadline would ever end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a week needs at least one working day")]
pub struct NoWorkingDay;

/// The days of the week on which offices are closed: one bit each, from Saturday; never all seven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
struct RestWeek(u8);

impl RestWeek {
    const FRIDAY: RestWeek = RestWeek(1 << Weekday::Friday as u8);
    const WHOLE_WEEK: u8 = 0b111_1111;

    fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day as u8) != 0
    }
}
impl TryFrom<u8> for RestWeek {
    type Error = NoWorkingDay;
    fn try_from(bits: u8) -> Result<RestWeek, NoWorkingDay> {
        if bits >= RestWeek::WHOLE_WEEK { Err(NoWorkingDay) } else { Ok(RestWeek(bits)) }
    }
}
impl From<RestWeek> for u8 {
    fn from(week: RestWeek) -> u8 {
        week.0
    }
}

impl WorkCalendar {
    /// The version that the last change gave it.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether the offices work on that day: no weekly rest and no holiday.
    #[must_use]
    pub fn is_working(&self, date: Date) -> bool {
        let rest = self.rest_days.range(..=date).next_back().map_or(RestWeek::FRIDAY, |(_, week)| *week);
        !rest.contains(date.weekday()) && !self.holidays.contains_key(&date)
    }

    /// Whether that day is declared a holiday. Weekly rest is none.
    #[must_use]
    pub fn has_holiday(&self, date: Date) -> bool {
        self.holidays.contains_key(&date)
    }

    /// The declared holidays with their titles, by date.
    pub fn holidays(&self) -> impl Iterator<Item = (Date, &str)> {
        self.holidays.iter().map(|(date, title)| (*date, title.as_str()))
    }

    /// The days of the week that are rest on and after `from`, until the next change that is dated later.
    ///
    /// # Errors
    /// All seven days; the calendar stays as it was.
    pub fn set_rest_days(&mut self, from: Date, days: &[Weekday], version: u32) -> Result<(), NoWorkingDay> {
        let bits = days.iter().fold(0_u8, |bits, day| bits | 1 << *day as u8);
        self.rest_days.insert(from, RestWeek::try_from(bits)?);
        self.version = version;
        Ok(())
    }

    /// Makes the day a holiday; a second title replaces the first.
    pub fn declare_holiday(&mut self, date: Date, title: SmolStr, version: u32) {
        self.holidays.insert(date, title);
        self.version = version;
    }

    /// Takes a holiday back; the day is again what its week makes of it.
    pub fn withdraw_holiday(&mut self, date: Date, version: u32) {
        self.holidays.remove(&date);
        self.version = version;
    }

    /// The day that lies `days` after `from`; `from` itself is day 0 and not counted.
    ///
    /// For working days the answer is a working day; 0 working days is `from`, or the next working day after it.
    #[must_use]
    pub fn add_days(&self, from: Date, days: u16, unit: DayUnit) -> Date {
        match unit {
            DayUnit::Calendar => from.plus_days(i32::from(days)),
            DayUnit::Working if days == 0 => self.working_days_from(from).next().unwrap_or(from),
            DayUnit::Working => {
                self.working_days_from(from.plus_days(1)).nth(usize::from(days) - 1).unwrap_or(Date(i32::MAX))
            }
        }
    }

    /// How many days of the unit lie after `from`, up to and with `to`: 0 if `to` is not later; at most 65,535.
    #[must_use]
    pub fn days_between(&self, from: Date, to: Date, unit: DayUnit) -> u16 {
        let counted = match unit {
            DayUnit::Calendar => usize::try_from(i64::from(to.0) - i64::from(from.0)).unwrap_or(0),
            DayUnit::Working => self
                .working_days_from(from.plus_days(1))
                .take_while(|day| *day > from && *day <= to)
                .take(usize::from(u16::MAX))
                .count(),
        };
        u16::try_from(counted).unwrap_or(u16::MAX)
    }

    /// Every working day from this one on. It always reaches the next: a week has a working day, and holidays end.
    fn working_days_from(&self, first: Date) -> impl Iterator<Item = Date> {
        (first.0..=i32::MAX).map(Date).filter(|day| self.is_working(*day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        crate::time::parse_date(text).unwrap()
    }

    #[test]
    fn friday_rests_by_default() {
        let calendar = WorkCalendar::default();
        assert_eq!(calendar.version(), 0);
        assert!(calendar.is_working(date("1405/09/05")), "a Thursday");
        assert!(!calendar.is_working(date("1405/09/06")), "a Friday");
    }

    #[test]
    fn rest_days_change_on_their_date_only() {
        let mut calendar = WorkCalendar::default();
        let change = date("1405/10/03");
        calendar.set_rest_days(change, &[Weekday::Thursday, Weekday::Friday], 1).unwrap();
        assert!(calendar.is_working(date("1405/09/26")), "a Thursday before");
        assert!(!calendar.is_working(date("1405/10/03")), "the Thursday itself");
        assert_eq!(calendar.set_rest_days(change, &Weekday::ALL, 2), Err(NoWorkingDay));
        assert_eq!(calendar.version(), 1);
    }

    #[test]
    fn working_days_are_counted_without_day_zero() {
        let mut calendar = WorkCalendar::default();
        let thursday = date("1405/09/05");
        assert_eq!(calendar.add_days(thursday, 1, DayUnit::Working), date("1405/09/07"));
        assert_eq!(calendar.add_days(thursday, 1, DayUnit::Calendar), date("1405/09/06"));
        assert_eq!(calendar.add_days(thursday, 0, DayUnit::Working), thursday);
        assert_eq!(calendar.add_days(date("1405/09/06"), 0, DayUnit::Working), date("1405/09/07"));
        calendar.declare_holiday(date("1405/09/07"), "تعطیل".into(), 1);
        assert_eq!(calendar.add_days(thursday, 1, DayUnit::Working), date("1405/09/08"));
        assert_eq!(calendar.days_between(thursday, date("1405/09/08"), DayUnit::Working), 1);
        assert_eq!(calendar.days_between(thursday, date("1405/09/08"), DayUnit::Calendar), 3);
        assert_eq!(calendar.days_between(date("1405/09/08"), thursday, DayUnit::Working), 0);
    }

    #[test]
    fn the_ends_of_the_range_neither_hang_nor_panic() {
        let calendar = WorkCalendar::default();
        assert_eq!(calendar.add_days(Date(i32::MAX), 9, DayUnit::Working), Date(i32::MAX));
        assert_eq!(calendar.days_between(Date(i32::MAX), Date(i32::MAX), DayUnit::Working), 0);
        assert_eq!(calendar.days_between(Date(i32::MIN), Date(i32::MAX), DayUnit::Working), u16::MAX);
        assert_eq!(calendar.days_between(Date(i32::MIN), Date(i32::MAX), DayUnit::Calendar), u16::MAX);
    }

    #[test]
    fn stored_bytes_cannot_smuggle_in_a_week_of_rest() {
        let mut calendar = WorkCalendar::default();
        calendar.set_rest_days(Date(1), &[Weekday::Friday], 1).unwrap();
        calendar.declare_holiday(Date(5), "نوروز".into(), 2);
        let stored = postcard::to_stdvec(&calendar).unwrap();
        assert_eq!(postcard::from_bytes(&stored), Ok(calendar));
        let mut forged = stored.clone();
        let week = forged.iter().position(|byte| *byte == RestWeek::FRIDAY.0).unwrap();
        forged[week] = RestWeek::WHOLE_WEEK;
        assert!(postcard::from_bytes::<WorkCalendar>(&forged).is_err());
    }

    proptest! {
        #[test]
        fn adding_and_counting_agree(
            from in 19_000_i32..22_000,
            days in 0_u16..200,
            rest in 0_u8..127,
            holidays in proptest::collection::btree_set(19_000_i32..22_300, 0..60),
        ) {
            let mut calendar = WorkCalendar::default();
            let week: Vec<Weekday> = Weekday::ALL.into_iter().filter(|day| rest >> *day as u8 & 1 == 1).collect();
            calendar.set_rest_days(Date(20_000), &week, 1).unwrap();
            for holiday in holidays {
                calendar.declare_holiday(Date(holiday), "تعطیل".into(), 2);
            }
            let to = calendar.add_days(Date(from), days, DayUnit::Working);
            prop_assert!(calendar.is_working(to));
            if days > 0 {
                prop_assert_eq!(calendar.days_between(Date(from), to, DayUnit::Working), days);
            }
        }
    }
}
