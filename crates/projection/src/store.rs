//! The two databases: the only place that knows their dialects.

use crate::Value;
use kernel::Position;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Column as _, Row as _, TypeInfo as _, ValueRef as _};
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

/// Connections that read, in one process.
const READERS: u32 = 8;
/// How long a caller waits for a free connection.
const ACQUIRE: Duration = Duration::from_secs(3);
/// How long SQLite waits for another process's write.
const BUSY: Duration = Duration::from_secs(10);

/// Where the departments' tables are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// One file a department, `<department>.sqlite`, in this folder.
    Sqlite {
        /// The folder; made when it is missing.
        folder: PathBuf,
    },
    /// One schema a department.
    Postgres {
        /// `postgres://user:password@host/database`.
        url: String,
    },
}

/// A department's tables in their database.
#[derive(Debug)]
pub(crate) enum Store {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Why a database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be opened.
    #[error("cannot open the database of department {department}")]
    Open {
        /// Whose.
        department: String,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// A statement failed.
    #[error("cannot {operation}")]
    Failed {
        /// What was being done, and to what.
        operation: String,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// A row is not what the program takes it for.
    #[error("cannot read a row: {operation}")]
    Row {
        /// What was being read.
        operation: String,
        /// What does not fit.
        #[source]
        source: serde_json::Error,
    },
}

impl Store {
    pub(crate) async fn open(database: &Database, department: &'static str) -> Result<Store, StoreError> {
        let failed = |source| StoreError::Open { department: department.to_owned(), source };
        match database {
            Database::Sqlite { folder } => {
                std::fs::create_dir_all(folder).map_err(|error| failed(error.into()))?;
                let options = SqliteConnectOptions::new()
                    .filename(folder.join(format!("{department}.sqlite")))
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Normal)
                    .busy_timeout(BUSY);
                let pool = SqlitePoolOptions::new().max_connections(READERS).acquire_timeout(ACQUIRE);
                Ok(Store::Sqlite(pool.connect_with(options).await.map_err(failed)?))
            }
            Database::Postgres { url } => {
                let options = PgConnectOptions::from_str(url).map_err(failed)?.options([("search_path", department)]);
                let pool = PgPoolOptions::new().max_connections(READERS).acquire_timeout(ACQUIRE);
                Ok(Store::Postgres(pool.connect_with(options).await.map_err(failed)?))
            }
        }
    }

    /// How many events the tables hold: the position of the next.
    pub(crate) async fn next_position(&self) -> Result<Position, StoreError> {
        #[derive(serde::Deserialize)]
        struct Next {
            position: u64,
        }
        let rows: Vec<Next> = self.fetch("SELECT position FROM checkpoint".to_owned(), &[]).await?;
        Ok(Position(rows.first().map_or(0, |next| next.position)))
    }

    pub(crate) async fn fetch<T: DeserializeOwned>(
        &self,
        sql: String,
        arguments: &[Value],
    ) -> Result<Vec<T>, StoreError> {
        let failed = |source| StoreError::Failed { operation: "run a query".to_owned(), source };
        let row = |source| StoreError::Row { operation: sql.clone(), source };
        match self {
            Store::Sqlite(pool) => {
                let query = sqlx::query(AssertSqlSafe(sql.as_str()));
                let query = arguments.iter().fold(query, |query, argument| match argument {
                    Value::Int(int) => query.bind(*int),
                    Value::Text(text) => query.bind(text.to_string()),
                });
                let rows = query.fetch_all(pool).await.map_err(failed)?;
                rows.iter().map(|r| serde_json::from_value(object(r).map_err(failed)?).map_err(row)).collect()
            }
            Store::Postgres(pool) => {
                let wrapped = format!("SELECT row_to_json(q)::text FROM ({sql}) q");
                let query = sqlx::query_scalar::<_, String>(AssertSqlSafe(wrapped));
                let query = arguments.iter().fold(query, |query, argument| match argument {
                    Value::Int(int) => query.bind(*int),
                    Value::Text(text) => query.bind(text.to_string()),
                });
                let rows = query.fetch_all(pool).await.map_err(failed)?;
                rows.iter().map(|text| serde_json::from_str(text).map_err(row)).collect()
            }
        }
    }
}

/// A SQLite row as an object. Booleans and JSON are told by the type that their column was declared with.
fn object(row: &SqliteRow) -> Result<Json, sqlx::Error> {
    let mut object = Map::new();
    for column in row.columns() {
        let index = column.ordinal();
        let raw = row.try_get_raw(index)?;
        let declared = column.type_info().name();
        let stored = raw.type_info().into_owned();
        let value = match (declared, stored.name()) {
            _ if raw.is_null() => Json::Null,
            ("BOOLEAN", _) => Json::Bool(row.try_get_unchecked::<i64, _>(index)? != 0),
            (_, "INTEGER" | "BOOLEAN") => Json::from(row.try_get_unchecked::<i64, _>(index)?),
            (_, "REAL") => Json::from(row.try_get_unchecked::<f64, _>(index)?),
            ("BLOB", _) => serde_json::from_str(row.try_get_unchecked::<&str, _>(index)?)
                .map_err(|error| sqlx::Error::ColumnDecode { index: column.name().to_owned(), source: error.into() })?,
            _ => Json::from(row.try_get_unchecked::<String, _>(index)?),
        };
        object.insert(column.name().to_owned(), value);
    }
    Ok(Json::Object(object))
}
