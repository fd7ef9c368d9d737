//! `/v1/procedures`: the city's services, and publishing one.

use super::cases::AfterQuery;
use super::page::caught_up;
use crate::access::Caller;
use crate::command::{Done, Head};
use crate::extract::{ProcedurePath, Query, TextBody};
use crate::gateway::Shared;
use crate::parse::{Fields, integer, wrong};
use crate::problem::{Kind, Problem};
use axum::{Json, extract::State};
use departments::permit_office::{self, ProcedureView};
use permits::Command;
use schemars::JsonSchema;
use serde::Deserialize;

/// Which version.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VersionQuery {
    /// A position that the answer must hold: what a command was answered.
    after: Option<String>,
    /// A version; the newest where nothing is said.
    version: Option<String>,
}

pub(super) async fn all(
    State(state): State<Shared>,
    Query(query): Query<AfterQuery>,
) -> Result<Json<Vec<ProcedureView>>, Problem> {
    let desk = &state.readers.permit_office;
    caught_up(desk, query.after.as_deref()).await?;
    Ok(Json(permit_office::procedures(desk).await?))
}

pub(super) async fn one(
    State(state): State<Shared>,
    ProcedurePath(id): ProcedurePath,
    Query(query): Query<VersionQuery>,
) -> Result<Json<ProcedureView>, Problem> {
    let desk = &state.readers.permit_office;
    let mut fields = Fields::default();
    let version = query.version.as_deref().and_then(|text| {
        let number = integer(text).and_then(|number| u32::try_from(number).ok());
        let number = number.ok_or_else(|| wrong("invalid-version", "نسخه یک عدد است.", "A version is a number."));
        fields.keep("version", number)
    });
    fields.done()?;
    caught_up(desk, query.after.as_deref()).await?;
    permit_office::procedure(desk, &id, version).await?.map(Json).ok_or(Kind::NotFound.into())
}

pub(super) async fn publish(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    TextBody(source): TextBody,
) -> Result<Json<Done>, Problem> {
    Ok(Json(state.send(&caller, head, None, Command::PublishProcedure { source }).await?.into()))
}
