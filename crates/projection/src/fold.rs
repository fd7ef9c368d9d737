//! The rows of one table in memory: a bounded cache of what was touched, and what of it is yet to be written.

use crate::{Key, ReadModel, Recorded, Table, Unfoldable};
use rustc_hash::FxHashMap;
use std::marker::PhantomData;

/// A read model with its type forgotten, and the rows of it that are in memory.
pub(crate) trait Model<E>: Send {
    /// The table.
    fn table(&self) -> &'static Table;
}

/// The rows of one read model that are in memory.
pub(crate) struct Rows<M: ReadModel> {
    rows: FxHashMap<Key, Option<M::Row>>,
    model: PhantomData<M>,
}
impl<M: ReadModel> Default for Rows<M> {
    fn default() -> Self {
        Rows { rows: FxHashMap::default(), model: PhantomData }
    }
}
impl<M: ReadModel> Model<M::Event> for Rows<M> {
    fn table(&self) -> &'static Table {
        const { &M::TABLE }
    }
}
