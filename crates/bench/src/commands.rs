//! Durable commands over NATS: real permit steps, and beside them a registrar that decides nothing.

use crate::{
    Failed,
    bare::Bare,
    script,
    table::{Table, thousands},
};
use futures::future::try_join_all;
use hdrhistogram::Histogram;
use kernel::{Accepted, Actor, Answer, Channel, CityId, CommandId, Envelope, Instant, Register};
use permits::Permits;
use prometheus_client::registry::Registry;
use registrar::{Commands, Config, Handle, Metrics, Registrar};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use test_support::nats::NatsServer;

/// Connections that the clients share: a gateway has one, and a city a few gateways.
const CONNECTIONS: usize = 4;
/// The size of a bare command: what a permit step takes on the wire.
const BARE_BYTES: usize = 300;

pub(crate) fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

pub(crate) fn city() -> CityId {
    "bench".parse().expect("a valid city")
}

pub(crate) async fn registrar<R: Register>(url: &str, data: &std::path::Path) -> Result<Handle, Failed> {
    let client = async_nats::connect(url).await?;
    let metrics = Metrics::register(&mut Registry::default(), "bench", R::NAME);
    Ok(Registrar::<R>::start(Config::new(city(), client, data.to_owned()), Arc::new(now), metrics).await?)
}

/// What a run of many clients came to.
struct Run {
    a_second: f64,
    latency: Histogram<u64>,
}

impl Run {
    fn millis(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1_000.0
    }
}

pub(crate) async fn measure(table: &mut Table, commands: u64) -> Result<(), Failed> {
    for (clients, goal) in [(64, "30,000/s"), (256, "50,000/s")] {
        let bare = on_a_fresh_server::<Bare>(clients, commands).await?;
        let ours = on_a_fresh_server::<Permits>(clients, commands).await?;
        let share = 100.0 * ours.a_second / bare.a_second;
        let figure = format!("durable permit commands, {clients} clients");
        let measured = format!("{}/s ({share:.0} % of bare)", thousands(ours.a_second));
        table.row(figure, measured, &format!("{goal}, 70 %"), format!("bare registrar {}/s", thousands(bare.a_second)));
        if clients == 64 {
            let measured = format!("{:.1} / {:.1} ms", ours.millis(0.5), ours.millis(0.99));
            let raw = format!("bare {:.1} / {:.1} ms", bare.millis(0.5), bare.millis(0.99));
            table.row("p50 / p99 at 64 clients", measured, "2.5 / 8 ms", raw);
        }
    }
    Ok(())
}

/// A register that clients can drive.
pub(crate) trait Driven: Register + Sized {
    /// What is sent before the clients start.
    fn founding() -> Vec<Envelope<Self::Command>>;
    /// What a client sends next: its `k`th command about its `n`th case, whose first answer is `case`.
    fn next(n: u64, k: usize, case: Option<Accepted>) -> Envelope<Self::Command>;
    /// How many commands one case takes.
    const COMMANDS: usize;
}

impl Driven for Permits {
    const COMMANDS: usize = script::COMMANDS;
    fn founding() -> Vec<Envelope<permits::Command>> {
        script::founding()
    }
    fn next(n: u64, k: usize, case: Option<Accepted>) -> Envelope<permits::Command> {
        match case {
            Some(first) => script::step(first.case, k),
            None => script::apply(n),
        }
    }
}

impl Driven for Bare {
    const COMMANDS: usize = 1;
    fn founding() -> Vec<Envelope<Vec<u8>>> {
        Vec::new()
    }
    fn next(_: u64, _: usize, _: Option<Accepted>) -> Envelope<Vec<u8>> {
        Envelope {
            id: CommandId(uuid::Uuid::now_v7()),
            actor: Actor::clock(),
            channel: Channel::SYSTEM,
            cause: None,
            occurred_at: None,
            command: vec![0xa5; BARE_BYTES],
        }
    }
}

async fn on_a_fresh_server<R: Driven>(clients: usize, commands: u64) -> Result<Run, Failed> {
    let server = NatsServer::start().await;
    let data = tempfile::tempdir()?;
    let handle = registrar::<R>(&server.url(), data.path()).await?;
    let run = drive::<R>(&server.url(), clients, commands).await?;
    handle.shutdown().await?;
    Ok(run)
}

/// Sends this many commands from this many clients at once and times each.
async fn drive<R: Driven>(url: &str, clients: usize, commands: u64) -> Result<Run, Failed> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Commands::<R>::new(async_nats::connect(url).await?, &city()));
    }
    for envelope in R::founding() {
        send(&connections[0], &envelope).await?;
    }
    let sent = Arc::new(AtomicU64::new(0));
    let started = std::time::Instant::now();
    let tasks = (0..clients as u64).map(|client| {
        let (commands_of, sent) = (connections[client as usize % CONNECTIONS].clone(), Arc::clone(&sent));
        tokio::spawn(one_client::<R>(commands_of, client, clients as u64, sent, commands))
    });
    let histograms = try_join_all(tasks).await?;
    let took = started.elapsed();
    let mut latency = Histogram::new(3)?;
    for histogram in histograms {
        latency.add(histogram?)?;
    }
    Ok(Run { a_second: latency.len() as f64 / took.as_secs_f64(), latency })
}

async fn one_client<R: Driven>(
    commands: Commands<R>,
    client: u64,
    clients: u64,
    sent: Arc<AtomicU64>,
    limit: u64,
) -> Result<Histogram<u64>, Failed> {
    let mut latency = Histogram::new(3)?;
    let mut n = client;
    loop {
        let mut case = None;
        for k in 0..R::COMMANDS {
            if sent.fetch_add(1, Ordering::Relaxed) >= limit {
                return Ok(latency);
            }
            let envelope = R::next(n, k, case);
            let asked = std::time::Instant::now();
            let accepted = send(&commands, &envelope).await?;
            latency.record(asked.elapsed().as_micros() as u64)?;
            case.get_or_insert(accepted);
        }
        n += clients;
    }
}

/// Sends one command; a busy registrar is asked again, a refusal is a fault of the script.
pub(crate) async fn send<R: Register>(
    commands: &Commands<R>,
    envelope: &Envelope<R::Command>,
) -> Result<Accepted, Failed> {
    loop {
        match commands.send(envelope).await? {
            Answer::Accepted(accepted) => return Ok(accepted),
            Answer::Busy => tokio::time::sleep(Duration::from_millis(1)).await,
            Answer::Refused(refusal) => return Err(refusal.to_string().into()),
            Answer::Malformed(why) => return Err(why.into()),
            Answer::Unavailable(why) => return Err(why.into()),
        }
    }
}
