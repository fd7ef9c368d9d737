//! Sending a command: its head from the request's headers, its answer as JSON or as a problem.

use crate::access::Caller;
use crate::gateway::State;
use crate::parse::one;
use crate::problem::{Kind, Problem, malformed, unavailable};
use aide::{
    OperationInput,
    generate::GenContext,
    openapi::Operation,
    operation::{ParamLocation, add_parameters, parameters_from_schema},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, request::Parts},
};
use kernel::register::Accepted;
use kernel::{Answer, CaseId, Channel, CommandId, Envelope, Instant, Message};
use permits::Command;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const COMMAND_ID: HeaderName = HeaderName::from_static("command-id");
const CHANNEL: HeaderName = HeaderName::from_static("daftar-channel");
const OCCURRED_AT: HeaderName = HeaderName::from_static("daftar-occurred-at");

/// What a command's headers say.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    id: CommandId,
    channel: Channel,
    occurred_at: Option<Instant>,
}

/// The headers of a command.
#[derive(Deserialize, JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct Headers {
    /// A UUID that makes the command idempotent: a repeat gets the first answer. `Command-Id` is the same.
    #[serde(rename = "Idempotency-Key")]
    idempotency_key: Option<String>,
    /// How the request reached the city; `online` where nothing is said, and always from a citizen.
    #[serde(rename = "Daftar-Channel")]
    channel: Option<String>,
    /// When it happened, for what an intake desk writes down later (RFC 3339).
    #[serde(rename = "Daftar-Occurred-At")]
    occurred_at: Option<String>,
}

/// An accepted command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Done {
    /// The case's number; absent where it is about the city itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) case: Option<String>,
    /// Position of its last event, for `?after=`.
    pub(crate) position: u64,
    /// Whether this is the answer to a repeat.
    pub(crate) repeated: bool,
}

impl From<Accepted> for Done {
    fn from(accepted: Accepted) -> Done {
        let case = (accepted.case != CaseId::CITY).then(|| accepted.case.to_string());
        Done { case, position: accepted.last().0, repeated: accepted.repeated }
    }
}

impl State {
    /// Sends a command about `about`, or about nothing that existed before, and waits until it is durable.
    pub(crate) async fn send(
        &self,
        caller: &Caller,
        head: Head,
        about: Option<CaseId>,
        command: Command,
    ) -> Result<Accepted, Problem> {
        let Head { id, channel, occurred_at } = head;
        // What came over another channel is written down by an intake desk, which is asked for it.
        if caller.is_citizen() && channel != Channel::ONLINE {
            return Err(invalid(&CHANNEL));
        }
        let actor = caller.actor.clone();
        let envelope = Envelope { id, actor, channel, cause: None, occurred_at, command };
        match self.commands.send(&envelope).await? {
            Answer::Accepted(accepted) => {
                self.acknowledge(accepted.last());
                Ok(accepted)
            }
            Answer::Refused(refusal) => Err(Problem::refused(refusal, about)),
            Answer::Busy => Err(Kind::Busy.into()),
            Answer::Malformed(why) => Err(malformed(&why)),
            Answer::Unavailable(why) => Err(unavailable(&why)),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Head {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Head, Problem> {
        Head::of(&parts.headers)
    }
}

impl Head {
    fn of(headers: &HeaderMap) -> Result<Head, Problem> {
        let id = match (text(headers, &IDEMPOTENCY_KEY)?, text(headers, &COMMAND_ID)?) {
            (Some(one), Some(other)) if one != other => return Err(invalid(&COMMAND_ID)),
            (Some(id), _) | (None, Some(id)) => command_id(id)?,
            (None, None) => CommandId(Uuid::now_v7()),
        };
        let header = |name: &HeaderName| text(headers, name);
        let channel = header(&CHANNEL)?.map(|text| one(CHANNEL.as_str(), text)).transpose()?;
        let occurred_at = header(&OCCURRED_AT)?.map(|text| one(OCCURRED_AT.as_str(), text)).transpose()?;
        Ok(Head { id, channel: channel.unwrap_or(Channel::ONLINE), occurred_at })
    }
}

/// Also with quotes around it, as a structured field has them (RFC 9651 section 3.3.3).
fn command_id(text: &str) -> Result<CommandId, Problem> {
    let bare = text.trim().trim_matches('"');
    let id = bare.parse::<CommandId>().ok().filter(|id| !id.0.is_nil());
    id.ok_or_else(|| invalid(&IDEMPOTENCY_KEY))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| invalid(name)),
        (Some(_), Some(_)) => Err(invalid(name)),
    }
}

fn invalid(name: &HeaderName) -> Problem {
    let message = Message { field: Some(name.as_str().to_owned()), ..Kind::InvalidHeader.message() };
    Problem::with(Kind::InvalidHeader, message)
}

impl OperationInput for Head {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let schema = ctx.schema.subschema_for::<Headers>();
        let parameters = parameters_from_schema(ctx, schema, ParamLocation::Header);
        add_parameters(ctx, operation, parameters);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(pairs: &[(&'static str, &str)]) -> Result<Head, Problem> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        Head::of(&headers)
    }

    #[test]
    fn the_key_is_the_command_id_and_a_fresh_one_where_there_is_none() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        for pairs in [
            &[("idempotency-key", id)][..],
            &[("idempotency-key", &format!("\"{id}\""))],
            &[("command-id", id)],
            &[("command-id", id), ("idempotency-key", id)],
        ] {
            assert_eq!(head(pairs).unwrap().id.to_string(), id);
        }
        assert_ne!(head(&[]).unwrap().id, head(&[]).unwrap().id);
        assert_eq!(head(&[]).unwrap().channel, Channel::ONLINE);
    }

    #[test]
    fn a_wrong_header_is_named() {
        let other = "01890a5d-ac96-774b-bcce-b302099a8058";
        let nil = "00000000-0000-0000-0000-000000000000";
        for pairs in [
            &[("idempotency-key", "1")][..],
            &[("idempotency-key", nil)],
            &[("idempotency-key", other), ("idempotency-key", other)],
            &[("command-id", other), ("idempotency-key", nil)],
            &[("daftar-occurred-at", "yesterday")],
        ] {
            let problem = head(pairs).unwrap_err();
            assert!(problem.message.field.is_some(), "{pairs:?}");
        }
        let head = head(&[("daftar-channel", "phone"), ("daftar-occurred-at", "2026-11-23T20:00:00Z")]).unwrap();
        assert_eq!((head.channel.as_str(), head.occurred_at.is_some()), ("phone", true));
    }
}
