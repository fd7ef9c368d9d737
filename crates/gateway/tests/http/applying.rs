//! Applying in a browser, page by page: the draft that is kept, what is wrong with a field, and one case for one draft.

use crate::client::{Answer, Caller};
use crate::forms::{at, english, head_of, hidden};
use crate::world::{REZA, World, ZAHRA};
use hyper::Method;

const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
pub(crate) const WHO: &str =
    "for=me&name=%D8%B2%D9%87%D8%B1%D8%A7&mobile=%DB%B0%DB%B9%DB%B1%DB%B2%DB%B1%DB%B2%DB%B3%DB%B4%DB%B5%DB%B6%DB%B7";
pub(crate) const PLACE: &str = "parcel=%DB%B3-%DB%B2%DB%B1&district=3";
pub(crate) const FACTS: &str = "fact-area=%DB%B4%DB%B0&fact-structural=no";

/// Sends a page's form as a browser does that has opened it.
pub(crate) async fn send(browser: &Caller, address: &str, form: &str) -> Answer {
    let page = at(browser, address).await;
    let form = format!("{}&{form}", head_of(&page, address));
    browser.send(Method::POST, address, FORM, form.into_bytes()).await
}

/// Sends it, and gives the address that it leads to.
pub(crate) async fn on(browser: &Caller, address: &str, form: &str) -> String {
    let answer = send(browser, address, form).await;
    assert_eq!(answer.status, 303, "{address}: {}", answer.text);
    answer.header("location").to_owned()
}

#[tokio::test]
async fn each_page_says_what_is_wrong_and_the_draft_follows_the_person() {
    let world = World::start().await;
    let phone = world.browser_of(ZAHRA).await;
    let begun = phone.get("/apply/small-works").await;
    assert_eq!((begun.status.as_u16(), begun.header("location")), (303, "/apply/small-works/who"));
    let who = at(&phone, "/apply/small-works/who").await;
    for told in ["dir=\"rtl\"", "aria-current=\"step\"", "گام ۱ از ۵", "value=\"me\" id=\"for\" checked"] {
        assert!(who.text.contains(told), "{told}: {}", who.text);
    }
    assert!(!who.text.contains("style=") && !who.text.contains("<script"), "{}", who.text);
    let wrong = send(&phone, "/apply/small-works/who", "for=person&name=%D8%B1&national-id=123&mobile=12").await;
    assert_eq!(wrong.status, 422);
    for kept in
        ["href=\"#national-id\"", "href=\"#mobile\"", "value=\"123\"", "value=\"12\"", "value=\"ر\"", "aria-invalid"]
    {
        assert!(wrong.text.contains(kept), "{kept}: {}", wrong.text);
    }
    assert_eq!(on(&phone, "/apply/small-works/who", WHO).await, "/apply/small-works/place");
    let wrong = send(&phone, "/apply/small-works/place", "parcel=3--1&district=99").await;
    assert!(wrong.status == 422 && wrong.text.contains("value=\"3--1\""), "{}", wrong.text);
    assert!(wrong.text.contains("منطقه‌ها از ۱ تا ۱۵") && wrong.text.contains("href=\"#parcel\""), "{}", wrong.text);
    assert_eq!(on(&phone, "/apply/small-works/place", PLACE).await, "/apply/small-works/facts");
    let wrong = send(&phone, "/apply/small-works/facts", "fact-area=9999&fact-structural=").await;
    for told in ["عددی صحیح از ۱ تا ۵۰۰ متر مربع", "برای «دست بردن در سازه» یکی را برگزینید", "value=\"9999\""]
    {
        assert!(wrong.text.contains(told), "{told}: {}", wrong.text);
    }
    let structural = send(&phone, "/apply/small-works/facts", "fact-area=40&fact-structural=yes").await;
    assert!(
        structural.status == 422 && structural.text.contains("کار سازه‌ای پروانه ساختمانی می‌خواهد"),
        "{}",
        structural.text
    );
    // On another device, after signing in anew, in the other language.
    let desk = english(&world.browser_of(ZAHRA).await);
    assert_eq!(desk.get("/apply/small-works").await.header("location"), "/apply/small-works/facts");
    let facts = at(&desk, "/apply/small-works/facts").await;
    assert!(facts.text.contains("value=\"40\"") && facts.text.contains("need a building permit"), "{}", facts.text);
    assert_eq!(on(&desk, "/apply/small-works/facts", FACTS).await, "/apply/small-works/documents");
    let my = at(&desk, "/my").await;
    assert!(my.text.contains("/apply/small-works") && my.text.contains("Not sent yet"), "{}", my.text);
    let review = at(&desk, "/apply/small-works/review").await;
    for told in ["1,300,000 rials", "5 working days", "Deed or lease is needed", "مساحت"].iter().take(3) {
        assert!(review.text.contains(told), "{told}: {}", review.text);
    }
    assert!(!review.text.contains(">Send the application<"), "not before it is whole: {}", review.text);
    let other = world.browser_of(REZA).await;
    assert!(
        !at(&other, "/apply/small-works/facts").await.text.contains("value=\"۴۰\""),
        "a draft is its person's alone"
    );
    let gone = send(&desk, "/apply/small-works/who", "for=me").await;
    assert!(gone.status == 422 && gone.text.contains("Enter the applicant"), "{}", gone.text);
    let page = at(&desk, "/apply/small-works/who").await;
    let form = format!("csrf={}", hidden(&page, "csrf"));
    let discarded = desk.send(Method::POST, "/apply/small-works/discard", FORM, form.into_bytes()).await;
    assert_eq!(discarded.header("location"), "/my", "{}", discarded.text);
    assert!(!at(&phone, "/my").await.text.contains("/apply/small-works"), "it is gone everywhere");
}

#[tokio::test]
async fn nobody_else_and_no_other_site_writes_a_draft() {
    let world = World::start().await;
    let browser = world.browser_of(ZAHRA).await;
    for address in ["who", "place", "facts", "documents", "review", "discard"] {
        let address = format!("/apply/small-works/{address}");
        let forged = browser.send(Method::POST, &address, FORM, b"name=x".to_vec()).await;
        assert_eq!(forged.status, 403, "{address}: {}", forged.text);
        let stranger = world.anybody().send(Method::POST, &address, FORM, b"name=x".to_vec()).await;
        assert_eq!(stranger.status, 401, "{address}");
        let officer = world.browser("intake", Some("permit-office")).send(Method::POST, &address, FORM, vec![]).await;
        assert_eq!(officer.status, 403, "{address}");
    }
    assert_eq!(world.anybody().get("/apply/small-works/who").await.status, 303, "sign in first");
    for unknown in ["/apply/observed", "/apply/nothing", "/apply/small-works/elsewhere", "/apply/-"] {
        let status = browser.get(unknown).await.status.as_u16();
        assert!([404, 422].contains(&status), "{unknown}: {status}");
    }
    let service = at(&world.anybody(), "/services/small-works").await;
    assert!(service.text.contains("href=\"/apply/small-works\""), "{}", service.text);
    let observed = world.anybody().get("/services/observed").await;
    assert!(!observed.text.contains("/apply/"), "{}", observed.text);
}
