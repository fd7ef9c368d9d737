//! `/v1/cases/{case}/bill`, `/payments` and `/refunds`.

use super::cases::NothingBody;
use crate::access::Caller;
use crate::command::{Done, Head};
use crate::extract::{Body, CasePath};
use crate::gateway::Shared;
use crate::parse::{Digits, Fields, Reference};
use crate::problem::Problem;
use axum::{Json, extract::State};
use kernel::Rials;
use permits::{Command, numbers::BillNumber};
use schemars::JsonSchema;
use serde::Deserialize;

/// A payment.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PaymentBody {
    /// The bill's number: `B-1405-000123`.
    bill: String,
    /// Whole rials, in any digits.
    amount: Digits,
    /// The bank's tracking number: digits, Latin letters and marks, no space.
    reference: String,
}

/// A payment that goes back, whole or in part.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundBody {
    /// The bank's tracking number of the payment.
    payment: String,
    /// Whole rials, in any digits.
    amount: Digits,
    /// A few words.
    note: Option<String>,
}

/// A refund that the bank paid out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PaidRefundBody {
    /// The bank's tracking number of the payment that went back.
    payment: String,
    /// The bank's tracking number of the refund.
    reference: String,
}

pub(super) async fn bill(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    Body(_): Body<NothingBody>,
) -> Result<Json<Done>, Problem> {
    Ok(Json(state.send(&caller, head, Some(case), Command::IssueBill { case }).await?.into()))
}

pub(super) async fn payment(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    Body(body): Body<PaymentBody>,
) -> Result<Json<Done>, Problem> {
    let mut fields = Fields::default();
    let bill: Option<BillNumber> = fields.take("bill", &body.bill);
    let amount: Option<Rials> = fields.take("amount", &body.amount.text());
    let reference: Option<Reference> = fields.take("reference", &body.reference);
    fields.done()?;
    let whole = "a field that did not parse was reported";
    let (bill, amount, reference) = (bill.expect(whole), amount.expect(whole), reference.expect(whole).0);
    let command = Command::RecordPayment { case, bill, amount, reference };
    Ok(Json(state.send(&caller, head, Some(case), command).await?.into()))
}

pub(super) async fn refund(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    Body(body): Body<RefundBody>,
) -> Result<Json<Done>, Problem> {
    let mut fields = Fields::default();
    let payment: Option<Reference> = fields.take("payment", &body.payment);
    let amount: Option<Rials> = fields.take("amount", &body.amount.text());
    fields.done()?;
    let whole = "a field that did not parse was reported";
    let (payment, amount) = (payment.expect(whole).0, amount.expect(whole));
    let note = state.note(&caller, case, body.note.as_deref()).await?;
    let command = Command::OrderRefund { case, payment, amount, note };
    Ok(Json(state.send(&caller, head, Some(case), command).await?.into()))
}

pub(super) async fn refund_paid(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    Body(body): Body<PaidRefundBody>,
) -> Result<Json<Done>, Problem> {
    let mut fields = Fields::default();
    let payment: Option<Reference> = fields.take("payment", &body.payment);
    let reference: Option<Reference> = fields.take("reference", &body.reference);
    fields.done()?;
    let whole = "a field that did not parse was reported";
    let command =
        Command::ConfirmRefund { case, payment: payment.expect(whole).0, reference: reference.expect(whole).0 };
    Ok(Json(state.send(&caller, head, Some(case), command).await?.into()))
}
