//! The city itself: its charter, and the days on which it does not work.

use super::touch;
use crate::desk::{Desk, QueryError};
use crate::view::{Day, Title};
use kernel::{Date, DepartmentId, WorkCalendar, Zone, time::Weekday};
use permits::{Event, events};
use projection::Class::Public;
use projection::{Column, Key, ReadModel, Reader, Recorded, Table, Unfoldable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The charter: one row.
pub(crate) struct Charter;

/// The city.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct City {
    id: u8,
    title_fa: String,
    title_en: String,
    zone: SmolStr,
    districts: u8,
    departments: Vec<Office>,
}

/// A department, as the charter names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Office {
    id: DepartmentId,
    fa: String,
    en: String,
}

impl ReadModel for Charter {
    type Event = Event;
    type Row = City;
    const TABLE: Table = Table {
        name: "city",
        columns: &[
            Column::int("id", Public),
            Column::text("title_fa", Public),
            Column::text("title_en", Public),
            Column::text("zone", Public),
            Column::int("districts", Public),
            Column::json("departments", Public),
        ],
        key: &["id"],
        indexes: &[],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if touch::of(event.event).city {
            keys.push(Key::one(1));
        }
    }

    fn fold(_: Option<City>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<City>, Unfoldable> {
        let Event::CityEstablished(e) = event.event else {
            return Err(Unfoldable::new(format!("{} is no charter", event.event.name())));
        };
        let office = |department: &events::Department| Office {
            id: department.id.clone(),
            fa: department.title.fa.clone(),
            en: department.title.en.clone(),
        };
        Ok(Some(City {
            id: 1,
            title_fa: e.title.fa.clone(),
            title_en: e.title.en.clone(),
            zone: e.zone.clone(),
            districts: e.districts,
            departments: e.departments.iter().map(office).collect(),
        }))
    }
}

/// Holidays, and days from which another working week holds.
pub(crate) struct Calendar;

/// A day that the calendar says something about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Marked {
    /// `holiday` or `week`.
    mark: SmolStr,
    date: Date,
    title: Option<SmolStr>,
    rest_days: Option<Vec<Weekday>>,
    calendar: u32,
}

const HOLIDAY: &str = "holiday";
const WEEK: &str = "week";

impl ReadModel for Calendar {
    type Event = Event;
    type Row = Marked;
    const TABLE: Table = Table {
        name: "calendar",
        columns: &[
            Column::text("mark", Public),
            Column::int("date", Public),
            Column::text("title", Public),
            Column::json("rest_days", Public),
            Column::int("calendar", Public),
        ],
        key: &["mark", "date"],
        indexes: &[],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if !touch::of(event.event).calendar {
            return;
        }
        if let Event::HolidayDeclared(e) = event.event {
            keys.push(Key::pair(HOLIDAY, e.date.0));
        } else if let Event::HolidayWithdrawn(e) = event.event {
            keys.push(Key::pair(HOLIDAY, e.date.0));
        } else if let Event::RestDaysSet(e) = event.event {
            keys.push(Key::pair(WEEK, e.from.0));
        }
    }

    fn fold(_: Option<Marked>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Marked>, Unfoldable> {
        let marked = |mark, date, calendar| Marked {
            mark: SmolStr::new_static(mark),
            date,
            title: None,
            rest_days: None,
            calendar,
        };
        if let Event::HolidayDeclared(e) = event.event {
            return Ok(Some(Marked { title: Some(e.title.clone()), ..marked(HOLIDAY, e.date, e.calendar) }));
        }
        if let Event::RestDaysSet(e) = event.event {
            return Ok(Some(Marked { rest_days: Some(e.days.clone()), ..marked(WEEK, e.from, e.calendar) }));
        }
        Ok(None)
    }
}

/// The city, as its charter says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CityView {
    /// Its name.
    pub title: Title,
    /// Its clock, by IANA name.
    pub zone: String,
    /// Districts are numbered 1 to this.
    pub districts: u8,
    /// Its departments.
    pub departments: Vec<DepartmentView>,
}

/// A department of the city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DepartmentView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: Title,
}

/// A holiday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Holiday {
    /// The day.
    pub day: Day,
    /// What it is for.
    pub title: String,
    /// The version of the calendar that brought it.
    pub calendar: u32,
}

/// The city, once it is established.
///
/// # Errors
/// When the database fails.
pub async fn city(reader: &Reader) -> Result<Option<CityView>, QueryError> {
    let rows = reader.fetch::<City>("SELECT * FROM city WHERE id = 1", &[]).await;
    let rows = rows.map_err(|source| QueryError::Store { what: "the city", source })?;
    let office =
        |office: Office| DepartmentView { id: office.id.to_string(), title: Title { fa: office.fa, en: office.en } };
    Ok(rows.into_iter().next().map(|city| CityView {
        title: Title { fa: city.title_fa, en: city.title_en },
        zone: city.zone.to_string(),
        districts: city.districts,
        departments: city.departments.into_iter().map(office).collect(),
    }))
}

impl CityView {
    /// Its clock; `None` when this build knows no such zone, which the register does not let happen.
    #[must_use]
    pub fn clock(&self) -> Option<Zone> {
        Zone::new(&self.zone).ok()
    }
}

/// More days than a calendar marks in a century.
const ALL_MARKED: &str = "40000";

/// The city's working days, as its calendar says now.
///
/// # Errors
/// When the database fails.
pub async fn calendar(desk: &Desk) -> Result<WorkCalendar, QueryError> {
    let sql = format!("SELECT * FROM calendar ORDER BY date LIMIT {ALL_MARKED}");
    let rows: Vec<Marked> = desk.fetch("the calendar", sql, &[]).await?;
    let newest = rows.iter().map(|row| row.calendar).max().unwrap_or(0);
    let mut calendar = WorkCalendar::default();
    for Marked { date, title, rest_days, .. } in rows {
        match rest_days {
            // The register takes no week without work.
            Some(days) => calendar.set_rest_days(date, &days, newest).unwrap_or_default(),
            None => calendar.declare_holiday(date, title.unwrap_or_default(), newest),
        }
    }
    Ok(calendar)
}

/// More holidays than are asked for at once: three years of them.
const MOST: i64 = 366;

/// Declared holidays from a day on, in order.
///
/// # Errors
/// When the database fails.
pub async fn holidays(desk: &Desk, from: Date) -> Result<Vec<Holiday>, QueryError> {
    let sql = "SELECT * FROM calendar WHERE mark = $1 AND date >= $2 ORDER BY date LIMIT $3";
    let rows: Vec<Marked> = desk.fetch("holidays", sql, &[HOLIDAY.into(), from.0.into(), MOST.into()]).await?;
    let show = |row: Marked| Holiday {
        day: Day::new(row.date),
        title: row.title.map(|title| title.to_string()).unwrap_or_default(),
        calendar: row.calendar,
    };
    Ok(rows.into_iter().map(show).collect())
}
