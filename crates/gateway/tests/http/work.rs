//! The case as an officer works on it: what is offered, what a form does once, and what the rules do not take.

use crate::world::{World, ZAHRA};
use hyper::Method;

fn hidden<'a>(text: &'a str, name: &str) -> &'a str {
    let field = format!("name=\"{name}\" value=\"");
    let start = text.find(&field).unwrap_or_else(|| panic!("no {name}: {text}")) + field.len();
    text[start..].split('"').next().unwrap()
}

async fn send(browser: &crate::client::Caller, address: &str, form: &str) -> crate::client::Answer {
    let kind = Some("application/x-www-form-urlencoded");
    browser.send(Method::POST, address, kind, form.as_bytes().to_vec()).await
}

#[tokio::test]
async fn a_step_is_done_by_its_form_once_and_what_is_wrong_is_said_at_its_field() {
    let world = World::start().await;
    let (case, last) = world.apply(ZAHRA, "3-1").await;
    world.intake().get(&format!("/v1/inbox?after={last}")).await.ok();
    let desk = world.browser("intake", Some("permit-office"));
    let page = desk.get(&format!("/cases/{case}")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let complete = format!("/cases/{case}/steps/check/complete");
    for told in ["dir=\"rtl\"", &format!("action=\"{complete}\""), "فهرست بررسی", "درخواست ثبت شد"]
    {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    assert!(!page.text.contains("decisions/grant"), "another role's: {}", page.text);
    let form = page.text[page.text.find(&complete).unwrap()..].to_owned();
    let head = format!("csrf={}&key={}", hidden(&form, "csrf"), hidden(&form, "key"));

    let forged = send(&desk, &complete, "csrf=x&outcome=small-works&check-small=yes").await;
    assert_eq!(forged.status, 403);
    let note = "note=%D8%AF%DB%8C%D8%AF%D9%85";
    let incomplete = send(&desk, &complete, &format!("{head}&outcome=small-works&{note}")).await;
    assert_eq!(incomplete.status, 422, "{}", incomplete.text);
    assert!(incomplete.text.contains("role=\"alert\"") && incomplete.text.contains(">دیدم</textarea>"));
    assert!(incomplete.text.contains("value=\"small-works\" required checked"), "{}", incomplete.text);

    let whole = format!("{head}&outcome=small-works&check-small=yes");
    let (one, other) = tokio::join!(send(&desk, &complete, &whole), send(&desk, &complete, &whole));
    for answer in [one, other] {
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, &*format!("/cases/{case}")));
    }
    let after = desk.get(&format!("/cases/{case}")).await;
    assert!(!after.text.contains(&complete), "it is done: {}", after.text);
    let late = format!("csrf={}&outcome=small-works&check-small=yes", hidden(&after.text, "csrf"));
    let late = send(&desk, &complete, &late).await;
    assert!(late.status == 409 || late.status == 422, "{} {}", late.status, late.text);
    let timeline = world.intake().get(&format!("/v1/cases/{case}/timeline")).await.ok();
    let done = timeline["items"].as_array().unwrap().iter().filter(|event| event["event"] == "StepCompleted").count();
    assert_eq!(done, 1, "a double click does it once");
    let citizen = world.browser_of(ZAHRA).await;
    let seen = citizen.get(&format!("/cases/{case}")).await;
    assert!(seen.text.contains("گام انجام شد") && !seen.text.contains(&complete), "{}", seen.text);
}

#[tokio::test]
async fn a_refusal_rests_on_an_article() {
    let world = World::start().await;
    let (case, last) = world.apply(ZAHRA, "3-2").await;
    world.intake().get(&format!("/v1/inbox?after={last}")).await.ok();
    let head = world.browser("technical-head", Some("permit-office"));
    let page = head.get(&format!("/cases/{case}")).await;
    let refuse = format!("/cases/{case}/decisions/refuse");
    assert!(page.text.contains(&refuse), "{}", page.text);
    let csrf = hidden(&page.text, "csrf");
    let bare = send(&head, &refuse, &format!("csrf={csrf}")).await;
    assert_eq!(bare.status, 422);
    assert!(bare.text.contains("مستند قانونی را برگزینید"), "{}", bare.text);
    assert_eq!(send(&head, &format!("/cases/{case}/decisions/hang"), &format!("csrf={csrf}")).await.status, 404);
    let citizen = world.browser_of(ZAHRA).await;
    let theirs = citizen.get(&format!("/cases/{case}")).await;
    let csrf = hidden(&theirs.text, "csrf");
    assert_eq!(send(&citizen, &refuse, &format!("csrf={csrf}")).await.status, 403, "a citizen decides nothing");
}
