//! Instants, local dates, Jalali and Gregorian. Instants are UTC microseconds in storage; persons see dates.
//!
//! No clock is read here: whoever needs to know what time it is gets it from outside.

mod date;
mod instant;
mod jalali;
mod local;
mod zone;

pub use date::{Date, Weekday};
pub use instant::Instant;
pub use jalali::{JALALI_MONTHS, JalaliDate};
pub use zone::{UnknownZone, Zone};

/// Why a text is not a date or a time. The text is cut to 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTime {
    /// It has none of the forms that are read.
    #[error("{found:?} is not {expected}")]
    Form {
        /// What was found.
        found: String,
        /// What it should have been, in words.
        expected: &'static str,
    },
    /// It has the right form, but the calendar or the clock has no such day or time.
    #[error("{found:?} does not exist in the calendar or on the clock")]
    NoSuchTime {
        /// What was found.
        found: String,
    },
    /// It can be read in more than one way: the day and the month, or morning and evening.
    #[error("{found:?} is ambiguous; write the year first and the hour from 0 to 23")]
    Ambiguous {
        /// What was found.
        found: String,
    },
}

impl InvalidTime {
    fn form(found: &str, expected: &'static str) -> InvalidTime {
        InvalidTime::Form { found: cut(found), expected }
    }
    fn no_such(found: &str) -> InvalidTime {
        InvalidTime::NoSuchTime { found: cut(found) }
    }
    fn ambiguous(found: &str) -> InvalidTime {
        InvalidTime::Ambiguous { found: cut(found) }
    }
}

/// Years below this are Jalali, from it on Gregorian: the two never meet in the records of a city.
const FIRST_GREGORIAN_YEAR: u32 = 1700;

/// Reads a date, year first, parted by `/` or `-`, in ASCII, Persian or Arabic digits: `1405/09/02`, `2026-11-23`.
///
/// A year below 1700 is Jalali, any other Gregorian.
///
/// # Errors
/// Another form, a day that the calendar does not have, or a year that stands last (day and month are ambiguous).
pub fn parse_date(text: &str) -> Result<Date, InvalidTime> {
    let (year, month, day) = date_parts(text)?;
    if year < FIRST_GREGORIAN_YEAR {
        return jalali_from_parts(text, year, month, day).map(JalaliDate::date);
    }
    i32::try_from(year).ok().and_then(|year| Date::from_ymd(year, month, day)).ok_or_else(|| InvalidTime::no_such(text))
}

fn jalali_from_parts(text: &str, year: u32, month: u8, day: u8) -> Result<JalaliDate, InvalidTime> {
    u16::try_from(year)
        .ok()
        .and_then(|year| JalaliDate::new(year, month, day))
        .ok_or_else(|| InvalidTime::no_such(text))
}

/// Year, month and day of `yyyy-mm-dd` or `yyyy/m/d`, not yet looked up in any calendar.
fn date_parts(text: &str) -> Result<(u32, u8, u8), InvalidTime> {
    const EXPECTED: &str = "a date with the year first, as 1405/09/02 or 2026-11-23";
    let ascii = crate::text::ascii_digits(text.trim());
    let separator = if ascii.contains('/') { '/' } else { '-' };
    let parts: Vec<&str> = ascii.split(separator).collect();
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let &[first, second, third] = parts.as_slice() else {
        return Err(InvalidTime::form(text, EXPECTED));
    };
    if !parts.iter().all(|part| digits(part)) {
        return Err(InvalidTime::form(text, EXPECTED));
    }
    match (first.len(), second.len(), third.len()) {
        (4, 1..=2, 1..=2) => {}
        (1..=2, 1..=2, 2 | 4) => return Err(InvalidTime::ambiguous(text)),
        _ => return Err(InvalidTime::form(text, EXPECTED)),
    }
    let whole = |part: &str| part.parse::<u32>().map_err(|_| InvalidTime::form(text, EXPECTED));
    let small = |part: &str| part.parse::<u8>().map_err(|_| InvalidTime::form(text, EXPECTED));
    Ok((whole(first)?, small(second)?, small(third)?))
}

fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_tells_the_calendar() {
        let same = Date::from_ymd(2026, 11, 23);
        for text in ["2026-11-23", "2026/11/23", "1405/09/02", "1405-9-2", "۱۴۰۵/۰۹/۰۲", "١٤٠٥/٠٩/٠٢", " 1405/09/02 "]
        {
            assert_eq!(parse_date(text).ok(), same, "{text}");
        }
    }

    #[test]
    fn day_first_is_refused_as_ambiguous() {
        for text in ["05/03/1402", "11/10/2011", "5-3-1402", "05/03/02"] {
            assert!(matches!(parse_date(text), Err(InvalidTime::Ambiguous { .. })), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["1404/12/30", "2026-02-29", "2026-13-01", "1405/07/31", "1405/00/10"] {
            assert!(matches!(parse_date(text), Err(InvalidTime::NoSuchTime { .. })), "{text}");
        }
        for text in ["", "1405", "1405/09", "1405/09/02/1", "1405/+9/02", "1405-09/02", "۱۴۰۵/x/۱", "14050/1/1"] {
            assert!(matches!(parse_date(text), Err(InvalidTime::Form { .. })), "{text}");
        }
    }
}
