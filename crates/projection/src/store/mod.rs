//! The two databases: the only room that knows their dialects. One schema, or one file, a department.

mod bulk;
mod checkpoint;
mod error;
mod query;
mod schema;
mod sql;
mod tx;
mod write;

pub(crate) use checkpoint::{Checkpoint, ParkedEvent};
pub use error::StoreError;
pub(crate) use schema::shape;
pub(crate) use tx::{Arg, Tx};
pub(crate) use write::ClearRows;

use error::failed;
use sql::Dialect;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Postgres, Sqlite, Transaction};
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

/// Connections of one process to a department's tables.
const CONNECTIONS: u32 = 8;
/// How long a caller waits for a free connection.
const ACQUIRE: Duration = Duration::from_secs(3);
/// How long SQLite waits for another process's write.
const BUSY: Duration = Duration::from_secs(10);
/// Pages that SQLite keeps in memory for the writer, in KiB, as SQLite wants it: negative.
const WRITER_CACHE: &str = "-32768";
/// Pages written between two of SQLite's moves from its log into the file.
const PAGES_TO_CHECKPOINT: &str = "8000";

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
pub(crate) struct Store {
    department: &'static str,
    pools: Pools,
}

#[derive(Debug)]
enum Pools {
    /// One connection writes, as SQLite has it; the others read meanwhile.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

impl Store {
    /// Opens the database. Nothing is created but the file.
    pub(crate) async fn open(database: &Database, department: &'static str) -> Result<Store, StoreError> {
        let pools = match database {
            Database::Sqlite { folder } => sqlite(folder.clone(), department).await,
            Database::Postgres { url } => postgres(url, department).await,
        };
        let pools = pools.map_err(|source| StoreError::Open { department: department.to_owned(), source })?;
        Ok(Store { department, pools })
    }

    pub(crate) fn department(&self) -> &'static str {
        self.department
    }

    /// A transaction that writes. In SQLite it is the only one, from its start.
    pub(crate) async fn write(&self) -> Result<Tx, StoreError> {
        let operation = "start a transaction";
        match &self.pools {
            Pools::Sqlite { writer, .. } => {
                writer.begin_with("BEGIN IMMEDIATE").await.map(Tx::Sqlite).map_err(failed(operation))
            }
            Pools::Postgres(pool) => pool.begin().await.map(Tx::Postgres).map_err(failed(operation)),
        }
    }

    /// Empties SQLite's log of changes, which still holds what was just deleted. Postgres has its vacuum.
    ///
    /// Where a reader is in the way it stays, and goes with the next changes: nothing depends on it.
    pub(crate) async fn scrub(&self) -> Result<(), StoreError> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => {
                let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer).await;
                emptied.map(drop).map_err(failed("empty the log of changes"))
            }
            Pools::Postgres(_) => Ok(()),
        }
    }

    /// A transaction that reads: everything in it is of one moment.
    pub(crate) async fn snapshot(&self) -> Result<Tx, StoreError> {
        let operation = "start a snapshot";
        match &self.pools {
            Pools::Sqlite { readers, .. } => readers.begin().await.map(Tx::Sqlite).map_err(failed(operation)),
            Pools::Postgres(pool) => {
                let begin = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await;
                begin.map(Tx::Postgres).map_err(failed(operation))
            }
        }
    }
}

async fn sqlite(folder: PathBuf, department: &str) -> Result<Pools, sqlx::Error> {
    std::fs::create_dir_all(&folder)?;
    let options = SqliteConnectOptions::new()
        .filename(folder.join(format!("{department}.sqlite")))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(false)
        .busy_timeout(BUSY);
    // What is deleted is overwritten: a forgotten person's texts do not stay in free pages.
    let writes = options.clone().pragma("cache_size", WRITER_CACHE).pragma("wal_autocheckpoint", PAGES_TO_CHECKPOINT);
    let writes = writes.pragma("secure_delete", "ON");
    let pool = || SqlitePoolOptions::new().acquire_timeout(ACQUIRE);
    let readers = pool().max_connections(CONNECTIONS).connect_with(options.pragma("query_only", "ON")).await?;
    // A rebuild's last transaction may be long: who waits for the writer waits for it.
    let writer = pool().max_connections(1).acquire_timeout(BUSY).connect_lazy_with(writes);
    Ok(Pools::Sqlite { writer, readers })
}

async fn postgres(url: &str, department: &str) -> Result<Pools, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?.options([("search_path", department)]);
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE);
    Ok(Pools::Postgres(pool.connect_with(options).await?))
}

type SqliteTx = Transaction<'static, Sqlite>;
type PostgresTx = Transaction<'static, Postgres>;
