//! Every step that a case has reached: open, done, skipped or called off, and by whom.

use super::touch;
use kernel::{CaseId, DepartmentId, DistrictId, Instant, PersonId, Position, RoleId, StepId};
use permits::Event;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Steps.
pub(crate) struct Steps;

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Waits for its role.
    Open,
    /// Done.
    Done,
    /// Does not apply to the case.
    Skipped,
    /// No longer waited for.
    Cancelled,
}

/// A step of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(super) case_id: CaseId,
    pub(super) step: StepId,
    pub(super) state: StepState,
    /// How often it was opened: more than once after the case went back.
    pub(super) times: u32,
    pub(super) role: Option<RoleId>,
    pub(super) department: Option<DepartmentId>,
    pub(super) district: Option<DistrictId>,
    pub(super) opened_at: Option<Instant>,
    /// The position of that event: unlike moments in the world, in the order of the register.
    pub(super) opened_by: Option<Position>,
    pub(super) due: Option<Instant>,
    pub(super) passed: bool,
    pub(super) escalated_to: Option<RoleId>,
    pub(super) officer: Option<PersonId>,
    pub(super) ended_at: Option<Instant>,
    pub(super) outcome: Option<StepId>,
    pub(super) by_silence: bool,
}

impl ReadModel for Steps {
    type Event = Event;
    type Row = Step;
    const TABLE: Table = Table {
        name: "steps",
        columns: &[
            Column::int("case_id", Public),
            Column::text("step", Public),
            Column::text("state", Public),
            Column::int("times", Public),
            Column::text("role", Public),
            Column::text("department", Public),
            Column::int("district", Public),
            Column::int("opened_at", Public),
            Column::int("opened_by", Public),
            Column::int("due", Public),
            Column::bool("passed", Public),
            Column::text("escalated_to", Department),
            Column::text("officer", Department),
            Column::int("ended_at", Public),
            Column::text("outcome", Public),
            Column::bool("by_silence", Public),
        ],
        key: &["case_id", "step"],
        indexes: &[&["ended_at"]],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if let Some(step) = touch::of(event.event).step {
            keys.push(Key::pair(event.case, step.as_str()));
        }
    }

    fn fold(row: Option<Step>, key: &Key, event: &Recorded<'_, Event>) -> Result<Option<Step>, Unfoldable> {
        let times = row.as_ref().map_or(0, |row| row.times);
        if let Event::StepOpened(e) = event.event {
            return Ok(Some(Step {
                times: times + 1,
                role: Some(e.role.clone()),
                department: Some(e.department.clone()),
                district: Some(e.district),
                opened_at: Some(event.occurred_at),
                opened_by: Some(event.meta.position),
                due: e.deadline.map(|deadline| deadline.due),
                ..Step::new(event, &e.step, StepState::Open)
            }));
        }
        if let Event::StepSkipped(e) = event.event {
            return Ok(Some(Step {
                times,
                ended_at: Some(event.occurred_at),
                ..Step::new(event, &e.step, StepState::Skipped)
            }));
        }
        let not_open = || Unfoldable::new(format!("{} for step {key}, which is not open", event.event.name()));
        let mut step = row.filter(|row| row.state == StepState::Open).ok_or_else(not_open)?;
        step.change(event);
        Ok(Some(step))
    }
}

impl Step {
    fn new(event: &Recorded<'_, Event>, step: &StepId, state: StepState) -> Step {
        Step {
            case_id: event.case,
            step: step.clone(),
            state,
            times: 0,
            role: None,
            department: None,
            district: None,
            opened_at: None,
            opened_by: None,
            due: None,
            passed: false,
            escalated_to: None,
            officer: None,
            ended_at: None,
            outcome: None,
            by_silence: false,
        }
    }

    fn change(&mut self, event: &Recorded<'_, Event>) {
        if let Event::StepTaken(e) = event.event {
            self.officer = Some(e.officer);
        } else if let Event::StepCompleted(e) = event.event {
            self.state = StepState::Done;
            self.ended_at = Some(event.occurred_at);
            self.outcome = Some(e.outcome.clone());
            self.by_silence = e.by_silence;
            if !e.by_silence {
                self.officer = Some(event.meta.actor.person);
            }
        } else if let Event::StepCancelled(_) = event.event {
            self.state = StepState::Cancelled;
            self.ended_at = Some(event.occurred_at);
        } else if let Event::DeadlineMoved(e) = event.event {
            self.due = Some(e.deadline.due);
        } else if let Event::DeadlinePassed(e) = event.event {
            self.passed = true;
            self.escalated_to = e.escalated_to.clone();
        }
    }
}
