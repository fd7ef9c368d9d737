//! The desk: what waits for a role in its districts, and taking it.

use crate::forms::{at, english, head_of, send};
use crate::world::{World, ZAHRA, done};
use serde_json::json;

#[tokio::test]
async fn a_desk_shows_what_waits_and_a_step_is_taken_from_it_once() {
    let world = World::start().await;
    let (case, last) = world.apply(ZAHRA, "3-1").await;
    world.intake().get(&format!("/v1/inbox?after={last}")).await.ok();
    let desk = world.browser("intake", Some("permit-office"));
    let page = at(&desk, "/desk").await;
    for told in
        ["dir=\"rtl\"", "پذیرش", "بررسی درخواست", "پروانه تعمیرات", &format!("/cases/{case}\""), "روز کاری مانده"]
    {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    assert!(!page.text.contains("style=") && !page.text.contains("onclick"), "{}", page.text);
    assert!(page.text.contains(r#"<th scope="row"><a href="/cases/"#), "{}", page.text);
    let take = format!("/cases/{case}/steps/check/take");
    let form = head_of(&page, &take);
    let (one, other) = tokio::join!(send(&desk, &take, &form), send(&desk, &take, &form));
    for answer in [one, other] {
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/desk"), "{}", answer.text);
    }
    let mine = at(&english(&desk), "/desk?tab=mine").await;
    assert!(mine.text.contains("Check of the application") && mine.text.contains(">Me<"), "{}", mine.text);
    assert!(!mine.text.contains(&take), "what is taken is not offered again: {}", mine.text);
    let timeline = world.intake().get(&format!("/v1/cases/{case}/timeline")).await.ok();
    let taken = timeline["items"].as_array().unwrap().iter().filter(|event| event["event"] == "StepTaken").count();
    assert_eq!(taken, 1, "a double click takes once");
    let overdue = at(&desk, "/desk?tab=overdue").await;
    assert!(overdue.text.contains("چیزی در انتظار نیست"), "{}", overdue.text);
}

#[tokio::test]
async fn each_sees_the_desk_of_their_own_role_and_districts() {
    let world = World::start().await;
    let (case, _) = world.apply(ZAHRA, "3-1").await;
    let check = json!({ "outcome": "small-works", "checklist": { "small": true } });
    let last = done(&world.intake(), &format!("/v1/cases/{case}/steps/check/complete"), check).await;
    world.role("revenue", Some("revenue-office")).get(&format!("/v1/inbox?after={last}")).await.ok();
    let revenue = at(&world.browser("revenue", Some("revenue-office")), "/desk").await;
    assert!(revenue.text.contains(&case), "{}", revenue.text);
    let elsewhere = world.browser_in("revenue", "revenue-office", 4);
    let page = at(&elsewhere, "/desk").await;
    assert!(!page.text.contains(&case), "{}", page.text);
    assert_eq!(elsewhere.get("/desk?district=3").await.status, 403);
    assert_eq!(elsewhere.get("/desk?district=x").await.status, 422);
    let take = format!("/cases/{case}/steps/fee/take");
    let head = crate::forms::hidden(&page, "csrf");
    assert_eq!(send(&elsewhere, &take, &format!("csrf={head}")).await.status, 403);
    assert_eq!(send(&elsewhere, &take, "csrf=x").await.status, 403);
    assert_eq!(world.browser_of(ZAHRA).await.get("/desk").await.status, 403);
    assert_eq!(world.anybody().get("/desk").await.status, 303, "sign in first");
    assert_eq!(at(&world.browser("intake", Some("permit-office")), "/desk").await.text.matches(&case).count(), 0);
}
