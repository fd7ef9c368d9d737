//! A department: the read models of one schema or file, folded from one register.

use crate::fold::{Model, Rows};
use crate::{Class, Column, ReadModel, Table};

/// Makes an empty read model that keeps so many rows.
type Make<E> = fn(usize) -> Box<dyn Model<E>>;

/// How much of a department is in memory at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows of one table that a generation has before the next begins; there are three, and a batch may add its own.
    pub rows: usize,
    /// Events of a batch; the block that passes it still belongs to it.
    pub batch: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { rows: 8_192, batch: 5_000 }
    }
}

/// The read models of one department. `E` is the event of the one register that it reads.
pub struct Department<E> {
    name: &'static str,
    models: Vec<Make<E>>,
    tables: Vec<&'static Table>,
    limits: Limits,
}

impl<E: Send + 'static> Department<E> {
    /// A department without tables. `name` is its schema in Postgres and its file in SQLite; `[a-z_]`.
    #[must_use]
    pub fn new(name: &'static str) -> Department<E> {
        Department { name, models: Vec::new(), tables: Vec::new(), limits: Limits::default() }
    }

    /// Adds a read model.
    ///
    /// # Panics
    /// When the table's description contradicts itself: a programming error that every start finds.
    #[must_use]
    pub fn table<M: ReadModel<Event = E>>(mut self) -> Department<E> {
        let table: &'static Table = const { &M::TABLE };
        if let Err(why) = check(table) {
            panic!("table {}.{}: {why}", self.name, table.name);
        }
        assert!(self.tables.iter().all(|other| other.name != table.name), "two tables are named {}", table.name);
        self.models.push(|rows| Box::new(Rows::<M>::new(rows)));
        self.tables.push(table);
        self
    }

    /// Keeps more or less in memory than by default. The rows that come out are the same.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Department<E> {
        self.limits = limits;
        self
    }

    /// The schema or file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The tables, in the order they were added.
    #[must_use]
    pub fn tables(&self) -> &[&'static Table] {
        &self.tables
    }

    /// Every column with its class: what a test of disclosure looks through.
    pub fn disclosure(&self) -> impl Iterator<Item = (&'static str, &'static str, Class)> {
        self.tables.iter().flat_map(|table| table.columns.iter().map(|column| (table.name, column.name, column.class)))
    }

    pub(crate) fn batch(&self) -> usize {
        self.limits.batch
    }

    pub(crate) fn models(&self) -> Vec<Box<dyn Model<E>>> {
        self.models.iter().map(|make| make(self.limits.rows)).collect()
    }
}

const RESERVED: [&str; 4] = ["checkpoint", "parked", "forgotten", "versions"];
const LONGEST_NAME: usize = 40;

fn check(table: &Table) -> Result<(), String> {
    let plain = |name: &str| {
        !name.is_empty()
            && name.len() <= LONGEST_NAME
            && !name.contains("__")
            && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
    };
    if !plain(table.name) || RESERVED.contains(&table.name) || table.name.ends_with("_clear") {
        return Err(format!("{:?} cannot be a table's name", table.name));
    }
    if let Some(column) = table.columns.iter().find(|column| !plain(column.name)) {
        return Err(format!("{:?} cannot be a column's name", column.name));
    }
    if table.key.is_empty() {
        return Err("it has no key".into());
    }
    let named = table.key.iter().chain(table.indexes.iter().copied().flatten());
    if let Some(missing) = named.copied().find(|name| table.column(name).is_none()) {
        return Err(format!("there is no column {missing:?}"));
    }
    let unfit = |column: &Column| {
        table.key.contains(&column.name)
            && (column.class == Class::Sealed || !matches!(column.kind, crate::Kind::Int | crate::Kind::Text))
    };
    match table.columns.iter().find(|column| unfit(column)) {
        Some(column) => Err(format!("column {:?} cannot be part of a key", column.name)),
        None => Ok(()),
    }
}
