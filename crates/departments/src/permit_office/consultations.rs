//! What outside agencies were asked about a case, and what they answered. Their words stand in the timeline.

use super::touch;
use kernel::{CaseId, DistrictId, Instant, PersonId, Position, RoleId, StepId};
use permits::Event;
use permits::events::Verdict as Answered;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Consultations.
pub(crate) struct Consultations;

/// What an agency says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing against it.
    Approves,
    /// Nothing against it, if its conditions are met.
    ApprovesWithConditions,
    /// Against it.
    Rejects,
}

impl From<Answered> for Verdict {
    fn from(verdict: Answered) -> Verdict {
        match verdict {
            Answered::Approves => Verdict::Approves,
            Answered::ApprovesWithConditions => Verdict::ApprovesWithConditions,
            Answered::Rejects => Verdict::Rejects,
        }
    }
}

/// A consultation of a case: the newest round with one agency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Consultation {
    pub(super) case_id: CaseId,
    pub(super) agency: StepId,
    pub(super) step: StepId,
    pub(super) role: RoleId,
    pub(super) district: DistrictId,
    pub(super) required: bool,
    /// How often it was asked.
    pub(super) times: u32,
    pub(super) asked_at: Instant,
    /// The position of that event.
    pub(super) asked_by: Position,
    pub(super) due: Option<Instant>,
    pub(super) passed: bool,
    pub(super) ended_at: Option<Instant>,
    pub(super) verdict: Option<Verdict>,
    pub(super) by_silence: bool,
    pub(super) officer: Option<PersonId>,
}

impl ReadModel for Consultations {
    type Event = Event;
    type Row = Consultation;
    const TABLE: Table = Table {
        name: "consultations",
        columns: &[
            Column::int("case_id", Public),
            Column::text("agency", Public),
            Column::text("step", Public),
            Column::text("role", Public),
            Column::int("district", Public),
            Column::bool("required", Public),
            Column::int("times", Public),
            Column::int("asked_at", Public),
            Column::int("asked_by", Public),
            Column::int("due", Public),
            Column::bool("passed", Public),
            Column::int("ended_at", Public),
            Column::text("verdict", Public),
            Column::bool("by_silence", Public),
            Column::text("officer", Department),
        ],
        key: &["case_id", "agency"],
        indexes: &[],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if let Some(agency) = touch::of(event.event).consultation {
            keys.push(Key::pair(event.case, agency.as_str()));
        }
    }

    fn fold(
        row: Option<Consultation>,
        key: &Key,
        event: &Recorded<'_, Event>,
    ) -> Result<Option<Consultation>, Unfoldable> {
        if let Event::ConsultationRequested(e) = event.event {
            return Ok(Some(Consultation {
                case_id: event.case,
                agency: e.agency.clone(),
                step: e.step.clone(),
                role: e.role.clone(),
                district: e.district,
                required: e.required,
                times: row.map_or(0, |row| row.times) + 1,
                asked_at: event.occurred_at,
                asked_by: event.meta.position,
                due: e.deadline.map(|deadline| deadline.due),
                passed: false,
                ended_at: None,
                verdict: None,
                by_silence: false,
                officer: None,
            }));
        }
        let not_open = || Unfoldable::new(format!("{} of agency {key}, which was not asked", event.event.name()));
        let mut asked = row.filter(|row| row.ended_at.is_none()).ok_or_else(not_open)?;
        asked.change(event);
        Ok(Some(asked))
    }
}

impl Consultation {
    fn change(&mut self, event: &Recorded<'_, Event>) {
        if let Event::ConsultationAnswered(e) = event.event {
            self.ended_at = Some(event.occurred_at);
            self.verdict = Some(e.verdict.into());
            self.by_silence = e.by_silence;
            if !e.by_silence {
                self.officer = Some(event.meta.actor.person);
            }
        } else if let Event::ConsultationCancelled(_) = event.event {
            self.ended_at = Some(event.occurred_at);
        } else if let Event::DeadlineMoved(e) = event.event {
            self.due = Some(e.deadline.due);
        } else if let Event::DeadlinePassed(_) = event.event {
            self.passed = true;
        }
    }
}
