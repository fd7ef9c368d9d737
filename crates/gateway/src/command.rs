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
use kernel::{Answer, CaseId, Channel, CommandId, Envelope, Instant, Message, PersonId};
use permits::Command;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vault::MacKey;

/// What the key for commands' ids is derived for.
pub(crate) const COMMAND_IDS: &str = "gateway-command-ids";
/// The id under which the register has the command, in the answer.
pub(crate) const COMMAND: HeaderName = HeaderName::from_static("daftar-command");

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
    /// A UUID that makes the command idempotent: the same request of the same person with the same key is a repeat and
    /// gets the first answer. With another address, body, channel or time, or from somebody else, it is a command of its
    /// own. Without a key every request is. `Command-Id` is the same header. The answer's `Daftar-Command` has the id that
    /// the register knows the command by.
    #[serde(rename = "Idempotency-Key")]
    idempotency_key: Option<String>,
    /// How the request reached the city; `online` where nothing is said, and always from a citizen; never `system`.
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
                self.handed_in(caller, accepted.case, &envelope.command).await;
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
        // Only the guard puts it there, which knows the caller and the body.
        parts.extensions.get::<Head>().cloned().ok_or(Problem::new(Kind::Unauthenticated))
    }
}

impl Head {
    /// The head of this request of this person.
    pub(crate) fn of(ids: &MacKey, person: PersonId, parts: &Parts, body: &[u8]) -> Result<Head, Problem> {
        let headers = &parts.headers;
        let key = match (text(headers, &IDEMPOTENCY_KEY)?, text(headers, &COMMAND_ID)?) {
            (Some(one), Some(other)) if one != other => return Err(invalid(&COMMAND_ID)),
            (Some(key), _) | (None, Some(key)) => Some(parse_key(key)?),
            (None, None) => None,
        };
        let header = |name: &HeaderName| text(headers, name);
        let channel: Option<Channel> = header(&CHANNEL)?.map(|text| one(CHANNEL.as_str(), text)).transpose()?;
        let channel = channel.unwrap_or(Channel::ONLINE);
        // What the city does by itself, its clock above all, nobody does in its name.
        if channel == Channel::SYSTEM {
            return Err(invalid(&CHANNEL));
        }
        let occurred_at: Option<Instant> =
            header(&OCCURRED_AT)?.map(|text| one(OCCURRED_AT.as_str(), text)).transpose()?;
        let when = occurred_at.map_or_else(Vec::new, |at| at.0.to_be_bytes().to_vec());
        let id = key.map_or_else(Uuid::now_v7, |key| {
            let (method, path) = (parts.method.as_str().as_bytes(), parts.uri.path().as_bytes());
            let says = [person.0.as_bytes(), key.as_bytes(), method, path, channel.as_str().as_bytes(), &when];
            derive(ids, &says, &canonical(body))
        });
        Ok(Head { id: CommandId(id), channel, occurred_at })
    }

    /// The head of what a page's form sends: the same person, key, address and content are the same command.
    pub(crate) fn of_form(ids: &MacKey, person: PersonId, key: Option<Uuid>, says: &[&str]) -> Head {
        let Some(key) = key else {
            return Head { id: CommandId(Uuid::now_v7()), channel: Channel::ONLINE, occurred_at: None };
        };
        let key = key.to_string();
        Head::derived(ids, person, &[&["form", &key], says].concat())
    }

    /// The head of a command that this person sends once, whatever says these words again.
    pub(crate) fn derived(ids: &MacKey, person: PersonId, says: &[&str]) -> Head {
        // The count before each part keeps parts apart.
        let lengths: Vec<[u8; 8]> = says.iter().map(|part| (part.len() as u64).to_be_bytes()).collect();
        let mut parts: Vec<&[u8]> = vec![b"derived", person.0.as_bytes()];
        parts.extend(says.iter().zip(&lengths).flat_map(|(part, length)| [length.as_slice(), part.as_bytes()]));
        Head { id: CommandId(derive(ids, &parts, &[])), channel: Channel::ONLINE, occurred_at: None }
    }

    pub(crate) fn id(&self) -> CommandId {
        self.id
    }

    /// A few digits that are the same whenever the same request is sent again.
    pub(crate) fn nonce(&self) -> u32 {
        // The end of it: the ids that are not derived begin with the time.
        let bytes = self.id.0.as_bytes();
        bytes[12..].iter().fold(0, |nonce, byte| nonce << 8 | u32::from(*byte))
    }
}

/// The id of a command that was sent with a key. It is a keyed hash: ids stay in the register for good, and without the
/// city's key nobody can try out which body one was made of, also after the person in it is forgotten.
fn derive(ids: &MacKey, says: &[&[u8]], body: &[u8]) -> Uuid {
    let parts: Vec<&[u8]> = says.iter().copied().chain([body]).collect();
    let digest = ids.digest(&parts);
    let (start, _) = digest.split_first_chunk::<16>().expect("a digest has 32 bytes");
    Uuid::new_v8(*start)
}

/// The same bytes for the same JSON, however it is spaced and ordered; anything else as it is.
fn canonical(body: &[u8]) -> Vec<u8> {
    let body = if body.is_empty() { b"{}" } else { body };
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(mut json) => {
            json.sort_all_objects();
            json.to_string().into_bytes()
        }
        Err(_) => body.to_vec(),
    }
}

/// Also with quotes around it, as a structured field has them (RFC 9651 section 3.3.3).
fn parse_key(text: &str) -> Result<Uuid, Problem> {
    let bare = text.trim().trim_matches('"');
    let key = bare.parse::<Uuid>().ok().filter(|key| !key.is_nil());
    key.ok_or_else(|| invalid(&IDEMPOTENCY_KEY))
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
        sent(1, "/v1/cases", pairs, b"{}")
    }

    fn sent(person: u128, path: &str, pairs: &[(&'static str, &str)], body: &[u8]) -> Result<Head, Problem> {
        let mut request = axum::http::Request::post(path);
        for (name, value) in pairs {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let ids = vault::MasterKey::from_bytes([7; 32]).derive(COMMAND_IDS);
        Head::of(&ids, PersonId(Uuid::from_u128(person)), &parts, body)
    }

    #[test]
    fn the_same_request_is_the_same_command_and_without_a_key_each_is_its_own() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let first = head(&[("idempotency-key", id)]).unwrap().id;
        assert_eq!(first.0.get_version_num(), 8);
        for pairs in [
            &[("idempotency-key", id)][..],
            &[("idempotency-key", &format!("\"{id}\""))],
            &[("command-id", id)],
            &[("command-id", id), ("idempotency-key", id)],
        ] {
            assert_eq!(head(pairs).unwrap().id, first);
        }
        assert_ne!(head(&[]).unwrap().id, head(&[]).unwrap().id);
        assert_eq!(head(&[]).unwrap().channel, Channel::ONLINE);
    }

    #[test]
    fn a_key_is_bound_to_its_person_address_body_and_headers() {
        let key = ("idempotency-key", "01890a5d-ac96-774b-bcce-b302099a8057");
        let id = |person, path, pairs: &[_], body: &str| sent(person, path, pairs, body.as_bytes()).unwrap().id;
        let first = id(1, "/a", &[key], r#"{"a":1,"b":[{"c":2,"d":3}]}"#);
        assert_eq!(first, id(1, "/a", &[key], r#" { "b": [{"d": 3, "c": 2}], "a": 1 } "#), "only spaced otherwise");
        assert_eq!(id(1, "/a", &[key], ""), id(1, "/a", &[key], "{}"), "no body stands for an empty one");
        let other = ("idempotency-key", "01890a5d-ac96-774b-bcce-b302099a8058");
        let phone = ("daftar-channel", "phone");
        let later = ("daftar-occurred-at", "2026-11-23T20:00:00Z");
        let body = r#"{"a":1,"b":[{"c":2,"d":3}]}"#;
        let mut ids = vec![
            first,
            id(2, "/a", &[key], body),
            id(1, "/b", &[key], body),
            id(1, "/a", &[other], body),
            id(1, "/a", &[key, phone], body),
            id(1, "/a", &[key, later], body),
            id(1, "/a", &[key], r#"{"a":2,"b":[{"c":2,"d":3}]}"#),
            id(1, "/a", &[key], "id = 1"),
            id(1, "/a", &[key], "id = 2"),
        ];
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 9);
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
            &[("daftar-channel", "system")],
        ] {
            let problem = head(pairs).unwrap_err();
            assert!(problem.message.field.is_some(), "{pairs:?}");
        }
        let head = head(&[("daftar-channel", "phone"), ("daftar-occurred-at", "2026-11-23T20:00:00Z")]).unwrap();
        assert_eq!((head.channel.as_str(), head.occurred_at.is_some()), ("phone", true));
    }
}
