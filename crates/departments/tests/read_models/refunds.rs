//! Money that goes back, from what was asked of the register to what the revenue office sees.

use crate::tables::{Fresh, postgres, sqlite};
use crate::world::{World, case, id, small_works};
use departments::revenue::{self, BookedView, RefundsAsk};
use departments::{Limit, QueryError};
use kernel::{CaseId, DistrictId, Districts, Instant, Rials};
use permits::events::ChecklistAnswer;
use permits::{Command, numbers::BillNumber};

fn pay(case: CaseId, bill: u32, amount: i64, reference: &str) -> Command {
    let bill = BillNumber::new(1405, bill);
    Command::RecordPayment { case, bill, amount: Rials(amount), reference: reference.into() }
}

fn order(amount: i64, payment: &str) -> Command {
    Command::OrderRefund { case: case(2), payment: payment.into(), amount: Rials(amount), note: None }
}

fn confirm(case: CaseId, payment: &str, reference: &str) -> Command {
    Command::ConfirmRefund { case, payment: payment.into(), reference: reference.into() }
}

/// Two bills of 800,000: of the first more is paid than it asks for, the second case is withdrawn when it is paid.
fn world() -> World {
    let mut world = World::new();
    for (number, district) in [(1, 3), (2, 4)] {
        world.asks(number, Command::Apply(small_works(number, district, 20)));
        let small = vec![ChecklistAnswer { item: id("small"), holds: true }];
        let (step, outcome) = (id("check"), id("small-works"));
        let case = case(number);
        world.does(
            "intake",
            Command::CompleteStep { case, step, outcome, checklist: small, documents: vec![], note: None },
        );
        world.does("revenue", Command::IssueBill { case });
    }
    world.does("bank", pay(case(1), 1, 500_000, "A1"));
    world.does("bank", pay(case(1), 1, 500_000, "A2"));
    world.does("bank", pay(case(1), 1, 70, "A3"));
    world.does("revenue", pay(case(2), 2, 300_000, "B1"));
    world.does("bank", pay(case(2), 2, 500_000, "B2"));
    world.asks(2, Command::Withdraw { case: case(2) });
    world.does("bank", pay(case(2), 2, 90, "B3"));
    world.does("revenue", order(200_000, "B2"));
    world.does("bank", confirm(case(2), "B2", "R1"));
    world.does("revenue", order(300_000, "B2"));
    world
}

async fn refunds_are_shown(fresh: Fresh) {
    fresh.catch_up(&world()).await;
    let desk = fresh.desk(revenue::NAME).await;
    let ask = RefundsAsk { pending: true, districts: Districts::ALL, after: None, limit: Limit::new(Some(2)) };
    let page = revenue::refunds(&desk, &ask).await.unwrap();
    let rest = revenue::refunds(&desk, &RefundsAsk { after: page.next.clone(), ..ask.clone() }).await.unwrap();
    let all = [page.items, rest.items].concat();
    let told = |refund: &revenue::RefundView| {
        (refund.payment.clone(), refund.reason.clone(), refund.pending, refund.paid, refund.times)
    };
    let expected = [
        ("A2".to_owned(), "surplus".to_owned(), 200_000, 0, 1),
        ("A3".to_owned(), "surplus".to_owned(), 70, 0, 1),
        ("B3".to_owned(), "case-ended".to_owned(), 90, 0, 1),
        ("B2".to_owned(), "decided".to_owned(), 300_000, 200_000, 2),
    ];
    assert_eq!(all.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(rest.next, None);
    let fourth = [DistrictId(4)].into_iter().collect();
    let there = revenue::refunds(&desk, &RefundsAsk { districts: fourth, ..ask.clone() }).await.unwrap();
    assert_eq!(there.items.len(), 2);
    let wrong = revenue::refunds(&desk, &RefundsAsk { after: Some("x".to_owned()), ..ask }).await;
    assert!(matches!(wrong, Err(QueryError::After { .. })));
    let of = revenue::refunds_of(&desk, case(2)).await.unwrap();
    assert_eq!((of.len(), of[1].reference.as_deref()), (2, Some("R1")));
    assert_eq!(revenue::refund(&desk, "A1").await.unwrap(), None);
    let bill = revenue::bill(&desk, BillNumber::new(1405, 2)).await.unwrap().unwrap();
    assert_eq!((bill.total, bill.paid, bill.refunded), (800_000, 800_000, 500_000));
}

#[tokio::test]
async fn refunds_in_sqlite() {
    refunds_are_shown(sqlite().await).await;
}

#[tokio::test]
async fn refunds_in_postgres() {
    refunds_are_shown(postgres().await).await;
}

async fn all_that_came_in_stands_under_its_reference(fresh: Fresh) {
    fresh.catch_up(&world()).await;
    let desk = fresh.desk(revenue::NAME).await;
    let booked = |reference: &str, of: u32, amount| BookedView {
        reference: reference.to_owned(),
        bill: BillNumber::new(1405, of).to_string(),
        case: case(of).to_string(),
        amount,
    };
    for (reference, of, amount) in
        [("A1", 1, 500_000), ("A2", 1, 500_000), ("A3", 1, 70), ("B1", 2, 300_000), ("B2", 2, 500_000), ("B3", 2, 90)]
    {
        assert_eq!(revenue::booked(&desk, reference).await.unwrap(), Some(booked(reference, of, amount)));
    }
    assert_eq!(revenue::booked(&desk, "C1").await.unwrap(), None);
    let bank = revenue::booked_by_bank(&desk, Instant(0)).await.unwrap();
    assert_eq!(bank, [booked("A1", 1, 500_000), booked("A2", 1, 500_000), booked("B2", 2, 500_000)]);
    assert_eq!(revenue::booked_by_bank(&desk, Instant(i64::MAX)).await.unwrap(), []);
}

#[tokio::test]
async fn references_in_sqlite() {
    all_that_came_in_stands_under_its_reference(sqlite().await).await;
}

#[tokio::test]
async fn references_in_postgres() {
    all_that_came_in_stands_under_its_reference(postgres().await).await;
}
