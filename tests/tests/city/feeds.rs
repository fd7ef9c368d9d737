//! The departments' feeds: each event that a department may see is on its stream once, in order, whatever is killed, and
//! a feed that is lost is published again as it was; subscribers in Python and Node print it.

use crate::harness::load::small_works;
use crate::harness::{Choices, City, Load, PATIENCE, Plan, Role, ZAHRA, until};
use kernel::Register as _;
use ledger::Block;
use permits::{Event, Permits};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use test_support::Process;
use test_support::outside::{npm_packages, python_packages};
use test_support::tools::workspace_root;

const DEPARTMENTS: [&str; 5] = ["permit-office", "district-office", "revenue-office", "engineers", "agencies"];
const PYTHON: &[&str] = &["nats-py==2.16.0"];
const NODE: &[&str] = &["@nats-io/transport-node@3.4.0", "@nats-io/jetstream@3.4.0"];
const READERS: &[&str] = &["@asyncapi/parser@3.6.6", "ajv@8.20.0", "cloudevents@10.0.0"];

/// A message of a feed, without what the server adds.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    subject: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Told {
    fn position(&self) -> u64 {
        self.headers["ce-sequence"].parse().expect("a sequence is a number")
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a body is JSON")
    }
}

fn stream(department: &str) -> String {
    format!("DAFTAR_isfahan_FEED_{department}")
}

impl City {
    /// Everything on a department's stream; nothing where there is no stream yet.
    fn feed(&self, department: &str) -> Vec<Told> {
        self.runtime.block_on(async {
            let context = async_nats::jetstream::new(self.nats.client().await);
            let Ok(mut stream) = context.get_stream(stream(department)).await else { return Vec::new() };
            let state = stream.info().await.expect("a stream tells its state").state.clone();
            let mut told = Vec::new();
            for sequence in 1..=state.last_sequence {
                let message = stream.get_raw_message(sequence).await.expect("a feed has no gap");
                let headers = message.headers.iter().map(|(name, values)| (name.to_string(), values[0].to_string()));
                let ours = headers.filter(|(name, _)| !name.starts_with("Nats-")).collect();
                told.push(Told { subject: message.subject.to_string(), headers: ours, body: message.payload.to_vec() });
            }
            told
        })
    }

    /// What the register holds, with positions.
    fn events(&self) -> Vec<(u64, Event)> {
        let register = self.register();
        let mut events = Vec::new();
        for block in &register.blocks {
            let block = Block::decode(block).expect("a verified block decodes");
            for (position, _, entry) in block.entries() {
                events.push((position.0, Permits::decode(&entry.stored()).expect("an event of this build")));
            }
        }
        events
    }

    /// Waits until the permit office has been told of all that the register holds, and checks that it was told once.
    #[track_caller]
    fn assert_told_once(&self) -> Vec<Told> {
        let hidden =
            |event: &Event| matches!(event, Event::KinDeclared(_) | Event::PersonForgotten(_) | Event::FileViewed(_));
        let expected = || {
            let events = self.events().into_iter().filter(|(_, event)| !hidden(event));
            events.map(|(position, _)| position).collect::<Vec<_>>()
        };
        until("the permit office is told of everything", || {
            let (expected, told) = (expected(), self.feed("permit-office"));
            let positions: Vec<u64> = told.iter().map(Told::position).collect();
            let order = positions.windows(2).all(|pair| pair[0] < pair[1]);
            assert!(order, "each event once and in order: {positions:?}");
            assert!(positions.iter().zip(&expected).all(|(a, b)| a == b), "none left out: {positions:?} {expected:?}");
            (positions == expected).then_some(told)
        })
    }

    /// Asks where in a department's stream something is.
    fn seek(&self, department: &str, ask: &Value) -> Value {
        let subject = format!("daftar.isfahan.seek.{department}");
        let asked = self.runtime.block_on(async {
            let client = self.nats.client().await;
            client.request(subject, ask.to_string().into()).await.expect("an answer")
        });
        serde_json::from_slice(&asked.payload).expect("an answer is JSON")
    }

    fn subscriber(&self, script: &str, department: &str, seen: &Path, number: u32) -> Process {
        let path = workspace_root().join("tests/feeds").join(script);
        let mut command = match path.extension().and_then(|extension| extension.to_str()) {
            Some("py") => python_packages(PYTHON).script(&path),
            _ => npm_packages(NODE).script(&path),
        };
        command.args([self.nats.url(), "isfahan".to_owned(), department.to_owned()]).arg(seen);
        Process::spawn(command, self.data.join(format!("{script}-{number}.log")))
    }
}

/// A case that is billed and paid; the position of the payment.
fn paid_case(city: &City) -> u64 {
    let body = small_works(ZAHRA, &city.parcel());
    let case = city.citizen(ZAHRA).done_as("/v1/cases", &body, crate::harness::http::fresh()).case();
    let at = |rest: &str| format!("/v1/cases/{case}/{rest}");
    city.officer("intake").done(&at("steps/check/take"), &json!({}));
    let check = json!({ "outcome": "small-works", "checklist": { "small": true } });
    city.officer("intake").done(&at("steps/check/complete"), &check);
    city.officer("revenue").done(&at("bill"), &json!({}))
}

#[test]
fn each_department_is_told_what_it_may_see_and_no_more() {
    let city = Plan::with_feeds().start();
    let billed = paid_case(&city);
    let told = city.assert_told_once();
    let last = told.last().expect("something was told");
    assert_eq!(last.headers["ce-specversion"], "1.0");
    assert_eq!(last.headers["ce-source"], "/isfahan/permits");
    assert!(told.iter().any(|told| told.headers["ce-id"] == format!("permits-{billed}")));
    let opened = told.iter().find(|told| told.subject.ends_with(".step-opened")).expect("a step was opened");
    assert_eq!(opened.subject, "daftar.isfahan.feed.permit-office.step-opened");
    assert_eq!(opened.headers["ce-type"], "daftar.permits.step-opened.v1");
    let body = opened.json();
    assert!(body["step"]["title"]["fa"].is_string() && body["procedure"]["id"] == "small-works", "{body}");
    assert_eq!(body["district"], 3);

    let kinds = |department: &str| {
        let kind = |told: &Told| told.subject.rsplit('.').next().expect("a subject has tokens").to_owned();
        city.feed(department).iter().map(kind).collect::<Vec<_>>()
    };
    let revenue = until("the revenue office is told of the bill", || {
        Some(kinds("revenue-office")).filter(|kinds| kinds.iter().any(|kind| kind == "bill-issued"))
    });
    assert!(!revenue.iter().any(|kind| kind == "step-taken"), "only its own steps: {revenue:?}");
    let engineers = until("the engineers are told of the city", || Some(kinds("engineers")).filter(|k| !k.is_empty()));
    assert!(!engineers.iter().any(|kind| kind == "application-submitted"), "{engineers:?}");
    assert!(!kinds("district-office").iter().any(|kind| kind == "bill-issued"));
}

#[test]
fn killed_at_any_moment_it_tells_each_event_once() {
    let city = Plan::with_feeds().start();
    let load = Load::start(&city);
    let mut choices = Choices(0xFEED);
    for round in 0..12 {
        load.wait_for(4);
        std::thread::sleep(Duration::from_millis(choices.below(120)));
        city.restart(Role::Feeds);
        if round % 4 == 3 {
            city.restart_nats();
            city.revive();
        }
    }
    load.wait_for(4);
    assert!(load.stop() > 0);
    city.assert_told_once();
    city.assert_whole();
}

#[test]
fn two_publishers_at_once_tell_each_event_once() {
    let city = Plan::with_feeds().start();
    let more = [city.one_more(Role::Feeds), city.one_more(Role::Feeds)];
    let load = Load::start(&city);
    for victim in [&more[0], &more[1]] {
        load.wait_for(30);
        city.assert_told_once_so_far();
        victim.kill();
    }
    load.wait_for(10);
    load.stop();
    city.assert_told_once();
}

impl City {
    /// No gap and no double in what is there now.
    #[track_caller]
    fn assert_told_once_so_far(&self) {
        for department in DEPARTMENTS {
            let positions: Vec<u64> = self.feed(department).iter().map(Told::position).collect();
            assert!(positions.windows(2).all(|pair| pair[0] < pair[1]), "{department}: {positions:?}");
        }
    }
}

#[test]
fn a_feed_that_is_lost_is_published_again_as_it_was() {
    let environment = vec![("DAFTAR_SETTINGS_CHECK_SECONDS", "1".to_owned())];
    let city = Plan { environment, ..Plan::with_feeds() }.start();
    paid_case(&city);
    let before = city.assert_told_once();
    let delete = |department: &str| {
        city.runtime.block_on(async {
            let context = async_nats::jetstream::new(city.nats.client().await);
            context.delete_stream(stream(department)).await.expect("an administrator may");
        });
    };
    delete("permit-office");
    // It notices by itself, without any event.
    let again =
        until("the feed is whole again", || Some(city.feed("permit-office")).filter(|told| told.len() == before.len()));
    assert_eq!(again, before);
    // And with one: the append finds no stream.
    delete("permit-office");
    paid_case(&city);
    let again = city.assert_told_once();
    assert_eq!(again[..before.len()], before);
    // And while it does not run.
    city.with(Role::Feeds, Process::kill);
    delete("permit-office");
    city.start_role(Role::Feeds);
    assert_eq!(city.assert_told_once(), again);
}

#[test]
fn a_position_or_a_day_leads_to_its_place_in_the_stream() {
    let city = Plan::with_feeds().start();
    let position = paid_case(&city);
    let told = city.assert_told_once();
    let found = city.seek("permit-office", &json!({ "position": position }));
    let sequence = usize::try_from(found["sequence"].as_u64().expect("a sequence")).expect("an index");
    assert_eq!((told[sequence - 1].position(), found["position"].as_u64()), (position, Some(position)));
    assert_eq!(found["stream"], stream("permit-office"));
    let time = told[sequence - 1].headers["ce-recordedtime"].clone();
    let at = city.seek("permit-office", &json!({ "time": time }));
    let first = told.iter().position(|told| told.headers["ce-recordedtime"] >= time).expect("it is there");
    assert_eq!(at["sequence"], first as u64 + 1);
    for (ask, sequence) in [
        (json!({ "time": "۱۴۰۰/۰۱/۰۱" }), 1),
        (json!({ "time": "2020-01-01" }), 1),
        (json!({}), 1),
        (json!({ "time": "1499/01/01" }), told.len() as u64 + 1),
        (json!({ "position": 1_000_000 }), told.len() as u64 + 1),
    ] {
        assert_eq!(city.seek("permit-office", &ask)["sequence"], sequence, "{ask}");
    }
    for (department, ask, code) in [
        ("nobody", json!({}), "no-such-department"),
        ("permit-office", json!({ "time": "yesterday" }), "not-a-time"),
        ("permit-office", json!({ "position": 1, "time": "2020-01-01" }), "not-a-question"),
        ("permit-office", json!({ "when": 1 }), "not-a-question"),
    ] {
        let refused = city.seek(department, &ask);
        assert_eq!(refused["error"]["code"], code, "{refused}");
        assert!(refused["error"]["fa"].is_string() && refused["error"]["en"].is_string(), "{refused}");
    }
}

/// A subscriber prints what happens, is killed, and goes on where it stopped.
fn follows(script: &str) {
    let city = Plan::with_feeds().start();
    let seen = city.data.join("seen.txt");
    let subscriber = city.subscriber(script, "permit-office", &seen, 1);
    let first = paid_case(&city);
    subscriber.wait_for_log("daftar.permits.bill-issued.v1", PATIENCE);
    assert!(subscriber.log().contains("daftar.permits.step-completed.v1 بررسی"), "{}", subscriber.log());
    subscriber.kill();
    let second = paid_case(&city);
    let again = city.subscriber(script, "permit-office", &seen, 2);
    until("it goes on", || {
        assert!(again.is_running(), "{}", again.log());
        again.log().lines().any(|line| line.starts_with(&format!("{second} "))).then_some(())
    });
    let printed = |process: &Process| {
        let log = process.log();
        log.lines().filter_map(|line| line.split(' ').next()?.parse().ok()).collect::<Vec<u64>>()
    };
    let (mut before, after) = (printed(&subscriber), printed(&again));
    assert!(before.contains(&first), "{before:?}");
    // It prints, then notes where it is: killed between the two, it prints that one again.
    if before.last() == after.first() {
        before.pop();
    }
    let all = [before, after].concat();
    let told: Vec<u64> = city.assert_told_once().iter().map(Told::position).collect();
    assert_eq!(all, told[..all.len()], "each once, in order, over a restart");
}

/// The description is read by AsyncAPI's own parser, each event by a library of CloudEvents and by the description.
#[test]
fn tools_of_other_makers_read_the_description_and_the_events() {
    let city = Plan::with_feeds().start();
    paid_case(&city);
    let lines = city.assert_told_once().into_iter().map(|told| {
        let body = String::from_utf8(told.body).expect("a body is text");
        json!({ "headers": told.headers, "body": body }).to_string() + "\n"
    });
    let events = city.data.join("events.ndjson");
    std::fs::write(&events, lines.collect::<String>()).expect("a file can be written");
    let root = workspace_root();
    let mut command = npm_packages(READERS).script(&root.join("tests/feeds/describe.mjs"));
    let output = command.arg(root.join("schemas/asyncapi.json")).arg(events).output().expect("node runs");
    let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && printed.contains("kinds of events read"), "{printed}");
}

#[test]
fn a_subscriber_in_python_prints_each_step_as_it_happens() {
    follows("subscribe.py");
}

#[test]
fn a_subscriber_in_node_prints_each_step_as_it_happens() {
    follows("subscribe.mjs");
}
