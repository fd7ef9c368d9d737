//! Nothing personal is stored in the clear: every field of an event that could carry free text stands here with the
//! reason why it is not personal. A new one fails this test until somebody says why.

const STORED: &str = include_str!("../../src/wire/v1.rs");

/// Struct, field, and why no personal text gets there.
const TEXTS: &[(&str, &str, &str)] = &[
    ("Title", "fa", "the name of a city or department, set by its administrator"),
    ("Title", "en", "the same"),
    ("CityEstablished", "zone", "a name of the IANA list, checked against it"),
    ("ProcedurePublished", "source", "a procedure is public law as data"),
    ("HolidayDeclared", "title", "the public name of a holiday, set by the administrator"),
    ("Origin", "reference", "a case's number in the log it is read from; importers are told not to use names"),
    ("PaymentReceived", "reference", "the bank's tracking number: up to 64 printable ASCII characters without spaces"),
    ("RefundOrdered", "payment", "the bank's tracking number, as above"),
    ("RefundPaid", "payment", "the same"),
    ("RefundPaid", "reference", "the same"),
    ("CutOverBreached", "channel", "a channel of the procedure"),
    ("StepRecorded", "name", "the name of an activity in another system's log"),
    ("StepRecorded", "unit", "the unit of the organisation in that log"),
    ("StepRecorded", "lifecycle", "a word of the XES standard"),
];

/// Types that cannot carry free text, or carry it sealed.
const CLOSED: &[&str] = &[
    "bool",
    "u8",
    "u32",
    "i64",
    "[u8; 32]",
    "Date",
    "Instant",
    "Rials",
    "Deadline",
    "Weekday",
    "DistrictId",
    "PersonId",
    "BillNumber",
    "CertificateNumber",
    "LicenceNumber",
    "Sealed",
    "Clock",
    "Moved",
    "RefundReason",
    "Verdict",
    // Slugs of at most 48 characters of a-z, 0-9 and dashes, and a parcel's code of digits.
    "StepId",
    "RoleId",
    "DepartmentId",
    "ProcedureId",
    "ParcelId",
    // Structs of the same file, whose own fields are walked.
    "Title",
    "Department",
    "Party",
    "FactValue",
    "Value",
    "Document",
    "Origin",
    "ChecklistAnswer",
    "BillLine",
];

/// Every `pub field: Type` of the stored structs, with its struct.
fn fields() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut holder = "";
    let mut found = Vec::new();
    for line in STORED.lines() {
        if let Some(rest) = line.strip_prefix("pub struct ") {
            holder = rest.split([' ', '{']).next().unwrap();
        } else if let Some(field) = line.trim().strip_prefix("pub ").and_then(|rest| rest.strip_suffix(',')) {
            let (name, kind) = field.split_once(": ").unwrap();
            found.push((holder, name, kind));
        }
    }
    found
}

fn inner(kind: &'static str) -> &'static str {
    let strip = |outer: &str| kind.strip_prefix(outer).and_then(|rest| rest.strip_suffix('>'));
    strip("Option<").or_else(|| strip("Vec<")).map_or(kind, inner)
}

#[test]
fn every_text_of_an_event_has_its_reason() {
    let fields = fields();
    assert!(fields.len() > 90, "the file is read: {}", fields.len());
    for (holder, field, kind) in &fields {
        let listed = TEXTS.iter().any(|(s, f, _)| s == holder && f == field);
        match inner(kind) {
            "SmolStr" | "String" => {
                assert!(listed, "{holder}.{field} could carry personal text: seal it, or say why not")
            }
            other => assert!(CLOSED.contains(&other), "{holder}.{field}: is {other} free of personal text?"),
        }
    }
    for (holder, field, _) in TEXTS {
        assert!(fields.iter().any(|(s, f, _)| s == holder && f == field), "{holder}.{field} is gone");
    }
}

#[test]
fn enums_of_events_carry_only_ids_and_numbers() {
    let enums = STORED.split("pub enum ").skip(1).map(|rest| rest.split_once("\n}").unwrap().0);
    for body in enums {
        assert!(!body.contains("SmolStr") && !body.contains("String"), "{body}");
    }
}

#[test]
fn a_name_in_a_command_reaches_no_event_in_the_clear() {
    use super::harness::*;
    let world = given(built());
    let bytes: Vec<u8> =
        world.facts.iter().flat_map(|fact| permits::wire::encode(&fact.event).body.into_owned()).collect();
    let sealed = [7_u8; 60];
    assert!(bytes.windows(60).any(|window| window == sealed), "the name is there, as the vault sealed it");
    let debug = format!("{:?}", world.facts);
    assert!(!debug.contains("7, 7, 7"), "nor do logs show the bytes");
}
