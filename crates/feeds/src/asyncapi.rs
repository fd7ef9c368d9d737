//! The AsyncAPI 3.0 document of the feeds, from the types that are published. `daftar schema` writes it.

mod examples;

use crate::data::{Case, KINDS, Kind};
use crate::message::{Teller, data_schema, event_id, event_type, sequence};
use crate::seek::{Ask, Found, Refused};
use crate::{Told, department_subject, source};
use kernel::{CityId, Position};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// Where schemas stand in the document.
const SCHEMAS: &str = "#/components/schemas/";

/// The whole document.
///
/// # Panics
/// When an event has no example, which a test would have shown.
#[must_use]
pub fn document() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.definitions_path = SCHEMAS[1..].into());
    let mut generator = settings.into_generator();
    let case = generator.subschema_for::<Case<'_>>().to_value();
    let examples = examples::told();
    let mut messages = Map::new();
    for kind in KINDS {
        let example = examples.iter().find(|told| told.subject.ends_with(&format!(".{}", kind.name)));
        let example = example.unwrap_or_else(|| panic!("{} has no example", kind.name));
        messages.insert(kind.name.to_owned(), message(kind, &case, &mut generator, example));
    }
    let [ask, found, refused] = questions(&mut generator);
    messages.insert("seek".to_owned(), ask);
    messages.insert("found".to_owned(), found);
    messages.insert("refused".to_owned(), refused);
    let schemas = generator.take_definitions(true);
    json!({
        "asyncapi": "3.0.0",
        "info": info(),
        "defaultContentType": "application/json",
        "servers": { "city": {
            "host": "localhost:4222", "protocol": "nats",
            "description": "nats-server of the city; `daftar up` prints its address.",
        } },
        "channels": { "feed": feed_channel(), "seek": seek_channel(), "answers": answers_channel() },
        "operations": operations(),
        "components": { "messages": messages, "schemas": schemas },
    })
}

fn info() -> Value {
    json!({
        "title": "Daftar: feeds of the departments",
        "version": "1.0.0",
        "license": { "name": "Apache-2.0" },
        "description": "What a department of the city may see of the permits register, as CloudEvents 1.0 in the binary \
            mode of the NATS binding, on the JetStream stream DAFTAR_<city>_FEED_<department>. Each event is there once, \
            in the order of `ce-sequence`, its position in the register; positions that the department may not see are \
            left out. No person, note, document hash or other personal data is in it. `ce-time` is when it happened, \
            `ce-recordedtime` when the register recorded it. A body may get new fields; whatever changes the meaning of \
            one is a new version of `ce-type`. Read with a durable consumer, or from the sequence that `seek` gives for \
            a position or a date, and keep the last `ce-sequence` that was handled: what is delivered again has one that \
            is not higher.",
    })
}

fn parameters() -> Value {
    json!({
        "city": { "description": "The city's id.", "examples": ["isfahan"] },
        "department": { "description": "A department of the city's charter.", "examples": ["permit-office"] },
    })
}

fn feed_channel() -> Value {
    let mut parameters = parameters();
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    parameters["kind"] = json!({ "description": "What happened.", "enum": kinds });
    let references = KINDS.iter().map(|kind| (kind.name.to_owned(), reference("messages", kind.name)));
    json!({
        "address": "daftar.{city}.feed.{department}.{kind}",
        "title": "What a department may see",
        "parameters": parameters,
        "messages": references.collect::<Map<_, _>>(),
    })
}

fn seek_channel() -> Value {
    json!({
        "address": "daftar.{city}.seek.{department}",
        "title": "Where in the stream a position or a time is",
        "parameters": parameters(),
        "messages": { "seek": reference("messages", "seek") },
    })
}

fn answers_channel() -> Value {
    json!({
        "address": null,
        "title": "Answers, on the inbox of whoever asked",
        "messages": { "found": reference("messages", "found"), "refused": reference("messages", "refused") },
    })
}

fn operations() -> Value {
    json!({
        "publish": {
            "action": "send",
            "summary": "Daftar publishes each event that the department may see, once, in order.",
            "channel": reference("", "feed"),
        },
        "seek": {
            "action": "receive",
            "summary": "Daftar says from which sequence of the stream on to read.",
            "channel": reference("", "seek"),
            "reply": {
                "address": { "location": "$message.header#/reply", "description": "The inbox of the NATS request." },
                "channel": reference("", "answers"),
            },
        },
    })
}

fn reference(room: &str, name: &str) -> Value {
    match room {
        "" => json!({ "$ref": format!("#/channels/{name}") }),
        room => json!({ "$ref": format!("#/components/{room}/{name}") }),
    }
}

fn message(kind: &Kind, case: &Value, generator: &mut SchemaGenerator, example: &Told) -> Value {
    let own = (kind.schema)(generator).to_value();
    let summary = own["$ref"].as_str().and_then(|at| at.strip_prefix(SCHEMAS)).and_then(|name| {
        let schema = generator.definitions().get(name)?;
        schema["description"].as_str().map(str::to_owned)
    });
    let payload = if kind.of_case { json!({ "allOf": [case, own] }) } else { own };
    let headers: Map<String, Value> = example
        .headers
        .iter()
        .filter_map(|(name, values)| Some((name.to_string(), Value::from(values.first()?.as_str()))))
        .collect();
    let body: Value = serde_json::from_slice(&example.body).expect("an example is JSON");
    json!({
        "name": event_type(kind),
        "title": kind.fa,
        "summary": summary.unwrap_or_default(),
        "contentType": "application/json",
        "headers": headers_schema(kind),
        "payload": payload,
        "examples": [{ "headers": headers, "payload": body }],
    })
}

fn headers_schema(kind: &Kind) -> Value {
    let of = |about: &str, example: String| json!({ "type": "string", "description": about, "examples": [example] });
    let fixed = |about: &str, value: String| json!({ "type": "string", "description": about, "const": value });
    let city: CityId = "isfahan".parse().expect("a valid city");
    let moment = |about: &str| json!({ "type": "string", "format": "date-time", "description": about });
    let mut properties = json!({
        "ce-specversion": fixed("CloudEvents 1.0.", "1.0".to_owned()),
        "ce-id": of("The register and the position in it; the same for every department.", event_id(Position(1234))),
        "ce-source": of("The city and the register.", source(&city)),
        "ce-type": fixed("What happened, and the version of the body.", event_type(kind)),
        "ce-time": moment("When it happened in the world."),
        "ce-recordedtime": moment("When the register recorded it; never goes back along a feed."),
        "ce-sequence": of("The position in the register, 20 digits.", sequence(Position(1234))),
        "ce-datacontenttype": fixed("JSON.", "application/json".to_owned()),
        "ce-dataschema": fixed("The name of the body's schema.", data_schema(kind)),
        "daftar-block": of("The block of the register that holds the event.", "77".to_owned()),
    });
    if kind.of_case {
        properties["ce-subject"] = of("The case.", "1405-000123".to_owned());
    }
    let required: Vec<&String> = properties.as_object().map(|all| all.keys().collect()).unwrap_or_default();
    let required = json!(required);
    json!({ "type": "object", "properties": properties, "required": required })
}

fn questions(generator: &mut SchemaGenerator) -> [Value; 3] {
    let message = |name: &str, title: &str, payload: Value| json!({ "name": name, "title": title, "payload": payload });
    let refused = generator.subschema_for::<Refused>().to_value();
    let refused = json!({ "type": "object", "properties": { "error": refused }, "required": ["error"] });
    [
        message("seek", "پرسش از جای یک رویداد", generator.subschema_for::<Ask>().to_value()),
        message("found", "جای رویداد در جریان", generator.subschema_for::<Found>().to_value()),
        message("refused", "پرسش پاسخ داده نشد", refused),
    ]
}

/// A teller for examples: what the permit office of Isfahan is told.
fn teller() -> (CityId, Teller) {
    let city: CityId = "isfahan".parse().expect("a valid city");
    let department = "permit-office".parse::<kernel::DepartmentId>().expect("a valid department");
    debug_assert!(department_subject(&city, department.as_str()).ends_with("permit-office"));
    let teller = Teller::new(&city, department.into());
    (city, teller)
}
