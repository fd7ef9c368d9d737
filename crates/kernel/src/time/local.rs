//! Times without an offset, as people and exported logs write them.

use super::{Date, Instant, InvalidTime, parse_date};
use jiff::civil;

/// What a text says.
pub(super) enum Reading {
    /// It names its own offset.
    Moment(Instant),
    /// What a clock on the wall showed.
    Clock {
        /// The local day.
        date: Date,
        /// The time of that day.
        time: civil::Time,
    },
}

pub(super) fn parse(text: &str) -> Result<Reading, InvalidTime> {
    let ascii = crate::text::ascii_digits(text.trim());
    let Some((day, clock)) = ascii.split_once(['T', 't', ' ']) else {
        return Ok(Reading::Clock { date: parse_date(&ascii)?, time: civil::Time::midnight() });
    };
    let date = parse_date(day)?;
    let clock = clock.trim();
    if clock.ends_with(|c: char| c.eq_ignore_ascii_case(&'m')) {
        return Err(InvalidTime::ambiguous(text));
    }
    if clock.contains(['Z', 'z', '+', '-']) {
        return Instant::parse_rfc3339(&ascii).map(Reading::Moment);
    }
    Ok(Reading::Clock { date, time: parse_clock(text, clock)? })
}

/// `13:42`, `13:42:22`, `13:42:22.688`; what is finer than a microsecond is cut off.
fn parse_clock(text: &str, clock: &str) -> Result<civil::Time, InvalidTime> {
    let form = || InvalidTime::form(text, "a local time, as 1402/03/05 14:20 or 2011-10-11 13:42:22.688");
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = whole.split(':');
    let hour = parts.next().and_then(two_digits).ok_or_else(form)?;
    let minute = parts.next().and_then(two_digits).ok_or_else(form)?;
    let second = parts.next().map_or(Some(0), two_digits).ok_or_else(form)?;
    let has_seconds = whole.split(':').count() == 3;
    if parts.next().is_some() || (clock.contains('.') && !has_seconds) {
        return Err(form());
    }
    if !(1..=9).contains(&fraction.len()) || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return Err(form());
    }
    let micros: i32 = format!("{fraction:0<6}")[..6].parse().map_err(|_| form())?;
    civil::Time::new(hour, minute, second, micros * 1_000).map_err(|_| InvalidTime::no_such(text))
}

fn two_digits(part: &str) -> Option<i8> {
    let good = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    good.then(|| part.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Zone;

    fn utc(text: &str) -> Result<Instant, InvalidTime> {
        Zone::new("UTC").unwrap().parse_local(text)
    }

    #[test]
    fn common_forms_are_read() {
        for (text, same) in [
            ("2011-10-11 13:42:22.688", "2011-10-11T13:42:22.688Z"),
            ("2011/10/11 8:05", "2011-10-11T08:05:00Z"),
            ("2011-10-11T13:42:22.123456789", "2011-10-11T13:42:22.123456Z"),
            ("2011-10-11  13:42:22", "2011-10-11T13:42:22Z"),
            ("2011-10-11", "2011-10-11T00:00:00Z"),
            ("1402/03/05 14:20", "2023-05-26T14:20:00Z"),
            ("2011-10-11 13:42:22+02:00", "2011-10-11T11:42:22Z"),
        ] {
            assert_eq!(utc(text), same.parse(), "{text}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for text in ["11/10/2011", "11/10/2011 13:42", "10/11/2011 01:42:22 PM", "2011-10-11 01:42 AM", "1/2/2011 1:02"]
        {
            assert!(matches!(utc(text), Err(InvalidTime::Ambiguous { .. })), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["2011-10-11 24:00", "2011-10-11 13:60", "2011-02-30 10:00", "1404/12/30 10:00"] {
            assert!(matches!(utc(text), Err(InvalidTime::NoSuchTime { .. })), "{text}");
        }
        for text in ["", "soon", "2011-10-11 13", "2011-10-11 13:42.5", "2011-10-11 13:42:22.", "2011-10-11 1:2:3:4"] {
            assert!(matches!(utc(text), Err(InvalidTime::Form { .. })), "{text}");
        }
        assert!(utc("1402/03/05 14:20+03:30").is_err(), "an offset belongs to a Gregorian time");
    }
}
