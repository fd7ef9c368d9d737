//! Logs to standard error, for people or as JSON. No personal data: services log ids, codes and counts.

use crate::config::{self, LogFormat};
use std::io::{IsTerminal as _, stderr};
use tracing_subscriber::{EnvFilter, fmt};

/// What is logged unless `DAFTAR_LOG` says otherwise.
const FILTER: &str = "info,async_nats=warn,sqlx=error";

/// Starts logging for the whole process.
pub(crate) fn start(format: LogFormat) {
    let filter = config::log_filter().and_then(|text| EnvFilter::try_new(text).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(FILTER));
    let lines = fmt().with_env_filter(filter).with_writer(stderr).with_ansi(stderr().is_terminal());
    // A second start in one process, as in tests, keeps the first.
    let _ = match format {
        LogFormat::Human => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}
