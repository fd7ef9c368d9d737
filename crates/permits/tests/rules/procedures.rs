//! A procedure is checked as a whole before anybody can be held to it; no text breaks the reader.

use super::{harness::*, shipped::BUILDING};
use permits::procedure::Procedure;
use proptest::prelude::*;

/// The kiosk with one change is refused, naming the part and the rule.
#[track_caller]
fn broken(from: &str, to: &str, part: &str, rule: &str) {
    assert!(KIOSK.contains(from), "the kiosk has {from:?}");
    let error = Procedure::parse(&KIOSK.replacen(from, to, 1)).err().unwrap_or_else(|| panic!("{to:?} is accepted"));
    assert_eq!(error.at, part, "{error}");
    assert!(error.why.contains(rule), "{error}");
}

#[test]
fn the_kiosk_is_a_procedure() {
    let kiosk = Procedure::parse(KIOSK).unwrap();
    assert_eq!((kiosk.source().steps.len(), kiosk.text()), (7, KIOSK));
    assert_eq!(kiosk.from_here_on(0).count_ones(), 4, "check and what follows: ask, survey, cash");
}

#[test]
fn what_it_says_must_exist() {
    broken("after = [\"check\", \"hearing\"]", "after = [\"chekc\"]", "step ask: after", "no step chekc");
    broken("documents = [\"plan\"]", "documents = [\"song\"]", "step check: documents", "no document song");
    broken("refuses = \"zoning\"", "refuses = \"taste\"", "step check: outcome bad", "no article taste");
    broken("opens = \"hearing\"", "opens = \"ask\"", "step check: outcome doubt", "on-demand");
    broken("back-to = \"check\"", "back-to = \"build\"", "step survey: outcome again", "of this phase");
    broken("reopens = \"ask\"", "reopens = \"nap\"", "objection.reopens", "no step nap");
    broken("reopens = \"ask\"", "reopens = \"build\"", "objection.reopens", "of the application");
    broken("reopens = \"ask\"", "reopens = \"hearing\"", "objection.reopens", "of the application");
    broken("role = \"surveyor\"", "role = \"citizen\"", "step survey: role", "nobody's desk");
    broken("role = \"agency-fire\"", "role = \"clock\"", "consultation fire: role", "nobody's desk");
    broken("bill = \"cashier\"", "bill = \"bank\"", "decisions", "nobody's desk");
    broken("formula = \"floors * 1000\"", "formula = \"storeys * 1000\"", "fee floor-fee: formula", "no field storeys");
    broken("when = \"heritage\"", "when = \"old\"", "step ask: consultation museum: when", "no field old");
}

#[test]
fn what_it_says_must_be_possible() {
    broken("version = 1", "version = 0", "version", "start at 1");
    broken("after = [\"check\", \"hearing\"]", "after = [\"cash\"]", "step ask: after", "waits for itself");
    broken("after = [\"build\"]", "after = [\"check\"]", "step final: after", "other phase");
    broken("back-to = \"check\"", "back-to = \"ask\"", "step survey: back-to", "before it");
    broken("min = 1, max = 10", "min = 10, max = 1", "field floors", "min is more than max");
    broken("valid-days = 365", "valid-days = 0", "licence", "how many days");
    broken("days = 15\n", "days = 0\n", "promise", "1 to 3650 days");
    broken("days = 15\n", "days = 3651\n", "promise", "1 to 3650 days");
    broken(
        "opens = \"hearing\"",
        "opens = \"hearing\"\nrefuses = \"zoning\"",
        "step check: outcome doubt",
        "one effect",
    );
    broken("until = \"1405-10-01\"", "until = \"1405-13-01\"", "channel office: until", "not a day");
    broken("fa = \"کیوسک\"", "fa = \" \"", "title", "both languages");
    broken("formula = \"floors * 1000\"", "formula = \"floors > 3\"", "fee floor-fee", "a whole number");
    broken("holds = \"!heritage || floors < 9\"", "holds = \"floors\"", "condition low-heritage", "true or false");
    broken("formula = \"floors * 1000\"", "formula = \"floors * 9223372036854775807\"", "fee floor-fee", "");
    broken("id = \"plan\"", "id = \"deed\"", "field or document deed", "twice");
    broken("agency = \"power\"", "agency = \"fire\"", "agency fire", "twice");
}

#[test]
fn silence_does_only_what_it_may() {
    let promise = "[promise]\ndays = 15";
    broken(promise, "[promise]\non-expiry = \"consent\"\ndays = 15", "promise", "silence cannot issue");
    broken("[payment]\n", "[payment]\non-expiry = \"consent\"\n", "payment", "silence pays");
    broken(
        "answer = { days = 5,",
        "answer = { on-expiry = \"consent\", days = 5,",
        "objection.answer",
        "only escalate",
    );
    let swapped = KIOSK.replace("id = \"stands\"", "id = \"x\"").replace("back-to = \"check\"", "").replacen(
        "id = \"x\"\ntitle = { fa = \"برجاست\", en = \"Stands\" }",
        "id = \"x\"\ntitle = { fa = \"برجاست\", en = \"Stands\" }\nback-to = \"check\"",
        1,
    );
    assert_eq!(Procedure::parse(&swapped).unwrap_err().at, "step survey: deadline", "consent takes the first outcome");
    broken(
        "deadline = { days = 20,",
        "deadline = { on-expiry = \"refuse\", days = 20,",
        "step build: deadline",
        "licensed already",
    );
}

#[test]
fn lists_and_texts_are_bounded() {
    let many = |what: &str, one: &dyn Fn(usize) -> String| -> String {
        let error = Procedure::parse(&format!("{KIOSK}\n{}", (0..65).map(one).collect::<String>())).unwrap_err();
        assert!(error.why.contains("64"), "{what}: {error}");
        error.at
    };
    let title = "title = { fa = \"x\", en = \"x\" }";
    assert_eq!(many("documents", &|n| format!("[[document]]\nid = \"d{n}\"\n{title}\n")), "document");
    assert_eq!(many("articles", &|n| format!("[[article]]\nid = \"a{n}\"\n{title}\n")), "article");
    assert_eq!(
        many("steps", &|n| format!("[[step]]\nid = \"s{n}\"\n{title}\nrole = \"r\"\ndepartment = \"d\"\n")),
        "step"
    );
    let long = format!("{KIOSK}\n# {}", "x".repeat(60 * 1024));
    assert_eq!(Procedure::parse(&long).unwrap_err().at, "procedure");
}

#[test]
fn an_observed_procedure_decides_nothing() {
    Procedure::parse(OBSERVED).unwrap();
    let decided = KIOSK.replace("needs-parcel = true", "observed = true");
    assert_eq!(Procedure::parse(&decided).unwrap_err().at, "observed");
}

#[test]
fn unknown_keys_are_errors_and_not_wishes() {
    let error = Procedure::parse(&KIOSK.replace("needs-payment", "needs-paiment")).unwrap_err();
    assert!(error.at == "TOML" && error.why.contains("needs-paiment"), "{error}");
}

/// Pieces that a careless editor could put anywhere.
const PIECES: &[&str] = &[
    "",
    "\"",
    "]]",
    "[[step]]\n",
    "= ",
    "0",
    "-1",
    "99999999999999999999",
    "check",
    "\n",
    "true",
    "{",
    "}",
    "on-demand = true\n",
    "percent(floors, 9223372036854775807)",
    "((((((((((((((((((((((((((((((((",
    "\u{202e}",
    "heritage",
    "1404-12-30",
];

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,200}") {
        let _ = Procedure::parse(&text);
    }

    #[test]
    fn no_change_of_a_valid_text_breaks_the_reader(
        which in any::<bool>(),
        at in any::<prop::sample::Index>(),
        length in 0..60_usize,
        piece in prop::sample::select(PIECES),
    ) {
        let text: Vec<char> = if which { KIOSK } else { BUILDING }.chars().collect();
        let at = at.index(text.len());
        let end = (at + length).min(text.len());
        let changed: String = text[..at].iter().chain(piece.chars().collect::<Vec<_>>().iter()).chain(&text[end..]).collect();
        if let Ok(procedure) = Procedure::parse(&changed) {
            // Whatever is accepted can also be applied for without a panic.
            let world = given([by("admin", establish()), by("admin", publish(KIOSK))]);
            let next = format!("{changed}\n");
            let _ = world.when(by("admin", publish(&next))).answer;
            prop_assert!(procedure.source().steps.len() <= 64);
        }
    }
}
