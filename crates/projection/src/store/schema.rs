//! Creating, versioning and swapping tables.

use super::error::StoreError;
use super::sql::{self, Dialect, versioned};
use super::{Arg, Store, Tx};
use crate::Table;
use sha2::{Digest as _, Sha256};

/// How long a swap waits for readers of the old tables before it lets others by and tries again.
const SWAP_WAITS: &str = "500ms";

/// The engine's own tables, in types that both dialects know.
const OWN: [&str; 4] = [
    "CREATE TABLE IF NOT EXISTS checkpoint (id BIGINT PRIMARY KEY, position BIGINT NOT NULL, height BIGINT NOT NULL, \
     generation BIGINT NOT NULL, recorded_at BIGINT NOT NULL, chain TEXT NOT NULL, shape TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS parked (position BIGINT PRIMARY KEY, case_id BIGINT NOT NULL, height BIGINT NOT NULL, \
     block TEXT NOT NULL, error TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS parked_case ON parked (case_id, position)",
    "CREATE TABLE IF NOT EXISTS forgotten (person TEXT PRIMARY KEY)",
];

/// What the tables look like, in short: differs when a table or column does.
pub(crate) fn shape(tables: &[&'static Table]) -> String {
    let mut hash = Sha256::new();
    for table in tables {
        hash.update(sql::create_table(Dialect::Sqlite, table, table.name));
        for index in sql::create_indexes(table, None) {
            hash.update(index);
        }
        for column in table.sealed() {
            hash.update(column.name);
        }
    }
    crate::hex::encode(&hash.finalize())
}

impl Store {
    /// Creates the schema, the engine's own tables and, in a new department, its tables.
    pub(crate) async fn prepare(&self, tables: &[&'static Table]) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        if tx.dialect() == Dialect::Postgres {
            // Two processes that start at once: the second finds everything made.
            let lock = "SELECT pg_advisory_xact_lock(hashtext($1))".to_owned();
            tx.execute("lock the schema", lock, vec![Arg::Text(self.department.to_owned())]).await?;
            let schema = format!("CREATE SCHEMA IF NOT EXISTS \"{}\"", self.department);
            tx.execute("create the schema", schema, vec![]).await?;
        }
        for statement in OWN {
            tx.execute("create the engine's tables", statement.to_owned(), vec![]).await?;
        }
        if tx.checkpoint(self.department).await?.is_none() {
            tx.create_tables(tables, None).await?;
            tx.create_indexes(tables, None).await?;
            tx.first_checkpoint(&shape(tables)).await?;
        }
        tx.commit().await
    }
}

impl Tx {
    pub(crate) async fn create_tables(&mut self, tables: &[&Table], version: Option<i64>) -> Result<(), StoreError> {
        let dialect = self.dialect();
        for table in tables {
            let name = versioned(table.name, version);
            self.execute(&format!("create {name}"), sql::create_table(dialect, table, &name), vec![]).await?;
            if table.sealed().next().is_some() {
                let name = versioned(&sql::clear_name(table), version);
                self.execute(&format!("create {name}"), sql::create_clear(dialect, table, &name), vec![]).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn create_indexes(&mut self, tables: &[&Table], version: Option<i64>) -> Result<(), StoreError> {
        for table in tables {
            for index in sql::create_indexes(table, version) {
                self.execute(&format!("create an index of {}", table.name), index, vec![]).await?;
            }
        }
        Ok(())
    }

    /// Every table of the department whose name ends so.
    pub(crate) async fn tables_like(&mut self, end: fn(&str) -> bool) -> Result<Vec<String>, StoreError> {
        let sql = match self.dialect() {
            Dialect::Sqlite => "SELECT 0, name FROM sqlite_schema WHERE type = 'table'",
            Dialect::Postgres => {
                "SELECT 0::bigint, tablename::text FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
            }
        };
        let names = self.pairs("list the tables", sql.to_owned(), vec![]).await?;
        Ok(names.into_iter().map(|(_, name)| name).filter(|name| end(name)).collect())
    }

    /// Removes what rebuilds left that did not come to their end.
    pub(crate) async fn drop_versions(&mut self) -> Result<(), StoreError> {
        for name in self.tables_like(|name| name.contains("__v")).await? {
            self.execute(&format!("drop {name}"), format!("DROP TABLE \"{name}\""), vec![]).await?;
        }
        Ok(())
    }

    /// Lets Postgres not wait for its disk at the end of this transaction; a later one that does covers it.
    pub(crate) async fn hasten(&mut self) -> Result<(), StoreError> {
        self.set("synchronous_commit", "off").await
    }

    /// Lets Postgres give up when a table stays in use: nobody is to wait long behind a swap that waits itself.
    pub(crate) async fn impatient(&mut self) -> Result<(), StoreError> {
        self.set("lock_timeout", SWAP_WAITS).await
    }

    async fn set(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        if self.dialect() == Dialect::Postgres {
            self.execute(&format!("set {name}"), format!("SET LOCAL {name} = '{value}'"), vec![]).await?;
        }
        Ok(())
    }

    /// Puts the rebuilt tables in the place of the live ones.
    pub(crate) async fn swap_tables(&mut self, tables: &[&Table], version: i64) -> Result<(), StoreError> {
        for table in tables {
            let clear = table.sealed().next().map(|_| sql::clear_name(table));
            for name in std::iter::once(table.name.to_owned()).chain(clear) {
                let drop = format!("DROP TABLE IF EXISTS \"{name}\"");
                self.execute(&format!("drop the old {name}"), drop, vec![]).await?;
                let rename = format!("ALTER TABLE \"{}\" RENAME TO \"{name}\"", versioned(&name, Some(version)));
                self.execute(&format!("rename to {name}"), rename, vec![]).await?;
            }
        }
        Ok(())
    }
}
