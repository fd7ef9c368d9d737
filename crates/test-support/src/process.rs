//! Child processes that a test can kill, freeze and thaw, with their log in a file.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::wait::poll;

/// How long a process may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(30);

/// A running program. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Mutex<Child>,
    log: PathBuf,
}

impl Process {
    /// Starts the command with no input and with both outputs appended to `log`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn spawn(mut command: Command, log: impl Into<PathBuf>) -> Self {
        let log = log.into();
        let name = command.get_program().to_string_lossy().into_owned();
        let out = File::options().create(true).append(true).open(&log);
        let out = out.unwrap_or_else(|error| panic!("cannot write the log {} of {name}: {error}", log.display()));
        let err = out.try_clone().expect("a file handle can be doubled");
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
        let child = child.unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        Self { name, child: Mutex::new(child), log }
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child().id()
    }

    /// Everything it has written so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The file that its output goes to.
    pub fn log_file(&self) -> &Path {
        &self.log
    }

    /// Whether it still runs (a frozen one does).
    pub fn is_running(&self) -> bool {
        self.exit_status().is_none()
    }

    /// How it ended, when it did.
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.child().try_wait().expect("a child can be asked for its state")
    }

    /// SIGKILL: it gets no chance to finish anything. Returns when it is gone.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
        let _ = self.child().wait();
    }

    /// SIGTERM, then waits for it to end by itself.
    ///
    /// # Panics
    /// When it has not ended in 30 seconds.
    pub fn terminate(&self) -> ExitStatus {
        self.end_with(Signal::TERM)
    }

    /// SIGINT, as Ctrl-C sends it, then waits for it to end by itself.
    ///
    /// # Panics
    /// When it has not ended in 30 seconds.
    pub fn interrupt(&self) -> ExitStatus {
        self.end_with(Signal::INT)
    }

    /// SIGSTOP: its sockets stay open and nothing answers.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    /// When it has not ended in that time; the log is in the message.
    pub fn wait(&self, at_most: Duration) -> ExitStatus {
        let ended = poll(at_most, || self.exit_status());
        ended.unwrap_or_else(|| panic!("{} still runs after {at_most:?}; its log:\n{}", self.name, self.log()))
    }

    /// Waits until its log holds `text`.
    ///
    /// # Panics
    /// When it ends first or the time is over; the log is in the message.
    pub fn wait_for_log(&self, text: &str, at_most: Duration) {
        let seen = poll(at_most, || {
            let ended = !self.is_running();
            if self.log().contains(text) { Some(true) } else { ended.then_some(false) }
        });
        assert!(seen == Some(true), "{} did not say {text:?}; its log:\n{}", self.name, self.log());
    }

    pub(crate) fn end_with(&self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        self.wait(GRACE)
    }

    /// Sends the signal unless the process has ended: its id may belong to another by then.
    pub(crate) fn signal(&self, signal: Signal) {
        let mut child = self.child();
        if child.try_wait().expect("a child can be asked for its state").is_none() {
            kill_process(pid_of(&child), signal).unwrap_or_else(|error| panic!("cannot signal {}: {error}", self.name));
        }
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// SIGTERM to a child that is not a [`Process`]; nothing when it has ended.
pub fn ask_to_end(child: &mut Child) {
    if matches!(child.try_wait(), Ok(None)) {
        let _ = kill_process(pid_of(child), Signal::TERM);
    }
}

fn pid_of(child: &Child) -> Pid {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a child has a positive id")
}

/// A folder of its own that is removed when this is dropped.
#[derive(Debug)]
pub struct DataFolder(tempfile::TempDir);

impl DataFolder {
    /// An empty folder.
    ///
    /// # Panics
    /// When it cannot be made.
    #[expect(clippy::new_without_default, reason = "making a folder is an act, not a default value")]
    pub fn new() -> Self {
        Self(tempfile::Builder::new().prefix("daftar-").tempdir().expect("a temporary folder can be made"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A path inside it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }
}

/// A TCP port of the loopback that nobody listened on just now.
///
/// # Panics
/// When there is none.
pub fn free_port() -> u16 {
    let socket = TcpListener::bind(("127.0.0.1", 0)).expect("the loopback has a free port");
    socket.local_addr().expect("a bound socket has an address").port()
}

/// The binary `name` of this workspace, beside the test that runs. Inside the package that builds it,
/// `env!("CARGO_BIN_EXE_name")` is surer.
///
/// # Panics
/// When it has not been built.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.parent().and_then(Path::parent).expect("a test stands in target/PROFILE/deps");
    let path = folder.join(name);
    assert!(path.is_file(), "{} is not built: run `cargo build -p {name}`, or cargo xtask test", path.display());
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, folder: &DataFolder) -> Process {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Process::spawn(command, folder.join("log"))
    }

    #[test]
    fn a_process_is_heard_frozen_thawed_and_killed() {
        let folder = DataFolder::new();
        let process = shell("echo ready; while :; do sleep 0.01; echo tick; done", &folder);
        process.wait_for_log("ready", GRACE);
        process.pause();
        let stat = format!("/proc/{}/stat", process.pid());
        if Path::new("/proc/self/stat").exists() {
            let stopped = || std::fs::read_to_string(&stat).ok().filter(|stat| stat.contains(") T ")).map(|_| ());
            poll(GRACE, stopped).expect("the process stops");
        }
        let ticks = process.log().len();
        assert!(process.is_running());
        process.resume();
        poll(GRACE, || (process.log().len() > ticks).then_some(())).expect("the process goes on");
        process.kill();
        assert!(!process.is_running());
        process.kill();
    }

    #[test]
    fn a_process_that_handles_the_signal_ends_with_its_own_code() {
        let folder = DataFolder::new();
        let process = shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done", &folder);
        process.wait_for_log("ready", GRACE);
        assert_eq!(process.terminate().code(), Some(7));
    }

    #[test]
    #[should_panic(expected = "did not say")]
    fn an_early_end_is_told_with_the_log() {
        let folder = DataFolder::new();
        shell("echo broken >&2; exit 3", &folder).wait_for_log("ready", GRACE);
    }
}
