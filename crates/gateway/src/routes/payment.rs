//! `/v1/cases/{case}/bills`, `/pay` and `/receipts`: what is owed and why, starting to pay, and what was paid.

use super::cases::{AfterQuery, Paid, bills, paid, visible};
use super::page::caught_up;
use crate::access::Caller;
use crate::command::Head;
use crate::extract::{Body, CasePath, Query};
use crate::gateway::{Shared, State as Gate};
use crate::problem::{Kind, Problem, chain};
use crate::till::TillError;
use axum::{Json, extract::State};
use bank::protocol::{Code, Start};
use bank::{BankError, Order};
use departments::Title;
use departments::permit_office::{self, Answer, CaseView};
use departments::revenue::{self, BillState, BillView, PaymentView, RefundView};
use kernel::{CaseId, Lang, Rials};
use permits::events::{FactValue, Value};
use permits::procedure::{Facts, Procedure, Words};
use schemars::JsonSchema;
use serde::Serialize;

/// The path that the bank sends browsers back to.
pub const CALLBACK: &str = "/payments/callback";

/// Where to go on to.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PayStarted {
    /// The bank's page, an address or a path of this host: the payer's browser is to go there.
    pub(crate) redirect: String,
    /// Under which the bank knows this attempt.
    order: String,
    /// What is to be paid there, in rials.
    pub(crate) amount: i64,
}

/// A bill and how it comes about.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ExplainedBill {
    /// The bill.
    #[serde(flatten)]
    pub(crate) bill: BillView,
    /// Each of its lines, worked out.
    pub(crate) explained: Vec<ExplainedLine>,
}

/// A line of a bill, worked out.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ExplainedLine {
    /// Its name.
    pub(crate) title: Title,
    /// The law it rests on.
    pub(crate) law: String,
    /// Under which condition it is asked for, where it is not always.
    pub(crate) condition: Option<Title>,
    /// How it comes about, one operation a line. Empty where the application has changed since and the numbers of then
    /// are not at hand.
    pub(crate) work: Vec<Title>,
    /// What it comes to, in rials.
    pub(crate) amount: i64,
}

/// What came in for a case, and what goes back.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Receipts {
    /// What was owed and paid.
    pub(crate) payments: Vec<PaymentView>,
    /// What goes back.
    pub(crate) refunds: Vec<RefundView>,
}

pub(super) async fn explained(
    State(state): State<Shared>,
    caller: Caller,
    CasePath(case): CasePath,
    Query(query): Query<AfterQuery>,
) -> Result<Json<Vec<ExplainedBill>>, Problem> {
    caught_up(&state.readers.permit_office, query.after.as_deref()).await?;
    caught_up(&state.readers.revenue, query.after.as_deref()).await?;
    let view = visible(&state, &caller, case).await?;
    Ok(Json(explain(&state, &caller, case, &view).await?))
}

pub(super) async fn receipts(
    State(state): State<Shared>,
    caller: Caller,
    CasePath(case): CasePath,
    Query(query): Query<AfterQuery>,
) -> Result<Json<Receipts>, Problem> {
    let desk = &state.readers.revenue;
    caught_up(desk, query.after.as_deref()).await?;
    visible(&state, &caller, case).await?;
    let Paid { payments, refunds, .. } = paid(&state, &caller, case).await?;
    Ok(Json(Receipts { payments, refunds }))
}

pub(super) async fn pay(
    State(state): State<Shared>,
    caller: Caller,
    head: Head,
    CasePath(case): CasePath,
    Body(_): Body<super::cases::NothingBody>,
) -> Result<Json<PayStarted>, Problem> {
    Ok(Json(start(&state, &caller, case, head.nonce()).await?))
}

/// Opens an attempt to pay what the case owes. The same nonce again is the same attempt.
pub(crate) async fn start(state: &Gate, caller: &Caller, case: CaseId, nonce: u32) -> Result<PayStarted, Problem> {
    let till = state.till.as_ref().ok_or(Problem::new(Kind::NoBank))?;
    visible(state, caller, case).await?;
    let bills = revenue::bills(&state.readers.revenue, case).await?;
    let due = bills.into_iter().rev().find(|bill| matches!(bill.state, BillState::Open | BillState::Overdue));
    let due = due.ok_or(Problem::new(Kind::NothingDue))?;
    let (order, amount) = (Order::new(&due.bill, nonce), Rials(due.outstanding));
    let start = Start { order: order.clone(), amount, callback: till.callback.clone() };
    let started = till.bank.start(&start).await.map_err(|error| match error.refused() {
        // The same form again after the bill changed: it is another attempt then.
        Some(Code::OrderDiffers) => Problem::new(Kind::Conflict),
        _ => bank_failed(&error),
    })?;
    Ok(PayStarted { redirect: started.redirect, order: order.to_string(), amount: amount.0 })
}

pub(crate) fn bank_failed(error: &BankError) -> Problem {
    tracing::error!(error = chain(error), "the bank gave no proper answer");
    Problem::new(Kind::BankUnavailable)
}

impl From<TillError> for Problem {
    fn from(error: TillError) -> Problem {
        match error {
            TillError::Bank(error) => bank_failed(&error),
            TillError::Tables(error) => error.into(),
            TillError::Registrar(error) => error.into(),
            TillError::NotNow(why) => {
                tracing::warn!(why, "a payment is not booked yet");
                Problem::new(Kind::LogUnavailable)
            }
        }
    }
}

/// The bills of a case, each line worked out from the answers as they are now, where that gives what was billed.
pub(crate) async fn explain(
    state: &Gate,
    caller: &Caller,
    case: CaseId,
    view: &CaseView,
) -> Result<Vec<ExplainedBill>, Problem> {
    let bills = bills(state, caller, case).await?;
    let desk = &state.readers.permit_office;
    let Ok(id) = view.summary.procedure.parse() else { return Ok(Vec::new()) };
    let found = permit_office::procedure(desk, &id, Some(view.version)).await?;
    let procedure = found.and_then(|found| Procedure::parse(&found.source?).ok());
    let bare = |bill: &BillView| {
        let title = |fee: &str| Title { fa: fee.to_owned(), en: fee.to_owned() };
        let line = |line: &revenue::BillLineView| ExplainedLine {
            title: title(&line.fee),
            law: String::new(),
            condition: None,
            work: Vec::new(),
            amount: line.amount,
        };
        bill.lines.iter().map(line).collect()
    };
    let explained = |bill: BillView| ExplainedBill {
        explained: procedure.as_ref().map_or_else(|| bare(&bill), |procedure| lines(procedure, view, &bill)),
        bill,
    };
    Ok(bills.into_iter().map(explained).collect())
}

fn lines(procedure: &Procedure, view: &CaseView, bill: &BillView) -> Vec<ExplainedLine> {
    let facts = facts(procedure, view);
    let worked = procedure.explain(&procedure.scope(&facts)).unwrap_or_default();
    let both = |say: &dyn Fn(&Words<'_>) -> String| {
        let [fa, en] = [Lang::Fa, Lang::En].map(|lang| say(&Words { procedure, facts: &facts, lang }));
        Title { fa, en }
    };
    let fees = &procedure.source().fees;
    let line = |line: &revenue::BillLineView| {
        let place = fees.iter().position(|fee| fee.id.as_str() == line.fee);
        let Some((place, fee)) = place.map(|place| (place, &fees[place])) else {
            let (fa, en) = ("کسر می‌شود: آنچه پیش‌تر صورت‌حساب شده", "Less what was billed before");
            let title = Title { fa: fa.to_owned(), en: en.to_owned() };
            return ExplainedLine { title, law: String::new(), condition: None, work: Vec::new(), amount: line.amount };
        };
        let worked = worked.iter().find(|worked| worked.fee == place && worked.amount.0 == line.amount);
        let work = worked.map_or_else(Vec::new, |worked| {
            let count = Words { procedure, facts: &facts, lang: Lang::Fa }.lines(worked).len();
            (0..count).map(|at| both(&|words| words.lines(worked).swap_remove(at))).collect()
        });
        let condition = worked
            .filter(|worked| Words { procedure, facts: &facts, lang: Lang::Fa }.condition(worked).is_some())
            .map(|worked| both(&|words| words.condition(worked).unwrap_or_default()));
        ExplainedLine {
            title: Title { fa: fee.title.fa.clone(), en: fee.title.en.clone() },
            law: fee.law.clone(),
            condition,
            work,
            amount: line.amount,
        }
    };
    bill.lines.iter().map(line).collect()
}

/// The answers of the case as the procedure's formulas take them.
fn facts(procedure: &Procedure, view: &CaseView) -> Facts {
    let answer = |(field, answer): (&String, &Answer)| {
        let value = match answer {
            Answer::Flag(flag) => Value::Flag(*flag),
            Answer::Integer(number) => Value::Integer(*number),
            Answer::Choice(choice) => Value::Choice(choice.parse().ok()?),
        };
        Some(FactValue { field: field.parse().ok()?, value })
    };
    let answers: Vec<FactValue> = view.fields.iter().filter_map(answer).collect();
    Facts::default().with(procedure, &answers)
}
