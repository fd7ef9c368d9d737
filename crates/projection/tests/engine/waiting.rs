//! `?after=`: waiting for a position that another process writes.

use crate::folding::{busy, case, noted};
use crate::log::{Delivery, Fresh, MemoryLog, postgres, reader, setup, sqlite};
use kernel::Position;
use projection::Projector;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);

async fn waiting_ends_when_the_rows_are_there(fresh: Fresh) {
    let reader = reader(&fresh).await;
    // Before there are any tables nothing is held, and that is no error.
    assert_eq!(reader.position().await.unwrap(), None);
    assert!(!reader.wait_for(Position(0), Duration::from_millis(20)).await.unwrap());
    let log = MemoryLog::new(Delivery::InOrder);
    let mut projector = Projector::open(setup(&fresh, &log)).await.unwrap();
    let waiters: Vec<_> = (0..50_u64)
        .map(|n| {
            let reader = reader.clone();
            tokio::spawn(async move { reader.wait_for(Position(190 + n % 11), LONG).await.unwrap() })
        })
        .collect();
    let meanwhile = async {
        busy(&log);
        log.append(&[(case(1), noted("the last"))]);
        for waiter in waiters {
            assert!(waiter.await.unwrap());
        }
    };
    projector.run(meanwhile).await.unwrap();
    assert_eq!(reader.position().await.unwrap(), Some(Position(200)));
    assert!(reader.wait_for(Position(200), Duration::from_millis(200)).await.unwrap());
    assert!(!reader.wait_for(Position(201), Duration::from_millis(20)).await.unwrap());
}

#[tokio::test]
async fn waiting_ends_when_the_rows_are_there_in_sqlite() {
    waiting_ends_when_the_rows_are_there(sqlite().await).await;
}

#[tokio::test]
async fn waiting_ends_when_the_rows_are_there_in_postgres() {
    waiting_ends_when_the_rows_are_there(postgres().await).await;
}
