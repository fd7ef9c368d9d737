//! Loading and writing the rows of a batch: one statement a table, all rows in one JSON parameter.

use super::error::StoreError;
use super::sql::{self, versioned};
use super::{Arg, Store, Tx};
use crate::changes::{Changes, Payload};
use crate::{Key, Table};

/// A clear text, as its side table keeps it.
pub(crate) struct ClearRows {
    pub(crate) table: &'static Table,
    /// Rows to be written: key, person, field, clear, search.
    pub(crate) upserts: Payload,
    /// Rows to be removed: all fields of a key, when it is about to be written anew or has gone.
    pub(crate) deletes: Payload,
}

impl Store {
    /// Of the rows with these keys that there are: the key's number and the row's JSON.
    pub(crate) async fn load(
        &self,
        table: &'static Table,
        version: Option<i64>,
        keys: &[Key],
    ) -> Result<Vec<(usize, String)>, StoreError> {
        self.snapshot().await?.load(table, version, keys).await
    }
}

impl Tx {
    /// As [`Store::load`], within a transaction.
    pub(crate) async fn load(
        &mut self,
        table: &'static Table,
        version: Option<i64>,
        keys: &[Key],
    ) -> Result<Vec<(usize, String)>, StoreError> {
        let mut asked = Payload::default();
        for (number, key) in keys.iter().enumerate() {
            asked.push_key(table, key, Some(number));
        }
        let name = versioned(table.name, version);
        let sql = sql::load(self.dialect(), table, &name);
        let rows = self.pairs(&format!("load rows of {name}"), sql, vec![Arg::Text(asked.text())]).await?;
        Ok(rows.into_iter().map(|(number, json)| (number as usize, json)).collect())
    }

    /// The query of every row of a live table as JSON, in the order of its key.
    pub(crate) fn dump(&self, table: &Table) -> String {
        sql::dump(self.dialect(), table, table.name)
    }

    /// Writes and removes the rows of a batch in one table.
    pub(crate) async fn write_rows(
        &mut self,
        table: &'static Table,
        version: Option<i64>,
        upserts: Payload,
        deletes: Payload,
    ) -> Result<(), StoreError> {
        let name = versioned(table.name, version);
        if !deletes.is_empty() {
            let sql = sql::delete(self.dialect(), table, &name, table.key);
            self.execute(&format!("remove rows of {name}"), sql, vec![Arg::Text(deletes.text())]).await?;
        }
        if !upserts.is_empty() {
            let sql = sql::upsert(self.dialect(), table, &name);
            self.execute(&format!("write rows of {name}"), sql, vec![Arg::Text(upserts.text())]).await?;
        }
        Ok(())
    }

    /// Writes and removes clear texts.
    pub(crate) async fn write_clear(&mut self, clear: ClearRows, version: Option<i64>) -> Result<(), StoreError> {
        let ClearRows { table, upserts, deletes } = clear;
        let name = versioned(&sql::clear_name(table), version);
        if !deletes.is_empty() {
            let sql = sql::delete(self.dialect(), table, &name, table.key);
            self.execute(&format!("remove rows of {name}"), sql, vec![Arg::Text(deletes.text())]).await?;
        }
        if !upserts.is_empty() {
            let sql = sql::upsert_clear(self.dialect(), table, &name);
            self.execute(&format!("write rows of {name}"), sql, vec![Arg::Text(upserts.text())]).await?;
        }
        Ok(())
    }

    /// All rows of a batch, and their clear texts.
    pub(crate) async fn write_batch(
        &mut self,
        changes: Vec<Changes>,
        clear: Vec<ClearRows>,
        version: Option<i64>,
    ) -> Result<(), StoreError> {
        for Changes { table, upserts, deletes, inserts, .. } in changes {
            self.write_rows(table, version, upserts, deletes).await?;
            self.insert_rows(table, &versioned(table.name, version), inserts.into_values()).await?;
        }
        for rows in clear {
            self.write_clear(rows, version).await?;
        }
        Ok(())
    }

    /// Removes a person's clear texts from every side table there is, and keeps new ones out.
    pub(crate) async fn forget(&mut self, person: &str) -> Result<u64, StoreError> {
        // The row that every batch moves first: no batch is between reading who is forgotten and writing.
        self.execute("lock the checkpoint", "UPDATE checkpoint SET id = id".to_owned(), vec![]).await?;
        let insert = "INSERT INTO forgotten (person) VALUES ($1) ON CONFLICT (person) DO NOTHING".to_owned();
        self.execute("note a forgotten person", insert, vec![Arg::Text(person.to_owned())]).await?;
        let mut removed = 0;
        for name in self.tables_like(|name| name.ends_with("_clear") || name.contains("_clear__v")).await? {
            let delete = format!("DELETE FROM \"{name}\" WHERE person = $1");
            removed += self.execute(&format!("forget in {name}"), delete, vec![Arg::Text(person.to_owned())]).await?;
        }
        Ok(removed)
    }

    /// Removes from rebuilt side tables whoever was forgotten while they were being built.
    pub(crate) async fn forget_again(&mut self, tables: &[&Table], version: i64) -> Result<(), StoreError> {
        for table in tables.iter().filter(|table| table.sealed().next().is_some()) {
            let name = versioned(&sql::clear_name(table), Some(version));
            let delete = format!("DELETE FROM \"{name}\" WHERE person IN (SELECT person FROM forgotten)");
            self.execute(&format!("forget in {name}"), delete, vec![]).await?;
        }
        Ok(())
    }
}
