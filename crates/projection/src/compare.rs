//! Comparing read models row by row: the same rows give the same bytes in either database.
//!
//! Sealed columns are compared as they stand in the register. Clear side tables, the checkpoint and parked events are
//! no part of it.

use crate::store::{StoreError, Tx};
use crate::{Key, Kind, Reader, Table, Value};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use kernel::Position;
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};
use std::cmp::Ordering;
use std::fmt::Write as _;

/// The most differences that are named for one table; how many more there are is counted.
pub const DIFFERENCES_NAMED: usize = 100;

/// A department's tables at one moment.
pub struct Snapshot {
    tx: Tx,
    next: Position,
}

/// What a table holds, in short.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TableHash {
    /// The table.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over its rows in the order of the key, each as one line of canonical JSON; hexadecimal.
    pub hash: String,
}

/// A row that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its key.
    pub key: Key,
    /// The row on the left, if there is one, as canonical JSON.
    pub left: Option<String>,
    /// The row on the right.
    pub right: Option<String>,
}

/// How two tables differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Differences {
    /// The first [`DIFFERENCES_NAMED`], in the order of the key.
    pub named: Vec<Difference>,
    /// How many there are.
    pub count: u64,
}

impl Reader {
    /// The tables as they are at this moment, whatever is written meanwhile.
    ///
    /// # Errors
    /// When the database fails or holds no tables.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let department = self.store().department();
        let mut tx = self.store().snapshot().await?;
        let checkpoint = tx.checkpoint(department).await?;
        let missing = || StoreError::Checkpoint { department: department.to_owned() };
        let checkpoint = checkpoint.ok_or_else(missing)?;
        Ok(Snapshot { next: checkpoint.position, tx })
    }
}

impl Snapshot {
    /// How many events the tables hold.
    #[must_use]
    pub fn events(&self) -> Position {
        self.next
    }

    /// A table's rows in the order of the key, each as one line of canonical JSON.
    pub fn rows(&mut self, table: &'static Table) -> BoxStream<'_, Result<String, StoreError>> {
        self.keyed(table).map(|row| row.map(|(_, line)| line)).boxed()
    }

    /// What a table holds, in short.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hash(&mut self, table: &'static Table) -> Result<TableHash, StoreError> {
        let mut hash = Sha256::new();
        let mut count = 0;
        let mut rows = self.rows(table);
        while let Some(line) = rows.next().await {
            hash.update(line?);
            hash.update(b"\n");
            count += 1;
        }
        Ok(TableHash { table: table.name, rows: count, hash: crate::hex::encode(&hash.finalize()) })
    }

    fn keyed(&mut self, table: &'static Table) -> BoxStream<'_, Result<(Key, String), StoreError>> {
        let sql = self.tx.dump(table);
        let misfit = move |source| StoreError::Row { subject: table.name.to_owned(), source };
        let row = move |json: String| Ok(canonical_row(table, &serde_json::from_str(&json).map_err(misfit)?));
        self.tx.texts("read a table", sql).map(move |json| json.and_then(row)).boxed()
    }
}

/// Where a table differs between two snapshots.
///
/// # Errors
/// When a database fails.
pub async fn diff(left: &mut Snapshot, right: &mut Snapshot, table: &'static Table) -> Result<Differences, StoreError> {
    let (mut lefts, mut rights) = (left.keyed(table), right.keyed(table));
    let (mut a, mut b) = (lefts.next().await.transpose()?, rights.next().await.transpose()?);
    let mut differences = Differences::default();
    loop {
        let order = match (&a, &b) {
            (None, None) => return Ok(differences),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((left, _)), Some((right, _))) => left.cmp(right),
        };
        let left = if order.is_le() { a.take() } else { None };
        let right = if order.is_ge() { b.take() } else { None };
        let (took_left, took_right) = (left.is_some(), right.is_some());
        if left != right {
            differences.add(left, right);
        }
        if took_left {
            a = lefts.next().await.transpose()?;
        }
        if took_right {
            b = rights.next().await.transpose()?;
        }
    }
}

impl Differences {
    /// Whether the tables are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn add(&mut self, left: Option<(Key, String)>, right: Option<(Key, String)>) {
        self.count += 1;
        let key = left.as_ref().or(right.as_ref()).map(|(key, _)| key.clone());
        if let Some(key) = key.filter(|_| self.named.len() < DIFFERENCES_NAMED) {
            let line = |row: Option<(Key, String)>| row.map(|(_, line)| line);
            self.named.push(Difference { key, left: line(left), right: line(right) });
        }
    }
}

fn canonical_row(table: &Table, row: &Map<String, Json>) -> (Key, String) {
    let value = |name: &&str| match (table.column(name).map(|column| column.kind), row.get(*name)) {
        (Some(Kind::Int), Some(value)) => Value::Int(value.as_i64().unwrap_or_default()),
        (_, value) => Value::from(value.and_then(Json::as_str).unwrap_or_default()),
    };
    let mut line = String::new();
    canonical_object(row, &mut line);
    (table.key.iter().map(value).collect(), line)
}

fn canonical_object(object: &Map<String, Json>, line: &mut String) {
    let mut fields: Vec<(&String, &Json)> = object.iter().collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    line.push('{');
    for (index, (name, value)) in fields.into_iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        let _ = write!(line, "{}:", Json::from(name.as_str()));
        canonical(value, line);
    }
    line.push('}');
}

/// Fields sorted, no spaces, a number that is whole without a fraction or exponent, however the database spells it.
fn canonical(value: &Json, line: &mut String) {
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    match value {
        Json::Object(object) => canonical_object(object, line),
        Json::Array(items) => {
            line.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    line.push(',');
                }
                canonical(item, line);
            }
            line.push(']');
        }
        Json::Number(number) => {
            let _ = match number.as_f64().filter(|_| number.is_f64()) {
                Some(float) if float.fract() == 0.0 && float.abs() < WHOLE => write!(line, "{}", float as i64),
                Some(float) => write!(line, "{float:e}"),
                None => write!(line, "{number}"),
            };
        }
        Json::Null | Json::Bool(_) | Json::String(_) => {
            let _ = write!(line, "{value}");
        }
    }
}
