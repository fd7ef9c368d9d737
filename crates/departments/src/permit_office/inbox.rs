//! What waits for a role now: open steps, unanswered consultations and decisions about whole cases, by due date. The
//! first two are rows that live as long as the wait; decisions are read from their cases.

use super::cases::Holder;
use super::decisions::waiting;
use super::touch;
use crate::desk::{Desk, QueryError};
use crate::view::{After, Limit, Page, When, among, among_districts, page};
use kernel::{CaseId, DepartmentId, DistrictId, Districts, Instant, PersonId, RoleId, StepId};
use permits::Event;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Open steps and consultations; decisions are no rows here.
pub(crate) struct Inbox;

/// When a row without a deadline is due: after all others.
pub(super) const NEVER: Instant = Instant(i64::MAX);

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// A step of the procedure.
    Step,
    /// An agency's answer.
    Consultation,
    /// Everything is done and paid: the permit can be granted.
    Grant,
    /// The permit is granted: its licence can be issued.
    Issue,
    /// An objection of the applicant, to be decided.
    Objection,
}

impl Work {
    pub(super) fn name(self) -> &'static str {
        match self {
            Work::Step => "step",
            Work::Consultation => "consultation",
            Work::Grant => "grant",
            Work::Issue => "issue",
            Work::Objection => "objection",
        }
    }
}

/// An open step or consultation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Item {
    case_id: CaseId,
    work: Work,
    /// The step or the agency.
    item: StepId,
    /// The step, or the one that asked the agency.
    step: StepId,
    role: RoleId,
    department: Option<DepartmentId>,
    district: DistrictId,
    opened_at: Instant,
    due: Instant,
    passed: bool,
    officer: Option<PersonId>,
    escalated_to: Option<RoleId>,
}

impl ReadModel for Inbox {
    type Event = Event;
    type Row = Item;
    const TABLE: Table = Table {
        name: "inbox",
        columns: &[
            Column::int("case_id", Public),
            Column::text("work", Public),
            Column::text("item", Public),
            Column::text("step", Public),
            Column::text("role", Public),
            Column::text("department", Public),
            Column::int("district", Public),
            Column::int("opened_at", Public),
            Column::int("due", Public),
            Column::bool("passed", Public),
            Column::text("officer", Department),
            Column::text("escalated_to", Department),
        ],
        key: &["case_id", "work", "item"],
        indexes: &[&["role", "due", "case_id"], &["escalated_to", "due", "case_id"], &["officer", "due", "case_id"]],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        let touched = touch::of(event.event);
        let step = touched.step.map(|step| (Work::Step, step));
        let item = step.or(touched.consultation.map(|agency| (Work::Consultation, agency)));
        if let Some((work, item)) = item.filter(|_| touched.inbox) {
            keys.push(Key::triple(event.case, work.name(), item.as_str()));
        }
    }

    fn fold(row: Option<Item>, key: &Key, event: &Recorded<'_, Event>) -> Result<Option<Item>, Unfoldable> {
        if let Event::StepOpened(e) = event.event {
            let wait = Item::new(event, Work::Step, &e.step, &e.step, (&e.role, e.district));
            let due = e.deadline.map_or(NEVER, |deadline| deadline.due);
            return Ok(Some(Item { department: Some(e.department.clone()), due, ..wait }));
        }
        if let Event::ConsultationRequested(e) = event.event {
            let wait = Item::new(event, Work::Consultation, &e.agency, &e.step, (&e.role, e.district));
            return Ok(Some(Item { due: e.deadline.map_or(NEVER, |deadline| deadline.due), ..wait }));
        }
        let not_open = || Unfoldable::new(format!("{} for {key}, which nobody waits for", event.event.name()));
        let mut item = row.ok_or_else(not_open)?;
        if let Event::StepTaken(e) = event.event {
            item.officer = Some(e.officer);
        } else if let Event::DeadlineMoved(e) = event.event {
            item.due = e.deadline.due;
        } else if let Event::DeadlinePassed(e) = event.event {
            item.passed = true;
            item.escalated_to = e.escalated_to.clone();
        } else {
            return Ok(None);
        }
        Ok(Some(item))
    }
}

impl Item {
    fn new(
        event: &Recorded<'_, Event>,
        work: Work,
        item: &StepId,
        step: &StepId,
        (role, district): (&RoleId, DistrictId),
    ) -> Item {
        Item {
            case_id: event.case,
            work,
            item: item.clone(),
            step: step.clone(),
            role: role.clone(),
            department: None,
            district,
            opened_at: event.occurred_at,
            due: NEVER,
            passed: false,
            officer: None,
            escalated_to: None,
        }
    }
}

/// Whose inbox, and which part of it.
#[derive(Debug, Clone)]
pub struct InboxAsk {
    /// The role that it waits for, or that it was escalated to.
    pub role: RoleId,
    /// Only of these districts (and what is of the whole city).
    pub districts: Districts,
    /// Only this step, or the answer of this agency.
    pub item: Option<StepId>,
    /// Only what is due at this moment or later.
    pub due_from: Option<Instant>,
    /// Only what is due before this moment.
    pub due_before: Option<Instant>,
    /// Only what this officer has on their desk.
    pub officer: Option<PersonId>,
    /// Where the page before ended.
    pub after: Option<String>,
    /// How many.
    pub limit: Limit,
}

/// A piece of work that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InboxItem {
    /// The case's number.
    pub case: String,
    /// A step, an agency's answer or a decision about the case.
    pub work: Work,
    /// The step, the agency that was asked, or the decision as `work` names it.
    pub item: String,
    /// The step, or the one that the agency was asked for; absent where a decision waits.
    pub step: Option<String>,
    /// Who should do it.
    pub role: String,
    /// Where.
    pub district: u8,
    /// Since when it waits.
    pub opened_at: When,
    /// By when it should be done: a grant and an issue by the promised date, an objection by its own.
    pub due: Option<When>,
    /// Whether that passed.
    pub passed: bool,
    /// The superior whose desk it is on since then; steps and agencies' answers only.
    pub escalated_to: Option<String>,
    /// The officer who took it.
    pub officer: Option<String>,
    /// The case's procedure.
    pub procedure: String,
    /// Where the case stands.
    pub status: String,
    /// Whose turn it is in the case.
    pub holder: Holder,
    /// The land.
    pub parcel: Option<String>,
    /// What was promised to the applicant.
    pub promised: Option<When>,
    /// The case's name in the log that it was imported from.
    pub reference: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(flatten)]
    item: Item,
    procedure: String,
    status: SmolStr,
    holder: Holder,
    parcel: Option<String>,
    promised: Option<Instant>,
    reference: Option<String>,
}

const WHAT: &str = "the inbox";
pub(super) const COLUMNS: &str = "i.case_id, i.work, i.item, i.step, i.role, i.department, i.district, i.opened_at, i.due, i.passed, \
                       i.officer, i.escalated_to";
const ORDER: &str = "due, case_id, work, item";

/// A role's inbox, what is due first standing first.
///
/// # Errors
/// When `after` is no place in it, or the database fails.
pub async fn inbox(desk: &Desk, ask: &InboxAsk) -> Result<Page<InboxItem>, QueryError> {
    let (parts, arguments) = parts(ask, ask.limit.asked())?;
    let sql = format!(
        "SELECT i.*, c.procedure, c.status, c.holder, c.parcel, c.promised, c.reference \
         FROM ({parts}) AS i JOIN cases AS c ON c.case_id = i.case_id \
         ORDER BY i.due, i.case_id, i.work, i.item LIMIT $7"
    );
    let rows: Vec<Found> = desk.fetch(WHAT, sql, &arguments).await?;
    Ok(page(rows, ask.limit, |found| found.item.place(), |found| found.show(desk)))
}

/// The rows of an inbox, at most so many of each part, and the arguments of the query, of which `$7` is that number.
pub(super) fn parts(ask: &InboxAsk, most: i64) -> Result<(String, Vec<Value>), QueryError> {
    let (due, case, work, item) = place(ask)?;
    let mut arguments: Vec<Value> = vec![
        ask.role.as_str().into(),
        due.into(),
        case.into(),
        work.into(),
        item.into(),
        ask.due_before.map_or(i64::MAX, |before| before.0.saturating_sub(1)).into(),
        most.into(),
    ];
    let mut filter = "(i.due, i.case_id, i.work, i.item) > ($2, $3, $4, $5) AND i.due <= $6".to_owned();
    filter.push_str(&among_districts("i.district", ask.districts, &mut arguments));
    if let Some(from) = ask.due_from {
        arguments.push(from.into());
        filter.push_str(&format!(" AND i.due >= ${}", arguments.len()));
    }
    if let Some(item) = &ask.item {
        filter.push_str(&among("i.item", [Value::from(item.as_str())], &mut arguments));
    }
    if let Some(officer) = ask.officer {
        filter.push_str(&among("i.officer", [Value::from(officer)], &mut arguments));
    }
    // Each part follows an index of its own to its first rows; together they are sorted once more.
    let part = |rows: &str, role: &str| {
        let first = format!("SELECT {COLUMNS} FROM {rows} AS i WHERE {role} AND {filter} ORDER BY {ORDER} LIMIT $7");
        format!("SELECT * FROM ({first}) AS part")
    };
    let parts = if ask.officer.is_none() {
        let mut parts = vec![part("inbox", "i.role = $1"), part("inbox", "i.escalated_to = $1 AND i.role <> $1")];
        // Nobody takes a decision on their desk.
        parts.extend(waiting().map(|rows| part(&rows, "i.role = $1")));
        parts
    } else {
        // One desk is short, so its index is the one to follow: the role's is kept out of it.
        vec![part("inbox", "(i.role || '' = $1 OR i.escalated_to || '' = $1)")]
    };
    Ok((parts.join(" UNION ALL "), arguments))
}

fn place(ask: &InboxAsk) -> Result<(i64, i64, String, String), QueryError> {
    let Some(after) = &ask.after else { return Ok((i64::MIN, 0, String::new(), String::new())) };
    let after = After { what: WHAT, after };
    let [due, case, work, item] = after.parts()?;
    Ok((after.part(due)?, after.part(case)?, work.to_owned(), item.to_owned()))
}

impl Item {
    fn place(&self) -> String {
        format!("{}:{}:{}:{}", self.due.0, self.case_id.as_u64(), self.work.name(), self.item)
    }
}

impl Found {
    fn show(self, desk: &Desk) -> InboxItem {
        let item = self.item;
        InboxItem {
            case: item.case_id.to_string(),
            work: item.work,
            item: item.item.to_string(),
            step: Some(item.step.to_string()).filter(|_| matches!(item.work, Work::Step | Work::Consultation)),
            role: item.role.to_string(),
            district: item.district.0,
            opened_at: desk.when(item.opened_at),
            due: desk.maybe_when(Some(item.due).filter(|due| *due != NEVER)),
            passed: item.passed,
            escalated_to: item.escalated_to.map(|role| role.to_string()),
            officer: item.officer.map(|officer| officer.to_string()),
            procedure: self.procedure,
            status: self.status.to_string(),
            holder: self.holder,
            parcel: self.parcel,
            promised: desk.maybe_when(self.promised),
            reference: self.reference,
        }
    }
}
