//! Folding batches into new tables that nobody reads yet: each table for itself, on as many cores as there are.
//!
//! A refused event ends a rebuild, so that no table has to wait for what the others say of it.

use crate::ProjectionError;
use crate::batch::{Batch, Incoming};
use crate::changes::{Changes, Unwritable};
use crate::fold::{Model, Refused};
use crate::folder::From;
use crate::store::Store;
use rustc_hash::FxHashSet;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// The read models of a department that are being built anew, with what of their tables is in memory.
pub(crate) struct Builder<E> {
    models: Vec<Box<dyn Model<E>>>,
    how: How,
}

/// What folding needs to know beside the model and the batch.
#[derive(Clone, Copy)]
struct How {
    department: &'static str,
    version: i64,
    /// Each row is looked at before it is believed to be writable.
    careful: bool,
}

impl<E: Send + Sync + 'static> Builder<E> {
    /// For new tables of this version. `careful`: each row is looked at before it is believed to be writable.
    pub(crate) fn new(
        department: &'static str,
        mut models: Vec<Box<dyn Model<E>>>,
        version: i64,
        careful: bool,
    ) -> Builder<E> {
        models.iter_mut().for_each(|model| model.reset(true));
        Builder { models, how: How { department, version, careful } }
    }

    /// Forgets all rows; from now on every change is written with its batch. What was not written is lost.
    pub(crate) fn reset(&mut self) {
        self.models.iter_mut().for_each(|model| model.reset(false));
    }

    /// Folds a batch. All that came of batches before the last must be written.
    pub(crate) async fn fold(
        &mut self,
        batch: &Arc<Batch<E>>,
        store: &Arc<Store>,
    ) -> Result<Vec<Changes>, ProjectionError> {
        let how = self.how;
        how.decoded(batch)?;
        let (models, changes) = side_by_side(self.models.drain(..), |mut model| {
            let (batch, store) = (batch.clone(), store.clone());
            tokio::spawn(async move {
                let changes = how.fold(&mut *model, &batch, &mut From::Store(&store)).await;
                (model, changes)
            })
        })
        .await;
        self.models = models;
        all(changes)
    }

    /// As [`Builder::fold`], within the transaction that already holds newer rows.
    pub(crate) async fn fold_within(
        &mut self,
        batch: &Batch<E>,
        from: &mut From<'_>,
    ) -> Result<Vec<Changes>, ProjectionError> {
        self.how.decoded(batch)?;
        let mut changes = Vec::with_capacity(self.models.len());
        for model in &mut self.models {
            changes.push(self.how.fold(&mut **model, batch, from).await);
        }
        all(changes)
    }

    /// Everything that has not been written yet.
    pub(crate) async fn rest(&mut self) -> Result<Vec<Changes>, ProjectionError> {
        let how = self.how;
        let (models, changes) = side_by_side(self.models.drain(..), |mut model| {
            tokio::spawn(async move {
                let changes = how.take(&mut *model, true);
                (model, changes)
            })
        })
        .await;
        self.models = models;
        all(changes)
    }
}

impl How {
    /// Refuses a batch with an event that this build cannot read.
    fn decoded<E>(self, batch: &Batch<E>) -> Result<(), ProjectionError> {
        let undecoded = batch.events.iter().find_map(|event| Some((event, event.recorded().err()?)));
        undecoded.map_or(Ok(()), |(event, error)| Err(self.poison(event, error.to_string())))
    }

    async fn fold<E>(
        self,
        model: &mut dyn Model<E>,
        batch: &Batch<E>,
        from: &mut From<'_>,
    ) -> Result<Changes, ProjectionError> {
        model.plan(&batch.events, &FxHashSet::default());
        from.load(self.department, Some(self.version), model).await?;
        let table = model.table().name;
        model
            .fold(&batch.events, self.careful)
            .map_err(|Refused { index, why }| self.poison(&batch.events[index], format!("{table}: {why}")))?;
        self.take(model, false)
    }

    fn take<E>(self, model: &mut dyn Model<E>, all: bool) -> Result<Changes, ProjectionError> {
        let unwritable = |source| ProjectionError::Unwritable { department: self.department, source };
        let changes = model.take(all).map_err(unwritable)?;
        match !self.careful && changes.may_have_nul() {
            true => Err(unwritable(Unwritable::Nul { table: changes.table.name })),
            false => Ok(changes),
        }
    }

    fn poison<E>(self, event: &Incoming<E>, why: String) -> ProjectionError {
        ProjectionError::Poison { department: self.department, position: event.meta.position, case: event.case, why }
    }
}

/// Does something with every model at once; gives them back in order, with what came of it.
async fn side_by_side<M, T>(
    models: impl Iterator<Item = M>,
    task: impl FnMut(M) -> JoinHandle<(M, T)>,
) -> (Vec<M>, Vec<T>) {
    let tasks: Vec<_> = models.map(task).collect();
    let mut done = (Vec::with_capacity(tasks.len()), Vec::with_capacity(tasks.len()));
    for task in tasks {
        let (model, result) = task.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        done.0.push(model);
        done.1.push(result);
    }
    done
}

/// All changes, or the failure of the earliest event: which table comes to it first is chance.
fn all(changes: Vec<Result<Changes, ProjectionError>>) -> Result<Vec<Changes>, ProjectionError> {
    let (mut made, mut failed) = (Vec::with_capacity(changes.len()), Vec::new());
    for change in changes {
        match change {
            Ok(change) => made.push(change),
            Err(error) => failed.push(error),
        }
    }
    let place = |error: &ProjectionError| match error {
        ProjectionError::Poison { position, .. } => Some(*position),
        _ => None,
    };
    failed.into_iter().min_by_key(place).map_or(Ok(made), Err)
}
