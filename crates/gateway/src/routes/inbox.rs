//! `/v1/inbox`: what waits for a role, in its districts, by due date.

use super::page::{caught_up, limit};
use crate::access::Caller;
use crate::extract::Query;
use crate::gateway::Shared;
use crate::parse::{Fields, wrong};
use crate::problem::{Kind, Problem};
use axum::{Json, extract::State};
use departments::Page;
use departments::permit_office::{self, InboxAsk, InboxItem};
use kernel::{DistrictId, Districts, Instant, Message, RoleId};
use schemars::JsonSchema;
use serde::Deserialize;

/// Which part of the inbox.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InboxQuery {
    /// A role; only one's own.
    role: Option<String>,
    /// One district of one's own; all where nothing is said. Work of no district (0: imported cases) is in every inbox.
    district: Option<String>,
    /// Only what is due by then (RFC 3339).
    due_before: Option<String>,
    /// Only what is on one's own desk.
    #[serde(default)]
    mine: bool,
    /// A position that the answer must hold: what a command was answered.
    after: Option<String>,
    /// Where the page before ended: its `next`.
    page: Option<String>,
    /// How many items, from 1 to 100.
    limit: Option<String>,
}

pub(super) async fn inbox(
    State(state): State<Shared>,
    caller: Caller,
    Query(query): Query<InboxQuery>,
) -> Result<Json<Page<InboxItem>>, Problem> {
    let mut fields = Fields::default();
    let role: Option<RoleId> = fields.maybe("role", query.role.as_deref());
    let district: Option<DistrictId> = fields.maybe("district", query.district.as_deref());
    let due_before: Option<Instant> = fields.maybe("due_before", query.due_before.as_deref());
    let limit = limit(&mut fields, query.limit.as_deref());
    fields.done()?;
    let role = own_role(&caller, role)?;
    let districts = match district {
        Some(district) => {
            caller.in_district(district)?;
            [district].into_iter().collect::<Districts>()
        }
        None => caller.actor.districts,
    };
    let desk = &state.readers.permit_office;
    caught_up(desk, query.after.as_deref()).await?;
    let officer = query.mine.then(|| caller.person());
    let ask = InboxAsk { role, districts, item: None, due_from: None, due_before, officer, after: query.page, limit };
    Ok(Json(permit_office::inbox(desk, &ask).await?))
}

fn own_role(caller: &Caller, role: Option<RoleId>) -> Result<RoleId, Problem> {
    let own = caller.actor.role.clone();
    match role {
        Some(role) if role != own => {
            let message = wrong("role-not-yours", "این نقش شما نیست.", "That is not the role you act in.");
            Err(Problem::with(Kind::Forbidden, Message { field: Some("role".to_owned()), ..message }))
        }
        _ => Ok(own),
    }
}
