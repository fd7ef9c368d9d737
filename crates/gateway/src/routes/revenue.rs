//! `/v1/revenue/…`: bills, payments, refunds and what is overdue.

use super::cases::ListQuery;
use super::page::{caught_up, limit};
use crate::access::Caller;
use crate::extract::Query;
use crate::gateway::Shared;
use crate::parse::{Fields, wrong};
use crate::problem::{Kind, Problem};
use axum::{Json, extract::State};
use departments::Page;
use departments::revenue::{self, BillView, DueView, OverdueAsk, PaymentView, RefundView, RefundsAsk};
use kernel::{CaseId, DistrictId};
use permits::numbers::BillNumber;
use schemars::JsonSchema;
use serde::Deserialize;

/// Whose bills: a case's, or one by its number.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BillsQuery {
    /// A case's number.
    case: Option<String>,
    /// A bill's number.
    bill: Option<String>,
    /// A position that the answer must hold: what a command was answered.
    after: Option<String>,
}

/// Whose payments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PaymentsQuery {
    /// A case's number.
    case: String,
    /// A position that the answer must hold: what a command was answered.
    after: Option<String>,
}

/// Which refunds.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundsQuery {
    /// `true`: only those that are not paid out.
    pending: Option<bool>,
    /// A position that the answer must hold: what a command was answered.
    after: Option<String>,
    /// Where the page before ended: its `next`.
    page: Option<String>,
    /// How many items, from 1 to 100.
    limit: Option<String>,
}

pub(super) async fn bills(
    State(state): State<Shared>,
    caller: Caller,
    Query(query): Query<BillsQuery>,
) -> Result<Json<Vec<BillView>>, Problem> {
    let mut fields = Fields::default();
    let case: Option<CaseId> = fields.maybe("case", query.case.as_deref());
    let bill: Option<BillNumber> = fields.maybe("bill", query.bill.as_deref());
    fields.done()?;
    let desk = &state.readers.revenue;
    caught_up(desk, query.after.as_deref()).await?;
    let found = match (case, bill) {
        (Some(case), None) => revenue::bills(desk, case).await?,
        (None, Some(bill)) => revenue::bill(desk, bill).await?.into_iter().collect(),
        (None, None) | (Some(_), Some(_)) => {
            let message = wrong("one-search", "یکی از case و bill لازم است.", "One of case and bill is needed.");
            return Err(Problem::with(Kind::InvalidQuery, message));
        }
    };
    Ok(Json(found.into_iter().filter(|bill| mine(&caller, bill)).collect()))
}

pub(super) async fn payments(
    State(state): State<Shared>,
    caller: Caller,
    Query(query): Query<PaymentsQuery>,
) -> Result<Json<Vec<PaymentView>>, Problem> {
    let case: CaseId = crate::parse::one("case", &query.case)?;
    let desk = &state.readers.revenue;
    caught_up(desk, query.after.as_deref()).await?;
    // A payment is where its bill is.
    let bills = revenue::bills(desk, case).await?;
    if !bills.iter().any(|bill| mine(&caller, bill)) {
        return Ok(Json(Vec::new()));
    }
    Ok(Json(revenue::payments(desk, case).await?))
}

pub(super) async fn overdue(
    State(state): State<Shared>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<DueView>>, Problem> {
    let mut fields = Fields::default();
    let limit = limit(&mut fields, query.limit.as_deref());
    fields.done()?;
    let desk = &state.readers.revenue;
    caught_up(desk, query.after.as_deref()).await?;
    let ask = OverdueAsk { districts: caller.actor.districts, after: query.page, limit };
    Ok(Json(revenue::overdue(desk, &ask).await?))
}

pub(super) async fn refunds(
    State(state): State<Shared>,
    caller: Caller,
    Query(query): Query<RefundsQuery>,
) -> Result<Json<Page<RefundView>>, Problem> {
    let mut fields = Fields::default();
    let limit = limit(&mut fields, query.limit.as_deref());
    fields.done()?;
    let desk = &state.readers.revenue;
    caught_up(desk, query.after.as_deref()).await?;
    let pending = query.pending.unwrap_or_default();
    let ask = RefundsAsk { pending, districts: caller.actor.districts, after: query.page, limit };
    Ok(Json(revenue::refunds(desk, &ask).await?))
}

fn mine(caller: &Caller, bill: &BillView) -> bool {
    caller.actor.districts.contains(DistrictId(bill.district))
}
