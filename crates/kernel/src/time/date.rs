//! A local day and its weekday, apart from any calendar's way of naming it.

use super::{InvalidTime, JalaliDate};
use icu_calendar::{Gregorian, types::RataDie};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A local day: days since 1970-01-01.
///
/// Names are for years 1 to 9999; a day outside them is named as the nearest day inside.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Date(pub i32);

/// The day count of ICU4X (day 1 is 1 January of year 1) on 1970-01-01.
const RATA_DIE_OF_1970: i64 = 719_163;

impl Date {
    /// 1 January of year 1, the first day that has a name.
    pub const MIN: Date = Date(-719_162);
    /// 31 December 9999, the last day that has a name.
    pub const MAX: Date = Date(2_932_896);

    /// The Gregorian day, if the calendar has it; years 1 to 9999.
    #[must_use]
    pub fn from_ymd(year: i32, month: u8, day: u8) -> Option<Date> {
        if !(1..=9999).contains(&year) {
            return None;
        }
        let date = icu_calendar::Date::try_new_gregorian(year, month, day).ok()?;
        Some(Date::from_rata_die(date.to_rata_die()))
    }

    /// Gregorian year, month from 1, day from 1.
    #[must_use]
    pub fn year_month_day(self) -> (i32, u8, u8) {
        let date = icu_calendar::Date::from_rata_die(self.rata_die(), Gregorian);
        (date.year().extended_year(), date.month().number(), date.day_of_month().0)
    }

    /// The day of the week.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        let since_saturday = (i64::from(self.0) + 5).rem_euclid(7);
        Weekday::ALL[since_saturday as usize]
    }

    /// This many days later, or earlier if negative; held at the ends of the range.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Date {
        Date(self.0.saturating_add(days))
    }

    /// The same day in the official Iranian calendar.
    #[must_use]
    pub fn jalali(self) -> JalaliDate {
        JalaliDate::of(self)
    }

    pub(super) fn rata_die(self) -> RataDie {
        RataDie::new(i64::from(self.clamp(Date::MIN, Date::MAX).0) + RATA_DIE_OF_1970)
    }

    pub(super) fn from_rata_die(day: RataDie) -> Date {
        let days = day.to_i64_date() - RATA_DIE_OF_1970;
        Date(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }))
    }
}

/// ISO 8601: `2026-11-23`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.year_month_day();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// ISO 8601 only. [`super::parse_date`] also reads Jalali dates.
impl FromStr for Date {
    type Err = InvalidTime;
    fn from_str(text: &str) -> Result<Date, InvalidTime> {
        let shape = |(at, b): (usize, u8)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() };
        if text.len() != 10 || !text.bytes().enumerate().all(shape) {
            return Err(InvalidTime::form(text, "an ISO 8601 date, as 2026-11-23"));
        }
        let number = |range: std::ops::Range<usize>| text[range].parse::<u16>().ok();
        let part = |range| number(range).and_then(|n| u8::try_from(n).ok());
        number(0..4)
            .zip(part(5..7))
            .zip(part(8..10))
            .and_then(|((year, month), day)| Date::from_ymd(i32::from(year), month, day))
            .ok_or_else(|| InvalidTime::no_such(text))
    }
}

/// A day of the week, in the order of an Iranian week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    /// شنبه
    Saturday,
    /// یکشنبه
    Sunday,
    /// دوشنبه
    Monday,
    /// سه‌شنبه
    Tuesday,
    /// چهارشنبه
    Wednesday,
    /// پنجشنبه
    Thursday,
    /// جمعه
    Friday,
}

impl Weekday {
    /// The whole week.
    pub const ALL: [Weekday; 7] = [
        Weekday::Saturday,
        Weekday::Sunday,
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
    ];

    /// Its name in Persian.
    #[must_use]
    pub fn fa(self) -> &'static str {
        match self {
            Weekday::Saturday => "شنبه",
            Weekday::Sunday => "یکشنبه",
            Weekday::Monday => "دوشنبه",
            Weekday::Tuesday => "سه‌شنبه",
            Weekday::Wednesday => "چهارشنبه",
            Weekday::Thursday => "پنجشنبه",
            Weekday::Friday => "جمعه",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days() {
        assert_eq!(Date::from_ymd(1970, 1, 1), Some(Date(0)));
        assert_eq!(Date::from_ymd(2026, 11, 23), Some(Date(20_780)));
        assert_eq!(Date(20_780).weekday(), Weekday::Monday);
        assert_eq!(Date(0).weekday(), Weekday::Thursday);
        assert_eq!(Date(-1).weekday(), Weekday::Wednesday);
        assert_eq!(Date::from_ymd(1, 1, 1), Some(Date::MIN));
        assert_eq!(Date::from_ymd(9999, 12, 31), Some(Date::MAX));
    }

    #[test]
    fn days_that_do_not_exist() {
        for (year, month, day) in [(2025, 2, 29), (2026, 0, 1), (2026, 13, 1), (2026, 1, 0), (0, 1, 1), (10_000, 1, 1)]
        {
            assert_eq!(Date::from_ymd(year, month, day), None);
        }
        for text in ["2026-11-3", "2026/11/23", "2026-11-31", "1405-09-0x", "２０２６-11-2", "+026-11-23"] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_ends_of_the_range_are_held() {
        assert_eq!(Date(i32::MAX).plus_days(1), Date(i32::MAX));
        assert_eq!(Date(i32::MAX).to_string(), "9999-12-31");
        assert_eq!(Date(i32::MIN).to_string(), "0001-01-01");
    }

    proptest! {
        #[test]
        fn named_and_read_again_is_the_same(days in Date::MIN.0..=Date::MAX.0) {
            let date = Date(days);
            prop_assert_eq!(date.to_string().parse(), Ok(date));
            prop_assert_eq!(date.plus_days(7).weekday(), date.weekday());
            prop_assert_ne!(date.plus_days(1).weekday(), date.weekday());
        }
    }
}
