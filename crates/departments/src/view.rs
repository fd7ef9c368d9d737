//! What queries answer with: shapes shared by all of them.

use crate::QueryError;
use kernel::{Date, DistrictId, Districts, Instant, Zone};
use projection::Value;
use schemars::JsonSchema;
use serde::Serialize;
use std::str::FromStr;

/// A moment, for machines and for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct When {
    /// RFC 3339, UTC: `2026-11-23T20:00:00Z`.
    pub at: String,
    /// Its local day in the city: `1405/09/02`.
    pub jalali: String,
}

impl When {
    /// A moment on the city's clock.
    #[must_use]
    pub fn new(at: Instant, zone: &Zone) -> When {
        When { at: at.to_string(), jalali: zone.date(at).jalali().to_string() }
    }
}

/// A day, for machines and for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Day {
    /// ISO 8601: `2026-11-23`.
    pub date: String,
    /// The same day: `1405/09/02`.
    pub jalali: String,
}

impl Day {
    /// A day in both calendars.
    #[must_use]
    pub fn new(date: Date) -> Day {
        Day { date: date.to_string(), jalali: date.jalali().to_string() }
    }
}

/// A name in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Title {
    /// Persian.
    pub fa: String,
    /// English.
    pub en: String,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Page<T> {
    /// At most as many as were asked for.
    pub items: Vec<T>,
    /// Where the next page starts (the parameter `page`); absent on the last.
    pub next: Option<String>,
}

/// How many items a page has where nothing is said.
pub const PAGE: u16 = 50;
/// How many it has at most.
pub const LARGEST_PAGE: u16 = 100;

/// How many items of a list are wanted: 1 to [`LARGEST_PAGE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// As many as asked for, held between 1 and [`LARGEST_PAGE`]; [`PAGE`] where nothing is said.
    #[must_use]
    pub fn new(wanted: Option<u16>) -> Limit {
        Limit(wanted.unwrap_or(PAGE).clamp(1, LARGEST_PAGE))
    }

    /// What a query asks for: one more than a page, to see whether there is another.
    pub(crate) fn asked(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Limit {
        Limit::new(None)
    }
}

/// Whether personal data is wanted in the clear. Who may want it is the caller's to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal {
    /// Names, numbers, addresses and notes, as far as nobody is forgotten.
    Shown,
    /// None of them.
    Hidden,
}

/// Makes a page of rows of which one too many was asked for.
pub(crate) fn page<R, T>(
    mut rows: Vec<R>,
    limit: Limit,
    place: impl Fn(&R) -> String,
    show: impl FnMut(R) -> T,
) -> Page<T> {
    let size = usize::from(limit.0);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = if more { rows.last().map(place) } else { None };
    Page { items: rows.into_iter().map(show).collect(), next }
}

/// The place that a page of a list ended at: parts with colons between, the last taking what is left.
pub(crate) struct After<'a> {
    pub(crate) what: &'static str,
    pub(crate) after: &'a str,
}

impl<'a> After<'a> {
    pub(crate) fn parts<const N: usize>(&self) -> Result<[&'a str; N], QueryError> {
        let parts: Vec<&str> = self.after.splitn(N, ':').collect();
        parts.try_into().map_err(|_| self.wrong())
    }

    pub(crate) fn part<T: FromStr>(&self, part: &str) -> Result<T, QueryError> {
        part.parse().map_err(|_| self.wrong())
    }

    /// The integer after which a list goes on; `start` for its first page.
    pub(crate) fn integer(what: &'static str, after: Option<&str>, start: i64) -> Result<i64, QueryError> {
        after.map_or(Ok(start), |after| After { what, after }.part(after))
    }

    fn wrong(&self) -> QueryError {
        QueryError::After { what: self.what, after: self.after.chars().take(64).collect() }
    }
}

/// A condition that the column is one of these, each as an argument.
pub(crate) fn among(column: &str, values: impl IntoIterator<Item = Value>, arguments: &mut Vec<Value>) -> String {
    let first = arguments.len() + 1;
    arguments.extend(values);
    if arguments.len() < first {
        // Not every database takes an empty list.
        return " AND 1 = 0".to_owned();
    }
    let places: Vec<String> = (first..=arguments.len()).map(|place| format!("${place}")).collect();
    format!(" AND {column} IN ({})", places.join(", "))
}

/// A condition that the column is one of these districts; none where that is all of them.
pub(crate) fn among_districts(column: &str, districts: Districts, arguments: &mut Vec<Value>) -> String {
    if districts == Districts::ALL {
        return String::new();
    }
    let held = (0..64).map(DistrictId).filter(|district| districts.contains(*district));
    among(column, held.map(Value::from), arguments)
}
