//! Starting: the guard first, then the snapshot, then the blocks behind it.

use crate::config::{Clock, Config};
use crate::durable::{Verdict, judge};
use crate::error::RegistrarError;
use crate::guard::Guard;
use crate::handle::{Handle, Vitals};
use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::settings::SettingsWatch;
use crate::snapshot::{self, Schedule};
use crate::state::State;
use crate::writer::Writer;
use bytes::Bytes;
use futures::StreamExt;
use kernel::{Height, Register};
use ledger::{Block, Chain, Head, Log, LogError, Settings, command_subject};
use std::marker::PhantomData;
use std::sync::Arc;
use tokio::sync::watch;

/// Every registrar of a register listens in this queue group, so that each command reaches one of them.
const QUEUE_GROUP: &str = "registrar";

/// Starts the writer of a register.
#[derive(Debug)]
pub struct Registrar<R>(PhantomData<R>);

impl<R: Register> Registrar<R> {
    /// Restores the register's state and starts to take commands.
    ///
    /// Two may run on one register: the one that appends first goes on, the other stops
    /// [`RegistrarError::Fenced`] without having acknowledged anything.
    ///
    /// # Errors
    /// When the log cannot be used, is damaged, or is older than what this registrar has written before.
    pub async fn start(config: Config, clock: Clock, metrics: Metrics) -> Result<Handle, RegistrarError> {
        let register = format!("{}/{}", config.city, R::NAME);
        let failed = |source| RegistrarError::Log { register: register.clone(), source };

        let mut guard = Guard::open(&config.file(R::NAME, "head"))?;
        let state = snapshot::<R>(&config).await?;
        let snapshot = state.chain.head();
        let durable = [guard.kept(), Some(snapshot).filter(|head| head.height > Height(0))];
        let durable: Vec<Head> = durable.into_iter().flatten().collect();
        let log = match (open::<R>(&config, &durable).await, durable.first()) {
            (Err(LogError::NoStream { .. }), Some(kept)) => {
                return Err(Denied::RolledBack { kept: kept.height, found: Height(0) }.of(&register));
            }
            (log, _) => log.map_err(failed)?,
        };
        let last = log.last().await.map_err(failed)?;
        for head in &durable {
            check_durable(&log, head, last.as_ref()).await.map_err(|why| why.of(&register))?;
        }
        let schedule = Schedule::after(snapshot);
        let state = replay(&config, &log, state, last.as_ref().map_or(Height(0), |last| last.0)).await?;
        guard.keep(state.chain.head())?;
        tracing::info!(register, height = state.chain.head().height.0, events = state.chain.head().next.0, "restored");

        let vitals = Arc::new(Vitals::default());
        let settings = SettingsWatch::new(register.clone(), log.clone(), Arc::clone(&vitals), metrics.clone());

        let subject = command_subject(&config.city, R::NAME);
        let subscriber = config.client.queue_subscribe(subject, QUEUE_GROUP.to_owned()).await;
        let closed = |error| RegistrarError::Closed { register: register.clone(), source: Some(Box::new(error)) };
        let intake = Intake::new(subscriber.map_err(closed)?);
        // Its answer comes after the server has taken note of the subscription: whoever sends now finds a registrar.
        settings.check().await;
        let settings = tokio::spawn(settings.run(config.settings_check, config.tick));
        let (stop, stopping) = watch::channel(false);
        let client = config.client.clone();
        let writer = Writer::new(config, clock, log, state, intake, guard, schedule, metrics, Arc::clone(&vitals));
        let task = tokio::spawn(async move {
            let outcome = writer.run(stopping).await;
            settings.abort();
            outcome
        });
        Ok(Handle { vitals, client, stop, task })
    }
}

/// Where a block was durable the stream must be there; a missing one is not quietly made anew.
async fn open<R: Register>(config: &Config, durable: &[Head]) -> Result<Log, LogError> {
    let settings = Settings { replicas: config.replicas };
    let client = config.client.clone();
    if durable.is_empty() {
        Log::open(client, &config.city, R::NAME, settings).await
    } else {
        Log::existing(client, &config.city, R::NAME, settings).await
    }
}

enum Denied {
    RolledBack { kept: Height, found: Height },
    Log(LogError),
}

impl Denied {
    fn of(self, register: &str) -> RegistrarError {
        let register = register.to_owned();
        match self {
            Denied::RolledBack { kept, found } => RegistrarError::RolledBack { register, kept, found },
            Denied::Log(source) => RegistrarError::Log { register, source },
        }
    }
}

/// The rollback guard: the stream must still have the block that was durable here.
async fn check_durable(log: &Log, kept: &Head, last: Option<&(Height, Bytes)>) -> Result<(), Denied> {
    match judge(kept, None, last) {
        Verdict::NotYet | Verdict::Durable => Ok(()),
        Verdict::RolledBack(found) => Err(Denied::RolledBack { kept: kept.height, found }),
        // Others have written since; the block that was kept must still be the same.
        Verdict::Fenced(_) => match log.get(kept.height).await {
            Ok(block) if Block::hash(&block) == kept.hash => Ok(()),
            Ok(_) | Err(LogError::Missing { .. }) => {
                Err(Denied::RolledBack { kept: kept.height, found: last.map_or(Height(0), |last| last.0) })
            }
            Err(error) => Err(Denied::Log(error)),
        },
    }
}

/// The state of the snapshot; the empty one where there is none that this build can use.
async fn snapshot<R: Register>(config: &Config) -> Result<State<R>, RegistrarError> {
    let empty = Chain::new(config.city.clone(), R::NAME);
    let (path, chain) = (config.file(R::NAME, "snapshot"), empty.clone());
    let read = tokio::task::spawn_blocking(move || snapshot::read::<R>(&path, &chain)).await;
    Ok(read.map_err(RegistrarError::Task)?.unwrap_or_else(|| State::empty(empty)))
}

/// The state after the register's blocks up to `last`.
async fn replay<R: Register>(
    config: &Config,
    log: &Log,
    mut state: State<R>,
    last: Height,
) -> Result<State<R>, RegistrarError> {
    let register = || format!("{}/{}", config.city, R::NAME);
    let mut blocks = log.read_until(Height(state.chain.head().height.0 + 1), last);
    while let Some(block) = blocks.next().await {
        let (height, bytes) = block.map_err(|source| RegistrarError::Log { register: register(), source })?;
        state.apply(height, &bytes).map_err(|unfit| unfit.of(register()))?;
    }
    Ok(state)
}
