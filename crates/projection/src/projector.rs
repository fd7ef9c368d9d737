//! The live projector: reads blocks as they come, and writes rows and checkpoint in one transaction.

use crate::batch::{Batch, Batches};
use crate::folder::{Folded, Folder, From};
use crate::store::{Checkpoint, Store, shape};
use crate::{BlockSource, Database, Department, Metrics, Opener, ProjectionError, StoreError, clear};
use kernel::{CaseId, CityId, Height, Instant, Position, Register};
use ledger::{Block, Chain};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Between tries after a failure that passes.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LONGEST: Duration = Duration::from_secs(5);
/// How often the end of the register is asked for, to say how far behind the tables are.
const LAG_EVERY: Duration = Duration::from_secs(1);

/// The clock of a process: now, in UTC microseconds.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// What a projector, a rebuild or a retry works with.
pub struct Setup<R: Register> {
    /// Where the tables are.
    pub database: Database,
    /// Whose register it is.
    pub city: CityId,
    /// The read models.
    pub department: Department<R::Event>,
    /// The register's blocks.
    pub source: Arc<dyn BlockSource>,
    /// Who opens sealed fields.
    pub opener: Arc<dyn Opener>,
    /// Where the figures go.
    pub metrics: Metrics,
    /// For the lag only: no row depends on it.
    pub clock: Clock,
}

/// Keeps the tables of one department.
pub struct Projector<R: Register> {
    setup: Arc<Setup<R>>,
    store: Arc<Store>,
    folder: Folder<R::Event>,
    checkpoint: Checkpoint,
    position: watch::Sender<Position>,
    trouble: watch::Sender<Option<String>>,
}

impl<R: Register> Setup<R> {
    pub(crate) fn store_error(&self) -> impl Fn(StoreError) -> ProjectionError + Copy + use<R> {
        let department = self.department.name();
        move |source| ProjectionError::Store { department, source }
    }

    /// Opens the database and makes the tables where there are none.
    pub(crate) async fn store(&self) -> Result<Arc<Store>, ProjectionError> {
        let store = Store::open(&self.database, self.department.name()).await.map_err(self.store_error())?;
        store.prepare(self.department.tables()).await.map_err(self.store_error())?;
        Ok(Arc::new(store))
    }

    pub(crate) fn chain(&self, checkpoint: &Checkpoint) -> Chain {
        checkpoint.chain.clone().unwrap_or_else(|| Chain::new(self.city.clone(), R::NAME))
    }

    pub(crate) fn batches(&self, chain: Chain) -> Batches {
        let blocks = self.source.read(Height(chain.head().height.0 + 1));
        Batches::new(self.department.name(), blocks, chain, self.department.batch())
    }

    /// The last block's height, and the position after it.
    pub(crate) async fn end(&self, after: Height) -> Result<(Height, Position), ProjectionError> {
        let department = self.department.name();
        let last = self.source.last().await;
        let last = last.map_err(|source| ProjectionError::Source { department, height: after, source })?;
        Ok(match last {
            None => (Height(0), Position(0)),
            // A block that does not decode is told apart where it is read; here it only counts as one.
            Some((height, bytes)) => match Block::decode(&bytes) {
                Ok(block) => (height, Position(block.first.0 + block.events())),
                Err(_) => (height, Position(0)),
            },
        })
    }

    pub(crate) fn folder(&self) -> Folder<R::Event> {
        Folder::new(self.department.name(), self.department.models())
    }
}

impl Checkpoint {
    /// The checkpoint after the last block of a chain.
    pub(crate) fn at(&self, chain: Chain) -> Checkpoint {
        let head = chain.head();
        Checkpoint {
            position: head.next,
            height: head.height,
            recorded_at: if head.height == Height(0) { self.recorded_at } else { chain.recorded_at() },
            chain: Some(chain),
            ..self.clone()
        }
    }
}

impl<R: Register> Projector<R> {
    /// Opens the department's tables, making them where there are none.
    ///
    /// # Errors
    /// When the database cannot be reached, or holds tables of another shape.
    pub async fn open(setup: Arc<Setup<R>>) -> Result<Projector<R>, ProjectionError> {
        let store = setup.store().await?;
        let missing = StoreError::Checkpoint { department: setup.department.name().to_owned() };
        let checkpoint = store.checkpoint().await.map_err(setup.store_error())?;
        let checkpoint = checkpoint.ok_or(missing).map_err(setup.store_error())?;
        let position = watch::Sender::new(checkpoint.position);
        let mut projector =
            Projector { folder: setup.folder(), setup, store, checkpoint, position, trouble: watch::Sender::new(None) };
        projector.reload().await?;
        Ok(projector)
    }

    /// Keeps the tables up to date until `stop` is done. What is lost for a while is waited for.
    ///
    /// # Errors
    /// What somebody has to look at: a corrupt block, another projector, tables of another shape.
    pub async fn run(&mut self, stop: impl Future<Output = ()>) -> Result<(), ProjectionError> {
        let mut stop = std::pin::pin!(stop);
        let mut pause = RETRY_FIRST;
        loop {
            let before = self.checkpoint.position;
            let ended = tokio::select! {
                () = &mut stop => return Ok(()),
                ended = self.follow() => ended,
            };
            let Err(error) = ended else { continue };
            self.setup.metrics.failed(self.setup.department.name());
            if !error.is_transient() {
                return Err(error);
            }
            if let ProjectionError::Opener { source, .. } = &error {
                // It may pass, as a database that restarts; but keys that are lost stay lost, and nothing else tells.
                self.trouble.send_replace(Some(format!("{error}: {source}: {}", source.0)));
            }
            pause = if self.checkpoint.position > before { RETRY_FIRST } else { pause };
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                ?pause,
                "the projector goes on from its checkpoint after a pause"
            );
            tokio::select! {
                () = &mut stop => return Ok(()),
                () = sleep(pause) => {}
            }
            pause = (pause * 2).min(RETRY_LONGEST);
        }
    }

    /// Brings the tables to the register's end of now.
    ///
    /// # Errors
    /// The first failure, also one that would pass.
    pub async fn catch_up(&mut self) -> Result<Position, ProjectionError> {
        self.reload().await?;
        let (end, _) = self.setup.end(self.checkpoint.height).await?;
        let mut batches = self.setup.batches(self.setup.chain(&self.checkpoint));
        while self.checkpoint.height < end {
            let batch = batches.full::<R>(end).await?;
            self.apply(batch).await?;
        }
        Ok(self.checkpoint.position)
    }

    /// The next position, as it moves: how many events the tables hold.
    #[must_use]
    pub fn position(&self) -> watch::Receiver<Position> {
        self.position.subscribe()
    }

    /// What keeps the next rows from being written although it is tried again and again: sealed fields do not open.
    #[must_use]
    pub fn trouble(&self) -> watch::Receiver<Option<String>> {
        self.trouble.subscribe()
    }

    /// Reads the checkpoint and the parked cases again, and forgets all rows in memory.
    async fn reload(&mut self) -> Result<(), ProjectionError> {
        let department = self.setup.department.name();
        let error = self.setup.store_error();
        let missing = || error(StoreError::Checkpoint { department: department.to_owned() });
        self.checkpoint = self.store.checkpoint().await.map_err(error)?.ok_or_else(missing)?;
        if self.checkpoint.shape != shape(self.setup.department.tables()) {
            return Err(ProjectionError::Outdated { department });
        }
        let parked = self.store.parked(None).await.map_err(error)?;
        self.folder.reset(parked.iter().map(|event| CaseId::from(event.case_id as u64)));
        self.setup.metrics.parked(department, self.folder.parked());
        self.position.send_replace(self.checkpoint.position);
        Ok(())
    }

    async fn follow(&mut self) -> Result<(), ProjectionError> {
        self.reload().await?;
        let mut batches = self.setup.batches(self.setup.chain(&self.checkpoint));
        let mut lag = interval(LAG_EVERY);
        lag.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let batch = tokio::select! {
                batch = batches.ready::<R>() => batch?,
                _ = lag.tick() => {
                    self.tell_lag().await;
                    continue;
                }
            };
            self.apply(batch).await?;
        }
    }

    async fn tell_lag(&self) {
        // The log says itself when it does not answer; the figure only stays as it was.
        if let Ok((_, end)) = self.setup.end(self.checkpoint.height).await {
            let Checkpoint { position, recorded_at, .. } = self.checkpoint;
            self.setup.metrics.lag(self.setup.department.name(), end, position, recorded_at, (self.setup.clock)());
        }
    }

    /// Folds a batch and writes it with the checkpoint, wholly or not at all.
    async fn apply(&mut self, batch: Batch<R::Event>) -> Result<(), ProjectionError> {
        let department = self.setup.department.name();
        let error = self.setup.store_error();
        let Folded { mut changes, parked } = self.folder.fold(&batch, From::Store(&self.store)).await?;
        let opened = clear::rows(&*self.setup.opener, &mut changes).await;
        let opened = opened.map_err(|source| ProjectionError::Opener { department, source })?;
        let forgotten = batch.forgotten::<R>();
        let next = self.checkpoint.at(batch.chain);
        let mut tx = self.store.write().await.map_err(error)?;
        // First, so that a second projector fails before it has touched a row.
        if !tx.advance(&self.checkpoint, &next).await.map_err(error)? {
            drop(tx);
            return Err(self.displaced().await?);
        }
        tx.park(&parked).await.map_err(error)?;
        tx.write_batch(changes, opened, None).await.map_err(error)?;
        for person in &forgotten {
            tx.forget(&person.to_string()).await.map_err(error)?;
        }
        tx.commit().await.map_err(error)?;
        if !forgotten.is_empty() {
            self.store.scrub().await.map_err(error)?;
        }
        for event in parked.iter().filter(|event| !event.error.is_empty()) {
            let case = CaseId::from(event.case_id as u64);
            tracing::error!(department, position = event.position, %case, error = event.error, "a case is parked");
        }
        self.checkpoint = next;
        self.position.send_replace(self.checkpoint.position);
        self.trouble.send_if_modified(|trouble| trouble.take().is_some());
        self.setup.metrics.wrote(department, batch.events.len());
        self.setup.metrics.parked(department, self.folder.parked());
        Ok(())
    }

    /// Why the checkpoint no longer stands where this projector left it.
    async fn displaced(&self) -> Result<ProjectionError, ProjectionError> {
        let department = self.setup.department.name();
        let found = self.store.checkpoint().await.map_err(self.setup.store_error())?;
        Ok(match found {
            Some(found) if found.generation == self.checkpoint.generation => ProjectionError::AnotherProjector {
                department,
                expected: self.checkpoint.position,
                found: found.position,
            },
            Some(_) | None => ProjectionError::Superseded { department },
        })
    }
}
