//! Where the bank sends payers back to.
//!
//! What a browser brings back is only a name to ask the bank by: whether anything was paid, how much and for which bill
//! is the bank's word alone, and the till's to book.

use super::{Form, Frame, Page, Visitor, html_with};
use crate::gateway::{Shared, State as Gate};
use crate::problem::{Kind, Problem, chain};
use crate::routes::payment::bank_failed;
use crate::till::{Outcome, Till};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use bank::protocol::{Code, Settlement, State as Stand};
use departments::revenue;
use std::time::Duration;

/// The longest token that a bank is asked about.
const MAX_TOKEN: usize = 64;
/// By when the tables should hold what was just booked, so that the page after this one shows it.
const CATCH_UP: Duration = Duration::from_secs(2);

/// Whoever has the token may see it, so it names nobody.
#[derive(Template)]
#[template(path = "payment.html")]
struct Back {
    page: Frame,
    end: End,
    reference: String,
    amount: i64,
    bill: String,
    case: String,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Booked,
    GoesBack,
    Pending,
    NotPaid,
}

pub(super) async fn by_address(State(state): State<Shared>, visitor: Visitor, RawQuery(query): RawQuery) -> Page {
    let query = Form::parse(query.unwrap_or_default().as_bytes())?;
    come_back(&state, &visitor, query.get("token")).await
}

/// Some banks bring back a form, some put the same into the address of a POST.
pub(super) async fn by_form(
    State(state): State<Shared>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
    form: Form,
) -> Page {
    let query = Form::parse(query.unwrap_or_default().as_bytes())?;
    come_back(&state, &visitor, form.get("token").or(query.get("token"))).await
}

async fn come_back(state: &Gate, visitor: &Visitor, token: Option<&str>) -> Page {
    let till = state.till.as_ref().ok_or(Problem::new(Kind::NoBank))?;
    let plain = |token: &&str| token.len() <= MAX_TOKEN && token.bytes().all(|byte| byte.is_ascii_graphic());
    let token = token.filter(plain).ok_or(Problem::new(Kind::UnknownPayment))?;
    let attempt = match till.bank.verify(token).await {
        Ok(attempt) => attempt,
        Err(error) if error.refused() == Some(Code::UnknownToken) => return Err(Kind::UnknownPayment.into()),
        Err(error) => return Err(bank_failed(&error)),
    };
    let mut back = Back {
        page: visitor.frame("نتیجه پرداخت", "Result of the payment"),
        end: End::NotPaid,
        reference: String::new(),
        amount: attempt.amount.0,
        bill: attempt.order.bill().to_owned(),
        case: String::new(),
    };
    if let Some(settled) = attempt.settled.filter(|_| attempt.state == Stand::Settled) {
        (back.reference, back.amount) = (settled.reference.to_string(), settled.amount.0);
        (back.end, back.case) = book(state, till, &settled).await;
    }
    let status = if back.end == End::Pending { StatusCode::ACCEPTED } else { StatusCode::OK };
    let mut response = html_with(status, &back)?;
    // What is in the address may be asked about again, but not by whoever sees where the next page was come from.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Books what the bank has, and says how it ended. What cannot be booked now is booked by the reconciler.
async fn book(state: &Gate, till: &Till, settled: &Settlement) -> (End, String) {
    match till.book(settled).await {
        Ok(Outcome::Recorded { case, position }) => {
            if let Some(position) = position {
                state.acknowledge(position);
                let _ = till.revenue.reader().wait_for(position, CATCH_UP).await;
            }
            let goes_back = revenue::refund(&till.revenue, &settled.reference).await;
            let goes_back = goes_back.is_ok_and(|found| found.is_some_and(|found| found.surplus > 0));
            (if goes_back { End::GoesBack } else { End::Booked }, case.to_string())
        }
        Ok(other) => {
            tracing::error!(reference = %settled.reference, ?other, "the bank took money that no bill asks for");
            (End::Pending, String::new())
        }
        Err(error) => {
            tracing::warn!(error = chain(&error), "a payment is not booked yet; the reconciler will");
            (End::Pending, String::new())
        }
    }
}
