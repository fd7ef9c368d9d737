//! Making a block durable whatever the network does: append, and when the outcome is not sure, look before acting.
//!
//! The same bytes are offered again and again until they are in the stream or something else stands there. So the state
//! that ran ahead by this block never has to be taken back.

use bytes::Bytes;
use kernel::Height;
use ledger::{AppendError, Block, Hash, Head, Log};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const RETRY_FIRST: Duration = Duration::from_millis(20);
const RETRY_LONGEST: Duration = Duration::from_secs(1);

/// What the stream's end says about a block that was to follow `head`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is there.
    Durable,
    /// The stream is as it was before: the block can be appended again.
    NotYet,
    /// Another writer's block is there.
    Fenced(Height),
    /// The stream lost blocks that were durable.
    RolledBack(Height),
}

/// Why a block will never be durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    Fenced(Height),
    RolledBack(Height),
}

/// Judges by the last block of the stream what became of the block with hash `ours` behind `head`.
pub(crate) fn judge(head: &Head, ours: Option<Hash>, last: Option<&(Height, Bytes)>) -> Verdict {
    let (height, hash) = match last {
        Some((height, bytes)) => (*height, Block::hash(bytes)),
        None => (Height(0), [0; 32]),
    };
    if height < head.height || (height == head.height && hash != head.hash) {
        Verdict::RolledBack(height)
    } else if height == head.height {
        Verdict::NotYet
    } else if height.0 == head.height.0 + 1 && ours == Some(hash) {
        Verdict::Durable
    } else {
        Verdict::Fenced(Height(head.height.0 + 1))
    }
}

/// Appends a block behind `head` and returns when it is durable or can never be. `full` tells meanwhile whether the last
/// try failed for want of room.
pub(crate) async fn append(log: &Log, head: Head, block: Bytes, full: &AtomicBool) -> Result<(), Lost> {
    let ours = Block::hash(&block);
    let mut pause = RETRY_FIRST;
    loop {
        let Err(error) = log.append(head.height, block.clone()).await else { return Ok(()) };
        tracing::warn!(stream = log.name(), height = head.height.0 + 1, %error, "an append is being settled");
        full.store(matches!(error, AppendError::Full { .. }), Ordering::Relaxed);
        match settle(log, &head, Some(ours)).await {
            Verdict::Durable => return Ok(()),
            Verdict::Fenced(height) => return Err(Lost::Fenced(height)),
            Verdict::RolledBack(found) => return Err(Lost::RolledBack(found)),
            Verdict::NotYet => {}
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_LONGEST);
    }
}

/// Reads the end of the stream, until the server answers, and judges by it.
pub(crate) async fn settle(log: &Log, head: &Head, ours: Option<Hash>) -> Verdict {
    let mut pause = RETRY_FIRST;
    loop {
        match log.last().await {
            Ok(last) => return judge(head, ours, last.as_ref()),
            Err(ledger::LogError::NoStream { .. }) if head.height.0 > 0 => return Verdict::RolledBack(Height(0)),
            Err(ledger::LogError::Missing { height, .. }) if height <= head.height => {
                return Verdict::RolledBack(Height(height.0.saturating_sub(1)));
            }
            Err(error) => tracing::warn!(stream = log.name(), %error, "the end of the stream cannot be read yet"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Position;

    #[test]
    fn a_lost_acknowledgement_is_settled_by_the_last_block() {
        let block = |height, text: &'static str| Some((Height(height), Bytes::from_static(text.as_bytes())));
        let hash = |text: &str| Block::hash(text.as_bytes());
        let head = Head { height: Height(4), next: Position(9), hash: hash("four") };
        let judge = |last: Option<(Height, Bytes)>| judge(&head, Some(hash("ours")), last.as_ref());
        assert_eq!(judge(block(5, "ours")), Verdict::Durable);
        assert_eq!(judge(block(4, "four")), Verdict::NotYet);
        assert_eq!(judge(block(5, "theirs")), Verdict::Fenced(Height(5)));
        assert_eq!(judge(block(6, "ours")), Verdict::Fenced(Height(5)), "somebody wrote behind it");
        assert_eq!(judge(block(4, "other")), Verdict::RolledBack(Height(4)));
        assert_eq!(judge(block(3, "three")), Verdict::RolledBack(Height(3)));
        assert_eq!(judge(None), Verdict::RolledBack(Height(0)));
    }

    #[test]
    fn an_empty_stream_is_right_before_the_first_block() {
        let head = Head { height: Height(0), next: Position(0), hash: [0; 32] };
        assert_eq!(judge(&head, None, None), Verdict::NotYet);
    }
}
