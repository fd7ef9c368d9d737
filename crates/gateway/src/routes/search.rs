//! `/v1/search`: cases by number, parcel, licence, imported reference or name.

use super::page::{caught_up, limit};
use crate::access::Caller;
use crate::extract::Query;
use crate::gateway::Shared;
use crate::parse::{Fields, NAME_LIMIT, Word, wrong};
use crate::permissions::Group;
use crate::problem::{Kind, Problem};
use axum::{Json, extract::State};
use departments::Page;
use departments::permit_office::{self, CaseSummary, SHORTEST_NAME, Search, Sight};
use kernel::Message;
use schemars::JsonSchema;
use serde::Deserialize;

/// What is looked for: one of these.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchQuery {
    /// A case's number.
    number: Option<String>,
    /// A parcel's renewal code.
    parcel: Option<String>,
    /// A licence's number.
    licence: Option<String>,
    /// A case's name in the log that it was imported from.
    reference: Option<String>,
    /// A part of the applicant's name; for officers of the permit office.
    name: Option<String>,
    /// A position that the answer must hold: what a command was answered.
    after: Option<String>,
    /// Where the page before ended: its `next`.
    page: Option<String>,
    /// How many items, from 1 to 100.
    limit: Option<String>,
}

/// Citizens find their own cases, and all of them where they look for nothing else; officers those of their districts.
pub(super) async fn search(
    State(state): State<Shared>,
    caller: Caller,
    Query(query): Query<SearchQuery>,
) -> Result<Json<Page<CaseSummary>>, Problem> {
    let mut fields = Fields::default();
    let limit = limit(&mut fields, query.limit.as_deref());
    let wanted = wanted(&query, &mut fields);
    fields.done()?;
    let what = what(&caller, wanted)?;
    let desk = &state.readers.permit_office;
    caught_up(desk, query.after.as_deref()).await?;
    let sight =
        if caller.is_citizen() { Sight::Person(caller.person()) } else { Sight::Districts(caller.actor.districts) };
    Ok(Json(permit_office::search(desk, &what, sight, query.page.as_deref(), limit).await?))
}

fn wanted(query: &SearchQuery, fields: &mut Fields) -> Vec<Search> {
    let number = fields.maybe("number", query.number.as_deref()).map(Search::Case);
    let parcel = fields.maybe("parcel", query.parcel.as_deref()).map(Search::Parcel);
    let licence = fields.maybe("licence", query.licence.as_deref()).map(Search::Licence);
    let reference: Option<Word> = fields.maybe("reference", query.reference.as_deref());
    let reference = reference.map(|word| Search::Reference(word.0.to_string()));
    let name = query.name.as_deref().and_then(|name| fields.text("name", name, NAME_LIMIT));
    let name = name.and_then(|name| {
        let long = name.chars().count() >= SHORTEST_NAME;
        let short = || wrong("name-too-short", "دست‌کم دو حرف از نام لازم است.", "At least two letters are needed.");
        fields.keep("name", if long { Ok(Search::Name(name)) } else { Err(short()) })
    });
    [number, parcel, licence, reference, name].into_iter().flatten().collect()
}

fn what(caller: &Caller, mut wanted: Vec<Search>) -> Result<Search, Problem> {
    if wanted.is_empty() && caller.is_citizen() {
        return Ok(Search::Person(caller.person()));
    }
    let (Some(what), None) = (wanted.pop(), wanted.pop()) else {
        let message = wrong(
            "one-search",
            "یکی از number، parcel، licence، reference و name لازم است.",
            "One of number, parcel, licence, reference and name is needed.",
        );
        return Err(Problem::with(Kind::InvalidQuery, message));
    };
    if matches!(what, Search::Name(_)) && caller.group != Group::PermitOffice {
        let message = wrong(
            "name-search",
            "جست‌وجوی نام فقط برای معاونت شهرسازی است.",
            "Only the permit office may search by name.",
        );
        return Err(Problem::with(Kind::Forbidden, Message { field: Some("name".to_owned()), ..message }));
    }
    Ok(what)
}
