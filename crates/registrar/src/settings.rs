//! Watches that nobody changes the stream's settings in a way that could lose history.

use crate::handle::Vitals;
use crate::metrics::Metrics;
use ledger::{Log, LogError};
use std::sync::Arc;
use std::time::Duration;

/// Checks the settings and tells the writer, which refuses commands while they are wrong.
pub(crate) struct SettingsWatch {
    register: String,
    log: Log,
    vitals: Arc<Vitals>,
    metrics: Metrics,
}

impl SettingsWatch {
    pub(crate) fn new(register: String, log: Log, vitals: Arc<Vitals>, metrics: Metrics) -> SettingsWatch {
        SettingsWatch { register, log, vitals, metrics }
    }

    /// Checks for ever: each `usually`, and each `soon` while something is wrong, so that nobody waits long for a repair.
    pub(crate) async fn run(self, usually: Duration, soon: Duration) {
        loop {
            let wrong = self.vitals.wrong_settings().is_some();
            tokio::time::sleep(if wrong { soon } else { usually }).await;
            self.check().await;
        }
    }

    /// Checks once.
    pub(crate) async fn check(&self) {
        let register = &self.register;
        match self.log.check_settings().await {
            Ok(()) => {
                if self.vitals.wrong_settings().is_some() {
                    tracing::info!(register, "the stream's settings are right again");
                }
                self.metrics.settings_drift.set(0);
                self.vitals.settings(None);
            }
            Err(LogError::Settings(drift)) => {
                tracing::error!(register, %drift, "the stream's settings are wrong: refusing commands");
                self.metrics.settings_drift.set(drift.fields.len() as i64);
                self.vitals.settings(Some(drift.to_string()));
            }
            Err(error) => tracing::warn!(register, %error, "the stream's settings cannot be checked"),
        }
    }
}
