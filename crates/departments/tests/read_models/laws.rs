//! What holds whatever happens: nothing is parked, rows agree with the domain's own state, and a rebuild, a live
//! projector and the other database all give the same rows.

use crate::tables::{Fresh, postgres, sqlite};
use crate::walk::{Dice, walk};
use crate::world::World;
use departments::permit_office::{self, InboxAsk};
use departments::{Desk, Limit, Personal};
use kernel::{CaseId, Districts};
use permits::Command;
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

#[tokio::test]
async fn inboxes_hold_what_waits_on_a_long_walk() {
    let fresh = sqlite().await;
    let (mut world, mut dice) = (World::new(), Dice(7));
    let mut kinds = BTreeSet::new();
    for _ in 0..6 {
        walk(&mut world, &mut dice, 400);
        fresh.catch_up(&world).await;
        let waits = inbox_agrees(&world, &fresh.desk(permit_office::NAME).await).await;
        kinds.extend(waits.into_iter().map(|(_, work, ..)| work));
    }
    assert!(["consultation", "grant", "objection", "step"].iter().all(|kind| kinds.contains(*kind)), "{kinds:?}");
}

async fn rows_agree(seed: u64) {
    let fresh = sqlite().await;
    let world = live(seed, &fresh).await;
    let desk = fresh.desk(permit_office::NAME).await;
    for (case, held) in cases(&world) {
        let view = permit_office::case(&desk, case, Personal::Hidden).await.unwrap().unwrap();
        assert_eq!(view.summary.status, held.status.name());
        assert_eq!(view.outstanding, held.outstanding().0);
        assert_eq!(view.applicant, held.applicant.map(|person| person.to_string()));
        assert_eq!(!view.corrections.is_empty(), held.later().returned.as_ref().is_some_and(|asked| !asked.is_empty()));
        assert_eq!(view.summary.licence, held.later().licence.map(|licence| licence.number.to_string()));
        if let Some(licence) = held.later().licence {
            let stands = permit_office::licence(&desk, licence.number).await.unwrap();
            let replayed = permit_office::licence_at(&desk, licence.number, world.now).await.unwrap();
            assert_eq!(replayed, stands, "its history ends where it stands");
        }
    }
    inbox_agrees(&world, &desk).await;
}

/// Every case; a long walk goes on into the next years.
fn cases(world: &World) -> impl Iterator<Item = (CaseId, &Case)> {
    let serials = 1..=world.state.cases() as u32;
    let ids = (1405..1410).flat_map(move |year| serials.clone().map(move |serial| CaseId::new(year, serial)));
    ids.filter_map(|id| Some((id, world.state.case(id)?)))
}

/// What waits: the case, what for, the step or agency, and by when.
type Wait = (String, String, String, Option<String>);

/// The inboxes of all roles hold what waits by the domain's own state, each once; gives that.
async fn inbox_agrees(world: &World, desk: &Desk) -> BTreeSet<Wait> {
    let mut waits = BTreeSet::new();
    for (case, held) in cases(world) {
        waits.extend(open(world, held).map(|(work, item, due)| (case.to_string(), work, item, due)));
        let decision = decision(world, case, held);
        waits.extend(decision.map(|(work, due)| (case.to_string(), work.to_owned(), work.to_owned(), due)));
    }
    let mut shown = BTreeSet::new();
    for role in roles(world) {
        let (districts, limit) = (Districts::ALL, Limit::new(Some(3)));
        let mut ask = InboxAsk {
            role: role.parse().unwrap(),
            districts,
            item: None,
            due_from: None,
            due_before: None,
            officer: None,
            after: None,
            limit,
        };
        loop {
            let page = permit_office::inbox(desk, &ask).await.unwrap();
            for item in page.items.into_iter().filter(|item| item.role == role) {
                let work = serde_json::to_value(item.work).unwrap().as_str().unwrap().to_owned();
                let counts = !["grant", "issue"].contains(&work.as_str());
                let due = item.due.filter(|_| counts).map(|due| due.at);
                assert!(shown.insert((item.case, work, item.item, due)), "shown twice");
            }
            ask.after = page.next;
            if ask.after.is_none() {
                break;
            }
        }
    }
    assert_eq!(shown, waits);
    shown
}

/// What waits in a case, by the domain's own state.
fn open<'a>(world: &'a World, held: &'a Case) -> impl Iterator<Item = (String, String, Option<String>)> + 'a {
    let procedure = world.state.procedure_of(held);
    let steps = held.open.iter().map(move |open| {
        let id = procedure.step_at(usize::from(open.place)).id.to_string();
        ("step".to_owned(), id, open.clock.map(|clock| clock.due.to_string()))
    });
    let unanswered = held.consultations.iter().filter(|asked| asked.verdict.is_none());
    let asked = unanswered.map(move |asked| {
        let (_, source) = procedure.agency_at(usize::from(asked.agency));
        let owed = held.owed.iter().find(|owed| owed.agency == asked.agency);
        ("consultation".to_owned(), source.agency.to_string(), owed.map(|owed| owed.clock.due.to_string()))
    });
    steps.chain(asked)
}

/// The decision that its role would not be refused now. Whether the promised date is the case's own is another's test.
fn decision(world: &World, case: CaseId, held: &Case) -> Option<(&'static str, Option<String>)> {
    let decisions = world.state.procedure_of(held).decisions().filter(|_| !held.imported)?;
    if let Some(clock) = &held.later().objection {
        let decide = Command::DecideObjection { case, upheld: false, note: None };
        assert!(world.would(decisions.objection.as_str(), decide));
        return Some(("objection", clock.map(|clock| clock.due.to_string())));
    }
    let grant = world.would(decisions.grant.as_str(), Command::Grant { case }).then_some("grant");
    let issue = || world.would(decisions.issue.as_str(), Command::IssueLicence { case }).then_some("issue");
    grant.or_else(issue).map(|work| (work, None))
}

fn roles(world: &World) -> BTreeSet<String> {
    let mut roles = BTreeSet::new();
    for id in ["small-works", "building-permit"] {
        let (_, procedure) = world.state.newest(&id.parse().unwrap()).unwrap();
        let decisions = procedure.decisions().unwrap();
        roles.extend([&decisions.grant, &decisions.issue, &decisions.objection].map(ToString::to_string));
        for step in &procedure.source().steps {
            roles.insert(step.role.to_string());
            roles.extend(step.consultations.iter().map(|asked| asked.role.to_string()));
        }
    }
    roles
}
