//! A running registrar as its owner holds it: health, shutdown, end.

use crate::error::RegistrarError;
use async_nats::{Client, connection::State};
use kernel::Height;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Whether commands are being accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What keeps it from accepting commands; nothing when all is well.
    pub trouble: Option<String>,
    /// Whether the log's server leaves an append without an answer.
    pub hangs: bool,
    /// The last durable block.
    pub height: Height,
}

impl Health {
    /// Whether commands are being accepted.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.trouble.is_none()
    }
}

/// What each part of a registrar reports; the first trouble stands for all.
#[derive(Debug, Default)]
pub(crate) struct Vitals(Mutex<Signs>);

#[derive(Debug, Default)]
struct Signs {
    height: Height,
    settings: Option<String>,
    appending: Option<String>,
    ended: Option<String>,
}

impl Vitals {
    fn with<T>(&self, change: impl FnOnce(&mut Signs) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
    pub(crate) fn height(&self, height: Height) {
        self.with(|signs| signs.height = height);
    }
    /// The stream's settings are wrong, or right again.
    pub(crate) fn settings(&self, trouble: Option<String>) {
        self.with(|signs| signs.settings = trouble);
    }
    /// What is wrong with the stream's settings.
    pub(crate) fn wrong_settings(&self) -> Option<String> {
        self.with(|signs| signs.settings.clone())
    }
    /// An append hangs, or came through.
    pub(crate) fn appending(&self, trouble: Option<String>) {
        self.with(|signs| signs.appending = trouble);
    }
    /// It stopped.
    pub(crate) fn ended(&self, why: String) {
        self.with(|signs| signs.ended = Some(why));
    }
    fn health(&self) -> Health {
        self.with(|signs| {
            let trouble = [&signs.ended, &signs.settings, &signs.appending].into_iter().flatten().next().cloned();
            Health { trouble, hangs: signs.appending.is_some(), height: signs.height }
        })
    }
}

/// A running registrar. Dropping it asks it to stop.
#[derive(Debug)]
pub struct Handle {
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) client: Client,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) task: JoinHandle<Result<(), RegistrarError>>,
}

impl Handle {
    /// Whether it accepts commands now; for `/readyz`.
    #[must_use]
    pub fn health(&self) -> Health {
        let mut health = self.vitals.health();
        if health.trouble.is_none() && self.client.connection_state() != State::Connected {
            health.trouble = Some("nats-server cannot be reached".to_owned());
        }
        health
    }

    /// Answers what has come, writes a snapshot and stops.
    ///
    /// # Errors
    /// When it had stopped before, or the snapshot cannot be written.
    pub async fn shutdown(mut self) -> Result<(), RegistrarError> {
        self.stop.send_replace(true);
        self.wait().await
    }

    /// Waits until it stops: after [`Handle::shutdown`], or because it must not go on.
    ///
    /// # Errors
    /// Says why it had to stop.
    pub async fn wait(&mut self) -> Result<(), RegistrarError> {
        (&mut self.task).await.unwrap_or_else(|failed| Err(RegistrarError::Task(failed)))
    }
}
