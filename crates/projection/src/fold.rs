//! The rows of one table in memory: a bounded cache of what was touched, and what of it is yet to be written.
//!
//! A batch goes through [`Model::plan`] (which rows), [`Model::missing`] and [`Model::load`] (those not in memory), then
//! for each event [`Model::stage`] in every model and, all having agreed, [`Model::settle`]; at last [`Model::take`].

use crate::changes::{Changes, Payload, Unwritable, has_nul, sealed_fields};
use crate::{Key, ReadModel, Recorded, Table, Unfoldable};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// Rows of one table that stay in memory between batches, in each of two generations.
const ROWS_KEPT: usize = 8_192;

/// A read model with its row's type forgotten, and the rows of it that are in memory.
pub(crate) trait Model<E>: Send + Sync {
    /// The table.
    fn table(&self) -> &'static Table;
    /// Notes the rows that the batch's next event touches; `None` for an event that will not be folded.
    fn plan(&mut self, event: Option<&Recorded<'_, E>>);
    /// The planned rows that have to be loaded.
    fn missing(&mut self) -> Vec<Key>;
    /// Takes in loaded rows: of each the index in what was missing, and its JSON.
    fn load(&mut self, missing: &[Key], found: &[(usize, String)]) -> Result<(), serde_json::Error>;
    /// Folds the batch's event number `index`, for now only on the side. `careful` also refuses unwritable rows.
    fn stage(&mut self, index: usize, event: &Recorded<'_, E>, careful: bool) -> Result<(), Unfoldable>;
    /// Keeps or drops what was staged.
    fn settle(&mut self, keep: bool);
    /// What is to be written since the last call; ends the batch.
    fn take(&mut self) -> Result<Changes, Unwritable>;
    /// Lets go of rows not touched lately. What was taken before the last `take` must be in the database.
    fn evict(&mut self);
    /// Forgets everything. `empty`: the table has no rows, so that what was never seen need not be looked for.
    fn reset(&mut self, empty: bool);
}

struct Slot<T> {
    row: Option<T>,
    dirty: bool,
    /// Hash of the sealed fields as they were last written.
    sealed: u64,
}

/// The rows of one read model that are in memory.
pub(crate) struct Rows<M: ReadModel> {
    hot: FxHashMap<Key, Slot<M::Row>>,
    cold: FxHashMap<Key, Slot<M::Row>>,
    planned: Vec<Key>,
    ends: Vec<usize>,
    staged: Vec<(Key, Option<M::Row>)>,
    dirty: Vec<Key>,
    /// New rows of an append-only table.
    added: Vec<(Key, M::Row)>,
    /// Hashes of the rows that were let go, where every row of the table has been in memory once.
    evicted: Option<FxHashSet<u64>>,
    model: PhantomData<M>,
}

impl<M: ReadModel> Default for Rows<M> {
    fn default() -> Self {
        Rows {
            hot: FxHashMap::default(),
            cold: FxHashMap::default(),
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

impl<M: ReadModel> Rows<M> {
    const SEALED: bool = {
        let mut sealed = false;
        let mut index = 0;
        while index < M::TABLE.columns.len() {
            sealed |= matches!(M::TABLE.columns[index].class, crate::Class::Sealed);
            index += 1;
        }
        sealed
    };

    fn keep(&mut self, key: Key, row: Option<M::Row>) {
        match self.hot.get_mut(&key) {
            Some(slot) if slot.row == row => {}
            Some(slot) => {
                slot.row = row;
                if !slot.dirty {
                    slot.dirty = true;
                    self.dirty.push(key);
                }
            }
            None if row.is_none() => {}
            None => {
                self.dirty.push(key.clone());
                self.hot.insert(key, Slot { row, dirty: true, sealed: 0 });
            }
        }
    }

    fn add_row(changes: &mut Changes, key: &Key, slot: &mut Slot<M::Row>) -> Result<(), Unwritable> {
        let unwritable = |source| Unwritable::Json { table: M::TABLE.name, source };
        let Some(row) = &slot.row else {
            changes.deletes.push_key(&M::TABLE, key, None);
            if Self::SEALED {
                changes.sealed.removed(&M::TABLE, key);
            }
            slot.sealed = 0;
            return Ok(());
        };
        let json = changes.upserts.push(row).map_err(unwritable)?;
        if Self::SEALED {
            let fields = sealed_fields(const { &M::TABLE }, json).map_err(unwritable)?;
            let now = hash_of(&fields);
            if now != slot.sealed {
                changes.sealed.changed(key, fields);
                slot.sealed = now;
            }
        }
        Ok(())
    }
}

impl<M: ReadModel> Model<M::Event> for Rows<M> {
    fn table(&self) -> &'static Table {
        const { &M::TABLE }
    }

    fn plan(&mut self, event: Option<&Recorded<'_, M::Event>>) {
        let start = self.planned.len();
        if let Some(event) = event {
            M::keys(event, &mut self.planned);
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

    fn missing(&mut self) -> Vec<Key> {
        if M::TABLE.append_only {
            return Vec::new();
        }
        let mut missing = FxHashSet::default();
        for key in &self.planned {
            if self.hot.contains_key(key) {
                continue;
            }
            if let Some((key, slot)) = self.cold.remove_entry(key) {
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
        for (index, json) in found {
            let row: M::Row = serde_json::from_str(json)?;
            let sealed = if Self::SEALED { hash_of(&sealed_fields(self.table(), json.as_bytes())?) } else { 0 };
            self.hot.insert(missing[*index].clone(), Slot { row: Some(row), dirty: false, sealed });
        }
        Ok(())
    }

    fn stage(&mut self, index: usize, event: &Recorded<'_, M::Event>, careful: bool) -> Result<(), Unfoldable> {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        for key in &self.planned[start..self.ends[index]] {
            let before = if M::TABLE.append_only { None } else { self.hot.get(key).and_then(|slot| slot.row.clone()) };
            let after = M::fold(before, key, event)?;
            if careful && after.as_ref().is_some_and(has_nul) {
                return Err(Unfoldable::new(format!("the row {key} of {} would hold a NUL character", M::TABLE.name)));
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

    fn take(&mut self) -> Result<Changes, Unwritable> {
        self.planned.clear();
        self.ends.clear();
        // In the order of the table: neighbours share pages.
        self.dirty.sort_unstable();
        let mut changes = Changes::new(self.table());
        for key in self.dirty.drain(..) {
            let slot = self.hot.get_mut(&key).expect("a dirty row is in memory");
            Self::add_row(&mut changes, &key, slot)?;
            slot.dirty = false;
        }
        // The later of two rows with one key stays, as it would if they came in two batches.
        self.added.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut added = self.added.drain(..).peekable();
        while let Some((key, row)) = added.next() {
            if added.peek().is_none_or(|(next, _)| *next != key) {
                Self::add_row(&mut changes, &key, &mut Slot { row: Some(row), dirty: true, sealed: 0 })?;
            }
        }
        drop(added);
        Payload::check(&changes)?;
        Ok(changes)
    }

    fn evict(&mut self) {
        if self.hot.len() <= ROWS_KEPT {
            return;
        }
        let gone = std::mem::replace(&mut self.cold, std::mem::take(&mut self.hot));
        if let Some(evicted) = &mut self.evicted {
            evicted.extend(gone.keys().map(hash_of));
        }
    }

    fn reset(&mut self, empty: bool) {
        *self = Rows { evicted: empty.then(FxHashSet::default), ..Rows::default() };
    }
}
