//! Every page and form: for whom it is, and what it does with what was made up.

use crate::client::{Answer, Caller};
use crate::forms::{at, encoded, hidden};
use crate::matrix::{ROLES, address, is_page};
use crate::world::{World, ZAHRA};
use gateway::permissions::{RULES, Rule};
use hyper::{Method, StatusCode};

const FORM: &str = "application/x-www-form-urlencoded";

/// The forms and pages of somebody who is signed in. Those that only lead elsewhere are not asked.
fn pages() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().filter(|rule| is_page(rule))
}

/// A browser, and the word that its forms send.
async fn signed_in(world: &World, role: &str, department: Option<&str>) -> (Caller, String) {
    let browser = if role == "citizen" { world.browser_of(ZAHRA).await } else { world.browser(role, department) };
    let csrf = hidden(&at(&browser, "/").await, "csrf");
    (browser, csrf)
}

async fn call(browser: &Caller, rule: &Rule, path: &str, kind: &str, body: Vec<u8>) -> Answer {
    let method = Method::from_bytes(rule.method.as_bytes()).unwrap();
    let post = method == Method::POST;
    browser.send(method, path, post.then_some(kind), if post { body } else { Vec::new() }).await
}

#[tokio::test]
async fn each_page_is_open_to_exactly_those_whom_the_table_names() {
    let world = World::start().await;
    for (group, role, department) in ROLES {
        let (browser, csrf) = signed_in(&world, role, *department).await;
        for rule in pages().filter(|rule| !rule.path.starts_with("/sign") && rule.path != "/desk/live") {
            let path = format!("{}?csrf={}", address(rule), encoded(&csrf));
            let answer = call(&browser, rule, &path, FORM, format!("csrf={}", encoded(&csrf)).into_bytes()).await;
            let allowed = rule.who.is_none_or(|who| who.contains(group));
            let forbidden = answer.status == StatusCode::FORBIDDEN;
            // Who of the office is its head, the procedures say: see `head.rs`.
            let narrower = rule.path.starts_with("/head") && allowed;
            assert!(narrower || forbidden != allowed, "{role} on {} {}: {}", rule.method, rule.path, answer.text);
            assert!(!answer.status.is_server_error(), "{role} on {} {}: {}", rule.method, rule.path, answer.text);
        }
    }
    for rule in pages().filter(|rule| rule.who.is_some()) {
        let answer = call(&world.anybody(), rule, &address(rule), FORM, Vec::new()).await;
        let sent_away = [StatusCode::SEE_OTHER, StatusCode::UNAUTHORIZED].contains(&answer.status);
        assert!(sent_away, "nobody on {} {}: {} {}", rule.method, rule.path, answer.status, answer.text);
    }
}

/// What no person types; as the value of every field of every form, and in addresses.
const MADE_UP: [&str; 14] = [
    "",
    " ",
    "\"><script>alert(1)</script>",
    "'; DROP TABLE cases; --",
    "a\u{202e}b",
    "a\0b",
    "\r\nset-cookie: x=y",
    "{{7*7}}",
    "../../etc/passwd",
    "-1",
    "99999999999999999999999",
    "۱۲۳٬۴۵۶٫۷",
    "1405/13/40",
    "😀ي\u{200c}ك",
];

/// The names of fields that some form has.
const FIELDS: [&str; 26] = [
    "name",
    "for",
    "national_id",
    "mobile",
    "parcel",
    "district",
    "key",
    "outcome",
    "reason",
    "article",
    "note",
    "lang",
    "to",
    "amount",
    "date",
    "number",
    "credential",
    "file",
    "check-small",
    "position",
    "reference",
    "as",
    "legal_id",
    "fact-area",
    "tab",
    "upheld",
];

/// Bodies that are no form, or one with too much in it.
fn broken(csrf: &str) -> Vec<(&'static str, Vec<u8>)> {
    let csrf = encoded(csrf);
    let many = (0..5_000).map(|number| format!("&f{number}=x")).collect::<String>();
    vec![
        (FORM, b"%".to_vec()),
        (FORM, b"csrf=%FF%FE&=&&&==".to_vec()),
        (FORM, format!("csrf={csrf}&name=%ED%A0%80&reason=%00").into_bytes()),
        (FORM, format!("csrf={csrf}{many}").into_bytes()),
        ("text/plain", format!("csrf={csrf}").into_bytes()),
        ("application/json", b"{\"csrf\":null}".to_vec()),
        ("multipart/form-data", b"--x".to_vec()),
        (
            "multipart/form-data; boundary=x",
            format!(
                "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\r\n%PDF-",
                "../".repeat(50)
            )
            .into_bytes(),
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x\r\n\r\n--x--".repeat(500)),
    ]
}

#[tokio::test]
async fn no_page_fails_on_what_is_made_up_or_shows_it_as_its_own() {
    let world = World::start().await;
    let (case, last) = world.apply(ZAHRA, "3-1").await;
    world.intake().get(&format!("/v1/inbox?after={last}")).await.ok();
    let mut sent = 0;
    for (role, department) in
        [("citizen", None), ("intake", Some("permit-office")), ("revenue", Some("revenue-office"))]
    {
        let (browser, csrf) = signed_in(&world, role, department).await;
        for (number, rule) in pages().filter(|rule| rule.path != "/signout" && rule.path != "/desk/live").enumerate() {
            let real = address(rule).replace("1405-999999", &case).replace("nothing", "small-works");
            let value = MADE_UP[number % MADE_UP.len()];
            let query = FIELDS.map(|field| format!("{field}={}", encoded(value))).join("&");
            let part = rule.path.split('{').nth(1).and_then(|rest| rest.split('}').next());
            let odd = part.map(|name| rule.path.replace(&format!("{{{name}}}"), &encoded(value)));
            let mut tries = vec![(FORM, format!("csrf={}&{query}", encoded(&csrf)).into_bytes())];
            if rule.method == "POST" {
                tries.extend(MADE_UP.map(|value| {
                    let fields = FIELDS.map(|field| format!("{field}={}", encoded(value))).join("&");
                    (FORM, format!("csrf={}&{fields}", encoded(&csrf)).into_bytes())
                }));
                tries.extend(broken(&csrf));
            }
            let paths = [Some(real.clone()), Some(format!("{real}?{query}&csrf={}", encoded(&csrf))), odd];
            for path in paths.into_iter().flatten() {
                for (kind, body) in &tries {
                    let answer = call(&browser, rule, &path, kind, body.clone()).await;
                    let told = format!(
                        "{role}: {} {path} {:?}",
                        rule.method,
                        String::from_utf8_lossy(&body[..body.len().min(200)])
                    );
                    assert!(answer.status.as_u16() < 500, "{told}: {} {}", answer.status, answer.text);
                    assert!(!answer.text.contains("<script>alert"), "{told}: {}", answer.text);
                    assert!(
                        !answer.headers.get_all("set-cookie").iter().any(|cookie| cookie.as_bytes().starts_with(b"x="))
                    );
                    sent += 1;
                }
            }
        }
    }
    assert!(sent > 1_000, "{sent} requests were made");
    let read = world.citizen(ZAHRA).await.get(&format!("/v1/cases/{case}")).await.ok();
    assert_eq!(read["case"], case.as_str(), "the case is there");
}
