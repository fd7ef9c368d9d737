//! Rebuilding every read model from the register alone, into one SQLite file, and comparing it row by row.

use crate::AuditError;
use departments::one_file;
use kernel::{CityId, Height, Instant, Position};
use ledger::Block;
use permits::{Event, Permits};
use projection::{
    BlockSource, Database, Department, Differences, Metrics, NoOpener, Reader, Rebuilt, Setup, Snapshot, TableHash,
    diff,
};
use std::ffi::OsString;
use std::fs::{DirBuilder, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is replayed, and where to.
#[derive(Clone)]
pub struct Replay {
    /// Whose register it is.
    pub city: CityId,
    /// Its blocks; each is checked against all before it.
    pub source: Arc<dyn BlockSource>,
    /// The SQLite file to write, which must not exist. Beside it a folder `<file>.parts` is used and removed.
    pub out: PathBuf,
    /// The live tables to compare with: each department is replayed to exactly where its live tables are.
    pub live: Option<Database>,
}

/// How far a replay or comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Events of a department that are folded, and how many there are.
    Replaying {
        /// Whose.
        department: &'static str,
        /// How many are folded.
        events: u64,
        /// How many there are.
        of: u64,
    },
    /// A table is being read.
    Comparing {
        /// Whose.
        department: &'static str,
        /// Which.
        table: &'static str,
    },
    /// All tables are being put into the one file, or taken out of it.
    Copying,
}

/// What a replay made of one department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Whose tables.
    pub department: &'static str,
    /// The last block in them.
    pub height: Height,
    /// How many events they hold.
    pub events: Position,
    /// Of each table how many rows it has, and their hash.
    pub tables: Vec<TableHash>,
    /// The comparison with the live tables, where that was asked for.
    pub compared: Option<Compared>,
}

/// Two sets of a department's tables, beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Whose.
    pub department: &'static str,
    /// How many events the replayed tables hold.
    pub replayed: Position,
    /// How many the live ones hold. Where they differ the rows are not compared.
    pub live: Position,
    /// Each table.
    pub tables: Vec<ComparedTable>,
}

/// Where a table differs: `left` is the replayed row, `right` the live one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedTable {
    /// Which.
    pub table: &'static str,
    /// How.
    pub differences: Differences,
}

impl Compared {
    /// Whether both hold the same events and the same rows.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.replayed == self.live && self.tables.iter().all(|table| table.differences.is_empty())
    }
}

/// Rebuilds the read models of every department into one new SQLite file, with tables `<department>__<table>`, without
/// any key: names and addresses stay sealed.
///
/// # Errors
/// When the file is there already, the register cannot be read or is corrupt, an event cannot be folded, or a database
/// fails. The file is then removed again.
pub async fn replay(ask: &Replay, progress: &(dyn Fn(Progress) + Sync)) -> Result<Vec<Replayed>, AuditError> {
    let claimed = OpenOptions::new().write(true).create_new(true).open(&ask.out);
    claimed.map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => AuditError::Exists { path: ask.out.clone() },
        _ => file("create", &ask.out)(source),
    })?;
    let replayed = all(ask, progress).await;
    if replayed.is_err()
        && let Err(error) = std::fs::remove_file(&ask.out)
    {
        let error: &dyn std::error::Error = &error;
        tracing::warn!(error, file = %ask.out.display(), "a file that holds no whole replay stays");
    }
    replayed
}

/// Compares a file that [`replay`] wrote with the live tables. Departments whose live tables hold more or fewer events
/// are told apart, not compared.
///
/// # Errors
/// When the file is none of a replay, or a database fails.
pub async fn compare(
    out: &Path,
    live: &Database,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<Compared>, AuditError> {
    let parts = Parts::beside(out)?;
    progress(Progress::Copying);
    one_file::part(out, &parts.folder).await.map_err(AuditError::OneFile)?;
    let mut all = Vec::new();
    for department in departments::all() {
        let mut replayed = snapshot("replayed", &parts.database(), department.name()).await?;
        let mut live = snapshot("live", live, department.name()).await?;
        all.push(tables(&department, &mut replayed, &mut live, progress).await?);
    }
    Ok(all)
}

async fn all(ask: &Replay, progress: &(dyn Fn(Progress) + Sync)) -> Result<Vec<Replayed>, AuditError> {
    let parts = Parts::beside(&ask.out)?;
    let read = |source| AuditError::Source { after: Height(0), source };
    let last = ask.source.last().await.map_err(read)?.map_or(Height(0), |(height, _)| height);
    let mut targets = Vec::new();
    for department in departments::all() {
        targets.push(Target::new(ask, &parts, department, last).await?);
    }
    let departments: Vec<_> = targets.iter().map(|target| (&target.setup, Some(target.until))).collect();
    let told = |department, events: Position| {
        let of = targets.iter().find(|target| target.setup.department.name() == department);
        let of = of.map_or(0, |target| target.of.0);
        progress(Progress::Replaying { department, events: events.0, of });
    };
    let rebuilt = projection::rebuild_all(&departments, told).await;
    let mut all = Vec::new();
    for (target, rebuilt) in targets.into_iter().zip(rebuilt) {
        let department = target.setup.department.name();
        let rebuilt = rebuilt.map_err(|source| AuditError::Rebuild { department, source })?;
        all.push(target.compared(rebuilt, progress).await?);
    }
    progress(Progress::Copying);
    one_file::gather(&parts.folder, &ask.out).await.map_err(AuditError::OneFile)?;
    Ok(all)
}

/// One department on its way: up to where its live tables are, if there are any to compare with.
struct Target {
    setup: Setup<Permits>,
    live: Option<Snapshot>,
    until: Height,
    /// How many events there are until then.
    of: Position,
}

impl Target {
    async fn new(
        ask: &Replay,
        parts: &Parts,
        department: Department<Event>,
        last: Height,
    ) -> Result<Target, AuditError> {
        let name = department.name();
        let live = match &ask.live {
            Some(live) => Some(snapshot("live", live, name).await?),
            None => None,
        };
        let (until, of) = match &live {
            Some(live) => end_at(&*ask.source, name, live.events()).await?,
            None => (last, next_after(&*ask.source, last).await?),
        };
        let setup = Setup {
            database: parts.database(),
            city: ask.city.clone(),
            department,
            source: ask.source.clone(),
            opener: Arc::new(NoOpener),
            metrics: Metrics::new(),
            // Only a live projector tells how far it lags.
            clock: Arc::new(|| Instant(0)),
        };
        Ok(Target { setup, live, until, of })
    }

    /// What was made of it, and how that compares.
    async fn compared(self, rebuilt: Rebuilt, progress: &(dyn Fn(Progress) + Sync)) -> Result<Replayed, AuditError> {
        let name = self.setup.department.name();
        let mut made = snapshot("replayed", &self.setup.database, name).await?;
        let mut hashes = Vec::new();
        for table in self.setup.department.tables() {
            hashes.push(made.hash(table).await.map_err(unread("replayed", name))?);
        }
        let compared = match self.live {
            Some(mut live) => Some(tables(&self.setup.department, &mut made, &mut live, progress).await?),
            None => None,
        };
        Ok(Replayed { department: name, height: rebuilt.height, events: rebuilt.events, tables: hashes, compared })
    }
}

async fn tables(
    department: &Department<Event>,
    replayed: &mut Snapshot,
    live: &mut Snapshot,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Compared, AuditError> {
    let name = department.name();
    let mut compared =
        Compared { department: name, replayed: replayed.events(), live: live.events(), tables: Vec::new() };
    if compared.replayed != compared.live {
        return Ok(compared);
    }
    for table in department.tables() {
        progress(Progress::Comparing { department: name, table: table.name });
        let differences = diff(replayed, live, table).await.map_err(unread("live", name))?;
        compared.tables.push(ComparedTable { table: table.name, differences });
    }
    Ok(compared)
}

async fn snapshot(side: &'static str, database: &Database, department: &'static str) -> Result<Snapshot, AuditError> {
    let reader = Reader::open(database, department).await.map_err(unread(side, department))?;
    reader.snapshot().await.map_err(unread(side, department))
}

fn unread(side: &'static str, department: &'static str) -> impl Fn(projection::StoreError) -> AuditError {
    move |source| AuditError::Tables { side, department, source }
}

/// The block that the first `events` events end with, by halves.
async fn end_at(
    source: &dyn BlockSource,
    department: &'static str,
    events: Position,
) -> Result<(Height, Position), AuditError> {
    let last = source.last().await.map_err(|source| AuditError::Source { after: Height(0), source })?;
    let (mut low, mut high) = (0, last.map_or(0, |(height, _)| height.0));
    while low < high {
        let middle = low + (high - low) / 2;
        match next_after(source, Height(middle)).await? {
            next if next < events => low = middle + 1,
            _ => high = middle,
        }
    }
    if next_after(source, Height(low)).await? != events {
        return Err(AuditError::Elsewhere { department, events });
    }
    Ok((Height(low), events))
}

/// The position of the first event after a block. A block that cannot be read is met again, and named, by the replay.
async fn next_after(source: &dyn BlockSource, height: Height) -> Result<Position, AuditError> {
    if height == Height(0) {
        return Ok(Position(0));
    }
    let bytes = source.get(height).await.map_err(|source| AuditError::Source { after: height, source })?;
    Ok(Block::decode(&bytes).map_or(Position(u64::MAX), |block| Position(block.first.0 + block.events())))
}

/// A folder with one file a department; removed when it is dropped.
struct Parts {
    folder: PathBuf,
}

impl Parts {
    fn beside(out: &Path) -> Result<Parts, AuditError> {
        let mut name: OsString = out.as_os_str().to_owned();
        name.push(".parts");
        let folder = PathBuf::from(name);
        DirBuilder::new().create(&folder).map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => AuditError::Exists { path: folder.clone() },
            _ => file("create the folder", &folder)(source),
        })?;
        Ok(Parts { folder })
    }

    fn database(&self) -> Database {
        Database::Sqlite { folder: self.folder.clone() }
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, folder = %self.folder.display(), "a folder of a replay stays");
        }
    }
}

fn file(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> AuditError + use<> {
    let path = path.to_owned();
    move |source| AuditError::File { operation, path, source }
}
