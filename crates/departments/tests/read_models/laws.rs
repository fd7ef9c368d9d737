//! What holds whatever happens: nothing is parked, rows agree with the domain's own state, and a rebuild, a live
//! projector and the other database all give the same rows.

use crate::tables::{Fresh, postgres, sqlite};
use crate::walk::{Dice, walk};
use crate::world::{World, case};
use departments::permit_office::{self, InboxAsk, Work};
use departments::{Limit, Personal};
use kernel::Districts;
use permits::state::Case;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

/// Walks in three stretches, each folded as it comes.
async fn live(seed: u64, fresh: &Fresh) -> World {
    let (mut world, mut dice) = (World::new(), Dice(seed));
    for tries in [150, 1, 250] {
        walk(&mut world, &mut dice, tries);
        fresh.catch_up(&world).await;
    }
    world
}

async fn a_rebuild_gives_the_same_rows(seed: u64, fresh: Fresh) -> Vec<(&'static str, projection::TableHash)> {
    let world = live(seed, &fresh).await;
    let before = fresh.hashes().await;
    fresh.rebuild(&world).await;
    assert_eq!(fresh.hashes().await, before);
    before
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn live_and_rebuilt_are_the_same(seed in any::<u64>()) {
        block_on(async { a_rebuild_gives_the_same_rows(seed, sqlite().await).await });
    }

    #[test]
    fn rows_agree_with_the_register(seed in any::<u64>()) {
        block_on(rows_agree(seed));
    }
}

#[tokio::test]
async fn both_databases_hold_the_same_rows() {
    for seed in [1405, 3890] {
        let one = a_rebuild_gives_the_same_rows(seed, sqlite().await).await;
        let other = a_rebuild_gives_the_same_rows(seed, postgres().await).await;
        assert_eq!(one, other);
    }
}

/// The walks reach what they are for: else the laws above would hold of nothing.
#[tokio::test]
async fn walks_reach_every_table() {
    let fresh = sqlite().await;
    let (mut world, mut dice) = (World::new(), Dice(7));
    walk(&mut world, &mut dice, 4_000);
    fresh.rebuild(&world).await;
    let empty = fresh.hashes().await.into_iter().filter(|(_, hash)| hash.rows == 0);
    let empty: Vec<_> = empty.map(|(department, hash)| (department, hash.table)).collect();
    assert_eq!(empty, [("permit_office", "breaches")], "walks go over no channel that was cut over");
}

async fn rows_agree(seed: u64) {
    let fresh = sqlite().await;
    let world = live(seed, &fresh).await;
    let desk = fresh.desk(permit_office::NAME).await;
    let mut waits = BTreeSet::new();
    for serial in 1..=world.state.cases() as u32 {
        let held = world.state.case(case(serial)).unwrap();
        let view = permit_office::case(&desk, case(serial), Personal::Hidden).await.unwrap().unwrap();
        assert_eq!(view.summary.status, held.status.name());
        assert_eq!(view.outstanding, held.outstanding().0);
        assert_eq!(view.applicant, held.applicant.map(|person| person.to_string()));
        assert_eq!(!view.corrections.is_empty(), held.later().returned.as_ref().is_some_and(|asked| !asked.is_empty()));
        assert_eq!(view.summary.licence, held.later().licence.map(|licence| licence.number.to_string()));
        waits.extend(open(&world, held).map(|(item, due)| (view.summary.case.clone(), item, due)));
    }
    let mut shown = BTreeSet::new();
    for role in roles(&world) {
        let mut after = None;
        loop {
            let limit = Limit::new(Some(3));
            let ask = InboxAsk {
                role: role.parse().unwrap(),
                districts: Districts::ALL,
                due_before: None,
                officer: None,
                after,
                limit,
            };
            let page = permit_office::inbox(&desk, &ask).await.unwrap();
            let own = page.items.into_iter().filter(|item| item.role == role);
            for item in own {
                let work = (item.work == Work::Consultation, item.item);
                assert!(shown.insert((item.case, work, item.due.map(|due| due.at))), "shown twice");
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    assert_eq!(shown, waits);
}

type Open = ((bool, String), Option<String>);

/// What waits in a case, by the domain's own state.
fn open<'a>(world: &'a World, held: &'a Case) -> impl Iterator<Item = Open> + 'a {
    let procedure = world.state.procedure_of(held);
    let steps = held.open.iter().map(move |open| {
        let id = procedure.step_at(usize::from(open.place)).id.to_string();
        ((false, id), open.clock.map(|clock| clock.due.to_string()))
    });
    let unanswered = held.consultations.iter().filter(|asked| asked.verdict.is_none());
    let asked = unanswered.map(move |asked| {
        let (_, source) = procedure.agency_at(usize::from(asked.agency));
        let owed = held.owed.iter().find(|owed| owed.agency == asked.agency);
        ((true, source.agency.to_string()), owed.map(|owed| owed.clock.due.to_string()))
    });
    steps.chain(asked)
}

fn roles(world: &World) -> BTreeSet<String> {
    let mut roles = BTreeSet::new();
    for id in ["small-works", "building-permit"] {
        let (_, procedure) = world.state.newest(&id.parse().unwrap()).unwrap();
        for step in &procedure.source().steps {
            roles.insert(step.role.to_string());
            roles.extend(step.consultations.iter().map(|asked| asked.role.to_string()));
        }
    }
    roles
}
