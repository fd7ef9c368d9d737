//! What a case owes and why, paying it at the bank, and receipts.

use super::{Form, Frame, Page, Signed, html, html_with, see};
use crate::extract::{CasePath, ReferencePath};
use crate::gateway::Shared;
use crate::permissions::Group;
use crate::problem::{Kind, Problem};
use crate::routes::payment::{ExplainedBill, PayStarted, explain, start};
use crate::routes::{Paid, opened, paid, visible};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
};
use departments::revenue::{BillState, PaymentView, RefundView};

#[derive(Template)]
#[template(path = "bill.html")]
struct BillPage {
    page: Frame,
    case: String,
    bills: Vec<ExplainedBill>,
    payments: Vec<PaymentView>,
    refunds: Vec<RefundView>,
    /// What can be paid now, in rials.
    due: Option<i64>,
    /// Whether there is a bank to pay at.
    online: bool,
}

impl BillPage {
    fn state(&self, state: &BillState) -> (&'static str, &'static str) {
        let (class, fa, en) = match state {
            BillState::Open => ("warn", "پرداخت‌نشده", "To be paid"),
            BillState::Overdue => ("bad", "مهلت گذشته", "Overdue"),
            BillState::Paid => ("good", "پرداخت‌شده", "Paid"),
            BillState::Void => ("plain", "دیگر خواسته نمی‌شود", "No longer asked for"),
        };
        (class, if self.page.code() == "fa" { fa } else { en })
    }
}

pub(super) async fn bill(State(state): State<Shared>, signed: Signed, CasePath(case): CasePath) -> Page {
    let view = opened(&state, &signed.caller, case).await?;
    let bills = explain(&state, &signed.caller, case, &view).await?;
    let Paid { payments, refunds, .. } = paid(&state, &signed.caller, case).await?;
    let payable = |bill: &&ExplainedBill| matches!(bill.bill.state, BillState::Open | BillState::Overdue);
    let due = bills.iter().rev().find(payable).map(|bill| bill.bill.outstanding);
    let due = due.filter(|_| signed.caller.group == Group::Citizen);
    let page = signed.frame("صورت‌حساب", "Bill");
    let online = state.till.is_some();
    html(&BillPage { page, case: case.to_string(), bills, payments, refunds, due, online })
}

/// Where a form may not lead on to by itself, the payer goes by a link.
#[derive(Template)]
#[template(path = "pay.html")]
struct Onward {
    page: Frame,
    address: String,
    amount: i64,
}

pub(super) async fn pay(State(state): State<Shared>, signed: Signed, CasePath(case): CasePath, form: Form) -> Page {
    let nonce = signed.head(&state, &form).nonce();
    let PayStarted { redirect, amount, .. } = start(&state, &signed.caller, case, nonce).await?;
    // Browsers hold the page's policy also against where a form's answer leads.
    let known = |origin: &String| redirect.strip_prefix(origin.as_str()).is_some_and(|rest| rest.starts_with('/'));
    if redirect.starts_with('/') || state.pages.form_targets.iter().any(known) {
        return see(&redirect);
    }
    let page = signed.frame("رفتن به بانک", "On to the bank");
    html_with(StatusCode::OK, &Onward { page, address: redirect, amount })
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct Receipt {
    page: Frame,
    case: String,
    reference: String,
    payment: Option<PaymentView>,
    refund: Option<RefundView>,
}

pub(super) async fn receipt(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(case): CasePath,
    ReferencePath(reference): ReferencePath,
) -> Page {
    visible(&state, &signed.caller, case).await?;
    let Paid { payments, refunds, .. } = paid(&state, &signed.caller, case).await?;
    let reference = reference.0.to_string();
    let payment = payments.into_iter().find(|payment| payment.reference == reference);
    let refund = refunds.into_iter().find(|refund| refund.payment == reference);
    if payment.is_none() && refund.is_none() {
        return Err(Problem::new(Kind::NotFound));
    }
    let page = signed.frame("رسید پرداخت", "Receipt");
    let mut response = html(&Receipt { page, case: case.to_string(), reference, payment, refund })?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
