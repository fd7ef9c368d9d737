//! The system's clock, which only the composition root hands out.

use kernel::Instant;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time now.
#[must_use]
pub fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
