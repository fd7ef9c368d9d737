//! The gateway's side of a read model: queries over a department's tables, and waiting until they have a position.

use crate::Value;
use crate::after::Waiting;
use crate::store::{Database, Store, StoreError};
use kernel::Position;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// Reads a department's tables; cheap to clone. Writes nothing.
#[derive(Debug, Clone)]
pub struct Reader {
    store: Arc<Store>,
    waiting: Arc<Waiting>,
}

impl Reader {
    /// Opens the tables of the department named `department`.
    ///
    /// # Errors
    /// When the database cannot be reached or opened. The tables need not be there yet.
    pub async fn open(database: &Database, department: &'static str) -> Result<Reader, StoreError> {
        let store = Arc::new(Store::open(database, department).await?);
        Ok(Reader { store, waiting: Arc::new(Waiting::default()) })
    }

    /// The rows of a query, each from an object of its columns.
    ///
    /// `sql` is one `SELECT` in the common part of both dialects, with `$1`, `$2`, … for the arguments and table names
    /// without a schema. Every column needs a name. Booleans and JSON come as such when they are plain columns.
    ///
    /// # Errors
    /// When the database fails, or a row is not a `T`.
    pub async fn fetch<T: DeserializeOwned>(
        &self,
        sql: &'static str,
        arguments: &[Value],
    ) -> Result<Vec<T>, StoreError> {
        self.store.fetch(sql.to_owned(), arguments).await
    }

    /// As [`Reader::fetch`], for a query put together from constant parts. Never put a value into `sql` itself.
    ///
    /// # Errors
    /// As [`Reader::fetch`].
    pub async fn fetch_built<T: DeserializeOwned>(
        &self,
        sql: String,
        arguments: &[Value],
    ) -> Result<Vec<T>, StoreError> {
        self.store.fetch(sql, arguments).await
    }

    /// The last event that the tables hold, or `None` before the first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn position(&self) -> Result<Option<Position>, StoreError> {
        let next = self.store.next_position().await?;
        Ok(next.0.checked_sub(1).map(Position))
    }

    /// Waits until the tables hold the event at `position`: what `?after=` asks for. `false` when time ran out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wait_for(&self, position: Position, timeout: Duration) -> Result<bool, StoreError> {
        self.waiting.wait_for(&self.store, position, timeout).await
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }
}
