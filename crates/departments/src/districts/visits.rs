//! The visits of the district offices: the steps that a procedure gives to their department.

use super::touch;
use crate::desk::{Desk, QueryError};
use crate::view::{After, Limit, Page, When, among_districts, page};
use kernel::{CaseId, DistrictId, Districts, Instant, PersonId, RoleId, StepId};
use permits::Event;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Visits.
pub(crate) struct Visits;

/// The department whose steps are visits.
const DEPARTMENT: &str = "district-office";
/// When a visit without a deadline is due: after all others.
const NEVER: Instant = Instant(i64::MAX);

/// How a visit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VisitState {
    /// To be made.
    Open,
    /// Made.
    Done,
    /// No longer waited for.
    Cancelled,
}

impl VisitState {
    fn name(self) -> &'static str {
        match self {
            VisitState::Open => "open",
            VisitState::Done => "done",
            VisitState::Cancelled => "cancelled",
        }
    }
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Visit {
    case_id: CaseId,
    step: StepId,
    state: VisitState,
    district: DistrictId,
    role: RoleId,
    times: u32,
    opened_at: Instant,
    due: Instant,
    passed: bool,
    officer: Option<PersonId>,
    ended_at: Option<Instant>,
    outcome: Option<StepId>,
}

impl ReadModel for Visits {
    type Event = Event;
    type Row = Visit;
    const TABLE: Table = Table {
        name: "visits",
        columns: &[
            Column::int("case_id", Public),
            Column::text("step", Public),
            Column::text("state", Public),
            Column::int("district", Public),
            Column::text("role", Public),
            Column::int("times", Public),
            Column::int("opened_at", Public),
            Column::int("due", Public),
            Column::bool("passed", Public),
            Column::text("officer", Department),
            Column::int("ended_at", Public),
            Column::text("outcome", Public),
        ],
        key: &["case_id", "step"],
        indexes: &[&["state", "due", "case_id"]],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if let Some(step) = touch::of(event.event).step {
            keys.push(Key::pair(event.case, step.as_str()));
        }
    }

    fn fold(row: Option<Visit>, key: &Key, event: &Recorded<'_, Event>) -> Result<Option<Visit>, Unfoldable> {
        if let Event::StepOpened(e) = event.event {
            if e.department.as_str() != DEPARTMENT {
                return Ok(None);
            }
            return Ok(Some(Visit {
                case_id: event.case,
                step: e.step.clone(),
                state: VisitState::Open,
                district: e.district,
                role: e.role.clone(),
                times: row.map_or(0, |row| row.times) + 1,
                opened_at: event.occurred_at,
                due: e.deadline.map_or(NEVER, |deadline| deadline.due),
                passed: false,
                officer: None,
                ended_at: None,
                outcome: None,
            }));
        }
        // No row: the step is another department's.
        let Some(mut visit) = row else { return Ok(None) };
        if visit.state != VisitState::Open {
            return Err(Unfoldable::new(format!("{} for visit {key}, which is not open", event.event.name())));
        }
        visit.change(event);
        Ok(Some(visit))
    }
}

impl Visit {
    fn change(&mut self, event: &Recorded<'_, Event>) {
        if let Event::StepTaken(e) = event.event {
            self.officer = Some(e.officer);
        } else if let Event::StepCompleted(e) = event.event {
            self.state = VisitState::Done;
            self.ended_at = Some(event.occurred_at);
            self.outcome = Some(e.outcome.clone());
            if !e.by_silence {
                self.officer = Some(event.meta.actor.person);
            }
        } else if let Event::StepCancelled(_) = event.event {
            self.state = VisitState::Cancelled;
            self.ended_at = Some(event.occurred_at);
        } else if let Event::DeadlineMoved(e) = event.event {
            self.due = e.deadline.due;
        } else if let Event::DeadlinePassed(_) = event.event {
            self.passed = true;
        }
    }
}

/// Which visits.
#[derive(Debug, Clone)]
pub struct VisitsAsk {
    /// Only in these districts (and those of the whole city).
    pub districts: Districts,
    /// To be made, made, or called off.
    pub state: VisitState,
    /// Where the page before ended.
    pub after: Option<String>,
    /// How many.
    pub limit: Limit,
}

/// A visit to a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VisitView {
    /// The case.
    pub case: String,
    /// The step.
    pub step: String,
    /// How it stands.
    pub state: VisitState,
    /// Where.
    pub district: u8,
    /// The land.
    pub parcel: Option<String>,
    /// The service.
    pub procedure: String,
    /// Who makes it.
    pub role: String,
    /// How often it was asked for.
    pub times: u32,
    /// Since when it waits.
    pub opened_at: When,
    /// By when it should be made.
    pub due: Option<When>,
    /// Whether that passed.
    pub passed: bool,
    /// Who goes, or went, by pseudonym.
    pub officer: Option<String>,
    /// When it was made or called off.
    pub ended_at: Option<When>,
    /// What came of it.
    pub outcome: Option<String>,
}

/// Visits, what is due first standing first.
///
/// # Errors
/// When `after` is no place among them, or the database fails.
pub async fn visits(desk: &Desk, ask: &VisitsAsk) -> Result<Page<VisitView>, QueryError> {
    const WHAT: &str = "visits";
    let (due, case, step) = match &ask.after {
        None => (i64::MIN, 0, ""),
        Some(after) => {
            let after = After { what: WHAT, after };
            let [due, case, step] = after.parts()?;
            (after.part(due)?, after.part::<i64>(case)?, step)
        }
    };
    let mut arguments: Vec<Value> =
        vec![ask.state.name().into(), due.into(), case.into(), step.into(), ask.limit.asked().into()];
    let districts = among_districts("v.district", ask.districts, &mut arguments);
    let sql = format!(
        "SELECT v.*, s.procedure, s.parcel FROM visits AS v JOIN sites AS s ON s.case_id = v.case_id \
         WHERE v.state = $1 AND (v.due, v.case_id, v.step) > ($2, $3, $4){districts} \
         ORDER BY v.due, v.case_id, v.step LIMIT $5"
    );
    let rows: Vec<Found> = desk.fetch(WHAT, sql, &arguments).await?;
    let place = |row: &Found| format!("{}:{}:{}", row.visit.due.0, row.visit.case_id.as_u64(), row.visit.step);
    Ok(page(rows, ask.limit, place, |row| row.show(desk)))
}

#[derive(Deserialize)]
struct Found {
    #[serde(flatten)]
    visit: Visit,
    procedure: String,
    parcel: Option<String>,
}

impl Found {
    fn show(self, desk: &Desk) -> VisitView {
        let visit = self.visit;
        VisitView {
            case: visit.case_id.to_string(),
            step: visit.step.to_string(),
            state: visit.state,
            district: visit.district.0,
            parcel: self.parcel,
            procedure: self.procedure,
            role: visit.role.to_string(),
            times: visit.times,
            opened_at: desk.when(visit.opened_at),
            due: desk.maybe_when(Some(visit.due).filter(|due| *due != NEVER)),
            passed: visit.passed,
            officer: visit.officer.map(|officer| officer.to_string()),
            ended_at: desk.maybe_when(visit.ended_at),
            outcome: visit.outcome.map(|outcome| outcome.to_string()),
        }
    }
}
