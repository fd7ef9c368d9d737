//! The bank's end of the protocol: nobody is answered whose request is not signed, fresh and the only one of its kind.

use super::{Shared, TestBank};
use crate::protocol::{Attempt, Code, List, No, Operation, Refund, Refunded, Settlements, Start, Started, Verify};
use crate::sign::{MERCHANT, NONCE, NotFresh, SIGNATURE, Signed, TIME, What};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use kernel::Instant;
use std::sync::PoisonError;

/// The most bytes of a request.
const MAX_REQUEST: usize = 16 * 1024;
/// The longest nonce, in characters.
const MAX_NONCE: usize = 64;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/start", post(start))
        .route("/verify", post(verify))
        .route("/list", post(list))
        .route("/refund", post(refund))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
}

async fn start(State(bank): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    bank.answer(&headers, &body, |bank, start: Start| {
        if !is_address(&start.callback) {
            return Err(Code::Malformed);
        }
        let token = bank.book().start(start, bank.now())?;
        let redirect = format!("{}/pay/{token}", super::MOUNT);
        Ok(Started { token, redirect })
    })
}

async fn verify(State(bank): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    bank.answer(&headers, &body, |bank, verify: Verify| -> Result<Attempt, Code> { bank.book().attempt(&verify.token) })
}

async fn list(State(bank): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    bank.answer(&headers, &body, |bank, list: List| -> Result<Settlements, Code> { bank.book().list(&list) })
}

async fn refund(State(bank): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    bank.answer(&headers, &body, |bank, refund: Refund| -> Result<Refunded, Code> {
        bank.book().refund(refund, bank.now())
    })
}

/// Where a browser can be sent back to.
fn is_address(callback: &str) -> bool {
    let here = callback.starts_with('/') && !callback.starts_with("//");
    let plain = callback.len() <= 500 && callback.bytes().all(|byte| byte.is_ascii_graphic());
    plain && (here || callback.starts_with("http://") || callback.starts_with("https://"))
}

/// What a request's headers say.
struct Head<'a> {
    merchant: &'a str,
    time: Instant,
    nonce: &'a str,
    signature: &'a str,
}

impl Head<'_> {
    fn of(headers: &HeaderMap) -> Option<Head<'_>> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let time = Instant(text(TIME)?.parse().ok()?);
        let nonce = text(NONCE).filter(|nonce| (16..=MAX_NONCE).contains(&nonce.len()))?;
        Some(Head { merchant: text(MERCHANT)?, time, nonce, signature: text(SIGNATURE)? })
    }
}

impl TestBank {
    fn answer<O: Operation>(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        act: impl FnOnce(&TestBank, O) -> Result<O::Answer, Code>,
    ) -> Response {
        let (nonce, answer) = match self.admit(headers, O::NAME, body) {
            Ok(nonce) => (nonce, serde_json::from_slice(body).map_err(|_| Code::Malformed).and_then(|o| act(self, o))),
            Err(code) => (Head::of(headers).map_or("", |head| head.nonce), Err(code)),
        };
        let (status, body) = match answer {
            Ok(answer) => (StatusCode::OK, serde_json::to_vec(&answer)),
            Err(code) => (status(code), serde_json::to_vec(&No { code, detail: detail(code).to_owned() })),
        };
        let body = body.expect("texts and numbers serialize");
        let (time, merchant) = (self.now(), self.settings.merchant.as_str());
        let what = What::Answer(status.as_u16());
        let signature =
            self.settings.key.sign(&Signed { what, operation: O::NAME, merchant, time, nonce, body: &body });
        let headers =
            [("content-type", "application/json".to_owned()), (TIME, time.0.to_string()), (SIGNATURE, signature)];
        (status, headers, body).into_response()
    }

    /// The request's nonce, if it is a merchant's, of now, and not here before.
    fn admit<'a>(&self, headers: &'a HeaderMap, operation: &str, body: &[u8]) -> Result<&'a str, Code> {
        let Head { merchant, time, nonce, signature } = Head::of(headers).ok_or(Code::Unsigned)?;
        let signed = Signed { what: What::Request, operation, merchant, time, nonce, body };
        if merchant != self.settings.merchant || !self.settings.key.verifies(&signed, signature) {
            return Err(Code::Unsigned);
        }
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.admit(nonce, time, self.now()).map(|()| nonce).map_err(|why| match why {
            NotFresh::Stale => Code::Stale,
            NotFresh::Replayed => Code::Replayed,
            NotFresh::TooMany => Code::Busy,
        })
    }
}

fn status(code: Code) -> StatusCode {
    match code {
        Code::Unsigned | Code::Stale | Code::Replayed => StatusCode::UNAUTHORIZED,
        Code::UnknownToken | Code::UnknownPayment => StatusCode::NOT_FOUND,
        Code::OrderDiffers | Code::RefundDiffers | Code::RefundTooLarge => StatusCode::CONFLICT,
        Code::Malformed | Code::AmountNotPositive => StatusCode::BAD_REQUEST,
        Code::Busy => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn detail(code: Code) -> &'static str {
    match code {
        Code::Malformed => "the request is not what the protocol says",
        Code::Unsigned => "the request is not signed by a merchant of this bank",
        Code::Stale => "the request was signed at another time than now",
        Code::Replayed => "the request was here before",
        Code::Busy => "the bank cannot take more now",
        Code::UnknownToken => "no attempt has this token",
        Code::OrderDiffers => "the order is known with another amount",
        Code::UnknownPayment => "no payment has this reference",
        Code::RefundDiffers => "the key is known for another refund",
        Code::RefundTooLarge => "that is more than is left of the payment",
        Code::AmountNotPositive => "an amount must be more than nothing",
    }
}
