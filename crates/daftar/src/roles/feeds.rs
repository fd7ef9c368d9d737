//! The feeds of the departments, started again after what passes.

use super::{Failed, chain, projector::wait_for_register};
use crate::compose::{Shared, system_clock};
use feeds::{Feeds, Metrics, Tell};
use std::{sync::Arc, time::Duration};

/// Its name among the parts.
const NAME: &str = "feeds";
/// Between two starts.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) async fn run(shared: Shared) -> (&'static str, Result<(), Failed>) {
    let metrics = shared.with_metrics(Metrics::registered);
    loop {
        let ended = tokio::select! {
            ended = once(&shared, metrics.clone()) => ended,
            () = shared.stopped() => return (NAME, Ok(())),
        };
        let Err(error) = ended;
        let trouble = chain(&*error);
        shared.health.set(NAME, Some(trouble.clone()));
        tracing::error!(trouble, "the feeds stopped; they start again");
        tokio::select! {
            () = shared.stopped() => return (NAME, Ok(())),
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn once(shared: &Shared, metrics: Metrics) -> Result<std::convert::Infallible, Failed> {
    let config = &shared.config;
    let feeds = Feeds {
        city: config.city.clone(),
        client: shared.client.clone(),
        log: wait_for_register(shared).await?,
        replicas: config.replicas,
        check: config.settings_check,
        metrics,
        clock: system_clock(),
    };
    let health = shared.health.clone();
    let tell: Tell = Arc::new(move |trouble| health.set(NAME, trouble));
    Ok(feeds::run(feeds, tell).await?)
}
