//! Every route on one page, with the layers around them. Handlers stand in files named as the addresses.

mod cases;
mod city;
mod decisions;
mod districts;
pub(crate) mod documents;
mod inbox;
mod issuer;
mod licences;
mod money;
mod operations;
mod page;
mod parties;
pub(crate) mod payment;
mod persons;
mod procedures;
mod revenue;
mod search;
mod steps;

pub use payment::CALLBACK;

pub(crate) use cases::{Looks, Paid, looked, opened, own_words, paid, visible};
pub(crate) use page::{CATCH_UP, own_writes};
pub(crate) use parties::{ParsedParty, Whom};

use crate::gateway::Shared;
use crate::problem::{Kind, Problem};
use crate::{access, admission, observe, pages};
use aide::axum::{
    ApiRouter,
    routing::{delete_with, get_with, post_with},
};
use aide::openapi::{Info, OpenApi, SecurityScheme};
use aide::transform::TransformOperation;
use axum::{Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;

/// What a route is for, in the generated documentation.
fn about(summary: &'static str) -> impl FnOnce(TransformOperation<'_>) -> TransformOperation<'_> {
    move |operation| operation.summary(summary)
}

/// Routes for operators: whoever asks how this process fares must hear it also when it has its hands full.
fn operators() -> ApiRouter<Shared> {
    ApiRouter::new()
        .api_route("/healthz", get_with(operations::alive, about("Whether the process is alive")))
        .api_route("/readyz", get_with(operations::ready, operations::about_ready))
        .route("/metrics", axum::routing::get(operations::metrics))
}

/// Routes that anybody may call.
#[rustfmt::skip]
fn open() -> ApiRouter<Shared> {
    ApiRouter::new()
        .route("/openapi.json", axum::routing::get(operations::document))
        .api_route("/v1/licences/{number}", get_with(licences::licence, about("Check a licence")))
        .api_route("/.well-known/jwt-vc-issuer", get_with(issuer::metadata, about("The keys that licences are signed with")))
        .api_route("/credentials/licence", get_with(issuer::licence_type, about("What a licence as a credential says")))
        .api_route("/status-lists/{list}", get_with(issuer::status_list, about("Whether licences hold, now or at ?time=")))
        .api_route("/v1/procedures/{procedure}", get_with(procedures::one, about("A service, with its rules")))
}

/// Routes that need a token.
#[rustfmt::skip]
fn guarded() -> ApiRouter<Shared> {
    ApiRouter::new()
        .api_route("/v1/licences/{number}/credential", get_with(licences::credential, about("The holder's licence as a credential (SD-JWT VC)")))
        .api_route("/v1/cases", post_with(cases::apply, about("Apply")))
        .api_route("/v1/cases/{case}", get_with(cases::case, about("A case: steps, who has it, promise, fee, bills")))
        .api_route("/v1/cases/{case}/timeline", get_with(cases::timeline, about("What happened to a case")))
        .api_route("/v1/cases/{case}/answer", post_with(cases::answer, about("Answer a return for correction")))
        .api_route("/v1/documents", post_with(documents::upload, about("Bring a document, to be named in a command")))
        .api_route("/v1/cases/{case}/documents", get_with(documents::versions, about("The versions of a case's documents")))
        .api_route("/v1/cases/{case}/documents/{kind}/{sha256}", get_with(documents::content, about("A document")))
        .api_route("/v1/cases/{case}/withdraw", post_with(cases::withdraw, about("Take the application back")))
        .api_route("/v1/cases/{case}/steps/{step}/take", post_with(steps::take, about("Take a step on one's desk")))
        .api_route("/v1/cases/{case}/steps/{step}/complete", post_with(steps::complete, about("Do a step")))
        .api_route("/v1/cases/{case}/steps/{step}/return", post_with(steps::give_back, about("Return for correction")))
        .api_route("/v1/cases/{case}/steps/{step}/consultations/{agency}", post_with(steps::consult, about("Ask an agency (again)")))
        .api_route("/v1/cases/{case}/consultations/{agency}/answer", post_with(steps::answer_consultation, about("Answer as an agency")))
        .api_route("/v1/cases/{case}/extension", post_with(decisions::extend, about("Extend a deadline, once")))
        .api_route("/v1/cases/{case}/bill", post_with(money::bill, about("Bill the fees")))
        .api_route("/v1/cases/{case}/payments", post_with(money::payment, about("Book a payment")))
        .api_route("/v1/cases/{case}/bills", get_with(payment::explained, about("A case's bills, worked out line by line")))
        .api_route("/v1/cases/{case}/pay", post_with(payment::pay, about("Start paying at the bank")))
        .api_route("/v1/cases/{case}/receipts", get_with(payment::receipts, about("What was paid and what goes back")))
        .api_route("/v1/cases/{case}/refunds", post_with(money::refund, about("Give a payment back")))
        .api_route("/v1/cases/{case}/refunds/paid", post_with(money::refund_paid, about("Say that the bank paid a refund out")))
        .api_route("/v1/cases/{case}/refusal", post_with(decisions::refuse, about("Refuse, with the article")))
        .api_route("/v1/cases/{case}/grant", post_with(decisions::grant, about("Grant")))
        .api_route("/v1/cases/{case}/licence", post_with(decisions::issue, about("Issue the licence")))
        .api_route("/v1/cases/{case}/suspension", post_with(decisions::suspend, about("Suspend the licence")))
        .api_route("/v1/cases/{case}/reinstatement", post_with(decisions::reinstate, about("End a suspension")))
        .api_route("/v1/cases/{case}/revocation", post_with(decisions::revoke, about("Revoke the licence")))
        .api_route("/v1/cases/{case}/renewal", post_with(decisions::renew, about("Renew the licence")))
        .api_route("/v1/cases/{case}/transfer", post_with(decisions::transfer, about("Give the licence another holder")))
        .api_route("/v1/cases/{case}/completion", post_with(decisions::complete_work, about("Certify completion")))
        .api_route("/v1/cases/{case}/objection", post_with(decisions::object, about("Object to a decision")))
        .api_route("/v1/cases/{case}/objection/decision", post_with(decisions::decide_objection, about("Decide an objection")))
        .api_route("/v1/inbox", get_with(inbox::inbox, about("What waits for a role")))
        .api_route("/v1/search", get_with(search::search, about("Find cases")))
        .api_route("/v1/breaches", get_with(districts::breaches, about("Visits after a cut-over date")))
        .api_route("/v1/districts/{district}/visits", get_with(districts::visits, about("Site visits of a district")))
        .api_route("/v1/districts/{district}/workload", get_with(districts::workload, about("Workload of a district")))
        .api_route("/v1/revenue/bills", get_with(revenue::bills, about("Bills")))
        .api_route("/v1/revenue/payments", get_with(revenue::payments, about("Payments")))
        .api_route("/v1/revenue/overdue", get_with(revenue::overdue, about("Bills that are overdue")))
        .api_route("/v1/revenue/refunds", get_with(revenue::refunds, about("Refunds")))
        .api_route("/v1/kin", post_with(persons::kin, about("Name a close relative")))
        .api_route("/v1/persons/{person}/forget", post_with(persons::forget, about("Forget a person")))
        .api_route("/v1/city", post_with(city::establish, about("Open the city's register")))
        .api_route("/v1/procedures", post_with(procedures::publish, about("Publish a procedure")))
        .api_route("/v1/holidays", post_with(city::declare_holiday, about("Declare a holiday")))
        .api_route("/v1/holidays/{date}", delete_with(city::withdraw_holiday, about("Withdraw a holiday")))
        .api_route("/v1/rest-days", post_with(city::rest_days, about("Set the working week")))
}

fn api() -> OpenApi {
    let info = Info { title: "Daftar".to_owned(), version: "1".to_owned(), ..Info::default() };
    OpenApi { info, ..OpenApi::default() }
}

fn document(routes: ApiRouter<Shared>) -> (Router<Shared>, OpenApi) {
    let mut api = api();
    let router = routes.finish_api_with(&mut api, |api| {
        let bearer = SecurityScheme::Http {
            scheme: "bearer".to_owned(),
            bearer_format: Some("JWT".to_owned()),
            description: Some("Ed25519 (EdDSA)".to_owned()),
            extensions: Default::default(),
        };
        api.security_scheme("bearer", bearer)
            .security_requirement("bearer")
            .description("Permits of a city. Errors are problem+json (RFC 9457) in Persian and English.")
            .default_response::<Problem>()
    });
    (router, api)
}

/// The API's description, as `GET /openapi.json` answers it and `schemas/openapi.json` keeps it.
///
/// # Panics
/// Never: the description serializes.
#[must_use]
pub fn openapi() -> serde_json::Value {
    aide::generate::reset_context();
    let lists = ApiRouter::new().api_route("/v1/procedures", get_with(procedures::all, about("The city's services")));
    let (_, api) = document(operators().merge(open()).merge(lists).merge(guarded()));
    serde_json::to_value(api).expect("a description of texts serializes")
}

/// The whole service, with what is served beside it: that has its own rules of who may come in.
pub(crate) fn service(state: Shared, beside: impl IntoIterator<Item = Option<Router>>) -> Router {
    aide::generate::reset_context();
    let (guarded, _) = document(guarded());
    let (open, _) = document(open());
    let (operators, _) = document(operators());
    // One address, two methods: reading the list is open, publishing is not.
    let list: Router<Shared> = Router::new().route("/v1/procedures", axum::routing::get(procedures::all));
    guarded
        .route_layer(middleware::from_fn_with_state(state.clone(), access::guard))
        .merge(open.merge(list).route_layer(middleware::from_fn_with_state(state.clone(), admission::anybody)))
        .merge(pages::service(&state))
        .merge(operators)
        .merge(beside.into_iter().flatten().fold(Router::new(), Router::merge).with_state(()))
        .fallback(pages::missing)
        .method_not_allowed_fallback(|| async { Problem::new(Kind::MethodNotAllowed) })
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(middleware::from_fn_with_state(state.clone(), observe::observe))
        .with_state(state)
}
