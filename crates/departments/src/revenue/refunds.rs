//! Money that goes back: one row a payment of which something is, or was, owed to whoever paid.

use super::touch;
use crate::desk::{Desk, QueryError};
use crate::view::{After, Limit, Page, When, among_districts, page};
use kernel::{CaseId, DistrictId, Districts, Instant, Position, Rials};
use permits::Event;
use permits::events::{RefundOrdered, RefundReason};
use permits::numbers::BillNumber;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Refunds.
pub(crate) struct Refunds;

/// What goes back of a payment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Refund {
    payment: SmolStr,
    case_id: CaseId,
    bill: BillNumber,
    district: DistrictId,
    /// Where the last order stands in the register.
    position: Position,
    ordered_at: Instant,
    reason: SmolStr,
    /// How often something of this payment was ordered back.
    times: u32,
    /// What is ordered and not paid out.
    pending: Rials,
    /// What was never owed, so that no payment was booked for it.
    surplus: Rials,
    paid: Rials,
    paid_at: Option<Instant>,
    reference: Option<SmolStr>,
}

impl ReadModel for Refunds {
    type Event = Event;
    type Row = Refund;
    const TABLE: Table = Table {
        name: "refunds",
        columns: &[
            Column::text("payment", Department),
            Column::int("case_id", Public),
            Column::int("bill", Public),
            Column::int("district", Public),
            Column::int("position", Public),
            Column::int("ordered_at", Department),
            Column::text("reason", Department),
            Column::int("times", Department),
            Column::int("pending", Department),
            Column::int("surplus", Department),
            Column::int("paid", Department),
            Column::int("paid_at", Department),
            Column::text("reference", Department),
        ],
        key: &["payment"],
        indexes: &[&["case_id"], &["position"]],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if let Some(payment) = touch::of(event.event).refund {
            keys.push(Key::one(payment));
        }
    }

    fn fold(row: Option<Refund>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Refund>, Unfoldable> {
        if let Event::RefundOrdered(e) = event.event {
            return ordered(row, e, event).map(Some);
        }
        let Event::RefundPaid(e) = event.event else {
            return Err(Unfoldable::new(format!("{} is no refund", event.event.name())));
        };
        let missing = || Unfoldable::new(format!("a refund of payment {} is paid that nobody ordered", e.payment));
        let mut refund = row.filter(|refund| refund.pending > Rials(0)).ok_or_else(missing)?;
        refund.pending = Rials(0);
        let sum = refund.paid.checked_add(e.amount);
        refund.paid = sum.ok_or_else(|| Unfoldable::new(format!("payment {} goes back too often", e.payment)))?;
        refund.paid_at = Some(event.occurred_at);
        refund.reference = Some(e.reference.clone());
        Ok(Some(refund))
    }
}

fn ordered(row: Option<Refund>, e: &RefundOrdered, event: &Recorded<'_, Event>) -> Result<Refund, Unfoldable> {
    let before = row.as_ref();
    let never_owed = match e.reason {
        RefundReason::Surplus | RefundReason::CaseEnded => e.amount,
        RefundReason::Decided => Rials(0),
    };
    let surplus = before.map_or(Rials(0), |row| row.surplus).checked_add(never_owed);
    Ok(Refund {
        payment: e.payment.clone(),
        case_id: event.case,
        bill: before.map_or(e.bill, |row| row.bill),
        district: e.district,
        position: event.meta.position,
        ordered_at: event.occurred_at,
        reason: reason(e.reason).into(),
        times: before.map_or(0, |row| row.times) + 1,
        pending: e.amount,
        surplus: surplus.ok_or_else(|| Unfoldable::new(format!("payment {} is too large", e.payment)))?,
        paid: before.map_or(Rials(0), |row| row.paid),
        paid_at: before.and_then(|row| row.paid_at),
        reference: before.and_then(|row| row.reference.clone()),
    })
}

fn reason(reason: RefundReason) -> &'static str {
    match reason {
        RefundReason::Surplus => "surplus",
        RefundReason::CaseEnded => "case-ended",
        RefundReason::Decided => "decided",
    }
}

/// What goes back of a payment. Amounts are in rials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RefundView {
    /// The bank's tracking number of the payment.
    pub payment: String,
    /// The case.
    pub case: String,
    /// The bill that was paid.
    pub bill: String,
    /// Where.
    pub district: u8,
    /// Where the last order stands in the register.
    pub position: u64,
    /// When it was last ordered.
    pub ordered_at: When,
    /// Why: `surplus`, `case-ended` or `decided`.
    pub reason: String,
    /// How often something of this payment was ordered back.
    pub times: u32,
    /// What is ordered and not paid out.
    pub pending: i64,
    /// What was never owed, so that it stands among no payments.
    pub surplus: i64,
    /// What was paid out.
    pub paid: i64,
    /// When that was, the last time.
    pub paid_at: Option<When>,
    /// The bank's tracking number of the last refund.
    pub reference: Option<String>,
}

fn show(desk: &Desk) -> impl Fn(Refund) -> RefundView {
    |row| RefundView {
        payment: row.payment.to_string(),
        case: row.case_id.to_string(),
        bill: row.bill.to_string(),
        district: row.district.0,
        position: row.position.0,
        ordered_at: desk.when(row.ordered_at),
        reason: row.reason.to_string(),
        times: row.times,
        pending: row.pending.0,
        surplus: row.surplus.0,
        paid: row.paid.0,
        paid_at: desk.maybe_when(row.paid_at),
        reference: row.reference.map(|reference| reference.to_string()),
    }
}

const WHAT: &str = "refunds";
/// More refunds than a case has.
const MOST: &str = "500";

/// What goes back of the payments of a case, in the order in which it was ordered.
///
/// # Errors
/// When the database fails.
pub async fn refunds_of(desk: &Desk, case: CaseId) -> Result<Vec<RefundView>, QueryError> {
    let sql = format!("SELECT * FROM refunds WHERE case_id = $1 ORDER BY position LIMIT {MOST}");
    let rows: Vec<Refund> = desk.fetch(WHAT, sql, &[case.into()]).await?;
    Ok(rows.into_iter().map(show(desk)).collect())
}

/// What goes back of a payment.
///
/// # Errors
/// When the database fails.
pub async fn refund(desk: &Desk, payment: &str) -> Result<Option<RefundView>, QueryError> {
    let sql = "SELECT * FROM refunds WHERE payment = $1";
    let row: Option<Refund> = desk.fetch_one(WHAT, sql, &[Value::Text(payment.into())]).await?;
    Ok(row.map(show(desk)))
}

/// Which refunds.
#[derive(Debug, Clone)]
pub struct RefundsAsk {
    /// Only those that are not paid out.
    pub pending: bool,
    /// Only in these districts (and those of the whole city).
    pub districts: Districts,
    /// Where the page before ended.
    pub after: Option<String>,
    /// How many.
    pub limit: Limit,
}

/// Refunds, in the order in which they were last ordered.
///
/// # Errors
/// When `after` is no place among them, or the database fails.
pub async fn refunds(desk: &Desk, ask: &RefundsAsk) -> Result<Page<RefundView>, QueryError> {
    let after: i64 = match &ask.after {
        None => -1,
        Some(after) => {
            let after = After { what: WHAT, after };
            let [position] = after.parts()?;
            after.part(position)?
        }
    };
    let mut arguments: Vec<Value> = vec![after.into(), ask.limit.asked().into()];
    let districts = among_districts("r.district", ask.districts, &mut arguments);
    let pending = if ask.pending { " AND r.pending > 0" } else { "" };
    let sql =
        format!("SELECT * FROM refunds AS r WHERE r.position > $1{pending}{districts} ORDER BY r.position LIMIT $2");
    let rows: Vec<Refund> = desk.fetch(WHAT, sql, &arguments).await?;
    Ok(page(rows, ask.limit, |row| row.position.0.to_string(), show(desk)))
}
