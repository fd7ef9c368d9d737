//! Golden bytes: every event ever stored decodes for ever, to the same meaning, and is written again to the same bytes.

use super::{harness::stored, wire};
use kernel::Register;
use permits::{Event, Permits, wire::CODES};
use proptest::{strategy::ValueTree, test_runner::TestRunner};

/// One event a paragraph: `code-vversion name`, its body in hex or a dash, and what it means.
const GOLDEN: &str = include_str!("../../../../schemas/golden/permits/events.txt");

struct Golden {
    code: u16,
    version: u8,
    name: &'static str,
    body: Vec<u8>,
    meaning: &'static str,
}

fn goldens() -> Vec<Golden> {
    let paragraphs =
        GOLDEN.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty() && !paragraph.starts_with('#'));
    paragraphs
        .map(|paragraph| {
            let mut lines = paragraph.trim().splitn(3, '\n');
            let (number, name) = lines.next().unwrap().split_once(' ').unwrap();
            let (code, version) = number.split_once("-v").unwrap();
            let hex = lines.next().unwrap().trim_matches('-');
            let body = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
            Golden {
                code: code.parse().unwrap(),
                version: version.parse().unwrap(),
                name,
                body,
                meaning: lines.next().unwrap(),
            }
        })
        .collect()
}

fn paragraph(event: &Event) -> String {
    let stored = Permits::encode(event);
    let hex: String = stored.body.iter().map(|byte| format!("{byte:02x}")).collect();
    let hex = if hex.is_empty() { "-" } else { &hex };
    format!("{}-v{} {}\n{hex}\n{event:?}\n", stored.code, stored.version, event.name())
}

/// The longest of some made-up events of a code: one with every optional field.
fn rich(code: u16) -> Event {
    let mut runner = TestRunner::deterministic();
    let strategy = wire::event(code);
    let made = (0..40).map(|_| proptest::strategy::Strategy::new_tree(&strategy, &mut runner).unwrap().current());
    made.max_by_key(|event| Permits::encode(event).body.len()).unwrap()
}

#[test]
fn golden_events_decode_for_ever() {
    for golden in goldens() {
        let event = Permits::decode(&stored(golden.code, golden.version, golden.body.clone()));
        let event = event.unwrap_or_else(|error| panic!("{}-v{}: {error}", golden.code, golden.version));
        assert_eq!((event.name(), format!("{event:?}").as_str()), (golden.name, golden.meaning));
        let again = Permits::encode(&event);
        if again.version == golden.version {
            assert_eq!((again.code, &*again.body), (golden.code, golden.body.as_slice()), "{}", golden.name);
        }
    }
}

#[test]
fn every_code_and_version_has_a_golden_event() {
    let there: Vec<(u16, u8)> = goldens().iter().map(|golden| (golden.code, golden.version)).collect();
    let missing: Vec<String> = CODES
        .iter()
        .map(|(code, _)| rich(*code))
        .filter(|event| {
            let stored = Permits::encode(event);
            !(1..=stored.version).all(|version| there.contains(&(stored.code, version)))
        })
        .map(|event| paragraph(&event))
        .collect();
    assert!(missing.is_empty(), "append to schemas/golden/permits/events.txt:\n\n{}", missing.join("\n"));
    assert_eq!(there.iter().collect::<std::collections::BTreeSet<_>>().len(), there.len(), "one each");
}
