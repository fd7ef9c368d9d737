//! Who sees what: own cases, own districts, names for those entitled; and forgetting.

use crate::client::Answer;
use crate::world::{REZA, World, ZAHRA, done};
use serde_json::{Value, json};

fn cases(answer: &Answer) -> Vec<Value> {
    answer.ok()["items"].as_array().unwrap().iter().map(|item| item["case"].clone()).collect()
}

#[tokio::test]
async fn a_foreign_case_looks_exactly_like_none() {
    let world = World::start().await;
    let (case, position) = world.apply(ZAHRA, "3-1-1").await;
    let stranger = world.citizen(REZA).await;
    let none = "1405-999999";
    let same = |foreign: &Answer, none: &Answer, case: &str| {
        foreign.problem(404, "unknown-case");
        assert_eq!(foreign.text.replace(case, "X"), none.text.replace("1405-999999", "X").replace("۱۴۰۵-۹۹۹۹۹۹", "X"));
    };
    let fa = |text: &str| kernel::text::fa_digits(text);
    for (method, rest, body) in [
        ("GET", "", json!(null)),
        ("GET", "/timeline", json!(null)),
        ("POST", "/withdraw", json!({})),
        ("POST", "/answer", json!({ "note": "متن" })),
        ("POST", "/objection", json!({ "note": "متن" })),
        ("POST", "/objection", json!({})),
    ] {
        let send = async |case: &str| match method {
            "GET" => stranger.get(&format!("/v1/cases/{case}{rest}?after={position}")).await,
            _ => stranger.post(&format!("/v1/cases/{case}{rest}"), &body).await,
        };
        let foreign = send(&case).await;
        let foreign = Answer { text: foreign.text.replace(&fa(&case), "X"), ..foreign };
        same(&foreign, &send(none).await, &case);
    }
    let found = stranger.get(&format!("/v1/search?number={case}")).await;
    assert!(cases(&found).is_empty());
}

#[tokio::test]
async fn officers_see_their_districts_agencies_what_they_are_asked() {
    let world = World::start().await;
    let (case, position) = world.apply(ZAHRA, "3-1-1").await;
    let path = format!("/v1/cases/{case}?after={position}");
    world.in_district("intake", "permit-office", 3).get(&path).await.ok();
    let elsewhere = world.in_district("intake", "permit-office", 4);
    elsewhere.get(&path).await.problem(403, "district-not-yours");
    elsewhere.get("/v1/inbox?district=3").await.problem(403, "district-not-yours");
    elsewhere.get("/v1/inbox?role=deputy").await.problem(403, "role-not-yours");
    assert!(cases(&elsewhere.get("/v1/inbox").await).is_empty());
    assert!(cases(&elsewhere.get(&format!("/v1/search?number={case}")).await).is_empty());
    elsewhere.get("/v1/districts/3/workload").await.problem(403, "district-not-yours");
    world.role("agency-fire", Some("agencies")).get(&path).await.problem(404, "unknown-case");
    let revenue = world.role("revenue", Some("revenue-office"));
    assert_eq!(revenue.get(&path).await.ok()["people"], Value::Null);
}

#[tokio::test]
async fn names_are_found_by_the_permit_office_in_any_spelling_until_forgotten() {
    let world = World::start().await;
    let (case, position) = world.apply(ZAHRA, "3-1-1").await;
    let intake = world.intake();
    for text in ["%D8%A7%D8%AD%D9%85%D8%AF%DB%8C", "%D8%A7%D8%AD%D9%85%D8%AF%D9%8A"] {
        let found = intake.get(&format!("/v1/search?name={text}&after={position}")).await;
        assert_eq!(cases(&found), [case.as_str()]);
    }
    assert_eq!(cases(&intake.get("/v1/search?parcel=%DB%B3-1-1").await), [case.as_str()]);
    for role in [world.citizen(ZAHRA).await, world.role("revenue", Some("revenue-office"))] {
        let asked = role.get("/v1/search?name=ahmadi").await;
        assert_eq!(asked.problem(403, "name-search")["field"], "name");
    }
    intake.get("/v1/search?name=a").await.problem(422, "name-too-short");
    intake.get("/v1/search").await.problem(400, "one-search");

    let person = world.person(ZAHRA).await;
    let admin = world.role("admin", None);
    let forgotten = done(&admin, &format!("/v1/persons/{person}/forget"), json!({})).await;
    let view = intake.get(&format!("/v1/cases/{case}?after={forgotten}")).await.ok();
    assert_eq!(view["people"]["name"], Value::Null);
    let gone = intake.get(&format!("/v1/search?name=%D8%A7%D8%AD%D9%85%D8%AF%DB%8C&after={forgotten}")).await;
    assert!(cases(&gone).is_empty());
    let note = json!({ "corrections": [], "note": "متن" });
    let refused = intake.post(&format!("/v1/cases/{case}/steps/check/return"), &note).await;
    refused.problem(409, "person-forgotten");
    let unknown = uuid::Uuid::from_u128(1);
    admin.post(&format!("/v1/persons/{unknown}/forget"), &json!({})).await.problem(422, "unknown-person");
}

#[tokio::test]
async fn nobody_decides_for_their_kin() {
    let world = World::start().await;
    let (case, _) = world.apply(ZAHRA, "3-1-1").await;
    let intake = world.intake();
    let kin = json!({ "relative": { "national_id": ZAHRA }, "relation": "spouse" });
    done(&intake, "/v1/kin", kin).await;
    let taken = intake.post(&format!("/v1/cases/{case}/steps/check/take"), &json!({})).await;
    taken.problem(403, "case-of-kin");
}
