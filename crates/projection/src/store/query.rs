//! Queries of departments: each row as an object of its columns, the same from both databases.

use super::error::{StoreError, failed};
use super::tx::{Arg, postgres_query, sqlite_query};
use super::{Pools, Store};
use crate::Value;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Column as _, Row as _, TypeInfo as _, ValueRef as _};

impl Store {
    /// The rows of a query.
    pub(crate) async fn fetch<T: DeserializeOwned>(
        &self,
        sql: String,
        arguments: &[Value],
    ) -> Result<Vec<T>, StoreError> {
        let failed = || failed("run a query");
        let misfit = |source| StoreError::Row { subject: sql.clone(), source };
        let arguments: Vec<Arg> = arguments.iter().map(Arg::from).collect();
        match &self.pools {
            Pools::Sqlite { readers, .. } => {
                let rows = sqlite_query(sql.clone(), arguments).fetch_all(readers).await.map_err(failed())?;
                let object = |row| object(row).map_err(failed());
                rows.iter().map(|row| serde_json::from_value(object(row)?).map_err(misfit)).collect()
            }
            Pools::Postgres(pool) => {
                let wrapped = format!("SELECT row_to_json(q)::text FROM ({sql}) AS q");
                let rows = postgres_query(wrapped, arguments).fetch_all(pool).await.map_err(failed())?;
                let text = |row: &sqlx::postgres::PgRow| row.try_get::<String, _>(0).map_err(failed());
                rows.iter().map(|row| serde_json::from_str(&text(row)?).map_err(misfit)).collect()
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
