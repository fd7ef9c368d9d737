//! The composition root: puts the roles of a city together. Embedded, server and tests all come through here.

use crate::{
    clock,
    config::Config,
    connect::{ConnectError, connect_patiently},
    health::Health,
    keys::{self, KeyError},
    opener::VaultOpener,
    roles::{self, Failed},
};
use async_nats::Client;
use departments::Desk;
use ledger::{Log, LogError, Settings};
use permits::Permits;
use projection::Reader;
use prometheus_client::registry::Registry;
use std::{
    future::Future,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};
use vault::{Vault, VaultError};

/// How long the roles may take to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// Between two tries to open a department's tables, which its projector makes.
const TABLES: Duration = Duration::from_millis(500);

/// What a process can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// The only writer of the permits register.
    Registrar,
    /// Keeps the departments' read models.
    Projector,
    /// The HTTP API.
    Gateway,
    /// Publishes to each department what it may see.
    Feeds,
    /// Compares the bank's list with the register.
    Reconciler,
}

/// Why a city does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be made.
    #[error("cannot make the folder {}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is no connection to NATS.
    #[error(transparent)]
    Nats(#[from] ConnectError),
    /// The register cannot be used.
    #[error("the permits register cannot be used")]
    Log(#[source] LogError),
    /// The vault does not open.
    #[error("the vault does not open")]
    Vault(#[source] VaultError),
    /// The vault that this city's persons are in is not there.
    #[error(
        "the city's vault is lost. Restore it from its backup; only where there is none left, `daftar vault accept-loss` \
         goes on with an empty one, and what was sealed before never opens again"
    )]
    VaultLost(#[source] VaultError),
    /// A key is missing.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}; choose another with --listen")]
    Listen {
        /// Which.
        address: std::net::SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The place of the documents cannot be used.
    #[error("the documents (DAFTAR_DOCUMENTS or DAFTAR_S3_BUCKET) cannot be opened")]
    Documents(#[source] documents::OpenError),
    /// The bank's settings cannot be used.
    #[error("the bank's settings (DAFTAR_BANK_URL, DAFTAR_BANK_MERCHANT, DAFTAR_BANK_KEY) cannot be used")]
    Bank {
        /// Why.
        #[source]
        source: Failed,
    },
    /// The reconciler has nothing to compare with.
    #[error("the reconciler needs a bank: set DAFTAR_BANK_URL, DAFTAR_BANK_MERCHANT and DAFTAR_BANK_KEY")]
    NoBank,
    /// Nobody could sign in.
    #[error("the sign-in provider cannot be used")]
    SignIn {
        /// Why.
        #[source]
        source: Failed,
    },
    /// A role does not start.
    #[error("the {role} does not start")]
    Role {
        /// Which.
        role: &'static str,
        /// Why.
        #[source]
        source: Failed,
    },
}

/// The roles of one process, running.
pub struct City {
    config: Config,
    health: Health,
    running: JoinSet<(&'static str, Result<(), Failed>)>,
    stop: watch::Sender<bool>,
}

/// What every role of a process shares.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) client: Client,
    pub(crate) metrics: Arc<Mutex<Registry>>,
    pub(crate) health: Health,
    pub(crate) stop: watch::Receiver<bool>,
}

impl Shared {
    /// Done when the process is told to stop.
    pub(crate) async fn stopped(&self) {
        let mut stop = self.stop.clone();
        // An error means that whoever could say stop is gone, which is the same.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    /// Changes the figures of the process.
    pub(crate) fn with_metrics<T>(&self, change: impl FnOnce(&mut Registry) -> T) -> T {
        change(&mut self.metrics.lock().expect("nothing panics while it holds the figures"))
    }
}

/// Opens the vault: a new one on the first start, and later no other than that.
///
/// # Errors
/// When its database or its key is not there, or another vault or none is where the city's was.
pub async fn open_vault(config: &Config) -> Result<Arc<Vault>, StartError> {
    make_folder(config)?;
    let master = keys::master(config)?;
    let address = config.vault();
    let opened = match keys::vault_id(config)? {
        Some(id) => Vault::open_known(&address, master, &id).await,
        None => Vault::open(&address, master).await,
    };
    let vault = opened.map_err(|error| match error {
        VaultError::Lost { .. } => StartError::VaultLost(error),
        error => StartError::Vault(error),
    })?;
    keys::keep_vault_id(config, vault.id())?;
    Ok(Arc::new(vault))
}

/// Puts an empty vault where the city's was. False, and nothing done, when the city's own is there.
///
/// # Errors
/// As [`open_vault`], but for the loss.
pub async fn replace_lost_vault(config: &Config) -> Result<bool, StartError> {
    match open_vault(config).await {
        Ok(_) => return Ok(false),
        Err(StartError::VaultLost(_)) => {}
        Err(error) => return Err(error),
    }
    let vault = Vault::open_after_loss(&config.vault(), keys::master(config)?).await.map_err(StartError::Vault)?;
    keys::forget_vault_id(config)?;
    keys::keep_vault_id(config, vault.id())?;
    Ok(true)
}

/// Opens the permits register to read it; it must be there.
///
/// # Errors
/// When it is not there or cannot be read.
pub async fn open_log(config: &Config, client: &Client) -> Result<Log, LogError> {
    let settings = Settings { replicas: config.replicas };
    Log::existing(client.clone(), &config.city, <Permits as kernel::Register>::NAME, settings).await
}

/// Makes the data folder, for its owner alone: also one that is there already.
pub(crate) fn make_folder(config: &Config) -> Result<(), StartError> {
    let failed = |source| StartError::Folder { path: config.data.clone(), source };
    std::fs::create_dir_all(&config.data).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = std::fs::metadata(&config.data).map_err(failed)?.permissions().mode() & 0o077 != 0;
        let closed = std::fs::Permissions::from_mode(0o700);
        // A volume that belongs to somebody else is theirs to close.
        if let Some(Err(error)) = open.then(|| std::fs::set_permissions(&config.data, closed)) {
            let folder = config.data.display();
            tracing::warn!(%folder, %error, "the data folder is open to other users and cannot be closed to them");
        }
    }
    Ok(())
}

impl City {
    /// Starts the roles. Each that can be mended by waiting waits; what cannot be mended is an error.
    ///
    /// # Errors
    /// Names what is missing.
    pub async fn build(config: Config, wanted: &[Role]) -> Result<City, StartError> {
        make_folder(&config)?;
        let client = connect_patiently(&config, "services").await?;
        let (stop, stopped) = watch::channel(false);
        let metrics = Arc::new(Mutex::new(Registry::with_prefix("daftar")));
        let health = Health::default();
        let shared = Shared { config: config.clone(), client, metrics, health, stop: stopped };
        let mut running = JoinSet::new();
        if wanted.contains(&Role::Registrar) {
            running.spawn(roles::registrar::run(shared.clone()));
        }
        if wanted.contains(&Role::Projector) {
            let opener = VaultOpener(open_vault(&config).await?);
            roles::projector::spawn(&shared, &opener, &mut running);
        }
        if wanted.contains(&Role::Feeds) {
            running.spawn(roles::feeds::run(shared.clone()));
        }
        if wanted.contains(&Role::Gateway) {
            roles::gateway::spawn(&shared, &mut running).await?;
        }
        if wanted.contains(&Role::Reconciler) {
            let bank = config.bank.as_ref().ok_or(StartError::NoBank)?;
            running.spawn(roles::reconciler::run(shared.clone(), roles::reconciler::open_bank(bank)?));
        }
        if let Some(address) = config.admin {
            roles::admin::spawn(&shared, address, &mut running).await?;
        }
        Ok(City { config, health: shared.health.clone(), running, stop })
    }

    /// How its parts are.
    pub(crate) fn health(&self) -> Health {
        self.health.clone()
    }

    /// The configuration it was built from.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Runs until `stop` is done or a role cannot go on, then stops every role: the gateway first, so that whoever
    /// was promised an answer gets it.
    ///
    /// # Errors
    /// When a role could not go on.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<(), StartError> {
        let ended = tokio::select! {
            () = stop => Ok(()),
            ended = self.running.join_next() => result(ended),
        };
        tracing::info!("stopping");
        self.stop.send_replace(true);
        let drained = tokio::time::timeout(DRAIN, async {
            let mut first = Ok(());
            while let Some(ended) = self.running.join_next().await {
                first = first.and(result(Some(ended)));
            }
            first
        });
        match drained.await {
            Ok(stopped) => ended.and(stopped),
            Err(_) => {
                tracing::warn!("a role did not stop in {} s", DRAIN.as_secs());
                ended
            }
        }
    }
}

type Ended = Option<Result<(&'static str, Result<(), Failed>), tokio::task::JoinError>>;

fn result(ended: Ended) -> Result<(), StartError> {
    match ended {
        None | Some(Ok((_, Ok(())))) => Ok(()),
        Some(Ok((role, Err(source)))) => Err(StartError::Role { role, source }),
        Some(Err(panicked)) => Err(StartError::Role { role: "process", source: Box::new(panicked) }),
    }
}

/// Waits for a department's tables: in a process of its own the projector may start later.
pub(crate) async fn desk(shared: &Shared, department: &'static str) -> Desk {
    let zone = shared.config.zone.clone();
    loop {
        match Reader::open(&shared.config.database(), department).await {
            Ok(reader) => return Desk::new(reader, zone),
            Err(error) => {
                tracing::info!(department, trouble = roles::chain(&error), "waiting for the department's tables");
                tokio::time::sleep(TABLES).await;
            }
        }
    }
}

/// The time, as services are told it.
pub(crate) fn system_clock() -> Arc<dyn Fn() -> kernel::Instant + Send + Sync> {
    Arc::new(clock::now)
}
