//! `POST /v1/cases`: applying.

use super::parties::{PartyBody, PersonBody};
use super::view::CasePage;
use super::{DocumentBody, Pairs, ValueBody, documents, facts, view};
use crate::access::Caller;
use crate::command::{Done, Head};
use crate::extract::Body;
use crate::gateway::{Shared, State as Gate};
use crate::parse::{Digits, Fields};
use crate::problem::Problem;
use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{Operation, Response as Documented},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::register::Accepted;
use kernel::{DistrictId, ParcelId, ProcedureId};
use permits::{Application, Command};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long an application's answer waits for the case to be readable, so as to show it at once.
const SHOWN_WITHIN: Duration = Duration::from_millis(300);

/// An application.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct ApplicationBody {
    /// Which service.
    procedure: String,
    /// Where; absent or 0 when it is not about a place.
    district: Option<Digits>,
    /// The land, by its renewal code (کد نوسازی).
    parcel: Option<String>,
    /// For whom.
    applicant: PartyBody,
    /// Who acts for them.
    agent: Option<PersonBody>,
    /// The procedure's fields, by name.
    #[serde(default)]
    facts: Pairs<ValueBody>,
    /// The procedure's documents.
    #[serde(default)]
    documents: Vec<DocumentBody>,
}

/// A case that was opened.
#[derive(Serialize, JsonSchema)]
pub(in super::super) struct Applied {
    /// Case, position, whether it is a repeat.
    #[serde(flatten)]
    done: Done,
    /// The case's number as it is written on paper: `1405/000123`.
    number: String,
    /// The case, if the read model had it in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<CasePage>,
}

/// Opens a case. Citizens apply for themselves or for whom they act; the register sees to that.
pub(in super::super) async fn apply(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    Body(body): Body<ApplicationBody>,
) -> Result<Applied, Problem> {
    let application = parse(&state, &body).await?;
    let accepted = state.send(&caller, head, None, Command::Apply(application)).await?;
    let number = accepted.case.to_string().replace('-', "/");
    Ok(Applied { view: shown(&state, &caller, &accepted).await, done: accepted.into(), number })
}

async fn parse(state: &Gate, body: &ApplicationBody) -> Result<Application, Problem> {
    let mut fields = Fields::default();
    let procedure: Option<ProcedureId> = fields.take("procedure", &body.procedure);
    let district = body.district.as_ref().map_or("0".to_owned(), Digits::text);
    let district: Option<DistrictId> = fields.take("district", &district);
    let parcel: Option<ParcelId> = fields.maybe("parcel", body.parcel.as_deref());
    let applicant = body.applicant.parse("applicant", &mut fields);
    let agent = body.agent.as_ref().and_then(|agent| agent.parse("agent", &mut fields));
    let facts = facts(&body.facts, &mut fields);
    let documents = documents(&body.documents, &mut fields);
    fields.done()?;
    let whole = "a field that did not parse was reported";
    // Nobody becomes known to the vault by a request that is refused for its form.
    let applicant = Some(state.party(applicant.expect(whole)).await?);
    let agent = match agent {
        Some(agent) => Some(state.vault.person_for(&agent).await?),
        None => None,
    };
    let (procedure, district) = (procedure.expect(whole), district.expect(whole));
    Ok(Application { procedure, district, parcel, applicant, agent, facts, documents, origin: None, deadline: None })
}

/// The new case, where it can be read already. That it cannot takes nothing back: it is durable.
async fn shown(state: &Gate, caller: &Caller, accepted: &Accepted) -> Option<CasePage> {
    let reader = state.readers.permit_office.reader();
    let caught_up = reader.wait_for(accepted.last(), SHOWN_WITHIN).await.unwrap_or(false);
    if caught_up { view::read(state, caller, accepted.case).await.ok() } else { None }
}

impl IntoResponse for Applied {
    fn into_response(self) -> Response {
        let location = self.done.case.as_ref().map(|case| format!("/v1/cases/{case}"));
        let mut response = (StatusCode::CREATED, Json(self)).into_response();
        if let Some(location) = location.and_then(|location| HeaderValue::try_from(location).ok()) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

impl OperationOutput for Applied {
    type Inner = Applied;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<Documented> {
        Json::<Applied>::operation_response(ctx, operation)
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, Documented)> {
        Applied::operation_response(ctx, operation).map(|response| (Some(201), response)).into_iter().collect()
    }
}
