//! A feed's message: a CloudEvent 1.0 in the binary mode of the NATS binding, its attributes as `ce-` headers.
//!
//! Everything in it follows from the register alone, so that a feed that is published anew is the same to the last byte.

use crate::city::City;
use crate::data::{Case, Data, Kind};
use crate::disclose::disclose;
use crate::words::case_of;
use crate::{Department, Reached};
use async_nats::header::HeaderName;
use async_nats::{HeaderMap, Subject};
use bytes::Bytes;
use kernel::{CaseId, CityId, Height, Instant, Position, Register as _};
use permits::{Event, Permits};
use serde::Serialize;

const SPECVERSION: HeaderName = HeaderName::from_static("ce-specversion");
const ID: HeaderName = HeaderName::from_static("ce-id");
const SOURCE: HeaderName = HeaderName::from_static("ce-source");
const TYPE: HeaderName = HeaderName::from_static("ce-type");
const TIME: HeaderName = HeaderName::from_static("ce-time");
const RECORDED: HeaderName = HeaderName::from_static("ce-recordedtime");
const SUBJECT: HeaderName = HeaderName::from_static("ce-subject");
const SEQUENCE: HeaderName = HeaderName::from_static("ce-sequence");
const CONTENT: HeaderName = HeaderName::from_static("ce-datacontenttype");
const SCHEMA: HeaderName = HeaderName::from_static("ce-dataschema");
/// Where the publisher goes on after a restart: the height of the event's block.
const BLOCK: HeaderName = HeaderName::from_static("daftar-block");

/// One event as a department is told of it.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its position in the register.
    pub position: Position,
    /// The height of its block.
    pub height: Height,
    /// What it is published on.
    pub subject: Subject,
    /// The attributes.
    pub headers: HeaderMap,
    /// The data.
    pub body: Bytes,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) position: Position,
    pub(crate) height: Height,
    pub(crate) case: CaseId,
    pub(crate) recorded_at: Instant,
    pub(crate) occurred_at: Instant,
}

/// The subject of everything a department is told: `daftar.<city>.feed.<department>`, and then `.<kind>`.
#[must_use]
pub fn department_subject(city: &CityId, department: &str) -> String {
    format!("daftar.{city}.feed.{department}")
}

/// The `source` of a city's events: `/<city>/permits`.
#[must_use]
pub fn source(city: &CityId) -> String {
    format!("/{city}/{}", Permits::NAME)
}

/// The `type` of a kind of event: `daftar.permits.step-opened.v1`.
#[must_use]
pub fn event_type(kind: &Kind) -> String {
    format!("daftar.{}.{}.v{}", Permits::NAME, kind.name, kind.version)
}

/// The `dataschema` of a kind of event: `urn:daftar:permits:step-opened:v1`.
#[must_use]
pub(crate) fn data_schema(kind: &Kind) -> String {
    format!("urn:daftar:{}:{}:v{}", Permits::NAME, kind.name, kind.version)
}

/// The `id` of the event at a position: `permits-1234`.
#[must_use]
pub(crate) fn event_id(position: Position) -> String {
    format!("{}-{position}", Permits::NAME)
}

/// The `sequence` of the event at a position: with zeros in front, since sequences are compared as text.
#[must_use]
pub(crate) fn sequence(position: Position) -> String {
    format!("{:020}", position.0)
}

/// A body: the case, and what happened.
#[derive(Serialize)]
pub(crate) struct Body<'a> {
    #[serde(flatten)]
    pub(crate) case: Option<Case<'a>>,
    #[serde(flatten)]
    pub(crate) data: &'a Data<'a>,
}

/// Makes the messages of one department.
#[derive(Debug)]
pub(crate) struct Teller {
    department: Department,
    subject: String,
    source: String,
}

impl Teller {
    pub(crate) fn new(city: &CityId, department: Department) -> Teller {
        let subject = department_subject(city, department.id.as_str());
        Teller { department, subject, source: source(city) }
    }

    /// The message about an event; none when the department may not see it.
    pub(crate) fn tell(&self, city: &City, place: Place, event: &Event) -> Option<Told> {
        let data = disclose(city, &self.department, place.case, event)?;
        let kind = data.kind();
        let case = city.case(place.case).map(|of| case_of(of.procedure, of.district));
        let body = serde_json::to_vec(&Body { case, data: &data }).expect("a body of plain fields always encodes");
        let mut headers = HeaderMap::new();
        headers.insert(SPECVERSION, "1.0");
        headers.insert(ID, event_id(place.position));
        headers.insert(SOURCE, self.source.as_str());
        headers.insert(TYPE, event_type(kind));
        headers.insert(TIME, place.occurred_at.to_string());
        headers.insert(RECORDED, place.recorded_at.to_string());
        if place.case != CaseId::CITY {
            headers.insert(SUBJECT, place.case.to_string());
        }
        headers.insert(SEQUENCE, sequence(place.position));
        headers.insert(CONTENT, "application/json");
        headers.insert(SCHEMA, data_schema(kind));
        headers.insert(BLOCK, place.height.to_string());
        let subject = format!("{}.{}", self.subject, kind.name).into();
        Some(Told { position: place.position, height: place.height, subject, headers, body: body.into() })
    }
}

/// What a stored message says of where it stands; none when it is not one of ours.
pub(crate) fn place_of(sequence: u64, headers: &HeaderMap) -> Option<Reached> {
    let text = |name: HeaderName| headers.get(name).map(async_nats::HeaderValue::as_str);
    Some(Reached {
        sequence,
        position: Position(text(SEQUENCE)?.parse().ok()?),
        height: Height(text(BLOCK)?.parse().ok()?),
        recorded_at: text(RECORDED)?.parse().ok()?,
    })
}
