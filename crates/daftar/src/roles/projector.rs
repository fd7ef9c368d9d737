//! One projector a department, each its own task: one that stops does not stop the others.

use super::{Failed, chain};
use crate::{
    compose::{Shared, open_log, system_clock},
    opener::VaultOpener,
};
use permits::Permits;
use projection::{Department, Metrics, ProjectionError, Projector, Setup, rebuild_all};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, task::JoinSet};

/// Between two starts, while the register is not there yet or somebody has to look.
const PAUSE: Duration = Duration::from_secs(1);

type Events = <Permits as kernel::Register>::Event;

pub(crate) fn spawn(shared: &Shared, opener: &VaultOpener, running: &mut JoinSet<(&'static str, Result<(), Failed>)>) {
    let metrics = shared.with_metrics(Metrics::registered);
    let projectors = Projectors { shared: shared.clone(), opener: opener.clone(), metrics, rebuilding: Arc::default() };
    for department in departments::all() {
        running.spawn(projectors.clone().run(department.name()));
    }
}

/// What the projectors of a process have in common.
#[derive(Clone)]
struct Projectors {
    shared: Shared,
    opener: VaultOpener,
    metrics: Metrics,
    /// Held by the one that rebuilds, for all whose tables need it.
    rebuilding: Arc<Mutex<()>>,
}

impl Projectors {
    async fn run(self, name: &'static str) -> (&'static str, Result<(), Failed>) {
        loop {
            let Err(error) = self.once(name).await else { return (name, Ok(())) };
            let trouble = chain(&*error);
            self.shared.health.set(name, Some(trouble.clone()));
            tracing::error!(department = name, trouble, "the projector stopped; it starts again");
            tokio::select! {
                () = self.shared.stopped() => return (name, Ok(())),
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    async fn once(&self, name: &'static str) -> Result<(), Failed> {
        let log = tokio::select! {
            log = wait_for_register(&self.shared) => log?,
            () = self.shared.stopped() => return Ok(()),
        };
        let setup = Arc::new(self.setup(department(name), &log));
        let mut projector = match Projector::open(Arc::clone(&setup)).await {
            Err(ProjectionError::Outdated { .. }) => {
                self.rebuild_outdated(name, &log).await?;
                Projector::open(setup).await?
            }
            opened => opened?,
        };
        self.shared.health.set(name, None);
        let mut trouble = projector.trouble();
        let mut run = std::pin::pin!(projector.run(self.shared.stopped()));
        loop {
            tokio::select! {
                ended = &mut run => return Ok(ended?),
                Ok(()) = trouble.changed() => self.shared.health.set(name, trouble.borrow_and_update().clone()),
            }
        }
    }

    /// Rebuilds every department whose tables have another shape; the first to notice does it for all of them.
    async fn rebuild_outdated(&self, name: &'static str, log: &ledger::Log) -> Result<(), ProjectionError> {
        let _alone = self.rebuilding.lock().await;
        let mut outdated = Vec::new();
        for department in departments::all() {
            let setup = Arc::new(self.setup(department, log));
            if let Err(ProjectionError::Outdated { department }) = Projector::open(Arc::clone(&setup)).await {
                tracing::info!(department, "the tables have another shape; building them anew from the register");
                outdated.push(setup);
            }
        }
        let departments: Vec<_> = outdated.iter().map(|setup| (&**setup, None)).collect();
        for (setup, rebuilt) in outdated.iter().zip(rebuild_all(&departments, |_, _| {}).await) {
            // The others meet their own failures when they come here.
            if setup.department.name() == name {
                rebuilt?;
            }
        }
        Ok(())
    }

    fn setup(&self, department: Department<Events>, log: &ledger::Log) -> Setup<Permits> {
        Setup {
            database: self.shared.config.database(),
            city: self.shared.config.city.clone(),
            department,
            source: Arc::new(log.clone()),
            opener: Arc::new(self.opener.clone()),
            metrics: self.metrics.clone(),
            clock: system_clock(),
        }
    }
}

/// The registrar makes the stream on its first start; until then there is nothing to read.
pub(crate) async fn wait_for_register(shared: &Shared) -> Result<ledger::Log, Failed> {
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
