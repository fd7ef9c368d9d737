//! What fails around a registrar: the server, the disk, the stream's settings, a rival.

use super::{World, accepted, take};
use crate::{RegistrarError, SendError};
use async_nats::jetstream;
use kernel::{Answer, Unavailable};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;
use test_support::eventually;

const SOON: Duration = Duration::from_secs(60);

/// Changes a setting of the stream, as an administrator can.
async fn set(world: &World, setting: &str, value: Value) {
    let context = jetstream::new(world.server.client().await);
    let name = world.log().await.name().to_owned();
    let info: Value = context.request(format!("STREAM.INFO.{name}"), &()).await.unwrap();
    let mut config = info["config"].clone();
    config[setting] = value;
    let answer: Value = context.request(format!("STREAM.UPDATE.{name}"), &config).await.unwrap();
    assert_eq!(answer["error"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_command_is_lost_or_doubled_when_the_server_is_killed() {
    let world = World::new().await;
    let registrar = world.start().await.unwrap();
    let commands = world.commands().await.timeout(Duration::from_secs(1));
    let callers: Vec<_> = (0..8_u128)
        .map(|caller| {
            let commands = commands.clone();
            tokio::spawn(async move {
                for number in 0..100 {
                    let command = take(caller * 1_000 + number);
                    // As a caller should: again with the same id until there is an answer.
                    while !matches!(commands.send(&command).await, Ok(Answer::Accepted(_))) {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            })
        })
        .collect();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        world.server.kill();
        eventually(SOON, async || (!registrar.health().is_ready()).then_some(())).await.expect("the loss is seen");
        world.server.restart().await;
    }
    for caller in callers {
        caller.await.unwrap();
    }
    registrar.shutdown().await.unwrap();
    let mut count: HashMap<_, u32> = HashMap::new();
    world.stored().await.into_iter().for_each(|id| *count.entry(id).or_default() += 1);
    assert_eq!(count.len(), 800);
    assert!(count.values().all(|times| *times == 1));
}

#[tokio::test]
async fn of_two_registrars_one_is_fenced_and_acknowledged_nothing() {
    let world = World::new().await;
    let (mut one, mut two) = (world.start().await.unwrap(), world.start().await.unwrap());
    let commands = world.commands().await;
    let mut accepted = Vec::new();
    for number in 0..200 {
        let commands: [_; 4] = std::array::from_fn(|n| take(number * 10 + n as u128)).map(|c| (commands.clone(), c));
        for (id, answer) in
            futures::future::join_all(commands.map(|(to, c)| async move { (c.id, to.send(&c).await) })).await
        {
            match answer.unwrap() {
                Answer::Accepted(_) => accepted.push(id),
                Answer::Unavailable(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    let (fenced, other) = tokio::select! {
        ended = one.wait() => (ended, two),
        ended = two.wait() => (ended, one),
    };
    assert!(matches!(fenced, Err(RegistrarError::Fenced { .. })), "{fenced:?}");
    assert!(other.health().is_ready());
    other.shutdown().await.unwrap();
    let stored = world.stored().await;
    let mut once = stored.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), stored.len());
    assert!(accepted.len() > 700 && accepted.iter().all(|id| once.binary_search(id).is_ok()));
}

#[tokio::test]
async fn a_full_store_is_said_and_the_block_lands_when_there_is_room() {
    let world = World::new().await;
    let mut config = world.config().await;
    // The limit below stands for a full disk; nobody should mind it here.
    config.settings_check = Duration::from_secs(3_600);
    let registrar = world.start_with(config).await.unwrap();
    let commands = world.commands().await;
    accepted(commands.send(&take(1)).await.unwrap());
    set(&world, "max_bytes", json!(400)).await;
    for number in [2, 3] {
        let answer = commands.send(&take(number)).await.unwrap();
        assert!(matches!(answer, Answer::Unavailable(Unavailable::Full)), "{answer:?}");
    }
    assert!(!registrar.health().is_ready());
    set(&world, "max_bytes", json!(-1)).await;
    eventually(SOON, async || registrar.health().is_ready().then_some(())).await.expect("there is room again");
    assert!(accepted(commands.send(&take(2)).await.unwrap()).repeated, "what hung was written once");
    assert!(!accepted(commands.send(&take(3)).await.unwrap()).repeated, "what was turned away was not");
    registrar.shutdown().await.unwrap();
    assert_eq!(world.stored().await.len(), 3);
}

#[tokio::test]
async fn commands_are_refused_while_the_settings_could_lose_history() {
    let world = World::new().await;
    let registrar = world.start().await.unwrap();
    let commands = world.commands().await;
    accepted(commands.send(&take(1)).await.unwrap());
    set(&world, "max_msgs", json!(1_000)).await;
    eventually(SOON, async || (!registrar.health().is_ready()).then_some(())).await.expect("the drift is seen");
    let answer = commands.send(&take(2)).await.unwrap();
    let Answer::Unavailable(Unavailable::Settings(why)) = answer else { panic!("{answer:?}") };
    assert!(why.contains("max_msgs"), "{why}");
    registrar.shutdown().await.unwrap();
    let registrar = world.start().await.unwrap();
    assert!(!registrar.health().is_ready(), "it is seen at the start, too");
    set(&world, "max_msgs", json!(-1)).await;
    eventually(SOON, async || registrar.health().is_ready().then_some(())).await.expect("the repair is seen");
    assert!(!accepted(commands.send(&take(2)).await.unwrap()).repeated);
    registrar.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_frozen_server_leaves_the_outcome_open_to_the_caller() {
    let world = World::new().await;
    let registrar = world.start().await.unwrap();
    let commands = world.commands().await;
    accepted(commands.send(&take(1)).await.unwrap());
    world.server.pause();
    let error = commands.clone().timeout(Duration::from_millis(500)).send(&take(2)).await.unwrap_err();
    assert!(matches!(error, SendError::Timeout { .. }) && error.is_unknown());
    world.server.resume();
    let again = async || matches!(commands.send(&take(2)).await, Ok(Answer::Accepted(_))).then_some(());
    eventually(SOON, again).await.expect("the same id settles it");
    registrar.shutdown().await.unwrap();
    assert_eq!(world.stored().await, [take(1).id, take(2).id]);
}
