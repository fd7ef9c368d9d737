//! The whole way of cases through the API, each step by its own officer, on SQLite and on Postgres.

use crate::harness::load::small_works;
use crate::harness::{Caller, City, Plan, REZA, SHA256, ZAHRA, until};
use serde_json::{Value, json};

fn documents(kinds: &[&str]) -> Value {
    kinds.iter().map(|kind| json!({ "kind": kind, "sha256": SHA256 })).collect()
}

fn building(parcel: &str) -> Value {
    json!({
        "procedure": "building-permit",
        "district": 3,
        "parcel": parcel,
        "applicant": { "national_id": ZAHRA, "name": "نمونه ساختگی", "mobile": "09121234567" },
        "facts": { "land-area": "۲۵۰", "built-area": 600, "floors": 4, "use": "residential", "historic-area": false },
        "documents": documents(&["deed", "identity", "renewal-levy-receipt"]),
    })
}

/// One case and those who work on it.
struct Way<'a> {
    city: &'a City,
    case: String,
}

impl Way<'_> {
    fn at(&self, rest: &str) -> String {
        format!("/v1/cases/{}/{rest}", self.case)
    }

    #[track_caller]
    fn done(&self, role: &str, rest: &str, body: Value) -> u64 {
        self.city.officer(role).done(&self.at(rest), &body)
    }

    #[track_caller]
    fn citizen(&self, rest: &str, body: Value) -> u64 {
        self.city.citizen(ZAHRA).done(&self.at(rest), &body)
    }

    #[track_caller]
    fn read(&self, caller: &Caller, after: u64) -> Value {
        caller.get_after(&format!("/v1/cases/{}", self.case), after)
    }

    #[track_caller]
    fn status(&self, after: u64) -> String {
        self.read(&self.city.officer("technical-head"), after)["status"].as_str().expect("a status").to_owned()
    }

    /// Bills, pays in two parts, and sees both with the revenue office.
    fn pay(&self) {
        let revenue = self.city.officer("revenue");
        let billed = self.done("revenue", "bill", json!({}));
        let bills = revenue.get_after(&format!("/v1/revenue/bills?case={}", self.case), billed);
        let (bill, total) = (&bills[0]["bill"], bills[0]["total"].as_i64().expect("a total"));
        assert!(total > 0);
        let half = json!({ "bill": bill, "amount": (total / 2).to_string(), "reference": format!("{}-1", self.case) });
        self.done("bank", "payments", half);
        let rest = json!({ "bill": bill, "amount": total - total / 2, "reference": format!("{}-2", self.case) });
        let paid = self.done("bank", "payments", rest);
        let payments = revenue.get_after(&format!("/v1/revenue/payments?case={}", self.case), paid);
        assert_eq!(payments.as_array().map(Vec::len), Some(2), "{payments}");
    }
}

fn apply<'a>(city: &'a City, body: &Value) -> (Way<'a>, u64) {
    let answer = city.citizen(ZAHRA).done_as("/v1/cases", body, crate::harness::http::fresh());
    (Way { city, case: answer.case() }, answer.position())
}

fn to_the_order(way: &Way<'_>) {
    way.done("intake", "steps/file/take", json!({}));
    let returned =
        way.done("intake", "steps/file/return", json!({ "corrections": ["deed", "floors"], "note": "ناخوانا" }));
    let view = way.read(&way.city.citizen(ZAHRA), returned);
    assert_eq!(view["holder"], "applicant", "the clock rests while the applicant has the case");
    way.citizen("answer", json!({ "facts": { "floors": "٥" }, "documents": documents(&["deed"]), "note": "پیوست شد" }));
    let checklist = json!({ "deed-matches": true, "levies-settled": true });
    way.done("intake", "steps/file/complete", json!({ "outcome": "complete", "checklist": checklist }));
    let visit = json!({ "outcome": "conforms", "checklist": { "street-line": true }, "documents": documents(&["visit-report"]) });
    let visited = way.done("technical-officer", "steps/site-visit/complete", visit);
    let visits = way.city.officer("technical-officer").get_after("/v1/districts/3/visits", visited);
    assert!(visits.to_string().contains(&way.case), "the district sees its visit: {visits}");
    let order = json!({ "outcome": "ordered", "checklist": { "use-allowed": true, "density-allowed": true } });
    way.done("planner", "steps/planning-order/complete", order);
}

fn to_the_licence(way: &Way<'_>) -> u64 {
    let checklist = json!({ "architecture": true, "structure": true, "services": true });
    let plans = documents(&["architectural-plan", "structural-plan", "services-plan"]);
    let review = json!({ "outcome": "approved", "checklist": checklist, "documents": plans });
    way.done("plan-reviewer", "steps/plans/complete", review);
    way.done("engineers", "steps/supervisor/complete", json!({ "documents": documents(&["supervisor-undertaking"]) }));
    let early = way.city.officer("deputy").post(&way.at("grant"), &json!({}));
    assert_eq!(early.status, 409, "no licence before every step, fee and consultation: {}", early.text);
    way.done("agency-fire", "consultations/fire/answer", json!({ "verdict": "approves" }));
    let conditions = json!({ "verdict": "approves-with-conditions", "note": "با شرط" });
    way.done("agency-social-security", "consultations/social-security/answer", conditions);
    way.done("agency-engineers", "consultations/engineers-body/answer", json!({ "verdict": "rejects" }));
    way.done("intake", "steps/inquiries/consultations/engineers-body", json!({}));
    way.done("agency-engineers", "consultations/engineers-body/answer", json!({ "verdict": "approves" }));
    way.done("intake", "steps/inquiries/complete", json!({}));
    way.pay();
    way.done("revenue", "steps/levies/complete", json!({}));
    way.done("technical-head", "steps/draft/complete", json!({ "checklist": { "draft-checked": true } }));
    way.done("deputy", "grant", json!({}));
    way.done("technical-head", "licence", json!({}))
}

fn building_permit(city: &City) {
    let (way, applied) = apply(city, &building(&city.parcel()));
    let view = way.read(&city.citizen(ZAHRA), applied);
    assert_eq!((view["status"].as_str(), view["people"]["name"].as_str()), (Some("in-progress"), Some("نمونه ساختگی")));
    let inbox = city.officer("intake").get_after("/v1/inbox?district=3&limit=100", applied);
    assert!(inbox.to_string().contains(&way.case), "it waits for intake: {inbox}");
    to_the_order(&way);
    let issued = to_the_licence(&way);
    let view = way.read(&city.citizen(ZAHRA), issued);
    assert_eq!((view["status"].as_str(), view["outstanding"].as_i64()), (Some("issued"), Some(0)));
    let number = view["licence"].as_str().expect("an issued licence has a number");
    assert_eq!(city.anybody().get(&format!("/v1/licences/{number}")).ok()["state"], "valid");
    let suspended = way.done("deputy", "suspension", json!({ "article": "safety" }));
    assert_eq!(way.status(suspended), "suspended");
    way.done("deputy", "reinstatement", json!({}));
    way.done("technical-head", "renewal", json!({}));
    let works = json!({ "outcome": "finished", "documents": documents(&["supervisor-report"]) });
    way.done("supervisor", "steps/works/complete", works);
    let visit = json!({ "outcome": "conforms", "checklist": { "as-permitted": true } });
    way.done("technical-officer", "steps/final-visit/complete", visit);
    let completed = way.done("technical-head", "completion", json!({}));
    assert_eq!(way.status(completed), "completed");
    let timeline = city.citizen(ZAHRA).get(&way.at("timeline?limit=100")).ok().clone();
    assert!(timeline["items"].as_array().map_or(0, Vec::len) > 25, "all of it stands in the timeline");
}

fn refused_and_objected(city: &City) {
    let (way, _) = apply(city, &small_works(ZAHRA, &city.parcel()));
    let refused = way.done("technical-head", "refusal", json!({ "article": "safety", "note": "ناایمن" }));
    assert_eq!(way.status(refused), "refused");
    way.citizen("objection", json!({ "note": "ایمن است" }));
    let upheld = way.done("objection-panel", "objection/decision", json!({ "upheld": true }));
    assert_eq!(way.status(upheld), "in-progress");
}

fn transferred_and_revoked(city: &City) {
    let (way, _) = apply(city, &small_works(ZAHRA, &city.parcel()));
    way.done("intake", "steps/check/complete", json!({ "outcome": "small-works", "checklist": { "small": true } }));
    way.pay();
    way.done("revenue", "steps/fee/complete", json!({}));
    way.done("technical-head", "grant", json!({}));
    way.done("technical-head", "licence", json!({}));
    let to = json!({ "to": { "national_id": REZA, "name": "نمونه دیگر" } });
    let transferred = way.done("technical-head", "transfer", to);
    assert_eq!(way.read(&city.citizen(REZA), transferred)["people"]["name"], "نمونه دیگر");
    way.city.citizen(ZAHRA).get(&format!("/v1/cases/{}", way.case)).problem(404, "unknown-case");
    let revoked = way.done("deputy", "revocation", json!({ "article": "safety" }));
    assert_eq!(way.status(revoked), "revoked");
}

fn nobody_decides_for_kin(city: &City) {
    let (way, _) = apply(city, &small_works(ZAHRA, &city.parcel()));
    let relative = city.officer_who_is("intake", REZA);
    let check = json!({ "outcome": "small-works", "checklist": { "small": true } });
    relative.done("/v1/kin", &json!({ "relative": { "national_id": ZAHRA }, "relation": "spouse" }));
    let kin = relative.post(&way.at("steps/check/complete"), &check);
    assert_eq!((kin.is_ok(), kin.json["code"].as_str()), (false, Some("case-of-kin")), "{}", kin.text);
    let own = city.officer_who_is("intake", ZAHRA).post(&way.at("steps/check/complete"), &check);
    assert!(!own.is_ok() && own.status < 500, "{}", own.text);
    way.done("intake", "steps/check/complete", check);
}

fn a_late_holiday_moves_the_promise(city: &City) {
    let (way, applied) = apply(city, &small_works(ZAHRA, &city.parcel()));
    let promised = |view: &Value| view["promised"]["jalali"].as_str().expect("a promised day").to_owned();
    let before = promised(&way.read(&city.citizen(ZAHRA), applied));
    let body = json!({ "date": before.replace('/', "-"), "title": "تعطیلی ناگهانی" });
    let declared = city.officer("admin").done("/v1/holidays", &body);
    // The deadlines that it touches are moved by the clock's next tick.
    let moved = || Some(promised(&way.read(&city.citizen(ZAHRA), declared))).filter(|after| *after > before);
    until(&format!("a holiday on {before} moves the promise"), moved);
}

fn whole_way(city: &City) {
    building_permit(city);
    refused_and_objected(city);
    transferred_and_revoked(city);
    nobody_decides_for_kin(city);
    a_late_holiday_moves_the_promise(city);
    city.assert_whole();
}

#[test]
fn the_whole_way_of_cases_in_sqlite() {
    whole_way(&City::start());
}

#[test]
fn the_whole_way_of_cases_in_postgres() {
    whole_way(&Plan::on_postgres().start());
}
