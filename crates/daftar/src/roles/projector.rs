//! One projector a department, each its own task: one that stops does not stop the others.

use super::{Failed, chain};
use crate::{
    compose::{Shared, open_log, system_clock},
    opener::VaultOpener,
};
use permits::Permits;
use projection::{Department, Metrics, ProjectionError, Projector, Setup, rebuild};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// Between two starts, while the register is not there yet or somebody has to look.
const PAUSE: Duration = Duration::from_secs(1);

type Events = <Permits as kernel::Register>::Event;

pub(crate) fn spawn(shared: &Shared, opener: &VaultOpener, running: &mut JoinSet<(&'static str, Result<(), Failed>)>) {
    let metrics = shared.with_metrics(Metrics::registered);
    for department in departments::all() {
        running.spawn(run(shared.clone(), opener.clone(), metrics.clone(), department.name()));
    }
}

async fn run(
    shared: Shared,
    opener: VaultOpener,
    metrics: Metrics,
    name: &'static str,
) -> (&'static str, Result<(), Failed>) {
    loop {
        let Err(error) = once(&shared, &opener, &metrics, name).await else { return (name, Ok(())) };
        let trouble = chain(&*error);
        shared.health.set(name, Some(trouble.clone()));
        tracing::error!(department = name, trouble, "the projector stopped; it starts again");
        tokio::select! {
            () = shared.stopped() => return (name, Ok(())),
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn once(shared: &Shared, opener: &VaultOpener, metrics: &Metrics, name: &'static str) -> Result<(), Failed> {
    let log = tokio::select! {
        log = wait_for_register(shared) => log?,
        () = shared.stopped() => return Ok(()),
    };
    let setup = Arc::new(setup(shared, opener, metrics, department(name), log));
    let mut projector = match Projector::open(Arc::clone(&setup)).await {
        Err(ProjectionError::Outdated { .. }) => {
            tracing::info!(department = name, "the tables have another shape; building them anew from the register");
            rebuild(&setup, None, |_| {}).await?;
            Projector::open(setup).await?
        }
        opened => opened?,
    };
    shared.health.set(name, None);
    let mut trouble = projector.trouble();
    let mut run = std::pin::pin!(projector.run(shared.stopped()));
    loop {
        tokio::select! {
            ended = &mut run => return Ok(ended?),
            Ok(()) = trouble.changed() => shared.health.set(name, trouble.borrow_and_update().clone()),
        }
    }
}

/// The registrar makes the stream on its first start; until then there is nothing to read.
async fn wait_for_register(shared: &Shared) -> Result<ledger::Log, Failed> {
    loop {
        match open_log(&shared.config, &shared.client).await {
            Ok(log) => return Ok(log),
            Err(error) if error.is_transient() || matches!(error, ledger::LogError::NoStream { .. }) => {
                tracing::debug!(trouble = chain(&error), "waiting for the register");
                tokio::time::sleep(PAUSE / 4).await;
            }
            Err(error) => return Err(Box::new(error)),
        }
    }
}

fn department(name: &str) -> Department<Events> {
    departments::all().into_iter().find(|department| department.name() == name).expect("it was listed a moment ago")
}

fn setup(
    shared: &Shared,
    opener: &VaultOpener,
    metrics: &Metrics,
    department: Department<Events>,
    log: ledger::Log,
) -> Setup<Permits> {
    Setup {
        database: shared.config.database(),
        city: shared.config.city.clone(),
        department,
        source: Arc::new(log),
        opener: Arc::new(opener.clone()),
        metrics: metrics.clone(),
        clock: system_clock(),
    }
}
