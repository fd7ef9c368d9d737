//! Health and figures of a process that serves no API: `/healthz`, `/readyz`, `/metrics` on an address of their own.

use super::Failed;
use crate::compose::{Shared, StartError};
use axum::{Json, Router, extract::State, http::StatusCode, http::header, response::IntoResponse, routing::get};
use gateway::{Part, Readiness};
use tokio::{net::TcpListener, task::JoinSet};

/// The media type of the figures, as Prometheus reads them.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) async fn spawn(
    shared: &Shared,
    address: std::net::SocketAddr,
    running: &mut JoinSet<(&'static str, Result<(), Failed>)>,
) -> Result<(), StartError> {
    let listener = TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
    let routes = Router::new()
        .route("/healthz", get(async || "well"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(shared.clone());
    let stopped = shared.clone();
    running.spawn(async move {
        let served = axum::serve(listener, routes).with_graceful_shutdown(async move { stopped.stopped().await });
        ("admin", served.await.map_err(Failed::from))
    });
    Ok(())
}

async fn ready(State(shared): State<Shared>) -> (StatusCode, Json<Readiness>) {
    let part = |(name, trouble): (&str, Option<String>)| Part {
        name: name.to_owned(),
        ready: trouble.is_none(),
        detail: trouble.unwrap_or_else(|| "well".to_owned()),
    };
    let parts: Vec<Part> = shared.health.parts().into_iter().map(part).collect();
    let ready = parts.iter().all(|part| part.ready);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, parts }))
}

async fn metrics(State(shared): State<Shared>) -> impl IntoResponse {
    let mut text = String::new();
    let encoded = shared.with_metrics(|registry| prometheus_client::encoding::text::encode(&mut text, registry));
    match encoded {
        Ok(()) => ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
