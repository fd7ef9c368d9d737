//! Each class of failure is a problem in both languages, names its field, and changes nothing.

use crate::client::Caller;
use crate::world::{World, ZAHRA, small_works};
use hyper::Method;
use serde_json::{Value, json};

/// The application with one place changed.
fn changed(pointer: &str, value: Value) -> Value {
    let mut body = small_works(ZAHRA, "3-1-1");
    match body.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            body.pointer_mut(parent).unwrap()[name] = value;
        }
    }
    body
}

#[tokio::test]
async fn a_wrong_field_is_named_and_nothing_changes() {
    let world = World::start().await;
    let citizen = world.citizen(ZAHRA).await;
    for (pointer, value, code, field) in [
        ("/applicant/national_id", json!("1234567890"), "national-id-checksum", "applicant.national_id"),
        ("/applicant/national_id", json!("۱۲۳"), "national-id-length", "applicant.national_id"),
        ("/applicant/legal_id", json!("14005893875"), "one-identifier", "applicant"),
        ("/applicant/mobile", json!("03132123456"), "mobile-prefix", "applicant.mobile"),
        ("/applicant/name", json!("a\u{0}b"), "text-forbidden-character", "applicant.name"),
        ("/applicant/name", json!("a\u{202e}b"), "text-forbidden-character", "applicant.name"),
        ("/applicant/name", json!(""), "text-empty", "applicant.name"),
        ("/applicant/name", json!("آ".repeat(201)), "text-too-long", "applicant.name"),
        ("/applicant/address", json!("x\u{1b}[2J"), "text-forbidden-character", "applicant.address"),
        ("/applicant/nickname", json!("x"), "invalid-body", "applicant.nickname"),
        ("/procedure", json!("Small Works"), "invalid-id", "procedure"),
        ("/procedure", json!("castle"), "unknown-procedure", "procedure"),
        ("/district", json!("سه"), "invalid-district", "district"),
        ("/district", json!(16), "unknown-district", "district"),
        ("/parcel", json!("-"), "invalid-parcel", "parcel"),
        ("/parcel", json!("/"), "invalid-parcel", "parcel"),
        ("/parcel", json!("3--21"), "invalid-parcel", "parcel"),
        ("/parcel", json!("../x"), "invalid-parcel", "parcel"),
        ("/parcel", json!(null), "parcel-missing", "parcel"),
        ("/facts/area", json!("۹۰۰"), "field-out-of-range", "facts.area"),
        ("/facts/area", json!(true), "field-kind", "facts.area"),
        ("/facts/height", json!(1), "unknown-field", "facts.height"),
        ("/facts/structural", json!(true), "not-eligible", "facts"),
        ("/documents/0/sha256", json!("00"), "invalid-sha256", "documents[0].sha256"),
        ("/documents", json!([]), "document-missing", "documents"),
        ("/agent", json!({}), "one-identifier", "agent"),
    ] {
        let problem = citizen.post("/v1/cases", &changed(pointer, value)).await.problem(422, code);
        assert_eq!(problem["field"], field, "{problem}");
    }
    let twice = small_works(ZAHRA, "3-1-1").to_string().replace("\"area\"", "\"area\":1,\"area\"");
    let twice = citizen.send(Method::POST, "/v1/cases", Some("application/json"), twice.into_bytes()).await;
    twice.problem(422, "field-twice");
    let both = changed("/applicant/national_id", json!("x"));
    let both = citizen
        .post("/v1/cases", &{
            let mut both = both;
            both["parcel"] = json!("*");
            both
        })
        .await;
    assert_eq!(both.json()["errors"].as_array().unwrap().len(), 2, "every wrong field is named");
    let own = citizen.get("/v1/search").await.ok();
    assert_eq!(own["items"], json!([]), "nothing changed");
    let (_, position) = world.apply(ZAHRA, "3-1-1").await;
    let found = citizen.get(&format!("/v1/search?after={position}")).await.ok();
    assert!(found["items"][0]["case"].as_str().unwrap().ends_with("-000001"), "no number was used up");
}

#[tokio::test]
async fn what_is_no_request_is_a_problem_too() {
    let world = World::start().await;
    let (citizen, admin) = (world.citizen(ZAHRA).await, world.role("admin", None));
    let send = |caller: &Caller, kind: &'static str, body: Vec<u8>| {
        let caller = caller.clone();
        async move { caller.send(Method::POST, "/v1/cases", Some(kind), body).await }
    };
    send(&citizen, "application/json", b"{".to_vec()).await.problem(400, "json-syntax");
    send(&citizen, "application/json", b"{} {}".to_vec()).await.problem(422, "invalid-body");
    send(&citizen, "application/json", b"{\"procedure\":\"\\ud800\"}".to_vec()).await.problem(400, "json-syntax");
    send(&citizen, "application/json", vec![0xff; 10]).await.problem(400, "json-syntax");
    send(&citizen, "application/json", b"[]".to_vec()).await.problem(422, "invalid-body");
    send(&citizen, "text/plain", b"{}".to_vec()).await.problem(415, "wrong-content-type");
    send(&citizen, "application/json", vec![b' '; 64 * 1024 + 1]).await.problem(413, "body-too-large");
    let deep = format!("{{\"facts\":{{\"area\":{}1", "[".repeat(50_000)).into_bytes();
    send(&citizen, "application/json", deep).await.problem(400, "json-syntax");
    citizen.get("/v1/nowhere").await.problem(404, "not-found");
    world.anybody().get("/nowhere").await.problem(404, "not-found");
    let method = citizen.send(Method::PUT, "/v1/cases", None, Vec::new()).await;
    method.problem(405, "method-not-allowed");
    assert!(method.header("allow").contains("POST"));
    citizen.get("/v1/search?colour=red").await.problem(400, "invalid-query");
    world.intake().get("/v1/inbox?page=nowhere").await.problem(400, "invalid-query");
    world.intake().get("/v1/inbox?due_before=soon&limit=0").await.problem(422, "invalid-time");
    citizen.get("/v1/cases/abc").await.problem(422, "invalid-case");
    world.anybody().get("/v1/licences/L-1405-000001").await.problem(404, "not-found");
    let keyed = citizen.with("idempotency-key", "seven").post("/v1/cases", &small_works(ZAHRA, "3-1-1")).await;
    assert_eq!(keyed.problem(400, "invalid-header")["field"], "idempotency-key");
    let elsewhere = citizen.with("daftar-channel", "office").post("/v1/cases", &small_works(ZAHRA, "3-1-1")).await;
    assert_eq!(elsewhere.problem(400, "invalid-header")["field"], "daftar-channel");
    let clock = world.intake().with("daftar-channel", "system").post("/v1/cases", &small_works(ZAHRA, "3-1-1")).await;
    assert_eq!(clock.problem(400, "invalid-header")["field"], "daftar-channel");
    let backdated = citizen.with("daftar-occurred-at", "2020-01-01T00:00:00Z");
    backdated.post("/v1/cases", &small_works(ZAHRA, "3-1-1")).await.problem(403, "may-not-backdate");
    let toml = admin.send(Method::POST, "/v1/procedures", Some("application/toml"), b"id = 1".to_vec()).await;
    assert_eq!(toml.problem(422, "procedure-invalid")["field"], "source");
    let english = citizen.with("accept-language", "en-GB").get("/v1/nowhere").await;
    assert_eq!(english.problem(404, "not-found")["detail"], "There is nothing at this address.");
    assert_eq!(english.header("content-language"), "en");
    assert_eq!(english.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn the_calendar_is_the_administrators() {
    let world = World::start().await;
    let admin = world.role("admin", None);
    let holiday = json!({ "date": "۱۴۰۵/۱۲/۲۹", "title": "ملی شدن صنعت نفت" });
    admin.post("/v1/holidays", &holiday).await.ok();
    admin.post("/v1/holidays", &holiday).await.problem(409, "holiday-declared");
    admin.send(Method::DELETE, "/v1/holidays/2027-03-20", None, Vec::new()).await.ok();
    admin.send(Method::DELETE, "/v1/holidays/1405-12-29", None, Vec::new()).await.problem(409, "holiday-not-declared");
    admin.post("/v1/rest-days", &json!({ "from": "1405-01-01", "days": ["thursday", "جمعه"] })).await.ok();
    let noday = admin.post("/v1/rest-days", &json!({ "from": "1405-01-01", "days": ["someday"] })).await;
    assert_eq!(noday.problem(422, "invalid-weekday")["field"], "days[0]");
}
