//! What whoever checks a licence without Daftar asks for: the keys, the status lists, the description of the credential.
//! It is for programs of any origin and says nothing of a person.

use crate::gateway::Shared;
use crate::licences::{TTL, now};
use crate::problem::{Kind, Problem};
use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use credential::{ListName, StatusToken, type_metadata};
use kernel::Instant;
use serde_json::Value;

/// How long keys may be kept: a rotated key is added, and what it signs is checked with a newer copy.
const KEEP_KEYS: &str = "public, max-age=300";
/// How long the list of a moment that has passed may be kept: it changes no more.
const KEEP_PAST: &str = "public, max-age=86400";

/// `/.well-known/jwt-vc-issuer` (draft-ietf-oauth-sd-jwt-vc section 5).
pub(super) async fn metadata(State(state): State<Shared>) -> Response {
    let keys = (state.licence_keys)();
    open(Json(keys.issuer_metadata(&state.pages.site.public_url)), HeaderValue::from_static(KEEP_KEYS))
}

/// The credential's type, at the address that names it (section 6 there).
pub(super) async fn licence_type(State(state): State<Shared>) -> Response {
    let described: Json<Value> = Json(type_metadata(&state.pages.site.public_url));
    open(described, HeaderValue::from_static(KEEP_PAST))
}

/// A status list, now or with `?time=` as it was (draft-ietf-oauth-status-list sections 8.1 and 8.4).
pub(super) async fn status_list(
    State(state): State<Shared>,
    Path(list): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let name: ListName = list.parse().map_err(|_| Problem::new(Kind::NotFound))?;
    let time = query.as_deref().unwrap_or("").split('&').find_map(|pair| pair.strip_prefix("time="));
    let at = time.map(|time| time.parse::<u32>().map_err(|_| Problem::new(Kind::BadRequest))).transpose()?;
    // The whole second counts: what happened in it had happened.
    let at = at.map(|second| Instant(Instant::from_seconds(second.into()).0 + 999_999));
    let at = at.map(|at| if at.as_seconds() == now().as_seconds() { now() } else { at });
    let token = state.lists.token(&state, name, at).await?.ok_or(Problem::new(Kind::NotFound))?;
    let settled = at.is_some_and(|at| now().0 - at.0 > 60_000_000);
    let keep = if settled { KEEP_PAST.to_owned() } else { format!("public, max-age={}", TTL.as_secs() / 2) };
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(StatusToken::MEDIA_TYPE))];
    let keep = HeaderValue::try_from(keep).map_err(|_| Problem::new(Kind::Internal))?;
    Ok(open((kind, token.to_string()), keep))
}

/// Scripts of any page may read it, and whatever stands between may keep it.
fn open(body: impl IntoResponse, keep: HeaderValue) -> Response {
    const ORIGIN: HeaderName = header::ACCESS_CONTROL_ALLOW_ORIGIN;
    ([(ORIGIN, HeaderValue::from_static("*")), (header::CACHE_CONTROL, keep)], body).into_response()
}
