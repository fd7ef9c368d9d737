//! The revenue office: what is overdue, what goes back, how bank and register differ, and ordering a refund.

use super::{Form, Frame, Page, Signed, html_with, see};
use crate::gateway::{Shared, State as Gate};
use crate::parse::{Fields, Reference};
use crate::problem::{Kind, Problem, chain};
use crate::till::Report;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use departments::Limit;
use departments::revenue::{self, DueView, OverdueAsk, RefundView, RefundsAsk};
use kernel::{CaseId, Instant, Rials};
use permits::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How far back bank and register are compared here, in days: the register, and the bank, which may be booked late.
const DAYS: (u64, u64) = (7, 30);
/// By when the bank must have answered for the page to show it.
const PATIENCE: Duration = Duration::from_secs(4);
/// By when the tables should hold what was just ordered.
const CATCH_UP: Duration = Duration::from_secs(2);

#[derive(Template)]
#[template(path = "revenue.html")]
struct RevenuePage {
    page: Frame,
    form: Form,
    overdue: Vec<DueView>,
    pending: Vec<RefundView>,
    /// How bank and register differ; nothing where it could not be found out, or there is no bank.
    differences: Option<Vec<Report>>,
    online: bool,
    ordered: bool,
}

impl RevenuePage {
    fn kind(&self, kind: &str) -> &'static str {
        let (fa, en) = match kind {
            "missing" => ("بانک گرفته، در دفتر نیست", "The bank took it, the register has it not"),
            "amount" => ("مبلغ یکی نیست", "The amounts differ"),
            "bill" => ("صورت‌حساب یکی نیست", "The bills differ"),
            _ => ("در دفتر هست، بانک نمی‌شناسد", "The register has it, the bank does not know it"),
        };
        if self.page.code() == "fa" { fa } else { en }
    }

    fn said(&self, amount: &Option<i64>) -> String {
        amount.map_or_else(|| "—".to_owned(), |amount| self.page.rials(&amount))
    }
}

pub(super) async fn revenue(State(state): State<Shared>, signed: Signed, RawQuery(query): RawQuery) -> Page {
    let query = Form::parse(query.unwrap_or_default().as_bytes())?;
    show(&state, &signed, StatusCode::OK, Form::default(), query.get("ordered").is_some()).await
}

async fn show(state: &Gate, signed: &Signed, status: StatusCode, form: Form, ordered: bool) -> Page {
    let (desk, districts) = (&state.readers.revenue, signed.caller.actor.districts);
    let limit = Limit::new(Some(100));
    let overdue = revenue::overdue(desk, &OverdueAsk { districts, after: None, limit }).await?.items;
    let pending = revenue::refunds(desk, &RefundsAsk { pending: true, districts, after: None, limit }).await?.items;
    let page = signed.frame("درآمد", "Revenue");
    let differences = differences(state).await;
    let online = state.till.is_some();
    html_with(status, &RevenuePage { page, form, overdue, pending, differences, online, ordered })
}

/// The bank is asked anew: what it says now is what counts, and a page can wait for it a moment.
async fn differences(state: &Gate) -> Option<Vec<Report>> {
    let till = state.till.as_ref()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let back = |days: u64| {
        let then = now.saturating_sub(Duration::from_secs(days * 86_400));
        Instant(i64::try_from(then.as_micros()).unwrap_or(i64::MAX))
    };
    match tokio::time::timeout(PATIENCE, till.compare(back(DAYS.1), back(DAYS.0))).await {
        Ok(Ok(reports)) => Some(reports),
        Ok(Err(error)) => {
            tracing::warn!(error = chain(&error), "bank and register cannot be compared");
            None
        }
        Err(_) => None,
    }
}

pub(super) async fn order(State(state): State<Shared>, signed: Signed, mut form: Form) -> Page {
    match ordered(&state, &signed, &form).await {
        Ok(()) => see("/revenue?ordered=1"),
        // What is wrong with the form stands beside its fields; anything else is a page of its own.
        Err(problem) if problem.status().is_client_error() => {
            form.refused(&problem, |field| Some(field.to_owned()));
            show(&state, &signed, StatusCode::UNPROCESSABLE_ENTITY, form, false).await
        }
        Err(problem) => Err(problem),
    }
}

async fn ordered(state: &Shared, signed: &Signed, form: &Form) -> Result<(), Problem> {
    let mut fields = Fields::default();
    let typed = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let case: Option<CaseId> = fields.take("case", &typed("case"));
    let payment: Option<Reference> = fields.take("payment", &typed("payment"));
    let amount: Option<Rials> = fields.take("amount", &typed("amount"));
    fields.done()?;
    let (Some(case), Some(payment), Some(amount)) = (case, payment, amount) else {
        return Err(Kind::InvalidField.into());
    };
    let note = state.note(&signed.caller, case, form.get("note")).await?;
    let command = Command::OrderRefund { case, payment: payment.0, amount, note };
    let accepted = state.send(&signed.caller, signed.head(state, form), Some(case), command).await?;
    let _ = state.readers.revenue.reader().wait_for(accepted.last(), CATCH_UP).await;
    Ok(())
}
