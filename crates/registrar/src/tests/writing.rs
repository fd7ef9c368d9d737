//! What callers see: answers, repeats, refusals, limits, and the same after a restart.

use super::{Commands, World, accepted, envelope, lockers::Order, take};
use crate::bundle;
use crate::intake::{Intake, MAX_WAITING};
use crate::tests::lockers::{Lockers, Taken};
use bytes::BytesMut;
use kernel::{Answer, Position};
use ledger::{MAX_BLOCK, MAX_COMMAND, command_subject};
use std::sync::atomic::Ordering;
use std::time::Duration;
use test_support::eventually;

const SOON: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_command_sent_a_thousand_times_at_once_is_one_event() {
    let world = World::new().await;
    let registrar = world.start().await.unwrap();
    let commands = world.commands().await;
    accepted(commands.send(&take(1)).await.unwrap());
    let repeats: Vec<_> = (0..1000)
        .map(|_| {
            let commands = commands.clone();
            tokio::spawn(async move { accepted(commands.send(&take(2)).await.unwrap()) })
        })
        .collect();
    let mut first = 0;
    for repeat in repeats {
        let answer = repeat.await.unwrap();
        assert_eq!((answer.first, answer.count), (Position(1), 1));
        first += usize::from(!answer.repeated);
    }
    assert_eq!(first, 1, "one is the first, all others are repeats");
    registrar.shutdown().await.unwrap();
    assert_eq!(world.stored().await, [take(1).id, take(2).id]);
}

#[tokio::test]
async fn a_key_is_given_once_even_within_one_block() {
    let world = World::new().await;
    let registrar = world.start().await.unwrap();
    let commands = world.commands().await;
    let rivals = (1..=50).map(|id| envelope(id, Order::Take { locker: 7, until: i64::MAX })).collect::<Vec<_>>();
    let answers = futures::future::join_all(rivals.iter().map(|rival| commands.send(rival))).await;
    let (mut won, mut lost) = (0, 0);
    for answer in answers {
        match answer.unwrap() {
            Answer::Accepted(_) => won += 1,
            Answer::Refused(refusal) => {
                assert_eq!(refusal, Taken(7));
                lost += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((won, lost), (1, 49));
    // Nothing to add is no refusal: the answer points at what is there.
    let nothing = accepted(commands.send(&envelope(99, Order::Release { locker: 8 })).await.unwrap());
    assert_eq!((nothing.count, nothing.last()), (0, Position(0)));
    registrar.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_is_no_command_is_malformed_and_changes_nothing() {
    let world = World::new().await;
    let registrar = world.start().await.unwrap();
    let client = world.server.client().await;
    let subject = command_subject(&World::city(), "lockers");
    let mut long = postcard::to_stdvec(&take(1)).unwrap();
    long.push(0);
    let good = postcard::to_stdvec(&take(1)).unwrap();
    let mut message = BytesMut::new();
    for command in [&[][..], &[0xff; 40], &good, &long, &vec![0; MAX_COMMAND + 1]] {
        bundle::add(&mut message, command);
    }
    let answer = client.request(subject.clone(), message.freeze()).await.unwrap();
    let answers: Vec<Answer<Taken>> =
        bundle::open(&answer.payload).unwrap().iter().map(|answer| postcard::from_bytes(answer).unwrap()).collect();
    let malformed: Vec<bool> = answers.iter().map(|answer| matches!(answer, Answer::Malformed(_))).collect();
    assert_eq!(malformed, [true, true, false, true, true], "{answers:?}");
    let no_bundle = client.request(subject.clone(), vec![0xff; 40].into()).await.unwrap();
    let answers = bundle::open(&no_bundle.payload).unwrap();
    assert!(matches!(postcard::from_bytes(&answers[0]).unwrap(), Answer::<Taken>::Malformed(_)));
    let commands = world.commands().await;
    let huge = Order::Note { events: 10, bytes: MAX_BLOCK / 10 };
    assert!(matches!(commands.send(&envelope(9, huge)).await.unwrap(), Answer::Malformed(_)));
    assert_eq!(accepted(commands.send(&take(2)).await.unwrap()).first, Position(1));
    registrar.shutdown().await.unwrap();
    assert!(matches!(commands.send(&take(3)).await, Err(crate::SendError::NotRunning { .. })));
}

#[tokio::test]
async fn commands_sent_together_share_messages_and_a_lonely_one_does_not_wait() {
    let world = World::new().await;
    let registrar = world.start().await.unwrap();
    let client = world.server.client().await;
    let commands = Commands::<Lockers>::new(client.clone(), &World::city());
    let sent = || client.statistics().out_messages.load(Ordering::Relaxed);
    let before = sent();
    accepted(commands.send(&take(1)).await.unwrap());
    assert_eq!(sent() - before, 1);
    let before = sent();
    let takes: Vec<_> = (2..1_002).map(take).collect();
    for answer in futures::future::join_all(takes.iter().map(|take| commands.send(take))).await {
        accepted(answer.unwrap());
    }
    assert!(sent() - before <= 20, "{} messages for a thousand commands", sent() - before);
    commands.ping().await.unwrap();
    registrar.shutdown().await.unwrap();
    assert_eq!(world.stored().await.len(), 1_001);
}

#[tokio::test]
async fn more_than_a_block_holds_goes_into_the_next() {
    let world = World::new().await;
    let registrar = world.start().await.unwrap();
    let commands = world.commands().await;
    let notes: Vec<_> = (0..40).map(|id| envelope(id, Order::Note { events: 2, bytes: 30_000 })).collect();
    for answer in futures::future::join_all(notes.iter().map(|note| commands.send(note))).await {
        assert_eq!(accepted(answer.unwrap()).count, 2);
    }
    assert!(registrar.health().height.0 >= 5, "2.4 MB are more than four blocks");
    registrar.shutdown().await.unwrap();
    assert_eq!(world.stored().await.len(), 80);
}

#[tokio::test]
async fn a_full_queue_turns_commands_away() {
    let world = World::new().await;
    let client = world.server.client().await;
    let subscriber = client.subscribe("queue").await.unwrap();
    client.flush().await.unwrap();
    let mut intake = Intake::<Lockers>::new(subscriber);
    let mut message = BytesMut::new();
    (0..100).for_each(|_| bundle::add(&mut message, &postcard::to_stdvec(&take(1)).unwrap()));
    let message = message.freeze();
    for _ in 0..MAX_WAITING / 100 + 1 {
        client.publish("queue", message.clone()).await.unwrap();
    }
    while intake.waiting.len() + intake.turned_away.len() < MAX_WAITING + 100 {
        intake.arrivals().await;
    }
    assert_eq!(intake.waiting.len(), MAX_WAITING);
    assert!(intake.turned_away.iter().all(|(_, answer)| matches!(answer, Answer::Busy)));
}

#[tokio::test]
async fn passed_deadlines_become_events() {
    let world = World::new().await;
    let registrar = world.start().await.unwrap();
    let commands = world.commands().await;
    let until = world.clock.now() + 1_000;
    for locker in 0..1_200 {
        let take = envelope(u128::from(locker), Order::Take { locker, until });
        accepted(commands.send(&take).await.unwrap());
    }
    world.clock.advance(Duration::from_millis(1));
    let all = async || (world.stored().await.len() == 2_400).then_some(());
    eventually(SOON, all).await.expect("each is released once");
    accepted(commands.send(&envelope(9_999, Order::Take { locker: 5, until: i64::MAX })).await.unwrap());
    registrar.shutdown().await.unwrap();
    let mut ids = world.stored().await;
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 2_401, "the clock's commands have ids of their own");
}

#[tokio::test]
async fn a_restart_finds_everything_again_with_a_snapshot_or_without() {
    let world = World::new().await;
    let snapshot = world.data.path().join("registrar/isfahan-lockers.snapshot");
    let mut next = 0;
    let damage: [&dyn Fn(); 4] = [
        &|| (),
        &|| std::fs::remove_file(&snapshot).unwrap(),
        &|| {
            let mut bytes = std::fs::read(&snapshot).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 4;
            std::fs::write(&snapshot, bytes).unwrap();
        },
        &|| std::fs::write(&snapshot, b"short").unwrap(),
    ];
    for damage in damage {
        let registrar = world.start().await.unwrap();
        let commands = world.commands().await;
        for id in 0..next {
            let answer = accepted(commands.send(&take(id)).await.unwrap());
            assert_eq!((answer.first.0, answer.repeated), (id as u64, true));
        }
        if next > 0 {
            let rival = envelope(1_000, Order::Take { locker: 0, until: 0 });
            assert_eq!(commands.send(&rival).await.unwrap(), Answer::Refused(Taken(0)));
        }
        for _ in 0..20 {
            let answer = accepted(commands.send(&take(next)).await.unwrap());
            assert_eq!((answer.first.0, answer.repeated), (next as u64, false));
            next += 1;
        }
        registrar.shutdown().await.unwrap();
        assert!(snapshot.is_file());
        damage();
    }
}
