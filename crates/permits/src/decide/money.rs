//! Bills and payments, exact in rials.

use super::{Decision, draft::Draft, guards::role};
use crate::{events::*, numbers::BillNumber, procedure::FeeError, refusal::Refusal, state::Status};
use kernel::{Rials, Sealed};
use smol_str::SmolStr;

pub(super) fn not_computable(error: FeeError) -> Refusal {
    Refusal::FeeNotComputable { fee: error.fee, why: error.why.into() }
}

impl Draft<'_> {
    /// Every fee that the procedure asks for is billed and paid.
    pub(super) fn fees_are_paid(&self) -> Result<(), Refusal> {
        if self.procedure.source().fees.is_empty() {
            return Ok(());
        }
        let due = self.procedure.estimate(&self.procedure.scope(&self.case.facts)).map_err(not_computable)?;
        let billed = self.case.later().bill.as_ref().map_or(Rials(0), |bill| bill.billed);
        if due > billed {
            return Err(Refusal::BillMissing {});
        }
        match self.case.outstanding() {
            Rials(0) => Ok(()),
            outstanding => Err(Refusal::BillUnpaid { outstanding }),
        }
    }
}

/// Bills the procedure's fees. Where an earlier bill is paid and corrections made the fees higher, bills the rest.
pub(super) fn issue_bill(mut draft: Draft) -> Decision {
    draft.officer(&draft.decisions()?.bill)?;
    draft.status(&[Status::InProgress])?;
    draft.not_returned()?;
    if draft.case.outstanding().0 > 0 {
        return Err(Refusal::BillExists {});
    }
    // Also refuses a sum that does not fit.
    let due = draft.procedure.estimate(&draft.procedure.scope(&draft.case.facts)).map_err(not_computable)?;
    let fees = draft.procedure.bill(&draft.procedure.scope(&draft.case.facts)).map_err(not_computable)?;
    let mut lines: Vec<BillLine> = fees.into_iter().map(|(fee, amount)| BillLine { fee, amount }).collect();
    let billed = draft.case.later().bill.as_ref().map_or(Rials(0), |bill| bill.billed);
    if billed.0 > 0 {
        lines.push(BillLine { fee: "billed-before".parse().expect("a valid id"), amount: Rials(-billed.0) });
    }
    let total = Rials(due.0 - billed.0);
    if total.0 <= 0 {
        return Err(Refusal::NothingToBill {});
    }
    let (year, serial) = draft.asking.state.books.bills.next(draft.asking.year()?);
    let deadline = draft.procedure.source().payment.as_ref().and_then(|d| draft.asking.begin(&d.policy()));
    let bill = BillNumber::new(year, serial);
    draft.record(BillIssued { bill, district: draft.case.district, lines, total, deadline });
    draft.decided()
}

/// The bank, or the role that bills, books what came in, and no transfer twice. The role that bills never books more than
/// is outstanding. The bank cannot take back what was paid, so what is not owed is booked as owed to whoever paid it.
pub(super) fn record_payment(mut draft: Draft, bill: BillNumber, amount: Rials, reference: &SmolStr) -> Decision {
    let bank = draft.asking.is(role::BANK);
    if !bank {
        draft.officer(&draft.decisions()?.bill)?;
    }
    let last = draft.case.later().bill.as_ref().ok_or(Refusal::UnknownBill {})?;
    // An earlier bill of the case was paid before the last one was issued: nothing is owed on it any more.
    let earlier = bank && bill < last.number;
    if bill != last.number && !earlier {
        return Err(Refusal::UnknownBill {});
    }
    if amount.0 <= 0 {
        return Err(Refusal::AmountNotPositive {});
    }
    if draft.asking.state.booked.contains(reference) {
        return Err(Refusal::PaymentBooked { reference: reference.clone() });
    }
    let ended = matches!(draft.case.status, Status::Refused | Status::Withdrawn | Status::Closed);
    let outstanding = last.outstanding();
    if !bank && amount > outstanding {
        return Err(Refusal::AmountTooLarge { outstanding });
    }
    let owed = if bank && (ended || earlier) { Rials(0) } else { outstanding };
    let booked = amount.min(owed);
    let district = draft.case.district;
    if booked.0 > 0 {
        let held_since = draft.case.later().held_since;
        let outstanding = Rials(outstanding.0 - booked.0);
        draft.record(PaymentReceived { bill, district, amount: booked, reference: reference.clone(), outstanding });
        draft.resume(held_since);
    }
    let surplus = Rials(amount.0 - booked.0);
    if surplus.0 > 0 {
        let reason = if ended { RefundReason::CaseEnded } else { RefundReason::Surplus };
        let payment = reference.clone();
        draft.record(RefundOrdered { bill, district, payment, amount: surplus, reason, note: None });
    }
    draft.decided()
}

/// The role that bills gives back what the city may not keep: all of it once the case has ended without a licence, and
/// before that what was paid beyond the fees as they are now.
pub(super) fn order_refund(mut draft: Draft, payment: &SmolStr, amount: Rials, note: Option<&Sealed>) -> Decision {
    draft.officer(&draft.decisions()?.bill)?;
    let unknown = || Refusal::UnknownPayment { reference: payment.clone() };
    let bill = draft.case.later().bill.as_ref().ok_or_else(unknown)?;
    let booked = bill.payments.iter().find(|booked| booked.reference == *payment).ok_or_else(unknown)?;
    if amount.0 <= 0 {
        return Err(Refusal::AmountNotPositive {});
    }
    if bill.refunds.iter().any(|pending| pending.payment == *payment) {
        return Err(Refusal::RefundPending { reference: payment.clone() });
    }
    let kept = Rials(bill.billed.0 - bill.outstanding().0);
    let ended = matches!(draft.case.status, Status::Refused | Status::Withdrawn | Status::Closed | Status::Revoked);
    let due = if ended {
        Rials(0)
    } else {
        draft.procedure.estimate(&draft.procedure.scope(&draft.case.facts)).map_err(not_computable)?
    };
    let refundable = Rials((kept.0 - due.0).clamp(0, booked.amount.0));
    if amount > refundable {
        return Err(Refusal::RefundTooLarge { refundable });
    }
    let (number, district) = (bill.number, draft.case.district);
    let (payment, reason, note) = (payment.clone(), RefundReason::Decided, note.cloned());
    draft.record(RefundOrdered { bill: number, district, payment, amount, reason, note });
    draft.decided()
}

/// The bank paid it out.
pub(super) fn confirm_refund(mut draft: Draft, payment: &SmolStr, reference: &SmolStr) -> Decision {
    draft.asking.only(role::BANK)?;
    let none = || Refusal::NoRefundPending { reference: payment.clone() };
    let bill = draft.case.later().bill.as_ref().ok_or_else(none)?;
    let pending = bill.refunds.iter().find(|pending| pending.payment == *payment).ok_or_else(none)?;
    let (number, district, amount) = (bill.number, draft.case.district, pending.amount);
    let (payment, reference) = (payment.clone(), reference.clone());
    draft.record(RefundPaid { bill: number, district, payment, amount, reference });
    draft.decided()
}
