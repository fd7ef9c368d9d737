//! What a batch changes in one table, ready to be sent: one JSON parameter for all rows, one for all keys.

use crate::{Key, SealedText, Table};
use serde::Serialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;

/// What a batch changes in one table.
pub(crate) struct Changes {
    pub(crate) table: &'static Table,
    /// Rows to be written, as objects of all columns.
    pub(crate) upserts: Payload,
    /// Rows to be removed, as objects of the key columns.
    pub(crate) deletes: Payload,
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
    /// A row's key, and of each sealed column its name and what it holds now.
    pub(crate) changed: Vec<(Key, SealedFields)>,
    /// Keys of removed rows.
    pub(crate) removed: Payload,
}

/// Of each sealed column its name and what it holds.
pub(crate) type SealedFields = Vec<(&'static str, Option<String>)>;

/// Why a row cannot be written: a mistake in the read model, not in the event.
#[derive(Debug, thiserror::Error)]
pub enum Unwritable {
    /// The row does not serialize.
    #[error("a row of {table} cannot be written as JSON")]
    Json {
        /// Its table.
        table: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The row's fields are not the table's columns.
    #[error("a row of {table} has the fields {fields:?}, its table the columns {columns:?}")]
    Fields {
        /// Its table.
        table: &'static str,
        /// What the row has, sorted.
        fields: Vec<String>,
        /// What the table has, sorted.
        columns: Vec<String>,
    },
}

impl Changes {
    pub(crate) fn new(table: &'static Table) -> Changes {
        Changes { table, upserts: Payload::default(), deletes: Payload::default(), sealed: Seals::default() }
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
        false
    }
}

impl Payload {
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }
    /// Adds one element; gives its JSON.
    pub(crate) fn push(&mut self, row: &impl Serialize) -> Result<&[u8], serde_json::Error> {
        self.json.push(if self.count == 0 { b'[' } else { b',' });
        self.count += 1;
        let start = self.json.len();
        serde_json::to_writer(&mut self.json, row)?;
        Ok(&self.json[start..])
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

    /// Checks on the first row that fields and columns agree: they are of one type, so one stands for all.
    pub(crate) fn check(changes: &Changes) -> Result<(), Unwritable> {
        let Some(json) = changes.upserts.json.get(1..) else { return Ok(()) };
        let table = changes.table.name;
        let first = serde_json::Deserializer::from_slice(json).into_iter::<Map<String, Json>>().next();
        let row = first.transpose().map_err(|source| Unwritable::Json { table, source })?.unwrap_or_default();
        let mut fields: Vec<String> = row.into_iter().map(|(name, _)| name).collect();
        let mut columns: Vec<String> = changes.table.columns.iter().map(|column| column.name.to_owned()).collect();
        fields.sort_unstable();
        columns.sort_unstable();
        if fields == columns { Ok(()) } else { Err(Unwritable::Fields { table, fields, columns }) }
    }
}

impl Seals {
    pub(crate) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty()
    }
    pub(crate) fn changed(&mut self, key: &Key, fields: SealedFields) {
        self.changed.push((key.clone(), fields));
    }
    pub(crate) fn removed(&mut self, table: &Table, key: &Key) {
        self.removed.push_key(table, key, None);
    }
}

/// The sealed columns of a row, from its JSON; the others are passed over.
pub(crate) fn sealed_fields(table: &'static Table, row: &[u8]) -> Result<SealedFields, serde_json::Error> {
    struct Fields(&'static Table);
    impl<'de> Visitor<'de> for Fields {
        type Value = SealedFields;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a row")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut row: A) -> Result<SealedFields, A::Error> {
            let mut fields = SealedFields::new();
            while let Some(name) = row.next_key::<Cow<'de, str>>()? {
                match self.0.sealed().find(|column| column.name == name) {
                    Some(column) => fields.push((column.name, row.next_value()?)),
                    None => drop(row.next_value::<IgnoredAny>()?),
                }
            }
            // In one order, wherever the JSON comes from: the fields are hashed.
            fields.sort_unstable_by_key(|(name, _)| *name);
            Ok(fields)
        }
    }
    serde_json::Deserializer::from_slice(row).deserialize_map(Fields(table))
}

/// The sealed field in a column's text, if it is one.
pub(crate) fn sealed(text: &str) -> Option<kernel::Sealed> {
    text.parse().ok().map(|SealedText(sealed)| sealed)
}

/// Whether some text of the row has a NUL character, which Postgres does not store.
pub(crate) fn has_nul(row: &impl Serialize) -> bool {
    fn look(value: &Json) -> bool {
        match value {
            Json::String(text) => text.contains('\0'),
            Json::Array(items) => items.iter().any(look),
            Json::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || look(value)),
            Json::Null | Json::Bool(_) | Json::Number(_) => false,
        }
    }
    serde_json::to_value(row).is_ok_and(|value| look(&value))
}
