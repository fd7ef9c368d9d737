//! Several departments' SQLite files as one, for whoever wants to hold a city's read models in one hand.

use crate::store::StoreError;
use crate::{Department, Reader};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use std::path::Path;

/// Copies the tables of departments from `folder` into the new file `out`, each as `<department>__<table>` in the
/// order of its key, so that the same rows give the same file.
///
/// # Errors
/// When a file cannot be read or written.
pub async fn collect<E: Send + 'static>(
    folder: &Path,
    departments: &[Department<E>],
    out: &Path,
) -> Result<(), StoreError> {
    let failed = |source| StoreError::Open { department: out.display().to_string(), source };
    let options = SqliteConnectOptions::new().filename(out).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(failed)?;
    for department in departments {
        let name = department.name();
        let file = folder.join(format!("{name}.sqlite"));
        let attach = sqlx::query("ATTACH DATABASE ? AS part").bind(file.display().to_string());
        attach.execute(&mut connection).await.map_err(failed)?;
        for table in department.tables() {
            let (table, key) = (table.name, table.key.join(", "));
            let copy = format!("CREATE TABLE \"{name}__{table}\" AS SELECT * FROM part.\"{table}\" ORDER BY {key}");
            sqlx::query(sqlx::AssertSqlSafe(copy)).execute(&mut connection).await.map_err(failed)?;
        }
        sqlx::query("DETACH DATABASE part").execute(&mut connection).await.map_err(failed)?;
    }
    connection.close().await.map_err(failed)
}

impl Reader {
    /// The name of the department that it reads.
    #[must_use]
    pub fn department(&self) -> &'static str {
        self.store().department()
    }
}
