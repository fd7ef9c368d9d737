//! A register of notes on cases, small enough to see through, and its department: a row a case, a row an event, a row a
//! district that cases share.

use kernel::{CaseId, Envelope, Fact, Instant, Meta, PersonId, Register, Sealed, Stored, WireError};
use projection::{Class, Column, Department, Key, ReadModel, Recorded, SealedText, Table, Unfoldable};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    Opened { district: u8 },
    Noted { text: String, name: Option<Sealed> },
    Moved { district: u8 },
    Closed,
    Forgotten { person: PersonId },
}

/// The codes of the stored forms: 1 is an [`Event`] as Postcard.
pub(crate) const CODE: u16 = 1;

#[derive(Default)]
pub(crate) struct Toy;

impl Register for Toy {
    const NAME: &'static str = "toy";
    const SNAPSHOT_VERSION: u32 = 1;
    type Command = ();
    type Event = Event;
    type Refusal = String;

    fn decide(&self, _: &Envelope<()>, _: Instant) -> Result<Vec<Fact<Event>>, String> {
        Ok(Vec::new())
    }
    fn evolve(&mut self, _: &Fact<Event>, _: &Meta) {}
    fn tick(&self, _: Instant) -> Option<()> {
        None
    }
    fn encode(event: &Event) -> Stored<'static> {
        Stored { code: CODE, version: 1, body: Cow::Owned(postcard::to_stdvec(event).unwrap()) }
    }
    fn decode(stored: &Stored<'_>) -> Result<Event, WireError> {
        if (stored.code, stored.version) != (CODE, 1) {
            return Err(WireError::UnknownEvent { code: stored.code, version: stored.version });
        }
        postcard::from_bytes(&stored.body)
            .map_err(|error| WireError::Malformed { what: "a toy event", why: error.to_string() })
    }
    fn refusal_code(_: &String) -> &'static str {
        "no"
    }
    fn forgets(event: &Event) -> Option<PersonId> {
        if let Event::Forgotten { person } = event { Some(*person) } else { None }
    }
    fn save(&self) -> impl FnOnce() -> Vec<u8> + Send + 'static {
        Vec::new
    }
    fn restore(_: &[u8]) -> Result<Toy, WireError> {
        Ok(Toy)
    }
}

pub(crate) fn department() -> Department<Event> {
    Department::new("toys").table::<Cases>().table::<Timeline>().table::<Districts>()
}

/// A row a case. `FUSSY` ones cannot fold a second opening; once that is "repaired" they can.
pub(crate) struct Cases;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CaseRow {
    pub(crate) case_id: u64,
    pub(crate) district: u8,
    pub(crate) open: bool,
    pub(crate) notes: Vec<String>,
    pub(crate) name: Option<SealedText>,
    pub(crate) events: u32,
}

pub(crate) const CASES: Table = Table {
    name: "cases",
    columns: &[
        Column::int("case_id", Class::Public),
        Column::int("district", Class::Public),
        Column::bool("open", Class::Public),
        Column::json("notes", Class::Department),
        Column::sealed("name"),
        Column::int("events", Class::Department),
    ],
    key: &["case_id"],
    indexes: &[&["district", "open"]],
    append_only: false,
};

/// A note that no version of the program folds, but the one of [`repaired`].
pub(crate) const POISON: &str = "poison";
static REPAIRED: std::sync::Mutex<Vec<u64>> = std::sync::Mutex::new(Vec::new());

/// From now on the poison of this case folds: a new build has been put into place.
pub(crate) fn repair(case: CaseId) {
    REPAIRED.lock().unwrap().push(case.as_u64());
}

impl ReadModel for Cases {
    type Event = Event;
    type Row = CaseRow;
    const TABLE: Table = CASES;

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        keys.extend([Key::one(event.case), Key::one(event.case)]);
    }
    fn fold(row: Option<CaseRow>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<CaseRow>, Unfoldable> {
        let mut row = row.unwrap_or(CaseRow {
            case_id: event.case.as_u64(),
            district: 0,
            open: false,
            notes: Vec::new(),
            name: None,
            events: 0,
        });
        row.events += 1;
        match event.event {
            Event::Opened { district } => (row.district, row.open) = (*district, true),
            Event::Noted { text, .. } if text == POISON && !REPAIRED.lock().unwrap().contains(&row.case_id) => {
                return Err(Unfoldable::new("poisonous"));
            }
            Event::Noted { text, name } => {
                row.notes.push(text.clone());
                if let Some(name) = name {
                    row.name = Some(name.into());
                }
            }
            Event::Moved { district } => row.district = *district,
            // A closed case goes, and comes back with whatever happens to it next.
            Event::Closed | Event::Forgotten { .. } => return Ok(None),
        }
        Ok(Some(row))
    }
}

/// A row an event.
pub(crate) struct Timeline;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TimelineRow {
    pub(crate) position: u64,
    pub(crate) case_id: u64,
    pub(crate) at: i64,
    pub(crate) what: String,
    pub(crate) note: Option<String>,
}

impl ReadModel for Timeline {
    type Event = Event;
    type Row = TimelineRow;
    const TABLE: Table = Table {
        name: "timeline",
        columns: &[
            Column::int("position", Class::Public),
            Column::int("case_id", Class::Public),
            Column::int("at", Class::Public),
            Column::text("what", Class::Public),
            Column::text("note", Class::Department),
        ],
        key: &["position"],
        indexes: &[&["case_id"]],
        append_only: true,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        keys.push(Key::one(event.meta.position));
    }
    fn fold(_: Option<TimelineRow>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<TimelineRow>, Unfoldable> {
        let (what, note) = match event.event {
            Event::Opened { .. } => ("opened", None),
            Event::Noted { text, .. } => ("noted", Some(text.clone())),
            Event::Moved { .. } => ("moved", None),
            Event::Closed => ("closed", None),
            Event::Forgotten { .. } => return Ok(None),
        };
        Ok(Some(TimelineRow {
            position: event.meta.position.0,
            case_id: event.case.as_u64(),
            at: event.occurred_at.0,
            what: what.to_owned(),
            note,
        }))
    }
}

/// A row a district and kind of event: several columns of a key, shared by cases.
pub(crate) struct Districts;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DistrictRow {
    pub(crate) channel: String,
    pub(crate) district: u8,
    pub(crate) arrivals: i64,
}

impl ReadModel for Districts {
    type Event = Event;
    type Row = DistrictRow;
    const TABLE: Table = Table {
        name: "districts",
        columns: &[
            Column::text("channel", Class::Public),
            Column::int("district", Class::Public),
            Column::int("arrivals", Class::Public),
        ],
        key: &["channel", "district"],
        indexes: &[],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        match event.event {
            Event::Opened { district } | Event::Moved { district } => {
                keys.push(Key::pair(event.meta.channel.as_str(), *district));
            }
            Event::Noted { .. } | Event::Closed | Event::Forgotten { .. } => {}
        }
    }
    fn fold(row: Option<DistrictRow>, key: &Key, _: &Recorded<'_, Event>) -> Result<Option<DistrictRow>, Unfoldable> {
        let (channel, district) = (key.text(0).unwrap().to_owned(), key.int(1).unwrap() as u8);
        let arrivals = row.map_or(0, |row| row.arrivals) + 1;
        Ok(Some(DistrictRow { channel, district, arrivals }))
    }
}

/// A sealed name: its bytes turned round, which is as much as these tests need of a vault.
pub(crate) fn seal(person: PersonId, name: &str) -> Sealed {
    Sealed { person, bytes: name.bytes().rev().collect() }
}
