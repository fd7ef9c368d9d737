//! A place's clock: which local day a moment falls on, and when a local day starts and ends.

use super::{Date, Instant, InvalidTime, instant::MICROS_PER_DAY, instant::MICROS_PER_SECOND, local};
use jiff::{
    civil,
    tz::{TimeZone, TimeZoneDatabase},
};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;

/// A time zone of the IANA database, as it was when this program was built: the same everywhere. Cheap to clone.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct Zone {
    name: SmolStr,
    rules: TimeZone,
}

/// The IANA database has no such zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no time zone is called {name:?}; expected an IANA name, as Asia/Tehran")]
pub struct UnknownZone {
    /// What was asked for.
    pub name: SmolStr,
}

impl Zone {
    /// The zone with this IANA name, in any letter case: `Asia/Tehran`, `UTC`.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn new(name: &str) -> Result<Zone, UnknownZone> {
        let unknown = || UnknownZone { name: name.chars().take(64).collect() };
        // The bundled rules, not the machine's: a deadline must come out the same on every machine.
        let rules = TimeZoneDatabase::bundled().get(name).map_err(|_| unknown())?;
        let name = rules.iana_name().map(SmolStr::new).ok_or_else(unknown)?;
        Ok(Zone { name, rules })
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The local day on which the moment falls.
    #[must_use]
    pub fn date(&self, at: Instant) -> Date {
        let offset = self.rules.to_offset(at.timestamp()).seconds();
        let local = at.0.saturating_add(i64::from(offset) * MICROS_PER_SECOND);
        // At most 107 million days either way, so it fits.
        Date(local.div_euclid(MICROS_PER_DAY) as i32)
    }

    /// The first moment of the local day; later than midnight where the clock jumps over midnight.
    #[must_use]
    pub fn start_of_day(&self, date: Date) -> Instant {
        self.at(civil_date(date).at(0, 0, 0, 0))
    }

    /// The last microsecond of the local day, just before the next one starts.
    #[must_use]
    pub fn end_of_day(&self, date: Date) -> Instant {
        if date >= Date::MAX {
            return Instant(jiff::Timestamp::MAX.as_microsecond());
        }
        Instant(self.start_of_day(date.max(Date::MIN).plus_days(1)).0 - 1)
    }

    /// The Jalali year of the local day on which the moment falls.
    #[must_use]
    pub fn jalali_year(&self, at: Instant) -> u16 {
        self.date(at).jalali().year()
    }

    /// Reads a time as people and imported logs write it, on this zone's clock where it names no offset.
    ///
    /// Forms: `2011-10-11 13:42:22.688`, the same with `T`, `2011-10-11T13:42:22+02:00` (its own offset counts),
    /// `2011-10-11 13:42`, `1402/03/05 14:20`, `1402/03/05` (local midnight); digits may be Persian or Arabic. Where
    /// the clock shows a time twice, the first is meant; a time it jumps over is read with the offset before the jump.
    ///
    /// # Errors
    /// Another form, a day or time that does not exist, or one that is ambiguous: the day or month first, AM or PM.
    pub fn parse_local(&self, text: &str) -> Result<Instant, InvalidTime> {
        match local::parse(text)? {
            local::Reading::Moment(at) => Ok(at),
            local::Reading::Clock { date, time } => Ok(self.at(civil_date(date).to_datetime(time))),
        }
    }

    fn at(&self, local: civil::DateTime) -> Instant {
        let moment = self.rules.to_ambiguous_timestamp(local).compatible();
        // Only the last hours of year 9999 are out of reach.
        Instant(moment.unwrap_or(jiff::Timestamp::MAX).as_microsecond())
    }
}

fn civil_date(date: Date) -> civil::Date {
    let (year, month, day) = date.year_month_day();
    civil::Date::new(year as i16, month as i8, day as i8).expect("years 1 to 9999")
}

impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        self.name == other.name
    }
}
impl Eq for Zone {}
impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}
impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
impl std::str::FromStr for Zone {
    type Err = UnknownZone;
    fn from_str(name: &str) -> Result<Zone, UnknownZone> {
        Zone::new(name)
    }
}
impl TryFrom<SmolStr> for Zone {
    type Error = UnknownZone;
    fn try_from(name: SmolStr) -> Result<Zone, UnknownZone> {
        Zone::new(&name)
    }
}
impl From<Zone> for SmolStr {
    fn from(zone: Zone) -> SmolStr {
        zone.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tehran() -> Zone {
        Zone::new("Asia/Tehran").unwrap()
    }
    fn moment(text: &str) -> Instant {
        text.parse().unwrap()
    }
    fn day(year: i32, month: u8, day: u8) -> Date {
        Date::from_ymd(year, month, day).unwrap()
    }

    #[test]
    fn names_are_looked_up_and_kept() {
        assert_eq!(Zone::new("asia/tehran").unwrap().name(), "Asia/Tehran");
        assert_eq!(Zone::new("UTC").unwrap().date(Instant(-1)), Date(-1));
        for name in ["", "Asia/Isfahan", "+03:30", "Etc/Unknown"] {
            assert!(Zone::new(name).is_err(), "{name:?}");
        }
        let stored = postcard::to_stdvec(&tehran()).unwrap();
        assert_eq!(postcard::from_bytes(&stored), Ok(tehran()));
    }

    #[test]
    fn tehran_has_no_summer_time_since_2022() {
        let zone = tehran();
        assert_eq!(zone.start_of_day(day(2022, 7, 1)), moment("2022-06-30T19:30:00Z"), "summer time, +04:30");
        assert_eq!(zone.start_of_day(day(2023, 7, 1)), moment("2023-06-30T20:30:00Z"), "+03:30");
        assert_eq!(zone.date(moment("2022-06-30T19:45:00Z")), day(2022, 7, 1));
        assert_eq!(zone.date(moment("2023-06-30T19:45:00Z")), day(2023, 6, 30));
    }

    #[test]
    fn a_day_that_starts_after_midnight() {
        // On 22 March 2022 Tehran's clock went from 00:00 to 01:00.
        let zone = tehran();
        let start = zone.start_of_day(day(2022, 3, 22));
        assert_eq!(start, moment("2022-03-22T01:00:00+04:30"));
        assert_eq!(zone.end_of_day(day(2022, 3, 21)), Instant(start.0 - 1));
    }

    #[test]
    fn the_jalali_year_turns_at_local_midnight() {
        assert_eq!(tehran().jalali_year(moment("2026-03-20T20:29:59.999999Z")), 1404);
        assert_eq!(tehran().jalali_year(moment("2026-03-20T20:30:00Z")), 1405);
    }

    #[test]
    fn local_times_are_read_on_this_clock() {
        let zone = tehran();
        let amsterdam = Zone::new("Europe/Amsterdam").unwrap();
        assert_eq!(amsterdam.parse_local("2011-10-11 13:42:22.688"), Ok(moment("2011-10-11T13:42:22.688+02:00")));
        assert_eq!(amsterdam.parse_local("2011-10-11T13:42:22.688"), Ok(moment("2011-10-11T13:42:22.688+02:00")));
        assert_eq!(zone.parse_local("2011-10-11T13:42:22+02:00"), Ok(moment("2011-10-11T11:42:22Z")));
        assert_eq!(zone.parse_local("۱۴۰۲/۰۳/۰۵ ۱۴:۲۰"), Ok(moment("2023-05-26T14:20:00+03:30")));
        assert_eq!(zone.parse_local("1402/03/05"), Ok(zone.start_of_day(day(2023, 5, 26))));
    }

    #[test]
    fn the_ends_of_the_range_do_not_panic() {
        let zone = tehran();
        assert_eq!(zone.date(Instant(i64::MIN)), Date(-106_751_992));
        assert_eq!(zone.date(Instant(i64::MAX)), Date(106_751_991));
        for (outside, end) in [(Date(i32::MIN), Date::MIN), (Date(i32::MAX), Date::MAX)] {
            assert_eq!(zone.start_of_day(outside), zone.start_of_day(end));
            assert!(zone.start_of_day(outside) < zone.end_of_day(outside));
        }
    }

    proptest! {
        #[test]
        fn a_moment_lies_in_its_day(seconds in -2_000_000_000_i64..4_000_000_000, micros in 0_i64..1_000_000) {
            let at = Instant(seconds * 1_000_000 + micros);
            let date = tehran().date(at);
            prop_assert!(tehran().start_of_day(date) <= at && at <= tehran().end_of_day(date));
        }
    }
}
