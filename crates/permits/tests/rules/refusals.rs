//! Every reason to refuse is produced by a test, or stands here with the reason why it cannot be.

use kernel::{Lang, StepId};
use permits::Refusal;
use std::collections::BTreeSet;

const TABLE: &str = include_str!("../../src/refusal.rs");

/// The tests in which commands are refused.
const TESTS: &[&str] = &[
    include_str!("applications.rs"),
    include_str!("city.rs"),
    include_str!("clocks.rs"),
    include_str!("commands.rs"),
    include_str!("consultations.rs"),
    include_str!("fees.rs"),
    include_str!("imports.rs"),
    include_str!("licences.rs"),
    include_str!("limits.rs"),
    include_str!("numbers.rs"),
    include_str!("objections.rs"),
    include_str!("office.rs"),
    include_str!("refunds.rs"),
    include_str!("steps.rs"),
];

/// Codes that no command can be refused with, and why.
const IMPOSSIBLE: &[(&str, &str)] = &[];

/// Every code of the table: `Name { … } "code"`.
fn codes() -> Vec<&'static str> {
    let table = TABLE.rsplit_once("refusals! {").unwrap().1;
    let named = table.split('}').filter_map(|rest| rest.strip_prefix(" \""));
    named.filter_map(|rest| rest.split_once('"')).map(|(code, _)| code).collect()
}

#[test]
fn every_refusal_is_produced_by_a_test() {
    let codes: BTreeSet<&str> = codes().into_iter().collect();
    assert!(codes.len() > 80, "the table is read: {}", codes.len());
    let produced = |code: &str| TESTS.iter().any(|test| test.contains(&format!(".refused(\"{code}\")")));
    let unproven: Vec<&&str> =
        codes.iter().filter(|code| !produced(code) && !IMPOSSIBLE.iter().any(|(known, _)| known == *code)).collect();
    assert_eq!(unproven, Vec::<&&str>::new());
    for (code, _) in IMPOSSIBLE {
        assert!(codes.contains(code) && !produced(code), "{code} is listed as impossible");
    }
}

#[test]
fn a_code_belongs_to_one_reason() {
    let mut seen = BTreeSet::new();
    // A step is unknown by its id or by its name: one code, two sentences.
    let twice: Vec<&str> = codes().into_iter().filter(|code| !seen.insert(*code)).collect();
    assert_eq!(twice, ["unknown-step"]);
    assert!(seen.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
}

#[test]
fn a_message_names_field_and_rule_in_both_languages() {
    let refusal = Refusal::FieldOutOfRange { field: "floors".parse::<StepId>().unwrap(), min: 1, max: 60 };
    let message = refusal.message();
    assert_eq!((message.code.as_str(), message.field.as_deref()), ("field-out-of-range", Some("facts.floors")));
    assert_eq!(message.text(Lang::En), "floors must be from 1 to 60");
    assert_eq!(message.text(Lang::Fa), "مقدار floors باید از ۱ تا ۶۰ باشد");
    assert_eq!(refusal.to_string(), message.en);
}

#[test]
fn a_refusal_travels_as_postcard() {
    let refusal = Refusal::BillUnpaid { outstanding: kernel::Rials(12) };
    let sent = postcard::to_stdvec(&refusal).unwrap();
    assert_eq!(postcard::from_bytes(&sent), Ok(refusal));
}
