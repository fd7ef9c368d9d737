//! Times as logs write them: with an offset or on a clock of the city, in either calendar, the year first or last.

use kernel::{
    Instant,
    text::ascii_digits,
    time::{InvalidTime, Zone},
};

/// Which stands first where the year stands last: `31/12/2019` or `12/31/2019`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// As most of the world writes.
    DayFirst,
    /// As the United States write.
    MonthFirst,
}

/// Reads times. A date that can be meant in two ways is refused, never guessed, unless the order is known: said by
/// whoever imports, or shown by other dates of the same file.
#[derive(Debug, Clone)]
pub struct Times {
    zone: Zone,
    order: Option<DateOrder>,
}

impl Times {
    /// For times on this zone's clock, where they name no offset.
    #[must_use]
    pub fn new(zone: Zone, order: Option<DateOrder>) -> Times {
        Times { zone, order }
    }

    /// The moment meant.
    ///
    /// # Errors
    /// No time, one that does not exist, or one that can be meant in two ways.
    pub fn read(&self, text: &str) -> Result<Instant, InvalidTime> {
        let ascii = ascii_digits(text.trim());
        let ambiguous = || InvalidTime::Ambiguous { found: text.chars().take(64).collect() };
        let Some((date, clock)) = split(&ascii) else {
            return self.zone.parse_local(&self.year_first(&ascii).ok_or_else(ambiguous)?);
        };
        let date = self.year_first(date).ok_or_else(ambiguous)?;
        let clock =
            whole_day_clock(clock).ok_or_else(|| InvalidTime::NoSuchTime { found: text.chars().take(64).collect() })?;
        self.zone.parse_local(&format!("{date} {clock}"))
    }

    /// Learns from a file's own dates which stands first; what was said before is kept.
    pub(crate) fn learn<'a>(&mut self, texts: impl Iterator<Item = &'a str>) {
        let (mut day_first, mut month_first) = (false, false);
        for text in texts {
            let ascii = ascii_digits(text.trim());
            let date = split(&ascii).map_or(ascii.as_str(), |(date, _)| date);
            match year_last(date) {
                Some([_, first, second, _]) if number(first) > 12 && number(second) <= 12 => day_first = true,
                Some([_, first, second, _]) if number(second) > 12 && number(first) <= 12 => month_first = true,
                Some(_) | None => {}
            }
        }
        // A file that shows both is no guide for the dates that show neither.
        let shown = match (day_first, month_first) {
            (true, false) => Some(DateOrder::DayFirst),
            (false, true) => Some(DateOrder::MonthFirst),
            (true, true) | (false, false) => None,
        };
        self.order = self.order.or(shown);
    }

    /// The date with its year first, as it is where the year stands first already; none where the order is unknown.
    fn year_first(&self, date: &str) -> Option<String> {
        let Some([separator, first, second, year]) = year_last(date) else {
            return Some(date.to_owned());
        };
        // Whoever parts dates by dots puts the day first.
        let habit = (separator == ".").then_some(DateOrder::DayFirst);
        let order = self.order.or(habit).or_else(|| match (number(first), number(second)) {
            (13.., _) => Some(DateOrder::DayFirst),
            (_, 13..) => Some(DateOrder::MonthFirst),
            (same, other) => (same == other).then_some(DateOrder::DayFirst),
        })?;
        Some(match order {
            DateOrder::DayFirst => format!("{year}-{second}-{first}"),
            DateOrder::MonthFirst => format!("{year}-{first}-{second}"),
        })
    }
}

/// Date and clock.
fn split(text: &str) -> Option<(&str, &str)> {
    let (date, clock) = text.split_once(['T', 't', ' '])?;
    Some((date, clock.trim()))
}

/// Separator and the three numbers of a date whose year stands last; none for any other text.
fn year_last(date: &str) -> Option<[&str; 4]> {
    let separator = ["/", ".", "-"].into_iter().find(|separator| date.contains(separator))?;
    let mut parts = date.split(separator);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let fits = parts.next().is_none() && digits(first, 1..=2) && digits(second, 1..=2) && digits(year, 4..=4);
    fits.then_some([separator, first, second, year])
}

fn number(digits: &str) -> u32 {
    digits.parse().unwrap_or(0)
}

/// The clock from 0 to 23 where it was from 1 to 12 with a word for the half of the day, and its offset, if it has
/// one, without a space before it. None where the half of the day has no such hour.
fn whole_day_clock(clock: &str) -> Option<String> {
    const HALVES: [(&str, u32); 6] = [("am", 0), ("a.m.", 0), ("ق.ظ", 0), ("pm", 12), ("p.m.", 12), ("ب.ظ", 12)];
    let lower = clock.to_lowercase();
    if let Some((rest, half)) = HALVES.iter().find_map(|(word, half)| Some((lower.strip_suffix(word)?, half))) {
        let (hour, rest) = rest.trim().split_once(':')?;
        let hour = hour.parse::<u32>().ok().filter(|hour| (1..=12).contains(hour))?;
        return Some(format!("{:02}:{rest}", hour % 12 + half));
    }
    let zulu = lower.strip_suffix("utc").or_else(|| lower.strip_suffix("gmt"));
    Some(zulu.map_or_else(|| clock.replace(' ', ""), |rest| format!("{}Z", rest.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tehran(order: Option<DateOrder>) -> Times {
        Times::new(Zone::new("Asia/Tehran").unwrap(), order)
    }
    fn moment(text: &str) -> Instant {
        Instant::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn times_of_many_hands_are_read() {
        for (text, same) in [
            ("2011-10-11 13:42:22.688000+02:00", "2011-10-11T11:42:22.688Z"),
            ("2011-10-11T13:42:22.688+02:00", "2011-10-11T11:42:22.688Z"),
            ("2011-10-11 13:42:22 +0200", "2011-10-11T11:42:22Z"),
            ("2011-10-11T13:42:22Z", "2011-10-11T13:42:22Z"),
            ("2011-10-11 13:42:22 UTC", "2011-10-11T13:42:22Z"),
            ("2023-10-11 13:42", "2023-10-11T13:42:00+03:30"),
            ("2023-10-11", "2023-10-11T00:00:00+03:30"),
            ("06/26/2018 10:58:54 AM", "2018-06-26T10:58:54+04:30"),
            ("06/26/2018 12:05:00 am", "2018-06-26T00:05:00+04:30"),
            ("26.06.2018 12:05 p.m.", "2018-06-26T12:05:00+04:30"),
            ("26/6/2018 23:05", "2018-06-26T23:05:00+04:30"),
            ("05.06.2018", "2018-06-05T00:00:00+04:30"),
            ("۱۴۰۲/۰۳/۰۵ ۱۴:۲۰", "2023-05-26T14:20:00+03:30"),
            ("۳۰/۰۳/۱۴۰۲", "2023-06-20T00:00:00+03:30"),
            ("07/07/2018", "2018-07-07T00:00:00+04:30"),
        ] {
            assert_eq!(tehran(None).read(text), Ok(moment(same)), "{text}");
        }
    }

    #[test]
    fn a_date_that_may_be_two_is_refused_until_the_order_is_known() {
        let text = "07/01/2018 11:59:06 PM";
        assert!(matches!(tehran(None).read(text), Err(InvalidTime::Ambiguous { .. })));
        let july = tehran(Some(DateOrder::MonthFirst)).read(text);
        assert_eq!(july, Ok(moment("2018-07-01T23:59:06+04:30")));
        let january = tehran(Some(DateOrder::DayFirst)).read(text);
        assert_eq!(january, Ok(moment("2018-01-07T23:59:06+03:30")));
    }

    #[test]
    fn a_file_shows_its_order_unless_it_shows_both() {
        let mut times = tehran(None);
        times.learn(["07/01/2018", "", "2018-26-01", "06/26/2018 10:58:54 AM"].into_iter());
        assert_eq!(times.order, Some(DateOrder::MonthFirst));
        assert!(matches!(times.read("26/06/2018"), Err(InvalidTime::NoSuchTime { .. })), "against the file's order");
        let mut torn = tehran(None);
        torn.learn(["06/26/2018", "26/06/2018"].into_iter());
        assert_eq!(torn.order, None);
        let mut told = tehran(Some(DateOrder::DayFirst));
        told.learn(["06/26/2018"].into_iter());
        assert_eq!(told.order, Some(DateOrder::DayFirst));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "soon",
            "13:42",
            "2018-02-30",
            "2018-06-26 13:00 PM",
            "2018-06-26 0:10 AM",
            "26/06/18",
            "AM",
            "1/1/1/2018",
        ] {
            assert!(tehran(None).read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9۰-۹/.:T +\\-ampAMPZ]{0,40}|\\PC{0,20}") {
            let mut times = tehran(None);
            let _ = times.read(&text);
            times.learn([text.as_str()].into_iter());
            let _ = times.read(&text);
        }
    }
}
