//! Requests that are too large, malformed or made up (catalogue 35, 36, 37, 39).

use crate::harness::{Caller, Choices, City, Role, ZAHRA};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use test_support::Process;

/// What a gateway may grow while it turns away what is too large.
const GROWTH_KIB: u64 = 64 * 1024;
/// Requests that are too large.
const FLOOD: usize = 300;

/// Sends bytes as they are and gives the status, if there is an answer.
fn raw(caller: &Caller, bytes: &[u8]) -> Option<u16> {
    let mut socket = TcpStream::connect(caller.address()).expect("the gateway accepts");
    socket.set_read_timeout(Some(Duration::from_secs(15))).expect("a socket has a time limit");
    // The gateway may answer and close before it has taken everything.
    let _ = socket.write_all(bytes);
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).ok()?;
    std::str::from_utf8(&answer).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

/// Resident memory of a process.
fn resident_kib(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid())).expect("Linux has /proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a process has a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn n35_what_is_too_large_is_turned_away_and_memory_stays_flat() {
    let city = City::start();
    let citizen = city.citizen(ZAHRA);
    let token = citizen.token().expect("a citizen has a token").to_owned();
    let head = format!("POST /v1/cases HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n");
    let body = vec![b' '; 1 << 20];
    let large =
        [format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes(), &body]
            .concat();
    let long = format!("{head}x-long: {}\r\n\r\n", "a".repeat(100 * 1024)).into_bytes();
    let many = format!("{head}{}\r\n", "x-a: b\r\n".repeat(1_000)).into_bytes();
    let endless = format!("POST /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(100 * 1024)).into_bytes();
    assert_eq!(raw(&citizen, &large), Some(413));
    for request in [&long, &many, &endless] {
        let status = raw(&citizen, request);
        assert!(matches!(status, Some(400 | 414 | 431) | None), "{status:?}");
    }
    let before = city.with(Role::Gateway, resident_kib);
    for number in 0..FLOOD {
        raw(&citizen, [&large, &long, &many][number % 3]);
    }
    let after = city.with(Role::Gateway, resident_kib);
    assert!(after < before + GROWTH_KIB, "the gateway grew from {before} to {after} KiB");
    city.apply();
}

/// Bodies that are wrong in every way we know.
fn bodies() -> Vec<Vec<u8>> {
    let texts = [
        "",
        "{",
        "[]",
        "null",
        "true",
        "\"text\"",
        "-1e999",
        "{\"a\":1}",
        "{\"case\":null}",
        "{}{}",
        "\u{feff}{}",
        r#"{"note":"\u0000"}"#,
        r#"{"note":"\ud800"}"#,
        "{\"note\":\"\u{202e}evil\"}",
        r#"{"note":{"a":[]}}"#,
        r#"{"outcome":"نه","checklist":{"a":true},"documents":[{"kind":"x","sha256":"y"}]}"#,
        r#"{"bill":"B-1405-4294967296","amount":"99999999999999999999","reference":"\n\r"}"#,
        r#"{"procedure":"small-works","district":"۹۹۹","applicant":{"name":"x","national_id":"1"}}"#,
        r#"{"relative":{"national_id":"0013542419"},"relation":"../.."}"#,
        r#"{"article":"$JS.API.>","note":"'; DROP TABLE cases; --"}"#,
        r#"{"date":"1405-13-40","title":""}"#,
        r#"{"to":{"legal_id":"0"}}"#,
        r#"{"from":"0000-00-00","days":["noday"]}"#,
        r#"{"upheld":"maybe"}"#,
    ];
    let mut bodies: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.push(vec![b'['; 10_000]);
    bodies.push(vec![0xff, 0xfe, 0x00, 0x80]);
    bodies.push(format!("{{\"note\":\"{}\"}}", "آ".repeat(20_000)).into_bytes());
    bodies
}

/// Parts of addresses that are wrong, and one that is right.
const PARTS: [&str; 10] = [
    "1405-000001",
    "0",
    "-1",
    "1405-4294967296",
    "%00",
    "%2e%2e%2f",
    "%F0%9F%92%A9",
    "a%20b",
    "'",
    "00000000-0000-0000-0000-000000000000",
];
const QUERIES: [&str; 7] = [
    "",
    "?after=-1",
    "?limit=0&page=%00",
    "?after=99999999999999999999",
    "?name=%D8%A7&x=1",
    "?case=%27&district=%FF",
    "?parcel=;",
];

#[test]
fn n36_n37_no_route_fails_on_what_is_made_up() {
    let city = City::start();
    let case = city.apply();
    let document = city.anybody().get("/openapi.json").ok().clone();
    let paths = document["paths"].as_object().expect("the document lists every route");
    assert!(paths.len() > 30, "the walk sees the routes");
    let callers = ["admin", "intake", "technical-head", "revenue", "agency-fire"].map(|role| city.officer(role));
    let mut choices = Choices(7);
    let mut sent = 0;
    for (path, methods) in paths {
        for method in
            methods.as_object().expect("methods").keys().filter(|key| ["get", "post", "delete"].contains(&key.as_str()))
        {
            for body in bodies() {
                let caller = choices.one(&callers);
                let address = fill(path, &mut choices) + choices.one::<&str>(&QUERIES);
                let answer = caller.send_raw(method, &address, &body);
                assert!(
                    answer.status < 500,
                    "{method} {address} {:?}: {}",
                    String::from_utf8_lossy(&body),
                    answer.text
                );
                assert!(answer.is_ok() || well_formed(&answer.json), "{method} {address}: {}", answer.text);
                sent += 1;
            }
        }
    }
    assert!(sent > 1_000, "{sent} requests were made");
    let read = city.citizen(ZAHRA).get_after(&format!("/v1/cases/{}", case.case()), case.position());
    assert_eq!(read["case"], case.case());
    city.assert_whole();
}

/// A problem document in both languages.
fn well_formed(problem: &Value) -> bool {
    ["type", "title", "status", "detail_fa", "detail_en", "code"].iter().all(|part| !problem[part].is_null())
}

fn fill(path: &str, choices: &mut Choices) -> String {
    let mut filled = String::new();
    for part in path.split_inclusive('}') {
        match part.split_once('{') {
            Some((before, _)) => filled.extend([before, choices.one::<&str>(&PARTS)]),
            None => filled.push_str(part),
        }
    }
    filled
}
