//! A desk that is open is told that something on it changed, and nobody else's.

use crate::client::{Caller, Stream};
use crate::forms::{at, hidden, send};
use crate::world::{World, ZAHRA, done};
use serde_json::json;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_millis(1_500);

/// Listens as the script of an open desk does.
async fn listen(browser: &Caller) -> Stream {
    let page = at(browser, "/desk").await;
    let from = page.text.split("data-from=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    open(browser, &from).await
}

async fn open(browser: &Caller, address: &str) -> Stream {
    let mut stream = browser.listen(address).await;
    assert_eq!((stream.status.as_u16(), &stream.headers["content-type"]), (200, &"text/event-stream".parse().unwrap()));
    assert_eq!(stream.headers["cache-control"], "no-store");
    let hello = stream.next(SOON).await.unwrap().unwrap();
    assert!(hello.starts_with("retry: "), "{hello}");
    stream
}

async fn changed(stream: &mut Stream) -> bool {
    match stream.next(SILENCE).await {
        Ok(said) => said.unwrap().starts_with("event: changed\nid: "),
        Err(_) => false,
    }
}

#[tokio::test]
async fn an_open_desk_hears_of_what_comes_to_it_and_of_nothing_else() {
    let world = World::start().await;
    world.apply(ZAHRA, "3-9").await;
    let intake = world.browser("intake", Some("permit-office"));
    let mut desk = listen(&intake).await;
    let mut elsewhere = listen(&world.browser_in("intake", "permit-office", 4)).await;
    let mut revenue = listen(&world.browser("revenue", Some("revenue-office"))).await;
    while changed(&mut desk).await {}
    let (case, _) = world.apply(ZAHRA, "3-1").await;
    assert!(changed(&mut desk).await, "a case came");
    assert!(!changed(&mut elsewhere).await, "to another district");
    assert!(!changed(&mut revenue).await, "to another role");
    let check = json!({ "outcome": "small-works", "checklist": { "small": true } });
    let last = done(&world.intake(), &format!("/v1/cases/{case}/steps/check/complete"), check).await;
    assert!(changed(&mut desk).await && changed(&mut revenue).await, "a decision");
    assert!(!changed(&mut elsewhere).await);
    // Who listens again is told what was missed, once.
    let mut late = intake.with("last-event-id", "1").listen("/desk/live?after=0").await;
    let missed = late.next(SOON).await.unwrap().unwrap();
    assert!(missed.contains("event: changed"), "{missed}");
    let mut now = intake.with("last-event-id", &last.to_string()).listen("/desk/live?after=0").await;
    assert!(!now.next(SOON).await.unwrap().unwrap().contains("changed"));
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_with_the_process() {
    let world = World::start().await;
    let intake = world.browser("intake", Some("permit-office"));
    let deputy = world.browser("deputy", Some("permit-office"));
    let (mut one, mut other) = (listen(&intake).await, listen(&deputy).await);
    let csrf = hidden(&at(&intake, "/desk").await, "csrf");
    send(&intake, "/signout", &format!("csrf={csrf}")).await;
    let (case, _) = world.apply(ZAHRA, "3-1").await;
    assert_eq!(one.next(SOON).await, Ok(None), "whoever signed out is told nothing");
    assert_eq!(intake.listen("/desk/live").await.status, 303);
    done(&world.citizen(ZAHRA).await, &format!("/v1/cases/{case}/withdraw"), json!({})).await;
    assert!(changed(&mut other).await);
    world.stop_gateway();
    while other.next(SOON).await.unwrap().is_some() {}
}

#[tokio::test]
async fn so_many_streams_and_no_more_and_only_for_those_with_a_desk() {
    let world = World::start().await;
    let intake = world.browser("intake", Some("permit-office"));
    let mut streams = Vec::new();
    for _ in 0..8 {
        streams.push(open(&intake, "/desk/live").await);
    }
    assert_eq!(intake.listen("/desk/live").await.status, 503);
    streams.pop();
    let mut again = intake.listen("/desk/live").await;
    for _ in 0..50 {
        if again.status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        again = intake.listen("/desk/live").await;
    }
    assert_eq!(again.status, 200, "a place is given back");
    assert_eq!(world.browser_of(ZAHRA).await.listen("/desk/live").await.status, 403);
    assert_eq!(world.anybody().listen("/desk/live").await.status, 303);
    let elsewhere = world.browser_in("intake", "permit-office", 4);
    assert_eq!(elsewhere.listen("/desk/live?district=3").await.status, 403);
    assert_eq!(elsewhere.listen("/desk/live?after=x").await.status, 422);
}
