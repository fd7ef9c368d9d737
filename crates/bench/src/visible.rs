//! From the answer to a command to the row that a department reads, at a steady thousand commands a second.

use crate::{
    Failed,
    commands::{city, registrar, send},
    raw, script,
    table::Table,
};
use hdrhistogram::Histogram;
use kernel::{Position, Register as _};
use ledger::{Log, Settings};
use permits::Permits;
use projection::{Database, Metrics, NoOpener, Projector, Setup};
use registrar::Commands;
use std::{sync::Arc, time::Duration};
use test_support::nats::NatsServer;
use tokio::sync::{mpsc, watch};

/// Commands a second.
const RATE: u64 = 1_000;
/// For how long.
const SECONDS: u64 = 15;

pub(crate) async fn measure(table: &mut Table) -> Result<(), Failed> {
    let server = NatsServer::start().await;
    let data = tempfile::tempdir()?;
    let handle = registrar::<Permits>(&server.url(), data.path()).await?;
    let client = async_nats::connect(server.url()).await?;
    let log = Log::existing(client.clone(), &city(), Permits::NAME, Settings::default()).await?;
    let (stop, stopped) = watch::channel(false);
    let mut positions = Vec::new();
    let mut projectors = tokio::task::JoinSet::new();
    for department in departments::all() {
        let setup: Setup<Permits> = Setup {
            database: Database::Sqlite { folder: data.path().join("read-models") },
            city: city(),
            department,
            source: Arc::new(log.clone()),
            opener: Arc::new(NoOpener),
            metrics: Metrics::new(),
            clock: raw::clock(),
        };
        let mut projector = Projector::open(Arc::new(setup)).await?;
        positions.push(projector.position());
        let mut stopped = stopped.clone();
        projectors.spawn(async move {
            let stop = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            projector.run(stop).await
        });
    }
    let latency = load(Commands::new(client, &city()), positions).await?;
    let millis = |quantile| latency.value_at_quantile(quantile) as f64 / 1_000.0;
    let measured = format!("p50 {:.1} ms, p99 {:.1} ms", millis(0.5), millis(0.99));
    table.row("acknowledged to visible in every department, 1,000 commands/s", measured, "p99 50 ms", "–");
    stop.send_replace(true);
    while let Some(ended) = projectors.join_next().await {
        ended??;
    }
    handle.shutdown().await?;
    Ok(())
}

async fn load(
    commands: Commands<Permits>,
    positions: Vec<watch::Receiver<Position>>,
) -> Result<Histogram<u64>, Failed> {
    for envelope in script::founding() {
        send(&commands, &envelope).await?;
    }
    let (told, mut seen) = mpsc::unbounded_channel();
    let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
    for n in 0..RATE * SECONDS {
        ticks.tick().await;
        let (commands, told, mut positions) = (commands.clone(), told.clone(), positions.clone());
        tokio::spawn(async move {
            let Ok(accepted) = send(&commands, &script::apply(n)).await else { return };
            let acknowledged = std::time::Instant::now();
            for position in &mut positions {
                // A projector that stopped shows as its own error at the end.
                let _ = position.wait_for(|position| *position > accepted.last()).await;
            }
            let _ = told.send(acknowledged.elapsed().as_micros() as u64);
        });
    }
    drop(told);
    let mut latency = Histogram::new(3)?;
    while let Some(micros) = seen.recv().await {
        latency.record(micros)?;
    }
    if latency.len() != RATE * SECONDS {
        return Err(format!("only {} of {} commands became visible", latency.len(), RATE * SECONDS).into());
    }
    Ok(latency)
}
