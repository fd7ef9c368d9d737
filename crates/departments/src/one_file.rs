//! The tables of all departments in one SQLite file, as an auditor takes them along: `<department>__<table>`.
//!
//! Only what a register says is in it. Clear texts, indexes and parked events stay behind.

use projection::Table;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};
use std::path::{Path, PathBuf};

/// Why tables could not be copied from one file to another.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {}", path.display())]
pub struct OneFileError {
    /// What was being done.
    pub operation: &'static str,
    /// With which file.
    pub path: PathBuf,
    /// What SQLite said.
    #[source]
    pub source: sqlx::Error,
}

/// The table that says how far a department's tables are.
const CHECKPOINT: &str = "checkpoint";

/// Copies the tables of every department from its own file in `folder` into `file`, which has none yet.
///
/// # Errors
/// When a file cannot be read or written.
pub async fn gather(folder: &Path, file: &Path) -> Result<(), OneFileError> {
    let mut all = open(file).await?;
    for department in crate::all() {
        let own = own_file(folder, department.name());
        attach(&mut all, &own).await?;
        for name in names(department.tables()) {
            copy(&mut all, &own, ("part", name), ("main", &prefixed(department.name(), name))).await?;
        }
        detach(&mut all, &own).await?;
    }
    close(all, file).await
}

/// The other way: gives every department of `file` a file of its own in `folder`, for [`projection::Reader`] to open.
///
/// # Errors
/// When a file cannot be read or written, or `file` has not the tables that this build knows.
pub async fn part(file: &Path, folder: &Path) -> Result<(), OneFileError> {
    for department in crate::all() {
        let own = own_file(folder, department.name());
        let mut one = open(&own).await?;
        attach(&mut one, file).await?;
        for name in names(department.tables()) {
            copy(&mut one, file, ("part", &prefixed(department.name(), name)), ("main", name)).await?;
        }
        detach(&mut one, file).await?;
        close(one, &own).await?;
    }
    Ok(())
}

fn names<'a>(tables: &'a [&'static Table]) -> impl Iterator<Item = &'static str> + 'a {
    tables.iter().map(|table| table.name).chain([CHECKPOINT])
}

fn prefixed(department: &str, table: &str) -> String {
    format!("{department}__{table}")
}

/// Where the engine keeps a department's tables.
fn own_file(folder: &Path, department: &str) -> PathBuf {
    folder.join(format!("{department}.sqlite"))
}

async fn open(path: &Path) -> Result<SqliteConnection, OneFileError> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let opened = options.journal_mode(SqliteJournalMode::Delete).connect().await;
    opened.map_err(failed("open", path))
}

async fn attach(connection: &mut SqliteConnection, path: &Path) -> Result<(), OneFileError> {
    // Attaching makes what is missing; an empty database in its place would only be met later.
    if !path.exists() {
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(failed("open", path)(sqlx::Error::Io(missing)));
    }
    let attached = sqlx::query("ATTACH DATABASE $1 AS part").bind(path.to_string_lossy().into_owned());
    attached.execute(connection).await.map(|_| ()).map_err(failed("open", path))
}

async fn detach(connection: &mut SqliteConnection, path: &Path) -> Result<(), OneFileError> {
    let detached = sqlx::query("DETACH DATABASE part").execute(connection).await;
    detached.map(|_| ()).map_err(failed("close", path))
}

async fn close(connection: SqliteConnection, path: &Path) -> Result<(), OneFileError> {
    connection.close().await.map_err(failed("close", path))
}

/// Copies one table under another name, columns, types and key as they are.
async fn copy(
    connection: &mut SqliteConnection,
    path: &Path,
    (from, table): (&str, &str),
    (to, name): (&str, &str),
) -> Result<(), OneFileError> {
    let error = failed("copy a table of", path);
    let copied = async {
        let sql = format!("SELECT sql FROM \"{from}\".sqlite_schema WHERE type = 'table' AND name = $1");
        let made = sqlx::query(AssertSqlSafe(sql)).bind(table).fetch_one(&mut *connection).await?;
        let made: String = made.try_get(0)?;
        let columns = made.find('(').map_or("", |start| &made[start..]);
        let create = format!("CREATE TABLE \"{to}\".\"{name}\" {columns}");
        sqlx::query(AssertSqlSafe(create)).execute(&mut *connection).await?;
        let fill = format!("INSERT INTO \"{to}\".\"{name}\" SELECT * FROM \"{from}\".\"{table}\"");
        sqlx::query(AssertSqlSafe(fill)).execute(&mut *connection).await
    };
    copied.await.map(|_| ()).map_err(error)
}

fn failed(operation: &'static str, path: &Path) -> impl FnOnce(sqlx::Error) -> OneFileError + use<> {
    let path = path.to_owned();
    move |source| OneFileError { operation, path, source }
}
