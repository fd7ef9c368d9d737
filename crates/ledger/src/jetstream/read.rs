//! Reading a register: in large pulls while catching up, then each block within milliseconds of its append.
//!
//! Whatever happens to the connection, the heights that come out follow each other without a gap or a repeat.

use super::{Log, LogError};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, ReplayPolicy, pull};
use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use kernel::Height;
use std::time::Duration;

/// Blocks with their heights, in order. After an error it ends.
pub type Blocks = BoxStream<'static, Result<(Height, Bytes), LogError>>;

/// The most blocks, and bytes of blocks, that are asked for at once; at most twice that is ever waiting here.
const PULL_BLOCKS: usize = 2_000;
const PULL_BYTES: usize = 4 * 1024 * 1024;
/// A pull is renewed after this long; a server that is silent for two heartbeats has forgotten the reader.
const PULL_EXPIRES: Duration = Duration::from_secs(30);
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How long the server remembers a reader that went away.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);
/// After this long without a block somebody looks whether there is one: a server that cannot read a file of its store
/// goes on beating and says nothing.
const SILENCE: Duration = Duration::from_secs(3);
/// Between tries to reach the server again.
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_LONGEST: Duration = Duration::from_secs(2);

impl Log {
    /// Every block from a height on, and then each new one as it comes, for ever.
    ///
    /// A lost connection is waited for. An error means that somebody has to look: the stream is gone, damaged, or ends
    /// before what was read.
    #[must_use]
    pub fn read(&self, from: Height) -> Blocks {
        Reader::new(self.clone(), from, None).blocks()
    }

    /// The blocks from one height to another, both included; waits for those that are not there yet.
    #[must_use]
    pub fn read_until(&self, from: Height, to: Height) -> Blocks {
        Reader::new(self.clone(), from, Some(to)).blocks()
    }
}

struct Reader {
    log: Log,
    next: Height,
    to: Option<Height>,
    pull: Option<pull::Stream>,
    pause: Duration,
}

impl Reader {
    fn new(log: Log, from: Height, to: Option<Height>) -> Reader {
        Reader { log, next: Height(from.0.max(1)), to, pull: None, pause: RETRY_FIRST }
    }

    fn blocks(self) -> Blocks {
        futures::stream::unfold(Some(self), |reader| async {
            let mut reader = reader?;
            match reader.block().await? {
                Ok(block) => Some((Ok(block), Some(reader))),
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed()
    }

    async fn block(&mut self) -> Option<Result<(Height, Bytes), LogError>> {
        if self.to.is_some_and(|to| self.next > to) {
            return None;
        }
        loop {
            match self.try_block().await {
                Ok(block) => {
                    self.pause = RETRY_FIRST;
                    self.next.0 += 1;
                    return Some(Ok(block));
                }
                Err(error) if error.is_transient() => {
                    tracing::debug!(stream = self.log.name, next = self.next.0, %error, "reading again");
                    self.pull = None;
                    tokio::time::sleep(self.pause).await;
                    self.pause = (self.pause * 2).min(RETRY_LONGEST);
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    async fn try_block(&mut self) -> Result<(Height, Bytes), LogError> {
        const OPERATION: &str = "CONSUMER.MSG.NEXT";
        let pull = match &mut self.pull {
            Some(pull) => pull,
            none => none.insert(open(&self.log, self.next).await?),
        };
        loop {
            let message = match tokio::time::timeout(SILENCE, pull.next()).await {
                Ok(Some(message)) => message.map_err(|error| self.log.no_answer(OPERATION, error.into()))?,
                Ok(None) => return Err(self.log.no_answer(OPERATION, "the pull ended".into())),
                Err(_) if self.log.last_height().await? < self.next => continue,
                Err(_) => {
                    self.log.get(self.next).await?;
                    return Err(self.log.no_answer(OPERATION, "the server has blocks and sends none".into()));
                }
            };
            let found = message.info().map_err(|error| self.log.no_answer(OPERATION, error))?.stream_sequence;
            if found == self.next.0 {
                return Ok((self.next, message.message.payload));
            }
            if found > self.next.0 {
                // Either the connection dropped some, and a new pull brings them, or they are no longer there.
                self.log.get(self.next).await?;
                return Err(self.log.no_answer(OPERATION, "blocks were lost on the way".into()));
            }
        }
    }
}

/// Starts a pull at a height. The stream must reach up to the block before it.
async fn open(log: &Log, next: Height) -> Result<pull::Stream, LogError> {
    let last = log.last_height().await?;
    if last.0 + 1 < next.0 {
        return Err(LogError::RolledBack { expected: Height(next.0 - 1), last, stream: log.name.clone() });
    }
    let config = pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: next.0 },
        ack_policy: AckPolicy::None,
        replay_policy: ReplayPolicy::Instant,
        inactive_threshold: FORGOTTEN_AFTER,
        memory_storage: true,
        num_replicas: 1,
        ..pull::Config::default()
    };
    let created = log.context.create_consumer_on_stream(config, &log.name).await;
    let consumer = created.map_err(|error| log.no_answer("CONSUMER.CREATE", error.into()))?;
    let pull = consumer
        .stream()
        .max_messages_per_batch(PULL_BLOCKS)
        .max_bytes_per_batch(PULL_BYTES)
        .expires(PULL_EXPIRES)
        .heartbeat(HEARTBEAT)
        .messages()
        .await;
    pull.map_err(|error| log.no_answer("CONSUMER.MSG.NEXT", error.into()))
}
