//! A case from application to completion, as the citizen and each officer send it.

use crate::client::Caller;
use crate::world::{REZA, SHA256, World, ZAHRA, done, small_works};
use serde_json::{Value, json};

pub(crate) fn building(national_id: &str) -> Value {
    let documents = ["deed", "identity", "renewal-levy-receipt"];
    let documents: Vec<Value> = documents.iter().map(|kind| json!({ "kind": kind, "sha256": SHA256 })).collect();
    json!({
        "procedure": "building-permit",
        "district": 3,
        "parcel": "۳-۱۱۸-۴۲",
        "applicant": { "national_id": national_id, "name": "زهرا احمدی", "mobile": "09121234567" },
        "agent": { "national_id": REZA },
        "facts": { "land-area": "۲۵۰", "built-area": 600, "floors": 4, "use": "residential", "historic-area": false },
        "documents": documents,
    })
}

async fn read(caller: &Caller, case: &str, after: u64) -> Value {
    caller.get(&format!("/v1/cases/{case}?after={after}")).await.ok()
}

fn documents(kinds: &[&str]) -> Value {
    kinds.iter().map(|kind| json!({ "kind": kind, "sha256": SHA256 })).collect()
}

/// The steps before the consultations, each by its officer.
pub(crate) async fn to_the_order(world: &World, case: &str) {
    let step = |step: &str, what: &str| format!("/v1/cases/{case}/steps/{step}/{what}");
    let intake = world.intake();
    done(&intake, &step("file", "take"), json!({})).await;
    let returned = json!({ "corrections": ["deed", "floors"], "note": "سند خوانا نیست" });
    done(&intake, &step("file", "return"), returned).await;
    let citizen = world.citizen(REZA).await;
    let answer = json!({ "facts": { "floors": "٥" }, "documents": documents(&["deed"]), "note": "پیوست شد" });
    done(&citizen, &format!("/v1/cases/{case}/answer"), answer).await;
    let checklist = json!({ "deed-matches": true, "levies-settled": true });
    done(&intake, &step("file", "complete"), json!({ "outcome": "complete", "checklist": checklist })).await;
    let officer = world.in_district("technical-officer", "district-office", 3);
    let visit = json!({
        "outcome": "conforms", "checklist": { "street-line": true }, "documents": documents(&["visit-report"]),
        "note": "بازدید شد"
    });
    done(&officer, &step("site-visit", "complete"), visit).await;
    let planner = world.role("planner", Some("district-office"));
    let order = json!({ "outcome": "ordered", "checklist": { "use-allowed": true, "density-allowed": true } });
    done(&planner, &step("planning-order", "complete"), order).await;
}

/// What goes on in parallel then, and the decision.
async fn to_the_licence(world: &World, case: &str) -> u64 {
    let at = |rest: &str| format!("/v1/cases/{case}/{rest}");
    let reviewer = world.role("plan-reviewer", Some("permit-office"));
    let plans = documents(&["architectural-plan", "structural-plan", "services-plan"]);
    let checklist = json!({ "architecture": true, "structure": true, "services": true });
    let review = json!({ "outcome": "approved", "checklist": checklist, "documents": plans });
    done(&reviewer, &at("steps/plans/complete"), review).await;
    let engineers = world.role("engineers", Some("engineers"));
    let supervisor = json!({ "documents": documents(&["supervisor-undertaking"]) });
    done(&engineers, &at("steps/supervisor/complete"), supervisor).await;
    for (agency, role) in [("fire", "agency-fire"), ("social-security", "agency-social-security")] {
        let agency_desk = world.role(role, Some("agencies"));
        let verdict = json!({ "verdict": "approves-with-conditions", "note": "با شرط" });
        done(&agency_desk, &at(&format!("consultations/{agency}/answer")), verdict).await;
    }
    let body = world.role("agency-engineers", Some("agencies"));
    done(&body, &at("consultations/engineers-body/answer"), json!({ "verdict": "rejects" })).await;
    let intake = world.intake();
    done(&intake, &at("steps/inquiries/consultations/engineers-body"), json!({})).await;
    done(&body, &at("consultations/engineers-body/answer"), json!({ "verdict": "approves" })).await;
    done(&intake, &at("steps/inquiries/complete"), json!({})).await;
    pay(world, case).await;
    let head = world.role("technical-head", Some("permit-office"));
    done(&head, &at("extension"), json!({})).await;
    let deputy = world.role("deputy", Some("permit-office"));
    let drafted = done(&head, &at("steps/draft/complete"), json!({ "checklist": { "draft-checked": true } })).await;
    waits(&deputy, "grant", case, drafted).await;
    let granted = done(&deputy, &at("grant"), json!({})).await;
    waits(&head, "issue", case, granted).await;
    let issued = done(&head, &at("licence"), json!({})).await;
    let none = head.get(&format!("/v1/inbox?after={issued}")).await.ok();
    assert_eq!(none["items"], json!([]));
    issued
}

/// The inbox of whose turn it is holds this work of the case and nothing else.
async fn waits(caller: &Caller, work: &str, case: &str, after: u64) {
    let inbox = caller.get(&format!("/v1/inbox?district=3&after={after}")).await.ok();
    let items = inbox["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{inbox}");
    assert_eq!((&items[0]["work"], &items[0]["item"]), (&json!(work), &json!(work)));
    assert_eq!((&items[0]["case"], &items[0]["step"]), (&json!(case), &Value::Null));
}

async fn pay(world: &World, case: &str) {
    let at = |rest: &str| format!("/v1/cases/{case}/{rest}");
    let revenue = world.role("revenue", Some("revenue-office"));
    let billed = done(&revenue, &at("bill"), json!({})).await;
    let bills = revenue.get(&format!("/v1/revenue/bills?case={case}&after={billed}")).await.ok();
    let (bill, total) = (&bills[0]["bill"], bills[0]["total"].as_i64().unwrap());
    // 600 m² at 950,000, and 12 % of it for each of two floors above three, 5 % and 4 %.
    assert_eq!(total, 570_000_000 * 133 / 100);
    let bank = world.role("bank", None);
    let half = json!({ "bill": bill, "amount": (total / 2).to_string(), "reference": "۱۲۳" });
    done(&bank, &at("payments"), half.clone()).await;
    let twice = bank.post(&at("payments"), &half).await;
    assert_eq!(twice.problem(409, "payment-booked")["field"], "reference");
    let rest = json!({ "bill": bill, "amount": total - total / 2, "reference": "124" });
    let paid = done(&bank, &at("payments"), rest).await;
    let payments = revenue.get(&format!("/v1/revenue/payments?case={case}&after={paid}")).await.ok();
    assert_eq!(payments.as_array().unwrap().len(), 2);
    done(&revenue, &at("steps/levies/complete"), json!({})).await;
}

#[tokio::test]
async fn a_building_permit_from_application_to_completion() {
    let world = World::start().await;
    let citizen = world.citizen(ZAHRA).await;
    let applied = citizen.post("/v1/cases", &building(ZAHRA)).await;
    let body = applied.ok();
    let case = body["case"].as_str().unwrap().to_owned();
    assert_eq!(applied.status, 201);
    assert_eq!(applied.header("location"), format!("/v1/cases/{case}"));
    assert_eq!(body["number"], case.replace('-', "/"));

    let view = read(&citizen, &case, applied.position()).await;
    assert_eq!((view["status"].as_str(), view["holder"].as_str()), (Some("in-progress"), Some("city")));
    assert_eq!(view["people"]["name"], "زهرا احمدی");
    assert_eq!(view["people"]["mobile"], "+989121234567");
    assert!(view["estimate"].as_i64().unwrap() > 0 && view["promised"]["at"].is_string());
    assert_eq!(view["steps"][0]["step"], "file");
    let waiting = world.intake().get("/v1/inbox?district=%DB%B3").await.ok();
    assert_eq!(waiting["items"][0]["case"], case.as_str());

    to_the_order(&world, &case).await;
    let issued = to_the_licence(&world, &case).await;
    let view = read(&citizen, &case, issued).await;
    assert_eq!((view["status"].as_str(), view["outstanding"].as_i64()), (Some("issued"), Some(0)));
    assert_eq!(view["bills"][0]["state"], "paid");
    let number = view["licence"].as_str().unwrap();
    let checked = world.anybody().get(&format!("/v1/licences/{number}")).await.ok();
    assert_eq!(checked["state"], "valid");
    assert!(!checked.to_string().contains("زهرا"), "whose licence it is stands there for nobody");

    let told = notes(&citizen, &case).await;
    assert!(
        told.iter().any(|note| note == "سند خوانا نیست") && told.iter().any(|note| note == "بازدید شد"),
        "{told:?}"
    );
    after_the_licence(&world, &case).await;
    let told = notes(&world.citizen(REZA).await, &case).await;
    assert!(told.is_empty(), "what was said of the former holder is not for the new one: {told:?}");
}

async fn notes(caller: &Caller, case: &str) -> Vec<String> {
    let happened = caller.get(&format!("/v1/cases/{case}/timeline?limit=100")).await.ok();
    let items = happened["items"].as_array().unwrap();
    items.iter().filter_map(|one| Some(one["note"].as_str()?.to_owned())).collect()
}

async fn after_the_licence(world: &World, case: &str) {
    let at = |rest: &str| format!("/v1/cases/{case}/{rest}");
    let (head, deputy) =
        (world.role("technical-head", Some("permit-office")), world.role("deputy", Some("permit-office")));
    let suspended = done(&deputy, &at("suspension"), json!({ "article": "safety", "note": "ایمنی" })).await;
    assert_eq!(read(&head, case, suspended).await["status"], "suspended");
    done(&deputy, &at("reinstatement"), json!({})).await;
    done(&head, &at("renewal"), json!({})).await;
    let to = json!({ "to": { "national_id": REZA, "name": "رضا کریمی" } });
    let transferred = done(&head, &at("transfer"), to).await;
    world.citizen(ZAHRA).await.get(&format!("/v1/cases/{case}?after={transferred}")).await.problem(404, "unknown-case");
    let supervisor = world.role("supervisor", Some("engineers"));
    let works = json!({ "outcome": "finished", "documents": documents(&["supervisor-report"]) });
    done(&supervisor, &at("steps/works/complete"), works).await;
    let visit = json!({ "outcome": "conforms", "checklist": { "as-permitted": true } });
    done(&world.role("technical-officer", Some("district-office")), &at("steps/final-visit/complete"), visit).await;
    let completed = done(&head, &at("completion"), json!({})).await;
    let view = read(&world.citizen(REZA).await, case, completed).await;
    assert_eq!(view["status"], "completed");
    assert_eq!(view["people"]["name"], "رضا کریمی");
    assert!(view["certificate"].as_str().unwrap().starts_with("C-"));
    let back = json!({ "to": { "national_id": ZAHRA, "name": "زهرا احمدی" } });
    head.post(&at("transfer"), &back).await.problem(409, "case-is-not");
}

#[tokio::test]
async fn refused_objected_decided_and_revoked() {
    let world = World::start().await;
    let (case, _) = world.apply(ZAHRA, "3-1-1").await;
    let at = |rest: &str| format!("/v1/cases/{case}/{rest}");
    let citizen = world.citizen(ZAHRA).await;
    let head = world.role("technical-head", Some("permit-office"));
    let unknown = head.post(&at("refusal"), &json!({ "article": "weather" })).await;
    assert_eq!(unknown.problem(422, "unknown-article")["field"], "article");
    done(&head, &at("refusal"), json!({ "article": "safety", "note": "ناایمن" })).await;
    citizen.post(&at("withdraw"), &json!({})).await.problem(409, "case-is-not");
    let objected = done(&citizen, &at("objection"), json!({ "note": "ایمن است" })).await;
    let panel = world.role("objection-panel", Some("permit-office"));
    waits(&panel, "objection", &case, objected).await;
    let upheld = done(&panel, &at("objection/decision"), json!({ "upheld": true, "note": "وارد است" })).await;
    let view = read(&citizen, &case, upheld).await;
    assert_eq!((view["status"].as_str(), view["objection"].as_str()), (Some("in-progress"), Some("upheld")));

    done(
        &world.intake(),
        &at("steps/check/complete"),
        json!({ "outcome": "small-works", "checklist": { "small": true } }),
    )
    .await;
    let revenue = world.role("revenue", Some("revenue-office"));
    let billed = done(&revenue, &at("bill"), json!({})).await;
    let bills = revenue.get(&format!("/v1/revenue/bills?case={case}&after={billed}")).await.ok();
    let named = json!({ "bill": bills[0]["bill"], "amount": "۱٬۳۰۰٬۰۰۰", "reference": "ملت-۱" });
    revenue.post(&at("payments"), &named).await.problem(422, "invalid-reference");
    let payment = json!({ "bill": bills[0]["bill"], "amount": "۱٬۳۰۰٬۰۰۰", "reference": "9" });
    done(&revenue, &at("payments"), payment).await;
    done(&revenue, &at("steps/fee/complete"), json!({})).await;
    done(&head, &at("grant"), json!({})).await;
    done(&head, &at("licence"), json!({})).await;
    let deputy = world.role("deputy", Some("permit-office"));
    let revoked = done(&deputy, &at("revocation"), json!({ "article": "safety" })).await;
    assert_eq!(read(&head, &case, revoked).await["status"], "revoked");

    let (other, _) = world.apply(ZAHRA, "3-1-2").await;
    let withdrawn = done(&citizen, &format!("/v1/cases/{other}/withdraw"), json!({})).await;
    assert_eq!(read(&citizen, &other, withdrawn).await["holder"], "nobody");
    let own = citizen.get("/v1/search").await.ok();
    assert_eq!(own["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_adds_nothing() {
    let world = World::start().await;
    let citizen = world.citizen(ZAHRA).await.with("idempotency-key", "01890a5d-ac96-774b-bcce-b302099a8057");
    let first = citizen.post("/v1/cases", &small_works(ZAHRA, "3-1-1")).await.ok();
    let second = citizen.post("/v1/cases", &small_works(ZAHRA, "3-1-1")).await.ok();
    assert_eq!((&first["case"], &first["position"]), (&second["case"], &second["position"]));
    assert_eq!((&first["repeated"], &second["repeated"]), (&json!(false), &json!(true)));
    let later = citizen.with("idempotency-key", "01890a5d-ac96-774b-bcce-b302099a8058");
    let refused = later.post("/v1/cases", &small_works(ZAHRA, "3-1-1")).await;
    assert_eq!(refused.problem(409, "parcel-has-live-application")["field"], "parcel");
}

#[tokio::test]
async fn a_key_stands_for_one_request_of_one_person() {
    let world = World::start().await;
    let key = "01890a5d-ac96-774b-bcce-b302099a8057";
    let zahra = world.citizen(ZAHRA).await.with("idempotency-key", key);
    let reza = world.citizen(REZA).await.with("idempotency-key", key);
    let send = async |caller: &Caller, path: &str, body: &Value| {
        let answer = caller.post(path, body).await;
        (answer.ok(), answer.header("daftar-command").to_owned())
    };
    let (first, id) = send(&zahra, "/v1/cases", &small_works(ZAHRA, "3-1-1")).await;
    let (body, own) = send(&zahra, "/v1/cases", &small_works(ZAHRA, "3-1-2")).await;
    let (person, theirs) = send(&reza, "/v1/cases", &small_works(REZA, "3-1-3")).await;
    let withdraw = format!("/v1/cases/{}/withdraw", first["case"].as_str().unwrap());
    let (route, withdrawn) = send(&zahra, &withdraw, &json!({})).await;
    for answer in [&first, &body, &person, &route] {
        assert_eq!(answer["repeated"], false, "{answer}");
    }
    assert!(first["case"] != body["case"] && body["case"] != person["case"], "each has its own case");
    let (again, same) = send(&zahra, "/v1/cases", &small_works(ZAHRA, "3-1-1")).await;
    assert_eq!((&again["repeated"], &again["case"], &same), (&json!(true), &first["case"], &id));
    assert!(![&own, &theirs, &withdrawn, &key.to_owned()].contains(&&id), "{id}");
}

#[tokio::test]
async fn one_parcel_has_one_live_application_however_its_code_is_written() {
    let world = World::start().await;
    let citizen = world.citizen(ZAHRA).await;
    let (_, position) = world.apply(ZAHRA, "3-21-140").await;
    for code in ["3/21/140", "03-21-140", "۳-۰۲۱-۱۴۰"] {
        let again = citizen.post("/v1/cases", &small_works(ZAHRA, code)).await;
        again.problem(409, "parcel-has-live-application");
    }
    for code in ["3-21-140-", "3--21-140"] {
        citizen.post("/v1/cases", &small_works(ZAHRA, code)).await.problem(422, "invalid-parcel");
    }
    let found = citizen.get(&format!("/v1/search?parcel=03/21/140&after={position}")).await.ok();
    assert_eq!(found["items"][0]["parcel"], "3-21-140");
}
