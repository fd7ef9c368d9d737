//! Signing in and out: to the provider, back with a code, and a session of this city's own.

use super::{
    Form, Page, Visitor, see,
    session::{Session, Standing},
    visitor,
};
use crate::{
    gateway::{Shared, State as Gateway},
    permissions::Group,
    problem::{Kind, Problem},
};
use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Redirect, Response},
};
use kernel::{Actor, DistrictId, Districts, Message, identity::NationalId};
use serde::Deserialize;
use signin::{Identity, Pending, SignInError};
use vault::Lookup;

/// Where the provider sends people back to.
pub const SIGNED_IN: &str = "/signin/back";
/// The cookie of somebody who is away at the provider, and how long they may be, in seconds.
const AWAY: &str = "away";
const AWAY_FOR: u64 = 600;

#[derive(Deserialize)]
pub(crate) struct Asked {
    back: Option<String>,
}

/// To the provider.
pub(crate) async fn begin(State(state): State<Shared>, headers: HeaderMap, Query(asked): Query<Asked>) -> Page {
    let back = visitor::local(asked.back.as_deref());
    // The provider sends people back to the public address, where a cookie of another name of this host is not sent.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let public = &state.pages.site.public_url;
    if host.is_some_and(|host| public.split_once("://").is_some_and(|(_, known)| known != host)) {
        return see(&format!("{public}/signin?back={}", super::frame::encode(&back)));
    }
    let provider = state.pages.sign_in.as_ref().ok_or_else(no_provider)?;
    let (address, pending) = provider.begin(&back).await.map_err(|error| failed(&error))?;
    let cookies = &state.pages.cookies;
    let kept = cookies.set(AWAY, &cookies.close(AWAY, &pending), AWAY_FOR);
    Ok(with_cookies(Redirect::to(&address).into_response(), [kept]))
}

#[derive(Deserialize)]
pub(crate) struct Answer {
    code: Option<String>,
    state: Option<String>,
}

/// Back from the provider: only with what was begun in this browser, and always into a new session.
pub(crate) async fn back(State(state): State<Shared>, headers: HeaderMap, Query(answer): Query<Answer>) -> Page {
    let cookies = &state.pages.cookies;
    let away = visitor::cookie(&headers, &cookies.name(AWAY)).and_then(|value| cookies.open::<Pending>(AWAY, value));
    let pending = away.ok_or_else(|| failed(&SignInError::State))?;
    let provider = state.pages.sign_in.as_ref().ok_or_else(no_provider)?;
    let (code, given) = (answer.code.unwrap_or_default(), answer.state.unwrap_or_default());
    let identity = provider.finish(&code, &given, &pending).await.map_err(|error| failed(&error))?;
    let name = identity.name.clone();
    let (actor, other) = actor(&state, identity).await?;
    let session = Session::begin(actor, other, name).map_err(|_| Problem::new(Kind::Internal))?;
    let kept = [cookies.keep(&session), cookies.set(AWAY, "", 0)];
    Ok(with_cookies(Redirect::to(&visitor::local(Some(&pending.back))).into_response(), kept))
}

/// As what else somebody is here.
pub(crate) async fn turn(State(state): State<Shared>, visitor: Visitor, _: Form) -> Page {
    let cookies = &state.pages.cookies;
    let turned = visitor.session.as_ref().and_then(Session::turned).ok_or(Kind::Forbidden)?;
    cookies.end(visitor.session.as_ref());
    Ok(with_cookies(see("/")?, [cookies.keep(&turned)]))
}

/// Out of this city, and out at the provider; the session's cookie opens nothing any more, wherever it was copied to.
pub(crate) async fn out(State(state): State<Shared>, visitor: Visitor, _: Form) -> Page {
    let ended = state.pages.cookies.end(visitor.session.as_ref());
    let there = match &state.pages.sign_in {
        Some(provider) => provider.end(&format!("{}/", state.pages.site.public_url)).await,
        None => None,
    };
    Ok(with_cookies(see(there.as_deref().unwrap_or("/"))?, [ended]))
}

/// An officer by their role, a citizen by their national id; nobody else has anything to do here. Whoever has a national
/// id is one person in all they are, so that no officer decides what they applied for themselves.
async fn actor(state: &Gateway, identity: Identity) -> Result<(Actor, Option<Standing>), Problem> {
    let Identity { subject, national_id, role, department, districts, .. } = identity;
    let id: Option<NationalId> = national_id.map(|id| id.parse().map_err(|_| nobody())).transpose()?;
    let citizen =
        || Standing { role: "citizen".parse().expect("a valid role"), department: None, districts: Districts::ALL };
    let (lookup, standing, other) = match (role, &id) {
        (Some(role), id) => {
            let districts = districts.map_or(Districts::ALL, |some| some.into_iter().map(DistrictId).collect());
            let lookup = id.as_ref().map_or_else(|| Lookup::account(&subject), |id| Lookup::national_id(id.as_str()));
            (lookup, Standing { role, department, districts }, id.as_ref().map(|_| citizen()))
        }
        (None, Some(id)) => (Lookup::national_id(id.as_str()), citizen(), None),
        (None, None) => return Err(nobody()),
    };
    let person = state.vault.person_for(&lookup).await.map_err(Problem::from)?;
    let Standing { role, department, districts } = standing;
    let actor = Actor { person, role, department, districts };
    if Group::of(&actor).is_some() { Ok((actor, other)) } else { Err(nobody()) }
}

fn with_cookies<const N: usize>(mut response: Response, cookies: [String; N]) -> Response {
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

fn no_provider() -> Problem {
    Problem::with(
        Kind::NotFound,
        Message {
            code: "no-sign-in".to_owned(),
            field: None,
            fa: "در این سامانه هنوز جایی برای ورود تعیین نشده است.".to_owned(),
            en: "No place to sign in is configured here yet.".to_owned(),
        },
    )
}

fn nobody() -> Problem {
    Problem::with(
        Kind::Forbidden,
        Message {
            code: "no-role".to_owned(),
            field: None,
            fa: "حساب شما نه کد ملی درستی دارد و نه نقشی در این شهر.".to_owned(),
            en: "Your account has neither a valid national id nor a role in this city.".to_owned(),
        },
    )
}

/// What went wrong at the provider is the operator's to read; whoever signs in is told to begin again.
fn failed(error: &SignInError) -> Problem {
    tracing::info!(%error, "somebody was not signed in");
    let (fa, en) = match error {
        SignInError::Provider(_) | SignInError::Address(_) | SignInError::Insecure(_) => (
            "سامانه ورود پاسخ نمی‌دهد؛ کمی بعد دوباره تلاش کنید.",
            "The sign-in service does not answer; try again shortly.",
        ),
        _ => (
            "ورود کامل نشد یا فرصت آن گذشته بود؛ دوباره وارد شوید.",
            "The sign-in was not completed, or took too long; please sign in again.",
        ),
    };
    let message = Message { code: "not-signed-in".to_owned(), field: None, fa: fa.to_owned(), en: en.to_owned() };
    Problem::with(Kind::Unauthenticated, message)
}
