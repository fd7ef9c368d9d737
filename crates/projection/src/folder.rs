//! Folding a batch through all read models of a department: every event wholly, or its case is held back.

use crate::batch::{Batch, Incoming};
use crate::changes::{Changes, Unwritable};
use crate::fold::Model;
use crate::store::{ParkedEvent, Store, Tx};
use crate::{ProjectionError, Recorded};
use kernel::CaseId;
use rustc_hash::FxHashSet;

/// The read models of a department with what of their tables is in memory.
pub(crate) struct Folder<E> {
    department: &'static str,
    models: Vec<Box<dyn Model<E>>>,
    parked: FxHashSet<CaseId>,
    rebuild: bool,
    careful: bool,
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

impl<E> Folder<E> {
    pub(crate) fn new(department: &'static str, models: Vec<Box<dyn Model<E>>>) -> Folder<E> {
        Folder { department, models, parked: FxHashSet::default(), rebuild: false, careful: false }
    }

    /// For a rebuild into new tables. `careful`: each row is looked at before it is believed to be writable.
    pub(crate) fn for_rebuild(mut self, careful: bool) -> Folder<E> {
        self.models.iter_mut().for_each(|model| model.reset(true));
        (self.rebuild, self.careful) = (true, careful);
        self
    }

    /// Forgets all rows; takes these cases for parked. What was not written is lost.
    pub(crate) fn reset(&mut self, parked: impl IntoIterator<Item = CaseId>) {
        self.models.iter_mut().for_each(|model| model.reset(false));
        self.parked = parked.into_iter().collect();
        self.rebuild = false;
    }

    /// How many cases are held back.
    pub(crate) fn parked(&self) -> usize {
        self.parked.len()
    }

    /// Folds a batch, loading the rows that it needs. All that came of batches before the last must be written.
    pub(crate) async fn fold(
        &mut self,
        batch: &Batch<E>,
        version: Option<i64>,
        mut from: From<'_>,
    ) -> Result<Folded, ProjectionError> {
        let before = self.parked.clone();
        self.load(batch, version, &mut from).await?;
        let folded = self.fold_loaded(batch, self.careful)?;
        let Err(unwritable) = self.check(&folded.changes) else { return Ok(folded) };
        if self.rebuild {
            return Err(unwritable);
        }
        // Rare: find the one event that no database would take, and park only its case.
        self.reset(before);
        self.load(batch, version, &mut from).await?;
        self.fold_loaded(batch, true)
    }

    /// Everything that has not been written yet, at the end of a rebuild.
    pub(crate) fn rest(&mut self) -> Result<Vec<Changes>, ProjectionError> {
        let changes = self.take(true)?;
        self.check(&changes)?;
        Ok(changes)
    }

    fn check(&self, changes: &[Changes]) -> Result<(), ProjectionError> {
        let department = self.department;
        match changes.iter().find(|changes| !self.careful && changes.may_have_nul()) {
            Some(changes) => {
                let source = Unwritable::Nul { table: changes.table.name };
                Err(ProjectionError::Unwritable { department, source })
            }
            None => Ok(()),
        }
    }

    fn take(&mut self, all: bool) -> Result<Vec<Changes>, ProjectionError> {
        let department = self.department;
        let changes = self.models.iter_mut().map(|model| model.take(all)).collect::<Result<_, _>>();
        changes.map_err(|source| ProjectionError::Unwritable { department, source })
    }

    async fn load(
        &mut self,
        batch: &Batch<E>,
        version: Option<i64>,
        from: &mut From<'_>,
    ) -> Result<(), ProjectionError> {
        let department = self.department;
        let store_error = |source| ProjectionError::Store { department, source };
        for incoming in &batch.events {
            let event = recorded(incoming).filter(|_| !self.parked.contains(&incoming.case));
            for model in &mut self.models {
                model.plan(event.as_ref());
            }
        }
        for model in &mut self.models {
            let missing = model.missing();
            if missing.is_empty() {
                continue;
            }
            let table = model.table();
            let found = match from {
                From::Store(store) => store.load(table, version, &missing).await,
                From::Tx(tx) => tx.load(table, version, &missing).await,
            };
            model
                .load(&missing, &found.map_err(store_error)?)
                .map_err(|source| store_error(crate::StoreError::Row { subject: table.name.to_owned(), source }))?;
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
        Ok(Folded { changes: self.take(false)?, parked })
    }

    /// Folds one event into every table, or into none.
    fn apply(&mut self, index: usize, incoming: &Incoming<E>, careful: bool) -> Result<(), String> {
        let event = match &incoming.event {
            Ok(event) => event,
            Err(error) => return Err(error.to_string()),
        };
        let event = Recorded { meta: &incoming.meta, case: incoming.case, occurred_at: incoming.occurred_at, event };
        let staged = self.models.iter_mut().try_for_each(|model| {
            model.stage(index, &event, careful).map_err(|error| format!("{}: {error}", model.table().name))
        });
        self.models.iter_mut().for_each(|model| model.settle(staged.is_ok()));
        staged
    }
}

fn recorded<E>(incoming: &Incoming<E>) -> Option<Recorded<'_, E>> {
    let event = incoming.event.as_ref().ok()?;
    Some(Recorded { meta: &incoming.meta, case: incoming.case, occurred_at: incoming.occurred_at, event })
}
