//! A transaction in either database. Dropped without [`Tx::commit`], it never was.

use super::error::{StoreError, failed};
use super::{Dialect, PostgresTx, SqliteTx};
use futures::{StreamExt as _, stream::BoxStream};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Postgres, Row as _, Sqlite};

/// A transaction.
pub(crate) enum Tx {
    Sqlite(SqliteTx),
    Postgres(PostgresTx),
}

/// A parameter.
#[derive(Debug, Clone)]
pub(crate) enum Arg {
    Int(i64),
    Text(String),
}

impl From<&crate::Value> for Arg {
    fn from(value: &crate::Value) -> Arg {
        match value {
            crate::Value::Int(int) => Arg::Int(*int),
            crate::Value::Text(text) => Arg::Text(text.to_string()),
        }
    }
}

pub(super) fn sqlite_query(sql: String, arguments: Vec<Arg>) -> Query<'static, Sqlite, SqliteArguments> {
    arguments.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, argument| match argument {
        Arg::Int(int) => query.bind(int),
        Arg::Text(text) => query.bind(text),
    })
}

pub(super) fn postgres_query(sql: String, arguments: Vec<Arg>) -> Query<'static, Postgres, PgArguments> {
    arguments.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, argument| match argument {
        Arg::Int(int) => query.bind(int),
        Arg::Text(text) => query.bind(text),
    })
}

impl Tx {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Tx::Sqlite(_) => Dialect::Sqlite,
            Tx::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs one statement; gives how many rows it changed.
    pub(crate) async fn execute(
        &mut self,
        operation: &str,
        sql: String,
        arguments: Vec<Arg>,
    ) -> Result<u64, StoreError> {
        let done = match self {
            Tx::Sqlite(tx) => sqlite_query(sql, arguments).execute(&mut **tx).await.map(|done| done.rows_affected()),
            Tx::Postgres(tx) => {
                postgres_query(sql, arguments).execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        };
        done.map_err(failed(operation))
    }

    /// The rows of a query with an integer and a text.
    pub(crate) async fn pairs(
        &mut self,
        operation: &str,
        sql: String,
        arguments: Vec<Arg>,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let read = async || match self {
            Tx::Sqlite(tx) => {
                let rows = sqlite_query(sql, arguments).fetch_all(&mut **tx).await?;
                rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, sqlx::Error>>()
            }
            Tx::Postgres(tx) => {
                let rows = postgres_query(sql, arguments).fetch_all(&mut **tx).await?;
                rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
            }
        };
        read().await.map_err(failed(operation))
    }

    /// The rows of a query with one text, as they come.
    pub(crate) fn texts(&mut self, operation: &'static str, sql: String) -> BoxStream<'_, Result<String, StoreError>> {
        let read = move |row: Result<String, sqlx::Error>| row.map_err(failed(operation));
        match self {
            Tx::Sqlite(tx) => {
                let rows = sqlite_query(sql, Vec::new()).fetch(&mut **tx);
                rows.map(move |row| read(row.and_then(|row| row.try_get(0)))).boxed()
            }
            Tx::Postgres(tx) => {
                let rows = postgres_query(sql, Vec::new()).fetch(&mut **tx);
                rows.map(move |row| read(row.and_then(|row| row.try_get(0)))).boxed()
            }
        }
    }

    /// Makes everything that was written durable, together.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let done = match self {
            Tx::Sqlite(tx) => tx.commit().await,
            Tx::Postgres(tx) => tx.commit().await,
        };
        done.map_err(failed("commit"))
    }
}
