//! The merchant's end: asks the bank, believes only what is signed, and asks again where that is harmless, which here is
//! always.

use crate::error::BankError;
use crate::protocol::{Attempt, List, No, Operation, Refund, Refunded, Settlements, Start, Started, Verify};
use crate::sign::{Key, MERCHANT, NONCE, SIGNATURE, Signed, TIME, What, random_hex};
use kernel::Instant;
use reqwest::{Response, header::HeaderMap};
use smol_str::SmolStr;
use std::{sync::Arc, time::Duration};

/// By when one try must be answered.
const TIMEOUT: Duration = Duration::from_secs(2);
/// By when there must be a connection.
const CONNECT: Duration = Duration::from_secs(1);
/// Pauses before the second and the third try; all of it ends before a browser's request to the gateway does.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];
/// The most bytes of an answer.
const MAX_ANSWER: usize = 1024 * 1024;

/// Where the bank is and who asks it.
#[derive(Clone)]
pub struct Settings {
    /// The address that operations' names are put behind: `https://bank.example/pay`.
    pub url: String,
    /// Who the city is at this bank.
    pub merchant: SmolStr,
    /// The key shared with it.
    pub key: Key,
    /// The time now.
    pub clock: Arc<dyn Fn() -> Instant + Send + Sync>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("url", &self.url).field("merchant", &self.merchant).finish_non_exhaustive()
    }
}

/// A bank, as one merchant of it sees it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bank {
    settings: Arc<Settings>,
    http: reqwest::Client,
}

impl Bank {
    /// The bank at this address. Nothing is sent yet.
    ///
    /// # Errors
    /// When the address or the system's certificates cannot be used.
    pub fn new(settings: Settings) -> Result<Bank, BankError> {
        // Whoever comes first in the process chooses; everybody here chooses the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let setup = |source| BankError::Setup { address: settings.url.clone(), source };
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT)
            .build()
            .map_err(setup)?;
        http.post(operation_address(&settings.url, Start::NAME)).build().map_err(setup)?;
        Ok(Bank { settings: Arc::new(settings), http })
    }

    /// Scheme, host and port of its address; a browser's form may have to be allowed to lead there.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        let url = reqwest::Url::parse(&self.settings.url).ok()?;
        Some(url.origin().ascii_serialization())
    }

    /// Opens an attempt to pay.
    ///
    /// # Errors
    /// When the bank gives no answer that can be used, or says no.
    pub async fn start(&self, start: &Start) -> Result<Started, BankError> {
        let started = self.ask(start).await?;
        let page = started.redirect.starts_with("https://")
            || started.redirect.starts_with("http://")
            || (started.redirect.starts_with('/') && !started.redirect.starts_with("//"));
        if page && started.redirect.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(started)
        } else {
            Err(BankError::Redirect { address: started.redirect })
        }
    }

    /// How an attempt stands: the only word that counts.
    ///
    /// # Errors
    /// When the bank gives no answer that can be used, or does not know the token.
    pub async fn verify(&self, token: &str) -> Result<Attempt, BankError> {
        self.ask(&Verify { token: SmolStr::new(token) }).await
    }

    /// A page of what was settled since then.
    ///
    /// # Errors
    /// When the bank gives no answer that can be used.
    pub async fn list(&self, list: &List) -> Result<Settlements, BankError> {
        self.ask(list).await
    }

    /// Gives money back, once for each key.
    ///
    /// # Errors
    /// When the bank gives no answer that can be used, or says no.
    pub async fn refund(&self, refund: &Refund) -> Result<Refunded, BankError> {
        self.ask(refund).await
    }

    async fn ask<O: Operation>(&self, request: &O) -> Result<O::Answer, BankError> {
        let body = serde_json::to_vec(request).expect("texts and numbers serialize");
        let mut pauses = PAUSES.into_iter();
        loop {
            match self.once::<O>(&body).await {
                Err(error) if error.is_transient() => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(error),
                },
                answered => return answered,
            }
        }
    }

    /// One try, with a nonce of its own.
    async fn once<O: Operation>(&self, body: &[u8]) -> Result<O::Answer, BankError> {
        let operation = O::NAME;
        let Settings { url, merchant, key, clock } = &*self.settings;
        let (time, nonce) = (clock(), random_hex::<16>());
        let signed = Signed { what: What::Request, operation, merchant, time, nonce: &nonce, body };
        let unreachable = |source| BankError::Unreachable { operation, source };
        let request = self
            .http
            .post(operation_address(url, operation))
            .header("content-type", "application/json")
            .header(MERCHANT, merchant.as_str())
            .header(TIME, time.0.to_string())
            .header(NONCE, &nonce)
            .header(SIGNATURE, key.sign(&signed))
            .body(body.to_vec());
        let response = request.send().await.map_err(unreachable)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if status >= 500 {
            return Err(BankError::Failing { operation, status });
        }
        let answer = read(response).await.map_err(unreachable)?.ok_or(BankError::Forged { operation })?;
        let (time, signature) = stamp(&headers).ok_or(BankError::Forged { operation })?;
        let signed = Signed { what: What::Answer(status), operation, merchant, time, nonce: &nonce, body: &answer };
        if !key.verifies(&signed, signature) {
            return Err(BankError::Forged { operation });
        }
        let malformed = |source| BankError::Malformed { operation, source };
        if status == 200 {
            return serde_json::from_slice(&answer).map_err(malformed);
        }
        let no: No = serde_json::from_slice(&answer).map_err(malformed)?;
        Err(BankError::Refused { operation, no })
    }
}

fn operation_address(url: &str, operation: &str) -> String {
    format!("{}/{operation}", url.trim_end_matches('/'))
}

/// When the answer was signed, and its signature.
fn stamp(headers: &HeaderMap) -> Option<(Instant, &str)> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    Some((Instant(text(TIME)?.parse().ok()?), text(SIGNATURE)?))
}

/// The body, unless it is larger than any answer.
async fn read(mut response: Response) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}
