//! Rebuilding every permit read model from the register, to SQLite and to Postgres.

use crate::{
    Failed,
    commands::city,
    raw::{self, Register},
    start,
    table::{Table, thousands},
};
use permits::Permits;
use projection::{Database, Metrics, NoOpener, Setup};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

/// Batches of the raw limits.
const RAW_BATCHES: usize = 20;

/// One rebuild in a process of its own: `<seconds> <KiB of memory at its peak>`.
struct Rebuild {
    seconds: f64,
    peak: u64,
}

pub(crate) async fn measure(table: &mut Table, city: &Register) -> Result<(), Failed> {
    let read = thousands(city.read_raw().await?);
    let limits = |raw: &str| format!("{raw} rows/s as JSON; reading alone {read} events/s");
    let rate = |rebuild: &Rebuild| format!("{} events/s", thousands(city.events as f64 / rebuild.seconds));
    let peak = |rebuild: &Rebuild| format!("{} MiB", rebuild.peak / 1024);

    let folder = tempfile::tempdir()?;
    let raw = thousands(raw::sqlite_rows(folder.path(), RAW_BATCHES).await?);
    let sqlite = in_a_process(city, &folder.path().to_string_lossy())?;
    let figure = format!("rebuild of all read models, {} events, SQLite", thousands(city.events as f64));
    table.row(figure, rate(&sqlite), "100,000 events/s", limits(&raw));
    table.row("its peak memory", peak(&sqlite), "512 MiB", "–");

    let database = test_support::postgres::Database::create().await;
    let raw = thousands(raw::postgres_rows(&database, RAW_BATCHES).await?);
    let postgres = in_a_process(city, database.url())?;
    table.row("the same, Postgres", rate(&postgres), "60,000 events/s", limits(&raw));
    table.row("its peak memory, without Postgres", peak(&postgres), "512 MiB", "–");
    Ok(())
}

fn in_a_process(city: &Register, database: &str) -> Result<Rebuild, Failed> {
    let (seconds, peak) = start::apart("--measure-rebuild", &city.server.url(), Path::new(database))?;
    Ok(Rebuild { seconds, peak })
}

/// Rebuilds here, into a folder or where a `postgres:` address leads, and prints what it took.
pub(crate) async fn measure_here(url: &str, database: &str) -> Result<(), Failed> {
    let database = match database.starts_with("postgres") {
        true => Database::Postgres { url: database.to_owned() },
        false => Database::Sqlite { folder: PathBuf::from(database) },
    };
    let log = Arc::new(raw::log(url).await?);
    let started = Instant::now();
    let setup = |department| Setup::<Permits> {
        database: database.clone(),
        city: city(),
        department,
        source: log.clone(),
        opener: Arc::new(NoOpener),
        metrics: Metrics::new(),
        clock: raw::clock(),
    };
    let setups: Vec<_> = departments::all().into_iter().map(setup).collect();
    let departments: Vec<_> = setups.iter().map(|setup| (setup, None)).collect();
    for rebuilt in projection::rebuild_all(&departments, |_, _| {}).await {
        rebuilt?;
    }
    println!("{} {}", started.elapsed().as_secs_f64(), peak_memory().unwrap_or(0));
    Ok(())
}

/// In KiB.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.trim().parse().ok()
}
