//! Until when an office must answer: policies, and the deadlines they give under a version of the calendar.

use crate::calendar::{DayUnit, WorkCalendar};
use crate::time::{Date, Instant, Zone};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// How long a step may take and what its end means, as a procedure's data says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How many days, in `unit`.
    pub days: u16,
    /// What a day is.
    pub unit: DayUnit,
    /// Which local day is the first that counts.
    pub start: StartRule,
    /// Whether the clock stands still while the office waits for the applicant.
    pub pauses: bool,
    /// The days of the one extension, in `unit`; 0 where none is allowed.
    pub extension: u16,
    /// What the end of the deadline does.
    pub on_expiry: Expiry,
    /// The article that sets it, with its version.
    pub law: SmolStr,
}

/// Which local day a count starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartRule {
    /// The local day of the start is day 1; in working days only if it is one, else the next working day is day 1.
    SameDay,
    /// The local day of the start is day 0: counting starts the day after.
    NextDay,
    /// The first working day after the local day of the start is day 0, whatever the unit: counting starts after
    /// that. The bylaw's "from the registration receipt", where the receipt is given on the next working day.
    NextWorkingDay,
}

/// What happens when a deadline passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expiry {
    /// The case goes to a superior; nothing is decided.
    Escalate,
    /// Silence is consent.
    Consent,
    /// Silence is refusal.
    Refuse,
}

/// A running deadline, and all that is needed to work it out anew when the calendar changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// The local day on which it was started; of a fixed one, the day that was promised.
    pub start: Date,
    /// How the days are counted from `start`; `None` for a date promised elsewhere, which no calendar moves.
    pub rule: Option<StartRule>,
    /// How many days in all, with pauses and extension.
    pub days: u16,
    /// What a day is.
    pub unit: DayUnit,
    /// The last moment that is still in time: the end of a local day, unless it is fixed.
    pub due: Instant,
    /// The version of the calendar that `due` was worked out with.
    pub calendar: u32,
    /// Whether the one extension is used. That there is only one is the caller's rule.
    pub extended: bool,
}

impl Policy {
    /// Starts the clock at this moment.
    #[must_use]
    pub fn begin(&self, at: Instant, calendar: &WorkCalendar, zone: &Zone) -> Deadline {
        Deadline {
            start: zone.date(at),
            rule: Some(self.start),
            days: self.days,
            unit: self.unit,
            due: at,
            calendar: calendar.version(),
            extended: false,
        }
        .recompute(calendar, zone)
    }
}

impl Deadline {
    /// A date that was promised elsewhere, as in an imported log. A newer calendar leaves it where it is; a pause or
    /// an extension moves it, in calendar days, to the end of a local day.
    #[must_use]
    pub fn fixed(due: Instant, calendar: u32, zone: &Zone) -> Deadline {
        Deadline { start: zone.date(due), rule: None, days: 0, unit: DayUnit::Calendar, due, calendar, extended: false }
    }

    /// The same days under another version of the calendar.
    ///
    /// Days that a pause gave back stay given, also where the newer calendar makes one of them a holiday.
    #[must_use]
    pub fn recompute(self, calendar: &WorkCalendar, zone: &Zone) -> Deadline {
        match self.rule {
            None => self,
            Some(rule) => self.counted_from(self.day_zero(rule, calendar), calendar, zone),
        }
    }

    /// Gives back the days of its unit for which the clock stood still: those after the local day of the pause, up to
    /// and with the local day on which it went on. A pause within one local day gives back nothing.
    #[must_use]
    pub fn resume(self, paused: Instant, resumed: Instant, calendar: &WorkCalendar, zone: &Zone) -> Deadline {
        let stood = calendar.days_between(zone.date(paused), zone.date(resumed), self.unit);
        self.lengthen(stood, calendar, zone)
    }

    /// Uses the extension: this many more days of its unit.
    #[must_use]
    pub fn extend(self, days: u16, calendar: &WorkCalendar, zone: &Zone) -> Deadline {
        Deadline { extended: true, ..self.lengthen(days, calendar, zone) }
    }

    fn lengthen(self, days: u16, calendar: &WorkCalendar, zone: &Zone) -> Deadline {
        let longer = Deadline { days: self.days.saturating_add(days), ..self };
        match self.rule {
            None if days == 0 => self,
            None => longer.counted_from(self.start, calendar, zone),
            Some(_) => longer.recompute(calendar, zone),
        }
    }

    /// The day before the first that counts.
    fn day_zero(&self, rule: StartRule, calendar: &WorkCalendar) -> Date {
        match rule {
            StartRule::SameDay if self.days > 0 => self.start.plus_days(-1),
            StartRule::SameDay | StartRule::NextDay => self.start,
            StartRule::NextWorkingDay => calendar.add_days(self.start, 1, DayUnit::Working),
        }
    }

    fn counted_from(self, day_zero: Date, calendar: &WorkCalendar, zone: &Zone) -> Deadline {
        let last = calendar.add_days(day_zero, self.days, self.unit);
        Deadline { due: zone.end_of_day(last), calendar: calendar.version(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{JalaliDate, Weekday};
    use proptest::prelude::*;

    fn tehran() -> Zone {
        Zone::new("Asia/Tehran").unwrap()
    }
    /// Ten in the morning in Tehran.
    fn at(day: &str) -> Instant {
        Instant(tehran().start_of_day(date(day)).0 + 10 * 3_600_000_000)
    }
    fn date(day: &str) -> Date {
        day.parse::<JalaliDate>().unwrap().date()
    }
    fn policy(days: u16, unit: DayUnit, start: StartRule) -> Policy {
        Policy { days, unit, start, pauses: true, extension: 5, on_expiry: Expiry::Escalate, law: "1388/8".into() }
    }
    #[track_caller]
    fn check(deadline: Deadline, last_day: &str) {
        assert_eq!(tehran().date(deadline.due).jalali().to_string(), last_day);
        assert_eq!(deadline.due, tehran().end_of_day(date(last_day)), "the whole last day is in time");
    }

    // 1405/09/05 is a Thursday, 09/06 a Friday, 09/07 a Saturday.

    #[test]
    fn start_rules_in_working_days() {
        let calendar = WorkCalendar::default();
        for (rule, thursday, friday) in [
            (StartRule::SameDay, "1405/09/07", "1405/09/08"),
            (StartRule::NextDay, "1405/09/08", "1405/09/08"),
            (StartRule::NextWorkingDay, "1405/09/09", "1405/09/09"),
        ] {
            let policy = policy(2, DayUnit::Working, rule);
            check(policy.begin(at("1405/09/05"), &calendar, &tehran()), thursday);
            check(policy.begin(at("1405/09/06"), &calendar, &tehran()), friday);
        }
    }

    #[test]
    fn start_rules_in_calendar_days() {
        let calendar = WorkCalendar::default();
        for (rule, last) in [
            (StartRule::SameDay, "1405/09/06"),
            (StartRule::NextDay, "1405/09/07"),
            (StartRule::NextWorkingDay, "1405/09/09"),
        ] {
            check(policy(2, DayUnit::Calendar, rule).begin(at("1405/09/05"), &calendar, &tehran()), last);
        }
    }

    #[test]
    fn one_day_may_be_the_day_itself() {
        let calendar = WorkCalendar::default();
        let policy = policy(1, DayUnit::Working, StartRule::SameDay);
        check(policy.begin(at("1405/09/05"), &calendar, &tehran()), "1405/09/05");
        check(policy.begin(at("1405/09/06"), &calendar, &tehran()), "1405/09/07");
    }

    #[test]
    fn no_days_end_on_the_day_itself() {
        let calendar = WorkCalendar::default();
        for rule in [StartRule::SameDay, StartRule::NextDay] {
            check(policy(0, DayUnit::Working, rule).begin(at("1405/09/05"), &calendar, &tehran()), "1405/09/05");
            check(policy(0, DayUnit::Working, rule).begin(at("1405/09/06"), &calendar, &tehran()), "1405/09/07");
        }
    }

    #[test]
    fn the_local_day_counts_not_the_utc_one() {
        let late: Instant = "2026-11-23T20:45:00Z".parse().unwrap();
        let deadline =
            policy(1, DayUnit::Calendar, StartRule::NextDay).begin(late, &WorkCalendar::default(), &tehran());
        assert_eq!(deadline.start, date("1405/09/03"));
        check(deadline, "1405/09/04");
    }

    #[test]
    fn a_pause_gives_back_the_days_it_took() {
        let (calendar, zone) = (WorkCalendar::default(), tehran());
        let begun = policy(3, DayUnit::Working, StartRule::NextDay).begin(at("1405/09/02"), &calendar, &zone);
        check(begun, "1405/09/05");
        let later_that_day = Instant(at("1405/09/03").0 + 1);
        assert_eq!(begun.resume(at("1405/09/03"), later_that_day, &calendar, &zone), begun);
        let resumed = begun.resume(at("1405/09/03"), at("1405/09/07"), &calendar, &zone);
        assert_eq!(resumed.days, 6, "Wednesday, Thursday and Saturday stood still");
        check(resumed, "1405/09/09");
        assert_eq!(begun.resume(at("1405/09/07"), at("1405/09/03"), &calendar, &zone), begun);
    }

    #[test]
    fn an_extension_is_marked() {
        let (calendar, zone) = (WorkCalendar::default(), tehran());
        let begun = policy(1, DayUnit::Working, StartRule::NextDay).begin(at("1405/09/02"), &calendar, &zone);
        let extended = begun.extend(2, &calendar, &zone);
        assert!(!begun.extended && extended.extended);
        check(extended, "1405/09/05");
    }

    #[test]
    fn a_holiday_declared_late_moves_it_and_is_named() {
        let (mut calendar, zone) = (WorkCalendar::default(), tehran());
        let begun = policy(2, DayUnit::Working, StartRule::NextWorkingDay).begin(at("1405/09/02"), &calendar, &zone);
        check(begun, "1405/09/05");
        calendar.declare_holiday(date("1405/09/03"), "تعطیلی آلودگی هوا".into(), 7);
        let moved = begun.recompute(&calendar, &zone);
        check(moved, "1405/09/07");
        assert_eq!((begun.calendar, moved.calendar), (0, 7));
    }

    #[test]
    fn a_fixed_date_is_moved_by_people_only() {
        let (mut calendar, zone) = (WorkCalendar::default(), tehran());
        let fixed = Deadline::fixed(at("1405/09/05"), 3, &zone);
        calendar.declare_holiday(date("1405/09/05"), "تعطیل".into(), 4);
        assert_eq!(fixed.recompute(&calendar, &zone), fixed);
        assert_eq!(fixed.resume(at("1405/09/03"), at("1405/09/03"), &calendar, &zone), fixed);
        check(fixed.resume(at("1405/09/03"), at("1405/09/05"), &calendar, &zone), "1405/09/07");
        let extended = fixed.extend(1, &calendar, &zone);
        check(extended, "1405/09/06");
        assert_eq!(extended.recompute(&calendar, &zone), extended);
    }

    #[test]
    fn what_is_stored_is_small_and_comes_back() {
        let policy = policy(10, DayUnit::Working, StartRule::NextWorkingDay);
        let deadline = policy.begin(at("1405/09/02"), &WorkCalendar::default(), &tehran());
        let stored = postcard::to_stdvec(&(&policy, deadline)).unwrap();
        assert!(stored.len() <= 34, "{} bytes", stored.len());
        assert_eq!(postcard::from_bytes(&stored), Ok((policy, deadline)));
    }

    fn any_policy() -> impl Strategy<Value = Policy> {
        let unit = prop_oneof![Just(DayUnit::Calendar), Just(DayUnit::Working)];
        let rule = prop_oneof![Just(StartRule::SameDay), Just(StartRule::NextDay), Just(StartRule::NextWorkingDay)];
        (0_u16..60, unit, rule).prop_map(|(days, unit, rule)| policy(days, unit, rule))
    }
    fn any_calendar() -> impl Strategy<Value = WorkCalendar> {
        let rest = proptest::sample::subsequence(Weekday::ALL.to_vec(), 0..=3);
        (rest, proptest::collection::btree_set(20_000_i32..20_200, 0..30)).prop_map(|(rest, holidays)| {
            let mut calendar = WorkCalendar::default();
            calendar.set_rest_days(Date(20_050), &rest, 1).unwrap();
            holidays.into_iter().for_each(|day| calendar.declare_holiday(Date(day), "تعطیل".into(), 2));
            calendar
        })
    }
    fn any_moment() -> impl Strategy<Value = Instant> {
        (20_000_i64 * 86_400..20_150 * 86_400).prop_map(Instant::from_seconds)
    }

    proptest! {
        #[test]
        fn one_more_holiday_never_makes_it_earlier(
            policy in any_policy(), calendar in any_calendar(), begun in any_moment(), day in 20_000_i32..20_200,
            paused in any_moment(), resumed in any_moment(),
        ) {
            let zone = tehran();
            let mut more = calendar.clone();
            more.declare_holiday(Date(day), "تعطیل".into(), 9);
            let deadline = policy.begin(begun, &calendar, &zone).resume(paused, resumed, &calendar, &zone);
            prop_assert!(deadline.recompute(&more, &zone).due >= deadline.due);
            prop_assert!(policy.begin(begun, &more, &zone).due >= policy.begin(begun, &calendar, &zone).due);
        }

        #[test]
        fn recomputing_is_the_same_as_beginning_anew(
            policy in any_policy(), before in any_calendar(), after in any_calendar(), begun in any_moment(),
        ) {
            let zone = tehran();
            let moved = policy.begin(begun, &before, &zone).recompute(&after, &zone);
            prop_assert_eq!(moved, policy.begin(begun, &after, &zone));
        }

        #[test]
        fn a_holiday_taken_back_leaves_no_trace_but_its_version(
            policy in any_policy(), mut calendar in any_calendar(), begun in any_moment(), day in 20_000_i32..20_200,
        ) {
            prop_assume!(!calendar.has_holiday(Date(day)));
            let zone = tehran();
            let deadline = policy.begin(begun, &calendar, &zone);
            calendar.declare_holiday(Date(day), "تعطیل".into(), 8);
            let declared = deadline.recompute(&calendar, &zone);
            calendar.withdraw_holiday(Date(day), 9);
            let back = declared.recompute(&calendar, &zone);
            prop_assert_eq!(back, Deadline { calendar: 9, ..deadline });
        }

        #[test]
        fn a_longer_pause_never_makes_it_earlier(
            policy in any_policy(), calendar in any_calendar(), begun in any_moment(), paused in any_moment(),
            one in any_moment(), other in any_moment(),
        ) {
            let zone = tehran();
            let deadline = policy.begin(begun, &calendar, &zone);
            let resumed = |at| deadline.resume(paused, at, &calendar, &zone).due;
            prop_assert!(deadline.due <= resumed(one.min(other)));
            prop_assert!(resumed(one.min(other)) <= resumed(one.max(other)));
        }

        #[test]
        fn it_never_ends_before_the_local_day_it_started_on(
            policy in any_policy(), calendar in any_calendar(), begun in any_moment(),
        ) {
            let zone = tehran();
            let deadline = policy.begin(begun, &calendar, &zone);
            prop_assert!(deadline.due >= zone.end_of_day(zone.date(begun)));
        }
    }
}
