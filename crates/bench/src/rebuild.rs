//! Rebuilding every permit read model from the register, to SQLite and to Postgres.

use crate::{
    Failed,
    commands::city,
    raw::{self, Register},
    table::{Table, thousands},
};
use permits::Permits;
use projection::{Database, Metrics, NoOpener, Setup};
use std::{sync::Arc, time::Instant};

/// Batches of the raw limits.
const RAW_BATCHES: usize = 20;

pub(crate) async fn measure(table: &mut Table, city: &Register) -> Result<(), Failed> {
    let read = thousands(city.read_raw().await?);
    let folder = tempfile::tempdir()?;
    let raw = thousands(raw::sqlite_rows(folder.path(), RAW_BATCHES).await?);
    let sqlite = Database::Sqlite { folder: folder.path().to_owned() };
    let rate = thousands(rebuild_all(city, &sqlite).await?);
    let figure = format!("rebuild of all read models, {} events, SQLite", thousands(city.events as f64));
    let limits = |raw: &str| format!("{raw} rows/s as JSON; reading alone {read} events/s");
    table.row(figure, format!("{rate} events/s"), "100,000 events/s", limits(&raw));

    let postgres = test_support::postgres::Database::create().await;
    let raw = thousands(raw::postgres_rows(&postgres, RAW_BATCHES).await?);
    let rate = thousands(rebuild_all(city, &Database::Postgres { url: postgres.url().to_owned() }).await?);
    table.row("the same, Postgres", format!("{rate} events/s"), "60,000 events/s", limits(&raw));
    let peak = peak_memory_kib().map_or_else(|| "unknown".to_owned(), |kib| format!("{} MiB", kib / 1024));
    table.row("peak memory of the bench, rebuilds and load included", peak, "512 MiB", "–");
    Ok(())
}

/// All departments at once, as a projector process does it. Gives events of the register a second.
async fn rebuild_all(city_: &Register, database: &Database) -> Result<f64, Failed> {
    let started = Instant::now();
    let mut departments = tokio::task::JoinSet::new();
    for department in departments::all() {
        let setup: Setup<Permits> = Setup {
            database: database.clone(),
            city: city(),
            department,
            source: Arc::new(city_.log.clone()),
            opener: Arc::new(NoOpener),
            metrics: Metrics::new(),
            clock: raw::clock(),
        };
        departments.spawn(async move { projection::rebuild(&setup, None, |_| {}).await });
    }
    while let Some(rebuilt) = departments.join_next().await {
        rebuilt??;
    }
    Ok(city_.events as f64 / started.elapsed().as_secs_f64())
}

fn peak_memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.trim().parse().ok()
}
