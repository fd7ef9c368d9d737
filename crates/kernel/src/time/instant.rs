//! A moment on the world's clock.

use super::InvalidTime;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Instant(pub i64);

pub(super) const MICROS_PER_SECOND: i64 = 1_000_000;
pub(super) const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

impl Instant {
    /// The moment this many seconds after 1970-01-01T00:00:00Z; held at the ends of the range.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Instant {
        Instant(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub fn as_seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// This many times 24 hours later; `None` beyond the range. Local days are a [`super::Zone`]'s business.
    #[must_use]
    pub fn checked_add_days(self, days: i32) -> Option<Instant> {
        self.0.checked_add(i64::from(days) * MICROS_PER_DAY).map(Instant)
    }

    /// Reads RFC 3339 with any offset, also with a space instead of `T`: `2026-11-23 23:30:00+03:30`.
    ///
    /// What is finer than a microsecond is cut off.
    ///
    /// # Errors
    /// Another form, a time that does not exist, or no offset: then only a [`super::Zone`] can tell the moment.
    pub fn parse_rfc3339(text: &str) -> Result<Instant, InvalidTime> {
        let timestamp: jiff::Timestamp = text
            .trim()
            .parse()
            .map_err(|_| InvalidTime::form(text, "a time with its offset, as 2026-11-23T20:00:00Z"))?;
        let micros = timestamp.as_nanosecond().div_euclid(1_000);
        i64::try_from(micros).map(Instant).map_err(|_| InvalidTime::no_such(text))
    }

    /// As `jiff` has it; moments outside years -9999 to 9999 become the nearest inside.
    pub(super) fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

/// RFC 3339 in UTC: `2026-11-23T20:00:00Z`, with six more digits if it is not a whole second.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timestamp = self.timestamp();
        if self.0.rem_euclid(MICROS_PER_SECOND) == 0 {
            return write!(f, "{timestamp:.0}");
        }
        write!(f, "{timestamp:.6}")
    }
}

impl FromStr for Instant {
    type Err = InvalidTime;
    fn from_str(text: &str) -> Result<Instant, InvalidTime> {
        Instant::parse_rfc3339(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_offsets_and_the_space_form() {
        let moment = Instant::from_seconds(1_795_464_000);
        for text in
            ["2026-11-23T20:00:00Z", "2026-11-23T23:30:00+03:30", "2026-11-23 23:30:00+03:30", "2026-11-23 20:00:00Z"]
        {
            assert_eq!(text.parse(), Ok(moment), "{text}");
        }
        assert_eq!("2026-11-23T20:00:00.0000019Z".parse(), Ok(Instant(moment.0 + 1)));
        assert_eq!("1969-12-31T23:59:59.9999999Z".parse(), Ok(Instant(-1)));
    }

    #[test]
    fn without_an_offset_it_is_no_moment() {
        for text in ["2026-11-23T20:00:00", "2026-11-23", "", "2026-02-30T00:00:00Z", "1405/09/02 10:00"] {
            assert!(Instant::parse_rfc3339(text).is_err(), "{text}");
        }
    }

    #[test]
    fn is_shown_in_utc() {
        assert_eq!(Instant::from_seconds(1_795_464_000).to_string(), "2026-11-23T20:00:00Z");
        assert_eq!(Instant(1_795_464_000_688_000).to_string(), "2026-11-23T20:00:00.688000Z");
        assert_eq!(Instant(-1).to_string(), "1969-12-31T23:59:59.999999Z");
        assert_eq!(Instant(-1).as_seconds(), -1);
    }

    #[test]
    fn the_ends_of_the_range_neither_wrap_nor_panic() {
        for end in [i64::MIN, i64::MAX] {
            assert!(!Instant(end).to_string().is_empty());
            assert_eq!(Instant::from_seconds(end), Instant(end));
        }
        assert_eq!(Instant(i64::MAX).checked_add_days(1), None);
        assert_eq!(Instant(0).checked_add_days(-1), Some(Instant(-MICROS_PER_DAY)));
    }

    proptest! {
        #[test]
        fn shown_and_read_again_is_the_same(micros in -60_000_000_000_000_000_i64..250_000_000_000_000_000) {
            let moment = Instant(micros);
            prop_assert_eq!(moment.to_string().parse(), Ok(moment));
        }
    }
}
