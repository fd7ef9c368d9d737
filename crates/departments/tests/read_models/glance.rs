//! The office at a glance: what waits, what was finished, who has how much, how people came; and what a desk is told.

use crate::story::story;
use crate::tables::{Fresh, postgres, sqlite};
use crate::walk::{Dice, walk};
use crate::world::{World, case, id, officer, on, small_works};
use departments::permit_office::glance::{self, Months};
use departments::permit_office::{self, Holder, InboxAsk, Work};
use departments::{Desk, Limit};
use kernel::{Channel, Date, Districts, Instant, WorkCalendar};
use permits::Command;

fn day(text: &str) -> Date {
    kernel::time::parse_date(text).unwrap()
}

fn ask(role: &str) -> InboxAsk {
    let (districts, limit) = (Districts::ALL, Limit::default());
    InboxAsk {
        role: id(role),
        districts,
        item: None,
        due_from: None,
        due_before: None,
        officer: None,
        after: None,
        limit,
    }
}

/// Three cases before `check`: one since a Saturday, one since the Monday after, one given back to its applicant.
async fn waiting(fresh: Fresh) {
    let mut world = World::new();
    for number in [1, 2] {
        world.asks(number, Command::Apply(small_works(number, 3, 20)));
    }
    world.does("intake", Command::TakeStep { case: case(1), step: id("check") });
    let (corrections, note) = (vec![id("area")], None);
    world.does("intake", Command::ReturnCase { case: case(2), step: id("check"), corrections, note });
    world.does("admin", Command::DeclareHoliday { date: day("1405/09/10"), title: "تعطیل".into() });
    world.does("admin", Command::SetRestDays { from: day("1405/09/01"), days: vec![kernel::Weekday::Friday] });
    world.wait(on("1405/09/09"));
    world.asks(3, Command::Apply(small_works(3, 4, 20)));
    world.wait(on("1405/09/12"));
    fresh.catch_up(&world).await;
    let desk = fresh.desk(permit_office::NAME).await;

    let calendar = permit_office::calendar(&desk).await.unwrap();
    assert!(!calendar.is_working(day("1405/09/10")) && calendar.is_working(day("1405/09/12")), "a Thursday");
    let mut waits = glance::waits(&desk, &calendar, world.now).await.unwrap();
    waits.sort_by_key(|waits| (waits.district, waits.holder == Holder::Applicant));
    let short: Vec<_> = waits.iter().map(|w| (w.item.as_str(), w.district, w.holder, w.age, w.count)).collect();
    // From 7 Azar: 8, 9, 11 and 12; the 10th is a holiday, and no Friday is among them.
    let (city, applicant) = (Holder::City, Holder::Applicant);
    assert_eq!(short, [("check", 3, city, 4, 1), ("check", 3, applicant, 4, 1), ("check", 4, city, 2, 1)]);
    assert!(waits.iter().all(|waits| waits.work == Work::Step && waits.role == "intake"));
    let late: Vec<i64> = waits.iter().map(|waits| waits.late).collect();
    assert_eq!(late, [1, 0, 0], "who has it with them is not late");

    let since = (on("1405/09/12"), on("1405/09/01"));
    let loads = glance::officers(&desk, world.now, since).await.unwrap();
    assert_eq!(loads.len(), 1);
    assert_eq!((loads[0].officer, loads[0].open, loads[0].late), (officer("intake"), 1, 1));
    numbers(&desk, world.now).await;
}

async fn numbers(desk: &Desk, now: Instant) {
    let soon = Instant(now.0 + 30 * 86_400_000_000);
    let counts = permit_office::counts(desk, &ask("intake"), officer("intake"), (now, soon)).await.unwrap();
    assert_eq!((counts.all, counts.mine), (3, 1));
    assert_eq!(counts.all, counts.late + counts.soon);
    let late = InboxAsk { due_before: Some(now), ..ask("intake") };
    assert_eq!(permit_office::inbox(desk, &late).await.unwrap().items.len() as i64, counts.late);
    let rest = InboxAsk { due_from: Some(now), item: Some(id("check")), ..ask("intake") };
    assert_eq!(permit_office::inbox(desk, &rest).await.unwrap().items.len() as i64, counts.soon);
    let other = InboxAsk { item: Some(id("visit")), ..ask("intake") };
    assert_eq!(permit_office::inbox(desk, &other).await.unwrap().items.len(), 0);
}

#[tokio::test]
async fn what_waits_is_told_with_its_working_days_in_sqlite() {
    waiting(sqlite().await).await;
}

#[tokio::test]
async fn what_waits_is_told_with_its_working_days_in_postgres() {
    waiting(postgres().await).await;
}

async fn told(fresh: Fresh) {
    let mut world = story();
    let mut wanted = small_works(7, 6, 30);
    wanted.parcel = Some(id("6-77"));
    world.does("intake", Command::Apply(wanted));
    let actor = |role: &str| kernel::Actor {
        person: officer(role),
        role: id(role),
        department: None,
        districts: Districts::ALL,
    };
    let office: Channel = id("office");
    world.ask(actor("intake"), office, None, Command::Apply(small_works(8, 6, 30))).unwrap();
    fresh.catch_up(&world).await;
    let desk = fresh.desk(permit_office::NAME).await;

    let months = Months::until(day("1405/10/12"), 3);
    let mut came = glance::came(&desk, &months).await.unwrap();
    came.sort_by_key(|came| (came.month, came.channel.clone(), came.district));
    let short: Vec<_> = came.iter().map(|c| (c.month, c.channel.as_str(), c.district, c.count)).collect();
    let online = "online";
    assert_eq!(short[..3], [(1, online, 3, 2), (1, online, 4, 1), (1, online, 5, 1)], "none of another system");
    assert_eq!(short[3..], [(2, "office", 6, 1), (2, online, 6, 1)]);
    let breached = glance::breached(&desk, &months).await.unwrap();
    let short: Vec<_> = breached.iter().map(|c| (c.month, c.channel.as_str(), c.district, c.count)).collect();
    assert_eq!(short, [(2, "office", 6, 1)]);

    let done = glance::finished(&desk, (day("1405/09/01"), day("1405/10/01"))).await.unwrap();
    let visit = done.iter().find(|done| done.step == "visit").expect("the visit was made");
    assert_eq!((visit.opened, visit.ended, visit.count), (day("1405/09/10"), day("1405/09/10"), 1));
    assert_eq!(done.iter().filter(|done| done.step == "check").map(|done| done.count).sum::<i64>(), 3);
}

#[tokio::test]
async fn channels_and_finished_steps_are_told_by_month_in_sqlite() {
    told(sqlite().await).await;
}

#[tokio::test]
async fn channels_and_finished_steps_are_told_by_month_in_postgres() {
    told(postgres().await).await;
}

/// Whatever happens, the groups together hold what the inboxes hold one by one.
#[tokio::test]
async fn groups_hold_as_much_as_the_inboxes() {
    let fresh = sqlite().await;
    let (mut world, mut dice) = (World::new(), Dice(11));
    walk(&mut world, &mut dice, 1_500);
    fresh.catch_up(&world).await;
    let desk = fresh.desk(permit_office::NAME).await;
    let waits = glance::waits(&desk, &WorkCalendar::default(), world.now).await.unwrap();
    assert!(waits.len() > 10);
    for role in ["intake", "technical-head", "technical-officer", "agency-fire", "deputy"] {
        let mut ask = InboxAsk { limit: Limit::new(Some(100)), ..ask(role) };
        let mut items = Vec::new();
        loop {
            let page = permit_office::inbox(&desk, &ask).await.unwrap();
            items.extend(page.items.into_iter().filter(|item| item.role == role));
            ask.after = page.next;
            if ask.after.is_none() {
                break;
            }
        }
        let grouped: i64 = waits.iter().filter(|waits| waits.role == role).map(|waits| waits.count).sum();
        assert_eq!(grouped, items.len() as i64, "{role}");
    }
}

#[tokio::test]
async fn a_desk_is_told_of_its_districts_and_roles() {
    let fresh = sqlite().await;
    let mut world = World::new();
    fresh.catch_up(&world).await;
    let before = world.events().0.checked_sub(1).map(kernel::Position);
    world.asks(1, Command::Apply(small_works(1, 3, 20)));
    fresh.catch_up(&world).await;
    let desk = fresh.desk(permit_office::NAME).await;
    let changes = permit_office::changes(&desk, before).await.unwrap().expect("few");
    assert!(changes.iter().all(|change| change.district.0 == 3));
    assert!(changes.iter().any(|change| change.role == Some(id("intake"))), "{changes:?}");
    let last = changes.last().map(|change| change.position);
    assert_eq!(permit_office::changes(&desk, last).await.unwrap(), Some(Vec::new()));
    for number in 2..120 {
        world.asks(number, Command::Apply(small_works(number, 3, 20)));
    }
    fresh.catch_up(&world).await;
    assert!(permit_office::changes(&desk, last).await.unwrap().is_none(), "too many to tell");
}
