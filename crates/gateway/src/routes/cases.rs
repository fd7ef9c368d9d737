//! `/v1/cases`: applying, reading a case, answering a return, taking an application back.

mod application;
mod look;
mod paid;
mod view;

pub(super) use application::apply;
pub(crate) use look::{Looks, looked, opened};
pub(crate) use paid::{Paid, bills, paid};
pub(super) use view::{AfterQuery, ListQuery, case, timeline};
pub(crate) use view::{own_words, visible};

use super::parties;
use crate::access::Caller;
use crate::command::{Done, Head};
use crate::extract::{Body, CasePath};
use crate::gateway::Shared;
use crate::parse::{Digits, Field, Fields, Sha256, integer};
use crate::problem::Problem;
use axum::{Json, extract::State};
use kernel::{Message, StepId};
use permits::Command;
use permits::events::{Document, FactValue, Value};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;

/// A document: what it is, and the SHA-256 of its content.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentBody {
    /// A document of the procedure.
    kind: String,
    /// 64 hexadecimal digits.
    sha256: String,
}

/// The value of a field: a whole number (in any digits), yes or no, or one of the field's choices.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum ValueBody {
    /// Yes or no.
    Flag(bool),
    /// A number, or a choice.
    Text(Digits),
}

/// An object whose names may be doubled in JSON: the register says which is, so none is dropped unseen.
pub(super) struct Pairs<T>(pub(super) Vec<(String, T)>);

impl<T> Default for Pairs<T> {
    fn default() -> Pairs<T> {
        Pairs(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pairs<T>, D::Error> {
        struct Collect<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Collect<T> {
            type Value = Pairs<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<T>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Collect(std::marker::PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Pairs<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        BTreeMap::<String, T>::schema_name()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        BTreeMap::<String, T>::json_schema(generator)
    }
}

/// The corrections that were asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerBody {
    /// Fields of the procedure, by name.
    #[serde(default)]
    facts: Pairs<ValueBody>,
    /// Documents.
    #[serde(default)]
    documents: Vec<DocumentBody>,
    /// A few words.
    note: Option<String>,
}

/// Nothing.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NothingBody {}

pub(super) async fn answer(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    Body(body): Body<AnswerBody>,
) -> Result<Json<Done>, Problem> {
    let mut fields = Fields::default();
    let facts = facts(&body.facts, &mut fields);
    let documents = documents(&body.documents, &mut fields);
    fields.done()?;
    let note = state.note(&caller, case, body.note.as_deref()).await?;
    let command = Command::AnswerReturn { case, facts, documents, note };
    Ok(Json(state.send(&caller, head, Some(case), command).await?.into()))
}

pub(super) async fn withdraw(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    Body(_): Body<NothingBody>,
) -> Result<Json<Done>, Problem> {
    Ok(Json(state.send(&caller, head, Some(case), Command::Withdraw { case }).await?.into()))
}

/// The answered fields; one that does not parse is named.
pub(super) fn facts(given: &Pairs<ValueBody>, fields: &mut Fields) -> Vec<FactValue> {
    let fact = |(name, value): &(String, ValueBody)| {
        let at = format!("facts.{name}");
        let field: Option<StepId> = fields.take(&at, name);
        let value = fields.keep(&at, value.parse());
        Some(FactValue { field: field?, value: value? })
    };
    given.0.iter().filter_map(fact).collect()
}

impl ValueBody {
    /// A text of digits alone, in any script, is a number: a choice is a word.
    fn parse(&self) -> Result<Value, Message> {
        match self {
            ValueBody::Flag(flag) => Ok(Value::Flag(*flag)),
            ValueBody::Text(Digits::Number(number)) => Ok(Value::Integer(*number)),
            ValueBody::Text(Digits::Text(text)) => match integer(text) {
                Some(number) => Ok(Value::Integer(number)),
                None => StepId::parse(text).map(Value::Choice),
            },
        }
    }
}

pub(super) fn documents(given: &[DocumentBody], fields: &mut Fields) -> Vec<Document> {
    let document = |(index, given): (usize, &DocumentBody)| {
        let kind: Option<StepId> = fields.take(&format!("documents[{index}].kind"), &given.kind);
        let hash: Option<Sha256> = fields.take(&format!("documents[{index}].sha256"), &given.sha256);
        Some(Document { kind: kind?, sha256: hash?.0 })
    };
    given.iter().enumerate().filter_map(document).collect()
}
