//! A throw-away nats-server with JetStream, every write synced, that a test can kill and start again on its data.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::process::{DataFolder, Process};
use crate::tools;
use crate::wait::poll;
use crate::wait::{blocking, eventually};

/// Starting on a large store on a busy machine takes its time.
const READY: Duration = Duration::from_secs(60);
const SOCKET: Duration = Duration::from_secs(2);

/// A nats-server of its own on the loopback. It is killed and its store removed when this is dropped.
#[derive(Debug)]
pub struct NatsServer {
    folder: DataFolder,
    program: PathBuf,
    more: String,
    port: u16,
    process: Mutex<Process>,
}

impl NatsServer {
    /// Starts a server without leaving the thread; [`NatsServer::start`] is for async tests.
    ///
    /// # Panics
    /// When there is no nats-server, or it does not start.
    pub fn start_blocking() -> Self {
        Self::start_with_blocking("")
    }

    fn start_with_blocking(more: &str) -> Self {
        let program = tools::nats_server()
            .unwrap_or_else(|error| panic!("{error}\nrun cargo xtask test, which fetches it (or cargo xtask tools)"));
        let folder = DataFolder::new();
        // The server picks its port and tells it in a file, so that two tests never race for one.
        let process = launch(&program, &folder, None, more);
        let port = read_port(&folder, &process);
        let server = Self { folder, program, more: more.to_owned(), port, process: Mutex::new(process) };
        poll(READY, || server.ready()).expect("nats-server starts in a minute");
        server
    }

    /// Where clients connect: `nats://127.0.0.1:PORT`, the same after a restart.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder that JetStream writes to.
    pub fn store_dir(&self) -> PathBuf {
        self.folder.join("store")
    }

    /// The process id of the server that runs now.
    pub fn pid(&self) -> u32 {
        self.process().pid()
    }

    /// What the server logged since the first start.
    pub fn log(&self) -> String {
        self.process().log()
    }

    /// SIGKILL: the server has no time to write anything. The store stays.
    pub fn kill(&self) {
        self.process().kill();
    }

    /// Ends the server in good order. The store stays.
    pub fn stop(&self) {
        self.process().terminate();
    }

    /// Freezes the server (SIGSTOP): connections stay open and nothing answers.
    pub fn pause(&self) {
        self.process().pause();
    }

    /// Thaws the server (SIGCONT).
    pub fn resume(&self) {
        self.process().resume();
    }

    fn launch_again(&self) {
        let mut process = self.process();
        process.kill();
        *process = launch(&self.program, &self.folder, Some(self.port), &self.more);
    }

    /// A server greets with an INFO line when its streams are recovered and it takes connections.
    fn ready(&self) -> Option<()> {
        let process = self.process();
        let line = greeting(self.port);
        assert!(process.is_running(), "nats-server ended; its log:\n{}", process.log());
        let line = line?;
        assert!(line.contains("\"jetstream\":true"), "nats-server runs without JetStream; its log:\n{}", process.log());
        Some(())
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NatsServer {
    /// Starts a server and waits until it answers.
    ///
    /// # Panics
    /// When there is no nats-server, or it does not start.
    pub async fn start() -> Self {
        blocking(Self::start_blocking).await
    }

    /// Starts a server with more settings than the usual: users, limits.
    ///
    /// # Panics
    /// When there is no nats-server, or it does not start with these.
    pub async fn start_with(settings: &str) -> Self {
        let settings = settings.to_owned();
        blocking(move || Self::start_with_blocking(&settings)).await
    }

    /// Starts the server again on the same port and store, killing it first if it still runs.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn restart(&self) {
        self.launch_again();
        eventually(READY, async || self.ready()).await.expect("nats-server starts again in a minute");
    }

    /// A connection that reconnects for as long as the test runs.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn client(&self) -> async_nats::Client {
        let options = async_nats::ConnectOptions::new().max_reconnects(None);
        options.connect(self.url()).await.unwrap_or_else(|error| panic!("cannot connect to {}: {error}", self.url()))
    }
}

fn launch(program: &Path, folder: &DataFolder, port: Option<u16>, more: &str) -> Process {
    let config = folder.join("nats.conf");
    std::fs::write(&config, settings(port, &folder.join("store")) + more).expect("the settings can be written");
    let mut command = Command::new(program);
    command.arg("--config").arg(config).arg("--ports_file_dir").arg(folder.path());
    Process::spawn(command, folder.join("log"))
}

fn settings(port: Option<u16>, store: &Path) -> String {
    let port = port.map_or("-1".to_owned(), |port| port.to_string());
    let store = store.display();
    format!(
        "listen: \"127.0.0.1:{port}\"\n\
         max_payload: 1MB\n\
         jetstream {{ store_dir: \"{store}\", sync_interval: always, max_file: 20GB, max_mem: 64MB }}\n"
    )
}

fn read_port(folder: &DataFolder, process: &Process) -> u16 {
    let file = folder.join(format!("nats-server_{}.ports", process.pid()));
    let read = || {
        let text = std::fs::read_to_string(&file).ok()?;
        let port = text.split("127.0.0.1:").nth(1)?.split('"').next()?.parse().ok();
        port.or_else(|| (!process.is_running()).then_some(0))
    };
    match poll(READY, read) {
        Some(port) if port != 0 => port,
        _ => panic!("nats-server did not start; its log:\n{}", process.log()),
    }
}

fn greeting(port: u16) -> Option<String> {
    let socket = TcpStream::connect(("127.0.0.1", port)).ok()?;
    socket.set_read_timeout(Some(SOCKET)).ok()?;
    let mut line = String::new();
    BufReader::new(socket).read_line(&mut line).ok()?;
    Some(line).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_nats::jetstream;

    async fn stream(server: &NatsServer) -> jetstream::stream::Stream {
        let context = jetstream::new(server.client().await);
        let config = jetstream::stream::Config { name: "T".into(), subjects: vec!["t".into()], ..Default::default() };
        context.get_or_create_stream(config).await.expect("the stream is made")
    }

    #[tokio::test]
    async fn an_acknowledged_message_outlives_a_kill() {
        let server = NatsServer::start().await;
        let context = jetstream::new(server.client().await);
        stream(&server).await;
        context.publish("t", "kept".into()).await.expect("sent").await.expect("acknowledged");
        let (pid, url) = (server.pid(), server.url());
        server.kill();
        server.restart().await;
        assert_ne!(server.pid(), pid);
        assert_eq!(server.url(), url);
        assert_eq!(stream(&server).await.info().await.expect("info").state.messages, 1);
        assert!(server.store_dir().join("jetstream").is_dir());
    }

    #[tokio::test]
    async fn a_paused_server_answers_after_it_is_resumed() {
        let server = NatsServer::start().await;
        let client = server.client().await;
        server.pause();
        let answer = |wait| tokio::time::timeout(wait, client.request("nobody.listens", "".into()));
        assert!(answer(Duration::from_millis(200)).await.is_err(), "a frozen server does not answer");
        server.resume();
        answer(READY).await.expect("a thawed one does").expect_err("it says that nobody listens");
    }

    const USERS: &str = include_str!("../../../deploy/nats-services.conf");
    const CREATE: &str = r#"{"name":"T","subjects":["daftar.isfahan.reg.permits"],"storage":"file"}"#;

    /// A connection of a shipped user, and what the server refused it.
    async fn user(server: &NatsServer, name: &str) -> (async_nats::Client, tokio::sync::mpsc::Receiver<String>) {
        let (refused, refusals) = tokio::sync::mpsc::channel(16);
        let options = async_nats::ConnectOptions::with_user_and_password(name.into(), "secret".into());
        let options = options.event_callback(move |event| {
            let refused = refused.clone();
            async move {
                if let async_nats::Event::ServerError(error) = event {
                    let _ = refused.send(error.to_string()).await;
                }
            }
        });
        (options.connect(server.url()).await.expect("the user is known"), refusals)
    }

    #[tokio::test]
    async fn the_users_that_we_ship_do_their_work_and_no_more() {
        let users = ["REGISTRAR", "READER", "SENDER", "FEEDS"];
        let known = users
            .iter()
            .fold(USERS.to_owned(), |text, user| text.replace(&format!("$DAFTAR_NATS_{user}_PASSWORD"), "secret"));
        let server = NatsServer::start_with(&known).await;
        let (registrar, mut refusals) = user(&server, "registrar").await;
        registrar.request("$JS.API.STREAM.CREATE.T", CREATE.into()).await.expect("makes the stream");
        registrar.request("daftar.isfahan.reg.permits", "block".into()).await.expect("writes it");
        for act in ["UPDATE", "DELETE", "PURGE", "RESTORE", "MSG.DELETE", "SNAPSHOT", "PEER.REMOVE"] {
            registrar.publish(format!("$JS.API.STREAM.{act}.T"), CREATE.into()).await.expect("sent");
            let refusal = refusals.recv().await.expect("an answer");
            assert!(refusal.contains("Permissions Violation") && refusal.contains(act), "{act}: {refusal}");
        }
        let (reader, mut refusals) = user(&server, "reader").await;
        let block = reader.request("$JS.API.STREAM.MSG.GET.T", r#"{"seq":1}"#.into()).await.expect("reads");
        assert!(String::from_utf8_lossy(&block.payload).contains("\"seq\":1"));
        reader.publish("daftar.isfahan.reg.permits", "forged".into()).await.expect("sent");
        assert!(refusals.recv().await.expect("an answer").contains("Permissions Violation"));
        let (sender, mut refusals) = user(&server, "sender").await;
        sender.publish("daftar.isfahan.reg.permits", "forged".into()).await.expect("sent");
        assert!(refusals.recv().await.expect("an answer").contains("Permissions Violation"));
        let (feeds, mut refusals) = user(&server, "feeds").await;
        let create = CREATE.replace("\"T\"", "\"F\"").replace("reg.permits", "feed.office.*");
        feeds.request("$JS.API.STREAM.CREATE.F", create.into()).await.expect("makes a department's stream");
        feeds.request("daftar.isfahan.feed.office.1", "event".into()).await.expect("appends to it");
        for forbidden in ["daftar.isfahan.reg.permits", "daftar.isfahan.cmd.permits", "$JS.API.STREAM.PURGE.F"] {
            feeds.publish(forbidden, "forged".into()).await.expect("sent");
            let refusal = refusals.recv().await.expect("an answer");
            assert!(refusal.contains("Permissions Violation"), "{forbidden}: {refusal}");
        }
        let unheard = sender.request("daftar.isfahan.cmd.permits", "command".into()).await.expect_err("nobody listens");
        assert_eq!(unheard.kind(), async_nats::RequestErrorKind::NoResponders);
    }

    #[tokio::test]
    async fn a_stopped_server_comes_back() {
        let server = NatsServer::start().await;
        server.stop();
        assert!(greeting(server.port()).is_none());
        server.restart().await;
        stream(&server).await;
    }
}
