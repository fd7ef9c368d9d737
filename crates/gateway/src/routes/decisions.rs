//! `/v1/cases/{case}/…`: decisions about a whole case and its licence, and objections to them.

use super::cases::NothingBody;
use super::parties::PartyBody;
use crate::access::Caller;
use crate::command::{Done, Head};
use crate::extract::{Body, CasePath};
use crate::gateway::Shared;
use crate::parse::{Fields, one};
use crate::problem::Problem;
use axum::{Json, extract::State};
use kernel::StepId;
use permits::Command;
use schemars::JsonSchema;
use serde::Deserialize;

/// A decision that rests on an article of the procedure.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ArticleBody {
    /// The article.
    article: String,
    /// A few words.
    note: Option<String>,
}

/// A few words.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteBody {
    /// A few words.
    note: Option<String>,
}

/// A decision about an objection.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ObjectionDecisionBody {
    /// Whether the applicant is right.
    upheld: bool,
    /// A few words.
    note: Option<String>,
}

/// Which deadline is extended.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtensionBody {
    /// A step's; absent for the promised date.
    step: Option<String>,
}

/// Who gets the licence.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferBody {
    /// The new holder.
    to: PartyBody,
}

/// Handlers that only name the case.
macro_rules! bare {
    ($($name:ident $command:ident;)*) => {$(
        pub(super) async fn $name(
            State(state): State<Shared>,
            caller: Caller,
            head: Head,
            CasePath(case): CasePath,
            Body(_): Body<NothingBody>,
        ) -> Result<Json<Done>, Problem> {
            Ok(Json(state.send(&caller, head, Some(case), Command::$command { case }).await?.into()))
        }
    )*};
}

bare! {
    grant Grant;
    issue IssueLicence;
    reinstate Reinstate;
    renew Renew;
    complete_work CompleteWork;
}

/// Handlers of decisions with an article.
macro_rules! with_article {
    ($($name:ident $command:ident;)*) => {$(
        pub(super) async fn $name(
            State(state): State<Shared>,
            caller: Caller,
            head: Head,
            CasePath(case): CasePath,
            Body(body): Body<ArticleBody>,
        ) -> Result<Json<Done>, Problem> {
            let article: StepId = one("article", &body.article)?;
            let note = state.note(&caller, case, body.note.as_deref()).await?;
            Ok(Json(state.send(&caller, head, Some(case), Command::$command { case, article, note }).await?.into()))
        }
    )*};
}

with_article! {
    refuse RefuseCase;
    suspend Suspend;
    revoke Revoke;
}

pub(super) async fn extend(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    Body(body): Body<ExtensionBody>,
) -> Result<Json<Done>, Problem> {
    let step = body.step.as_deref().map(|step| one("step", step)).transpose()?;
    Ok(Json(state.send(&caller, head, Some(case), Command::ExtendDeadline { case, step }).await?.into()))
}

pub(super) async fn transfer(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    Body(body): Body<TransferBody>,
) -> Result<Json<Done>, Problem> {
    let mut fields = Fields::default();
    let to = body.to.parse("to", &mut fields);
    fields.done()?;
    let to = state.party(to.expect("a field that did not parse was reported")).await?;
    Ok(Json(state.send(&caller, head, Some(case), Command::Transfer { case, to }).await?.into()))
}

pub(super) async fn object(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    Body(body): Body<NoteBody>,
) -> Result<Json<Done>, Problem> {
    let note = state.note(&caller, case, body.note.as_deref()).await?;
    Ok(Json(state.send(&caller, head, Some(case), Command::Object { case, note }).await?.into()))
}

pub(super) async fn decide_objection(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    Body(body): Body<ObjectionDecisionBody>,
) -> Result<Json<Done>, Problem> {
    let note = state.note(&caller, case, body.note.as_deref()).await?;
    let command = Command::DecideObjection { case, upheld: body.upheld, note };
    Ok(Json(state.send(&caller, head, Some(case), command).await?.into()))
}
