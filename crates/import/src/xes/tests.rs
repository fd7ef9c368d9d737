//! Logs in every dialect that was met, broken ones, and the real ones.

use super::*;
use crate::{CaseRow, Identities, StepIdentity, StepRow, csv::CsvLog, real_data};
use kernel::{CommandId, Instant};
use proptest::prelude::*;
use real_data::{counts, refused, source, times, xes};
use std::collections::BTreeSet;
use vault::MasterKey;

fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(text).unwrap()
}

const LOG: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="trace"><string key="concept:name" value="UNKNOWN"/></global>
  <global scope="event"><date key="time:timestamp" value="1970-01-01T00:00:00Z"/></global>
  <string key="concept:name" value="of the log"/>
  <trace>
    <date key="startdate" value="2011-10-11T13:42:22.688+02:00"/>
    <string key="concept:name" value="case &amp; &#x634;"><string key="concept:name" value="nested"/></string>
    <list key="notes"><values><string key="channel" value="in a list"/></values></list>
    <date key="deadline" value="2011-12-06T13:41:31.788+01:00"/>
    <event>
      <string key="org:group" value="EMPTY"/>
      <string key="org:resource" value="Resource21"/>
      <string key="concept:name" value="Receipt"><date key="time:timestamp" value="1999-01-01T00:00:00Z"/></string>
      <date key="time:timestamp" value="2011-10-11T13:45:40.276+02:00"/>
    </event>
    <event><string key="concept:name" value="Undated"/></event>
    <event><date key="time:timestamp" value="2011-10-12T08:26:25.398+02:00"/></event>
    <event/>
  </trace>
  <trace/>
</log>"#;

#[test]
fn only_direct_values_count_and_every_other_event_is_refused() {
    let records = xes(LOG, &Names::default());
    let [Record::Case(case), Record::Step(step), ..] = &records[..] else { panic!("{records:#?}") };
    let expected = CaseRow {
        reference: "case & ش".into(),
        channel: None,
        deadline: Some(at("2011-12-06T12:41:31.788Z")),
        started: at("2011-10-11T11:42:22.688Z"),
        ended: None,
        line: 7,
    };
    assert_eq!(case, &expected);
    assert_eq!((step.name.as_str(), step.at, step.line), ("Receipt", at("2011-10-11T11:45:40.276Z"), 12));
    assert_eq!(
        (step.actor.as_deref(), step.unit.as_deref(), step.lifecycle.clone()),
        (Some("Resource21"), Some("EMPTY"), None)
    );
    let expected = [
        (18, "the event has no time:timestamp"),
        (19, "the event has no concept:name"),
        (20, "the event has no concept:name"),
        (22, "the trace has no concept:name"),
    ];
    assert_eq!(refused(&records), expected);
}

#[test]
fn other_prefixes_no_namespace_and_late_attributes_are_read() {
    let text = r#"<x:log xmlns:x="urn:x">
        <x:extension name="Concept" prefix="c" uri="http://www.xes-standard.org/concept.xesext"/>
        <x:extension name="Time" prefix="t" uri="https://xes-standard.org/time.xesext"/>
        <x:trace><x:event><x:string key="c:name" value="a"/><x:date key="t:timestamp" value="2020-01-01T00:00:00Z"/></x:event>
        <x:string key="c:name" value="late"/></x:trace></x:log>"#;
    let records = xes(text, &Names::default());
    assert_eq!(counts(&records), (1, 1, 0));
    assert!(
        matches!(&records[0], Record::Case(case) if case.reference == "late" && case.started == at("2020-01-01T00:00:00Z"))
    );
}

#[test]
fn attributes_can_be_named_as_the_columns_of_a_table_are() {
    let text = r#"<log><trace><string key="id" value="7"/><string key="kanal" value="Post"/><string key="amt" value="Bauamt"/>
        <event><string key="was" value="a"/><string key="wer" value="R1"/><date key="wann" value="2020-01-01 10:00"/></event>
        </trace></log>"#;
    let name = |text: &str| Some(text.to_owned());
    let names = Names {
        case: name("case:id"),
        step: name("was"),
        time: name("wann"),
        actor: name("wer"),
        unit: name("case:amt"),
        channel: name("kanal"),
        ..Names::default()
    };
    let records = xes(text, &names);
    let [Record::Case(case), Record::Step(step)] = &records[..] else { panic!("{records:#?}") };
    assert_eq!(case.channel.as_ref().map(kernel::Channel::as_str), Some("Post"));
    assert_eq!((step.unit.as_deref(), step.actor.as_deref()), (Some("Bauamt"), Some("R1")));
    assert_eq!(step.at, at("2020-01-01T09:00:00Z"), "on the clock of the zone");
}

#[test]
fn a_case_that_cannot_be_recorded_takes_its_events_with_it_and_says_so() {
    let event = r#"<event><string key="concept:name" value="a"/><date key="time:timestamp" value="2020-01-01T00:00:00Z"/></event>"#;
    let text = format!(
        "<log>\n<trace><string key=\"concept:name\" value=\"1\"/><date key=\"deadline\" value=\"soon\"/>\n{event}</trace>\n\
         <trace><string key=\"concept:name\" value=\"2\"/></trace>\n\
         <trace><string key=\"concept:name\" value=\"3\"/><date key=\"startdate\" value=\"2020-01-01T00:00:00Z\"/></trace>\n\
         {event}\n<trace><string key=\"concept:name\" value=\"&nope;\"/>{event}</trace>\n</log>"
    );
    let records = xes(text, &Names::default());
    let lines: Vec<u64> = refused(&records).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 6, 7, 7], "{records:#?}");
    assert_eq!(counts(&records), (1, 0, 6), "an empty trace with a start is a case");
}

#[test]
fn a_very_long_trace_is_told_in_parts() {
    let event = |n: usize| {
        format!(
            "<event><string key=\"concept:name\" value=\"s{n}\"/><date key=\"time:timestamp\" value=\"2020-01-01T00:00:00Z\"/></event>\n"
        )
    };
    let events: String = (0..STEPS_HELD * 2 + 5).map(event).collect();
    let text = format!("<log><trace><string key=\"concept:name\" value=\"1\"/>\n{events}</trace></log>");
    assert_eq!(counts(&xes(&text, &Names::default())), (1, STEPS_HELD * 2 + 5, 0));
    let nameless = format!("<log><trace>\n{events}</trace></log>");
    assert_eq!(counts(&xes(nameless, &Names::default())), (0, 0, STEPS_HELD * 2 + 6));
}

#[test]
fn events_that_say_the_same_are_one_and_nested_words_count() {
    let event = |note: &str| {
        format!(
            "<event><string key=\"concept:name\" value=\"a\">{note}</string><date key=\"time:timestamp\" value=\"2020-01-01T00:00:00Z\"/></event>"
        )
    };
    let text = format!(
        "<log><trace><string key=\"concept:name\" value=\"1\"/>{}{}{}</trace></log>",
        event(""),
        event("<string key=\"n\" value=\"x\"/>"),
        event("")
    );
    let identities = identities(&xes(text, &Names::default()));
    assert!(matches!(identities[..], [StepIdentity::New(_), StepIdentity::New(_), StepIdentity::Duplicate]));
}

#[test]
fn what_is_no_log_or_breaks_off_says_so() {
    let open = |text: &str| XesLog::open(source(text), &Names::default(), times("UTC", None)).err().unwrap();
    assert!(matches!(open("<html/>"), ReadError::NotXes { found } if found == "html"));
    assert!(matches!(open(""), ReadError::Empty));
    assert!(matches!(open("case,step\n1,a\n"), ReadError::Empty));

    let last = |text: &str| {
        let log = XesLog::open(source(text), &Names::default(), times("UTC", None)).unwrap();
        log.last().unwrap().unwrap_err()
    };
    let cut = &LOG[..LOG.find("<event/>").unwrap()];
    assert!(matches!(last(cut), ReadError::Truncated { line: 20, element: "trace" }), "{:?}", last(cut));
    assert!(matches!(last("<log>\n<trace></log>"), ReadError::Xml { line: 2, .. }));
    let endless = format!("<log><trace a=\"{}", "x".repeat(2 * TAG_LIMIT));
    assert!(matches!(last(&endless), ReadError::Broken { .. }), "{:?}", last(&endless));
}

#[test]
fn real_receipts_are_the_same_in_both_formats() {
    let [Some(log), Some(table)] = ["permits/receipt.xes.gz", "permits/receipt.csv"].map(real_data::file) else {
        return;
    };
    let names = Names::default();
    let times = times("Asia/Tehran", None);
    let log = real_data::records(XesLog::open(Source::open(&log).unwrap(), &names, times.clone()).unwrap());
    let table = real_data::records(CsvLog::open(Source::open(&table).unwrap(), &names, times).unwrap());
    assert_eq!(counts(&log), (1_434, 8_577, 0));
    assert_eq!(counts(&table), (1_434, 8_577, 0));
    let ids = ids(&log);
    assert_eq!(ids.len(), 8_577);
    assert_eq!(ids, self::ids(&table));
    assert_eq!(log.iter().map(without_place).collect::<Vec<_>>(), table.iter().map(without_place).collect::<Vec<_>>());
}

#[test]
fn real_claims_and_fines_are_read_whole() {
    for (name, cases, steps) in
        [("travel/bpic2020_RequestForPayment.xes.gz", 6_760, 36_072), ("fines/roadtraffic100traces.xes", 100, 390)]
    {
        let Some(file) = real_data::file(name) else { continue };
        let log = XesLog::open(Source::open(&file).unwrap(), &Names::default(), times("UTC", None)).unwrap();
        let records = real_data::records(log);
        assert_eq!(counts(&records), (cases, steps, 0), "{name}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(garbage in prop::collection::vec(any::<u8>(), 0..100), place: prop::sample::Index, keep: bool) {
        let place = place.index(LOG.len());
        let rest = if keep { &LOG.as_bytes()[place..] } else { &[] };
        for bytes in [garbage.clone(), [&LOG.as_bytes()[..place], &garbage, rest].concat()] {
            if let Ok(log) = XesLog::open(source(bytes), &Names::default(), times("Asia/Tehran", None)) {
                let _ = log.count();
            }
        }
    }

    #[test]
    fn a_log_that_is_cut_short_is_never_read_as_a_whole_one(place in 0..LOG.len()) {
        let bytes = &LOG.as_bytes()[..place];
        if let Ok(log) = XesLog::open(source(bytes), &Names::default(), times("UTC", None)) {
            prop_assert!(log.last().is_some_and(|last| last.is_err()));
        }
    }
}

fn identities(records: &[Record]) -> Vec<StepIdentity> {
    let key = MasterKey::from_bytes([1; 32]).derive("import");
    let mut ids = Identities::new(key, "isfahan".parse().unwrap(), "observed".parse().unwrap());
    let steps = records.iter().filter_map(|record| match record {
        Record::Step(step) => Some(ids.step(step)),
        Record::Case(_) | Record::Refused { .. } => None,
    });
    steps.collect()
}

fn ids(records: &[Record]) -> BTreeSet<CommandId> {
    let ids = identities(records).into_iter().filter_map(|identity| match identity {
        StepIdentity::New(id) => Some(id),
        StepIdentity::Duplicate | StepIdentity::TooMany => None,
    });
    ids.collect()
}

/// What does not depend on the format.
fn without_place(record: &Record) -> Record {
    match record.clone() {
        Record::Case(case) => Record::Case(CaseRow { line: 0, ..case }),
        Record::Step(step) => Record::Step(StepRow { line: 0, raw: 0, ..step }),
        Record::Refused { reason, .. } => Record::Refused { line: 0, reason },
    }
}
