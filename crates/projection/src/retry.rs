//! Retrying a parked case: its events are folded in order, once the reason that held them back is gone.

use crate::batch::{Batch, Incoming};
use crate::folder::{Folded, From};
use crate::store::{ParkedEvent, Tx};
use crate::{ProjectionError, Setup, clear};
use kernel::{CaseId, Height, Position, Register};
use ledger::Block;
use serde::{Deserialize, Serialize};

/// The most events of a case that are folded in one go; a longer queue takes several.
const RETRY_EVENTS: usize = 1_000;

/// A case that is held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedCase {
    /// Which case.
    pub case: CaseId,
    /// The event that could not be folded.
    pub position: Position,
    /// Why.
    pub error: String,
    /// How many events of it wait, that one included.
    pub events: usize,
}

/// What came of a retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retried {
    /// Nothing of the case is parked any more.
    Done {
        /// How many events were folded.
        events: usize,
    },
    /// An event still cannot be folded.
    StillParked {
        /// How many events before it were folded.
        events: usize,
        /// Which it is.
        position: Position,
        /// Why.
        error: String,
    },
}

/// The parked cases of a department, in order of their position.
///
/// # Errors
/// When the database fails.
pub async fn parked_cases<R: Register>(setup: &Setup<R>) -> Result<Vec<ParkedCase>, ProjectionError> {
    let store = setup.store().await?;
    let mut cases: Vec<ParkedCase> = Vec::new();
    for event in store.parked(None).await.map_err(setup.store_error())? {
        let case = CaseId::from(event.case_id as u64);
        match cases.iter_mut().find(|parked| parked.case == case) {
            Some(parked) => parked.events += 1,
            None => {
                let position = Position(event.position as u64);
                cases.push(ParkedCase { case, position, error: event.error, events: 1 });
            }
        }
    }
    Ok(cases)
}

/// Folds the parked events of a case. May run beside the projector, which reads its rows again afterwards.
///
/// # Errors
/// When the database, the log or the vault fails: nothing of the last go was written.
pub async fn retry<R: Register>(setup: &Setup<R>, case: CaseId) -> Result<Retried, ProjectionError> {
    let store = setup.store().await?;
    let error = setup.store_error();
    let mut done = 0;
    loop {
        let mut tx = store.write().await.map_err(error)?;
        // Holds up the projector until this go is written: no event of the case slips by meanwhile.
        let held = tx.renew(setup.department.name()).await.map_err(error)?;
        let waiting = tx.parked(Some(case)).await.map_err(error)?;
        if waiting.is_empty() {
            return Ok(Retried::Done { events: done });
        }
        let now = &waiting[..waiting.len().min(RETRY_EVENTS)];
        let batch = read(setup, &held.chain, now).await?;
        let folded = write(setup, &mut tx, batch, now).await?;
        tx.commit().await.map_err(error)?;
        match folded {
            (events, None) => done += events,
            (events, Some((position, why))) => {
                return Ok(Retried::StillParked { events: done + events, position, error: why });
            }
        }
    }
}

/// Reads the parked events from their blocks, which must be the very ones that were read before.
async fn read<R: Register>(
    setup: &Setup<R>,
    chain: &Option<ledger::Chain>,
    parked: &[ParkedEvent],
) -> Result<Batch<R::Event>, ProjectionError> {
    let department = setup.department.name();
    let chain = chain.clone().unwrap_or_else(|| ledger::Chain::new(setup.city.clone(), R::NAME));
    let mut batch = Batch { events: Vec::new(), chain, blocks: Vec::new() };
    for group in parked.chunk_by(|a, b| a.height == b.height) {
        let height = Height(group[0].height as u64);
        let source_error = |source| ProjectionError::Source { department, height, source };
        let bytes = setup.source.get(height).await.map_err(source_error)?;
        let hash = Block::hash(&bytes);
        let changed = || source_error(crate::SourceError { transient: false, source: "the block has changed".into() });
        if crate::hex::encode(&hash) != group[0].block {
            return Err(changed());
        }
        let block = Block::decode(&bytes).map_err(|_| changed())?;
        let wanted = |position: Position| group.iter().any(|event| event.position == position.0 as i64);
        for (position, commit, entry) in block.entries().filter(|(position, _, _)| wanted(*position)) {
            batch.events.push(Incoming {
                meta: block.meta(position, commit),
                case: entry.case,
                occurred_at: entry.occurred_at,
                height,
                event: R::decode(&entry.stored()),
            });
        }
        batch.blocks.push((height, hash));
    }
    Ok(batch)
}

type Stuck = Option<(Position, String)>;

/// Writes what folds, and takes it off the queue. Gives how many events that were, and the event that did not fold.
async fn write<R: Register>(
    setup: &Setup<R>,
    tx: &mut Tx,
    batch: Batch<R::Event>,
    waiting: &[ParkedEvent],
) -> Result<(usize, Stuck), ProjectionError> {
    let department = setup.department.name();
    let error = setup.store_error();
    let mut folder = setup.folder();
    let Folded { mut changes, parked } = folder.fold(&batch, From::Tx(tx)).await?;
    let opened = clear::rows(&*setup.opener, &mut changes).await;
    let opened = opened.map_err(|source| ProjectionError::Opener { department, source })?;
    tx.write_batch(changes, opened, None).await.map_err(error)?;
    let last = waiting.last().map_or(0, |event| event.position + 1);
    let before = parked.first().map_or(last, |event| event.position);
    let case = waiting.first().map(|event| CaseId::from(event.case_id as u64));
    tx.unpark(case, Position(before as u64)).await.map_err(error)?;
    tx.park(&parked).await.map_err(error)?;
    let stuck = parked.first().map(|event| (Position(event.position as u64), event.error.clone()));
    Ok((waiting.len() - parked.len(), stuck))
}
