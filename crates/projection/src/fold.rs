//! The rows of one table in memory: a bounded cache of what was touched, and what of it is yet to be written.
//!
//! A batch goes through [`Model::plan`] (which rows), [`Model::missing`] and [`Model::load`] (those not in memory), then
//! for each event [`Model::stage`] in every model and, all having agreed, [`Model::settle`]; at last [`Model::take`].
//!
//! The live tables get every changed row with its batch. A rebuild, which nobody sees before its end, gets a row only
//! when memory lets go of it: most rows are then written once, however often they changed. Nor does a model wait there
//! for the others: [`Model::fold`] takes it through the whole batch.

use crate::batch::Incoming;
use crate::cells::{Cells, SealedFields, has_nul, sealed_fields};
use crate::changes::{Changes, Unwritable};
use crate::{Key, ReadModel, Recorded, Table, Unfoldable};
use kernel::CaseId;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// A read model with its row's type forgotten, and the rows of it that are in memory.
pub(crate) trait Model<E>: Send + Sync {
    /// The table.
    fn table(&self) -> &'static Table;
    /// Notes the rows that each event of a batch touches, but for those that will not be folded.
    fn plan(&mut self, events: &[Incoming<E>], parked: &FxHashSet<CaseId>);
    /// The planned rows that have to be loaded. All that was taken before the last `take` must be in the database.
    fn missing(&mut self) -> Vec<Key>;
    /// Takes in loaded rows: of each the index in what was missing, and its JSON.
    fn load(&mut self, missing: &[Key], found: &[(usize, String)]) -> Result<(), serde_json::Error>;
    /// Folds the batch's event number `index`, for now only on the side. `careful` also refuses unwritable rows.
    fn stage(&mut self, index: usize, event: &Recorded<'_, E>, careful: bool) -> Result<(), Unfoldable>;
    /// Keeps or drops what was staged.
    fn settle(&mut self, keep: bool);
    /// Folds all events of the batch at once. When one is refused, nothing in memory is to be used any more.
    fn fold(&mut self, events: &[Incoming<E>], careful: bool) -> Result<(), Refused>;
    /// What is to be written now; ends the batch. `all`: nothing stays unwritten in a rebuild either.
    fn take(&mut self, all: bool) -> Result<Changes, Unwritable>;
    /// Forgets everything. `rebuild`: the table is new and empty, and nobody reads it yet.
    fn reset(&mut self, rebuild: bool);
}

/// An event that a model cannot fold.
pub(crate) struct Refused {
    /// Which of the batch.
    pub(crate) index: usize,
    pub(crate) why: Unfoldable,
}

struct Slot<T> {
    row: Option<T>,
    /// Differs from the database.
    dirty: bool,
    /// The database has a row with this key.
    stored: bool,
    /// Hash of the sealed fields as they were last written.
    sealed: u64,
}

type Generation<T> = FxHashMap<Key, Slot<T>>;

/// The rows of one read model that are in memory.
pub(crate) struct Rows<M: ReadModel> {
    kept: usize,
    /// Touched lately.
    hot: Generation<M::Row>,
    /// Not touched since the last change of generations.
    cold: Generation<M::Row>,
    /// Written with the last batch, which may still be on its way.
    leaving: Generation<M::Row>,
    planned: Vec<Key>,
    ends: Vec<usize>,
    staged: Vec<(Key, Option<M::Row>)>,
    /// Keys of the dirty rows, in the live tables.
    dirty: Vec<Key>,
    /// New rows of an append-only table.
    added: Vec<(Key, M::Row)>,
    /// In a rebuild, hashes of the keys that memory let go of: others are not in the table.
    evicted: Option<FxHashSet<u64>>,
    model: PhantomData<M>,
}

impl<M: ReadModel> Rows<M> {
    /// None in memory. `kept`: how many a generation has before the next begins.
    pub(crate) fn new(kept: usize) -> Self {
        Rows {
            kept,
            hot: FxHashMap::default(),
            cold: FxHashMap::default(),
            leaving: FxHashMap::default(),
            planned: Vec::new(),
            ends: Vec::new(),
            staged: Vec::new(),
            dirty: Vec::new(),
            added: Vec::new(),
            evicted: None,
            model: PhantomData,
        }
    }
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// No hash where nothing is sealed, so that a new row without names counts as written.
fn hash_of_sealed(fields: &SealedFields) -> u64 {
    if fields.is_empty() { 0 } else { hash_of(fields) }
}

impl<M: ReadModel> Rows<M> {
    fn keep(&mut self, key: Key, row: Option<M::Row>) {
        let live = self.evicted.is_none();
        match self.hot.get_mut(&key) {
            Some(slot) if slot.row == row => {}
            Some(slot) => {
                slot.row = row;
                if !std::mem::replace(&mut slot.dirty, true) && live {
                    self.dirty.push(key);
                }
            }
            None if row.is_none() => {}
            None => {
                if live {
                    self.dirty.push(key.clone());
                }
                self.hot.insert(key, Slot { row, dirty: true, stored: false, sealed: 0 });
            }
        }
    }

    /// Folds an event into a row that nobody needs as it was.
    fn fold_in_place(&mut self, key: Key, event: &Recorded<'_, M::Event>, careful: bool) -> Result<(), Unfoldable> {
        let after = |row, key: &Key| {
            let after = M::fold(row, key, event)?;
            if careful {
                Self::check(key, after.as_ref())?;
            }
            Ok(after)
        };
        if M::TABLE.append_only {
            self.added.extend(after(None, &key)?.map(|row| (key, row)));
            return Ok(());
        }
        let live = self.evicted.is_none();
        match self.hot.entry(key) {
            Entry::Occupied(mut there) => {
                let row = there.get_mut().row.take();
                let after = after(row, there.key())?;
                let was_dirty = std::mem::replace(&mut there.get_mut().dirty, true);
                if live && !was_dirty {
                    self.dirty.push(there.key().clone());
                }
                there.get_mut().row = after;
            }
            Entry::Vacant(new) => {
                let Some(row) = after(None, new.key())? else { return Ok(()) };
                if live {
                    self.dirty.push(new.key().clone());
                }
                new.insert(Slot { row: Some(row), dirty: true, stored: false, sealed: 0 });
            }
        }
        Ok(())
    }

    /// Refuses a row that no database takes.
    fn check(key: &Key, row: Option<&M::Row>) -> Result<(), Unfoldable> {
        let Some(row) = row else { return Ok(()) };
        let mut rows = Cells::new(const { &M::TABLE });
        let cells = rows.push(row).map_err(|misfit| Unfoldable::new(misfit.to_string()))?;
        match has_nul(cells) {
            true => Err(Unfoldable::new(format!("the row {key} would hold a NUL character"))),
            false => Ok(()),
        }
    }

    /// Adds what the database has to be told of a row.
    fn tell(changes: &mut Changes, key: &Key, slot: &mut Slot<M::Row>, rebuild: bool) -> Result<(), Unwritable> {
        slot.dirty = false;
        let stored = std::mem::replace(&mut slot.stored, slot.row.is_some());
        match &slot.row {
            Some(row) => {
                let fields = changes.write(key, row, rebuild && !stored)?;
                let sealed = hash_of_sealed(&fields);
                if std::mem::replace(&mut slot.sealed, sealed) != sealed {
                    changes.sealed.changed.push((key.clone(), fields));
                }
            }
            None => {
                slot.sealed = 0;
                if stored {
                    changes.remove(key);
                }
            }
        }
        Ok(())
    }

    fn tell_all(changes: &mut Changes, generation: &mut Generation<M::Row>, rebuild: bool) -> Result<(), Unwritable> {
        let mut dirty: Vec<_> = generation.iter_mut().filter(|(_, slot)| slot.dirty).collect();
        dirty.sort_unstable_by_key(|(key, _)| *key);
        dirty.into_iter().try_for_each(|(key, slot)| Self::tell(changes, key, slot, rebuild))
    }

    /// The later of two new rows with one key stays, as it would if they came in two batches.
    fn tell_added(&mut self, changes: &mut Changes) -> Result<(), Unwritable> {
        self.added.sort_by(|(a, _), (b, _)| a.cmp(b));
        let rebuild = self.evicted.is_some();
        let mut added = self.added.drain(..).peekable();
        while let Some((key, row)) = added.next() {
            if added.peek().is_none_or(|(next, _)| *next != key) {
                let mut slot = Slot { row: Some(row), dirty: true, stored: false, sealed: 0 };
                Self::tell(changes, &key, &mut slot, rebuild)?;
            }
        }
        Ok(())
    }

    /// Begins a new generation when this one is full.
    fn grow_old(&mut self) {
        self.leaving.clear();
        if self.hot.len() <= self.kept {
            return;
        }
        // The new one takes the memory of the oldest.
        std::mem::swap(&mut self.leaving, &mut self.cold);
        std::mem::swap(&mut self.cold, &mut self.hot);
        if let Some(evicted) = &mut self.evicted {
            let there = self.leaving.iter().filter(|(_, slot)| slot.row.is_some() || slot.stored);
            evicted.extend(there.map(|(key, _)| hash_of(key)));
        }
    }
}

impl<M: ReadModel> Model<M::Event> for Rows<M> {
    fn table(&self) -> &'static Table {
        const { &M::TABLE }
    }

    fn plan(&mut self, events: &[Incoming<M::Event>], parked: &FxHashSet<CaseId>) {
        for incoming in events {
            let start = self.planned.len();
            if let Some(event) = incoming.recorded().ok().filter(|_| !parked.contains(&incoming.case)) {
                M::keys(&event, &mut self.planned);
            }
            let mut index = start + 1;
            while index < self.planned.len() {
                if self.planned[start..index].contains(&self.planned[index]) {
                    self.planned.remove(index);
                } else {
                    index += 1;
                }
            }
            self.ends.push(self.planned.len());
        }
    }

    fn missing(&mut self) -> Vec<Key> {
        if M::TABLE.append_only {
            return Vec::new();
        }
        let mut missing = FxHashSet::default();
        for key in &self.planned {
            if self.hot.contains_key(key) {
                continue;
            }
            if let Some((key, slot)) = self.cold.remove_entry(key).or_else(|| self.leaving.remove_entry(key)) {
                self.hot.insert(key, slot);
                continue;
            }
            if self.evicted.as_ref().is_none_or(|evicted| evicted.contains(&hash_of(key))) && !missing.contains(key) {
                missing.insert(key.clone());
            }
        }
        missing.into_iter().collect()
    }

    fn load(&mut self, missing: &[Key], found: &[(usize, String)]) -> Result<(), serde_json::Error> {
        let table = self.table();
        let mut rows = Cells::new(table);
        for (index, json) in found {
            let row: M::Row = serde_json::from_str(json)?;
            let sealed = match table.sealed().next() {
                Some(_) => rows.push(&row).map(|cells| hash_of_sealed(&sealed_fields(table, cells))),
                None => Ok(0),
            };
            let sealed = sealed.map_err(serde::de::Error::custom)?;
            self.hot.insert(missing[*index].clone(), Slot { row: Some(row), dirty: false, stored: true, sealed });
        }
        Ok(())
    }

    fn stage(&mut self, index: usize, event: &Recorded<'_, M::Event>, careful: bool) -> Result<(), Unfoldable> {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        for key in &self.planned[start..self.ends[index]] {
            let before = if M::TABLE.append_only { None } else { self.hot.get(key).and_then(|slot| slot.row.clone()) };
            let after = M::fold(before, key, event)?;
            if careful {
                Self::check(key, after.as_ref())?;
            }
            self.staged.push((key.clone(), after));
        }
        Ok(())
    }

    fn settle(&mut self, keep: bool) {
        let mut staged = std::mem::take(&mut self.staged);
        for (key, row) in staged.drain(..).filter(|_| keep) {
            match row {
                row if !M::TABLE.append_only => self.keep(key, row),
                Some(row) => self.added.push((key, row)),
                None => {}
            }
        }
        self.staged = staged;
    }

    fn fold(&mut self, events: &[Incoming<M::Event>], careful: bool) -> Result<(), Refused> {
        let mut keys = std::mem::take(&mut self.planned).into_iter();
        let mut start = 0;
        for (index, (incoming, end)) in events.iter().zip(std::mem::take(&mut self.ends)).enumerate() {
            let touched = keys.by_ref().take(end - start);
            start = end;
            let Ok(event) = incoming.recorded() else { continue };
            for key in touched {
                self.fold_in_place(key, &event, careful).map_err(|why| Refused { index, why })?;
            }
        }
        Ok(())
    }

    fn take(&mut self, all: bool) -> Result<Changes, Unwritable> {
        self.planned.clear();
        self.ends.clear();
        let mut changes = Changes::new(self.table());
        let rebuild = self.evicted.is_some();
        // In the order of the table: neighbours share pages.
        self.dirty.sort_unstable();
        for key in self.dirty.drain(..) {
            let slot = self.hot.get_mut(&key).expect("a dirty row of a live table was touched by this batch");
            Self::tell(&mut changes, &key, slot, rebuild)?;
        }
        self.tell_added(&mut changes)?;
        self.grow_old();
        Self::tell_all(&mut changes, &mut self.leaving, rebuild)?;
        if all {
            Self::tell_all(&mut changes, &mut self.cold, rebuild)?;
            Self::tell_all(&mut changes, &mut self.hot, rebuild)?;
        }
        Ok(changes)
    }

    fn reset(&mut self, rebuild: bool) {
        *self = Rows { evicted: rebuild.then(FxHashSet::default), ..Rows::new(self.kept) };
    }
}
