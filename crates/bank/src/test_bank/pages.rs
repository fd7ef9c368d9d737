//! The test bank's pages: what a payer sees, and the buttons for what goes wrong. Plainly marked as made up.

use super::{Shared, TestBank, book::Known};
use crate::protocol::{Code, State as Stand};
use askama::Template;
use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use kernel::{Lang, Rials};
use serde::Deserialize;
use smol_str::SmolStr;

/// Attempts on the list.
const LISTED: usize = 100;
const STYLE: &str = include_str!("../../templates/style.css");
/// No script, nothing from elsewhere. Where the form may lead is not said here, as browsers hold a merchant's address at
/// the end of a redirect against it.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(list))
        .route("/pay/{token}", get(page).post(choose))
        .route("/style.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)))
}

/// What the payer does, or what is to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Choice {
    Pay,
    Cancel,
    Fail,
    Never,
    Twice,
    Late,
}

#[derive(Deserialize)]
struct Chosen {
    choice: Choice,
    #[serde(default)]
    lang: Option<Lang>,
}

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    lang: Option<Lang>,
}

#[derive(Template)]
#[template(path = "pay.html")]
struct PayPage {
    lang: &'static str,
    dir: &'static str,
    other: &'static str,
    fa: bool,
    merchant: String,
    order: String,
    amount: String,
    token: SmolStr,
    said: Option<&'static str>,
    back: Option<String>,
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    lang: &'static str,
    dir: &'static str,
    other: &'static str,
    fa: bool,
    rows: Vec<Row>,
}

struct Row {
    order: String,
    amount: String,
    state: &'static str,
    reference: String,
    given_back: String,
}

impl PayPage {
    fn t(&self, fa: &'static str, en: &'static str) -> &'static str {
        if self.fa { fa } else { en }
    }
}

impl ListPage {
    fn t(&self, fa: &'static str, en: &'static str) -> &'static str {
        if self.fa { fa } else { en }
    }
}

fn language(asked: Option<Lang>, headers: &HeaderMap) -> Lang {
    let accepts = || headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    asked.unwrap_or_else(|| if accepts().starts_with("en") { Lang::En } else { Lang::Fa })
}

fn shell(lang: Lang) -> (&'static str, &'static str, &'static str) {
    match lang {
        Lang::Fa => ("fa", "rtl", "en"),
        Lang::En => ("en", "ltr", "fa"),
    }
}

fn money(amount: Rials, lang: Lang) -> String {
    match lang {
        Lang::Fa => amount.fa(),
        Lang::En => format!("{amount} rials"),
    }
}

fn say(state: Stand, lang: Lang) -> &'static str {
    match (state, lang) {
        (Stand::Open, Lang::Fa) => "باز",
        (Stand::Open, Lang::En) => "Open",
        (Stand::Settled, Lang::Fa) => "پرداخت شد",
        (Stand::Settled, Lang::En) => "Paid",
        (Stand::Failed, Lang::Fa) => "ناموفق",
        (Stand::Failed, Lang::En) => "Failed",
        (Stand::Cancelled, Lang::Fa) => "انصراف داده شد",
        (Stand::Cancelled, Lang::En) => "Cancelled",
    }
}

fn html(page: &impl Template) -> Response {
    let Ok(text) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = Html(text).into_response();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        // The token is in the address: the merchant's site does not hear of it this way.
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn page(
    State(bank): State<Shared>,
    Path(token): Path<SmolStr>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let lang = language(asked.lang, &headers);
    let Some(known) = bank.book().known(&token).cloned() else { return StatusCode::NOT_FOUND.into_response() };
    let said = (known.state != Stand::Open).then(|| say(known.state, lang));
    let back = said.is_some().then(|| callback(&known, &token));
    html(&bank.pay_page(&known, &token, lang, said, back))
}

async fn list(State(bank): State<Shared>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let lang = language(asked.lang, &headers);
    let (lang_, dir, other) = shell(lang);
    let book = bank.book();
    let row = |known: &Known| {
        let reference = known.settled.as_ref().map(|settled| settled.reference.clone()).unwrap_or_default();
        let given_back = match book.given_back(&reference) {
            Rials(0) => String::new(),
            given_back => money(given_back, lang),
        };
        let (order, amount) = (known.start.order.to_string(), money(known.start.amount, lang));
        Row { order, amount, state: say(known.state, lang), reference: reference.to_string(), given_back }
    };
    let rows = book.newest(LISTED).into_iter().map(row).collect();
    html(&ListPage { lang: lang_, dir, other, fa: lang == Lang::Fa, rows })
}

async fn choose(
    State(bank): State<Shared>,
    Path(token): Path<SmolStr>,
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> Response {
    let lang = language(chosen.lang, &headers);
    let (choice, now) = (chosen.choice, bank.now());
    let ended = match choice {
        Choice::Pay | Choice::Never | Choice::Twice | Choice::Late => bank.book().settle(&token, now),
        Choice::Cancel => bank.book().end(&token, Stand::Cancelled, now),
        Choice::Fail => bank.book().end(&token, Stand::Failed, now),
    };
    match ended {
        Ok(_) => {}
        Err(Code::UnknownToken) => return StatusCode::NOT_FOUND.into_response(),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
    let Some(known) = bank.book().known(&token).cloned() else { return StatusCode::NOT_FOUND.into_response() };
    match choice {
        Choice::Pay | Choice::Cancel | Choice::Fail => Redirect::to(&callback(&known, &token)).into_response(),
        Choice::Twice => {
            bank.call(&known, &token, std::time::Duration::ZERO);
            Redirect::to(&callback(&known, &token)).into_response()
        }
        Choice::Never => {
            let said = match lang {
                Lang::Fa => "پرداخت شد. بانک این را به شهرداری خبر نمی‌دهد؛ شهرداری خودش از فهرست بانک درمی‌یابد.",
                Lang::En => "Paid. The bank does not tell the city, which finds it on the bank's list by itself.",
            };
            html(&bank.pay_page(&known, &token, lang, Some(said), None))
        }
        Choice::Late => {
            bank.call(&known, &token, bank.settings.late);
            let said = match lang {
                Lang::Fa => "پرداخت شد. بانک دیرتر به شهرداری خبر می‌دهد؛ می‌توانید این صفحه را ببندید.",
                Lang::En => "Paid. The bank tells the city later; you can close this page.",
            };
            html(&bank.pay_page(&known, &token, lang, Some(said), None))
        }
    }
}

/// Where the browser goes back to, and what it says there.
fn callback(known: &Known, token: &str) -> String {
    let status = if known.state == Stand::Settled { "OK" } else { "NOK" };
    let joint = if known.start.callback.contains('?') { '&' } else { '?' };
    format!("{}{joint}token={token}&status={status}", known.start.callback)
}

impl TestBank {
    fn pay_page(
        &self,
        known: &Known,
        token: &SmolStr,
        lang: Lang,
        said: Option<&'static str>,
        back: Option<String>,
    ) -> PayPage {
        let (lang_, dir, other) = shell(lang);
        PayPage {
            lang: lang_,
            dir,
            other,
            fa: lang == Lang::Fa,
            merchant: self.settings.merchant.to_string(),
            order: known.start.order.to_string(),
            amount: money(known.start.amount, lang),
            token: token.clone(),
            said,
            back,
        }
    }

    /// Calls back by itself, as some banks do besides sending the browser; how the city answers is all the same to it.
    fn call(&self, known: &Known, token: &str, after: std::time::Duration) {
        let callback = callback(known, token);
        let address = if callback.starts_with('/') { format!("{}{callback}", self.settings.origin) } else { callback };
        let http = self.http.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            if let Err(error) = http.post(address).send().await {
                tracing::warn!(error = &error as &dyn std::error::Error, "the test bank could not call back");
            }
        });
    }
}
