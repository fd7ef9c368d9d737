//! What a case's application says: its answered fields, corrections merged in. Cases without any have no row.

use super::touch;
use kernel::{CaseId, StepId};
use permits::Event;
use permits::events::{FactValue, Value};
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Answered fields.
pub(crate) struct Applications;

/// The answered fields of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Application {
    pub(super) case_id: CaseId,
    pub(super) fields: BTreeMap<StepId, Answer>,
}

/// What a field of the procedure was answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Answer {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// One of the procedure's choices.
    Choice(String),
}

impl From<&Value> for Answer {
    fn from(value: &Value) -> Answer {
        match value {
            Value::Flag(flag) => Answer::Flag(*flag),
            Value::Integer(integer) => Answer::Integer(*integer),
            Value::Choice(choice) => Answer::Choice(choice.to_string()),
        }
    }
}

fn answers(event: &Event) -> &[FactValue] {
    if let Event::ApplicationSubmitted(e) = event {
        &e.facts
    } else if let Event::ReturnAnswered(e) = event {
        &e.facts
    } else {
        &[]
    }
}

impl ReadModel for Applications {
    type Event = Event;
    type Row = Application;
    const TABLE: Table = Table {
        name: "applications",
        columns: &[Column::int("case_id", Public), Column::json("fields", Department)],
        key: &["case_id"],
        indexes: &[],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if touch::of(event.event).application && !answers(event.event).is_empty() {
            keys.push(Key::one(event.case));
        }
    }

    fn fold(row: Option<Application>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Application>, Unfoldable> {
        let mut row = row.unwrap_or(Application { case_id: event.case, fields: BTreeMap::new() });
        let answered = answers(event.event).iter().map(|fact| (fact.field.clone(), Answer::from(&fact.value)));
        row.fields.extend(answered);
        Ok(Some(row))
    }
}
