//! A city of real processes on throw-away servers: one process a role, or all roles in one.

use super::http::{Answer, Book, Caller};
use super::{ZAHRA, until};
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use test_support::process::{binary, free_port};
use test_support::{DataFolder, Database, NatsServer, Process};
use tokio::runtime::Runtime;

/// How many characters of what a failed command printed are shown.
const SHOWN: usize = 2_000;

/// A role that has a process of its own, or `City`: one process with all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Registrar,
    Projector,
    Gateway,
    Feeds,
    /// Only where a test has a bank.
    Reconciler,
    City,
}

impl Role {
    const APART: &[Role] = &[Role::Registrar, Role::Projector, Role::Gateway];
    const WITH_FEEDS: &[Role] = &[Role::Registrar, Role::Projector, Role::Gateway, Role::Feeds];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Role::Registrar => "registrar",
            Role::Projector => "projector",
            Role::Gateway => "gateway",
            Role::Reconciler => "reconciler",
            Role::Feeds => "feeds",
            Role::City => "city",
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Role::Registrar => &["registrar"],
            Role::Projector => &["projector"],
            Role::Gateway => &["gateway"],
            Role::Reconciler => &["reconciler"],
            Role::Feeds => &["feeds"],
            Role::City => &["registrar", "projector", "gateway", "feeds"],
        }
    }
}

/// Which department gives a role to its officers.
const DEPARTMENTS: &[(&str, &[&str])] = &[
    ("permit-office", &["intake", "plan-reviewer", "technical-head", "deputy", "objection-panel", "article-100-panel"]),
    ("district-office", &["technical-officer", "planner"]),
    ("revenue-office", &["revenue"]),
    ("engineers", &["engineers", "supervisor"]),
    ("agencies", &["agency-fire", "agency-social-security", "agency-engineers", "agency-heritage", "agency-utilities"]),
];

/// How a city is to be.
#[derive(Default)]
pub(crate) struct Plan {
    /// All roles in one process, as on one small server; its health and figures are then in one place.
    pub(crate) together: bool,
    /// Also a process that publishes the departments' feeds.
    pub(crate) feeds: bool,
    /// Read models and vault in this Postgres instead of SQLite files.
    pub(crate) database: Option<Database>,
    /// A nats-server that was prepared.
    pub(crate) nats: Option<NatsServer>,
    /// Where the registrar finds NATS, when not straight at the server.
    pub(crate) registrar_nats: Option<String>,
    /// More for every process.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// The port of the API, where somebody has to know it before.
    pub(crate) port: Option<u16>,
}

impl Plan {
    /// All roles in one process.
    pub(crate) fn together() -> Plan {
        Plan { together: true, ..Plan::default() }
    }

    /// Also a process that publishes the departments' feeds.
    pub(crate) fn with_feeds() -> Plan {
        Plan { feeds: true, ..Plan::default() }
    }

    /// Read models and vault in a fresh Postgres database.
    pub(crate) fn on_postgres() -> Plan {
        let database = runtime().block_on(Database::create());
        Plan { database: Some(database), ..Plan::default() }
    }

    /// The city, founded and ready.
    pub(crate) fn start(self) -> City {
        City::start_as(self)
    }
}

/// A running city. Its processes are killed and its data removed when this is dropped.
pub(crate) struct City {
    processes: Mutex<Vec<(Role, Process)>>,
    roles: &'static [Role],
    port: u16,
    tokens: Mutex<HashMap<String, String>>,
    parcels: AtomicU32,
    environment: Vec<(&'static str, String)>,
    registrar_nats: Option<String>,
    pub(crate) book: Book,
    pub(crate) nats: NatsServer,
    pub(crate) database: Option<Database>,
    pub(crate) data: DataFolder,
    pub(crate) runtime: Runtime,
}

/// A runtime for what is asked of NATS and Postgres by the test itself.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be made")
}

impl City {
    /// A city with a process a role, on SQLite.
    pub(crate) fn start() -> City {
        City::start_as(Plan::default())
    }

    fn start_as(plan: Plan) -> City {
        let Plan { together, feeds, database, nats, registrar_nats, environment, port } = plan;
        let city = City {
            processes: Mutex::default(),
            roles: match (together, feeds) {
                (true, _) => &[Role::City],
                (false, true) => Role::WITH_FEEDS,
                (false, false) => Role::APART,
            },
            port: port.unwrap_or_else(free_port),
            tokens: Mutex::default(),
            parcels: AtomicU32::new(1),
            environment,
            registrar_nats,
            book: Book::default(),
            nats: nats.unwrap_or_else(NatsServer::start_blocking),
            database,
            data: DataFolder::new(),
            runtime: runtime(),
        };
        std::fs::create_dir_all(city.data.join("logs")).expect("a folder for logs");
        // The first token makes the keys that every process then reads.
        city.officer("admin");
        for role in city.roles() {
            city.start_role(*role);
        }
        city.cli_ok(&["found"]);
        city.wait_ready();
        city
    }

    /// The roles that have a process.
    pub(crate) fn roles(&self) -> &'static [Role] {
        self.roles
    }

    /// Starts a role that does not run.
    pub(crate) fn start_role(&self, role: Role) {
        let mut command = self.command();
        if let (Role::Registrar | Role::City, Some(url)) = (role, &self.registrar_nats) {
            command.env("DAFTAR_NATS_URL", url);
        }
        command.arg("serve").args(role.arguments());
        let process = Process::spawn(command, self.log_file(role));
        let mut processes = self.processes.lock().expect("nothing panics while it starts a process");
        processes.retain(|(other, _)| *other != role);
        processes.push((role, process));
    }

    /// Does something with a role's process.
    pub(crate) fn with<T>(&self, role: Role, act: impl FnOnce(&Process) -> T) -> T {
        let processes = self.processes.lock().expect("nothing panics while it starts a process");
        let (_, process) = processes.iter().find(|(other, _)| *other == role).expect("the role was started");
        act(process)
    }

    /// SIGKILL, and a new process.
    pub(crate) fn restart(&self, role: Role) {
        self.with(role, Process::kill);
        self.start_role(role);
    }

    /// Starts every role again that ended by itself because its server was down, as systemd would.
    pub(crate) fn revive(&self) {
        until("every role runs", || {
            let ended = |role: &&Role| self.with(**role, |process| !process.is_running());
            let ended: Vec<&Role> = self.roles().iter().filter(ended).collect();
            ended.iter().for_each(|role| self.start_role(**role));
            let down = self.anybody().try_get("/healthz").is_err();
            (ended.is_empty() && !down).then_some(())
        });
    }

    /// SIGKILL to nats-server, and a new one on its store.
    pub(crate) fn restart_nats(&self) {
        self.nats.kill();
        self.runtime.block_on(self.nats.restart());
    }

    /// What a role logged since its first start.
    pub(crate) fn log(&self, role: Role) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_file(role)).unwrap_or_default()).into_owned()
    }

    /// Starts one more process of a role, beside the one that runs; it ends when it is dropped.
    pub(crate) fn one_more(&self, role: Role) -> Process {
        let mut command = self.command();
        command.arg("serve").args(role.arguments());
        Process::spawn(command, self.data.join(format!("logs/{}-more.log", role.name())))
    }

    fn log_file(&self, role: Role) -> PathBuf {
        self.data.join(format!("logs/{}.log", role.name()))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(binary("daftar"));
        command.current_dir(self.data.path()).env("DAFTAR_NATS_URL", self.nats.url());
        command.env("DAFTAR_DATA", self.data.path()).env("DAFTAR_LISTEN", format!("127.0.0.1:{}", self.port));
        match &self.database {
            Some(database) => command.env("DAFTAR_DATABASE_URL", database.url()),
            None => command.env_remove("DAFTAR_DATABASE_URL"),
        };
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs `daftar` with these arguments on this city's data.
    pub(crate) fn cli(&self, arguments: &[&str]) -> Output {
        let output = self.command().args(arguments).output().expect("daftar runs");
        let mut log = std::fs::File::options().create(true).append(true).open(self.data.join("logs/cli.log"));
        let log = log.as_mut().expect("a log of what commands said");
        // Tokens are what this prints for, and no log.
        if arguments.first() != Some(&"token") {
            std::io::Write::write_all(log, &[output.stdout.as_slice(), &output.stderr].concat()).expect("kept");
        }
        output
    }

    /// Runs `daftar`, which must succeed; gives what it printed.
    #[track_caller]
    pub(crate) fn cli_ok(&self, arguments: &[&str]) -> String {
        let output = self.cli(arguments);
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let shown: String = said.chars().take(SHOWN).collect();
        assert!(output.status.success(), "daftar {}: {shown}\n{complained}", arguments.join(" "));
        said.into_owned()
    }

    fn caller(&self, name: &str, arguments: &[&str]) -> Caller {
        let mut tokens = self.tokens.lock().expect("nothing panics while it asks for a token");
        let token = tokens.entry(name.to_owned()).or_insert_with(|| {
            let arguments = [&["token"], arguments].concat();
            self.cli_ok(&arguments).trim().to_owned()
        });
        Caller::new(self.port, Some(token.clone()), &self.book)
    }

    /// An officer of this role, in every district; the same person each time.
    pub(crate) fn officer(&self, role: &str) -> Caller {
        let department = DEPARTMENTS.iter().find(|(_, roles)| roles.contains(&role));
        match department {
            Some((department, _)) => self.caller(role, &["--role", role, "--department", department]),
            None => self.caller(role, &["--role", role]),
        }
    }

    /// The officer of this role who is the person with this national id.
    pub(crate) fn officer_who_is(&self, role: &str, national_id: &str) -> Caller {
        let (department, _) = DEPARTMENTS.iter().find(|(_, roles)| roles.contains(&role)).expect("a known role");
        let arguments = ["--role", role, "--department", department, "--national-id", national_id];
        self.caller(&format!("{role} {national_id}"), &arguments)
    }

    /// The citizen with this national id.
    pub(crate) fn citizen(&self, national_id: &str) -> Caller {
        self.caller(national_id, &["--role", "citizen", "--national-id", national_id])
    }

    /// Somebody without a token.
    pub(crate) fn anybody(&self) -> Caller {
        Caller::new(self.port, None, &self.book)
    }

    /// A parcel that nobody has asked for.
    pub(crate) fn parcel(&self) -> String {
        format!("3-{}", self.parcels.fetch_add(1, Ordering::Relaxed))
    }

    /// Applies for small works as a citizen; the answer.
    #[track_caller]
    pub(crate) fn apply(&self) -> Answer {
        let body = super::load::small_works(ZAHRA, &self.parcel());
        self.citizen(ZAHRA).done_as("/v1/cases", &body, super::http::fresh())
    }

    /// Waits until everything that the gateway looks at is well.
    #[track_caller]
    pub(crate) fn wait_ready(&self) {
        until("the city is ready", || {
            for role in self.roles() {
                let ended = self.with(*role, Process::exit_status);
                assert!(ended.is_none(), "{} ended; its log:\n{}", role.name(), self.log(*role));
            }
            self.anybody().try_get("/readyz").ok().filter(Answer::is_ok).map(|_| ())
        });
    }

    /// A figure of `/metrics`: the sum over the lines that hold every one of these texts.
    pub(crate) fn figure(&self, texts: &[&str]) -> Option<f64> {
        let text = self.anybody().try_get("/metrics").ok()?.text;
        let lines = text.lines().filter(|line| !line.starts_with('#') && texts.iter().all(|text| line.contains(text)));
        let values: Vec<f64> = lines.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }
}
