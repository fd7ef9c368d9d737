//! Tables of both shapes, as they come: with the usual names, with named columns, with broken rows.

use super::*;
use crate::{Identities, Milestone, StepIdentity, real_data};
use proptest::prelude::*;
use real_data::{counts, csv, refused, source, times};
use vault::MasterKey;

fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(text).unwrap()
}

fn named(case: &str, step: &str, time: &str) -> Names {
    let name = |text: &str| Some(text.to_owned());
    Names { case: name(case), step: name(step), time: name(time), ..Names::default() }
}

fn milestones(case: &str, columns: &[(&str, &str)]) -> Names {
    let milestone = |&(column, step): &(&str, &str)| Milestone { column: column.into(), step: step.into() };
    Names { case: Some(case.into()), milestones: columns.iter().map(milestone).collect(), ..Names::default() }
}

const USUAL: &str = "case:channel,case:concept:name,case:deadline,case:enddate,case:startdate,concept:name,\
lifecycle:transition,org:group,org:resource,time:timestamp
Internet,c1,2011-12-06 13:41:31.788000+01:00,,2011-10-11 13:42:22.688000+02:00,Receipt,complete,EMPTY,R21,2011-10-11 13:45:40+02:00
Internet,c1,2011-12-06 13:41:31.788000+01:00,,2011-10-11 13:42:22.688000+02:00,Check,complete,,R10,2011-10-12 08:26:25+02:00
Desk,c2,,2011-10-18,,Receipt,complete,EMPTY,R30,2011-10-18 09:00
";

#[test]
fn the_usual_columns_need_no_naming() {
    let records = csv(USUAL, &Names::default());
    let [Record::Case(first), Record::Step(receipt), Record::Step(check), Record::Case(second), Record::Step(_)] =
        &records[..]
    else {
        panic!("{records:#?}");
    };
    assert_eq!((first.reference.as_str(), first.line), ("c1", 2));
    assert_eq!(first.channel.as_ref().map(kernel::Channel::as_str), Some("Internet"));
    assert_eq!(first.deadline, Some(at("2011-12-06T12:41:31.788Z")));
    assert_eq!((first.started, first.ended), (at("2011-10-11T11:42:22.688Z"), None));
    assert_eq!((receipt.name.as_str(), receipt.at, receipt.line), ("Receipt", at("2011-10-11T11:45:40Z"), 2));
    assert_eq!((receipt.unit.as_deref(), receipt.actor.as_deref()), (Some("EMPTY"), Some("R21")));
    assert_eq!((check.unit.as_deref(), check.lifecycle.as_deref()), (None, Some("complete")));
    assert_eq!(second.started, at("2011-10-18T07:00:00Z"), "the case began with its first step");
    assert_eq!(second.ended, Some(at("2011-10-17T22:00:00Z")), "local midnight");
}

#[test]
fn a_case_is_told_again_where_its_rows_go_on_after_anothers() {
    let text = "c;s;t\n1;a;2020-01-01\n2;a;2020-01-01\n1;b;2020-01-02\n1;c;2020-01-03\n";
    let records = csv(text, &named("c", "s", "t"));
    assert_eq!(counts(&records), (3, 4, 0));
}

#[test]
fn each_filled_cell_of_a_row_a_case_is_a_step() {
    let names = milestones("Key", &[("Created", "Created"), ("Closed", "Closed")]);
    let text = "Key,Created,Closed\n1,06/26/2018 10:58:54 AM,07/01/2018 11:59:06 AM\n2,07/02/2018 01:00:00 PM,\n\
                3,,soon\n4,,\n";
    let records = csv(text, &names);
    let steps: Vec<_> = records
        .iter()
        .filter_map(|record| match record {
            Record::Step(step) => Some((step.reference.as_str(), step.name.as_str(), step.at)),
            Record::Case(_) | Record::Refused { .. } => None,
        })
        .collect();
    let expected = [
        ("1", "Created", at("2018-06-26T08:58:54Z")),
        ("1", "Closed", at("2018-07-01T09:59:06Z")),
        ("2", "Created", at("2018-07-02T11:00:00Z")),
    ];
    assert_eq!(steps, expected);
    let refused = refused(&records);
    assert_eq!(refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 5], "{refused:?}");
    assert!(refused[0].1.starts_with("Closed: \"soon\""), "{refused:?}");
}

#[test]
fn a_broken_row_is_reported_with_its_line_and_the_rest_goes_on() {
    let text = "c,s,t,d\n1,a,2020-01-01,never\n,a,2020-01-01,\n1,,2020-01-01,\n1,a,,\n1,a\n1,a,2020-13-01,\n\
                1,\"two\nlines\",2020-01-02,\n1,a\u{202e},2020-01-02,\n";
    let names = Names { deadline: Some("d".into()), ..named("c", "s", "t") };
    let records = csv(text, &names);
    assert_eq!(counts(&records), (1, 1, 7));
    let lines: Vec<u64> = refused(&records).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7, 10]);
    let Some(Record::Step(step)) = records.iter().find(|record| matches!(record, Record::Step(_))) else {
        panic!("{records:#?}");
    };
    assert_eq!((step.name.as_str(), step.line), ("two lines", 8));
}

#[test]
fn unknown_missing_and_double_columns_are_told_at_once() {
    let open = |text: &str, names: &Names| CsvLog::open(source(text), names, times("UTC", None)).err().unwrap();
    let error = open("a,b,c\n", &named("a", "b", "when"));
    assert!(matches!(&error, ReadError::NoSuchColumn { name, there } if name == "when" && there == &["a", "b", "c"]));
    assert!(error.to_string().contains("\"a\", \"b\", \"c\""), "{error}");
    let unnamed = open("a,b,c\n", &Names::default());
    assert!(matches!(unnamed, ReadError::ColumnNeeded { option: "step", .. }), "{unnamed}");
    assert!(matches!(open("a,b,b\n", &named("a", "b", "b")), ReadError::ColumnTwice { .. }));
    assert!(matches!(open("", &Names::default()), ReadError::Empty));
    let both = Names { step: Some("b".into()), ..milestones("a", &[("b", "B")]) };
    assert!(matches!(open("a,b\n", &both), ReadError::BothShapes));
}

#[test]
fn rows_that_say_the_same_are_one() {
    let text = "c,s,t,note\n1,a,2020-01-01,x\n1,a,2020-01-01,y\n1,a,2020-01-01,x\n2,a,2020-01-01,x\n";
    let mut ids =
        Identities::new(MasterKey::from_bytes([1; 32]).derive("i"), "x".parse().unwrap(), "y".parse().unwrap());
    let records = csv(text, &named("c", "s", "t"));
    let steps = records.iter().filter_map(|record| match record {
        Record::Step(step) => Some(ids.step(step)),
        Record::Case(_) | Record::Refused { .. } => None,
    });
    let steps: Vec<_> = steps.collect();
    let new = steps.iter().filter(|identity| matches!(identity, StepIdentity::New(_))).count();
    assert_eq!((new, steps[2]), (3, StepIdentity::Duplicate), "{steps:?}");
}

#[test]
fn a_stream_that_breaks_off_says_where() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, USUAL.repeat(3000).as_bytes()).unwrap();
    let bytes = gzip.finish().unwrap();
    let log = CsvLog::open(source(&bytes[..bytes.len() / 2]), &Names::default(), times("UTC", None));
    let last = log.and_then(|log| log.last().unwrap());
    assert!(matches!(last, Err(ReadError::Broken { .. })), "{last:?}");
}

#[test]
fn real_service_requests_are_read_whole() {
    let Some(file) = real_data::file("complaints/nyc311_sample_2014_2019.csv") else { return };
    let mut names = milestones("Unique Key", &[("Created Date", "Created"), ("Closed Date", "Closed")]);
    names.deadline = Some("Due Date".into());
    names.channel = Some("Open Data Channel Type".into());
    names.unit = Some("Agency".into());
    let log = CsvLog::open(Source::open(&file).unwrap(), &names, times("America/New_York", None)).unwrap();
    let records = real_data::records(log);
    let (cases, steps, refused) = counts(&records);
    assert_eq!((cases, refused), (1000, 0));
    assert!(steps > 1900, "{steps}");
    let Record::Case(first) = &records[0] else { panic!("{:?}", records[0]) };
    assert_eq!(first.started, at("2018-06-26T10:58:54-04:00"));
    assert_eq!(first.deadline, Some(at("2018-06-26T18:58:54-04:00")));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0..500_usize) {
        let text = [&USUAL.as_bytes()[..cut.min(USUAL.len())], &bytes].concat();
        for bytes in [bytes, text] {
            if let Ok(log) = CsvLog::open(source(bytes), &Names::default(), times("Asia/Tehran", None)) {
                let _ = log.count();
            }
        }
    }
}
