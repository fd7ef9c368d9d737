//! `?after=position`: waiting until another process has written that far.

use crate::store::{Store, StoreError};
use kernel::Position;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often the checkpoint is looked at while somebody waits: far below what a person notices.
const POLL: Duration = Duration::from_millis(5);

pub(crate) async fn wait_for(store: &Store, position: Position, timeout: Duration) -> Result<bool, StoreError> {
    let deadline = Instant::now() + timeout;
    loop {
        if store.next_position().await? > position {
            return Ok(true);
        }
        if Instant::now() + POLL > deadline {
            return Ok(false);
        }
        sleep(POLL).await;
    }
}
