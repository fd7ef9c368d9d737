//! `?after=position`: waiting until another process has written that far.
//!
//! However many wait, one of them looks at the checkpoint and the others hear of it.

use crate::store::{Store, StoreError};
use kernel::Position;
use std::time::Duration;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// How often the checkpoint is looked at while somebody waits: far below what a person notices.
const POLL: Duration = Duration::from_millis(5);

/// Those who wait for one department's tables.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    next: watch::Sender<Position>,
    looking: Mutex<()>,
}

impl Waiting {
    /// Waits until the tables hold the event at `position`; `false` when time ran out.
    pub(crate) async fn wait_for(
        &self,
        store: &Store,
        position: Position,
        timeout: Duration,
    ) -> Result<bool, StoreError> {
        let deadline = Instant::now() + timeout;
        // Only what is seen from now on counts: a database can have been put back meanwhile.
        let mut seen = self.next.subscribe();
        loop {
            tokio::select! {
                biased;
                Ok(()) = seen.changed() => {
                    if *seen.borrow_and_update() > position {
                        return Ok(true);
                    }
                }
                _looking = self.looking.lock() => {
                    let next = store.next_position().await?;
                    self.next.send_replace(next);
                    if next > position {
                        return Ok(true);
                    }
                    sleep(POLL).await;
                }
                () = sleep_until(deadline) => return Ok(false),
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
        }
    }
}
