//! A bank that takes no money, for `daftar up` and for tests: it speaks the protocol over HTTP and has pages on which a
//! payer can also do what goes wrong at real banks.

mod api;
mod book;
mod counter;
mod pages;

pub use counter::{Counter, SaysNo};

use crate::{Key, sign::Nonces};
use axum::Router;
use book::Book;
use kernel::Instant;
use smol_str::SmolStr;
use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The path that it is mounted under, and that its pages link to.
pub const MOUNT: &str = "/test-bank";

/// What a test bank is told.
pub struct Settings {
    /// Where it keeps what it was told: a file of JSON lines.
    pub file: PathBuf,
    /// Its only merchant.
    pub merchant: SmolStr,
    /// The key shared with it.
    pub key: Key,
    /// Where callbacks that are paths are sent to, when the bank itself calls: `http://127.0.0.1:8080`.
    pub origin: String,
    /// How late a late callback is.
    pub late: Duration,
    /// The time now.
    pub clock: Arc<dyn Fn() -> Instant + Send + Sync>,
}

/// The bank's own end.
pub(crate) struct TestBank {
    settings: Settings,
    book: Mutex<Book>,
    nonces: Mutex<Nonces>,
    http: reqwest::Client,
}

type Shared = Arc<TestBank>;

/// Why there is no test bank.
#[derive(Debug, thiserror::Error)]
pub enum TestBankError {
    /// Its file cannot be read or made.
    #[error("the test bank cannot use {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its own HTTP client cannot be made.
    #[error("the test bank cannot call back")]
    Client(#[source] reqwest::Error),
}

/// Its routes, to be merged into a service: all of them under [`MOUNT`].
///
/// # Errors
/// When its file cannot be used.
pub fn router(settings: Settings) -> Result<Router, TestBankError> {
    let file = |source| TestBankError::File { path: settings.file.clone(), source };
    let book = Mutex::new(Book::open(&settings.file).map_err(file)?);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let http = http.timeout(Duration::from_secs(10)).build().map_err(TestBankError::Client)?;
    let nonces = Mutex::new(Nonces::new((settings.clock)()));
    let bank = Arc::new(TestBank { settings, book, nonces, http });
    Ok(Router::new().nest(MOUNT, api::routes().merge(pages::routes()).with_state(bank)))
}

impl TestBank {
    fn now(&self) -> Instant {
        (self.settings.clock)()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
