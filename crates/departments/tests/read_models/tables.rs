//! Databases to fill, and what is in them.

use crate::world::{World, city, tehran};
use departments::Desk;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use kernel::{Instant, Sealed};
use permits::{Event, Permits};
use projection::{
    Database, Department, Metrics, OpenError, Opener, Projector, Reader, Setup, TableHash, parked_cases, rebuild,
};
use std::sync::Arc;

/// A vault in which nobody is forgotten.
pub(crate) struct Turned;

impl Opener for Turned {
    fn open_all<'a>(&'a self, sealed: &'a [Sealed]) -> BoxFuture<'a, Result<Vec<Option<String>>, OpenError>> {
        let open = |sealed: &Sealed| String::from_utf8(sealed.bytes.iter().rev().copied().collect()).ok();
        std::future::ready(Ok(sealed.iter().map(open).collect())).boxed()
    }
}

/// A database of its own, gone when dropped.
pub(crate) struct Fresh {
    pub(crate) database: Database,
    _folder: Option<test_support::DataFolder>,
    _postgres: Option<test_support::Database>,
}

pub(crate) async fn sqlite() -> Fresh {
    let folder = test_support::DataFolder::new();
    let database = Database::Sqlite { folder: folder.path().to_owned() };
    Fresh { database, _folder: Some(folder), _postgres: None }
}

pub(crate) async fn postgres() -> Fresh {
    let postgres = test_support::Database::create().await;
    let database = Database::Postgres { url: postgres.url().to_owned() };
    Fresh { database, _folder: None, _postgres: Some(postgres) }
}

impl Fresh {
    fn setup(&self, world: &World, department: Department<Event>) -> Arc<Setup<Permits>> {
        Arc::new(Setup {
            database: self.database.clone(),
            city: city(),
            department,
            source: Arc::new(world.log.clone()),
            opener: Arc::new(Turned),
            metrics: Metrics::new(),
            clock: Arc::new(|| Instant(0)),
        })
    }

    /// Brings every department up to date, as a live projector does. No case may be parked.
    pub(crate) async fn catch_up(&self, world: &World) {
        for department in departments::all() {
            let setup = self.setup(world, department);
            let held = Projector::open(setup.clone()).await.unwrap().catch_up().await.unwrap();
            assert_eq!(held, world.events());
            assert_eq!(parked_cases(&setup).await.unwrap(), [], "parked in {}", setup.department.name());
        }
    }

    pub(crate) async fn rebuild(&self, world: &World) {
        for department in departments::all() {
            rebuild(&self.setup(world, department), None, |_| {}).await.unwrap();
        }
    }

    pub(crate) async fn reader(&self, department: &'static str) -> Reader {
        Reader::open(&self.database, department).await.unwrap()
    }

    pub(crate) async fn desk(&self, department: &'static str) -> Desk {
        Desk::new(self.reader(department).await, tehran())
    }

    pub(crate) async fn hashes(&self) -> Vec<(&'static str, TableHash)> {
        let mut hashes = Vec::new();
        for department in departments::all() {
            let mut snapshot = self.reader(department.name()).await.snapshot().await.unwrap();
            for table in department.tables() {
                hashes.push((department.name(), snapshot.hash(table).await.unwrap()));
            }
        }
        hashes
    }

    /// Every row of every table of a department, as canonical JSON.
    pub(crate) async fn dump(&self, department: Department<Event>) -> String {
        let mut snapshot = self.reader(department.name()).await.snapshot().await.unwrap();
        let mut text = String::new();
        for table in department.tables() {
            text.push_str(&format!("-- {}\n", table.name));
            let mut rows = snapshot.rows(table);
            while let Some(row) = rows.next().await {
                text.push_str(&row.unwrap());
                text.push('\n');
            }
        }
        text
    }
}
