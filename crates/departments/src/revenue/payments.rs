//! Every payment, as it came in. Rows are only ever added.

use super::touch;
use crate::desk::{Desk, QueryError};
use crate::view::When;
use kernel::{CaseId, DistrictId, Instant, Position, Rials, RoleId};
use permits::Event;
use permits::numbers::BillNumber;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Payments.
pub(crate) struct Payments;

/// A payment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Payment {
    position: Position,
    case_id: CaseId,
    bill: BillNumber,
    district: DistrictId,
    received_at: Instant,
    amount: Rials,
    reference: SmolStr,
    outstanding: Rials,
    /// The role that booked it.
    role: RoleId,
}

impl ReadModel for Payments {
    type Event = Event;
    type Row = Payment;
    const TABLE: Table = Table {
        name: "payments",
        columns: &[
            Column::int("position", Public),
            Column::int("case_id", Public),
            Column::int("bill", Public),
            Column::int("district", Public),
            Column::int("received_at", Department),
            Column::int("amount", Department),
            Column::text("reference", Department),
            Column::int("outstanding", Department),
            Column::text("role", Department),
        ],
        key: &["position"],
        indexes: &[&["case_id", "position"], &["reference"], &["received_at"]],
        append_only: true,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if touch::of(event.event).payment {
            keys.push(Key::one(event.meta.position));
        }
    }

    fn fold(_: Option<Payment>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Payment>, Unfoldable> {
        let Event::PaymentReceived(e) = event.event else {
            return Err(Unfoldable::new(format!("{} is no payment", event.event.name())));
        };
        Ok(Some(Payment {
            position: event.meta.position,
            case_id: event.case,
            bill: e.bill,
            district: e.district,
            received_at: event.occurred_at,
            amount: e.amount,
            reference: e.reference.clone(),
            outstanding: e.outstanding,
            role: event.meta.actor.role.clone(),
        }))
    }
}

/// A payment. Amounts are in rials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PaymentView {
    /// Where it stands in the register.
    pub position: u64,
    /// The bill that it pays.
    pub bill: String,
    /// When the money came in.
    pub received_at: When,
    /// How much.
    pub amount: i64,
    /// The bank's tracking number.
    pub reference: String,
    /// What was still to be paid after it.
    pub outstanding: i64,
}

/// More payments than a case has.
const MOST: &str = "500";

/// The payments of a case, in the order in which they were booked.
///
/// # Errors
/// When the database fails.
pub async fn payments(desk: &Desk, case: CaseId) -> Result<Vec<PaymentView>, QueryError> {
    let sql = format!("SELECT * FROM payments WHERE case_id = $1 ORDER BY position LIMIT {MOST}");
    let rows: Vec<Payment> = desk.fetch("payments", sql, &[case.into()]).await?;
    let show = |row: Payment| PaymentView {
        position: row.position.0,
        bill: row.bill.to_string(),
        received_at: desk.when(row.received_at),
        amount: row.amount.0,
        reference: row.reference.to_string(),
        outstanding: row.outstanding.0,
    };
    Ok(rows.into_iter().map(show).collect())
}

/// What the register has under a payment's reference: what was owed, and what goes back because it was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BookedView {
    /// The bank's tracking number.
    pub reference: String,
    /// The bill.
    pub bill: String,
    /// Its case.
    pub case: String,
    /// All of it, in rials.
    pub amount: i64,
}

#[derive(Deserialize)]
struct Part {
    reference: SmolStr,
    bill: BillNumber,
    case_id: CaseId,
    amount: Rials,
}

/// The parts of what came in under each reference, as far as `where` says.
fn parts(payments: &str, refunds: &str) -> String {
    format!(
        "SELECT p.reference, p.bill, p.case_id, p.amount FROM payments AS p WHERE {payments} \
         UNION ALL SELECT r.payment AS reference, r.bill, r.case_id, r.surplus AS amount FROM refunds AS r \
         WHERE r.surplus > 0 AND {refunds}"
    )
}

/// What is booked under this reference.
///
/// # Errors
/// When the database fails.
pub async fn booked(desk: &Desk, reference: &str) -> Result<Option<BookedView>, QueryError> {
    let arguments = [Value::Text(reference.into())];
    let rows = desk.fetch("payments", parts("p.reference = $1", "r.payment = $1"), &arguments).await?;
    Ok(together(rows).pop())
}

/// The newest of what the bank itself booked since then.
///
/// # Errors
/// When the database fails.
pub async fn booked_by_bank(desk: &Desk, since: Instant) -> Result<Vec<BookedView>, QueryError> {
    let bank = "p.role = 'bank' AND p.received_at >= $1";
    let sql = format!(
        "{} ORDER BY reference LIMIT {LATELY}",
        parts(
            bank,
            "r.payment IN (SELECT p.reference FROM payments AS p WHERE p.role = 'bank' AND p.received_at >= $1)"
        )
    );
    Ok(together(desk.fetch("payments", sql, &[since.0.into()]).await?))
}

/// More payments than the bank books in the days that are compared.
const LATELY: &str = "10000";

/// The parts of a payment stand beside each other.
fn together(parts: Vec<Part>) -> Vec<BookedView> {
    let mut found: Vec<BookedView> = Vec::new();
    for part in parts {
        match found.last_mut().filter(|known| known.reference == part.reference) {
            Some(known) => known.amount = known.amount.saturating_add(part.amount.0),
            None => found.push(BookedView {
                reference: part.reference.to_string(),
                bill: part.bill.to_string(),
                case: part.case_id.to_string(),
                amount: part.amount.0,
            }),
        }
    }
    found
}
