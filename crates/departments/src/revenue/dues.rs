//! What each case still has to pay, and by when: one row a case, for as long as something is owed.

use super::touch;
use crate::desk::{Desk, QueryError};
use crate::view::{After, Limit, Page, When, among_districts, page};
use kernel::{CaseId, DistrictId, Districts, Instant, Rials};
use permits::Event;
use permits::numbers::BillNumber;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is owed.
pub(crate) struct Dues;

/// What a case owes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Due {
    case_id: CaseId,
    bill: BillNumber,
    district: DistrictId,
    outstanding: Rials,
    due: Option<Instant>,
    /// Whether the last day has passed.
    passed: bool,
    /// Whether the case has ended, so that nobody asks for it.
    ended: bool,
}

impl ReadModel for Dues {
    type Event = Event;
    type Row = Due;
    const TABLE: Table = Table {
        name: "dues",
        columns: &[
            Column::int("case_id", Public),
            Column::int("bill", Public),
            Column::int("district", Public),
            Column::int("outstanding", Department),
            Column::int("due", Public),
            Column::bool("passed", Department),
            Column::bool("ended", Public),
        ],
        key: &["case_id"],
        indexes: &[&["passed", "due", "case_id"]],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if touch::of(event.event).dues {
            keys.push(Key::one(event.case));
        }
    }

    fn fold(row: Option<Due>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Due>, Unfoldable> {
        if let Event::BillIssued(e) = event.event {
            return Ok(Some(Due {
                case_id: event.case,
                bill: e.bill,
                district: e.district,
                outstanding: e.total,
                due: e.deadline.map(|deadline| deadline.due),
                passed: false,
                ended: false,
            }));
        }
        let Some(mut due) = row else {
            // Whatever happens to a case that owes nothing; only a deadline needs a bill to belong to.
            return match deadline_of(event.event) {
                Some(name) => Err(Unfoldable::new(format!("{name} of a bill, but case {} owes nothing", event.case))),
                None => Ok(None),
            };
        };
        due.change(event.event);
        Ok(Some(due).filter(|due| due.outstanding > Rials(0)))
    }
}

/// The name of an event that moves or ends a deadline.
fn deadline_of(event: &Event) -> Option<&'static str> {
    let deadline = matches!(event, Event::DeadlineMoved(_) | Event::DeadlinePassed(_));
    deadline.then(|| event.name())
}

impl Due {
    fn change(&mut self, event: &Event) {
        if let Event::PaymentReceived(e) = event {
            self.outstanding = e.outstanding;
        } else if let Event::DeadlineMoved(e) = event {
            self.due = Some(e.deadline.due);
        } else if let Event::DeadlinePassed(_) = event {
            self.passed = true;
        } else if let Event::ObjectionDecided(e) = event {
            // Put back on its way, the case owes again what it owed.
            self.ended &= e.back_to.is_none();
        } else {
            self.ended = true;
        }
    }
}

/// Which part of what is overdue.
#[derive(Debug, Clone)]
pub struct OverdueAsk {
    /// Only in these districts (and those of the whole city).
    pub districts: Districts,
    /// Where the page before ended.
    pub after: Option<String>,
    /// How many.
    pub limit: Limit,
}

/// A bill whose last day has passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DueView {
    /// The case.
    pub case: String,
    /// Its bill.
    pub bill: String,
    /// Where.
    pub district: u8,
    /// What is still to be paid, in rials.
    pub outstanding: i64,
    /// By when it should have been.
    pub due: Option<When>,
}

/// Unpaid bills whose last day has passed, the oldest first.
///
/// # Errors
/// When `after` is no place among them, or the database fails.
pub async fn overdue(desk: &Desk, ask: &OverdueAsk) -> Result<Page<DueView>, QueryError> {
    const WHAT: &str = "overdue bills";
    let (due, case) = match &ask.after {
        None => (i64::MIN, 0),
        Some(after) => {
            let after = After { what: WHAT, after };
            let [due, case] = after.parts()?;
            (after.part(due)?, after.part::<i64>(case)?)
        }
    };
    let mut arguments: Vec<Value> = vec![due.into(), case.into(), ask.limit.asked().into()];
    let districts = among_districts("d.district", ask.districts, &mut arguments);
    let sql = format!(
        "SELECT * FROM dues AS d WHERE d.passed AND NOT d.ended AND (d.due, d.case_id) > ($1, $2){districts} \
         ORDER BY d.due, d.case_id LIMIT $3"
    );
    let rows: Vec<Due> = desk.fetch(WHAT, sql, &arguments).await?;
    let place = |row: &Due| format!("{}:{}", row.due.map_or(0, |due| due.0), row.case_id.as_u64());
    let show = |row: Due| DueView {
        case: row.case_id.to_string(),
        bill: row.bill.to_string(),
        district: row.district.0,
        outstanding: row.outstanding.0,
        due: desk.maybe_when(row.due),
    };
    Ok(page(rows, ask.limit, place, show))
}
