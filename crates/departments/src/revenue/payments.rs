//! Every payment, as it came in. Rows are only ever added.

use super::touch;
use crate::desk::{Desk, QueryError};
use crate::view::When;
use kernel::{CaseId, DistrictId, Instant, Position, Rials};
use permits::Event;
use permits::numbers::BillNumber;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable};
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
        ],
        key: &["position"],
        indexes: &[&["case_id", "position"]],
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
        }))
    }
}

/// A payment. Amounts are in rials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PaymentView {
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
        bill: row.bill.to_string(),
        received_at: desk.when(row.received_at),
        amount: row.amount.0,
        reference: row.reference.to_string(),
        outstanding: row.outstanding.0,
    };
    Ok(rows.into_iter().map(show).collect())
}
