//! How the office fares, for whoever answers for it: what waits where and how long in working time, load of each officer,
//! share of channels, visits after cut-over; as charts, as tables and for spreadsheets.

mod chart;
mod figures;
mod glance;
mod table;

pub(crate) use glance::Last;

use super::{Form, Frame, Page, Signed, desk, html};
use crate::gateway::{Shared, State as Gate};
use crate::parse::one;
use crate::problem::{Kind, Problem};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse as _;
use figures::{Figures, Filter, Section};
use kernel::{DistrictId, ProcedureId};

#[derive(Template)]
#[template(path = "head.html")]
struct Head {
    page: Frame,
    sections: Vec<Section>,
    districts: Vec<u8>,
    district: Option<u8>,
    services: Vec<(String, String)>,
    procedure: String,
    /// The filter as it stands in addresses.
    query: String,
    /// When the figures were counted, as RFC 3339.
    counted: String,
}

impl Head {
    fn is_district(&self, district: &u8) -> bool {
        self.district == Some(*district)
    }
}

/// Only whoever something overdue comes to.
async fn allowed(state: &Gate, signed: &Signed) -> Result<crate::procedures::Services, Problem> {
    let services = state.services().await?;
    if services.is_head(signed.caller.actor.role.as_str()) { Ok(services) } else { Err(Kind::Forbidden.into()) }
}

fn filter(signed: &Signed, query: &Form) -> Result<Filter, Problem> {
    let district: Option<DistrictId> = query.get("district").map(|text| one("district", text)).transpose()?;
    if let Some(district) = district {
        signed.caller.in_district(district)?;
    }
    let procedure: Option<ProcedureId> = query.get("procedure").map(|text| one("procedure", text)).transpose()?;
    let procedure = procedure.map(|procedure| procedure.to_string());
    Ok(Filter { held: signed.caller.actor.districts, district, procedure })
}

pub(super) async fn head(State(state): State<Shared>, signed: Signed, RawQuery(query): RawQuery) -> Page {
    let services = allowed(&state, &signed).await?;
    let filter = filter(&signed, &Form::parse(query.unwrap_or_default().as_bytes())?)?;
    let glance = state.glance().await?;
    let page = signed.frame("وضع اداره", "How the office fares");
    let sections = Figures { page: &page, glance: &glance, services: &services, filter: &filter }.all();
    let named = services.all().map(|known| (known.id().to_string(), known.source().title.get(page.lang).to_owned()));
    let query = format!(
        "district={}&procedure={}",
        filter.district.map_or_else(String::new, |district| district.to_string()),
        filter.procedure.as_deref().unwrap_or_default()
    );
    html(&Head {
        services: named.collect(),
        districts: desk::districts(&state, signed.caller.actor.districts).await?,
        district: filter.district.map(|district| district.0),
        procedure: filter.procedure.unwrap_or_default(),
        counted: glance.at.to_string(),
        sections,
        query,
        page,
    })
}

/// The table of one section, for a spreadsheet.
pub(super) async fn csv(
    State(state): State<Shared>,
    signed: Signed,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let services = allowed(&state, &signed).await?;
    let filter = filter(&signed, &Form::parse(query.unwrap_or_default().as_bytes())?)?;
    let glance = state.glance().await?;
    let page = signed.frame("وضع اداره", "How the office fares");
    let sections = Figures { page: &page, glance: &glance, services: &services, filter: &filter }.all();
    let section = sections.into_iter().find(|section| section.name == name).ok_or(Kind::NotFound)?;
    let as_file = HeaderValue::try_from(format!("attachment; filename=\"{name}.csv\"")).map_err(|_| Kind::NotFound)?;
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, as_file)];
    Ok((headers, section.table.csv()).into_response())
}
