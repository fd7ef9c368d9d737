//! How a licence stood at each moment of its life.

use crate::story::licensed;
use crate::tables::{Fresh, postgres, sqlite};
use crate::world::{World, case, id, on, party};
use departments::Desk;
use departments::permit_office::{self, LicenceChange, LicenceState};
use kernel::Instant;
use permits::{Command, numbers::LicenceNumber};

const NUMBER: fn() -> LicenceNumber = || LicenceNumber::new(1405, 1);

/// Issued on 10 Azar; suspended, reinstated, transferred, renewed and revoked, two days between each.
fn life() -> World {
    let mut world = World::new();
    licensed(&mut world);
    let case = case(1);
    for (day, role, command) in [
        ("1405/09/12", "deputy", Command::Suspend { case, article: id("safety"), note: None }),
        ("1405/09/14", "deputy", Command::Reinstate { case }),
        ("1405/09/16", "technical-head", Command::Transfer { case, to: party(9, "رضا یزدی") }),
        ("1405/09/18", "technical-head", Command::Renew { case }),
        ("1405/09/20", "deputy", Command::Revoke { case, article: id("safety"), note: None }),
    ] {
        world.wait(on(day));
        world.does(role, command);
    }
    world
}

async fn stood(desk: &Desk, at: Instant) -> Option<(LicenceState, u32, u32, Option<String>, String)> {
    let view = permit_office::licence_at(desk, NUMBER(), at).await.unwrap()?;
    Some((view.state, view.transfers, view.renewals, view.article, view.valid_until.jalali))
}

async fn each_moment_is_answered_as_it_was(fresh: Fresh) {
    use LicenceChange::{Issued, Reinstated, Renewed, Revoked, Suspended, Transferred};
    fresh.catch_up(&life()).await;
    let desk = fresh.desk(permit_office::NAME).await;
    let issued = permit_office::licence_at(&desk, NUMBER(), on("1405/09/10")).await.unwrap().unwrap();
    let (first, article) = (issued.valid_until.jalali, Some("safety".to_owned()));
    let renewed = permit_office::licence(&desk, NUMBER()).await.unwrap().unwrap().valid_until.jalali;
    assert!(renewed > first);
    assert_eq!(stood(&desk, Instant(on("1405/09/10").0 - 1)).await, None, "it was not issued yet");
    for (day, state, transfers, renewals, article, until) in [
        ("1405/09/11", LicenceState::Valid, 0, 0, None, &first),
        ("1405/09/13", LicenceState::Suspended, 0, 0, article.clone(), &first),
        ("1405/09/15", LicenceState::Valid, 0, 0, None, &first),
        ("1405/09/17", LicenceState::Valid, 1, 0, None, &first),
        ("1405/09/19", LicenceState::Valid, 1, 1, None, &renewed),
        ("1405/09/21", LicenceState::Revoked, 1, 1, article.clone(), &renewed),
    ] {
        assert_eq!(stood(&desk, on(day)).await, Some((state, transfers, renewals, article, until.clone())), "{day}");
    }
    let all = [Issued, Suspended, Reinstated, Transferred, Renewed, Revoked];
    let history = permit_office::licence_history(&desk, NUMBER()).await.unwrap();
    assert_eq!(history.iter().map(|passage| passage.change).collect::<Vec<_>>(), all);
    assert_eq!((history[1].at.jalali.as_str(), history[1].article.as_deref()), ("1405/09/12", Some("safety")));
    let changes = permit_office::licence_changes(&desk, 1405, None).await.unwrap();
    assert!(changes.iter().all(|changed| changed.licence == NUMBER()));
    assert_eq!(changes.iter().map(|changed| changed.change).collect::<Vec<_>>(), all);
    let later = permit_office::licence_changes(&desk, 1405, Some(changes[3].position)).await.unwrap();
    assert_eq!(later, changes[4..]);
    assert_eq!(permit_office::licence_changes(&desk, 1404, None).await.unwrap(), []);
    assert_eq!(permit_office::licence_at(&desk, LicenceNumber::new(1405, 2), on("1405/09/21")).await.unwrap(), None);
}

#[tokio::test]
async fn a_licences_life_in_sqlite() {
    each_moment_is_answered_as_it_was(sqlite().await).await;
}

#[tokio::test]
async fn a_licences_life_in_postgres() {
    each_moment_is_answered_as_it_was(postgres().await).await;
}
