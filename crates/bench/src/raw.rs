//! A register with a given number of events, and the raw limits of reading it and of writing rows.

use crate::{
    Failed,
    commands::{city, now, registrar, send},
    script,
    table::thousands,
};
use futures::StreamExt;
use kernel::{Height, Register as _};
use ledger::{Log, Settings};
use permits::Permits;
use registrar::Commands;
use sqlx::{Connection as _, Executor as _};
use std::{
    path::Path,
    sync::Arc,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Instant,
};
use tempfile::TempDir;
use test_support::{nats::NatsServer, postgres::Database};

/// Cases that are filled at once.
const WRITERS: u64 = 256;
/// Rows of one raw upsert.
const ROWS: usize = 20_000;

/// A nats-server with a filled permits register, and the registrar's folder.
pub(crate) struct Register {
    pub(crate) server: NatsServer,
    pub(crate) data: TempDir,
    pub(crate) events: u64,
    pub(crate) cases: u64,
    pub(crate) log: Log,
}

impl Register {
    /// Fills a register through the registrar, as everything does.
    pub(crate) async fn filled(events: u64) -> Result<Register, Failed> {
        eprintln!("filling a register with {} events", thousands(events as f64));
        let server = NatsServer::start().await;
        let data = tempfile::tempdir()?;
        let handle = registrar::<Permits>(&server.url(), data.path()).await?;
        let commands = Commands::<Permits>::new(async_nats::connect(server.url()).await?, &city());
        for envelope in script::founding() {
            send(&commands, &envelope).await?;
        }
        let (reached, cases, full) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
        let writer = async |commands: Commands<Permits>, mut n: u64| -> Result<(), Failed> {
            loop {
                let first = send(&commands, &script::apply(n)).await?;
                cases.fetch_add(1, Ordering::Relaxed);
                for k in 1..script::COMMANDS {
                    let last = send(&commands, &script::step(first.case, k)).await?;
                    reached.fetch_max(last.last().0 + 1, Ordering::Relaxed);
                    if reached.load(Ordering::Relaxed) >= events {
                        full.store(true, Ordering::Relaxed);
                    }
                    if full.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                }
                n += WRITERS;
            }
        };
        let mut writers: futures::stream::FuturesUnordered<_> =
            (0..WRITERS).map(|n| writer(commands.clone(), n)).collect();
        while let Some(written) = writers.next().await {
            written?;
        }
        drop(writers);
        handle.shutdown().await?;
        let log = log(&server.url()).await?;
        let (events, cases) = (reached.into_inner(), cases.into_inner());
        Ok(Register { server, data, events, cases, log })
    }

    /// Reads every block without looking into it.
    pub(crate) async fn read_raw(&self) -> Result<f64, Failed> {
        let end = self.log.last_height().await?;
        let started = Instant::now();
        let mut blocks = self.log.read_until(Height(1), end);
        while let Some(block) = blocks.next().await {
            block?;
        }
        Ok(self.events as f64 / started.elapsed().as_secs_f64())
    }
}

/// The permits register on a server.
pub(crate) async fn log(url: &str) -> Result<Log, Failed> {
    let client = async_nats::connect(url).await?;
    Ok(Log::existing(client, &city(), Permits::NAME, Settings::default()).await?)
}

/// A row like one of the timeline.
fn rows(from: usize) -> String {
    let row = |i: usize| {
        serde_json::json!({
            "position": from + i, "case_id": i % 50_000, "recorded_at": 1_795_000_000_000_000_u64 + i as u64,
            "occurred_at": 1_795_000_000_000_000_u64, "event": "StepCompleted", "step": "planning-order",
            "actor": "00000000-0000-0000-0000-00000000004d", "role": "planner", "channel": "online", "detail": null,
        })
    };
    serde_json::Value::from((0..ROWS).map(row).collect::<Vec<_>>()).to_string()
}

const DDL: &str = "CREATE TABLE raw (position bigint primary key, case_id bigint, recorded_at bigint, \
     occurred_at bigint, event text, step text, actor text, role text, channel text, detail text)";

/// Rows a second that SQLite takes as one JSON parameter.
pub(crate) async fn sqlite_rows(folder: &Path, batches: usize) -> Result<f64, Failed> {
    let url = format!("sqlite://{}?mode=rwc", folder.join("raw.sqlite").display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await?;
    connection.execute("PRAGMA journal_mode = WAL").await?;
    connection.execute("PRAGMA synchronous = NORMAL").await?;
    connection.execute(DDL).await?;
    let sql = "INSERT INTO raw SELECT value->>'position', value->>'case_id', value->>'recorded_at', \
        value->>'occurred_at', value->>'event', value->>'step', value->>'actor', value->>'role', value->>'channel', \
        value->>'detail' FROM json_each(?)";
    let batches: Vec<String> = (0..batches).map(|batch| rows(batch * ROWS)).collect();
    let started = Instant::now();
    for batch in &batches {
        sqlx::query(sql).bind(batch.as_str()).execute(&mut connection).await?;
    }
    Ok((batches.len() * ROWS) as f64 / started.elapsed().as_secs_f64())
}

/// Rows a second that Postgres takes as one JSON parameter.
pub(crate) async fn postgres_rows(database: &Database, batches: usize) -> Result<f64, Failed> {
    let mut connection = sqlx::PgConnection::connect(database.url()).await?;
    connection.execute(DDL).await?;
    let sql = "INSERT INTO raw SELECT * FROM jsonb_populate_recordset(NULL::raw, $1::jsonb)";
    let batches: Vec<String> = (0..batches).map(|batch| rows(batch * ROWS)).collect();
    let started = Instant::now();
    for batch in &batches {
        sqlx::query(sql).bind(batch.as_str()).execute(&mut connection).await?;
    }
    let rate = (batches.len() * ROWS) as f64 / started.elapsed().as_secs_f64();
    connection.execute("DROP TABLE raw").await?;
    Ok(rate)
}

/// The clock, as services are told it.
pub(crate) fn clock() -> projection::Clock {
    Arc::new(now)
}
