//! The money of a case as the caller may see it: a licence's new holder is not told what the one before paid, nor when,
//! from where or what went back. What is billed and still owed goes with the case.

use crate::access::Caller;
use crate::gateway::State;
use crate::problem::Problem;
use departments::permit_office;
use departments::revenue::{self, BillView, PaymentView, RefundView};
use kernel::{CaseId, Position};

/// What came in for a case, and what goes back.
pub(crate) struct Paid {
    pub(crate) payments: Vec<PaymentView>,
    pub(crate) refunds: Vec<RefundView>,
    /// The payments of those before the caller.
    others: Vec<PaymentView>,
}

/// Since when the case is the citizen's; officers see all of it.
async fn since(state: &State, caller: &Caller, case: CaseId) -> Result<Position, Problem> {
    if !caller.is_citizen() {
        return Ok(Position(0));
    }
    let parties = permit_office::parties(&state.readers.permit_office, case).await?;
    let own = parties.into_iter().find(|(person, _)| *person == caller.person());
    Ok(own.map_or(Position(0), |(_, since)| since))
}

/// The payments and refunds that the caller may see.
pub(crate) async fn paid(state: &State, caller: &Caller, case: CaseId) -> Result<Paid, Problem> {
    let since = since(state, caller, case).await?.0;
    let desk = &state.readers.revenue;
    let all = revenue::payments(desk, case).await?;
    let (payments, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|payment| payment.position >= since);
    let mut refunds = revenue::refunds_of(desk, case).await?;
    // What was never owed stands among no payments: then only the order says when it came in.
    refunds
        .retain(|refund| refund.position >= since && !others.iter().any(|payment| payment.reference == refund.payment));
    Ok(Paid { payments, refunds, others })
}

/// The bills, without what others paid of them.
pub(crate) async fn bills(state: &State, caller: &Caller, case: CaseId) -> Result<Vec<BillView>, Problem> {
    let mut bills = revenue::bills(&state.readers.revenue, case).await?;
    if !caller.is_citizen() {
        return Ok(bills);
    }
    let Paid { payments, refunds, others } = paid(state, caller, case).await?;
    for bill in &mut bills {
        if others.iter().any(|payment| payment.bill == bill.bill) {
            let own = refunds.iter().any(|refund| refund.bill == bill.bill);
            bill.refunded = if own { bill.refunded } else { 0 };
            let last = payments.iter().any(|payment| payment.bill == bill.bill && payment.outstanding == 0);
            bill.paid_at = bill.paid_at.take().filter(|_| last);
        }
    }
    Ok(bills)
}
