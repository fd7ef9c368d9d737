//! When something behind the gateway is gone, and callers that misbehave.

use crate::client::Caller;
use crate::world::{World, ZAHRA, small_works};
use gateway::tokens::Holder;
use kernel::PersonId;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn without_a_registrar_nothing_changes_and_that_is_said() {
    let mut world = World::start().await;
    let (case, _) = world.apply(ZAHRA, "3-1-1").await;
    world.registrar.take().unwrap().shutdown().await.unwrap();
    let citizen = world.citizen(ZAHRA).await;
    let answer = citizen.post("/v1/cases", &small_works(ZAHRA, "3-1-2")).await;
    answer.problem(503, "registrar-not-running");
    assert!(!answer.header("retry-after").is_empty());
    citizen.get(&format!("/v1/cases/{case}")).await.ok();
}

#[tokio::test]
async fn with_the_log_frozen_the_outcome_is_unknown_and_a_repeat_settles_it() {
    let world = World::start().await;
    let citizen = world.citizen(ZAHRA).await.with("idempotency-key", "01890a5d-ac96-774b-bcce-b302099a8057");
    world.nats.pause();
    let answer = citizen.post("/v1/cases", &small_works(ZAHRA, "3-1-1")).await;
    answer.problem(504, "outcome-unknown");
    world.nats.resume();
    let mut repeat = citizen.post("/v1/cases", &small_works(ZAHRA, "3-1-1")).await;
    while repeat.status.is_server_error() {
        repeat = citizen.post("/v1/cases", &small_works(ZAHRA, "3-1-1")).await;
    }
    assert!(repeat.ok()["case"].as_str().unwrap().ends_with("-000001"));
}

/// One of many intake officers.
fn clerk(world: &World, number: u128) -> Caller {
    let person = PersonId(uuid::Uuid::from_u128(number + 1));
    world.as_holder(&Holder { person, ..world.holder("intake", Some("permit-office")) })
}

/// Requests that stop after the first byte of their body: so many of each of so many officers.
async fn slow_bodies(world: &World, persons: u128, each: usize) -> Vec<TcpStream> {
    let mut slow = Vec::new();
    for number in 0..persons {
        let person = PersonId(uuid::Uuid::from_u128(number + 1));
        let holder = Holder { person, ..world.holder("intake", Some("permit-office")) };
        let token = world.signer.issue(&holder, crate::world::seconds(), Duration::from_secs(60));
        let head = format!(
            "POST /v1/cases HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: 60000\r\nConnection: close\r\n\r\n{{"
        );
        for _ in 0..each {
            let mut stream = TcpStream::connect(world.address).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            slow.push(stream);
        }
    }
    slow
}

#[tokio::test]
async fn slow_bodies_take_no_place_from_others() {
    let world = World::start().await;
    // Officers, each within what one person may have at a time.
    let mut slow = slow_bodies(&world, 10, 60).await;
    for n in 0..5 {
        world.apply(ZAHRA, &format!("3-1-{n}")).await;
        world.anybody().get("/v1/procedures").await.ok();
    }
    let answer = to_the_end(&mut slow[599]).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request-timeout"), "{answer}");
}

#[tokio::test]
async fn one_person_has_only_so_many_requests_at_a_time() {
    let world = World::start().await;
    let slow = slow_bodies(&world, 1, 100).await;
    world.apply(ZAHRA, "3-1-1").await;
    let (mut late, mut turned_away) = (0, 0);
    for mut stream in slow {
        let answer = to_the_end(&mut stream).await;
        late += usize::from(answer.starts_with("HTTP/1.1 408"));
        turned_away += usize::from(answer.starts_with("HTTP/1.1 503") && answer.contains("overloaded"));
    }
    // On a slow machine some have run out of time, and made room, before the last have come.
    assert!(late >= 64 && late + turned_away == 100, "{late} {turned_away}");
    clerk(&world, 0).post("/v1/cases", &small_works(ZAHRA, "3-1-2")).await.ok();
}

#[tokio::test]
async fn more_requests_than_it_serves_at_once_are_turned_away_and_change_nothing() {
    let world = World::start().await;
    let clerks: Vec<_> = (0..14).map(|n| clerk(&world, n)).collect();
    world.nats.pause();
    let posts = (0..700).map(|n| {
        let clerk = clerks[n % clerks.len()].clone();
        tokio::spawn(async move { clerk.post("/v1/cases", &small_works(ZAHRA, &format!("3-1-{n}"))).await })
    });
    let posts: Vec<_> = posts.collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(world.anybody().get(path).await.status, 200, "{path}");
    }
    let (mut turned_away, mut unknown) = (0, 0);
    for post in posts {
        let answer = post.await.unwrap();
        match answer.status.as_u16() {
            503 if answer.json()["code"] == "overloaded" => {
                assert!(!answer.header("retry-after").is_empty());
                turned_away += 1;
            }
            // On a slow machine the request's own time can end before the command's.
            503 | 504 => unknown += 1,
            other => panic!("{other}: {}", answer.text),
        }
    }
    assert!(turned_away > 0 && turned_away + unknown == 700, "{turned_away} {unknown}");
    world.nats.resume();
    let after = async || clerks[0].post("/v1/cases", &small_works(ZAHRA, "3-2-1")).await;
    let mut answer = after().await;
    while answer.status.is_server_error() {
        answer = after().await;
    }
    let number = answer.ok()["case"].as_str().unwrap().to_owned();
    assert!(number[5..].parse::<u32>().unwrap() <= unknown + 1, "what was turned away was not recorded: {number}");
}

#[tokio::test]
async fn who_waits_for_a_read_model_takes_no_place_from_others() {
    let world = World::start().await;
    let clerks: Vec<_> = (0..9).map(|n| clerk(&world, n)).collect();
    let waiting: Vec<_> = (0..9 * 64)
        .map(|n| {
            let clerk = clerks[n % clerks.len()].clone();
            tokio::spawn(async move { clerk.get("/v1/search?number=1405-000001&after=99999999").await })
        })
        .collect();
    while waiting.iter().any(|waits| !waits.is_finished()) {
        world.anybody().get("/v1/procedures").await.ok();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (mut waited, mut turned_away) = (0, 0);
    for answer in waiting {
        let answer = answer.await.unwrap();
        match answer.json()["code"].as_str() {
            Some("not-caught-up") => waited += 1,
            Some("overloaded") => turned_away += 1,
            other => panic!("{other:?}: {}", answer.text),
        }
    }
    assert!(waited >= 9 * 8 && turned_away > 0, "{waited} {turned_away}");
    let (case, position) = world.apply(ZAHRA, "3-1-1").await;
    world.citizen(ZAHRA).await.get(&format!("/v1/cases/{case}?after={position}")).await.ok();
}

#[tokio::test]
async fn a_read_model_behind_says_so() {
    let world = World::start().await;
    world.stop_projectors();
    let citizen = world.citizen(ZAHRA).await;
    let applied = citizen.post("/v1/cases", &small_works(ZAHRA, "3-1-1")).await;
    let case = applied.ok()["case"].as_str().unwrap().to_owned();
    let position = applied.position();
    let behind = citizen.get(&format!("/v1/cases/{case}?after={position}")).await;
    behind.problem(503, "not-caught-up");
    assert!(!behind.header("retry-after").is_empty());
    let note = json!({ "corrections": [], "note": "متن" });
    let unseen = world.intake().post(&format!("/v1/cases/{case}/steps/check/return"), &note).await;
    unseen.problem(503, "not-caught-up");
    citizen.post(&format!("/v1/cases/{case}/withdraw"), &json!({})).await.ok();
}

#[tokio::test]
async fn operators_see_health_and_figures_but_no_cases() {
    let world = World::start().await;
    let (case, _) = world.apply(ZAHRA, "3-1-1").await;
    world.citizen(ZAHRA).await.get(&format!("/v1/cases/{case}")).await;
    world.anybody().get("/healthz").await.ok();
    let ready = world.anybody().get("/readyz").await.ok();
    assert_eq!((&ready["ready"], ready["parts"].as_array().unwrap().len()), (&json!(true), 3));
    let metrics = world.anybody().get("/metrics").await;
    assert!(metrics.text.contains("route=\"/v1/cases/{case}\""), "{}", metrics.text);
    assert!(!metrics.text.contains(&case));
    // The charter, three procedures and the application; nothing was refused, and each was a block of its own.
    let register = "city=\"isfahan\",register=\"permits\"";
    for figure in [
        format!("registrar_commands_total{{{register},result=\"accepted\"}} 5"),
        format!("registrar_commands_total{{{register},result=\"refused\"}} 0"),
        format!("registrar_height{{{register}}} 5"),
        format!("registrar_append_seconds_count{{{register}}} 5"),
    ] {
        assert!(metrics.text.lines().any(|line| line == figure), "{figure}:\n{}", metrics.text);
    }
    let document = world.anybody().get("/openapi.json").await.ok();
    assert_eq!(document, gateway::openapi());
}

/// Reads until the server closes; whatever it said.
async fn to_the_end(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut text)).await;
    read.expect("the server lets go of it").ok();
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn slow_silent_and_swollen_callers_are_let_go() {
    let world = World::start().await;
    let mut silent = TcpStream::connect(world.address).await.unwrap();
    let mut slow = TcpStream::connect(world.address).await.unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
    let mut swollen = TcpStream::connect(world.address).await.unwrap();
    let head = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "x".repeat(32 * 1024));
    swollen.write_all(head.as_bytes()).await.ok();
    assert!(to_the_end(&mut swollen).await.starts_with("HTTP/1.1 431"));
    world.anybody().get("/healthz").await.ok();
    to_the_end(&mut silent).await;
    to_the_end(&mut slow).await;
    let mut body = TcpStream::connect(world.address).await.unwrap();
    let token = world.signer.issue(&world.holder("admin", None), crate::world::seconds(), Duration::from_secs(60));
    let head = format!(
        "POST /v1/city HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\nConnection: close\r\n\r\n{{"
    );
    body.write_all(head.as_bytes()).await.unwrap();
    let answer = to_the_end(&mut body).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request-timeout"), "{answer}");
}
