//! `/v1/licences/{number}`: anybody may check a licence. Whose it is stands there for nobody.

use super::cases::AfterQuery;
use super::page::caught_up;
use crate::access::Caller;
use crate::extract::{LicencePath, Query};
use crate::gateway::Shared;
use crate::problem::{Kind, Problem};
use axum::{Json, extract::State, response::Response};
use departments::permit_office::{self, LicenceView};

pub(super) async fn licence(
    State(state): State<Shared>,
    LicencePath(number): LicencePath,
    Query(query): Query<AfterQuery>,
) -> Result<Json<LicenceView>, Problem> {
    let desk = &state.readers.permit_office;
    caught_up(desk, query.after.as_deref()).await?;
    permit_office::licence(desk, number).await?.map(Json).ok_or(Kind::NotFound.into())
}

/// The licence as a credential, for its holder.
pub(super) async fn credential(
    State(state): State<Shared>,
    caller: Caller,
    LicencePath(number): LicencePath,
) -> Result<Response, Problem> {
    crate::licences::credential(&state, &caller, number).await
}
