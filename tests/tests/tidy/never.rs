//! What must never be in the code: words that a crate may not use, SQL out of its place, and what nobody may use.

use crate::arrows::DOMAINS;
use crate::lexer::words;
use crate::tree::{Breach, Source};

/// Words that no code may hold, tests included.
const NOWHERE: &[(&str, &str)] = &[
    ("unsafe", "nothing here needs it"),
    ("#[ignore", "a test runs or goes"),
    ("todo!", "code is whole or not there"),
    ("unimplemented!", "code is whole or not there"),
];

/// What a domain would reach for the world with: it gets time, ids and facts in the command.
const WORLD: &[&str] = &[
    "async",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "std::fs",
    "std::net",
    "std::io",
    "std::process",
    "std::thread",
    "new_v4",
    "now_v7",
    "rand",
    "getrandom",
    "println!",
    "eprintln!",
];

/// What tells the time: a fold must give the same rows whenever it runs.
const CLOCKS: &[&str] = &["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "now_v7"];

const NATS_USERS: &[&str] = &["ledger", "registrar", "feeds", "gateway", "import", "daftar"];
const SQL_USERS: &[&str] = &["projection", "departments", "vault"];
/// What no city runs: they start, break and measure NATS, databases and processes by themselves.
const TOOLS: &[&str] = &["test-support", "bench", "xtask"];

/// What begins a statement; a person's sentence is not written so.
const SQL: &[&str] = &[
    "SELECT ",
    "INSERT INTO ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "CREATE SCHEMA ",
    "ALTER TABLE ",
    "DROP TABLE ",
    "PRAGMA ",
    "ON CONFLICT ",
];

pub(crate) fn check(source: &Source) -> Vec<Breach> {
    let mut found = Vec::new();
    for (line, code) in source.code() {
        let mut find = |rule, word: &str, why: &str| {
            if words(code, word).next().is_some() {
                found.push(source.breach(rule, line, format!("`{word}`: {why}")));
            }
        };
        NOWHERE.iter().for_each(|(word, why)| find("nowhere", word, why));
        if source.is_test(line) {
            continue;
        }
        let package = source.package();
        if DOMAINS.contains(&package) {
            WORLD
                .iter()
                .for_each(|word| find("pure domain", word, "a domain does no I/O, reads no clock, draws no lots"));
        }
        if package == "departments" {
            CLOCKS.iter().for_each(|word| find("pure fold", word, "the same events give the same rows at any time"));
        }
        if !NATS_USERS.contains(&package) && !TOOLS.contains(&package) {
            find("nats", "async_nats", "NATS is for the ledger, the services' ends and nobody else");
        }
        if !may_read_environment(source) {
            find("environment", "std::env", "settings are read in daftar/src/config.rs and handed on");
        }
        if is_events_file(source) {
            let why = "only wire.rs gives stored events a stored form";
            ["Serialize", "Deserialize"].iter().for_each(|word| find("stored form", word, why));
        }
    }
    found.extend(sql(source));
    found
}

fn may_read_environment(source: &Source) -> bool {
    let in_config = source.path.starts_with("crates/daftar/src/config");
    in_config || TOOLS.contains(&source.package())
}

/// `events.rs` or `events/…` of a domain.
fn is_events_file(source: &Source) -> bool {
    DOMAINS.contains(&source.package()) && source.path.contains("/src/events")
}

fn sql(source: &Source) -> Vec<Breach> {
    let strings = source.lexed.strings.iter().filter(|(line, _)| !source.is_test(*line));
    let found = strings.filter_map(|(line, held)| {
        let word = SQL.iter().find(|word| words(held, word).next().is_some())?;
        Some(source.breach("sql", *line, format!("`{}` in a string: SQL is for {}", word.trim(), SQL_USERS.join(", "))))
    });
    found.filter(|_| ![SQL_USERS, TOOLS].concat().contains(&source.package())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<(&'static str, usize)> {
        check(&Source::new(path, text)).into_iter().map(|breach| (breach.rule, breach.line)).collect()
    }

    #[test]
    fn what_is_nowhere_is_found_in_tests_too() {
        let text = "fn a() {\n unsafe {}\n todo!()\n}\n#[ignore = \"slow\"]\nfn b() { unimplemented!() }";
        let expected = [("nowhere", 2), ("nowhere", 3), ("nowhere", 5), ("nowhere", 6)];
        assert_eq!(rules("tests/tests/x.rs", text), expected);
        assert!(rules("crates/ledger/src/a.rs", "#![forbid(unsafe_code)] // todo! unsafe\n\"unsafe\"").is_empty());
    }

    #[test]
    fn a_domain_that_reaches_for_the_world_is_found() {
        let text = "async fn a() {}\nlet now = SystemTime::now();\nlet id = Uuid::now_v7();";
        assert_eq!(rules("crates/permits/src/a.rs", text).len(), 3);
        assert!(rules("crates/registrar/src/a.rs", text).is_empty());
        let test = "#[cfg(test)]\nmod tests {\n use std::fs;\n}";
        assert!(rules("crates/permits/src/a.rs", test).is_empty());
    }

    #[test]
    fn a_fold_that_reads_the_clock_is_found() {
        assert_eq!(rules("crates/departments/src/a.rs", "let t = Timestamp::now();"), [("pure fold", 1)]);
    }

    #[test]
    fn nats_sql_and_the_environment_have_their_places() {
        let text = "use async_nats::Client;\nlet q = \"SELECT a FROM b\";\nlet v = std::env::var(\"A\");";
        assert_eq!(rules("crates/audit/src/a.rs", text), [("nats", 1), ("environment", 3), ("sql", 2)]);
        assert_eq!(rules("crates/daftar/src/config.rs", text), [("sql", 2)]);
        assert_eq!(rules("crates/vault/src/a.rs", text), [("nats", 1), ("environment", 3)]);
        assert!(rules("crates/audit/src/a.rs", "// async_nats\nlet said = \"Select a file\";").is_empty());
    }

    #[test]
    fn an_event_with_a_stored_form_of_its_own_is_found() {
        let text = "#[derive(Clone, serde::Serialize)]\npub enum PermitEvent {}";
        assert_eq!(rules("crates/permits/src/events/issue.rs", text), [("stored form", 1)]);
        assert!(rules("crates/permits/src/wire/v1.rs", text).is_empty());
    }
}
