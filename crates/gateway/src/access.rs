//! Who calls: the token, and the table of permissions. No handler of a protected route runs before both agree.

use crate::admission;
use crate::gateway::Shared;
use crate::permissions::{Group, allows};
use crate::problem::{Kind, Problem};
use aide::OperationInput;
use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kernel::{Actor, DistrictId, Message, PersonId};

/// Whoever calls, with a valid token and the right to call this route.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) actor: Actor,
    pub(crate) group: Group,
}

impl Caller {
    pub(crate) fn person(&self) -> PersonId {
        self.actor.person
    }

    pub(crate) fn is_citizen(&self) -> bool {
        self.group == Group::Citizen
    }

    /// Officers see their own districts.
    pub(crate) fn in_district(&self, district: DistrictId) -> Result<(), Problem> {
        if self.actor.districts.contains(district) {
            return Ok(());
        }
        Err(Problem::with(
            Kind::Forbidden,
            Message {
                code: "district-not-yours".to_owned(),
                field: Some("district".to_owned()),
                fa: "نقش شما در این منطقه نیست.".to_owned(),
                en: "Your role does not hold in that district.".to_owned(),
            },
        ))
    }
}

/// The layer around every route that needs a token. A route that the table does not name is open to nobody.
pub(crate) async fn guard(State(state): State<Shared>, request: Request, next: Next) -> Response {
    // When all places are taken, turning away costs no check of a signature.
    if state.places.are_full() {
        return Problem::new(Kind::Overloaded).into_response();
    }
    let Some(actor) = bearer(request.headers()).and_then(|token| state.keys.verify(token, &state.city).ok()) else {
        return Problem::new(Kind::Unauthenticated).into_response();
    };
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let allowed = Group::of(&actor).filter(|group| allows(request.method().as_str(), route, *group));
    let Some(group) = allowed else { return Problem::new(Kind::Forbidden).into_response() };
    admission::known(&state, Caller { actor, group }, request, next).await.unwrap_or_else(Problem::into_response)
}

/// The token of `Authorization: Bearer …` (RFC 6750 section 2.1); one header, no other place.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Problem> {
        // Only the guard puts it there; a route outside the guard has no caller.
        parts.extensions.get::<Caller>().cloned().ok_or(Problem::new(Kind::Unauthenticated))
    }
}

impl OperationInput for Caller {}
