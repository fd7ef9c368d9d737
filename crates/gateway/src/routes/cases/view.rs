//! `GET /v1/cases/{case}` and its timeline. Who may not see a case is told that there is none.

use super::super::page::{caught_up, limit};
use super::opened;
use crate::access::Caller;
use crate::attachments::may_see;
use crate::extract::{CasePath, Query};
use crate::gateway::{Shared, State as Gate};
use crate::parse::Fields;
use crate::permissions::Group;
use crate::problem::{Kind, Problem};
use axum::{Json, extract::State};
use departments::permit_office::{self, CaseView, Happened, LicenceView};
use departments::revenue::BillView;
use departments::{Page, Personal};
use kernel::{CaseId, DistrictId};
use permits::Refusal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reading something.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct AfterQuery {
    /// A position that the answer must hold: what a command was answered.
    pub(in super::super) after: Option<String>,
}

/// Reading a list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct ListQuery {
    /// A position that the answer must hold: what a command was answered.
    pub(in super::super) after: Option<String>,
    /// Where the page before ended: its `next`.
    pub(in super::super) page: Option<String>,
    /// How many items, from 1 to 100.
    pub(in super::super) limit: Option<String>,
}

/// A case with its licence and its bills.
#[derive(Serialize, JsonSchema)]
pub(in super::super) struct CasePage {
    /// The case.
    #[serde(flatten)]
    case: CaseView,
    /// Its licence, once issued.
    licence_book: Option<LicenceView>,
    /// Its bills, the newest last.
    bills: Vec<BillView>,
}

pub(in super::super) async fn case(
    State(state): State<Shared>,
    caller: Caller,
    CasePath(case): CasePath,
    Query(query): Query<AfterQuery>,
) -> Result<Json<CasePage>, Problem> {
    caught_up(&state.readers.permit_office, query.after.as_deref()).await?;
    caught_up(&state.readers.revenue, query.after.as_deref()).await?;
    let view = opened(&state, &caller, case).await?;
    Ok(Json(with_money(&state, &caller, case, view).await?))
}

pub(in super::super) async fn timeline(
    State(state): State<Shared>,
    caller: Caller,
    CasePath(case): CasePath,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Happened>>, Problem> {
    let desk = &state.readers.permit_office;
    let mut fields = Fields::default();
    let limit = limit(&mut fields, query.limit.as_deref());
    fields.done()?;
    caught_up(desk, query.after.as_deref()).await?;
    opened(&state, &caller, case).await?;
    let words = own_words(&state, &caller, case).await?;
    Ok(Json(permit_office::timeline(desk, case, query.page.as_deref(), limit, words).await?))
}

/// Whether the caller sees what was said about a case: a licence's new holder is not told what was said of the one before.
pub(crate) async fn own_words(state: &Gate, caller: &Caller, case: CaseId) -> Result<Personal, Problem> {
    if caller.is_citizen() {
        let licence = permit_office::licence_of(&state.readers.permit_office, case).await?;
        if licence.is_some_and(|licence| licence.transfers > 0) {
            return Ok(Personal::Hidden);
        }
    }
    Ok(personal(caller))
}

/// The case as the caller may see it.
pub(super) async fn read(state: &Gate, caller: &Caller, id: CaseId) -> Result<CasePage, Problem> {
    let case = visible(state, caller, id).await?;
    with_money(state, caller, id, case).await
}

async fn with_money(state: &Gate, caller: &Caller, id: CaseId, case: CaseView) -> Result<CasePage, Problem> {
    let licence_book = match case.summary.licence {
        Some(_) => permit_office::licence_of(&state.readers.permit_office, id).await?,
        None => None,
    };
    let bills = match caller.group {
        Group::Agency | Group::Partner => Vec::new(),
        _ => super::paid::bills(state, caller, id).await?,
    };
    Ok(CasePage { case, licence_book, bills })
}

/// The case, if the caller may see it; else exactly what is told of one that is not there. Of its documents those that the
/// caller may open: a hash is a name that can be asked for.
pub(crate) async fn visible(state: &Gate, caller: &Caller, id: CaseId) -> Result<CaseView, Problem> {
    let mut case = known(state, caller, id).await?;
    match caller.group {
        Group::Citizen | Group::PermitOffice | Group::DistrictOffice => {}
        Group::Agency | Group::Partner | Group::RevenueOffice | Group::Admin | Group::Bank => {
            let procedure = case.summary.procedure.parse().map_err(|_| Kind::Internal)?;
            let procedure = state.procedure(&procedure, case.version).await?;
            case.documents.retain(|document| may_see(&procedure, caller, &document.kind));
        }
    }
    Ok(case)
}

async fn known(state: &Gate, caller: &Caller, id: CaseId) -> Result<CaseView, Problem> {
    let found = permit_office::case(&state.readers.permit_office, id, personal(caller)).await?;
    let unknown = || Problem::refused(Refusal::UnknownCase { case: id }, Some(id));
    let case = found.ok_or_else(unknown)?;
    let mine = caller.person().to_string();
    match caller.group {
        Group::Citizen if case.applicant.as_ref() != Some(&mine) && case.agent.as_ref() != Some(&mine) => {
            Err(unknown())
        }
        Group::Agency if !asked(&case, caller) => Err(unknown()),
        Group::Partner if !works_on(&case, caller) => Err(unknown()),
        Group::Citizen => Ok(case),
        Group::Agency
        | Group::Partner
        | Group::PermitOffice
        | Group::DistrictOffice
        | Group::RevenueOffice
        | Group::Admin
        | Group::Bank => caller.in_district(DistrictId(case.summary.district)).map(|()| case),
    }
}

fn asked(case: &CaseView, caller: &Caller) -> bool {
    case.consultations.iter().any(|asked| asked.role == caller.actor.role.as_str())
}

fn works_on(case: &CaseView, caller: &Caller) -> bool {
    case.steps.iter().any(|step| step.role.as_deref() == Some(caller.actor.role.as_str()))
}

/// Names are for those who handle the file, and for the applicant.
fn personal(caller: &Caller) -> Personal {
    match caller.group {
        Group::Citizen | Group::PermitOffice | Group::DistrictOffice => Personal::Shown,
        Group::RevenueOffice | Group::Agency | Group::Partner | Group::Admin | Group::Bank => Personal::Hidden,
    }
}
