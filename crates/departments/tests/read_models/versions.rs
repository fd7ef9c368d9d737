//! Versions of a document are told apart: which is the newest, who gave it and when.

use crate::tables::{Fresh, postgres, sqlite};
use crate::world::{World, case, citizen, document, id, small_works};
use departments::permit_office;
use permits::Command;
use permits::events::Document;

async fn versions_are_told_apart(fresh: Fresh) {
    let mut world = World::new();
    world.asks(1, Command::Apply(small_works(1, 3, 60)));
    let case = case(1);
    let newer = Document { kind: id("deed"), sha256: [5; 32] };
    world.does("intake", Command::ReturnCase { case, step: id("check"), corrections: vec![id("deed")], note: None });
    // Both the newer one and, after it, the old one again.
    let documents = vec![newer, document("visit-report"), document("deed")];
    world.asks(1, Command::AnswerReturn { case, facts: vec![], documents, note: None });
    fresh.catch_up(&world).await;
    let desk = fresh.desk(permit_office::NAME).await;
    let versions = permit_office::versions(&desk, case).await.unwrap();
    let told = |version: &permit_office::VersionView| (version.kind.clone(), version.number, version.newest);
    let deed = |number, newest| ("deed".to_owned(), number, newest);
    let told: Vec<_> = versions.iter().map(told).collect();
    assert_eq!(told, [deed(1, false), deed(2, false), ("visit-report".to_owned(), 1, true), deed(3, true)]);
    assert_eq!((&versions[1].sha256, versions[1].role.as_str()), (&"05".repeat(32), "citizen"));
    assert_eq!(versions[0].sha256, versions[3].sha256);
    assert_eq!(versions[1].giver, citizen(1).to_string());
    let parties = permit_office::parties(&desk, case).await.unwrap();
    assert_eq!(parties.iter().map(|(person, _)| *person).collect::<Vec<_>>(), [citizen(1)]);
    assert!(permit_office::versions(&desk, crate::world::case(2)).await.unwrap().is_empty());
}

#[tokio::test]
async fn versions_in_sqlite() {
    versions_are_told_apart(sqlite().await).await;
}

#[tokio::test]
async fn versions_in_postgres() {
    versions_are_told_apart(postgres().await).await;
}
