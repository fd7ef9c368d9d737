//! The official Iranian calendar, from ICU4X's astronomical tables; the 33-year rule goes wrong in 1502.

use super::{Date, InvalidTime, date_parts, jalali_from_parts};
use icu_calendar::cal::Persian;
use std::{fmt, str::FromStr};

/// A day of the official Iranian calendar (ICU4X tables).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JalaliDate {
    year: u16,
    month: u8,
    day: u8,
}

/// The names of the months, from Farvardin.
pub const JALALI_MONTHS: [&str; 12] =
    ["فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"];

/// 1 Farvardin of year 1; earlier days have no Jalali name.
const FIRST_DAY: Date = Date(-492_268);
/// Years above this reach beyond [`Date::MAX`].
const LAST_YEAR: u16 = 9377;

impl JalaliDate {
    /// The day, if the calendar has it; years 1 to 9377.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<JalaliDate> {
        if !(1..=LAST_YEAR).contains(&year) {
            return None;
        }
        icu_calendar::Date::try_new_persian(i32::from(year), month, day).ok()?;
        Some(JalaliDate { year, month, day })
    }

    /// The year of the Solar Hijri era.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }
    /// From 1, Farvardin, to 12, Esfand.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }
    /// From 1 to 31.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }
    /// The name of its month in Persian.
    #[must_use]
    pub fn month_fa(self) -> &'static str {
        JALALI_MONTHS[usize::from(self.month) - 1]
    }
    /// In words: `۲ آذر ۱۴۰۵`.
    #[must_use]
    pub fn fa(self) -> String {
        crate::text::fa_digits(&format!("{} {} {}", self.day, self.month_fa(), self.year))
    }

    /// The same day, apart from any calendar.
    #[must_use]
    pub fn date(self) -> Date {
        let date = icu_calendar::Date::try_new_persian(i32::from(self.year), self.month, self.day)
            .expect("checked when it was made");
        Date::from_rata_die(date.to_rata_die())
    }

    pub(super) fn of(date: Date) -> JalaliDate {
        let date = icu_calendar::Date::from_rata_die(date.max(FIRST_DAY).rata_die(), Persian);
        JalaliDate {
            year: u16::try_from(date.year().extended_year()).expect("years 1 to 9378 after clamping"),
            month: date.month().number(),
            day: date.day_of_month().0,
        }
    }
}

impl From<Date> for JalaliDate {
    fn from(date: Date) -> JalaliDate {
        JalaliDate::of(date)
    }
}

/// `1405/09/02`.
impl fmt::Display for JalaliDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}/{:02}/{:02}", self.year, self.month, self.day)
    }
}

/// Year first, parted by `/` or `-`, in ASCII, Persian or Arabic digits.
impl FromStr for JalaliDate {
    type Err = InvalidTime;
    fn from_str(text: &str) -> Result<JalaliDate, InvalidTime> {
        let (year, month, day) = date_parts(text)?;
        jalali_from_parts(text, year, month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_leap(year: u16) -> bool {
        JalaliDate::new(year, 12, 30).is_some()
    }

    fn by_the_33_year_rule(year: u16) -> bool {
        [1, 5, 9, 13, 17, 22, 26, 30].contains(&(year % 33))
    }

    #[test]
    fn leap_years_are_the_official_ones() {
        assert!(is_leap(1403), "Birashk's rule says 1404");
        assert!(!is_leap(1404));
        let first_failure = (1200..1600).find(|&year| is_leap(year) != by_the_33_year_rule(year));
        assert_eq!(first_failure, Some(1502));
    }

    #[test]
    fn known_days() {
        let same = [((1405, 9, 2), (2026, 11, 23)), ((1403, 12, 30), (2025, 3, 20)), ((1404, 1, 1), (2025, 3, 21))];
        for ((year, month, day), (gregorian, m, d)) in same {
            let jalali = JalaliDate::new(year, month, day).unwrap();
            assert_eq!(Some(jalali.date()), Date::from_ymd(gregorian, m, d));
        }
        assert_eq!(Date(20_780).jalali().to_string(), "1405/09/02");
        assert_eq!(Date(20_780).jalali().fa(), "۲ آذر ۱۴۰۵");
        assert_eq!("۱۴۰۵-۹-۲".parse(), Ok(Date(20_780).jalali()));
        assert!("1404/12/30".parse::<JalaliDate>().is_err());
    }

    #[test]
    fn the_ends_of_the_range_do_not_panic() {
        assert_eq!(Date(i32::MIN).jalali().to_string(), "0001/01/01");
        assert_eq!(JalaliDate::new(1, 1, 1).map(JalaliDate::date), Some(FIRST_DAY));
        assert_eq!(Date(i32::MAX).jalali(), Date::MAX.jalali());
        assert_eq!(Date::MAX.jalali().year(), LAST_YEAR + 1);
        assert!(JalaliDate::new(LAST_YEAR, 12, 29).unwrap().date() < Date::MAX);
        assert_eq!(JalaliDate::new(0, 1, 1), None);
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_day(year in 1200_u16..=1600, month in 1_u8..=12, day in 1_u8..=31) {
            let Some(jalali) = JalaliDate::new(year, month, day) else {
                prop_assert!(day > 29 && month > 6, "only long months miss days");
                return Ok(());
            };
            prop_assert_eq!(jalali.date().jalali(), jalali);
            prop_assert_eq!(jalali.to_string().parse(), Ok(jalali));
            prop_assert!(jalali.date().plus_days(1).jalali() > jalali);
        }
    }
}
