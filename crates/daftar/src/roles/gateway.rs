//! The HTTP API over this process's view of the city.

use super::{Failed, chain};
use crate::{
    compose::{Shared, StartError, open_vault},
    keys,
};
use departments::Desk;
use gateway::{Gateway, Part, Readers, ReadyCheck};
use kernel::Zone;
use permits::Permits;
use projection::{Reader, StoreError};
use registrar::Commands;
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinSet};

/// The registrar's name among the parts.
const REGISTRAR: &str = "registrar";
/// Between two tries to open a department's tables, which its projector makes.
const PAUSE: Duration = Duration::from_millis(500);

pub(crate) async fn spawn(
    shared: &Shared,
    running: &mut JoinSet<(&'static str, Result<(), Failed>)>,
) -> Result<(), StartError> {
    let address = shared.config.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
    let vault = open_vault(&shared.config).await?;
    let keys = keys::token_keys(&shared.config)?;
    let shared = shared.clone();
    running.spawn(async move {
        let readers = tokio::select! {
            readers = readers(&shared) => readers,
            () = shared.stopped() => return ("gateway", Ok(())),
        };
        let gateway = Gateway {
            city: shared.config.city.clone(),
            commands: Commands::new(shared.client.clone(), &shared.config.city),
            readers,
            vault,
            keys,
            ready: ready(&shared),
            registry: Arc::clone(&shared.metrics),
        };
        let served = gateway::serve(listener, gateway, shared.stopped()).await;
        ("gateway", served.map_err(Failed::from))
    });
    Ok(())
}

async fn readers(shared: &Shared) -> Readers {
    Readers {
        permit_office: desk(shared, departments::permit_office::NAME).await,
        districts: desk(shared, departments::districts::NAME).await,
        revenue: desk(shared, departments::revenue::NAME).await,
    }
}

/// Waits for the department's tables: in a process of its own the projector may start later.
async fn desk(shared: &Shared, department: &'static str) -> Desk {
    let zone: Zone = shared.config.zone.clone();
    loop {
        match Reader::open(&shared.config.database(), department).await {
            Ok(reader) => return Desk::new(reader, zone),
            Err(error) => wait_for(department, &error).await,
        }
    }
}

async fn wait_for(department: &'static str, error: &StoreError) {
    tracing::info!(department, trouble = chain(error), "waiting for the department's tables");
    tokio::time::sleep(PAUSE).await;
}

/// What this process knows of its other roles. The registrar is asked too, also where it is one of them: what it knows of
/// itself is from before NATS stopped answering.
fn ready(shared: &Shared) -> ReadyCheck {
    let (health, commands) =
        (shared.health.clone(), Commands::<Permits>::new(shared.client.clone(), &shared.config.city));
    Arc::new(move || {
        let (parts, commands) = (health.parts(), commands.clone());
        Box::pin(async move {
            let (registrar, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(name, _)| *name == REGISTRAR);
            let mut trouble = registrar.into_iter().find_map(|(_, trouble)| trouble);
            if trouble.is_none() {
                trouble = commands.ping().await.err().map(|error| chain(&error));
            }
            let others = others.into_iter().map(|(name, trouble)| part(name, trouble));
            others.chain([part(REGISTRAR, trouble)]).collect()
        })
    })
}

fn part(name: &str, trouble: Option<String>) -> Part {
    let ready = trouble.is_none();
    Part { name: name.to_owned(), ready, detail: trouble.unwrap_or_else(|| "well".to_owned()) }
}
