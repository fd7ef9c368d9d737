//! New rows in bulk, for a rebuild: many rows a statement in SQLite, `COPY` in Postgres.

use super::error::{StoreError, failed};
use super::{Tx, sql};
use crate::Table;
use crate::cells::Cell;
use sqlx::error::BoxDynError;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe};
use std::fmt::Write as _;
use std::sync::Arc;

/// The most parameters of one statement; SQLite takes 32,766, and gains little from more than this.
const PARAMETERS: usize = 8_000;
/// How much is sent to Postgres at once, in bytes.
const CHUNK: usize = 256 * 1024;

impl Tx {
    /// Adds new rows, the cells of one after the other.
    pub(crate) async fn insert_rows(
        &mut self,
        table: &'static Table,
        name: &str,
        cells: Vec<Cell>,
    ) -> Result<(), StoreError> {
        let width = table.columns.len();
        if cells.is_empty() {
            return Ok(());
        }
        let failed = || failed(format!("add rows to {name}"));
        match self {
            Tx::Sqlite(tx) => {
                let many = (PARAMETERS / width).max(1);
                let (mut left, mut cells) = (cells.len() / width, cells.into_iter());
                let whole: Arc<str> = sql::insert(table, name, many.min(left)).into();
                while left > 0 {
                    let rows = left.min(many);
                    let statement = if rows == many { whole.clone() } else { sql::insert(table, name, rows).into() };
                    let arguments = arguments(cells.by_ref().take(rows * width), rows * width);
                    let arguments = arguments.map_err(sqlx::Error::Encode).map_err(failed())?;
                    // A statement of an odd length is not worth keeping.
                    let query = sqlx::query_with(AssertSqlSafe(statement), arguments).persistent(rows == many);
                    query.execute(&mut **tx).await.map_err(failed())?;
                    left -= rows;
                }
            }
            Tx::Postgres(tx) => {
                let mut copy = tx.copy_in_raw(&sql::copy(table, name)).await.map_err(failed())?;
                let mut chunk = String::with_capacity(CHUNK + CHUNK / 8);
                for row in cells.chunks(width) {
                    push_row(&mut chunk, row);
                    if chunk.len() >= CHUNK {
                        copy.send(chunk.as_bytes()).await.map_err(failed())?;
                        chunk.clear();
                    }
                }
                copy.send(chunk.as_bytes()).await.map_err(failed())?;
                copy.finish().await.map_err(failed())?;
            }
        }
        Ok(())
    }
}

fn arguments(cells: impl Iterator<Item = Cell>, count: usize) -> Result<SqliteArguments, BoxDynError> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(count, 0);
    for cell in cells {
        match cell {
            Cell::Absent | Cell::Null => arguments.add(None::<i64>)?,
            Cell::Int(int) => arguments.add(int)?,
            Cell::Bool(bool) => arguments.add(bool)?,
            Cell::Text(text) | Cell::Json(text) => arguments.add(text)?,
        }
    }
    Ok(arguments)
}

/// One line of Postgres's text form: tabs between, `\N` for null, backslashes before what would be mistaken.
fn push_row(line: &mut String, row: &[Cell]) {
    for (index, cell) in row.iter().enumerate() {
        if index > 0 {
            line.push('\t');
        }
        match cell {
            Cell::Absent | Cell::Null => line.push_str("\\N"),
            Cell::Int(int) => drop(write!(line, "{int}")),
            Cell::Bool(bool) => line.push(if *bool { 't' } else { 'f' }),
            Cell::Text(text) | Cell::Json(text) => push_escaped(line, text),
        }
    }
    line.push('\n');
}

fn push_escaped(line: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '\t', '\n', '\r']) {
        line.push_str(&rest[..at]);
        line.push_str(match rest.as_bytes()[at] {
            b'\\' => "\\\\",
            b'\t' => "\\t",
            b'\n' => "\\n",
            _ => "\\r",
        });
        rest = &rest[at + 1..];
    }
    line.push_str(rest);
}
