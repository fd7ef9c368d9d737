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
