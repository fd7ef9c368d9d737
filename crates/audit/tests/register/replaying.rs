//! Replaying registers into one file, and comparing it with what the city shows.

use crate::town::{MemoryLog, Town, catch_up, city};
use audit::{AuditError, Compared, Progress, Replay, compare, replay};
use kernel::Height;
use projection::Database;
use std::path::Path;
use std::sync::{Arc, Mutex};
use test_support::DataFolder;

fn ask(log: &MemoryLog, out: &Path, live: Option<&Database>) -> Replay {
    Replay { city: city(), source: Arc::new(log.clone()), out: out.to_owned(), live: live.cloned() }
}

fn quiet() -> impl Fn(Progress) + Sync {
    |_| {}
}

fn sqlite(folder: &DataFolder) -> Database {
    Database::Sqlite { folder: folder.join("live") }
}

async fn equals_the_live_tables(live: Database) {
    let (town, folder) = (Town::busy(), DataFolder::new());
    catch_up(&town.log, &live).await;
    let out = folder.join("out.db");
    let told = Mutex::new(Vec::new());
    let replayed =
        replay(&ask(&town.log, &out, Some(&live)), &|progress| told.lock().unwrap().push(progress)).await.unwrap();
    assert_eq!(replayed.len(), departments::all().len());
    for department in &replayed {
        assert_eq!((department.height, department.events), (Height(6), town.chain().head().next));
        assert!(department.compared.as_ref().unwrap().is_equal(), "{department:?}");
    }
    let rows = |table: &str| {
        replayed.iter().flat_map(|department| &department.tables).find(|hash| hash.table == table).unwrap().rows
    };
    assert_eq!((rows("cases"), rows("timeline"), rows("bills")), (2, town.chain().head().next.0, 1));
    let told = told.into_inner().unwrap();
    let of = town.chain().head().next.0;
    let last = Progress::Replaying { department: "permit_office", events: of, of };
    assert!(told.contains(&last) && told.contains(&Progress::Copying));
    assert!(!folder.join("out.db.parts").exists(), "nothing is left beside the file");
    // The file alone, later.
    assert!(compare(&out, &live, &quiet()).await.unwrap().iter().all(Compared::is_equal));
    assert!(!folder.join("out.db.parts").exists());
}

#[tokio::test]
async fn a_replay_equals_live_tables_in_sqlite() {
    let folder = DataFolder::new();
    equals_the_live_tables(sqlite(&folder)).await;
}

#[tokio::test]
async fn a_replay_equals_live_tables_in_postgres() {
    let postgres = test_support::Database::create().await;
    equals_the_live_tables(Database::Postgres { url: postgres.url().to_owned() }).await;
}

#[tokio::test]
async fn a_file_that_is_there_is_kept() {
    let (town, folder) = (Town::busy(), DataFolder::new());
    let out = folder.join("out.db");
    std::fs::write(&out, "mine").unwrap();
    let refused = replay(&ask(&town.log, &out, None), &quiet()).await.unwrap_err();
    assert!(matches!(refused, AuditError::Exists { .. }), "{refused}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "mine");
}

#[tokio::test]
async fn a_live_row_that_the_register_does_not_give_is_named() {
    let (town, folder) = (Town::busy(), DataFolder::new());
    // What is shown was folded from another register with as many events.
    let mut other = Town::new();
    other.applies(40);
    other.applies(95);
    let blocks: Vec<_> = town.log.blocks().into_iter().take(4).collect();
    let live = sqlite(&folder);
    catch_up(&other.log, &live).await;
    let asked = ask(&MemoryLog::of(blocks), &folder.join("out.db"), Some(&live));
    let replayed = replay(&asked, &quiet()).await.unwrap();
    let permit_office = replayed[0].compared.as_ref().unwrap();
    assert!(!permit_office.is_equal());
    let differing: Vec<_> = permit_office.tables.iter().filter(|table| !table.differences.is_empty()).collect();
    let tables: Vec<&str> = differing.iter().map(|table| table.table).collect();
    assert_eq!(tables, ["cases", "applications", "timeline"]);
    let [row] = differing[1].differences.named.as_slice() else { panic!("one row differs") };
    assert!(
        row.left.as_ref().unwrap().contains(r#""area":90"#) && row.right.as_ref().unwrap().contains(r#""area":95"#)
    );
    assert!(replayed[2].compared.as_ref().unwrap().is_equal(), "no money was asked for in either");
}

#[tokio::test]
async fn live_tables_that_lag_are_compared_where_they_are() {
    let (mut town, folder) = (Town::busy(), DataFolder::new());
    let live = sqlite(&folder);
    catch_up(&town.log, &live).await;
    let held = town.chain().head();
    town.applies(120);
    let out = folder.join("out.db");
    let replayed = replay(&ask(&town.log, &out, Some(&live)), &quiet()).await.unwrap();
    for department in replayed {
        assert_eq!((department.height, department.events), (held.height, held.next));
        assert!(department.compared.unwrap().is_equal());
    }
    catch_up(&town.log, &live).await;
    let later = compare(&out, &live, &quiet()).await.unwrap();
    assert!(later.iter().all(|compared| !compared.is_equal() && compared.tables.is_empty()));
    assert_eq!((later[0].replayed, later[0].live), (held.next, town.chain().head().next));
}

#[tokio::test]
async fn live_tables_of_another_register_are_told_apart() {
    let (town, folder) = (Town::busy(), DataFolder::new());
    let live = sqlite(&folder);
    let mut longer = Town::busy();
    longer.applies(10);
    catch_up(&longer.log, &live).await;
    let out = folder.join("out.db");
    let refused = replay(&ask(&town.log, &out, Some(&live)), &quiet()).await.unwrap_err();
    assert!(matches!(refused, AuditError::Elsewhere { .. }), "{refused}");
    assert!(!out.exists() && !folder.join("out.db.parts").exists());
}

#[tokio::test]
async fn a_corrupt_register_gives_no_file() {
    let (town, folder) = (Town::busy(), DataFolder::new());
    let mut blocks = town.log.blocks();
    let mut bytes = blocks[4].to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    blocks[4] = bytes.into();
    let out = folder.join("out.db");
    let refused = replay(&ask(&MemoryLog::of(blocks), &out, None), &quiet()).await.unwrap_err();
    assert!(matches!(refused, AuditError::Rebuild { department: "permit_office", .. }), "{refused}");
    assert!(!out.exists() && !folder.join("out.db.parts").exists());
}

#[tokio::test]
async fn an_empty_register_gives_empty_tables() {
    let folder = DataFolder::new();
    let replayed = replay(&ask(&MemoryLog::default(), &folder.join("out.db"), None), &quiet()).await.unwrap();
    assert!(replayed.iter().all(|department| department.tables.iter().all(|table| table.rows == 0)));
}

#[tokio::test]
async fn a_file_of_something_else_is_no_replay() {
    let folder = DataFolder::new();
    let out = folder.join("out.db");
    std::fs::write(&out, "not a database, and long enough to be read as one").unwrap();
    assert!(matches!(compare(&out, &sqlite(&folder), &quiet()).await, Err(AuditError::OneFile(_))));
    assert!(!folder.join("out.db.parts").exists());
}
