//! The feeds of a city: one publisher a department, each its own task, so that one that stops does not stop the others;
//! and beside them whoever answers where in a stream a position or a date is.

use crate::chain::Walk;
use crate::publisher::{Clock, FeedError};
use crate::{City, Department, Metrics, Publisher, Stream, seek};
use async_nats::Client;
use futures::StreamExt as _;
use kernel::{CityId, Height, Register as _};
use ledger::Log;
use permits::Permits;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;

/// Between two starts of a publisher.
const PAUSE: Duration = Duration::from_secs(1);

/// What the feeds of a city need.
#[derive(Clone)]
pub struct Feeds {
    /// The city.
    pub city: CityId,
    /// The connection that events are published on and questions come in by.
    pub client: Client,
    /// The register.
    pub log: Log,
    /// How many nats-servers keep each event.
    pub replicas: u8,
    /// How often the streams are looked at.
    pub check: Duration,
    /// The figures.
    pub metrics: Metrics,
    /// The time.
    pub clock: Clock,
}

/// Told what keeps the feeds from going on; none when all is well.
pub type Tell = Arc<dyn Fn(Option<String>) + Send + Sync>;

/// Publishes the feeds of every department that the city has, for as long as this is polled.
///
/// A city that is not founded yet is waited for. What one department's feed waits for is told and tried again.
///
/// # Errors
/// When the register cannot be read from its beginning.
pub async fn run(feeds: Feeds, tell: Tell) -> Result<Infallible, FeedError> {
    let (known, learnt) = learn(&feeds).await?;
    let troubles = Arc::new(Troubles { tell, of: Mutex::default() });
    troubles.set("", None);
    let mut running = JoinSet::new();
    for department in known.departments() {
        running.spawn(keep_running(feeds.clone(), department, (known.clone(), learnt), Arc::clone(&troubles)));
    }
    running.spawn(seek::serve(feeds.clone(), known));
    match running.join_next().await {
        Some(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
        Some(Ok(never)) => match never {},
        None => Err(FeedError::Ended),
    }
}

/// Reads what must be known of the city up to the end of now, and on until it is founded.
pub(crate) async fn learn(feeds: &Feeds) -> Result<(City, Height), FeedError> {
    let end = feeds.log.last_height().await?;
    let mut walk = Walk::from(feeds.city.clone(), Permits::NAME, Height(1));
    let mut blocks = feeds.log.read(Height(1));
    let mut known = City::default();
    while walk.next() <= end || known.charter().is_none() {
        let (height, bytes) = blocks.next().await.ok_or(FeedError::Ended)??;
        let block = walk.step(&bytes).map_err(|source| FeedError::Block { height, source })?;
        for (position, _, entry) in block.entries().filter(|(_, _, entry)| City::learns_from(entry.code)) {
            let event = Permits::decode(&entry.stored());
            known.learn(entry.case, &event.map_err(|source| FeedError::Event { position, source })?);
        }
    }
    Ok((known, Height(walk.next().0 - 1)))
}

/// The troubles of all departments of a process, told as one.
struct Troubles {
    tell: Tell,
    of: Mutex<BTreeMap<String, String>>,
}

impl Troubles {
    fn set(&self, department: &str, trouble: Option<String>) {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        match trouble {
            Some(trouble) => drop(of.insert(department.to_owned(), trouble)),
            None => drop(of.remove(department)),
        }
        let all: Vec<&str> = of.values().map(String::as_str).collect();
        (self.tell)((!all.is_empty()).then(|| all.join("; ")));
    }
}

async fn keep_running(
    feeds: Feeds,
    department: Department,
    known: (City, Height),
    troubles: Arc<Troubles>,
) -> Infallible {
    let id = department.id.to_string();
    let mut publisher = None;
    loop {
        let opened = Stream::open(feeds.client.clone(), &feeds.city, &id, feeds.replicas).await;
        let ended = match opened {
            Ok(stream) => {
                let publisher = publisher.get_or_insert_with(|| {
                    let (city, known) = (feeds.city.clone(), known.clone());
                    let publisher = Publisher::new(feeds.log.clone(), stream, city, department.clone(), known);
                    publisher.with_metrics(feeds.metrics.clone())
                });
                let told = |trouble| troubles.set(&id, trouble);
                publisher.run(&feeds.clock, feeds.check, &told).await
            }
            Err(source) => Err(FeedError::Stream { department: id.clone(), source }),
        };
        let Err(error) = ended;
        if matches!(error, FeedError::Emptied { .. }) {
            tracing::warn!(department = id, "{error}");
        } else {
            let trouble = told(&error);
            tracing::error!(department = id, trouble, "the feed stopped; it starts again");
            troubles.set(&id, Some(trouble));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// An error with its causes, as one line.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
