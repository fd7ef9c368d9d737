//! A licence as its holder carries it: what stands in the book of licences and in the case, put together and signed.

use super::now;
use crate::access::Caller;
use crate::gateway::Shared;
use crate::problem::{Kind, Problem};
use crate::routes::opened;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use credential::{Licence, Title};
use departments::permit_office::{self, CaseView, LicenceView};
use kernel::{CaseId, time::parse_date};
use permits::numbers::LicenceNumber;
use permits::procedure::Procedure;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A licence with the case that it is of, for whoever may see that case.
pub(crate) struct Held {
    pub(crate) number: LicenceNumber,
    pub(crate) licence: LicenceView,
    pub(crate) case: CaseView,
    /// The procedure in the version that the case was held to.
    pub(crate) procedure: Arc<Procedure>,
}

/// The licence of this number.
pub(crate) async fn licence(state: &Shared, number: LicenceNumber) -> Result<LicenceView, Problem> {
    permit_office::licence(&state.readers.permit_office, number).await?.ok_or(Kind::NotFound.into())
}

/// The licence with its case, where the caller may see that. An officer's look is recorded.
pub(crate) async fn held(state: &Shared, caller: &Caller, number: LicenceNumber) -> Result<Held, Problem> {
    let licence = licence(state, number).await?;
    let id: CaseId = licence.case.parse().map_err(|_| Kind::Internal)?;
    let case = opened(state, caller, id).await?;
    let procedure = licence.procedure.parse().map_err(|_| Problem::new(Kind::Internal))?;
    let procedure = state.procedure(&procedure, case.version).await?;
    Ok(Held { number, licence, case, procedure })
}

/// The licence as a credential, to be kept in a file.
pub(crate) async fn credential(state: &Shared, caller: &Caller, number: LicenceNumber) -> Result<Response, Problem> {
    let held = held(state, caller, number).await?;
    let name = state.city_name().await;
    let city = Title { fa: name.fa.clone(), en: name.en.clone() };
    let licence = carried(state, held, city)?;
    let issuer = &state.pages.site.public_url;
    let signed = licence.issue(&(state.licence_keys)(), issuer, now()).map_err(|error| {
        tracing::error!(%error, "a credential cannot be signed");
        Problem::new(Kind::Internal)
    })?;
    let file =
        HeaderValue::try_from(format!("attachment; filename=\"{number}.sd-jwt\"")).map_err(|_| Kind::Internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(Licence::MEDIA_TYPE)),
        (header::CONTENT_DISPOSITION, file),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, signed).into_response())
}

fn carried(state: &Shared, held: Held, city: Title) -> Result<Licence, Problem> {
    let Held { number, licence, case, procedure } = held;
    let zone = &state.pages.site.zone;
    let day = |text: &str| parse_date(text).map_err(|_| Problem::new(Kind::Internal));
    let (issued, valid_until) = (day(&licence.issued.date)?, day(&licence.valid_until.date)?);
    let title = &procedure.source().title;
    let people = case.people.unwrap_or_default();
    let works = serde_json::to_value(&case.fields).map_err(|_| Kind::Internal)?;
    Ok(Licence {
        number,
        transfers: licence.transfers,
        city,
        service: Title { fa: title.fa.clone(), en: title.en.clone() },
        issued: zone.start_of_day(issued),
        valid_until,
        ends: zone.end_of_day(valid_until),
        district: licence.district,
        case: licence.case,
        holder: people.name,
        parcel: licence.parcel,
        address: people.address,
        works: if let Value::Object(works) = works { works } else { Map::new() },
    })
}
