//! Batches of events from blocks: each block is checked against the chain before anything in it is believed.

use crate::{Blocks, ProjectionError, Recorded};
use futures::{FutureExt as _, StreamExt as _};
use kernel::{CaseId, Height, Instant, Meta, PersonId, Register, WireError};
use ledger::{Chain, block::Hash};

/// One event on its way into the tables.
pub(crate) struct Incoming<E> {
    pub(crate) meta: Meta,
    pub(crate) case: CaseId,
    pub(crate) occurred_at: Instant,
    pub(crate) height: Height,
    pub(crate) event: Result<E, WireError>,
}

impl<E> Incoming<E> {
    /// The event as a read model sees it.
    pub(crate) fn recorded(&self) -> Result<Recorded<'_, E>, &WireError> {
        let event = self.event.as_ref()?;
        Ok(Recorded { meta: &self.meta, case: self.case, occurred_at: self.occurred_at, event })
    }
}

/// Whole blocks of events, and the chain after them.
pub(crate) struct Batch<E> {
    pub(crate) events: Vec<Incoming<E>>,
    pub(crate) chain: Chain,
    /// Hash of each block.
    pub(crate) blocks: Vec<(Height, Hash)>,
}

impl<E> Batch<E> {
    /// Persons whom an event of the batch forgets.
    pub(crate) fn forgotten<R: Register<Event = E>>(&self) -> Vec<PersonId> {
        self.events.iter().filter_map(|incoming| R::forgets(incoming.event.as_ref().ok()?)).collect()
    }

    /// The hash of the block at this height, hexadecimal.
    pub(crate) fn block(&self, height: Height) -> String {
        let hash = self.blocks.iter().find(|(of, _)| *of == height).map(|(_, hash)| hash);
        hash.map(|hash| crate::hex::encode(hash)).unwrap_or_default()
    }
}

/// Reads batches from a stream of blocks.
pub(crate) struct Batches {
    department: &'static str,
    blocks: Blocks,
    chain: Chain,
    /// The most events of a batch; the block that passes it still belongs to it.
    most: usize,
    /// What ended the last batch early: told once that batch is written.
    failed: Option<ProjectionError>,
}

impl Batches {
    /// Batches from `blocks`, of which the first new one follows the chain; each of at most about `most` events.
    pub(crate) fn new(department: &'static str, blocks: Blocks, chain: Chain, most: usize) -> Batches {
        Batches { department, blocks, chain, most, failed: None }
    }

    /// The same with batches of at most about so many events.
    pub(crate) fn of_at_most(self, most: usize) -> Batches {
        Batches { most, ..self }
    }

    /// Waits for a block, and takes with it whatever else is there at once.
    pub(crate) async fn ready<R: Register>(&mut self) -> Result<Batch<R::Event>, ProjectionError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut batch = self.empty();
        while batch.blocks.is_empty() {
            self.add::<R>(&mut batch).await?;
        }
        while batch.events.len() < self.most {
            match self.add::<R>(&mut batch).now_or_never() {
                Some(Ok(())) => {}
                // The blocks before it are good.
                Some(Err(error)) => {
                    self.failed = Some(error);
                    break;
                }
                None => break,
            }
        }
        batch.chain = self.chain.clone();
        Ok(batch)
    }

    /// Waits for a full batch, or for the block at height `until`.
    pub(crate) async fn full<R: Register>(&mut self, until: Height) -> Result<Batch<R::Event>, ProjectionError> {
        let mut batch = self.empty();
        while batch.events.len() < self.most && self.chain.head().height < until {
            self.add::<R>(&mut batch).await?;
        }
        batch.chain = self.chain.clone();
        Ok(batch)
    }

    fn empty<E>(&self) -> Batch<E> {
        Batch { events: Vec::new(), chain: self.chain.clone(), blocks: Vec::new() }
    }

    /// Adds the next block; one that was there before adds nothing.
    async fn add<R: Register>(&mut self, batch: &mut Batch<R::Event>) -> Result<(), ProjectionError> {
        let department = self.department;
        let head = self.chain.head().height;
        let (height, bytes) = match self.blocks.next().await {
            Some(Ok(block)) => block,
            Some(Err(source)) => return Err(ProjectionError::Source { department, height: head, source }),
            None => return Err(ProjectionError::Source { department, height: head, source: ended() }),
        };
        if height <= head {
            return Ok(());
        }
        let expected = Height(head.0 + 1);
        if height > expected {
            return Err(ProjectionError::Gap { department, expected, found: height });
        }
        let verified = self.chain.verify(height, &bytes);
        let block = verified.map_err(|source| ProjectionError::Broken { department, source })?;
        for (position, commit, entry) in block.entries() {
            batch.events.push(Incoming {
                meta: block.meta(position, commit),
                case: entry.case,
                occurred_at: entry.occurred_at,
                height,
                event: R::decode(&entry.stored()),
            });
        }
        batch.blocks.push((height, self.chain.head().hash));
        Ok(())
    }
}

fn ended() -> crate::SourceError {
    crate::SourceError { transient: true, source: "the stream of blocks ended".into() }
}
