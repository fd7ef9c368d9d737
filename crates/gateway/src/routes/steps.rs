//! `/v1/cases/{case}/steps/…` and `/v1/cases/{case}/consultations/…`: the work of officers and agencies.

use super::cases::{DocumentBody, NothingBody, Pairs, documents};
use crate::access::Caller;
use crate::command::{Done, Head};
use crate::extract::{AgencyPath, Body, CasePath, StepPath};
use crate::gateway::Shared;
use crate::parse::Fields;
use crate::problem::Problem;
use axum::{Json, extract::State};
use kernel::StepId;
use permits::Command;
use permits::events::{ChecklistAnswer, Verdict};
use permits::procedure;
use schemars::JsonSchema;
use serde::Deserialize;

/// What an officer says when a step is done.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CompleteBody {
    /// How it ended: one of the step's outcomes; absent where it has none.
    outcome: Option<String>,
    /// The items of the step's checklist, and whether each holds.
    #[serde(default)]
    checklist: Pairs<bool>,
    /// Documents that the step adds.
    #[serde(default)]
    documents: Vec<DocumentBody>,
    /// A few words.
    note: Option<String>,
}

/// What the applicant should correct.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReturnBody {
    /// Fields and documents of the procedure.
    #[serde(default)]
    corrections: Vec<String>,
    /// A few words.
    note: Option<String>,
}

/// What an agency answers.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerdictBody {
    /// Its verdict.
    verdict: VerdictWord,
    /// A few words, or the conditions.
    note: Option<String>,
}

/// An agency's verdict.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum VerdictWord {
    /// Nothing against it.
    Approves,
    /// Nothing against it, on conditions.
    ApprovesWithConditions,
    /// Against it.
    Rejects,
}

impl From<VerdictWord> for Verdict {
    fn from(word: VerdictWord) -> Verdict {
        match word {
            VerdictWord::Approves => Verdict::Approves,
            VerdictWord::ApprovesWithConditions => Verdict::ApprovesWithConditions,
            VerdictWord::Rejects => Verdict::Rejects,
        }
    }
}

pub(super) async fn take(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    StepPath(step): StepPath,
    Body(_): Body<NothingBody>,
) -> Result<Json<Done>, Problem> {
    Ok(Json(state.send(&caller, head, Some(case), Command::TakeStep { case, step }).await?.into()))
}

pub(super) async fn complete(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    StepPath(step): StepPath,
    Body(body): Body<CompleteBody>,
) -> Result<Json<Done>, Problem> {
    let mut fields = Fields::default();
    let outcome = fields.maybe("outcome", body.outcome.as_deref()).unwrap_or_else(procedure::done);
    let checklist = checklist(&body.checklist, &mut fields);
    let documents = documents(&body.documents, &mut fields);
    fields.done()?;
    let note = state.note(&caller, case, body.note.as_deref()).await?;
    let command = Command::CompleteStep { case, step, outcome, checklist, documents, note };
    Ok(Json(state.send(&caller, head, Some(case), command).await?.into()))
}

fn checklist(given: &Pairs<bool>, fields: &mut Fields) -> Vec<ChecklistAnswer> {
    let answer = |(item, holds): &(String, bool)| {
        let item: Option<StepId> = fields.take(&format!("checklist.{item}"), item);
        Some(ChecklistAnswer { item: item?, holds: *holds })
    };
    given.0.iter().filter_map(answer).collect()
}

pub(super) async fn give_back(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    StepPath(step): StepPath,
    Body(body): Body<ReturnBody>,
) -> Result<Json<Done>, Problem> {
    let mut fields = Fields::default();
    let correction = |(at, text): (usize, &String)| fields.take::<StepId>(&format!("corrections[{at}]"), text);
    let corrections: Vec<StepId> = body.corrections.iter().enumerate().filter_map(correction).collect();
    fields.done()?;
    let note = state.note(&caller, case, body.note.as_deref()).await?;
    let command = Command::ReturnCase { case, step, corrections, note };
    Ok(Json(state.send(&caller, head, Some(case), command).await?.into()))
}

pub(super) async fn consult(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    StepPath(step): StepPath,
    AgencyPath(agency): AgencyPath,
    Body(_): Body<NothingBody>,
) -> Result<Json<Done>, Problem> {
    Ok(Json(state.send(&caller, head, Some(case), Command::Consult { case, step, agency }).await?.into()))
}

pub(super) async fn answer_consultation(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    AgencyPath(agency): AgencyPath,
    Body(body): Body<VerdictBody>,
) -> Result<Json<Done>, Problem> {
    let note = state.note(&caller, case, body.note.as_deref()).await?;
    let command = Command::AnswerConsultation { case, agency, verdict: body.verdict.into(), note };
    Ok(Json(state.send(&caller, head, Some(case), command).await?.into()))
}
