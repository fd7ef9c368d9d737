//! Given events, then rows; delivered twice, shuffled, by two projectors, to two databases.

use crate::log::{Delivery, Fresh, MemoryLog, assert_same, catch_up, hashes, lines, postgres, reader, setup, sqlite};
use crate::toy::{Event, seal};
use kernel::{CaseId, PersonId};
use projection::{ProjectionError, Projector, Value};
use serde::Deserialize;
use std::sync::Arc;

pub(crate) fn case(serial: u32) -> CaseId {
    CaseId::new(1405, serial)
}

pub(crate) fn noted(text: &str) -> Event {
    Event::Noted { text: text.to_owned(), name: None }
}

/// A few dozen blocks that open, note, move and close cases.
pub(crate) fn busy(log: &MemoryLog) {
    for block in 0..40_u32 {
        let events: Vec<_> = (0..5)
            .map(|n| {
                let event = match (block + n) % 5 {
                    0 => Event::Opened { district: (block % 15) as u8 },
                    1 => noted(&format!("یادداشت {block} \"{n}\" ۱۲\t\\\n\r")),
                    2 => {
                        let person = PersonId(uuid::Uuid::from_u128((block % 3).into()));
                        Event::Noted { text: "named".into(), name: Some(seal(person, &format!("نام {block}"))) }
                    }
                    3 => Event::Moved { district: n as u8 },
                    _ => Event::Closed,
                };
                (case(1 + (block * 3 + n) % 17), event)
            })
            .collect();
        log.append(&events);
    }
}

async fn given_events_then_rows(fresh: Fresh) {
    let log = MemoryLog::new(Delivery::InOrder);
    log.append(&[(case(1), Event::Opened { district: 3 }), (case(2), Event::Opened { district: 3 })]);
    log.append(&[(case(1), noted("a \"b\" ی")), (case(2), Event::Closed), (case(1), Event::Moved { district: 4 })]);
    catch_up(&setup(&fresh, &log)).await;
    let id = case(1).as_u64();
    let row = format!(r#"{{"case_id":{id},"district":4,"events":3,"name":null,"notes":["a \"b\" ی"],"open":true}}"#);
    assert_eq!(lines(&fresh, "cases").await, [row]);
    assert_eq!(lines(&fresh, "timeline").await.len(), 5);
    assert_eq!(
        lines(&fresh, "districts").await,
        [
            r#"{"arrivals":1,"channel":"online","district":3}"#,
            r#"{"arrivals":1,"channel":"دفتر","district":3}"#,
            r#"{"arrivals":1,"channel":"دفتر","district":4}"#,
        ]
    );
}

#[tokio::test]
async fn events_become_rows_in_sqlite() {
    given_events_then_rows(sqlite().await).await;
}

#[tokio::test]
async fn events_become_rows_in_postgres() {
    given_events_then_rows(postgres().await).await;
}

#[derive(Debug, PartialEq, Deserialize)]
struct Found {
    case_id: u64,
    open: bool,
    notes: Vec<String>,
    missing: Option<i64>,
}

async fn queries_give_what_rows_hold(fresh: Fresh) {
    let log = MemoryLog::new(Delivery::InOrder);
    log.append(&[(case(1), Event::Opened { district: 3 }), (case(1), noted("x")), (case(2), noted("y"))]);
    catch_up(&setup(&fresh, &log)).await;
    let sql =
        "SELECT case_id, open, notes, NULL AS missing FROM cases WHERE district = $1 AND $2 = 'z' ORDER BY case_id";
    let found: Vec<Found> = reader(&fresh).await.fetch(sql, &[Value::Int(3), "z".into()]).await.unwrap();
    let row = Found { case_id: case(1).as_u64(), open: true, notes: vec!["x".into()], missing: None };
    assert_eq!(found, [row]);
    let none: Vec<Found> = reader(&fresh).await.fetch(sql, &[Value::Int(3), "no".into()]).await.unwrap();
    assert_eq!(none, []);
}

#[tokio::test]
async fn queries_give_booleans_and_json_from_sqlite() {
    queries_give_what_rows_hold(sqlite().await).await;
}

#[tokio::test]
async fn queries_give_booleans_and_json_from_postgres() {
    queries_give_what_rows_hold(postgres().await).await;
}

#[tokio::test]
async fn both_databases_hold_the_same_whatever_the_batches() {
    let log = MemoryLog::new(Delivery::InOrder);
    let (left, right) = (sqlite().await, postgres().await);
    let mut piecemeal = Projector::open(setup(&left, &log)).await.unwrap();
    for _ in 0..3 {
        busy(&log);
        piecemeal.catch_up().await.unwrap();
    }
    catch_up(&setup(&right, &log)).await;
    assert_same(&left, &right).await;
    assert!(hashes(&left).await.iter().all(|table| table.rows > 0));
}

#[tokio::test]
async fn a_difference_is_named() {
    let log = MemoryLog::new(Delivery::InOrder);
    let (left, right) = (sqlite().await, sqlite().await);
    log.append(&[(case(1), noted("x"))]);
    catch_up(&setup(&left, &log)).await;
    log.append(&[(case(1), noted("y")), (case(2), noted("z"))]);
    catch_up(&setup(&right, &log)).await;
    let (mut a, mut b) =
        (reader(&left).await.snapshot().await.unwrap(), reader(&right).await.snapshot().await.unwrap());
    let found = projection::diff(&mut a, &mut b, &const { crate::toy::CASES }).await.unwrap();
    let keys: Vec<_> = found.named.iter().map(|d| (d.key.int(0), d.left.is_some(), d.right.is_some())).collect();
    assert_eq!(keys, [(Some(case(1).as_u64() as i64), true, true), (Some(case(2).as_u64() as i64), false, true)]);
}

async fn odd_delivery_changes_nothing(delivery: Delivery, fresh: Fresh) {
    let odd = MemoryLog::new(delivery);
    let plain = MemoryLog::new(Delivery::InOrder);
    busy(&odd);
    busy(&plain);
    let expected = sqlite().await;
    catch_up(&setup(&expected, &plain)).await;
    let mut projector = Projector::open(setup(&fresh, &odd)).await.unwrap();
    let mut position = projector.position();
    // Shuffled reads end in a gap, are held back and read again: the projector does that by itself.
    let done = async { drop(position.wait_for(|next| next.0 == 200).await.unwrap()) };
    projector.run(done).await.unwrap();
    assert_same(&expected, &fresh).await;
}

#[tokio::test]
async fn every_block_delivered_twice_gives_the_same_rows() {
    odd_delivery_changes_nothing(Delivery::Twice, sqlite().await).await;
    odd_delivery_changes_nothing(Delivery::Twice, postgres().await).await;
}

#[tokio::test]
async fn shuffled_blocks_are_held_back() {
    odd_delivery_changes_nothing(Delivery::Shuffled, sqlite().await).await;
}

async fn the_second_projector_aborts(fresh: Fresh) {
    let log = MemoryLog::new(Delivery::InOrder);
    let setup = setup(&fresh, &log);
    busy(&log);
    let mut first = Projector::open(setup.clone()).await.unwrap();
    let mut second = Projector::open(setup.clone()).await.unwrap();
    let stop = |projector: &Projector<_>| {
        let mut position = projector.position();
        async move { drop(position.wait_for(|next| next.0 == 400).await) }
    };
    let (stop_first, stop_second) = (stop(&first), stop(&second));
    let append = async {
        for _ in 0..200 {
            log.append(&[(case(9), noted("x"))]);
            tokio::task::yield_now().await;
        }
    };
    let (one, two, ()) = tokio::join!(first.run(stop_first), second.run(stop_second), append);
    let (winners, losers): (Vec<_>, Vec<_>) = [one, two].into_iter().partition(Result::is_ok);
    assert_eq!(winners.len(), 1, "{losers:?}");
    assert!(matches!(losers[..], [Err(ProjectionError::AnotherProjector { .. })]), "{losers:?}");
    let alone = sqlite().await;
    catch_up(&crate::log::setup(&alone, &log)).await;
    assert_same(&alone, &fresh).await;
}

#[tokio::test]
async fn of_two_projectors_one_aborts_in_sqlite() {
    the_second_projector_aborts(sqlite().await).await;
}

#[tokio::test]
async fn of_two_projectors_one_aborts_in_postgres() {
    the_second_projector_aborts(postgres().await).await;
}

#[tokio::test]
async fn a_corrupt_block_stops_the_reader_before_a_row_of_it() {
    let log = MemoryLog::new(Delivery::InOrder);
    log.append(&[(case(1), noted("good"))]);
    log.append(&[(case(1), noted("to be broken"))]);
    log.append(&[(case(2), noted("after"))]);
    log.blocks.send_modify(|blocks| {
        let mut bytes = blocks[1].to_vec();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        blocks[1] = bytes.into();
    });
    let fresh = sqlite().await;
    let mut projector = Projector::open(setup(&fresh, &log)).await.unwrap();
    match projector.run(std::future::pending()).await {
        Err(ProjectionError::Broken { source, .. }) => assert_eq!((source.height.0, source.position.0), (2, 1)),
        other => panic!("{other:?}"),
    }
    assert_eq!(lines(&fresh, "timeline").await.len(), 1);
}

#[tokio::test]
async fn a_killed_projector_goes_on_from_its_checkpoint() {
    for fresh in [sqlite().await, postgres().await] {
        let log = MemoryLog::new(Delivery::InOrder);
        let setup = setup(&fresh, &log);
        for round in 0..20_u64 {
            busy(&log);
            let mut projector = Projector::open(setup.clone()).await.unwrap();
            // Dropped wherever it happens to stand, as often as not in the middle of a transaction.
            let killed = tokio::time::sleep(std::time::Duration::from_micros(round * 400));
            tokio::select! {
                ended = projector.run(std::future::pending()) => panic!("{ended:?}"),
                () = killed => {}
            }
        }
        catch_up(&setup).await;
        let whole = sqlite().await;
        catch_up(&crate::log::setup(&whole, &log)).await;
        assert_same(&whole, &fresh).await;
    }
}

#[tokio::test]
async fn cut_connections_and_a_restart_of_postgres_lose_and_double_nothing() {
    let database = test_support::postgres::Database::create_with_own_cluster().await;
    let fresh = Fresh::of_postgres(database);
    let log = MemoryLog::new(Delivery::InOrder);
    let setup = setup(&fresh, &log);
    let mut projector = Projector::open(setup.clone()).await.unwrap();
    let mut position = projector.position();
    let postgres = fresh.postgres.as_ref().unwrap();
    let trouble = async {
        for round in 0..6 {
            busy(&log);
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
            if round == 4 {
                postgres.restart().await;
            } else {
                postgres.terminate_backends().await;
            }
        }
        drop(position.wait_for(|next| next.0 == 1200).await.unwrap());
    };
    projector.run(trouble).await.unwrap();
    let whole = sqlite().await;
    catch_up(&crate::log::setup(&whole, &log)).await;
    assert_same(&whole, &fresh).await;
}

#[tokio::test]
async fn tables_of_another_shape_are_refused() {
    let log = MemoryLog::new(Delivery::InOrder);
    let fresh = sqlite().await;
    catch_up(&setup(&fresh, &log)).await;
    let mut other = setup(&fresh, &log);
    let department = projection::Department::new("toys").table::<crate::toy::Cases>();
    Arc::get_mut(&mut other).unwrap().department = department;
    let refused = Projector::open(other).await.err();
    assert!(matches!(refused, Some(ProjectionError::Outdated { department: "toys" })), "{refused:?}");
}
