//! `/v1/districts/{district}/…` and `/v1/breaches`: site visits, workload, and visits that should not have been needed.

use super::cases::ListQuery;
use super::page::{caught_up, limit};
use crate::access::Caller;
use crate::extract::{DistrictPath, Query};
use crate::gateway::Shared;
use crate::parse::{Fields, wrong};
use crate::problem::Problem;
use axum::{Json, extract::State};
use departments::Page;
use departments::districts::{self, VisitState, VisitView, VisitsAsk, WorkloadView};
use departments::permit_office::{self, BreachView};
use kernel::Date;
use schemars::JsonSchema;
use serde::Deserialize;

/// Which visits.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VisitsQuery {
    /// How they stand; those to be made where nothing is said.
    state: Option<VisitState>,
    /// A position that the answer must hold: what a command was answered.
    after: Option<String>,
    /// Where the page before ended: its `next`.
    page: Option<String>,
    /// How many items, from 1 to 100.
    limit: Option<String>,
}

/// Of which days.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DaysQuery {
    /// The first day; the first there is where nothing is said.
    from: Option<String>,
    /// The last day; the last there is where nothing is said.
    to: Option<String>,
    /// A position that the answer must hold: what a command was answered.
    after: Option<String>,
}

pub(super) async fn visits(
    State(state): State<Shared>,
    caller: Caller,
    DistrictPath(district): DistrictPath,
    Query(query): Query<VisitsQuery>,
) -> Result<Json<Page<VisitView>>, Problem> {
    let mut fields = Fields::default();
    let limit = limit(&mut fields, query.limit.as_deref());
    fields.done()?;
    caller.in_district(district)?;
    let desk = &state.readers.districts;
    caught_up(desk, query.after.as_deref()).await?;
    let (wanted, districts) = (query.state.unwrap_or(VisitState::Open), [district].into_iter().collect());
    let ask = VisitsAsk { state: wanted, districts, after: query.page, limit };
    Ok(Json(districts::visits(desk, &ask).await?))
}

pub(super) async fn workload(
    State(state): State<Shared>,
    caller: Caller,
    DistrictPath(district): DistrictPath,
    Query(query): Query<DaysQuery>,
) -> Result<Json<Vec<WorkloadView>>, Problem> {
    let mut fields = Fields::default();
    let from: Option<Date> = fields.maybe("from", query.from.as_deref());
    let to: Option<Date> = fields.maybe("to", query.to.as_deref());
    let days = (from.unwrap_or(Date::MIN), to.unwrap_or(Date::MAX));
    if days.0 > days.1 {
        let backwards = wrong("days-backwards", "روز نخست پس از روز آخر است.", "The first day is after the last.");
        fields.keep::<()>("from", Err(backwards));
    }
    fields.done()?;
    caller.in_district(district)?;
    let desk = &state.readers.districts;
    caught_up(desk, query.after.as_deref()).await?;
    Ok(Json(districts::workload(desk, [district].into_iter().collect(), days).await?))
}

pub(super) async fn breaches(
    State(state): State<Shared>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<BreachView>>, Problem> {
    let mut fields = Fields::default();
    let limit = limit(&mut fields, query.limit.as_deref());
    fields.done()?;
    let desk = &state.readers.permit_office;
    caught_up(desk, query.after.as_deref()).await?;
    Ok(Json(permit_office::breaches(desk, caller.actor.districts, query.page.as_deref(), limit).await?))
}
