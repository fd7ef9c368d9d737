//! A data folder in which `daftar up` makes its city.

use super::http::Book;
use super::{Caller, PATIENCE, until};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use test_support::process::{binary, free_port};
use test_support::{DataFolder, Process};

/// A data folder and the address that its city is started at.
pub(crate) struct Home {
    pub(crate) data: DataFolder,
    pub(crate) port: u16,
    pub(crate) book: Book,
    starts: std::cell::Cell<u32>,
}

impl Home {
    /// Starts it and waits until it says that it is up.
    pub(crate) fn up(&self) -> Process {
        let process = self.spawn_up();
        process.wait_for_log("is up.", PATIENCE);
        process
    }

    /// As [`Home::up`], with some made-up weeks in it.
    pub(crate) fn up_with_demo(&self) -> Process {
        let process = self.spawn(&["--demo"]);
        process.wait_for_log("is up.", PATIENCE * 10);
        process
    }

    pub(crate) fn spawn_up(&self) -> Process {
        self.spawn(&[])
    }

    fn spawn(&self, more: &[&str]) -> Process {
        self.starts.set(self.starts.get() + 1);
        let mut command = self.command(&["up", "--listen", &format!("127.0.0.1:{}", self.port)]);
        command.args(more);
        let nats = test_support::tools::nats_server().expect("a nats-server is here");
        command.env("DAFTAR_NATS_SERVER", nats);
        Process::spawn(command, self.data.join(format!("up-{}.log", self.starts.get())))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("daftar"));
        command.args(arguments).arg("--data").arg(self.data.path()).current_dir(self.data.path());
        command.env_remove("DAFTAR_NATS_URL").env_remove("DAFTAR_DATABASE_URL");
        command
    }

    /// As [`Home::up`], where it must end by itself; what it said.
    pub(crate) fn up_refuses(&self) -> String {
        let process = self.spawn_up();
        until("it refuses to start", || process.exit_status());
        let said = process.log();
        assert!(!said.contains("is up."), "it is not up:\n{said}");
        said
    }

    /// Takes these files and folders away, where they are.
    pub(crate) fn lose(&self, names: &[&str]) {
        for path in names.iter().map(|name| self.data.join(name)).filter(|path| path.exists()) {
            let lost = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            lost.expect("it can be taken away");
        }
    }

    /// Every file and folder that others than its owner may read, write or list.
    pub(crate) fn open_to_others(&self) -> Vec<PathBuf> {
        let (mut open, mut folders) = (Vec::new(), vec![self.data.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            if mode(&folder) & 0o077 != 0 {
                open.push(folder.clone());
            }
            for entry in std::fs::read_dir(&folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                // The harness's own, made before the program runs.
                let ours = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("up-"));
                match path.is_dir() {
                    true => folders.push(path),
                    false if mode(&path) & 0o077 != 0 && !ours => open.push(path),
                    false => {}
                }
            }
        }
        open
    }

    pub(crate) fn caller(&self, process: &Process, role: &str) -> Caller {
        let log = process.log();
        let line = log.lines().find(|line| line.split_whitespace().next() == Some(role));
        let token = line
            .and_then(|line| line.split_whitespace().nth(1))
            .unwrap_or_else(|| panic!("no token for {role}: {log}"));
        Caller::new(self.port, Some(token.to_owned()), &self.book)
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode()
}

impl Drop for Home {
    fn drop(&mut self) {
        // A killed `up` leaves its nats-server behind for the next start; after a failed test there is none.
        let pid = std::fs::read_to_string(self.data.join("nats.pid")).unwrap_or_default();
        let command = std::fs::read_to_string(format!("/proc/{}/cmdline", pid.trim())).unwrap_or_default();
        if command.contains(&self.data.path().display().to_string()) {
            let _ = Command::new("kill").args(["-KILL", pid.trim()]).status();
        }
    }
}

/// An empty folder and a free port.
pub(crate) fn home() -> Home {
    Home { data: DataFolder::new(), port: free_port(), book: Book::default(), starts: 0.into() }
}
