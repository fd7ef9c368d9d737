//! Around every request: a time limit, the caller's language, one line in the log.
//!
//! Logged are method, route, status, time and the problem's code; never the address, a header or a body.

use crate::command::COMMAND;
use crate::gateway::Shared;
use crate::problem::{Kind, Problem};
use crate::uploads;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kernel::Lang;
use std::any::Any;
use std::time::{Duration, Instant};

/// How long a request may take from its head to its answer. Longer than a command waits for the registrar.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The route in logs and metrics of a request that has none.
const NO_ROUTE: &str = "none";

/// The outermost layer.
pub(crate) async fn observe(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let lang = language(request.headers());
    let time = if uploads::is_upload(method, &route) { uploads::TIMEOUT } else { REQUEST_TIMEOUT };
    let answer = tokio::time::timeout(time, next.run(request)).await;
    let answer = answer.unwrap_or_else(|_| Problem::new(Kind::Timeout).into_response());
    let (mut response, code) = render(answer, lang);
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let (status, took) = (response.status().as_u16(), start.elapsed());
    state.metrics.served(method, &route, status, code.as_deref(), took);
    tracing::info!(method, route, status, ms = took.as_secs_f64() * 1e3, code, "served");
    response
}

/// Any answer of failure becomes a problem in the caller's language, also those that the HTTP library gives by itself.
fn render(mut answer: Response, lang: Lang) -> (Response, Option<String>) {
    let status = answer.status();
    let problem = answer.extensions_mut().remove::<Problem>();
    let is_document = answer.headers().get(header::CONTENT_TYPE).is_some_and(is_told);
    let problem = match problem {
        Some(problem) => problem,
        None if (status.is_client_error() || status.is_server_error()) && !is_document => {
            Problem::new(Kind::of_status(status))
        }
        None => return (answer, None),
    };
    let mut response = problem.render(lang);
    for kept in [header::ALLOW, COMMAND] {
        if let Some(value) = answer.headers_mut().remove(&kept) {
            response.headers_mut().insert(kept, value);
        }
    }
    (response, Some(problem.message.code))
}

/// Whether an answer of failure says in its body what is wrong.
fn is_told(kind: &HeaderValue) -> bool {
    kind == "application/json" || kind.as_bytes().starts_with(b"text/html")
}

/// The methods that are served, so that a caller cannot fill the metrics with names of their own.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

/// Persian, unless `Accept-Language` (RFC 9110 section 12.5.4) prefers English.
pub(crate) fn language(headers: &HeaderMap) -> Lang {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let weight = |lang: &str| {
        let weights = accepted.split(',').filter_map(|range| {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let primary = tag.trim().split('-').next().unwrap_or("");
            let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.trim().parse::<f32>().ok());
            weight.filter(|_| primary.eq_ignore_ascii_case(lang))
        });
        weights.fold(0.0, f32::max)
    };
    if weight("en") > weight("fa") { Lang::En } else { Lang::Fa }
}

/// A panic is a mistake of ours: its place is in the log, the caller is told nothing but that.
#[allow(clippy::needless_pass_by_value, reason = "the layer hands the panic over")]
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    // What panicked may hold what was being parsed, so only that it happened is said here.
    tracing::error!("a handler panicked");
    Problem::new(Kind::Internal).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;

    #[test]
    fn english_only_for_those_who_prefer_it() {
        let lang = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, text.parse().unwrap());
            language(&headers)
        };
        for text in ["", "fa", "fa-IR,en;q=0.9", "de", "en;q=0", "en;q=x", "fa,en"] {
            assert_eq!(lang(text), Lang::Fa, "{text}");
        }
        for text in ["en", "en-GB,fa;q=0.5", "fa;q=0.1, EN;q=0.2", "de,en;q=0.4"] {
            assert_eq!(lang(text), Lang::En, "{text}");
        }
        assert_eq!(language(&HeaderMap::new()), Lang::Fa);
    }

    #[tokio::test]
    async fn a_panic_is_told_without_its_words() {
        let (response, code) = render(panicked(Box::new("کد ملی 0013542419")), Lang::Fa);
        assert_eq!((response.status(), code.as_deref()), (StatusCode::INTERNAL_SERVER_ERROR, Some("internal")));
        let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("0013542419"));
    }

    #[test]
    fn a_bare_failure_becomes_a_problem_and_a_success_stays() {
        let (response, code) = render(StatusCode::METHOD_NOT_ALLOWED.into_response(), Lang::En);
        assert_eq!((response.status(), code.as_deref()), (StatusCode::METHOD_NOT_ALLOWED, Some("method-not-allowed")));
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[header::CONTENT_LANGUAGE], "en");
        assert_eq!(render(StatusCode::NO_CONTENT.into_response(), Lang::En).1, None);
    }
}
