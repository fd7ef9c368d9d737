//! Folding a batch through all read models of a department: every event wholly, or its case is held back.

use crate::batch::{Batch, Incoming};
use crate::changes::Changes;
use crate::fold::Model;
use crate::store::{ParkedEvent, Store, Tx};
use crate::{ProjectionError, StoreError};
use kernel::CaseId;
use rustc_hash::FxHashSet;

/// The read models of a department with what of their tables is in memory.
pub(crate) struct Folder<E> {
    department: &'static str,
    models: Vec<Box<dyn Model<E>>>,
    parked: FxHashSet<CaseId>,
}

/// What a batch comes to.
pub(crate) struct Folded {
    pub(crate) changes: Vec<Changes>,
    pub(crate) parked: Vec<ParkedEvent>,
}

/// Where rows are loaded from: any reader, or the transaction that already holds newer ones.
pub(crate) enum From<'a> {
    Store(&'a Store),
    Tx(&'a mut Tx),
}

impl From<'_> {
    /// Loads the rows that a model planned for and has not in memory.
    pub(crate) async fn load<E>(
        &mut self,
        department: &'static str,
        version: Option<i64>,
        model: &mut dyn Model<E>,
    ) -> Result<(), ProjectionError> {
        let error = |source| ProjectionError::Store { department, source };
        let missing = model.missing();
        if missing.is_empty() {
            return Ok(());
        }
        let table = model.table();
        let found = match self {
            From::Store(store) => store.load(table, version, &missing).await,
            From::Tx(tx) => tx.load(table, version, &missing).await,
        };
        let misfit = |source| error(StoreError::Row { subject: table.name.to_owned(), source });
        model.load(&missing, &found.map_err(error)?).map_err(misfit)
    }
}

impl<E> Folder<E> {
    pub(crate) fn new(department: &'static str, models: Vec<Box<dyn Model<E>>>) -> Folder<E> {
        Folder { department, models, parked: FxHashSet::default() }
    }

    /// Forgets all rows; takes these cases for parked. What was not written is lost.
    pub(crate) fn reset(&mut self, parked: impl IntoIterator<Item = CaseId>) {
        self.models.iter_mut().for_each(|model| model.reset(false));
        self.parked = parked.into_iter().collect();
    }

    /// How many cases are held back.
    pub(crate) fn parked(&self) -> usize {
        self.parked.len()
    }

    /// Folds a batch, loading the rows that it needs. All that came of batches before the last must be written.
    pub(crate) async fn fold(&mut self, batch: &Batch<E>, mut from: From<'_>) -> Result<Folded, ProjectionError> {
        let before = self.parked.clone();
        self.load(batch, &mut from).await?;
        let folded = self.fold_loaded(batch, false)?;
        if !folded.changes.iter().any(Changes::may_have_nul) {
            return Ok(folded);
        }
        // Rare: find the one event that no database would take, and park only its case.
        self.reset(before);
        self.load(batch, &mut from).await?;
        self.fold_loaded(batch, true)
    }

    async fn load(&mut self, batch: &Batch<E>, from: &mut From<'_>) -> Result<(), ProjectionError> {
        for model in &mut self.models {
            model.plan(&batch.events, &self.parked);
            from.load(self.department, None, &mut **model).await?;
        }
        Ok(())
    }

    fn fold_loaded(&mut self, batch: &Batch<E>, careful: bool) -> Result<Folded, ProjectionError> {
        let mut parked = Vec::new();
        for (index, incoming) in batch.events.iter().enumerate() {
            let error = if self.parked.contains(&incoming.case) {
                String::new()
            } else {
                match self.apply(index, incoming, careful) {
                    Ok(()) => continue,
                    Err(error) => error,
                }
            };
            self.parked.insert(incoming.case);
            parked.push(ParkedEvent {
                position: incoming.meta.position.0 as i64,
                case_id: incoming.case.as_u64() as i64,
                height: incoming.height.0 as i64,
                block: batch.block(incoming.height),
                error,
            });
        }
        let changes = self.models.iter_mut().map(|model| model.take(false)).collect::<Result<_, _>>();
        let department = self.department;
        let changes = changes.map_err(|source| ProjectionError::Unwritable { department, source })?;
        Ok(Folded { changes, parked })
    }

    /// Folds one event into every table, or into none.
    fn apply(&mut self, index: usize, incoming: &Incoming<E>, careful: bool) -> Result<(), String> {
        let event = incoming.recorded().map_err(|error| error.to_string())?;
        let staged = self.models.iter_mut().try_for_each(|model| {
            model.stage(index, &event, careful).map_err(|error| format!("{}: {error}", model.table().name))
        });
        self.models.iter_mut().for_each(|model| model.settle(staged.is_ok()));
        staged
    }
}
