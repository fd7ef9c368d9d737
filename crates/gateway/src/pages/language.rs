//! Choosing a language: Persian unless somebody asks for English.

use super::{Page, visitor};
use axum::{
    extract::Query,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Redirect},
};
use kernel::Lang;
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Choice {
    to: Option<String>,
    back: Option<String>,
}

/// A cookie for a year; nothing in it but two letters.
pub(crate) async fn choose(Query(choice): Query<Choice>) -> Page {
    let lang = if choice.to.as_deref() == Some("en") { "en" } else { "fa" };
    let back = visitor::local(choice.back.as_deref());
    let mut response = Redirect::to(&back).into_response();
    let cookie = format!("{}={lang}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly", visitor::LANGUAGE);
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The language of a cookie's value.
pub(crate) fn of(value: Option<&str>) -> Lang {
    if value == Some("en") { Lang::En } else { Lang::Fa }
}
