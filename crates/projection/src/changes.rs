//! What a batch changes in one table, ready to be sent: one JSON parameter for all rows, one for all keys.

use crate::cells::{Cells, Misfit, SealedFields, sealed_fields};
use crate::{Class, Key, SealedText, Table};
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// What a batch changes in one table.
pub(crate) struct Changes {
    pub(crate) table: &'static Table,
    /// Rows to be written, as objects of all columns.
    pub(crate) upserts: Payload,
    /// Rows to be removed, as objects of the key columns.
    pub(crate) deletes: Payload,
    /// Rows that are certainly new: only a rebuild knows.
    pub(crate) inserts: Cells,
    /// What changes in the sealed columns.
    pub(crate) sealed: Seals,
}

/// A JSON array that grows.
#[derive(Default)]
pub(crate) struct Payload {
    json: Vec<u8>,
    count: usize,
}

/// Rows whose sealed columns have changed, to be opened for the clear side table.
#[derive(Default)]
pub(crate) struct Seals {
    /// A row's key, and what its sealed columns hold now.
    pub(crate) changed: Vec<(Key, SealedFields)>,
    /// Keys of removed rows.
    pub(crate) removed: Payload,
}

/// Why a row cannot be written: a mistake in the read model, not in the event.
#[derive(Debug, thiserror::Error)]
pub enum Unwritable {
    /// The row's fields are not the table's columns, or not of their kinds.
    #[error("the row {key} does not fit the table {table}")]
    Misfit {
        /// Its table.
        table: &'static str,
        /// Its key.
        key: Key,
        /// How.
        #[source]
        source: Misfit,
    },
    /// The row does not serialize.
    #[error("the row {key} of {table} cannot be written as JSON")]
    Json {
        /// Its table.
        table: &'static str,
        /// Its key.
        key: Key,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A text has a NUL character, which not every database stores.
    #[error("a row of {table} holds a NUL character")]
    Nul {
        /// Its table.
        table: &'static str,
    },
}

impl Changes {
    pub(crate) fn new(table: &'static Table) -> Changes {
        Changes {
            table,
            upserts: Payload::default(),
            deletes: Payload::default(),
            inserts: Cells::new(table),
            sealed: Seals::default(),
        }
    }

    /// Adds a row to be written; `new` when there is certainly none with its key. Gives what the sealed columns hold.
    pub(crate) fn write<T: Serialize>(&mut self, key: &Key, row: &T, new: bool) -> Result<SealedFields, Unwritable> {
        let table = self.table;
        let is_sealed = table.columns.iter().any(|column| column.class == Class::Sealed);
        // Rows of a table are of one type: of those that go as JSON, the first is looked at for all.
        let apart = new || is_sealed || self.upserts.is_empty();
        let misfit = |source| Unwritable::Misfit { table: table.name, key: key.clone(), source };
        let sealed = match apart {
            true => sealed_fields(table, self.inserts.push(row).map_err(misfit)?),
            false => Vec::new(),
        };
        if !new {
            if apart {
                self.inserts.pop();
            }
            let json = |source| Unwritable::Json { table: table.name, key: key.clone(), source };
            self.upserts.push(row).map_err(json)?;
        }
        Ok(sealed)
    }

    /// Adds a row to be removed.
    pub(crate) fn remove(&mut self, key: &Key) {
        self.deletes.push_key(self.table, key, None);
        if self.table.sealed().next().is_some() {
            self.sealed.removed.push_key(self.table, key, None);
        }
    }

    /// Whether some text may hold a NUL character, which Postgres refuses; seldom wrongly.
    pub(crate) fn may_have_nul(&self) -> bool {
        const ESCAPED: &[u8] = b"\\u0000";
        let json = &self.upserts.json;
        let mut from = 0;
        while let Some(found) = json[from..].iter().position(|byte| *byte == b'\\') {
            from += found;
            if json[from..].starts_with(ESCAPED) {
                return true;
            }
            from += 1;
        }
        self.inserts.had_nul()
    }
}

impl Payload {
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }
    /// Adds one element.
    pub(crate) fn push(&mut self, row: &impl Serialize) -> Result<(), serde_json::Error> {
        self.json.push(if self.count == 0 { b'[' } else { b',' });
        self.count += 1;
        serde_json::to_writer(&mut self.json, row)
    }
    /// Adds a key as an object of its columns, with its number as `_n` where one is given.
    pub(crate) fn push_key(&mut self, table: &Table, key: &Key, number: Option<usize>) {
        let mut object: Map<String, Json> =
            table.key.iter().zip(key.values()).map(|(name, value)| ((*name).to_owned(), value.to_json())).collect();
        if let Some(number) = number {
            object.insert("_n".to_owned(), number.into());
        }
        self.push(&object).expect("integers and texts serialize");
    }
    /// The whole array.
    pub(crate) fn text(mut self) -> String {
        self.json.extend_from_slice(if self.count == 0 { b"[]" } else { b"]" });
        String::from_utf8(self.json).expect("serde_json writes UTF-8")
    }
}

impl Seals {
    pub(crate) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty()
    }
}

/// The sealed field in a column's text, if it is one.
pub(crate) fn sealed(text: &str) -> Option<kernel::Sealed> {
    text.parse().ok().map(|SealedText(sealed)| sealed)
}
