//! How the office fares: figures against a small story, for whoever answers for it, and as files for spreadsheets.

use crate::client::{Answer, Caller};
use crate::forms::{at, english};
use crate::world::{REZA, World, ZAHRA, done, small_works};
use serde_json::{Value, json};

/// Four applications: one was checked, one is on a desk, one is of another district, one was brought in person long after
/// that was no longer needed.
async fn story(world: &World) {
    let zahra = world.citizen(ZAHRA).await;
    let (checked, _) = world.apply(ZAHRA, "3-1").await;
    let (taken, _) = world.apply(ZAHRA, "3-2").await;
    let elsewhere = Value::Object(
        small_works(ZAHRA, "4-1")
            .as_object()
            .cloned()
            .map(|mut body| {
                body.insert("district".to_owned(), json!(4));
                body
            })
            .unwrap(),
    );
    done(&zahra, "/v1/cases", elsewhere).await;
    let intake = world.intake();
    done(&intake.with("daftar-channel", "office"), "/v1/cases", small_works(REZA, "3-3")).await;
    let check = json!({ "outcome": "small-works", "checklist": { "small": true } });
    done(&intake, &format!("/v1/cases/{checked}/steps/check/complete"), check).await;
    let last = done(&intake, &format!("/v1/cases/{taken}/steps/check/take"), json!({})).await;
    intake.get(&format!("/v1/inbox?after={last}")).await.ok();
}

fn lines(csv: &Answer) -> Vec<&str> {
    csv.text.trim_start_matches('\u{feff}').lines().skip(1).collect()
}

async fn csv(browser: &Caller, name: &str) -> Answer {
    let answer = at(browser, &format!("/head/csv/{name}")).await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert!(answer.header("content-disposition").starts_with("attachment"));
    answer
}

#[tokio::test]
async fn figures_tell_the_story_as_charts_tables_and_files() {
    let world = World::start().await;
    story(&world).await;
    let head = world.browser("technical-head", Some("permit-office"));
    let page = at(&head, "/head").await;
    for told in
        ["dir=\"rtl\"", "role=\"img\"", "<desc id=", "بررسی درخواست – پروانه تعمیرات", "منطقه ۴", "href=\"/head\""]
    {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    assert!(!page.text.contains("style=") && !page.text.contains("<script"), "{}", page.text);
    let head = english(&head);
    let waits = csv(&head, "waits").await;
    let expected = [
        r#""Small-works permit","Check of the application","Intake",3,0,0,0,0"#,
        r#""Small-works permit","Payment","Revenue",1,0,0,0,0"#,
    ];
    assert_eq!(lines(&waits), expected);
    let districts = csv(&head, "districts").await;
    assert_eq!(lines(&districts), [r#""District 3",3,0,0,0,0"#, r#""District 4",1,0,0,0,0"#]);
    let finished = csv(&head, "finished").await;
    assert_eq!(lines(&finished), [r#""Check of the application",1,0,0,0"#]);
    let officers = csv(&head, "officers").await;
    let officers = lines(&officers);
    assert!(officers.len() == 1 && officers[0].ends_with(r#","Intake",1,0,1,1"#), "{officers:?}");
    let channels = csv(&head, "channels").await;
    let now = lines(&channels).pop().unwrap();
    assert!(now.ends_with(",4,3,1,0,0,75"), "{now}");
    assert_eq!(lines(&channels).len(), 12);
    let visits = csv(&head, "visits").await;
    assert!(lines(&visits).pop().unwrap().ends_with(",1"), "{}", visits.text);
    let elsewhere = at(&head, "/head/csv/waits?district=4&procedure=small-works").await;
    assert_eq!(lines(&elsewhere), [r#""Small-works permit","Check of the application","Intake",1,0,0,0,0"#]);
    assert!(lines(&at(&head, "/head/csv/waits?procedure=building-permit").await).is_empty());
}

#[tokio::test]
async fn only_who_answers_for_the_office_sees_it_and_only_their_districts() {
    let world = World::start().await;
    story(&world).await;
    for stranger in [world.browser("intake", Some("permit-office")), world.browser("revenue", Some("revenue-office"))] {
        assert_eq!(stranger.get("/head").await.status, 403);
        assert_eq!(stranger.get("/head/csv/officers").await.status, 403);
        assert!(!at(&stranger, "/desk").await.text.contains("href=\"/head\""));
    }
    assert_eq!(world.browser_of(ZAHRA).await.get("/head").await.status, 403);
    assert_eq!(world.anybody().get("/head").await.status, 303);
    let deputy = world.browser_in("deputy", "permit-office", 4);
    let waits = at(&deputy, "/head/csv/waits").await;
    assert_eq!(lines(&waits).len(), 1, "{}", waits.text);
    assert_eq!(deputy.get("/head?district=3").await.status, 403);
    assert_eq!(deputy.get("/head?district=x").await.status, 422);
    assert_eq!(deputy.get("/head/csv/everything").await.status, 404);
}
