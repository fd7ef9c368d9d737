//! One's own case in a browser: what is waited for, answering a return, objecting, and who looked at the file.

use crate::client::{Answer, Caller};
use crate::forms::{at, encoded, english, head_of};
use crate::world::{REZA, World, ZAHRA, done};
use hyper::Method;
use serde_json::json;

async fn send(browser: &Caller, address: &str, form: &str) -> Answer {
    let kind = Some("application/x-www-form-urlencoded");
    browser.send(Method::POST, address, kind, form.as_bytes().to_vec()).await
}

/// Waits until pages show what a command did.
async fn shown(caller: &Caller, case: &str, after: u64) {
    caller.get(&format!("/v1/cases/{case}?after={after}")).await.ok();
}

#[tokio::test]
async fn a_return_is_seen_answered_once_and_only_as_it_was_asked() {
    let world = World::start().await;
    let (case, _) = world.apply(ZAHRA, "3-1").await;
    let note = "مساحت با سند نمی‌خواند";
    let asks = json!({ "corrections": ["area"], "note": note });
    let position = done(&world.intake(), &format!("/v1/cases/{case}/steps/check/return"), asks).await;
    let browser = world.browser_of(ZAHRA).await;
    shown(&world.citizen(ZAHRA).await, &case, position).await;
    let (own, answer) = (format!("/cases/{case}"), format!("/cases/{case}/answer"));
    let page = at(&browser, &own).await;
    for told in ["پرونده برای اصلاح نزد شماست", &format!("href=\"{answer}\""), note, "مساحت تعمیر", "پذیرش"]
    {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    let ask = at(&browser, &answer).await;
    assert!(ask.text.contains(note) && ask.text.contains("name=\"fact-area\" value=\"40\""), "{}", ask.text);
    assert!(!ask.text.contains("fact-structural"), "only what was asked for: {}", ask.text);
    assert_eq!(send(&browser, &answer, "fact-area=30").await.status, 403, "without a token");
    let head = head_of(&ask, &answer);
    let wrong = send(&browser, &answer, &format!("{head}&fact-area=0&note={}", encoded("درست شد"))).await;
    assert_eq!(wrong.status, 422);
    for kept in ["value=\"0\"", "عددی صحیح از ۱ تا ۵۰۰", "href=\"#fact-area\"", ">درست شد</textarea>"]
    {
        assert!(wrong.text.contains(kept), "{kept}: {}", wrong.text);
    }
    let form = format!("{head}&fact-area=%DB%B3%DB%B0&note={}", encoded("درست شد"));
    let (one, other) = tokio::join!(send(&browser, &answer, &form), send(&browser, &answer, &form));
    assert_eq!((one.status.as_u16(), one.header("location")), (303, own.as_str()), "{}", one.text);
    assert_eq!(other.header("location"), own, "a double click answers once: {}", other.text);
    let page = at(&english(&browser), &own).await;
    for told in ["Corrected by the applicant", "30 m²", "درست شد", "Under way", "Check of the application"] {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    assert_eq!(page.text.matches("Corrected by the applicant").count(), 1);
    let nothing = browser.get(&answer).await;
    assert_eq!(nothing.header("location"), own, "nothing is asked for any more");
    for address in [own, answer, format!("/cases/{case}/object"), format!("/cases/{case}/accesses")] {
        assert_eq!(world.browser_of(REZA).await.get(&address).await.status, 404, "{address}");
    }
}

#[tokio::test]
async fn a_refusal_is_objected_to_with_a_reason() {
    let world = World::start().await;
    let (case, _) = world.apply(ZAHRA, "3-1").await;
    let refusal = json!({ "article": "safety", "note": "بنا ایمن نیست" });
    let head = world.role("technical-head", Some("permit-office"));
    let position = done(&head, &format!("/v1/cases/{case}/refusal"), refusal).await;
    let browser = world.browser_of(ZAHRA).await;
    shown(&world.citizen(ZAHRA).await, &case, position).await;
    let (own, object) = (format!("/cases/{case}"), format!("/cases/{case}/object"));
    let page = at(&browser, &own).await;
    for told in ["رد شد", "ضوابط ایمنی", "بنا ایمن نیست", &format!("href=\"{object}\"")] {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    let ask = at(&browser, &object).await;
    assert!(ask.text.contains("مهلت اعتراض") && ask.text.contains("بنا ایمن نیست"), "{}", ask.text);
    assert_eq!(send(&browser, &object, "note=x").await.status, 403, "without a token");
    let head = head_of(&ask, &object);
    let wrong = send(&browser, &object, &format!("{head}&note=+")).await;
    assert!(wrong.status == 422 && wrong.text.contains("دلیل اعتراض را بنویسید"), "{}", wrong.text);
    let hidden = send(&browser, &object, &format!("{head}&note=a%E2%80%AEb")).await;
    assert!(
        hidden.status == 422 && hidden.text.contains("a\u{202e}b</textarea>"),
        "what was typed stays: {}",
        hidden.text
    );
    let form = format!("{head}&note={}", encoded("مهندس آن را ایمن می‌داند"));
    let (one, other) = tokio::join!(send(&browser, &object, &form), send(&browser, &object, &form));
    assert_eq!((one.header("location"), other.header("location")), (own.as_str(), own.as_str()), "{}", one.text);
    let page = at(&browser, &own).await;
    for told in ["به اعتراض شما رسیدگی می‌شود", "مهندس آن را ایمن می‌داند"]
    {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    assert_eq!(page.text.matches("متقاضی اعتراض کرد").count(), 1, "{}", page.text);
    assert_eq!(browser.get(&object).await.header("location"), own, "one at a time");
}

#[tokio::test]
async fn a_citizen_sees_who_looked_each_officer_once_an_hour() {
    let world = World::start().await;
    let (case, position) = world.apply(ZAHRA, "3-1").await;
    let citizen = world.citizen(ZAHRA).await;
    shown(&citizen, &case, position).await;
    let browser = world.browser_of(ZAHRA).await;
    let accesses = format!("/cases/{case}/accesses");
    let page = at(&browser, &accesses).await;
    assert!(page.text.contains("هنوز کسی آن را باز نکرده است"), "one's own look is none: {}", page.text);
    for _ in 0..3 {
        world.intake().get(&format!("/v1/cases/{case}")).await.ok();
        at(&world.browser("intake", Some("permit-office")), &format!("/cases/{case}")).await;
        world.intake().get(&format!("/v1/cases/{case}/timeline")).await.ok();
    }
    at(&world.browser("technical-head", Some("permit-office")), &format!("/cases/{case}")).await;
    let withdrawn = done(&citizen, &format!("/v1/cases/{case}/withdraw"), json!({})).await;
    shown(&citizen, &case, withdrawn).await;
    let page = at(&english(&browser), &accesses).await;
    let rows = page.text.matches("<tr><th scope=\"row\">").count();
    assert_eq!(rows, 2, "{}", page.text);
    for told in ["Intake", "Technical head", "Permit office", "The file"] {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    assert!(!at(&browser, &format!("/cases/{case}")).await.text.contains("FileViewed"));
    assert_eq!(world.browser("intake", Some("permit-office")).get(&accesses).await.status, 403);
}
