//! One department's feed: blocks of the register in, messages of the department's stream out, each exactly once.
//!
//! Nothing is remembered but the two streams. The last message says which event it is about, so after any kill the
//! publisher goes on behind it; an append names the sequence that it comes after, so of two publishers, or of two tries
//! of one, one lands. A department that sees nothing for long costs a second look at that stretch after a restart.

use crate::chain::{BrokenLink, Walk};
use crate::message::{Place, Teller, Told};
use crate::stream::{End, MAX_BATCH, StreamError};
use crate::{City, Department, Metrics, Reached, Stream};
use futures::{FutureExt as _, StreamExt as _};
use kernel::{CityId, Height, Instant, Position, Register as _, WireError};
use ledger::{Blocks, Log, LogError};
use permits::Permits;
use std::sync::Arc;
use std::time::Duration;

/// The time, as this service is told it.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// Messages that are enough to append while more blocks wait.
const ENOUGH: usize = MAX_BATCH / 2;
/// Between two tries of an append.
const PAUSE: Duration = Duration::from_millis(200);
/// After somebody else appended: it is at work, and needs no help.
const STAND_BY: Duration = Duration::from_secs(1);

/// Why a feed cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The register cannot be read.
    #[error("the register cannot be read")]
    Log(#[from] LogError),
    /// The stream cannot be used.
    #[error("the feed of {department} cannot be published")]
    Stream {
        /// Whose.
        department: String,
        /// Why.
        #[source]
        source: StreamError,
    },
    /// A block is not what it should be.
    #[error("block {height} of the register is damaged")]
    Block {
        /// Which.
        height: Height,
        /// Why.
        #[source]
        source: BrokenLink,
    },
    /// An event is not known to this build.
    #[error("the event at {position} cannot be read")]
    Event {
        /// Which.
        position: Position,
        /// Why.
        #[source]
        source: WireError,
    },
    /// The feed tells of events that the register does not have.
    #[error(
        "the feed of {department} tells of the event at {position}, which the register does not have or recorded at \
         another time: one of them is not the city's"
    )]
    Another {
        /// Whose.
        department: String,
        /// The last event that the feed tells of.
        position: Position,
    },
    /// The stream ends before what was published to it.
    #[error("the feed of {department} was emptied; it is published again from the beginning")]
    Emptied {
        /// Whose.
        department: String,
    },
    /// The stream of blocks ended by itself.
    #[error("the stream of blocks ended")]
    Ended,
}

/// Publishes one department's feed.
#[derive(Debug)]
pub struct Publisher {
    log: Log,
    stream: Stream,
    city: CityId,
    department: Department,
    teller: Teller,
    known: City,
    /// The last block that `known` has learnt from.
    learnt: Height,
    metrics: Metrics,
}

/// Where a running feed is.
struct Run {
    blocks: Blocks,
    walk: Walk,
    /// The last message that was in the stream when it was looked at: up to its event nothing is published again.
    passed: Option<Reached>,
    /// The last sequence of the stream.
    sequence: u64,
    pending: Vec<Told>,
    last: Option<(Position, Instant)>,
}

impl Publisher {
    /// A publisher that knows of the city what stands up to the block at `learnt`.
    #[must_use]
    pub fn new(log: Log, stream: Stream, city: CityId, department: Department, known: (City, Height)) -> Publisher {
        let teller = Teller::new(&city, department.clone());
        let (known, learnt) = known;
        Publisher { log, stream, city, department, teller, known, learnt, metrics: Metrics::default() }
    }

    /// The same with figures.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Publisher {
        Publisher { metrics, ..self }
    }

    /// Publishes for ever, or until what waiting cannot mend. `tell` is told what an append waits for, and when it is over.
    ///
    /// Between blocks and at most every `check` the stream is looked at: whether it is set and ends as it must.
    ///
    /// # Errors
    /// What somebody has to look at, and [`FeedError::Emptied`], after which another run publishes all of it again.
    pub async fn run(
        &mut self,
        clock: &Clock,
        check: Duration,
        tell: &(dyn Fn(Option<String>) + Send + Sync),
    ) -> Result<std::convert::Infallible, FeedError> {
        let mut run = self.start().await?;
        tell(None);
        let mut looks = tokio::time::interval(check);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let block = tokio::select! {
                block = run.blocks.next() => block,
                _ = looks.tick() => {
                    self.look(run.sequence).await?;
                    continue;
                }
            };
            self.take(&mut run, block)?;
            while run.pending.len() < ENOUGH
                && let Some(block) = run.blocks.next().now_or_never()
            {
                self.take(&mut run, block)?;
            }
            self.flush(&mut run, tell).await?;
            self.measure(&run, clock());
        }
    }

    /// Publishes what the register holds up to the block at `end`, and stops there.
    ///
    /// # Errors
    /// As [`Publisher::run`].
    pub async fn catch_up(&mut self, end: Height) -> Result<(), FeedError> {
        let mut run = self.start().await?;
        while run.walk.next() <= end {
            let block = run.blocks.next().await;
            self.take(&mut run, block)?;
            if run.pending.len() >= ENOUGH {
                self.flush(&mut run, &|_| {}).await?;
            }
        }
        self.flush(&mut run, &|_| {}).await
    }

    async fn start(&mut self) -> Result<Run, FeedError> {
        let End { sequence, last } = self.stream.end().await.map_err(|error| self.failed(error))?;
        let reached = last.map_or(Height(1), |last| last.height);
        if let Some(last) = last
            && self.log.last_height().await? < last.height
        {
            return Err(self.another(last.position));
        }
        let from = reached.min(Height(self.learnt.0 + 1));
        let (blocks, walk) = (self.log.read(from), Walk::from(self.city.clone(), Permits::NAME, from));
        let department = self.department.id.as_str();
        tracing::info!(department, stream = self.stream.name(), sequence, from = from.0, "publishing the feed");
        Ok(Run { blocks, walk, passed: last, sequence, pending: Vec::new(), last: None })
    }

    /// Turns a block into messages that wait to be appended.
    fn take(
        &mut self,
        run: &mut Run,
        block: Option<Result<(Height, bytes::Bytes), LogError>>,
    ) -> Result<(), FeedError> {
        let (height, bytes) = block.ok_or(FeedError::Ended)??;
        let block = run.walk.step(&bytes).map_err(|source| FeedError::Block { height, source })?;
        let recorded_at = block.recorded_at;
        for (position, _, entry) in block.entries() {
            if let Some(passed) = run.passed {
                if position == passed.position && recorded_at != passed.recorded_at {
                    return Err(self.another(position));
                }
                if position <= passed.position && !City::learns_from(entry.code) {
                    continue;
                }
            }
            let read = Permits::decode(&entry.stored());
            let event = read.map_err(|source| FeedError::Event { position, source })?;
            self.known.learn(entry.case, &event);
            if run.passed.is_some_and(|passed| position <= passed.position) {
                continue;
            }
            let place = Place { position, height, case: entry.case, recorded_at, occurred_at: entry.occurred_at };
            run.pending.extend(self.teller.tell(&self.known, place, &event));
        }
        if let Some(passed) = run.passed
            && height == passed.height
            && Position(block.first.0 + block.events()) <= passed.position
        {
            return Err(self.another(passed.position));
        }
        self.learnt = self.learnt.max(height);
        run.last = Some((Position(block.first.0 + block.events()), recorded_at));
        Ok(())
    }

    /// Appends all that waits. A lost answer and another publisher are waited out.
    async fn flush(&self, run: &mut Run, tell: &(dyn Fn(Option<String>) + Send + Sync)) -> Result<(), FeedError> {
        let mut told = false;
        while !run.pending.is_empty() {
            let batch = &run.pending[..batch_size(&run.pending)];
            match self.stream.append(run.sequence, batch).await {
                Ok(()) => {
                    let count = batch.len();
                    run.sequence += count as u64;
                    run.pending.drain(..count);
                    self.metrics.published(self.department.id.as_str(), count);
                    if std::mem::take(&mut told) {
                        tell(None);
                    }
                }
                Err(error) => {
                    self.metrics.failed(self.department.id.as_str());
                    let fenced = matches!(error, StreamError::Fenced { .. });
                    if !fenced {
                        told = true;
                        tell(Some(self.failed(error).to_string()));
                    }
                    tokio::time::sleep(if fenced { STAND_BY } else { PAUSE }).await;
                    self.settle(run).await?;
                }
            }
        }
        if told {
            tell(None);
        }
        Ok(())
    }

    /// Finds out what of that which waits is in the stream already, whoever put it there.
    async fn settle(&self, run: &mut Run) -> Result<(), FeedError> {
        loop {
            match self.stream.end().await {
                Ok(end) if end.sequence < run.sequence => return Err(self.emptied()),
                Ok(End { sequence, last }) => {
                    run.sequence = sequence;
                    if let Some(last) = last {
                        run.pending.retain(|told| told.position > last.position);
                        // Whoever else appended may be ahead of the blocks that were read here.
                        run.passed = Some(last);
                    }
                    return Ok(());
                }
                Err(StreamError::NoStream { .. }) => return Err(self.emptied()),
                Err(StreamError::NoAnswer { .. }) => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    async fn look(&self, reached: u64) -> Result<(), FeedError> {
        match self.stream.check().await {
            Ok(sequence) if sequence < reached => Err(self.emptied()),
            Ok(_) | Err(StreamError::NoAnswer { .. }) => Ok(()),
            Err(StreamError::NoStream { .. }) => Err(self.emptied()),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn measure(&self, run: &Run, now: Instant) {
        if let Some((next, recorded_at)) = run.last {
            self.metrics.reached(self.department.id.as_str(), next, recorded_at, now);
        }
    }

    fn failed(&self, source: StreamError) -> FeedError {
        FeedError::Stream { department: self.department.id.to_string(), source }
    }
    fn another(&self, position: Position) -> FeedError {
        FeedError::Another { department: self.department.id.to_string(), position }
    }
    fn emptied(&self) -> FeedError {
        FeedError::Emptied { department: self.department.id.to_string() }
    }
}

/// How many of these go together: whole blocks, unless one alone is larger than a batch can be.
fn batch_size(pending: &[Told]) -> usize {
    if pending.len() <= MAX_BATCH {
        return pending.len();
    }
    let next = pending[MAX_BATCH].height;
    let whole = pending[..MAX_BATCH].iter().rposition(|told| told.height != next);
    whole.map_or(MAX_BATCH, |last| last + 1)
}
