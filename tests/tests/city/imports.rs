//! Logs of other systems through the real pipeline: the whole log, once, the same from either format.

use crate::harness::{City, Plan, settings};
use std::path::{Path, PathBuf};

/// What the real log holds.
const CASES: usize = 1_434;
const STEPS: usize = 8_577;
/// Cases of the small log that is made where the real one is absent, each with three steps.
const MADE: usize = 40;

/// A log in both formats.
struct Logs {
    xes: PathBuf,
    csv: PathBuf,
    cases: usize,
    steps: usize,
}

fn logs(folder: &Path) -> Logs {
    match (settings::real_data("permits/receipt.xes.gz"), settings::real_data("permits/receipt.csv")) {
        (Some(xes), Some(csv)) => Logs { xes, csv, cases: CASES, steps: STEPS },
        _ => {
            println!("NOT TESTED on the real log: permits/receipt.* is absent; say where with DAFTAR_REAL_DATA");
            made(folder)
        }
    }
}

/// A small log of the same shape.
fn made(folder: &Path) -> Logs {
    let mut xes = "<?xml version=\"1.0\"?>\n<log xmlns=\"http://www.xes-standard.org/\">\n".to_owned();
    let mut csv = "case:concept:name,case:channel,case:deadline,concept:instance,concept:name,lifecycle:transition,org:group,org:resource,time:timestamp\n".to_owned();
    for case in 1..=MADE {
        let deadline = "2011-12-06T13:41:31.788+01:00";
        xes += &format!(
            "<trace><string key=\"concept:name\" value=\"case-{case}\"/><string key=\"channel\" value=\"Internet\"/><date key=\"deadline\" value=\"{deadline}\"/>\n"
        );
        for step in 1..=3 {
            let (task, at) = (case * 10 + step, format!("2011-10-{:02}T08:26:25.398+02:00", 10 + step));
            xes += &format!(
                "<event><string key=\"org:group\" value=\"Group 1\"/><string key=\"concept:instance\" value=\"task-{task}\"/><string key=\"org:resource\" value=\"Resource{step}\"/><date key=\"time:timestamp\" value=\"{at}\"/><string key=\"concept:name\" value=\"T0{step} Check\"/><string key=\"lifecycle:transition\" value=\"complete\"/></event>\n"
            );
            csv += &format!(
                "case-{case},Internet,{deadline},task-{task},T0{step} Check,complete,Group 1,Resource{step},{at}\n"
            );
        }
        xes += "</trace>\n";
    }
    let logs = Logs { xes: folder.join("made.xes"), csv: folder.join("made.csv"), cases: MADE, steps: 3 * MADE };
    std::fs::write(&logs.xes, xes + "</log>\n").expect("written");
    std::fs::write(&logs.csv, csv).expect("written");
    logs
}

fn import(city: &City, format: &str, file: &Path) -> String {
    city.cli_ok(&["import", format, file.to_str().expect("a path of ASCII"), "--procedure", "observed"])
}

/// The number behind a word of the report.
#[track_caller]
fn reported(report: &str, word: &str) -> usize {
    let line = report.lines().find(|line| line.starts_with(word)).unwrap_or_else(|| panic!("no {word}: {report}"));
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{line}"))
}

/// What the tables hold apart from numbers that a city gives by itself, in the order of the other system's references.
fn state(city: &City) -> Vec<Vec<String>> {
    let out = city.data.join("state.db");
    city.cli_ok(&["audit", "replay", "--sqlite", out.to_str().expect("a path of ASCII")]);
    let tables = city.query(&out, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
    let table = |wanted: &str| {
        let named = |name: &&String| name.ends_with(wanted) && !name.contains("clear");
        tables.iter().find(named).unwrap_or_else(|| panic!("no {wanted} in {tables:?}")).clone()
    };
    let (cases, timeline) = (table("cases"), table("timeline"));
    let every_case = format!(
        "SELECT reference || '|' || status || '|' || channel || '|' || COALESCE(promised, '-') || '|' || opened_at \
         || '|' || COALESCE(decided_at, '-') FROM \"{cases}\" ORDER BY 1"
    );
    let every_step = format!(
        "SELECT c.reference || '|' || t.event || '|' || t.occurred_at || '|' || COALESCE(t.subject, '-') \
         FROM \"{timeline}\" t JOIN \"{cases}\" c ON c.case_id = t.case_id ORDER BY 1"
    );
    let state = [every_case, every_step].map(|sql| city.query(&out, &sql)).to_vec();
    std::fs::remove_file(out).expect("the replay was written");
    state
}

#[test]
fn a_log_is_imported_whole_and_once_and_the_same_from_either_format() {
    let city = City::start();
    let logs = logs(city.data.path());
    let report = import(&city, "xes", &logs.xes);
    assert_eq!((reported(&report, "cases"), reported(&report, "steps")), (logs.cases, logs.steps), "{report}");
    assert_eq!(reported(&report, "refused"), 0, "{report}");
    let register = city.assert_whole();
    let events = register.chain.head().next;

    let again = import(&city, "xes", &logs.xes);
    assert_eq!(
        (reported(&again, "cases"), reported(&again, "steps"), reported(&again, "events")),
        (0, 0, 0),
        "{again}"
    );
    assert_eq!(city.register().chain.head().next, events, "importing a file twice adds nothing");

    let other = City::start();
    let report = import(&other, "csv", &logs.csv);
    assert_eq!((reported(&report, "cases"), reported(&report, "steps")), (logs.cases, logs.steps), "{report}");
    other.assert_whole();
    let (from_xes, from_csv) = (state(&city), state(&other));
    assert_eq!(from_xes[0].len(), logs.cases);
    for (one, other) in from_xes.iter().flatten().zip(from_csv.iter().flatten()) {
        assert_eq!(one, other, "both formats give the same state");
    }
    assert_eq!(from_xes.iter().map(Vec::len).sum::<usize>(), from_csv.iter().map(Vec::len).sum::<usize>());
}

#[test]
fn a_broken_row_is_told_with_its_line_and_the_rest_is_taken() {
    let city = Plan::on_postgres().start();
    let logs = made(city.data.path());
    let mut lines: Vec<String> =
        std::fs::read_to_string(&logs.csv).expect("it was made").lines().map(str::to_owned).collect();
    lines[4] = lines[4].replace("2011-10-11", "2011-13-41");
    std::fs::write(&logs.csv, lines.join("\n")).expect("written");
    let report = import(&city, "csv", &logs.csv);
    assert_eq!((reported(&report, "cases"), reported(&report, "steps")), (logs.cases, logs.steps - 1), "{report}");
    assert_eq!(reported(&report, "refused"), 1, "{report}");
    assert!(report.contains("line 5:"), "{report}");
    city.assert_whole();
}
