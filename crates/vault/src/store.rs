//! Where wrapped keys live: a SQLite file, or the schema `vault` of a Postgres database. The only SQL of the vault.
//!
//! Both speak the same statements; they differ in how rows come in as one JSON parameter. A forgotten key's bytes are
//! overwritten in a SQLite file at once; in Postgres they go with the next vacuum, and old backups keep them until they
//! are dropped, where the master key still guards them.

use crate::VaultError;
use kernel::{Instant, PersonId};
use serde_json::json;
use sqlx::{
    ConnectOptions, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, str::FromStr, time::Duration};

/// The most rows that one statement reads or adds.
pub const BATCH_LIMIT: usize = 1_000;

const CONNECTIONS: u32 = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Any number that nothing else in the database locks: two processes must not make the tables at once.
const SETUP_LOCK: &str = "SELECT pg_advisory_xact_lock(5926535897932384)";

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS person (
        person TEXT PRIMARY KEY,
        lookup TEXT UNIQUE,
        wrapped TEXT,
        forgotten_at BIGINT,
        CHECK ((wrapped IS NULL) = (forgotten_at IS NOT NULL)),
        CHECK (wrapped IS NOT NULL OR lookup IS NULL)
    );
    CREATE TABLE IF NOT EXISTS draft (
        person TEXT NOT NULL REFERENCES person,
        name TEXT NOT NULL,
        sealed TEXT NOT NULL,
        changed_at BIGINT NOT NULL,
        PRIMARY KEY (person, name)
    );
    CREATE INDEX IF NOT EXISTS draft_changed_at ON draft (changed_at);";

/// One statement in both dialects.
struct Sql {
    sqlite: &'static str,
    postgres: &'static str,
}

/// A statement over `t.value`, the elements of the JSON array `$1`.
macro_rules! over_rows {
    ($before:literal, $after:literal) => {
        Sql {
            sqlite: concat!($before, " json_each($1) AS t ", $after),
            postgres: concat!($before, " json_array_elements($1::json) AS t(value) ", $after),
        }
    };
}

const FIND: Sql =
    over_rows!("SELECT person.lookup, person.person FROM", "JOIN person ON person.lookup = t.value->>'lookup'");
const ADD: Sql = over_rows!(
    "INSERT INTO person (person, lookup, wrapped)
     SELECT t.value->>'person', t.value->>'lookup', t.value->>'wrapped' FROM",
    "WHERE true ON CONFLICT DO NOTHING"
);
const KEYS: Sql =
    over_rows!("SELECT person.person, person.wrapped FROM", "JOIN person ON person.person = t.value->>'person'");
const FORGET: &str = "UPDATE person SET lookup = NULL, wrapped = NULL, forgotten_at = $2
                      WHERE person = $1 AND forgotten_at IS NULL";

/// A row to add: the key is wrapped already.
pub(crate) struct NewPerson {
    pub(crate) person: PersonId,
    pub(crate) lookup: String,
    pub(crate) wrapped: String,
}

/// The connections to one store.
#[derive(Clone)]
pub(crate) enum Store {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// The same code for either pool; `$sql` names the statement's text in its dialect.
macro_rules! on_pool {
    ($store:expr, $statement:expr, |$pool:ident, $sql:ident| $code:expr) => {
        match $store {
            Store::Sqlite($pool) => {
                let $sql = $statement.sqlite;
                $code
            }
            Store::Postgres($pool) => {
                let $sql = $statement.postgres;
                $code
            }
        }
    };
}

fn same(sql: &'static str) -> Sql {
    Sql { sqlite: sql, postgres: sql }
}

fn failed(operation: &'static str) -> impl Fn(sqlx::Error) -> VaultError {
    move |source| VaultError::Store { operation, source }
}

/// Whoever forgets the person meanwhile waits, and then deletes this too.
const KEEP_DRAFT: Sql = Sql {
    sqlite: "INSERT INTO draft (person, name, sealed, changed_at) SELECT person, $2, $3, $4 FROM person
             WHERE person = $1 AND wrapped IS NOT NULL
             ON CONFLICT (person, name) DO UPDATE SET sealed = excluded.sealed, changed_at = excluded.changed_at",
    postgres: "INSERT INTO draft (person, name, sealed, changed_at) SELECT person, $2, $3, $4 FROM person
               WHERE person = $1 AND wrapped IS NOT NULL FOR SHARE
               ON CONFLICT (person, name) DO UPDATE SET sealed = excluded.sealed, changed_at = excluded.changed_at",
};
const FORGET_DRAFTS: &str = "DELETE FROM draft WHERE person = $1";

impl Store {
    /// Connects, and makes file, schema and tables where they are missing and may be made. Gives the store's name for
    /// messages too.
    pub(crate) async fn open(address: &str, make: bool) -> Result<(Store, String), VaultError> {
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return open_postgres(address, make).await;
        }
        open_sqlite(Path::new(address.strip_prefix("sqlite:").unwrap_or(address)), make).await
    }

    /// The setting's value, stored now unless there is one already.
    pub(crate) async fn setting(&self, name: &str, value: &str) -> Result<String, VaultError> {
        let insert = same("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        let select = same("SELECT value FROM setting WHERE name = $1");
        let report = failed("read its settings");
        on_pool!(self, insert, |pool, sql| {
            sqlx::query(sql).bind(name).bind(value).execute(pool).await.map_err(&report)?;
        });
        on_pool!(self, select, |pool, sql| {
            sqlx::query_scalar(sql).bind(name).fetch_one(pool).await.map_err(&report)
        })
    }

    /// Stores the setting's value over the one that is there.
    pub(crate) async fn set(&self, name: &str, value: &str) -> Result<(), VaultError> {
        let upsert =
            same("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2");
        on_pool!(self, upsert, |pool, sql| {
            sqlx::query(sql).bind(name).bind(value).execute(pool).await.map_err(failed("write its settings"))?;
        });
        Ok(())
    }

    /// Lookup hash and person of each of these lookup hashes that is known.
    pub(crate) async fn find(&self, lookups: &[&str]) -> Result<Vec<(String, PersonId)>, VaultError> {
        let rows = rows(lookups.iter().map(|lookup| json!({ "lookup": lookup })));
        let found: Vec<(String, String)> = on_pool!(self, FIND, |pool, sql| {
            sqlx::query_as(sql).bind(rows).fetch_all(pool).await.map_err(failed("look persons up"))?
        });
        found.into_iter().map(|(lookup, person)| Ok((lookup, parse(&person)?))).collect()
    }

    /// Adds these persons, apart from those whose lookup is known by now.
    pub(crate) async fn add(&self, persons: &[NewPerson]) -> Result<(), VaultError> {
        let rows = rows(
            persons
                .iter()
                .map(|new| json!({ "person": new.person.to_string(), "lookup": new.lookup, "wrapped": new.wrapped })),
        );
        on_pool!(self, ADD, |pool, sql| {
            sqlx::query(sql).bind(rows).execute(pool).await.map_err(failed("add persons"))?;
        });
        Ok(())
    }

    /// Each known person's wrapped key, or none where they are forgotten.
    pub(crate) async fn keys(&self, persons: &[PersonId]) -> Result<Vec<(PersonId, Option<String>)>, VaultError> {
        let rows = rows(persons.iter().map(|person| json!({ "person": person.to_string() })));
        let found: Vec<(String, Option<String>)> = on_pool!(self, KEYS, |pool, sql| {
            sqlx::query_as(sql).bind(rows).fetch_all(pool).await.map_err(failed("read keys"))?
        });
        found.into_iter().map(|(person, wrapped)| Ok((parse(&person)?, wrapped))).collect()
    }

    /// Deletes key and lookup, and leaves a tombstone. Whether there was something to delete.
    pub(crate) async fn forget(&self, person: PersonId, at: Instant) -> Result<bool, VaultError> {
        let report = failed("forget a person");
        let person = person.to_string();
        let changed = on_pool!(self, same(FORGET), |pool, sql| {
            let mut both = pool.begin().await.map_err(&report)?;
            let forgotten = sqlx::query(sql).bind(&person).bind(at.0).execute(&mut *both).await.map_err(&report)?;
            sqlx::query(FORGET_DRAFTS).bind(&person).execute(&mut *both).await.map_err(&report)?;
            both.commit().await.map_err(&report)?;
            forgotten.rows_affected()
        });
        if let Store::Sqlite(pool) = self {
            // The write-ahead log still holds the key's page; folding it into the file overwrites that.
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(pool).await.map_err(&report)?;
        }
        Ok(changed > 0)
    }
}

/// Drafts: sealed texts that somebody has not sent yet.
impl Store {
    /// Keeps a draft in place of the one before. Whether there is such a person who is not forgotten.
    pub(crate) async fn keep_draft(
        &self,
        person: PersonId,
        name: &str,
        sealed: &str,
        at: Instant,
    ) -> Result<bool, VaultError> {
        let report = failed("keep a draft");
        let person = person.to_string();
        Ok(on_pool!(self, KEEP_DRAFT, |pool, sql| {
            let query = sqlx::query(sql).bind(person).bind(name).bind(sealed).bind(at.0);
            query.execute(pool).await.map_err(&report)?.rows_affected() > 0
        }))
    }

    /// The draft of this name.
    pub(crate) async fn draft(&self, person: PersonId, name: &str) -> Result<Option<String>, VaultError> {
        let select = same("SELECT sealed FROM draft WHERE person = $1 AND name = $2");
        on_pool!(self, select, |pool, sql| {
            let query = sqlx::query_scalar(sql).bind(person.to_string()).bind(name);
            query.fetch_optional(pool).await.map_err(failed("read a draft"))
        })
    }

    /// The names of a person's drafts, the last changed first, and when each was changed.
    pub(crate) async fn drafts(&self, person: PersonId) -> Result<Vec<(String, i64)>, VaultError> {
        let select = same("SELECT name, changed_at FROM draft WHERE person = $1 ORDER BY changed_at DESC, name");
        on_pool!(self, select, |pool, sql| {
            let query = sqlx::query_as(sql).bind(person.to_string());
            query.fetch_all(pool).await.map_err(failed("read drafts"))
        })
    }

    /// Deletes a draft.
    pub(crate) async fn drop_draft(&self, person: PersonId, name: &str) -> Result<(), VaultError> {
        let delete = same("DELETE FROM draft WHERE person = $1 AND name = $2");
        on_pool!(self, delete, |pool, sql| {
            let query = sqlx::query(sql).bind(person.to_string()).bind(name);
            query.execute(pool).await.map_err(failed("delete a draft"))?;
        });
        Ok(())
    }

    /// Deletes everybody's drafts that were last changed before.
    pub(crate) async fn drop_drafts_before(&self, before: i64) -> Result<(), VaultError> {
        let delete = same("DELETE FROM draft WHERE changed_at < $1");
        on_pool!(self, delete, |pool, sql| {
            sqlx::query(sql).bind(before).execute(pool).await.map_err(failed("delete old drafts"))?;
        });
        Ok(())
    }
}

fn rows(rows: impl Iterator<Item = serde_json::Value>) -> String {
    serde_json::Value::Array(rows.collect()).to_string()
}

fn parse(person: &str) -> Result<PersonId, VaultError> {
    person.parse().map_err(|_| VaultError::DamagedRow("a person's id"))
}

async fn open_sqlite(path: &Path, make: bool) -> Result<(Store, String), VaultError> {
    let name = path.display().to_string();
    let there = path.try_exists().map_err(|source| VaultError::File { path: name.clone(), source })?;
    // Nothing is made where a backup is to be put.
    if !there && !make {
        return Err(VaultError::Lost { store: name });
    }
    make_private_file(path).map_err(|source| VaultError::File { path: name.clone(), source })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        // A register must never hold a field whose key was lost with the power.
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON")
        .disable_statement_logging();
    let report = failed("open its file");
    let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE_TIMEOUT);
    let pool = pool.connect_with(options).await.map_err(&report)?;
    sqlx::raw_sql(TABLES).execute(&pool).await.map_err(&report)?;
    Ok((Store::Sqlite(pool), name))
}

/// SQLite would make the file readable for others; it gives its side files the mode that the file has.
fn make_private_file(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

async fn open_postgres(url: &str, make: bool) -> Result<(Store, String), VaultError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(VaultError::Address)?
        .options([("search_path", "vault")])
        .disable_statement_logging();
    let name = format!("postgres {}, database {}", options.get_host(), options.get_database().unwrap_or("of the user"));
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE_TIMEOUT);
    let pool = pool.connect_with(options).await.map_err(failed("connect to its database"))?;
    match make_schema(&pool, make).await.map_err(failed("make its schema"))? {
        true => Ok((Store::Postgres(pool), name)),
        false => Err(VaultError::Lost { store: name }),
    }
}

/// Asks first, so that an account without the right to make schemas can use one that is there. Whether it is there.
async fn make_schema(pool: &PgPool, make: bool) -> Result<bool, sqlx::Error> {
    const THERE: &str = "SELECT to_regclass('vault.person') IS NOT NULL, to_regclass('vault.draft') IS NOT NULL";
    let (there, newest): (bool, bool) = sqlx::query_as(THERE).fetch_one(pool).await?;
    // One of an earlier build gets what it lacks; where there is none, one is made only if it may be.
    if newest || !(there || make) {
        return Ok(there);
    }
    let mut transaction = pool.begin().await?;
    sqlx::query(SETUP_LOCK).execute(&mut *transaction).await?;
    sqlx::query("CREATE SCHEMA IF NOT EXISTS vault").execute(&mut *transaction).await?;
    sqlx::raw_sql(TABLES).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(true)
}
