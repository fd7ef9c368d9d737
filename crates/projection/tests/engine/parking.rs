//! Events that cannot be folded hold back their case, and nobody else.

use crate::folding::{case, noted};
use crate::log::{Delivery, Fresh, MemoryLog, assert_same, catch_up, entry, hashes, lines, postgres, setup, sqlite};
use crate::toy::{Event, POISON, repair};
use kernel::{CaseId, Position};
use projection::{ProjectionError, Projector, Retried, parked_cases, rebuild, retry};

async fn poison_parks_its_case_only(fresh: Fresh, poisoned: CaseId) {
    let log = MemoryLog::new(Delivery::InOrder);
    let setup = setup(&fresh, &log);
    let mut projector = Projector::open(setup.clone()).await.unwrap();
    log.append(&[(poisoned, Event::Opened { district: 1 }), (poisoned, noted(POISON)), (case(2), noted("b"))]);
    projector.catch_up().await.unwrap();
    log.append(&[(poisoned, noted("behind")), (case(2), noted("c"))]);
    projector.catch_up().await.unwrap();
    // Not half of an event either: the timeline comes after the table that refused.
    let timeline = lines(&fresh, "timeline").await;
    assert_eq!(timeline.len(), 3, "{timeline:#?}");
    let parked = parked_cases(&setup).await.unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!((parked[0].case, parked[0].position, parked[0].events), (poisoned, Position(1), 2));
    assert_eq!(parked[0].error, "cases: poisonous");
    let before = hashes(&fresh).await;
    let still = Retried::StillParked { events: 0, position: Position(1), error: "cases: poisonous".into() };
    assert_eq!(retry(&setup, poisoned).await.unwrap(), still);
    assert_eq!(hashes(&fresh).await, before);

    let refused = rebuild(&setup, None, |_| ()).await;
    match refused {
        Err(ProjectionError::Poison { position: Position(1), case, .. }) => assert_eq!(case, poisoned),
        other => panic!("{other:?}"),
    }
    assert_eq!(hashes(&fresh).await, before);

    repair(poisoned);
    assert_eq!(retry(&setup, poisoned).await.unwrap(), Retried::Done { events: 2 });
    assert_eq!(parked_cases(&setup).await.unwrap(), []);
    // The projector that was running all the while sees what the retry wrote.
    log.append(&[(poisoned, noted("after"))]);
    projector.catch_up().await.unwrap();
    let whole = sqlite().await;
    catch_up(&crate::log::setup(&whole, &log)).await;
    assert_same(&whole, &fresh).await;
}

#[tokio::test]
async fn poison_parks_its_case_only_in_sqlite() {
    poison_parks_its_case_only(sqlite().await, case(101)).await;
}

#[tokio::test]
async fn poison_parks_its_case_only_in_postgres() {
    poison_parks_its_case_only(postgres().await, case(102)).await;
}

#[tokio::test]
async fn a_retry_beside_a_running_projector_is_seen_by_it() {
    let poisoned = case(103);
    let fresh = sqlite().await;
    let log = MemoryLog::new(Delivery::InOrder);
    let setup = setup(&fresh, &log);
    let mut projector = Projector::open(setup.clone()).await.unwrap();
    let mut position = projector.position();
    let meanwhile = async {
        log.append(&[(poisoned, noted(POISON)), (poisoned, noted("behind"))]);
        drop(position.wait_for(|next| next.0 == 2).await.unwrap());
        repair(poisoned);
        assert_eq!(retry(&setup, poisoned).await.unwrap(), Retried::Done { events: 2 });
        log.append(&[(poisoned, noted("after"))]);
        drop(position.wait_for(|next| next.0 == 3).await.unwrap());
    };
    projector.run(meanwhile).await.unwrap();
    let whole = sqlite().await;
    catch_up(&crate::log::setup(&whole, &log)).await;
    assert_same(&whole, &fresh).await;
}

#[tokio::test]
async fn unknown_versions_and_broken_bodies_are_parked_not_guessed() {
    let fresh = sqlite().await;
    let log = MemoryLog::new(Delivery::InOrder);
    let setup = setup(&fresh, &log);
    let mut newer = entry(case(1), &noted("x"));
    newer.version = 9;
    let mut broken = entry(case(2), &noted("x"));
    broken.body = vec![0xff; 3].into();
    log.append_stored(vec![newer, broken, entry(case(3), &noted("fine"))]);
    catch_up(&setup).await;
    assert_eq!(lines(&fresh, "timeline").await.len(), 1);
    let parked = parked_cases(&setup).await.unwrap();
    assert_eq!(parked.len(), 2);
    assert_eq!(parked[0].error, "no event has code 1 version 9: this build is too old for the register");
    assert!(parked[1].error.starts_with("a toy event does not decode"), "{}", parked[1].error);
}

#[tokio::test]
async fn a_text_that_no_database_takes_parks_its_case_in_both_alike() {
    let log = MemoryLog::new(Delivery::InOrder);
    log.append(&[(case(1), noted("a")), (case(2), noted("nul \0")), (case(2), noted("b")), (case(3), noted("c"))]);
    let (left, right) = (sqlite().await, postgres().await);
    for fresh in [&left, &right] {
        let setup = setup(fresh, &log);
        catch_up(&setup).await;
        let parked = parked_cases(&setup).await.unwrap();
        assert_eq!(parked.iter().map(|p| (p.case, p.events)).collect::<Vec<_>>(), [(case(2), 2)]);
    }
    assert_same(&left, &right).await;
    assert_eq!(lines(&left, "timeline").await.len(), 2);
}
