//! The registrar, started again after what passes: a lost connection, or another that took over for a while.

use super::{Failed, chain};
use crate::compose::{Shared, system_clock};
use permits::Permits;
use registrar::{Commands, Config, Metrics, Registrar, RegistrarError};
use std::time::Duration;

/// Between two starts.
const PAUSE: Duration = Duration::from_secs(1);
/// How often its health is told to `/readyz`.
const PULSE: Duration = Duration::from_millis(500);

pub(crate) async fn run(shared: Shared) -> (&'static str, Result<(), Failed>) {
    let metrics = shared.with_metrics(|registry| Metrics::register(registry, shared.config.city.as_str(), "permits"));
    loop {
        tokio::select! {
            () = shared.stopped() => return ("registrar", Ok(())),
            () = stand_by(&shared) => {}
        }
        let ended = once(&shared, metrics.clone()).await;
        // Whatever it waited for, it waits no more: nats-server is not to be started anew for that.
        shared.health.set_stuck(false);
        let Err(error) = ended else { return ("registrar", Ok(())) };
        let trouble = chain(&error);
        shared.health.set("registrar", Some(trouble.clone()));
        tracing::error!(trouble, "the registrar stopped; it starts again, and refuses to write until all is well");
        tokio::select! {
            () = shared.stopped() => return ("registrar", Ok(())),
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Waits while another registrar answers: two that live share the callers until NATS fences one out, to nobody's good.
async fn stand_by(shared: &Shared) {
    let commands = Commands::<Permits>::new(shared.client.clone(), &shared.config.city);
    let mut told = false;
    while commands.ping().await.is_ok() {
        if !std::mem::replace(&mut told, true) {
            tracing::info!("another registrar is at work; standing by");
            shared.health.set("registrar", None);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn once(shared: &Shared, metrics: Metrics) -> Result<(), RegistrarError> {
    let mut config = Config::new(shared.config.city.clone(), shared.client.clone(), shared.config.data.clone());
    config.replicas = shared.config.replicas;
    config.settings_check = shared.config.settings_check;
    let mut handle = Registrar::<Permits>::start(config, system_clock(), metrics).await?;
    let mut pulse = tokio::time::interval(PULSE);
    loop {
        tokio::select! {
            ended = handle.wait() => return ended,
            () = shared.stopped() => return handle.shutdown().await,
            _ = pulse.tick() => {
                let health = handle.health();
                shared.health.set_stuck(health.hangs);
                shared.health.set("registrar", health.trouble);
            }
        }
    }
}
