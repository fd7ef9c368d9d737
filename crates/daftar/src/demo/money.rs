//! What moves at the bank: bills are paid there, mostly, and what was paid too much is given back.

use super::{
    dice::Dice,
    fate::Fate,
    moves::{By, What},
};
use kernel::RoleId;
use permits::{
    numbers::BillNumber,
    state::{Bill, Case, Status},
};

/// What could be done about the bill of a case in one round.
pub(super) fn moves(
    case: &Case,
    bill: &Bill,
    biller: &RoleId,
    fate: Fate,
    dice: &mut Dice,
    add: &mut impl FnMut(By, usize, What),
) {
    let outstanding = bill.outstanding();
    if outstanding.0 > 0 && case.status == Status::InProgress && fate != Fate::NeverPays {
        // Some pay at once, most within a day or two.
        let chance = if dice.percent(10) { 40 } else { 4 };
        add(By::Bank, chance, What::Pay { bill: bill.number, amount: outstanding });
    }
    for refund in &bill.refunds {
        let (payment, amount) = (refund.payment.clone(), refund.amount);
        add(By::Bank, 6, What::Refunded { payment, amount });
    }
    let ended = matches!(case.status, Status::Refused | Status::Withdrawn);
    let kept = bill.payments.iter().filter(|payment| payment.amount.0 > 0);
    for payment in kept.filter(|_| ended && bill.refunds.is_empty()) {
        let (reference, amount) = (payment.reference.clone(), payment.amount);
        add(By::Role(biller.clone()), 4, What::OrderRefund { payment: reference, amount });
    }
}

/// Tells the attempts at a bill apart, the same way each time.
pub(super) fn attempt(bill: Option<&Bill>, number: BillNumber) -> bank::Order {
    let before = bill.map_or(0, |bill| bill.payments.len());
    bank::Order::new(number, u32::try_from(before).unwrap_or(u32::MAX))
}
