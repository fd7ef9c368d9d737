//! Bills and payments, exact in rials.

use super::{Decision, draft::Draft, guards::role};
use crate::{events::*, numbers::BillNumber, procedure::FeeError, refusal::Refusal, state::Status};
use kernel::Rials;
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

/// The bank, or the role that bills, books what came in: never more than is outstanding, and no transfer twice.
pub(super) fn record_payment(mut draft: Draft, bill: BillNumber, amount: Rials, reference: &SmolStr) -> Decision {
    if !draft.asking.is(role::BANK) {
        draft.officer(&draft.decisions()?.bill)?;
    }
    let known = draft.case.later().bill.as_ref().filter(|known| known.number == bill).ok_or(Refusal::UnknownBill {})?;
    if amount.0 <= 0 {
        return Err(Refusal::AmountNotPositive {});
    }
    if draft.asking.state.booked.contains(reference) {
        return Err(Refusal::PaymentBooked { reference: reference.clone() });
    }
    let outstanding = known.outstanding();
    if amount > outstanding {
        return Err(Refusal::AmountTooLarge { outstanding });
    }
    let held_since = draft.case.later().held_since;
    let outstanding = Rials(outstanding.0 - amount.0);
    let district = draft.case.district;
    draft.record(PaymentReceived { bill, district, amount, reference: reference.clone(), outstanding });
    draft.resume(held_since);
    draft.decided()
}
