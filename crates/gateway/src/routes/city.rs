//! `/v1/city`, `/v1/holidays`, `/v1/rest-days`: the city itself and its calendar.

use super::cases::NothingBody;
use crate::access::Caller;
use crate::command::{Done, Head};
use crate::extract::{Body, DatePath};
use crate::gateway::Shared;
use crate::parse::{Digits, Fields, WORD_LIMIT, Word, integer, wrong};
use crate::problem::Problem;
use axum::{Json, extract::State};
use kernel::{Date, DepartmentId, Weekday};
use permits::Command;
use permits::events::{Department, Title};
use schemars::JsonSchema;
use serde::Deserialize;

/// A name in both languages.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TitleBody {
    /// Persian.
    fa: String,
    /// English.
    en: String,
}

/// A department.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DepartmentBody {
    /// a-z, 0-9 and dashes.
    id: String,
    /// Its name.
    title: TitleBody,
}

/// A city.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CityBody {
    /// Its name.
    title: TitleBody,
    /// IANA time zone: `Asia/Tehran`.
    zone: String,
    /// Districts are numbered 1 to this; at most 63.
    districts: Digits,
    /// Its departments.
    departments: Vec<DepartmentBody>,
}

/// A holiday.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HolidayBody {
    /// The day, Jalali or Gregorian by its year.
    date: String,
    /// Its name.
    title: String,
}

/// The working week.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RestDaysBody {
    /// From this day on.
    from: String,
    /// The days on which the city rests: `thursday`, `friday`.
    days: Vec<String>,
}

const MOST_DISTRICTS: i64 = 63;
const WHOLE: &str = "a field that did not parse was reported";

impl TitleBody {
    fn parse(&self, field: &str, fields: &mut Fields) -> Option<Title> {
        let fa = fields.text(&format!("{field}.fa"), &self.fa, WORD_LIMIT);
        let en = fields.text(&format!("{field}.en"), &self.en, WORD_LIMIT);
        Some(Title { fa: fa?, en: en? })
    }
}

pub(super) async fn establish(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    Body(body): Body<CityBody>,
) -> Result<Json<Done>, Problem> {
    let mut fields = Fields::default();
    let title = body.title.parse("title", &mut fields);
    let zone: Option<Word> = fields.take("zone", &body.zone);
    let districts = integer(&body.districts.text()).filter(|count| (1..=MOST_DISTRICTS).contains(count));
    let districts = districts
        .and_then(|count| u8::try_from(count).ok())
        .ok_or_else(|| wrong("invalid-districts", "شمار منطقه‌ها از ۱ تا ۶۳ است.", "A city has 1 to 63 districts."));
    let districts = fields.keep("districts", districts);
    let departments: Vec<Department> =
        body.departments.iter().enumerate().filter_map(|(at, department)| department.parse(at, &mut fields)).collect();
    fields.done()?;
    let (title, zone, districts) = (title.expect(WHOLE), zone.expect(WHOLE).0, districts.expect(WHOLE));
    let command = Command::EstablishCity { title, zone, districts, departments };
    Ok(Json(state.send(&caller, head, None, command).await?.into()))
}

impl DepartmentBody {
    fn parse(&self, at: usize, fields: &mut Fields) -> Option<Department> {
        let id: Option<DepartmentId> = fields.take(&format!("departments[{at}].id"), &self.id);
        let title = self.title.parse(&format!("departments[{at}].title"), fields);
        Some(Department { id: id?, title: title? })
    }
}

pub(super) async fn declare_holiday(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    Body(body): Body<HolidayBody>,
) -> Result<Json<Done>, Problem> {
    let mut fields = Fields::default();
    let date: Option<Date> = fields.take("date", &body.date);
    let title: Option<Word> = fields.take("title", &body.title);
    fields.done()?;
    let command = Command::DeclareHoliday { date: date.expect(WHOLE), title: title.expect(WHOLE).0 };
    Ok(Json(state.send(&caller, head, None, command).await?.into()))
}

pub(super) async fn withdraw_holiday(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    DatePath(date): DatePath,
    Body(_): Body<NothingBody>,
) -> Result<Json<Done>, Problem> {
    Ok(Json(state.send(&caller, head, None, Command::WithdrawHoliday { date }).await?.into()))
}

pub(super) async fn rest_days(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    Body(body): Body<RestDaysBody>,
) -> Result<Json<Done>, Problem> {
    let mut fields = Fields::default();
    let from: Option<Date> = fields.take("from", &body.from);
    let day = |(at, day): (usize, &String)| fields.take::<Weekday>(&format!("days[{at}]"), day);
    let days: Vec<Weekday> = body.days.iter().enumerate().filter_map(day).collect();
    fields.done()?;
    let command = Command::SetRestDays { from: from.expect(WHOLE), days };
    Ok(Json(state.send(&caller, head, None, command).await?.into()))
}
