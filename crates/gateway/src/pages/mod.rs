//! The pages: server-made HTML over the same rules as the API. A file here is an address or a group of them; its template
//! has the same name in `templates/`.
//!
//! [`visitor::meet`] stands before every page: session, language, permission, form and token against forgery, and it turns
//! a [`crate::problem::Problem`] into a page. So a handler takes a [`Visitor`] (and a [`form::Form`]), and answers with
//! [`Page`] or a problem.

mod apply;
mod assets;
mod bill;
mod check;
mod desk;
pub(crate) mod documents;
mod facts;
mod form;
mod format;
mod frame;
mod happened;
mod head;
mod headers;
mod home;
mod language;
mod licence;
mod mine;
mod my;
mod payment;
mod revenue;
mod services;
pub mod session;
mod sign_in;
mod visitor;
mod words;
mod work;

pub use sign_in::SIGNED_IN;

pub(crate) use desk::live::Live;
pub(crate) use form::Form;
pub(crate) use frame::Frame;
pub(crate) use head::Last;
pub(crate) use visitor::{Signed, Visitor, missing};
pub(crate) use work::Fresh;

use crate::{gateway::Shared, problem::Problem};
use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};

/// What a page handler answers with.
pub(crate) type Page = Result<Response, Problem>;

/// What the pages know of the city and of where they are.
#[derive(Debug, Clone)]
pub struct Site {
    /// Where people reach this, without a slash at the end: `https://city.example`.
    pub public_url: String,
    /// The city's local time.
    pub zone: kernel::Zone,
    /// Whether everything in it is made up, which every page then says.
    pub made_up: bool,
}

impl Site {
    /// Whether cookies and headers may count on TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// Every page.
#[rustfmt::skip]
fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(home::home))
        .route("/lang", get(language::choose))
        .route("/check", get(check::check).post(check::shown))
        .route("/licences/{number}", get(licence::page))
        .route("/licences/{number}/licence.pdf", get(licence::print))
        .route("/licences/{number}/credential", get(licence::credential))
        .route("/services", get(services::all))
        .route("/services/{procedure}", get(services::one))
        .route("/apply/{procedure}", get(apply::begin))
        .route("/apply/{procedure}/review", get(apply::review).post(apply::send))
        .route("/apply/{procedure}/discard", post(apply::discard))
        .route("/apply/{procedure}/documents/{kind}", post(apply::bring))
        .route("/apply/{procedure}/documents/{kind}/remove", post(apply::take_out))
        .route("/apply/{procedure}/{part}", get(apply::show).post(apply::take))
        .route("/my", get(my::cases))
        .route("/cases/{case}", get(my::case))
        .route("/cases/{case}/withdraw", post(mine::withdraw))
        .route("/cases/{case}/answer", get(mine::ask_answer).post(mine::answer))
        .route("/cases/{case}/object", get(mine::ask_object).post(mine::object))
        .route("/cases/{case}/accesses", get(mine::accesses))
        .route("/signin", get(sign_in::begin))
        .route(SIGNED_IN, get(sign_in::back))
        .route("/signin/as", post(sign_in::turn))
        .route("/signout", post(sign_in::out))
        .route("/cases/{case}/documents", get(documents::all))
        .route("/cases/{case}/documents/{kind}", get(documents::one).post(documents::bring))
        .route("/cases/{case}/documents/{kind}/remove", post(documents::take_back))
        .route("/cases/{case}/documents/{kind}/{sha256}", get(documents::content))
        .route("/cases/{case}/documents/{kind}/{sha256}/preview/{sheet}", get(documents::preview))
        .route("/cases/{case}/bill", get(bill::bill))
        .route("/cases/{case}/pay", post(bill::pay))
        .route("/cases/{case}/receipts/{reference}", get(bill::receipt))
        .route("/payments/callback", get(payment::by_address).post(payment::by_form))
        .route("/revenue", get(revenue::revenue))
        .route("/revenue/refunds", post(revenue::order))
        .route("/desk", get(desk::desk))
        .route("/desk/live", get(desk::live::live))
        .route("/head", get(head::head))
        .route("/head/csv/{table}", get(head::csv))
        .route("/cases/{case}/acts/{act}", post(work::act))
        .route("/cases/{case}/steps/{step}/take", post(desk::take))
}

/// This moment.
fn now() -> kernel::Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    kernel::Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// The pages with the layers around them.
pub(crate) fn service(state: &Shared) -> Router<Shared> {
    routes()
        .route_layer(middleware::from_fn_with_state(state.clone(), visitor::meet))
        .merge(assets::routes())
        .layer(middleware::from_fn_with_state(state.clone(), headers::secure))
}

/// A page of a template.
pub(crate) fn html(template: &impl askama::Template) -> Page {
    html_with(StatusCode::OK, template)
}

/// A page of a template with another status: 422 for a form with something wrong.
pub(crate) fn html_with(status: StatusCode, template: &impl askama::Template) -> Page {
    let body = template.render().map_err(|error| {
        tracing::error!(%error, "a page does not render");
        Problem::new(crate::problem::Kind::Internal)
    })?;
    Ok((status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], body).into_response())
}

/// On to another page after a form was taken (303): a reload sends nothing again.
pub(crate) fn see(address: &str) -> Page {
    Ok(Redirect::to(address).into_response())
}
