//! Who looked at a file, from what the register says to what the citizen is shown.

use crate::tables::{Fresh, postgres, sqlite};
use crate::world::{World, case, document, officer, small_works};
use departments::permit_office::{self, AccessView};
use departments::{Limit, QueryError};
use kernel::Position;
use permits::Command;

fn world() -> World {
    let mut world = World::new();
    world.asks(1, Command::Apply(small_works(1, 3, 20)));
    world.asks(2, Command::Apply(small_works(2, 4, 20)));
    let look = |number, document| Command::ViewFile { case: case(number), document };
    world.does("intake", look(1, None));
    world.does("technical-head", look(2, None));
    world.does("technical-officer", look(1, Some(document("deed"))));
    world.does("intake", look(1, None));
    world
}

async fn looks_are_shown(fresh: Fresh) {
    fresh.catch_up(&world()).await;
    let desk = fresh.desk(permit_office::NAME).await;
    let ask = async |number, after: Option<&str>| {
        permit_office::accesses(&desk, case(number), Position(0), after, Limit::new(Some(2))).await.unwrap()
    };
    let told = |look: &AccessView| (look.role.clone(), look.officer.clone(), look.document.clone());
    let who = |role: &str, kind: Option<&str>| (role.to_owned(), officer(role).to_string(), kind.map(str::to_owned));
    let last = ask(1, None).await;
    let first = ask(1, last.next.as_deref()).await;
    let all: Vec<_> = last.items.iter().chain(&first.items).map(told).collect();
    assert_eq!(all, [who("intake", None), who("technical-officer", Some("deed")), who("intake", None)]);
    assert_eq!(first.next, None);
    let deed = &last.items[1];
    assert_eq!(deed.sha256.as_deref().map(str::len), Some(64));
    assert!(first.items[0].at.at <= deed.at.at);
    assert_eq!(ask(2, None).await.items.iter().map(told).collect::<Vec<_>>(), [who("technical-head", None)]);
    let late = permit_office::accesses(&desk, case(1), world().events(), None, Limit::default()).await.unwrap();
    assert_eq!(late.items, [], "a later holder is shown nothing of the time before");
    assert_eq!(ask(3, None).await.items, []);
    let wrong = permit_office::accesses(&desk, case(1), Position(0), Some("x"), Limit::default()).await;
    assert!(matches!(wrong, Err(QueryError::After { .. })), "{wrong:?}");
    let told = permit_office::timeline(&desk, case(2), None, Limit::default(), departments::Personal::Hidden).await;
    assert!(told.unwrap().items.iter().all(|happened| happened.event != "FileViewed"), "they bury nothing");
}

#[tokio::test]
async fn looks_in_sqlite() {
    looks_are_shown(sqlite().await).await;
}

#[tokio::test]
async fn looks_in_postgres() {
    looks_are_shown(postgres().await).await;
}
