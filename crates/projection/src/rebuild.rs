//! Rebuilding departments' tables from the register alone, beside the live ones, and swapping them in at once.
//!
//! While one batch is being written the next is folded and the one after it read. Indexes are made at the end. Readers
//! see the old tables until the swap, which also moves the checkpoint; a live projector then goes on from there.

use crate::batch::{Batch, Batches};
use crate::builder::Builder;
use crate::changes::{Changes, Unwritable};
use crate::feed::Feed;
use crate::folder::From;
use crate::store::{Checkpoint, Store, Tx, shape};
use crate::{ProjectionError, Setup, StoreError, clear};
use futures::future::join_all;
use kernel::{Height, PersonId, Position, Register};
use ledger::Chain;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// How often the swap is tried while readers hold on to the old tables.
const SWAP_TRIES: usize = 30;

/// What a rebuild made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rebuilt {
    /// The last block in the tables.
    pub height: Height,
    /// How many events they hold.
    pub events: Position,
}

/// Rebuilds the tables of a department up to the register's end, or up to the block at `until`.
///
/// `progress` is told how many events have been folded, after each batch.
///
/// # Errors
/// When an event cannot be folded, a block is corrupt, or the database fails; the live tables are then as they were.
pub async fn rebuild<R: Register>(
    setup: &Setup<R>,
    until: Option<Height>,
    progress: impl Fn(Position) + Send + Sync,
) -> Result<Rebuilt, ProjectionError> {
    one(setup, until, &progress, Feed::none()).await
}

/// Rebuilds several departments of one register at once, each as [`rebuild()`] does and with a result of its own.
///
/// The register is read, checked and decoded once for all of them, from the first one's source. `progress` is told
/// whose events they are.
pub async fn rebuild_all<R: Register>(
    departments: &[(&Setup<R>, Option<Height>)],
    progress: impl Fn(&'static str, Position) + Send + Sync,
) -> Vec<Result<Rebuilt, ProjectionError>> {
    let (feeds, _reading) = Feed::shared(departments).await;
    let each = departments.iter().zip(feeds).map(|(&(setup, until), feed)| {
        let progress = |events| progress(setup.department.name(), events);
        async move { one(setup, until, &progress, feed).await }
    });
    join_all(each).await
}

async fn one<R: Register>(
    setup: &Setup<R>,
    until: Option<Height>,
    progress: &(impl Fn(Position) + Send + Sync),
    feed: Feed<R::Event>,
) -> Result<Rebuilt, ProjectionError> {
    let store = setup.store().await?;
    let built = attempt(setup, &store, until, progress, feed, false).await;
    match built {
        // Rare: once more, and slowly, to name the event.
        Err(ProjectionError::Unwritable { source: Unwritable::Nul { .. }, .. }) => {
            attempt(setup, &store, until, progress, Feed::none(), true).await
        }
        built => built,
    }
}

async fn attempt<R: Register>(
    setup: &Setup<R>,
    store: &Arc<Store>,
    until: Option<Height>,
    progress: &(impl Fn(Position) + Send + Sync),
    feed: Feed<R::Event>,
    careful: bool,
) -> Result<Rebuilt, ProjectionError> {
    let mut rebuild = Rebuild::start(setup, store.clone(), until, progress, feed, careful).await?;
    let built = rebuild.all().await;
    if built.is_err() {
        rebuild.abandon().await;
    }
    built
}

struct Rebuild<'a, R: Register, P> {
    setup: &'a Setup<R>,
    store: Arc<Store>,
    builder: Builder<R::Event>,
    feed: Feed<R::Event>,
    until: Option<Height>,
    version: i64,
    built: Checkpoint,
    forgotten: Vec<PersonId>,
    writing: Option<JoinHandle<Result<(), ProjectionError>>>,
    progress: &'a P,
}

impl<'a, R: Register, P: Fn(Position) + Send + Sync> Rebuild<'a, R, P> {
    async fn start(
        setup: &'a Setup<R>,
        store: Arc<Store>,
        until: Option<Height>,
        progress: &'a P,
        feed: Feed<R::Event>,
        careful: bool,
    ) -> Result<Self, ProjectionError> {
        let error = setup.store_error();
        let department = setup.department.name();
        let mut tx = store.write().await.map_err(error)?;
        tx.drop_versions().await.map_err(error)?;
        let live = tx.checkpoint(department).await.map_err(error)?;
        let live = live.ok_or_else(|| error(StoreError::Checkpoint { department: department.to_owned() }))?;
        let version = live.generation + 1;
        tx.create_tables(setup.department.tables(), Some(version)).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        let builder = Builder::new(department, setup.department.models(), version, careful);
        let chain = Chain::new(setup.city.clone(), R::NAME);
        let shape = shape(setup.department.tables());
        let built = Checkpoint { shape, ..live.at(chain) };
        let forgotten = Vec::new();
        Ok(Rebuild { setup, store, builder, feed, until, version, built, forgotten, writing: None, progress })
    }

    async fn all(&mut self) -> Result<Rebuilt, ProjectionError> {
        // Indexes are made of whole tables: to keep them up row by row costs more.
        self.reach_end_and_write_all().await?;
        let error = self.setup.store_error();
        let mut tx = self.store.write().await.map_err(error)?;
        tx.create_indexes(self.setup.department.tables(), Some(self.version)).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        // What came while the indexes were made; the rest comes while everybody waits.
        self.reach_end_and_write_all().await?;
        let mut tries = 1;
        loop {
            match self.swap().await {
                Err(again) if again.is_transient() && tries < SWAP_TRIES => {
                    tracing::debug!(error = &again as &dyn std::error::Error, tries, "swapping again");
                    tries += 1;
                    self.builder.reset();
                }
                other => return other,
            }
        }
    }

    async fn reach_end_and_write_all(&mut self) -> Result<(), ProjectionError> {
        self.reach_end().await?;
        let rest = self.builder.rest().await?;
        self.begin_to_write(rest);
        self.written().await
    }

    async fn end(&self) -> Result<Height, ProjectionError> {
        match self.until {
            Some(until) => Ok(until),
            None => Ok(self.setup.end(self.built.height).await?.0),
        }
    }

    fn batches(&self) -> Batches {
        self.setup.batches(self.setup.chain(&self.built))
    }

    /// Folds up to the register's end of now; what was folded is written when it returns, but for what memory keeps.
    async fn reach_end(&mut self) -> Result<(), ProjectionError> {
        loop {
            while let Some(batch) = self.feed.next().await {
                self.fold(batch?).await?;
                (self.progress)(self.built.position);
            }
            let end = self.end().await?;
            if self.built.height >= end {
                return self.written().await;
            }
            self.feed = Feed::own::<R>(self.batches(), end);
        }
    }

    /// Folds a batch while the one before it is being written, then lets it be written too.
    async fn fold(&mut self, batch: Arc<Batch<R::Event>>) -> Result<(), ProjectionError> {
        let changes = self.builder.fold(&batch, &self.store).await?;
        self.forgotten.extend(batch.forgotten::<R>());
        self.written().await?;
        self.built = self.built.at(batch.chain.clone());
        self.begin_to_write(changes);
        Ok(())
    }

    fn begin_to_write(&mut self, mut changes: Vec<Changes>) {
        let (store, opener, version) = (self.store.clone(), self.setup.opener.clone(), self.version);
        let (error, department) = (self.setup.store_error(), self.setup.department.name());
        self.writing = Some(tokio::spawn(async move {
            let opened = clear::rows(&*opener, &mut changes).await;
            let opened = opened.map_err(|source| ProjectionError::Opener { department, source })?;
            let mut tx = store.write().await.map_err(error)?;
            tx.hasten().await.map_err(error)?;
            tx.write_batch(changes, opened, Some(version)).await.map_err(error)?;
            tx.commit().await.map_err(error)
        }));
    }

    async fn written(&mut self) -> Result<(), ProjectionError> {
        match self.writing.take() {
            Some(writing) => writing.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())),
            None => Ok(()),
        }
    }

    /// Folds what is left while the live projector waits, and puts the new tables in the place of the old.
    async fn swap(&mut self) -> Result<Rebuilt, ProjectionError> {
        let department = self.setup.department.name();
        let error = self.setup.store_error();
        let mut tx = self.store.write().await.map_err(error)?;
        tx.impatient().await.map_err(error)?;
        let live = tx.renew(department).await.map_err(error)?;
        if live.generation != self.version {
            return Err(ProjectionError::Superseded { department });
        }
        if let Some(until) = self.until.filter(|until| live.height > *until) {
            return Err(ProjectionError::Backwards { department, live: live.height, until });
        }
        let built = self.rest(&mut tx, live.height).await?;
        let tables = self.setup.department.tables();
        for person in &self.forgotten {
            tx.forget(&person.to_string()).await.map_err(error)?;
        }
        tx.forget_again(tables, self.version).await.map_err(error)?;
        tx.swap_tables(tables, self.version).await.map_err(error)?;
        let new = Checkpoint { generation: live.generation, ..built };
        tx.unpark(None, new.position).await.map_err(error)?;
        if !tx.advance(&live, &new).await.map_err(error)? {
            return Err(ProjectionError::Superseded { department });
        }
        tx.commit().await.map_err(error)?;
        Ok(Rebuilt { height: new.height, events: new.position })
    }

    /// Folds up to the live tables' height within the last transaction.
    async fn rest(&mut self, tx: &mut Tx, height: Height) -> Result<Checkpoint, ProjectionError> {
        let error = self.setup.store_error();
        let mut batches = self.batches();
        let mut built = self.built.clone();
        while built.height < height {
            let batch = batches.full::<R>(height).await?;
            let mut changes = self.builder.fold_within(&batch, &mut From::Tx(tx)).await?;
            self.forgotten.extend(batch.forgotten::<R>());
            changes.extend(self.builder.rest().await?);
            let department = self.setup.department.name();
            let opened = clear::rows(&*self.setup.opener, &mut changes).await;
            let opened = opened.map_err(|source| ProjectionError::Opener { department, source })?;
            tx.write_batch(changes, opened, Some(self.version)).await.map_err(error)?;
            built = built.at(batch.chain);
        }
        Ok(built)
    }

    /// Removes what was built; a next rebuild does it when this cannot.
    async fn abandon(&mut self) {
        let _ = self.written().await;
        let removed = async {
            let mut tx = self.store.write().await?;
            tx.drop_versions().await?;
            tx.commit().await
        };
        if let Err(error) = removed.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the tables of a failed rebuild stay until the next"
            );
        }
    }
}
