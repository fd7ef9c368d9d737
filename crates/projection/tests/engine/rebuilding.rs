//! A rebuild gives the rows of the live tables, whatever the events; and forgetting outlives it.

use crate::folding::{busy, case, noted};
use crate::log::{
    Delivery, Fresh, MemoryLog, ToyVault, assert_same, catch_up, hashes, lines, postgres, reader, setup, setup_with,
    sqlite,
};
use crate::toy::{Event, seal};
use kernel::{Height, PersonId, Position};
use projection::{Limits, ProjectionError, Projector, rebuild, rebuild_all};
use proptest::prelude::*;
use serde::Deserialize;
use std::sync::Arc;

async fn a_rebuild_equals_the_live_tables(fresh: Fresh) {
    let log = MemoryLog::new(Delivery::InOrder);
    let setup = setup(&fresh, &log);
    let mut projector = Projector::open(setup.clone()).await.unwrap();
    let mut position = projector.position();
    let meanwhile = async {
        busy(&log);
        drop(position.wait_for(|next| next.0 == 200).await.unwrap());
        let before = hashes(&fresh).await;
        let built = rebuild(&setup, None, |_| ()).await.unwrap();
        assert_eq!((built.height, built.events), (Height(40), Position(200)));
        assert_eq!(hashes(&fresh).await, before);
        // The live projector goes on upon the new tables; another rebuild follows while it does.
        busy(&log);
        let (again, ()) = tokio::join!(rebuild(&setup, None, |_| ()), async { busy(&log) });
        again.unwrap();
        drop(position.wait_for(|next| next.0 == 600).await.unwrap());
    };
    projector.run(meanwhile).await.unwrap();
    let whole = sqlite().await;
    catch_up(&crate::log::setup(&whole, &log)).await;
    assert_same(&whole, &fresh).await;
}

#[tokio::test]
async fn a_rebuild_equals_the_live_tables_in_sqlite() {
    a_rebuild_equals_the_live_tables(sqlite().await).await;
}

#[tokio::test]
async fn a_rebuild_equals_the_live_tables_in_postgres() {
    a_rebuild_equals_the_live_tables(postgres().await).await;
}

#[tokio::test]
async fn a_rebuild_ends_where_it_is_told_and_never_goes_back() {
    let log = MemoryLog::new(Delivery::InOrder);
    busy(&log);
    let (fresh, live) = (sqlite().await, sqlite().await);
    let built = rebuild(&setup(&fresh, &log), Some(Height(7)), |_| ()).await.unwrap();
    assert_eq!(built.height, Height(7));
    assert_eq!(lines(&fresh, "timeline").await.len(), 35);
    let setup = setup(&live, &log);
    catch_up(&setup).await;
    let refused = rebuild(&setup, Some(Height(7)), |_| ()).await;
    assert!(matches!(refused, Err(ProjectionError::Backwards { .. })), "{refused:?}");
    assert_eq!(lines(&live, "timeline").await.len(), 200);
}

/// Each stops where it is told and fails for itself, and the register is read once for all of them.
#[tokio::test]
async fn departments_that_are_rebuilt_together_share_what_is_read() {
    let log = MemoryLog::new(Delivery::InOrder);
    busy(&log);
    let (short, whole, ahead) = (sqlite().await, sqlite().await, sqlite().await);
    catch_up(&setup(&ahead, &log)).await;
    let [a, b, c] = [&short, &whole, &ahead].map(|fresh| setup(fresh, &log));
    let before = log.reads();
    let built = rebuild_all(&[(&a, Some(Height(7))), (&b, None), (&c, Some(Height(9)))], |_, _| ()).await;
    // Once for all, and once each for what came while the tables were made: nothing.
    assert_eq!(log.reads() - before, 3);
    assert_eq!(built[0].as_ref().unwrap().height, Height(7));
    assert_eq!(built[1].as_ref().unwrap().height, Height(40));
    assert!(matches!(built[2], Err(ProjectionError::Backwards { .. })), "{:?}", built[2]);
    assert_eq!(lines(&short, "timeline").await.len(), 35);
    assert_same(&whole, &ahead).await;

    log.blocks.send_modify(|blocks| blocks.push("no block".into()));
    let (short, whole) = (sqlite().await, sqlite().await);
    let [a, b] = [&short, &whole].map(|fresh| setup(fresh, &log));
    let built = rebuild_all(&[(&a, Some(Height(7))), (&b, None)], |_, _| ()).await;
    assert_eq!(built[0].as_ref().unwrap().height, Height(7));
    assert!(matches!(built[1], Err(ProjectionError::Broken { .. })), "{:?}", built[1]);
}

/// Rows come and go from memory, several times each, and are written behind; some are removed and come back.
async fn a_rebuild_with_little_memory_gives_the_same_rows(fresh: Fresh) {
    let log = MemoryLog::new(Delivery::InOrder);
    (0..4).for_each(|_| busy(&log));
    let whole = sqlite().await;
    catch_up(&setup(&whole, &log)).await;
    for (rows, batch) in [(1, 1), (2, 7), (5, 30), (9, 100)] {
        let mut setup = setup(&fresh, &log);
        let department = crate::toy::department().limits(Limits { rows, batch });
        Arc::get_mut(&mut setup).unwrap().department = department;
        let built = rebuild(&setup, None, |_| ()).await.unwrap();
        assert_eq!(built.events, Position(800));
        assert_same(&whole, &fresh).await;
        assert_eq!(clear(&fresh).await, clear(&whole).await);
    }
}

#[tokio::test]
async fn a_rebuild_with_little_memory_gives_the_same_rows_in_sqlite() {
    a_rebuild_with_little_memory_gives_the_same_rows(sqlite().await).await;
}

#[tokio::test]
async fn a_rebuild_with_little_memory_gives_the_same_rows_in_postgres() {
    a_rebuild_with_little_memory_gives_the_same_rows(postgres().await).await;
}

#[tokio::test]
async fn a_rebuild_names_the_event_that_no_database_takes() {
    let log = MemoryLog::new(Delivery::InOrder);
    log.append(&[(case(1), noted("a")), (case(2), noted("nul \0")), (case(3), noted("c"))]);
    let refused = rebuild(&setup(&sqlite().await, &log), None, |_| ()).await;
    assert!(matches!(refused, Err(ProjectionError::Poison { position: Position(1), .. })), "{refused:?}");
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..4_u8).prop_map(|district| Event::Opened { district }),
        ("[a-zی۱\"\\\\\n]{0,4}", proptest::option::of(0..3_u128)).prop_map(|(text, person)| Event::Noted {
            name: person.map(|person| seal(PersonId(uuid::Uuid::from_u128(person)), &text)),
            text,
        }),
        (0..4_u8).prop_map(|district| Event::Moved { district }),
        Just(Event::Closed),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_events_in_any_batches_rebuild_to_the_same_rows(
        blocks in proptest::collection::vec(proptest::collection::vec((1..6_u32, event()), 1..8), 1..20),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let log = MemoryLog::new(Delivery::InOrder);
            let (live, rebuilt) = (sqlite().await, sqlite().await);
            let mut projector = Projector::open(setup(&live, &log)).await.unwrap();
            for (n, events) in blocks.iter().enumerate() {
                log.append(&events.iter().map(|(serial, event)| (case(*serial), event.clone())).collect::<Vec<_>>());
                if n % 3 == 0 {
                    projector.catch_up().await.unwrap();
                }
            }
            projector.catch_up().await.unwrap();
            let mut little = setup(&rebuilt, &log);
            let department = crate::toy::department().limits(Limits { rows: 2, batch: 5 });
            Arc::get_mut(&mut little).unwrap().department = department;
            rebuild(&little, None, |_| ()).await.unwrap();
            assert_same(&live, &rebuilt).await;
            assert_eq!(clear(&live).await, clear(&rebuilt).await);
        });
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct Clear {
    case_id: u64,
    person: String,
    field: String,
    clear: String,
    search: String,
}

async fn clear(fresh: &Fresh) -> Vec<Clear> {
    let sql = "SELECT case_id, person, field, clear, search FROM cases_clear ORDER BY case_id";
    reader(fresh).await.fetch(sql, &[]).await.unwrap()
}

async fn forgetting_removes_the_clear_text_for_good(fresh: Fresh) {
    let (one, other) = (PersonId(uuid::Uuid::from_u128(1)), PersonId(uuid::Uuid::from_u128(2)));
    let log = MemoryLog::new(Delivery::InOrder);
    let vault = Arc::new(ToyVault::default());
    let setup = setup_with(&fresh, &log, vault.clone());
    let named = |person, name: &str| Event::Noted { text: "n".into(), name: Some(seal(person, name)) };
    log.append(&[(case(1), named(one, "علي")), (case(2), named(other, "Sara")), (case(3), named(one, "old"))]);
    log.append(&[(case(3), named(other, "new")), (case(4), named(one, "gone")), (case(4), Event::Closed)]);
    catch_up(&setup).await;
    let names = async || clear(&fresh).await.into_iter().map(|row| row.clear).collect::<Vec<_>>();
    assert_eq!(names().await, ["علي", "Sara", "new"]);
    assert_eq!(clear(&fresh).await[0].search, kernel::text::normalise("علي"));
    let before = hashes(&fresh).await;

    log.append(&[(case(9), Event::Forgotten { person: one })]);
    catch_up(&setup).await;
    assert_eq!(names().await, ["Sara", "new"]);
    assert_eq!(hashes(&fresh).await, before, "what the register holds is as it was");
    // Neither an event that was under way nor a rebuild with a vault that lags behind brings it back.
    log.append(&[(case(5), named(one, "again"))]);
    catch_up(&setup).await;
    rebuild(&setup, None, |_| ()).await.unwrap();
    assert_eq!(names().await, ["Sara", "new"]);
    vault.forgotten.lock().unwrap().push(other);
    rebuild(&setup, None, |_| ()).await.unwrap();
    assert_eq!(names().await, Vec::<String>::new());
}

#[tokio::test]
async fn forgetting_removes_the_clear_text_for_good_in_sqlite() {
    forgetting_removes_the_clear_text_for_good(sqlite().await).await;
}

#[tokio::test]
async fn forgetting_removes_the_clear_text_for_good_in_postgres() {
    forgetting_removes_the_clear_text_for_good(postgres().await).await;
}

#[tokio::test]
async fn a_rebuild_takes_tables_of_an_older_shape_over() {
    let log = MemoryLog::new(Delivery::InOrder);
    log.append(&[(case(1), noted("x"))]);
    let fresh = sqlite().await;
    let mut older = setup(&fresh, &log);
    Arc::get_mut(&mut older).unwrap().department = projection::Department::new("toys").table::<crate::toy::Cases>();
    catch_up(&older).await;
    let newer = setup(&fresh, &log);
    assert!(Projector::open(newer.clone()).await.is_err());
    rebuild(&newer, None, |_| ()).await.unwrap();
    catch_up(&newer).await;
    assert_eq!(lines(&fresh, "timeline").await.len(), 1);
}
