//! The registrar against a real nats-server, writing the smallest register that has every kind of rule.

mod faults;
mod lockers;
mod rollback;
mod writing;

use crate::{Clock, Commands, Config, Handle, Metrics, Registrar, RegistrarError};
use kernel::register::Accepted;
use kernel::{Actor, Answer, Channel, CityId, CommandId, Envelope, Height, Instant};
use ledger::{Chain, Log, Settings};
use lockers::{Lockers, Order, Taken};
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::time::Duration;
use test_support::{DataFolder, FakeClock, NatsServer};
use uuid::Uuid;

/// A city with a server, a data folder and a clock of its own.
struct World {
    server: NatsServer,
    data: DataFolder,
    clock: FakeClock,
}

impl World {
    async fn new() -> World {
        World { server: NatsServer::start().await, data: DataFolder::new(), clock: FakeClock::at(1_000_000) }
    }

    fn city() -> CityId {
        "isfahan".parse().unwrap()
    }

    async fn config(&self) -> Config {
        let mut config = Config::new(World::city(), self.server.client().await, self.data.path().to_owned());
        config.tick = Duration::from_millis(20);
        config.settings_check = Duration::from_millis(50);
        config.patience = Duration::from_millis(300);
        config
    }

    async fn start(&self) -> Result<Handle, RegistrarError> {
        self.start_with(self.config().await).await
    }

    async fn start_with(&self, config: Config) -> Result<Handle, RegistrarError> {
        let read = self.clock.reader();
        let clock: Clock = Arc::new(move || Instant(read()));
        let metrics = Metrics::register(&mut Registry::default(), "isfahan", "lockers");
        Registrar::<Lockers>::start(config, clock, metrics).await
    }

    async fn commands(&self) -> Commands<Lockers> {
        Commands::new(self.server.client().await, &World::city()).timeout(Duration::from_secs(60))
    }

    async fn log(&self) -> Log {
        Log::open(self.server.client().await, &World::city(), "lockers", Settings::default()).await.unwrap()
    }

    /// Every command id in the stream, in order, after checking the whole chain.
    async fn stored(&self) -> Vec<CommandId> {
        let log = self.log().await;
        let last = log.last_height().await.unwrap();
        let mut chain = Chain::new(World::city(), "lockers");
        let mut ids = Vec::new();
        for height in 1..=last.0 {
            let bytes = log.get(Height(height)).await.unwrap();
            let block = chain.verify(Height(height), &bytes).unwrap();
            ids.extend(block.entries().map(|(_, commit, _)| commit.command));
        }
        ids
    }
}

fn envelope(id: u128, command: Order) -> Envelope<Order> {
    let id = CommandId(Uuid::from_u128(id));
    Envelope { id, actor: Actor::clock(), channel: Channel::ONLINE, cause: None, occurred_at: None, command }
}

/// Takes the locker with the command's own number, so that each is free.
fn take(number: u128) -> Envelope<Order> {
    envelope(number, Order::Take { locker: number as u64, until: i64::MAX })
}

fn accepted(answer: Answer<Taken>) -> Accepted {
    match answer {
        Answer::Accepted(accepted) => accepted,
        other => panic!("accepted, not {other:?}"),
    }
}
