//! What operators ask: `/healthz`, `/readyz`, `/metrics`, `/openapi.json`.

use crate::gateway::{Part, Readiness, Shared};
use aide::transform::TransformOperation;
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use departments::Desk;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::{OnceLock, PoisonError};
use std::time::Duration;

/// How long a database may take to answer before it counts as gone.
const PROBE: Duration = Duration::from_secs(1);

/// The process runs.
#[derive(Serialize, JsonSchema)]
pub(super) struct Alive {
    /// Always true.
    alive: bool,
}

pub(super) async fn alive() -> Json<Alive> {
    Json(Alive { alive: true })
}

/// The same document whether all is well or not.
pub(super) fn about_ready(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    let described = super::about("Whether it can serve")(operation);
    described.response::<200, Json<Readiness>>().response::<503, Json<Readiness>>()
}

pub(super) async fn ready(State(state): State<Shared>) -> (StatusCode, Json<Readiness>) {
    let mut parts = (state.ready)().await;
    for (name, desk) in desks(&state) {
        parts.push(read_model(name, desk).await);
    }
    let ready = parts.iter().all(|part| part.ready);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, parts }))
}

fn desks(state: &Shared) -> [(&'static str, &Desk); 3] {
    let readers = &state.readers;
    // A projector of this process says itself how its department is; these are the tables as the gateway finds them.
    [
        ("permit_office tables", &readers.permit_office),
        ("district_offices tables", &readers.districts),
        ("revenue_office tables", &readers.revenue),
    ]
}

async fn read_model(name: &str, desk: &Desk) -> Part {
    let (ready, detail) = match tokio::time::timeout(PROBE, desk.reader().position()).await {
        Ok(Ok(Some(position))) => (true, format!("at position {position}")),
        Ok(Ok(None)) => (true, "empty".to_owned()),
        Ok(Err(_)) => (false, "the database failed".to_owned()),
        Err(_) => (false, "the database does not answer".to_owned()),
    };
    Part { name: name.to_owned(), ready, detail }
}

/// Measures how far each department's tables are behind what was acknowledged here; one that does not answer keeps its
/// last figure.
async fn measure(state: &Shared) {
    let Some(acknowledged) = state.acknowledged() else { return };
    for (name, desk) in desks(state) {
        if let Ok(Ok(position)) = tokio::time::timeout(PROBE, desk.reader().position()).await {
            let held = position.map_or(0, |position| position.0 + 1);
            state.metrics.behind(name, (acknowledged.0 + 1).saturating_sub(held));
        }
    }
}

pub(super) async fn metrics(State(state): State<Shared>) -> Response {
    measure(&state).await;
    let mut text = String::new();
    let registry = state.registry.lock().unwrap_or_else(PoisonError::into_inner);
    if prometheus_client::encoding::text::encode(&mut text, &registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response()
}

pub(super) async fn document() -> Response {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    let text = DOCUMENT.get_or_init(|| super::openapi().to_string());
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (headers, text.as_str()).into_response()
}
