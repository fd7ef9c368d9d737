//! Who comes to a page: before any handler runs, the session is opened, the permission looked up in the table that the
//! API uses too, a form read and its token checked. Afterwards a problem becomes a page.

use super::{Form, Frame, Page, Site, html_with, language, session::Session};
use crate::{
    access::Caller,
    admission,
    command::Head,
    gateway::Shared,
    permissions::{Group, RULES},
    problem::{Kind, Problem},
    uploads,
};
use askama::Template;
use axum::{
    body::Body,
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use kernel::{Lang, Message};
use std::sync::Arc;
use uuid::Uuid;

/// The cookie of the language.
pub(super) const LANGUAGE: &str = "daftar-lang";

/// Whoever looks at a page, signed in or not.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) lang: Lang,
    pub(crate) session: Option<Session>,
    /// The path and query of this page.
    pub(crate) here: String,
    pub(crate) csrf: String,
    pub(crate) city: Arc<Message>,
    pub(crate) site: Arc<Site>,
    /// Whether they answer for how the office fares.
    pub(crate) is_head: bool,
}

impl Visitor {
    /// What stands around a page of this title.
    pub(crate) fn frame(&self, fa: &str, en: &str) -> Frame {
        Frame::new(self, fa, en)
    }
}

/// Whoever is signed in and may see this page.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) visitor: Visitor,
    pub(crate) caller: Caller,
}

impl Signed {
    pub(crate) fn frame(&self, fa: &str, en: &str) -> Frame {
        self.visitor.frame(fa, en)
    }

    /// The head of the command that a form sends. The form's hidden key makes a double click, a reload and a second tab
    /// one command; the form with other content is another.
    pub(crate) fn head(&self, state: &Shared, form: &Form) -> Head {
        let mut says: Vec<&str> = vec![self.visitor.here.as_str()];
        for (name, value) in form.fields().filter(|(name, _)| *name != "csrf") {
            says.extend([name, value]);
        }
        let key = form.get("key").and_then(|key| key.parse::<Uuid>().ok());
        Head::of_form(&state.command_ids, self.caller.person(), key, &says)
    }
}

/// Stands before every page.
pub(super) async fn meet(State(state): State<Shared>, path: MatchedPath, request: Request, next: Next) -> Response {
    let cookies = &state.pages.cookies;
    let session = cookie(request.headers(), &cookies.name("session")).and_then(|value| cookies.session(value));
    let uri = request.uri();
    let visitor = Visitor {
        lang: language::of(cookie(request.headers(), LANGUAGE)),
        here: uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
        csrf: cookies.token(session.as_ref()),
        city: state.city_name().await,
        site: Arc::clone(&state.pages.site),
        is_head: is_head(&state, session.as_ref()).await,
        session,
    };
    let served = serve(&state, path.as_str(), &visitor, request, next).await;
    let mut response = served.unwrap_or_else(|problem| problem.into_response());
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = told(&visitor, &problem);
    }
    let headers = response.headers_mut();
    // A page that listens by itself does not keep anybody signed in.
    let is_stream = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
    if let Some(newer) = visitor.session.as_ref().and_then(|session| cookies.renewed(session))
        && !is_stream
        && !headers.contains_key(header::SET_COOKIE)
        && let Ok(newer) = HeaderValue::try_from(newer)
    {
        headers.append(header::SET_COOKIE, newer);
    }
    response
}

async fn is_head(state: &Shared, session: Option<&Session>) -> bool {
    let Some(actor) = session.map(Session::actor) else { return false };
    if Group::of(&actor) != Some(Group::PermitOffice) {
        return false;
    }
    // What cannot be read now is only missing among the sections.
    state.services().await.is_ok_and(|services| services.is_head(actor.role.as_str()))
}

async fn serve(
    state: &Shared,
    path: &str,
    visitor: &Visitor,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let method = if request.method() == Method::HEAD { "GET" } else { request.method().as_str() };
    let rule = RULES.iter().find(|rule| rule.method == method && rule.path == path).ok_or(Kind::Forbidden)?;
    let actor = visitor.session.as_ref().map(Session::actor);
    let caller = actor.and_then(|actor| Some(Caller { group: Group::of(&actor)?, actor }));
    if let Some(who) = rule.who {
        match &caller {
            None if method == "GET" => return Ok(to_sign_in(visitor)),
            None => return Err(Kind::Unauthenticated.into()),
            Some(caller) if !who.contains(&caller.group) => return Err(Kind::Forbidden.into()),
            Some(_) => {}
        }
    }
    let upload = uploads::is_upload(method, path);
    let _own = caller.as_ref().map(|caller| state.places.take_own(caller.person(), upload)).transpose()?;
    let (mut parts, body) = request.into_parts();
    let body = if parts.method == Method::GET || parts.method == Method::HEAD {
        Body::empty()
    } else {
        form(state, visitor, &mut parts, body).await?
    };
    // A stream of events keeps its place for as long as it takes; a document on its way in has one of its own.
    let _place = if upload { state.places.take_upload()? } else { state.places.take()? };
    parts.extensions.insert(visitor.clone());
    if let Some(caller) = caller {
        parts.extensions.insert(Signed { visitor: visitor.clone(), caller: caller.clone() });
        parts.extensions.insert(caller);
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Reads a form and checks its token. One with files is left as it streams: its token stands in the address.
async fn form(state: &Shared, visitor: &Visitor, parts: &mut Parts, body: Body) -> Result<Body, Problem> {
    let session = visitor.session.as_ref();
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let forged = || Problem::with(Kind::Forbidden, forged());
    // Browsers say where a form comes from; another site's is turned away whatever token it has.
    let from_elsewhere = parts.headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    if from_elsewhere && !OPEN_TO_OTHER_SITES.contains(&parts.uri.path()) {
        return Err(forged());
    }
    if kind.starts_with("multipart/form-data") {
        let query = Form::parse(parts.uri.query().unwrap_or("").as_bytes())?;
        let token = query.get("csrf").unwrap_or("");
        return if state.pages.cookies.is_token(session, token) { Ok(body) } else { Err(forged()) };
    }
    let bytes = admission::whole(body).await?;
    let form = Form::parse(&bytes)?;
    let token = form.get("csrf").unwrap_or("");
    if !OPEN_TO_OTHER_SITES.contains(&parts.uri.path()) && !state.pages.cookies.is_token(session, token) {
        return Err(forged());
    }
    parts.extensions.insert(form);
    Ok(Body::from(bytes))
}

/// Addresses that other sites send people to with a form; nothing that comes there is believed.
const OPEN_TO_OTHER_SITES: &[&str] = &["/payments/callback"];

fn forged() -> Message {
    Message {
        code: "form-expired".to_owned(),
        field: None,
        fa: "این فرم دیگر معتبر نیست: نشست شما عوض شده یا به پایان رسیده است. صفحه را تازه کنید و دوباره بفرستید."
            .to_owned(),
        en: "This form no longer counts: your session changed or ended. Reload the page and send it again.".to_owned(),
    }
}

fn to_sign_in(visitor: &Visitor) -> Response {
    Redirect::to(&format!("/signin?back={}", super::frame::encode(&visitor.here))).into_response()
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Told<'a> {
    page: Frame,
    text: &'a str,
    sign_in: bool,
}

/// A problem as a page in the reader's language.
pub(super) fn told(visitor: &Visitor, problem: &Problem) -> Response {
    let page = visitor.frame(problem.kind.title(Lang::Fa), problem.kind.title(Lang::En));
    let sign_in = problem.kind == Kind::Unauthenticated;
    let told = Told { text: problem.message.text(visitor.lang), page, sign_in };
    let mut response = html_with(problem.status(), &told).unwrap_or_else(|problem| problem.into_response());
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// An address of ours to go back to; the first page for anything that could lead elsewhere.
pub(super) fn local(back: Option<&str>) -> String {
    let is_ours = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains('\\')
            && path.bytes().all(|byte| byte.is_ascii_graphic())
    };
    back.filter(is_ours).unwrap_or("/").to_owned()
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visitor, Problem> {
        parts.extensions.get::<Visitor>().cloned().ok_or(Problem::new(Kind::Internal))
    }
}

impl<S: Sync> FromRequestParts<S> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Signed, Problem> {
        parts.extensions.get::<Signed>().cloned().ok_or(Problem::new(Kind::Unauthenticated))
    }
}

/// For what came to no address: a page for a browser, a problem for a program.
pub(crate) async fn missing(State(state): State<Shared>, request: Request) -> Page {
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
    if request.uri().path().starts_with("/v1/") || !accepts.contains("text/html") {
        return Err(Kind::NotFound.into());
    }
    let cookies = &state.pages.cookies;
    let session = cookie(request.headers(), &cookies.name("session")).and_then(|value| cookies.session(value));
    let lang = language::of(cookie(request.headers(), LANGUAGE));
    let (csrf, site) = (cookies.token(session.as_ref()), Arc::clone(&state.pages.site));
    let city = state.city_name().await;
    let visitor = Visitor { lang, here: "/".to_owned(), csrf, city, site, session, is_head: false };
    Ok(told(&visitor, &Problem::new(Kind::NotFound)))
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for ours in ["/", "/my?page=2", "/cases/1405-000001"] {
            assert_eq!(local(Some(ours)), ours);
        }
        for theirs in [
            "",
            "https://elsewhere.example/",
            "//elsewhere.example",
            "/\\elsewhere.example",
            "/a\r\nX: y",
            "javascript:1",
        ] {
            assert_eq!(local(Some(theirs)), "/", "{theirs:?}");
        }
        assert_eq!(local(None), "/");
    }
}
