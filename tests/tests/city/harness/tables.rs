//! What stands in the tables of a city, read past every service.

use super::city::City;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};
use std::path::{Path, PathBuf};

impl City {
    /// The SQLite files of the departments.
    pub(crate) fn department_files(&self) -> Vec<PathBuf> {
        let folder = std::fs::read_dir(self.data.join("read-models")).expect("the departments have their files");
        let files = folder.map(|entry| entry.expect("an entry of the folder").path());
        files.filter(|path| path.extension().is_some_and(|extension| extension == "sqlite")).collect()
    }

    /// Every row of every table whose name is wanted, as text.
    pub(crate) fn rows(&self, file: &Path, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        self.runtime.block_on(async {
            let mut database = open(file).await;
            let tables = ask(&mut database, "SELECT name FROM sqlite_master WHERE type = 'table'").await;
            let mut rows = Vec::new();
            for table in tables.iter().filter(|table| wanted(table)) {
                let columns = ask(&mut database, &format!("SELECT name FROM pragma_table_info('{table}')")).await;
                let texts: Vec<String> =
                    columns.iter().map(|c| format!("COALESCE(CAST(\"{c}\" AS TEXT), '')")).collect();
                let all = texts.join(" || '|' || ");
                let found = ask(&mut database, &format!("SELECT {all} FROM \"{table}\"")).await;
                rows.extend(found.into_iter().map(|row| format!("{table}: {row}")));
            }
            rows
        })
    }

    /// The first column of a query on a SQLite file.
    pub(crate) fn query(&self, file: &Path, sql: &str) -> Vec<String> {
        self.runtime.block_on(async { ask(&mut open(file).await, sql).await })
    }
}

async fn open(file: &Path) -> SqliteConnection {
    let url = format!("sqlite://{}?mode=ro", file.display());
    SqliteConnection::connect(&url).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}

async fn ask(database: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(database).await;
    let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.iter().map(|row| row.get::<String, _>(0)).collect()
}
