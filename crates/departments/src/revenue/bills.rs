//! Every bill: its lines, what was paid and what is still to be paid.

use super::touch;
use crate::desk::{Desk, QueryError};
use crate::view::When;
use kernel::{CaseId, DistrictId, Instant, Rials, StepId};
use permits::Event;
use permits::numbers::BillNumber;
use projection::Class::Department;
use projection::Class::Public;
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bills.
pub(crate) struct Bills;

/// A bill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bill {
    bill: BillNumber,
    case_id: CaseId,
    district: DistrictId,
    issued_at: Instant,
    lines: Vec<Line>,
    total: Rials,
    paid: Rials,
    outstanding: Rials,
    refunded: Rials,
    paid_at: Option<Instant>,
}

/// A fee on a bill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    fee: StepId,
    amount: Rials,
}

impl ReadModel for Bills {
    type Event = Event;
    type Row = Bill;
    const TABLE: Table = Table {
        name: "bills",
        columns: &[
            Column::int("bill", Public),
            Column::int("case_id", Public),
            Column::int("district", Public),
            Column::int("issued_at", Public),
            Column::json("lines", Department),
            Column::int("total", Department),
            Column::int("paid", Department),
            Column::int("outstanding", Department),
            Column::int("refunded", Department),
            Column::int("paid_at", Department),
        ],
        key: &["bill"],
        indexes: &[&["case_id"]],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if let Some(bill) = touch::of(event.event).bill {
            keys.push(Key::one(touch::as_stored(bill)));
        }
    }

    fn fold(row: Option<Bill>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Bill>, Unfoldable> {
        if let Event::BillIssued(e) = event.event {
            if row.is_some() {
                return Err(Unfoldable::new(format!("bill {} is issued a second time", e.bill)));
            }
            return Ok(Some(Bill {
                bill: e.bill,
                case_id: event.case,
                district: e.district,
                issued_at: event.occurred_at,
                lines: e.lines.iter().map(|line| Line { fee: line.fee.clone(), amount: line.amount }).collect(),
                total: e.total,
                paid: Rials(0),
                outstanding: e.total,
                refunded: Rials(0),
                paid_at: None,
            }));
        }
        if let Event::RefundOrdered(e) = event.event {
            let missing = || Unfoldable::new(format!("a refund on bill {}, which is not there", e.bill));
            let mut bill = row.ok_or_else(missing)?;
            let sum = bill.refunded.checked_add(e.amount);
            bill.refunded = sum.ok_or_else(|| Unfoldable::new(format!("bill {} gives too much back", e.bill)))?;
            return Ok(Some(bill));
        }
        let Event::PaymentReceived(e) = event.event else {
            return Err(Unfoldable::new(format!("{} is about no bill", event.event.name())));
        };
        let missing = || Unfoldable::new(format!("a payment of bill {}, which is not there", e.bill));
        let mut bill = row.ok_or_else(missing)?;
        let sum = bill.total.checked_sub(e.outstanding);
        bill.paid = sum.ok_or_else(|| Unfoldable::new(format!("bill {} owes more than it can", e.bill)))?;
        bill.outstanding = e.outstanding;
        bill.paid_at = (e.outstanding == Rials(0)).then_some(event.occurred_at);
        Ok(Some(bill))
    }
}

/// How a bill stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BillState {
    /// To be paid.
    Open,
    /// To be paid, and its last day has passed.
    Overdue,
    /// Paid in full.
    Paid,
    /// No longer asked for: its case has ended.
    Void,
}

/// A bill. Amounts are in rials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BillView {
    /// `B-1405-000123`.
    pub bill: String,
    /// Its case.
    pub case: String,
    /// Where.
    pub district: u8,
    /// How it stands.
    pub state: BillState,
    /// When it was issued.
    pub issued_at: When,
    /// By when it should be paid.
    pub due: Option<When>,
    /// What for.
    pub lines: Vec<BillLineView>,
    /// What it asks for.
    pub total: i64,
    /// What was paid.
    pub paid: i64,
    /// What is still to be paid.
    pub outstanding: i64,
    /// What the city decided to give back of what was paid.
    pub refunded: i64,
    /// When it was paid in full.
    pub paid_at: Option<When>,
}

/// A line of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BillLineView {
    /// Which fee.
    pub fee: String,
    /// How much, in rials; negative for what was billed before.
    pub amount: i64,
}

#[derive(Deserialize)]
struct Found {
    #[serde(flatten)]
    bill: Bill,
    due: Option<Instant>,
    passed: Option<bool>,
    ended: Option<bool>,
}

const SELECT: &str = "SELECT b.*, d.due, d.passed, d.ended FROM bills AS b LEFT JOIN dues AS d ON d.case_id = b.case_id AND d.bill = b.bill";
/// More bills than a case has.
const MOST: &str = "100";

/// The bills of a case, in the order in which they were issued.
///
/// # Errors
/// When the database fails.
pub async fn bills(desk: &Desk, case: CaseId) -> Result<Vec<BillView>, QueryError> {
    let sql = format!("{SELECT} WHERE b.case_id = $1 ORDER BY b.bill LIMIT {MOST}");
    found(desk, sql, case.into()).await
}

/// The bill of this number.
///
/// # Errors
/// When the database fails.
pub async fn bill(desk: &Desk, number: BillNumber) -> Result<Option<BillView>, QueryError> {
    let sql = format!("{SELECT} WHERE b.bill = $1");
    Ok(found(desk, sql, touch::as_stored(number).into()).await?.into_iter().next())
}

async fn found(desk: &Desk, sql: String, argument: Value) -> Result<Vec<BillView>, QueryError> {
    let rows: Vec<Found> = desk.fetch("bills", sql, &[argument]).await?;
    Ok(rows.into_iter().map(|row| row.show(desk)).collect())
}

impl Found {
    fn state(&self) -> BillState {
        match (self.bill.outstanding, self.passed, self.ended) {
            (Rials(0), _, _) => BillState::Paid,
            (_, _, Some(true) | None) => BillState::Void,
            (_, Some(true), Some(false)) => BillState::Overdue,
            (_, Some(false) | None, Some(false)) => BillState::Open,
        }
    }

    fn show(self, desk: &Desk) -> BillView {
        let state = self.state();
        let bill = self.bill;
        let line = |line: Line| BillLineView { fee: line.fee.to_string(), amount: line.amount.0 };
        BillView {
            bill: bill.bill.to_string(),
            case: bill.case_id.to_string(),
            district: bill.district.0,
            state,
            issued_at: desk.when(bill.issued_at),
            due: desk.maybe_when(self.due),
            lines: bill.lines.into_iter().map(line).collect(),
            total: bill.total.0,
            paid: bill.paid.0,
            outstanding: bill.outstanding.0,
            refunded: bill.refunded.0,
            paid_at: desk.maybe_when(bill.paid_at),
        }
    }
}
