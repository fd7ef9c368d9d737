//! `/v1/cases/{case}/bills`, `/pay` and `/receipts`, and the address that the bank sends browsers back to.
//!
//! What a browser brings back is only a name to ask the bank by: whether anything was paid, how much and for which bill
//! is the bank's word alone, and the till's to book.

use super::cases::{AfterQuery, visible};
use super::page::caught_up;
use crate::access::Caller;
use crate::command::Head;
use crate::extract::{Body, CasePath, Query};
use crate::gateway::{Shared, State as Gate};
use crate::observe::language;
use crate::problem::{Kind, Problem, chain};
use crate::till::{Outcome, Till, TillError};
use askama::Template;
use axum::{
    Form, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use bank::protocol::{Callback, Code, Start, State as Stand};
use bank::{BankError, Order};
use departments::permit_office::{self, Answer, CaseView};
use departments::revenue::{self, BillState, BillView, PaymentView, RefundView};
use departments::{QueryError, Title};
use kernel::{CaseId, Lang, Rials};
use permits::events::{FactValue, Value};
use permits::procedure::{Facts, Procedure, Words};
use schemars::JsonSchema;
use serde::Serialize;

/// The path that the bank sends browsers back to.
pub const CALLBACK: &str = "/payments/callback";

/// The longest token that a bank is asked about.
const MAX_TOKEN: usize = 64;
/// By when the tables should hold what was just booked, so that the page after this one shows it.
const CATCH_UP: std::time::Duration = std::time::Duration::from_secs(2);

/// Where to go on to.
#[derive(Serialize, JsonSchema)]
pub(super) struct PayStarted {
    /// The bank's page, an address or a path of this host: the payer's browser is to go there.
    redirect: String,
    /// Under which the bank knows this attempt.
    order: String,
    /// What is to be paid there, in rials.
    amount: i64,
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
    Ok(Json(explain(&state, case, &view).await?))
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
    let (payments, refunds) = (revenue::payments(desk, case).await?, revenue::refunds_of(desk, case).await?);
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
async fn start(state: &Gate, caller: &Caller, case: CaseId, nonce: u32) -> Result<PayStarted, Problem> {
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

fn bank_failed(error: &BankError) -> Problem {
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
async fn explain(state: &Gate, case: CaseId, view: &CaseView) -> Result<Vec<ExplainedBill>, QueryError> {
    let bills = revenue::bills(&state.readers.revenue, case).await?;
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

/// What somebody is told who comes back from the bank. Whoever has the token may see it, so it names nobody.
#[derive(Template)]
#[template(path = "payment.html")]
struct Result_ {
    fa: bool,
    /// What became of it.
    end: End,
    reference: String,
    amount: String,
    bill: String,
    case: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Booked,
    GoesBack,
    Pending,
    NotPaid,
}

impl Result_ {
    fn t(&self, fa: &'static str, en: &'static str) -> &'static str {
        if self.fa { fa } else { en }
    }
}

pub(super) async fn callback_by_address(
    State(state): State<Shared>,
    headers: HeaderMap,
    axum::extract::Query(callback): axum::extract::Query<Callback>,
) -> Result<Response, Problem> {
    come_back(&state, language(&headers), &callback).await
}

/// Banks bring back a form, or put the same into the address of a POST.
pub(super) async fn callback_by_form(
    State(state): State<Shared>,
    headers: HeaderMap,
    address: Result<axum::extract::Query<Callback>, axum::extract::rejection::QueryRejection>,
    form: Result<Form<Callback>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Problem> {
    let callback = match (form, address) {
        (Ok(Form(callback)), _) | (Err(_), Ok(axum::extract::Query(callback))) => callback,
        (Err(_), Err(_)) => return Err(Kind::UnknownPayment.into()),
    };
    come_back(&state, language(&headers), &callback).await
}

async fn come_back(state: &Gate, lang: Lang, callback: &Callback) -> Result<Response, Problem> {
    let till = state.till.as_ref().ok_or(Problem::new(Kind::NoBank))?;
    let token = callback.token.as_str();
    if token.is_empty() || token.len() > MAX_TOKEN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Kind::UnknownPayment.into());
    }
    let attempt = match till.bank.verify(token).await {
        Ok(attempt) => attempt,
        Err(error) if error.refused() == Some(Code::UnknownToken) => return Err(Kind::UnknownPayment.into()),
        Err(error) => return Err(bank_failed(&error)),
    };
    let amount = match lang {
        Lang::Fa => attempt.amount.fa(),
        Lang::En => format!("{} rials", attempt.amount),
    };
    let bill = attempt.order.bill().to_owned();
    let mut told = Result_ {
        fa: lang == Lang::Fa,
        end: End::NotPaid,
        reference: String::new(),
        amount,
        bill,
        case: String::new(),
    };
    if let Some(settled) = attempt.settled.filter(|_| attempt.state == Stand::Settled) {
        told.reference = settled.reference.to_string();
        (told.end, told.case) = booked(state, till, &settled).await;
    }
    let status = if told.end == End::Pending { StatusCode::ACCEPTED } else { StatusCode::OK };
    let page = told.render().map_err(|_| Problem::new(Kind::Internal))?;
    let mut response = (status, Html(page)).into_response();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        // The token is in the address.
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Books what the bank has, and says how it ended. What cannot be booked now is booked by the reconciler.
async fn booked(state: &Gate, till: &Till, settled: &bank::protocol::Settlement) -> (End, String) {
    match till.book(settled).await {
        Ok(Outcome::Recorded { case, position }) => {
            if let Some(position) = position {
                state.acknowledge(position);
                let _ = till.revenue.reader().wait_for(position, CATCH_UP).await;
            }
            let goes_back = revenue::refund(&till.revenue, &settled.reference).await;
            let goes_back = goes_back.is_ok_and(|found| found.is_some_and(|found| found.surplus > 0));
            (if goes_back { End::GoesBack } else { End::Booked }, case.to_string())
        }
        Ok(other) => {
            tracing::error!(reference = %settled.reference, ?other, "the bank took money that no bill asks for");
            (End::Pending, String::new())
        }
        Err(error) => {
            tracing::warn!(error = chain(&error), "a payment is not booked yet; the reconciler will");
            (End::Pending, String::new())
        }
    }
}
