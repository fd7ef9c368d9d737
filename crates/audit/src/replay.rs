//! Rebuilding every read model from the register alone, and comparing with what departments see.

use kernel::{CityId, Height, Instant, Position};
use ledger::Log;
use permits::Permits;
use projection::{
    Database, Difference, Metrics, NoOpener, ProjectionError, Reader, Setup, Snapshot, StoreError, TableHash, collect,
    diff, rebuild,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// What one department's tables came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Which department.
    pub department: &'static str,
    /// How many events of the register its tables hold.
    pub events: Position,
    /// What each table holds.
    pub tables: Vec<TableHash>,
    /// Rows that the live tables have otherwise.
    pub unequal: Vec<Unequal>,
}

/// A table that the live system has otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unequal {
    /// Which table.
    pub table: &'static str,
    /// How many rows differ.
    pub rows: u64,
    /// The first of them; left is the live row, right what the register gives.
    pub named: Vec<Difference>,
}

/// Why a register could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file to write is there already.
    #[error("{} is there already; name a file that is not", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// The folder beside the file cannot be made.
    #[error("cannot work beside {}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A department cannot be rebuilt.
    #[error("the tables of {department} cannot be rebuilt")]
    Rebuild {
        /// Which.
        department: &'static str,
        /// Why.
        #[source]
        source: ProjectionError,
    },
    /// A database failed.
    #[error("the tables of {department} cannot be read")]
    Store {
        /// Whose.
        department: &'static str,
        /// Why.
        #[source]
        source: StoreError,
    },
}

/// Rebuilds every department's tables into the new SQLite file `out`, up to the block that the live tables of `live`
/// have reached (without `live`, to the register's end), and says where the live ones differ.
///
/// # Errors
/// When the file is there already, an event cannot be folded, or a database fails.
pub async fn replay(
    log: &Log,
    city: &CityId,
    live: Option<&Database>,
    out: &Path,
    progress: impl Fn(&'static str, Position) + Send + Sync,
) -> Result<Vec<Replayed>, ReplayError> {
    if out.exists() {
        return Err(ReplayError::Exists { path: out.to_owned() });
    }
    let folder = out.with_extension("parts");
    let failed = |source| ReplayError::Folder { path: folder.clone(), source };
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(failed)?;
    }
    let parts = Database::Sqlite { folder: folder.clone() };
    let mut replayed = Vec::new();
    for department in departments::all() {
        let name = department.name();
        let setup = Setup::<Permits> {
            database: parts.clone(),
            city: city.clone(),
            department,
            source: Arc::new(log.clone()),
            opener: Arc::new(NoOpener),
            metrics: Metrics::new(),
            clock: Arc::new(|| Instant(0)),
        };
        replayed.push(one(&setup, live, |events| progress(name, events)).await?);
    }
    let store = |source| ReplayError::Store { department: "every department", source };
    collect(&folder, &departments::all(), out).await.map_err(store)?;
    std::fs::remove_dir_all(&folder).map_err(failed)?;
    Ok(replayed)
}

async fn one(
    setup: &Setup<Permits>,
    live: Option<&Database>,
    progress: impl Fn(Position) + Send,
) -> Result<Replayed, ReplayError> {
    let department = setup.department.name();
    let store = |source| ReplayError::Store { department, source };
    // Taken first, and held: the live tables go on while theirs of this moment are compared.
    let mut live = match live {
        Some(database) => Some(snapshot(database, department).await.map_err(store)?),
        None => None,
    };
    let until: Option<Height> = live.as_ref().map(Snapshot::height);
    let rebuilt = rebuild(setup, until, progress).await.map_err(|source| ReplayError::Rebuild { department, source })?;
    let mut ours = snapshot(&setup.database, department).await.map_err(store)?;
    let (mut tables, mut unequal) = (Vec::new(), Vec::new());
    for table in setup.department.tables().iter().copied() {
        tables.push(ours.hash(table).await.map_err(store)?);
        let Some(live) = &mut live else { continue };
        let differences = diff(live, &mut ours, table).await.map_err(store)?;
        if !differences.is_empty() {
            unequal.push(Unequal { table: table.name, rows: differences.count, named: differences.named });
        }
    }
    Ok(Replayed { department, events: rebuilt.events, tables, unequal })
}

async fn snapshot(database: &Database, department: &'static str) -> Result<Snapshot, StoreError> {
    Reader::open(database, department).await?.snapshot().await
}
