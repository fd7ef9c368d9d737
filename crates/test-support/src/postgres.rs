//! Throw-away Postgres: a cluster of its own in a temporary folder, and fresh databases in it.
//!
//! `cargo xtask test` starts one cluster for all tests and names it in `DAFTAR_TEST_POSTGRES`; without it a cluster is
//! started with the first database of a test process and stopped with the last.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::Signal;

use crate::process::{DataFolder, Process, free_port};
use crate::tools;
use crate::wait::poll;

#[cfg(feature = "clients")]
mod database;
#[cfg(feature = "clients")]
pub use database::Database;

const READY: Duration = Duration::from_secs(60);
/// Another process may take the port between our choosing it and Postgres binding it.
const PORT_TRIES: usize = 5;
/// Many tests at once, each with its own pool.
const MAX_CONNECTIONS: u32 = 300;

/// A Postgres server with its data, both gone when this is dropped. Every write is synced, as in production.
#[derive(Debug)]
pub struct Cluster {
    folder: DataFolder,
    programs: PathBuf,
    owner: Option<Account>,
    port: u16,
    process: Mutex<Process>,
}

impl Cluster {
    /// Makes and starts a cluster.
    ///
    /// # Panics
    /// When there is no Postgres, or it does not start.
    pub fn start_blocking() -> Self {
        let programs = tools::postgres_programs().unwrap_or_else(|error| {
            panic!("{error}\nrun cargo xtask test, which installs it where it can, or install Postgres 14 or newer")
        });
        let owner = Account::unprivileged();
        let folder = DataFolder::new();
        if let Some(account) = &owner {
            account.give(folder.path());
        }
        initialise(&programs, owner.as_ref(), &folder.join("data"));
        for _ in 0..PORT_TRIES {
            let port = free_port();
            let process = launch(&programs, owner.as_ref(), &folder, port);
            if poll(READY, || state(&folder, &process)) == Some(true) {
                return Self { folder, programs, owner, port, process: Mutex::new(process) };
            }
        }
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        panic!("Postgres did not start; its log:\n{log}");
    }

    /// The server, as its superuser: `postgres://postgres@127.0.0.1:PORT/postgres`.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends it at once without a checkpoint (an immediate shutdown): the next start recovers as after a crash.
    pub fn crash(&self) {
        self.process().end_with(Signal::QUIT);
    }

    /// Ends it in good order, cutting the connections that are open.
    pub fn stop(&self) {
        self.process().interrupt();
    }

    /// Freezes the server that takes new connections; those that are open go on.
    pub fn pause(&self) {
        self.process().pause();
    }

    /// Thaws it.
    pub fn resume(&self) {
        self.process().resume();
    }

    /// Starts it again on the same port and data, crashing it first if it still runs.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart_blocking(&self) {
        self.launch_again();
        self.assert_started(poll(READY, || state(&self.folder, &self.process())));
    }

    fn assert_started(&self, ready: Option<bool>) {
        assert!(ready == Some(true), "Postgres did not start again; its log:\n{}", self.process().log());
    }

    fn launch_again(&self) {
        let mut process = self.process();
        if process.is_running() {
            process.end_with(Signal::QUIT);
        }
        *process = launch(&self.programs, self.owner.as_ref(), &self.folder, self.port);
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "clients")]
impl Cluster {
    /// [`Cluster::restart_blocking`] that lets other tasks of the runtime go on.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn restart(&self) {
        self.launch_again();
        self.assert_started(crate::eventually(READY, async || state(&self.folder, &self.process())).await);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // A killed server leaves its children for a moment, and they write into the folder that goes next.
        let process = self.process();
        process.signal(Signal::CONT);
        process.signal(Signal::QUIT);
        let _ = poll(READY, || process.exit_status());
    }
}

/// The account that a server runs as when the tests run as root, which Postgres refuses.
#[derive(Debug)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    fn unprivileged() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let users = std::fs::read_to_string("/etc/passwd").expect("root runs where there is an /etc/passwd");
        let account = find_account(&users, "postgres").or_else(|| find_account(&users, "nobody"));
        Some(account.expect("there is an account `postgres` or `nobody` to run Postgres as"))
    }

    fn give(&self, folder: &Path) {
        std::os::unix::fs::chown(folder, Some(self.uid), Some(self.gid)).expect("root may give a folder away");
    }
}

fn find_account(users: &str, name: &str) -> Option<Account> {
    let mut fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = fields.find(|fields| fields.len() > 3 && fields[0] == name)?;
    Some(Account { uid: found[2].parse().ok()?, gid: found[3].parse().ok()? })
}

fn program(programs: &Path, name: &str, owner: Option<&Account>) -> Command {
    let mut command = Command::new(programs.join(name));
    // The working folder of root may be closed to the account.
    command.current_dir("/").env("LC_ALL", "C");
    if let Some(account) = owner {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

fn initialise(programs: &Path, owner: Option<&Account>, data: &Path) {
    let mut command = program(programs, "initdb", owner);
    command.arg("--pgdata").arg(data);
    command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--data-checksums"]);
    // Only the files of an empty cluster are not synced; the server syncs what tests write.
    command.arg("--no-sync");
    let output = command.output().unwrap_or_else(|error| panic!("cannot run initdb: {error}"));
    assert!(output.status.success(), "initdb failed:\n{}", String::from_utf8_lossy(&output.stderr));
}

fn launch(programs: &Path, owner: Option<&Account>, folder: &DataFolder, port: u16) -> Process {
    let mut command = program(programs, "postgres", owner);
    command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder.path());
    command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-N", &MAX_CONNECTIONS.to_string()]);
    command.args(["-c", "shared_buffers=64MB", "-c", "synchronous_commit=on", "-c", "max_wal_size=256MB"]);
    Process::spawn(command, folder.join("log"))
}

/// The server writes its state into the last line of its pid file. Nothing yet, or whether it is ready or has ended.
fn state(folder: &DataFolder, process: &Process) -> Option<bool> {
    let text = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
    let ours = text.lines().next() == Some(&process.pid().to_string());
    if ours && text.lines().nth(7).is_some_and(|state| state.trim() == "ready") {
        return Some(true);
    }
    (!process.is_running()).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_their_whole_name() {
        let users = "root:x:0:0::/root:/bin/sh\npostgresql:x:7:7::/:/bin/sh\npostgres:x:105:114::/:/bin/bash\n";
        let account = find_account(users, "postgres").expect("found");
        assert_eq!((account.uid, account.gid), (105, 114));
        assert!(find_account(users, "nobody").is_none());
    }
}
