//! A registrar whose clock we hold, and the state that its register has come to: how weeks pass in seconds, by the same
//! commands and rules as always.

use super::DemoError;
use crate::config::Config;
use async_nats::Client;
use futures::StreamExt as _;
use kernel::{Actor, Answer, CaseId, Channel, CommandId, Envelope, Fact, Height, Instant, Register as _};
use ledger::{Block, Log};
use permits::{Command, Event, Permits};
use prometheus_client::registry::Registry;
use registrar::{Commands, Handle, Metrics, Registrar};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// How often the registrar asks what the passing of time calls for.
const TICK: Duration = Duration::from_millis(5);

/// The permits register of the city, at a time of our choosing.
pub(super) struct Office {
    clock: Arc<AtomicI64>,
    registrar: Handle,
    commands: Commands<Permits>,
    log: Log,
    height: Height,
    /// What the register has come to.
    pub(super) state: Permits,
    /// Every case there is, oldest first.
    pub(super) cases: Vec<CaseId>,
    /// When the last block was recorded.
    pub(super) recorded_at: Option<Instant>,
}

impl Office {
    pub(super) async fn open(config: &Config, client: Client, from: Instant) -> Result<Office, DemoError> {
        let clock = Arc::new(AtomicI64::new(from.0));
        let mut settings = registrar::Config::new(config.city.clone(), client.clone(), config.data.clone());
        settings.tick = TICK;
        let read = Arc::clone(&clock);
        let now = Arc::new(move || Instant(read.load(Ordering::Relaxed)));
        // Figures of a past that never was are nobody's business.
        let metrics = Metrics::register(&mut Registry::default(), config.city.as_str(), Permits::NAME);
        let registrar = Registrar::<Permits>::start(settings, now, metrics).await?;
        let log = crate::compose::open_log(config, &client).await?;
        let commands = Commands::new(client, &config.city);
        let (state, cases) = (Permits::default(), Vec::new());
        let mut office = Office { clock, registrar, commands, log, height: Height(0), state, cases, recorded_at: None };
        office.catch_up().await?;
        Ok(office)
    }

    /// How commands are sent while this office runs.
    pub(super) fn commands(&self) -> &Commands<Permits> {
        &self.commands
    }

    pub(super) fn now(&self) -> Instant {
        Instant(self.clock.load(Ordering::Relaxed))
    }

    /// Lets time pass, and waits until the register has done what that calls for.
    pub(super) async fn wait_until(&mut self, at: Instant) -> Result<(), DemoError> {
        self.clock.fetch_max(at.0, Ordering::Relaxed);
        while self.state.tick(self.now()).is_some() {
            tokio::time::sleep(TICK).await;
            self.catch_up().await?;
        }
        Ok(())
    }

    /// Sends a command. Whether it was accepted: what the rules refuse changes nothing.
    pub(super) async fn send(&mut self, actor: Actor, channel: Channel, command: Command) -> Result<bool, DemoError> {
        let id = CommandId(uuid::Uuid::now_v7());
        let envelope = Envelope { id, actor, channel, cause: None, occurred_at: None, command };
        match self.commands.send(&envelope).await? {
            Answer::Accepted(_) => {
                self.catch_up().await?;
                Ok(true)
            }
            Answer::Refused(refusal) => {
                tracing::debug!(%refusal, "not accepted");
                Ok(false)
            }
            Answer::Busy | Answer::Malformed(_) | Answer::Unavailable(_) => Err(DemoError::NotTaken),
        }
    }

    /// Reads what the register has and we have not seen.
    pub(super) async fn catch_up(&mut self) -> Result<(), DemoError> {
        let last = self.log.last_height().await?;
        let mut blocks = self.log.read_until(Height(self.height.0 + 1), last);
        while let Some(next) = blocks.next().await {
            let (height, bytes) = next?;
            let block = Block::decode(&bytes)?;
            for (position, commit, entry) in block.entries() {
                let event = Permits::decode(&entry.stored())?;
                if matches!(event, Event::ApplicationSubmitted(_)) {
                    self.cases.push(entry.case);
                }
                let fact = Fact { case: entry.case, occurred_at: entry.occurred_at, event };
                self.state.evolve(&fact, &block.meta(position, commit));
            }
            self.recorded_at = Some(block.recorded_at);
            self.height = height;
        }
        Ok(())
    }

    /// Stops the registrar; the next one goes on from here, by the world's clock.
    pub(super) async fn close(self) -> Result<(), DemoError> {
        self.registrar.shutdown().await?;
        Ok(())
    }
}
