//! The case as an officer works on it: what is offered, what a form does once, and what the rules do not take.

use crate::client::{Answer, Caller};
use crate::documents::{pdf, token, upload};
use crate::forms::{at, encoded, english, form_of, head_of, hidden, send};
use crate::way::{building, to_the_order};
use crate::world::{World, ZAHRA, done, small_works};
use serde_json::json;

/// An officer's browser, with the case that is worked on.
struct Desk {
    browser: Caller,
    page: String,
}

impl Desk {
    fn new(world: &World, role: &str, department: &str, case: &str) -> Desk {
        Desk { browser: world.browser(role, Some(department)), page: format!("/cases/{case}") }
    }

    fn address(&self, act: &str) -> String {
        format!("{}/acts/{act}", self.page)
    }

    /// Fills the form of an act on a page that was just opened.
    async fn fill(&self, act: &str, fields: &[(&str, &str)]) -> (String, String) {
        let (page, address) = (at(&self.browser, &self.page).await, self.address(act));
        let typed = fields.iter().map(|(name, value)| format!("&{act}-{name}={}", encoded(value)));
        (format!("{}{}", head_of(&page, &address), typed.collect::<String>()), address)
    }

    async fn try_act(&self, act: &str, fields: &[(&str, &str)]) -> Answer {
        let (form, address) = self.fill(act, fields).await;
        send(&self.browser, &address, &form).await
    }

    /// Does what must go well.
    async fn act(&self, act: &str, fields: &[(&str, &str)]) {
        let answer = self.try_act(act, fields).await;
        let after = format!("{}?done=1", self.page);
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, &*after), "{act}: {}", answer.text);
        assert!(at(&self.browser, &after).await.text.contains("ثبت شد"));
    }

    async fn offers(&self, act: &str) -> bool {
        at(&self.browser, &self.page).await.text.contains(&format!("{}\"", self.address(act)))
    }
}

/// Applies for small works; the case's number, shown in the tables.
async fn applied(world: &World, parcel: &str) -> String {
    let (case, last) = world.apply(ZAHRA, parcel).await;
    world.intake().get(&format!("/v1/inbox?after={last}")).await.ok();
    case
}

async fn count(world: &World, case: &str, event: &str) -> usize {
    let timeline = world.intake().get(&format!("/v1/cases/{case}/timeline")).await.ok();
    timeline["items"].as_array().unwrap().iter().filter(|one| one["event"] == event).count()
}

#[tokio::test]
async fn a_step_is_done_by_its_form_once_and_what_is_wrong_is_said_at_its_field() {
    let world = World::start().await;
    let case = applied(&world, "3-1").await;
    let desk = Desk::new(&world, "intake", "permit-office", &case);
    let page = at(&desk.browser, &desk.page).await;
    for told in ["dir=\"rtl\"", "بازبینی", "درخواست ثبت شد", "۴۰ متر مربع", "زهرا احمدی", "سند یا اجاره‌نامه"]
    {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    assert!(!desk.offers("grant").await && !page.text.contains("style="), "{}", page.text);
    let wrong = desk.try_act("complete-check", &[("outcome", "small-works"), ("note", "دیدم")]).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    let kept = ["role=\"alert\"", ">دیدم</textarea>", "لازم است: کار جزئی است", "href=\"#complete-check-checklist\""];
    for kept in kept.into_iter().chain(["value=\"small-works\" checked"]) {
        assert!(wrong.text.contains(kept), "{kept}: {}", wrong.text);
    }
    let fields = [("outcome", "small-works"), ("checklist", "small"), ("note", "خوب است")];
    let (form, address) = desk.fill("complete-check", &fields).await;
    assert_eq!(send(&desk.browser, &address, "csrf=x").await.status, 403);
    let (one, other) = tokio::join!(send(&desk.browser, &address, &form), send(&desk.browser, &address, &form));
    let again = send(&desk.browser, &address, &form).await;
    for answer in [one, other, again] {
        assert_eq!(answer.status, 303, "a double click and a reload: {}", answer.text);
    }
    assert_eq!(count(&world, &case, "StepCompleted").await, 1);
    assert!(!desk.offers("complete-check").await);
    let history = at(&english(&desk.browser), &desk.page).await;
    for told in ["Step done: Check of the application – Small works", "خوب است", "Nothing waits for your role"]
    {
        assert!(history.text.contains(told), "{told}: {}", history.text);
    }
}

#[tokio::test]
async fn a_form_of_a_page_that_the_case_has_left_behind_changes_nothing() {
    let world = World::start().await;
    let case = applied(&world, "3-1").await;
    let desk = Desk::new(&world, "intake", "permit-office", &case);
    let fields = [("outcome", "small-works"), ("checklist", "small"), ("note", "نوشته من")];
    let (form, address) = desk.fill("complete-check", &fields).await;
    let taken = done(&world.intake(), &format!("/v1/cases/{case}/steps/check/take"), json!({})).await;
    world.intake().get(&format!("/v1/inbox?after={taken}")).await.ok();
    let stale = send(&desk.browser, &address, &form).await;
    assert_eq!(stale.status, 409, "{}", stale.text);
    for told in ["جلوتر رفته است", ">نوشته من</textarea>", "value=\"small\" checked"] {
        assert!(stale.text.contains(told), "{told}: {}", stale.text);
    }
    assert_eq!(count(&world, &case, "StepCompleted").await, 0);
    // The page that says so is of now: sent again from there it counts.
    let again = format!(
        "{}&{}",
        head_of(&stale, &address),
        form.split_once("&complete").unwrap().1.replacen("-check", "complete-check", 1)
    );
    assert_eq!(send(&desk.browser, &address, &again).await.status, 303);
    assert_eq!(count(&world, &case, "StepCompleted").await, 1);
    let late = send(&desk.browser, &address, &again.replace("&key=", "&key=0")).await;
    assert_eq!(late.status, 409, "what is done is done: {}", late.text);
}

#[tokio::test]
async fn a_case_goes_back_and_on_to_its_licence_and_out_of_force_by_forms_alone() {
    let world = World::start().await;
    let case = applied(&world, "3-1").await;
    let intake = Desk::new(&world, "intake", "permit-office", &case);
    let bare = intake.try_act("return-check", &[("corrections", "deed")]).await;
    assert!(bare.status == 422 && bare.text.contains("دلیل را بنویسید"), "{}", bare.text);
    assert!(form_of(&bare, &intake.address("return-check")).contains("value=\"deed\" checked"), "{}", bare.text);
    intake.act("return-check", &[("corrections", "deed"), ("corrections", "area"), ("note", "سند خوانا نیست")]).await;
    let page = at(&intake.browser, &intake.page).await;
    assert!(page.text.contains("نزد متقاضی برای اصلاح") && !intake.offers("complete-check").await, "{}", page.text);
    let answer = json!({ "facts": { "area": 30 }, "documents": [{ "kind": "deed", "sha256": crate::world::SHA256 }] });
    let last = done(&world.citizen(ZAHRA).await, &format!("/v1/cases/{case}/answer"), answer).await;
    world.intake().get(&format!("/v1/inbox?after={last}")).await.ok();
    intake.act("complete-check", &[("outcome", "small-works"), ("checklist", "small")]).await;
    let revenue = Desk::new(&world, "revenue", "revenue-office", &case);
    let page = at(&revenue.browser, &revenue.page).await.text;
    assert!(page.contains("سند یا اجاره‌نامه") && !page.contains("/documents/"), "named, and not theirs to open");
    revenue.act("bill", &[]).await;
    assert!(!revenue.offers("bill").await);
    let paid = json!({ "bill": "B-1405-000001", "amount": 1_050_000, "reference": "1" });
    let paid = done(&world.role("bank", None), &format!("/v1/cases/{case}/payments"), paid).await;
    world.intake().get(&format!("/v1/cases/{case}?after={paid}")).await.ok();
    let head = Desk::new(&world, "technical-head", "permit-office", &case);
    assert!(!head.offers("grant").await, "a step is open");
    revenue.act("complete-fee", &[]).await;
    head.act("grant", &[]).await;
    head.act("issue", &[]).await;
    let deputy = Desk::new(&world, "deputy", "permit-office", &case);
    let bare = deputy.try_act("suspend", &[("note", "خطر ریزش")]).await;
    for told in ["ماده قانونی را برگزینید", "آن را تأیید کنید", ">خطر ریزش</textarea>"]
    {
        assert!(bare.status == 422 && bare.text.contains(told), "{told}: {}", bare.text);
    }
    let grave = [("article", "safety"), ("note", "خطر ریزش"), ("sure", "yes")];
    deputy.act("suspend", &grave).await;
    let objection = json!({ "note": "اعتراض دارم" });
    let last = done(&world.citizen(ZAHRA).await, &format!("/v1/cases/{case}/objection"), objection).await;
    world.intake().get(&format!("/v1/inbox?after={last}")).await.ok();
    let panel = Desk::new(&world, "objection-panel", "permit-office", &case);
    assert_eq!(panel.try_act("objection", &[("note", "بررسی شد")]).await.status, 422);
    panel.act("objection", &[("upheld", "yes"), ("note", "بررسی شد")]).await;
    head.act("renew", &[]).await;
    deputy.act("revoke", &grave).await;
    let page = at(&english(&deputy.browser), &deputy.page).await;
    assert!(page.text.contains("Licence revoked: Safety rules"), "{}", page.text);
    assert!(page.text.contains("Nothing waits for your role"), "{}", page.text);
}

#[tokio::test]
async fn agencies_are_asked_again_and_answer_by_forms() {
    let world = World::start().await;
    let applied = world.citizen(ZAHRA).await.post("/v1/cases", &building(ZAHRA)).await.ok();
    let case = applied["case"].as_str().unwrap().to_owned();
    to_the_order(&world, &case).await;
    world.anybody().get("/v1/procedures").await.ok();
    let last = done(&world.intake(), &format!("/v1/cases/{case}/steps/inquiries/take"), json!({})).await;
    world.intake().get(&format!("/v1/inbox?after={last}")).await.ok();
    let fire = Desk::new(&world, "agency-fire", "agencies", &case);
    let page = at(&fire.browser, &fire.page).await;
    assert!(!page.text.contains("زهرا احمدی"), "names are for those who handle the file: {}", page.text);
    assert_eq!(fire.try_act("answer-fire", &[("note", "پله ندارد")]).await.status, 422);
    fire.act("answer-fire", &[("verdict", "rejects"), ("note", "پله ندارد")]).await;
    let intake = Desk::new(&world, "intake", "permit-office", &case);
    let page = at(&intake.browser, &intake.page).await;
    assert!(page.text.contains("پله ندارد") && page.text.contains(">مخالف<"), "{}", page.text);
    assert_eq!(intake.try_act("consult-inquiries", &[]).await.status, 422);
    intake.act("consult-inquiries", &[("agency", "fire")]).await;
    fire.act("answer-fire", &[("verdict", "approves")]).await;
    let planner = world.browser("agency-heritage", Some("agencies"));
    assert_eq!(planner.get(&fire.page).await.status, 404, "who was not asked sees nothing");
    let head = Desk::new(&world, "technical-head", "permit-office", &case);
    head.act("extend", &[("clock", "promise")]).await;
    assert!(!form_of(&at(&head.browser, &head.page).await, &head.address("extend")).contains("value=\"promise\""));
}

#[tokio::test]
async fn nobody_acts_where_they_may_not() {
    let world = World::start().await;
    let case = applied(&world, "3-1").await;
    let intake = Desk::new(&world, "intake", "permit-office", &case);
    let (form, address) = intake.fill("complete-check", &[("outcome", "small-works"), ("checklist", "small")]).await;
    let elsewhere = world.browser_in("intake", "permit-office", 4);
    assert_eq!(elsewhere.get(&intake.page).await.status, 403);
    let csrf = hidden(&at(&elsewhere, "/desk").await, "csrf");
    assert_eq!(
        send(&elsewhere, &address, &format!("csrf={csrf}&complete-check-outcome=small-works")).await.status,
        403
    );
    assert_eq!(send(&elsewhere, &address, &form).await.status, 403, "another session's token");
    let seen = hidden(&at(&intake.browser, &intake.page).await, "seen");
    let deputy = Desk::new(&world, "deputy", "permit-office", &case);
    let csrf = hidden(&at(&deputy.browser, "/desk").await, "csrf");
    let other = "complete-check-outcome=small-works&complete-check-checklist=small";
    let other = send(&deputy.browser, &address, &format!("csrf={csrf}&seen={seen}&{other}")).await;
    assert!(other.status == 403 && other.text.contains("role=\"alert\""), "{} {}", other.status, other.text);
    assert_eq!(send(&deputy.browser, &deputy.address("hang"), &format!("csrf={csrf}")).await.status, 404);
    let citizen = world.browser_of(ZAHRA).await;
    let csrf = hidden(&at(&citizen, &intake.page).await, "csrf");
    assert_eq!(send(&citizen, &address, &format!("csrf={csrf}&seen={seen}")).await.status, 403);
    assert_eq!(send(&world.anybody(), &address, "csrf=x").await.status, 401);
    assert_eq!(count(&world, &case, "StepCompleted").await, 0);
}

/// An officer whom the vault knows, as it knows those who signed in.
async fn known(world: &World, role: &str, department: &str) -> Caller {
    let person = world.vault.person_for(&vault::Lookup::account(role)).await.unwrap();
    let (role, department) = (role.parse().unwrap(), Some(department.parse().unwrap()));
    world.signed_in(kernel::Actor { person, role, department, districts: kernel::Districts::ALL })
}

#[tokio::test]
async fn a_document_that_a_step_needs_is_handed_in_with_its_form() {
    let world = World::start().await;
    let mut application = small_works(ZAHRA, "3-1");
    application["facts"]["area"] = json!(60);
    let case = world.citizen(ZAHRA).await.post("/v1/cases", &application).await.ok();
    let case = case["case"].as_str().unwrap().to_owned();
    let check = json!({ "outcome": "small-works", "checklist": { "small": true } });
    let last = done(&world.intake(), &format!("/v1/cases/{case}/steps/check/complete"), check).await;
    world.intake().get(&format!("/v1/inbox?after={last}")).await.ok();
    let browser = known(&world, "technical-officer", "district-office").await;
    let visit = Desk { browser, page: format!("/cases/{case}") };
    let without = visit.try_act("complete-visit", &[("note", "دیدم")]).await;
    for told in ["مدرک لازم است: گزارش بازدید", "href=\"#complete-visit-documents\"", ">دیدم</textarea>", "هنوز نیست"]
    {
        assert!(without.status == 422 && without.text.contains(told), "{told}: {}", without.text);
    }
    let report = format!("/cases/{case}/documents/visit-report");
    let csrf = token(&at(&visit.browser, &report).await);
    let sent = upload(&visit.browser, &report, &csrf, ("report.pdf", "application/pdf", &pdf("0 0 1"))).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    assert!(at(&visit.browser, &visit.page).await.text.contains("با این فرم تحویل می‌شود"));
    visit.act("complete-visit", &[("note", "دیدم")]).await;
    let given = world.intake().get(&format!("/v1/cases/{case}")).await.ok();
    let kinds: Vec<_> = given["documents"].as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds, [json!("deed"), json!("visit-report")]);
}
