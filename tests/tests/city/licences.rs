//! A licence is checked by programs that know nothing of Daftar but its public address: whether it holds, whether it did,
//! and whether somebody changed it.

use crate::harness::load::small_works;
use crate::harness::{City, Plan, REZA, Role, ZAHRA, http::fresh, until};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{SystemTime, UNIX_EPOCH};
use test_support::outside::{Packages, npm_packages, python_packages};
use test_support::tools::workspace_root;

/// What credentials name; checkers are told where it really is.
const ISSUER: &str = "https://isfahan.example";
const PYTHON: &[&str] = &["sd-jwt==0.10.4", "openvc-core==1.37.0"];
const NODE: &[&str] = &["@sd-jwt/core@0.19.0", "@sd-jwt/jwt-status-list@0.19.0"];

/// `["salt","holder","invented"]` as a disclosure.
const INVENTED: &str = "WyJzYWx0IiwiaG9sZGVyIiwiaW52ZW50ZWQiXQ";

/// The programs, each with its packages.
fn checkers() -> [(Packages, PathBuf); 2] {
    let script = |name: &str| workspace_root().join("tests/licences").join(name);
    [(python_packages(PYTHON), script("check.py")), (npm_packages(NODE), script("check.mjs"))]
}

fn start() -> City {
    Plan { environment: vec![("DAFTAR_PUBLIC_URL", ISSUER.to_owned())], ..Plan::together() }.start()
}

/// Seconds since 1970; whatever happens after this call happens in a later second.
fn moment() -> u64 {
    let second = || SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
    let now = second();
    until("the second is over", || (second() > now).then_some(()));
    now
}

/// A licence, from the application on.
struct Licensed<'a> {
    city: &'a City,
    case: String,
    number: String,
}

impl<'a> Licensed<'a> {
    fn new(city: &'a City) -> Licensed<'a> {
        let applied = city.citizen(ZAHRA).done_as("/v1/cases", &small_works(ZAHRA, &city.parcel()), fresh());
        let mut licensed = Licensed { city, case: applied.case(), number: String::new() };
        licensed.does(
            "intake",
            "steps/check/complete",
            json!({ "outcome": "small-works", "checklist": { "small": true } }),
        );
        let billed = licensed.does("revenue", "bill", json!({}));
        let bills = city.citizen(ZAHRA).get_after(&format!("/v1/cases/{}", licensed.case), billed);
        let bill = &bills["bills"][0];
        let payment =
            json!({ "bill": bill["bill"], "amount": bill["total"], "reference": fresh().simple().to_string() });
        city.officer("bank").done(&licensed.at("payments"), &payment);
        licensed.does("revenue", "steps/fee/complete", json!({}));
        licensed.does("technical-head", "grant", json!({}));
        let issued = licensed.does("technical-head", "licence", json!({}));
        let view = city.citizen(ZAHRA).get_after(&format!("/v1/cases/{}", licensed.case), issued);
        licensed.number = view["licence"].as_str().expect("a licence was issued").to_owned();
        licensed
    }

    fn at(&self, rest: &str) -> String {
        format!("/v1/cases/{}/{rest}", self.case)
    }

    fn does(&self, role: &str, what: &str, body: serde_json::Value) -> u64 {
        self.city.officer(role).done(&self.at(what), &body)
    }

    /// The credential, in a file of this name.
    fn credential(&self, holder: &str, file: &str) -> PathBuf {
        let got = self.city.citizen(holder).get(&format!("/v1/licences/{}/credential", self.number));
        assert!(got.is_ok(), "{} {}", got.status, got.text);
        let path = self.city.data.join(file);
        std::fs::write(&path, got.text).expect("a file for the credential");
        path
    }
}

impl City {
    fn check(&self, (packages, script): &(Packages, PathBuf), credential: &Path, time: Option<u64>) -> Output {
        let mut command = packages.script(script);
        command.arg(credential).args(["--at", self.citizen(ZAHRA).address()]);
        if let Some(time) = time {
            command.args(["--time", &time.to_string()]);
        }
        command.output().expect("the checker runs")
    }

    /// Both programs say of the credential that it stands like this.
    #[track_caller]
    fn stands(&self, credential: &Path, time: Option<u64>, expected: &str) {
        for checker in checkers() {
            // A list that was just served may be a second old.
            until(&format!("{} says {expected}", checker.1.display()), || {
                let output = self.check(&checker, credential, time);
                let said = String::from_utf8_lossy(&output.stdout).into_owned();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                said.split_whitespace().any(|word| word == expected).then_some(())
            });
        }
    }

    /// Neither program believes the credential.
    #[track_caller]
    fn refused(&self, credential: &Path, why: &str) {
        for checker in checkers() {
            let output = self.check(&checker, credential, None);
            assert!(!output.status.success(), "{why}: {}", String::from_utf8_lossy(&output.stdout));
        }
    }
}

#[test]
fn strangers_check_a_licence_now_and_as_of_any_moment() {
    let city = start();
    let licensed = Licensed::new(&city);
    let (credential, issued) = (licensed.credential(ZAHRA, "first.sd-jwt"), moment());
    city.stands(&credential, None, "valid");
    city.stands(&credential, None, &licensed.number);
    licensed.does("deputy", "suspension", json!({ "article": "safety" }));
    let suspended = moment();
    city.stands(&credential, None, "suspended");
    licensed.does("deputy", "reinstatement", json!({}));
    let reinstated = moment();
    city.stands(&credential, None, "valid");
    licensed.does("deputy", "revocation", json!({ "article": "safety" }));
    let revoked = moment();
    city.stands(&credential, None, "invalid");
    for (time, expected) in [(issued, "valid"), (suspended, "suspended"), (reinstated, "valid"), (revoked, "invalid")] {
        city.stands(&credential, Some(time), expected);
    }
    let anybody = city.citizen(ZAHRA);
    for (query, status) in [("?time=1000000000", 404), ("?time=4000000000", 404), ("?time=x", 400), ("", 200)] {
        assert_eq!(anybody.get(&format!("/status-lists/1405{query}")).status, status, "{query}");
    }
    for other in ["1399", "1405-1", "1405-0", "x"] {
        assert_eq!(anybody.get(&format!("/status-lists/{other}")).status, 404, "{other}");
    }
}

#[test]
fn a_rotated_key_is_seen_at_once_and_what_the_old_one_signed_still_holds() {
    let city = start();
    let licensed = Licensed::new(&city);
    let old = licensed.credential(ZAHRA, "old.sd-jwt");
    let said = city.cli_ok(&["key", "rotate-licence"]);
    let new = licensed.credential(ZAHRA, "new.sd-jwt");
    let header = |path: &Path| std::fs::read_to_string(path).expect("it is there").split('.').next().map(str::to_owned);
    assert_ne!(header(&old), header(&new), "another key signs: {said:?}");
    city.stands(&old, None, "valid");
    city.stands(&new, None, "valid");
    city.restart(Role::City);
    city.wait_ready();
    city.stands(&old, None, "valid");
}

#[test]
fn what_was_changed_or_never_signed_is_refused() {
    let city = start();
    let licensed = Licensed::new(&city);
    let path = licensed.credential(ZAHRA, "good.sd-jwt");
    let good = std::fs::read_to_string(&path).expect("it is there");
    let forged = city.data.join("forged.sd-jwt");
    let write = |text: &str| std::fs::write(&forged, text).expect("a file for the forgery");
    let (signed, rest) = good.split_once('~').expect("disclosures follow");
    let (signed, signature) = signed.rsplit_once('.').expect("a signature");
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    write(&format!("{signed}.{flipped}{}~{rest}", &signature[1..]));
    city.refused(&forged, "another signature");
    write(&format!("{good}{INVENTED}~"));
    for checker in checkers() {
        // One library refuses it, the other passes over what was not signed.
        let said = city.check(&checker, &forged, None).stdout;
        assert!(!String::from_utf8_lossy(&said).contains("invented"), "a disclosure that was never signed");
    }
    // The key of another city signs a licence that says it is this one's.
    let keys = credential::Keys::generate().expect("randomness");
    write(&another(&keys));
    city.refused(&forged, "another key");
    // Shown without anything personal, it is still good.
    write(&format!("{signed}.{signature}~"));
    city.stands(&forged, None, "-");
}

fn another(keys: &credential::Keys) -> String {
    let title = || credential::Title { fa: "اصفهان".to_owned(), en: "Isfahan".to_owned() };
    let second = |second: i64| kernel::Instant::from_seconds(second);
    let licence = credential::Licence {
        number: "L-1405-000001".parse().expect("a number"),
        transfers: 0,
        city: title(),
        service: title(),
        issued: second(1_700_000_000),
        valid_until: kernel::Date::from_ymd(2099, 1, 1).expect("a day"),
        ends: second(4_000_000_000),
        district: 3,
        case: "1405-000001".to_owned(),
        holder: None,
        parcel: None,
        address: None,
        works: serde_json::Map::new(),
    };
    licence.issue(keys, ISSUER, second(1_750_000_000)).expect("randomness")
}

#[test]
fn a_former_holders_credential_holds_no_more() {
    let city = start();
    let licensed = Licensed::new(&city);
    let former = licensed.credential(ZAHRA, "former.sd-jwt");
    let before = moment();
    let to = json!({ "to": { "national_id": REZA, "name": "رضا یزدی" } });
    let transferred = licensed.does("technical-head", "transfer", to);
    city.citizen(REZA).get_after(&format!("/v1/cases/{}", licensed.case), transferred);
    let new = licensed.credential(REZA, "new.sd-jwt");
    city.stands(&new, None, "valid");
    city.stands(&former, None, "invalid");
    city.stands(&former, Some(before), "valid");
    let again = city.citizen(ZAHRA).get(&format!("/v1/licences/{}/credential", licensed.number));
    assert_eq!(again.status, 404, "it is not theirs any more: {}", again.text);
}
