//! The HTTP API over this process's view of the city.

use super::{Failed, chain, reconciler::open_bank};
use crate::{
    compose::{Shared, StartError, desk, open_vault, system_clock},
    config::Config,
    demo, keys,
};
use bank::test_bank;
use documents::Store as Documents;
use gateway::{Gateway, Part, Readers, ReadyCheck, pages::Site, till::Till};
use permits::Permits;
use registrar::Commands;
use signin::Provider;
use std::{
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::{net::TcpListener, task::JoinSet};
use vault::Vault;

/// The command that draws a page of a document.
const DRAW_PAGE: &str = "draw-page";
/// The registrar's name among the parts.
const REGISTRAR: &str = "registrar";
/// How late a late callback of the test bank is.
const LATE: Duration = Duration::from_secs(60);
/// What the test bank remembers, in the data folder.
pub(crate) const TEST_BANK_FILE: &str = "test-bank.jsonl";

pub(crate) async fn spawn(
    shared: &Shared,
    running: &mut JoinSet<(&'static str, Result<(), Failed>)>,
) -> Result<(), StartError> {
    let address = shared.config.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
    let vault = open_vault(&shared.config).await?;
    let documents = documents(&shared.config, &vault)?;
    let keys = keys::token_keys(&shared.config)?;
    let licence_keys = keys::licences(&shared.config)?;
    let bank = shared.config.bank.as_ref().map(open_bank).transpose()?;
    let test_bank = test_bank(&shared.config)?;
    if bank.is_some() && test_bank.is_none() && shared.config.public_url.is_none() {
        let source = "DAFTAR_PUBLIC_URL must say where the bank sends payers back to".into();
        return Err(StartError::Bank { source });
    }
    let (sign_in, built_in) = sign_in(&shared.config)?;
    let callback = format!("{}{}", shared.config.public_url.as_deref().unwrap_or_default(), gateway::CALLBACK);
    let shared = shared.clone();
    running.spawn(async move {
        let readers = tokio::select! {
            readers = readers(&shared) => readers,
            () = shared.stopped() => return ("gateway", Ok(())),
        };
        let site = Site {
            public_url: shared.config.public_url.clone().unwrap_or_else(|| own_address(&shared.config)),
            zone: shared.config.zone.clone(),
            made_up: demo::is_made_up(&shared.config),
        };
        let commands = Commands::new(shared.client.clone(), &shared.config.city);
        let revenue = readers.revenue.clone();
        let gateway = Gateway {
            city: shared.config.city.clone(),
            till: bank.map(|bank| Till { bank, callback, commands: commands.clone(), revenue }),
            test_bank,
            sign_in,
            built_in_sign_in: built_in,
            site,
            commands,
            readers,
            vault,
            documents,
            keys,
            licence_keys,
            ready: ready(&shared),
            registry: Arc::clone(&shared.metrics),
        };
        let served = gateway::serve(listener, gateway, shared.stopped()).await;
        ("gateway", served.map_err(Failed::from))
    });
    Ok(())
}

/// The documents, without what earlier processes left half-written when they were killed.
fn documents(config: &Config, vault: &Arc<Vault>) -> Result<Documents, StartError> {
    let store = Documents::open(config.documents.clone(), Arc::clone(vault)).map_err(StartError::Documents)?;
    match store.sweep(SystemTime::now()) {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "removed uploads that never came to their end"),
        Err(error) => tracing::warn!(%error, "uploads that never came to their end cannot be removed"),
    }
    Ok(match crate::config::program() {
        Ok(path) => store.drawn_by(documents::Worker::Program { path, arguments: vec![DRAW_PAGE.into()] }),
        Err(error) => {
            tracing::warn!(%error, "previews are drawn in this process: the program's own file is not known");
            store
        }
    })
}

/// Where people sign in, and the built-in provider's routes where this process serves it: only `up` says so.
fn sign_in(config: &Config) -> Result<(Option<Provider>, Option<axum::Router>), StartError> {
    let Some(known) = &config.sign_in else { return Ok((None, None)) };
    let invalid = |source: Failed| StartError::SignIn { source };
    let public = config.public_url.as_deref();
    let public =
        public.ok_or_else(|| invalid("DAFTAR_PUBLIC_URL must say where the provider sends people back to".into()))?;
    let redirect = format!("{public}{}", gateway::SIGNED_IN);
    let settings = signin::Settings {
        issuer: known.issuer.clone(),
        client_id: known.client_id.clone(),
        client_secret: known.client_secret.as_ref().map(|secret| secret.0.clone()),
        redirect: redirect.clone(),
        inside: known.inside.clone(),
        scopes: Vec::new(),
        claims: known.claims.clone(),
    };
    let provider = Provider::new(settings).map_err(|error| invalid(error.into()))?;
    let built_in = config.made_up_people.clone().map(|people| {
        signin::builtin::router(signin::builtin::Settings { issuer: known.issuer.clone(), redirect, people })
    });
    Ok((Some(provider), built_in.transpose().map_err(|error| invalid(error.into()))?))
}

/// The test bank, where the configuration has one: only `up` says so.
fn test_bank(config: &Config) -> Result<Option<axum::Router>, StartError> {
    let (true, Some(bank)) = (config.test_bank, &config.bank) else { return Ok(None) };
    let invalid = |source: Failed| StartError::Bank { source };
    let settings = test_bank::Settings {
        file: config.data.join(TEST_BANK_FILE),
        merchant: bank.merchant.as_str().into(),
        key: bank::Key::parse(&bank.key.0).map_err(|error| invalid(error.into()))?,
        origin: config.public_url.clone().unwrap_or_else(|| own_address(config)),
        late: LATE,
        clock: system_clock(),
    };
    test_bank::router(settings).map(Some).map_err(|error| invalid(error.into()))
}

/// Where this process reaches its own HTTP.
pub(crate) fn own_address(config: &Config) -> String {
    let mut address = config.listen;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{address}")
}

async fn readers(shared: &Shared) -> Readers {
    Readers {
        permit_office: desk(shared, departments::permit_office::NAME).await,
        districts: desk(shared, departments::districts::NAME).await,
        revenue: desk(shared, departments::revenue::NAME).await,
    }
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
