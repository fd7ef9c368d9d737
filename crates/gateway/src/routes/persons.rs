//! `/v1/kin` and `/v1/persons/{person}/forget`.

use super::cases::NothingBody;
use super::parties::PersonBody;
use crate::access::Caller;
use crate::command::{Done, Head};
use crate::extract::{Body, PersonPath};
use crate::gateway::Shared;
use crate::parse::Fields;
use crate::problem::{Problem, chain};
use axum::{Json, extract::State};
use kernel::{Instant, StepId};
use permits::Command;
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// A close relative of whoever sends this.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KinBody {
    /// Who.
    relative: PersonBody,
    /// How they are related: `parent`, `spouse`, …
    relation: String,
}

pub(super) async fn kin(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    Body(body): Body<KinBody>,
) -> Result<Json<Done>, Problem> {
    let mut fields = Fields::default();
    let relative = body.relative.parse("relative", &mut fields);
    let relation: Option<StepId> = fields.take("relation", &body.relation);
    fields.done()?;
    let whole = "a field that did not parse was reported";
    let kin = state.vault.person_for(&relative.expect(whole)).await?;
    let command = Command::DeclareKin { officer: caller.person(), kin, relation: relation.expect(whole) };
    Ok(Json(state.send(&caller, head, None, command).await?.into()))
}

/// The key goes first: should the register not answer, nothing of the person opens any more all the same, and a repeat
/// does what is left. The departments' clear texts go with the event.
pub(super) async fn forget(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    PersonPath(person): PersonPath,
    Body(_): Body<NothingBody>,
) -> Result<Json<Done>, Problem> {
    state.vault.forget(person, now()).await?;
    // Nothing of it opens any more; a storage that does not answer now keeps what nobody can read.
    if let Err(error) = state.documents.forget(person).await {
        tracing::warn!(error = chain(&error), "a forgotten person's documents still take space");
    }
    Ok(Json(state.send(&caller, head, None, Command::ForgetPerson { person }).await?.into()))
}

fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
