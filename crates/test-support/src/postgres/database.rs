//! A fresh database for one test, dropped with it.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};

use super::Cluster;
use crate::tools;
use crate::wait::blocking;

/// The cluster of this process, kept alive by its databases.
static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());

/// A database of its own. It is dropped, with whoever is connected cut off, when this is.
#[derive(Debug)]
pub struct Database {
    name: String,
    server: PgConnectOptions,
    url: String,
    cluster: Option<Arc<Cluster>>,
}

impl Database {
    /// Makes a database in the cluster that the environment names, else in one that this process shares.
    ///
    /// # Panics
    /// When there is no Postgres, or it does not answer.
    pub async fn create() -> Self {
        if let Some(url) = tools::given_postgres() {
            return Self::create_at(&url, None).await;
        }
        let cluster = blocking(shared).await;
        Self::create_at(&cluster.url(), Some(cluster)).await
    }

    /// Makes a database in a cluster that belongs to the test alone and may be crashed and restarted.
    ///
    /// # Panics
    /// When there is no Postgres, or it does not answer.
    pub async fn create_with_own_cluster() -> Self {
        let cluster = Arc::new(blocking(Cluster::start_blocking).await);
        let mut database = Self::create_at(&cluster.url(), None).await;
        database.cluster = Some(cluster);
        database
    }

    async fn create_at(server_url: &str, cluster: Option<Arc<Cluster>>) -> Self {
        let server: PgConnectOptions = server_url.parse().expect("the address of the test Postgres is well formed");
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        run(&server, format!("CREATE DATABASE {name}")).await.unwrap_or_else(|error| {
            panic!("cannot create a database at {server_url}: {error}");
        });
        let (base, _) = server_url.rsplit_once('/').expect("the address of the test Postgres ends in a database");
        Self { url: format!("{base}/{name}"), name, server, cluster }
    }

    /// Where clients connect.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The cluster, to crash and restart it.
    ///
    /// # Panics
    /// When others use it too: only [`Database::create_with_own_cluster`] gives one to break.
    pub fn cluster(&self) -> &Cluster {
        let shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        let own = self.cluster.as_ref().filter(|own| shared.is_none_or(|shared| !Arc::ptr_eq(own, &shared)));
        own.expect("the cluster is shared; use Database::create_with_own_cluster")
    }

    /// Crashes the test's own cluster and starts it again on its data.
    ///
    /// # Panics
    /// When the cluster is shared or does not start again.
    pub async fn restart(&self) {
        self.cluster().restart().await;
    }

    /// Cuts every connection to this database; gives how many there were.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn terminate_backends(&self) -> usize {
        let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name);
        let mut connection = PgConnection::connect_with(&self.server).await.expect("Postgres answers");
        let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut connection).await;
        rows.expect("a superuser may cut connections").len()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let only_mine = self.cluster.as_ref().is_some_and(|cluster| Arc::strong_count(cluster) == 1);
        if only_mine {
            return;
        }
        let (server, sql) = (self.server.clone(), format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        // A drop cannot wait for a future, and the runtime that it happens in may be ending: another thread waits.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(run(&server, sql))
        });
        // A test that broke the server has no database to drop; the server goes as a whole.
        let _ = dropped.join();
    }
}

fn shared() -> Arc<Cluster> {
    let mut slot = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(cluster) = slot.upgrade() {
        return cluster;
    }
    let cluster = Arc::new(Cluster::start_blocking());
    *slot = Arc::downgrade(&cluster);
    cluster
}

async fn run(server: &PgConnectOptions, sql: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect_with(server).await?;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    connection.close().await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn connect(database: &Database) -> PgConnection {
        PgConnection::connect(database.url()).await.expect("the database takes a connection")
    }

    #[tokio::test]
    async fn databases_are_apart_and_dropped() {
        let (one, two) = (Database::create().await, Database::create().await);
        let mut connection = connect(&one).await;
        sqlx::raw_sql("CREATE TABLE t (a int)").execute(&mut connection).await.expect("made in one");
        let seen = sqlx::raw_sql("SELECT * FROM t").execute(&mut connect(&two).await).await;
        assert!(seen.is_err(), "the other database has no such table");
        assert_eq!(one.terminate_backends().await, 1);
        assert!(sqlx::raw_sql("SELECT 1").execute(&mut connection).await.is_err());
        let url = one.url().to_owned();
        drop(one);
        assert!(PgConnection::connect(&url).await.is_err(), "a dropped database is gone");
    }

    #[tokio::test]
    async fn a_committed_row_outlives_a_crash() {
        let database = Database::create_with_own_cluster().await;
        let mut connection = connect(&database).await;
        sqlx::raw_sql("CREATE TABLE t (a int); INSERT INTO t VALUES (1)").execute(&mut connection).await.expect("kept");
        database.cluster().crash();
        assert!(PgConnection::connect(database.url()).await.is_err());
        database.restart().await;
        let rows = sqlx::raw_sql("SELECT a FROM t").fetch_all(&mut connect(&database).await).await.expect("read");
        assert_eq!(rows.len(), 1);
    }
}
