//! `daftar up`: one command makes a city, Ctrl-C drains it, and the next start finds everything again.

use crate::harness::http::{Book, fresh};
use crate::harness::load::small_works;
use crate::harness::{Caller, PATIENCE, ZAHRA};
use std::process::Command;
use test_support::process::{binary, free_port};
use test_support::{DataFolder, Process};

/// A data folder and the address that its city is started at.
struct Home {
    data: DataFolder,
    port: u16,
    book: Book,
    starts: std::cell::Cell<u32>,
}

impl Home {
    /// Starts it and waits until it says that it is up.
    fn up(&self) -> Process {
        let process = self.start();
        process.wait_for_log("is up.", PATIENCE);
        process
    }

    fn start(&self) -> Process {
        self.starts.set(self.starts.get() + 1);
        let mut command = Command::new(binary("daftar"));
        command.arg("up").arg("--data").arg(self.data.path()).args(["--listen", &format!("127.0.0.1:{}", self.port)]);
        let nats = test_support::tools::nats_server().expect("a nats-server is here");
        command.env("DAFTAR_NATS_SERVER", nats).current_dir(self.data.path());
        command.env_remove("DAFTAR_NATS_URL").env_remove("DAFTAR_DATABASE_URL");
        Process::spawn(command, self.data.join(format!("up-{}.log", self.starts.get())))
    }

    fn caller(&self, process: &Process, role: &str) -> Caller {
        let log = process.log();
        let line = log.lines().find(|line| line.split_whitespace().next() == Some(role));
        let token = line
            .and_then(|line| line.split_whitespace().nth(1))
            .unwrap_or_else(|| panic!("no token for {role}: {log}"));
        Caller::new(self.port, Some(token.to_owned()), &self.book)
    }
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

#[test]
fn up_makes_a_city_drains_on_ctrl_c_and_finds_everything_again() {
    let home = Home { data: DataFolder::new(), port: free_port(), book: Book::default(), starts: 0.into() };
    let first = home.up();
    let body = small_works(ZAHRA, "3-1");
    let applied = home.caller(&first, "citizen").done_as("/v1/cases", &body, fresh());
    let address = format!("/v1/cases/{}", applied.case());
    assert!(first.interrupt().success(), "Ctrl-C ends it well:\n{}", first.log());

    let second = home.up();
    home.caller(&second, "citizen").get_after(&address, applied.position());
    let again = home.caller(&second, "citizen").done_as("/v1/cases", &small_works(ZAHRA, "3-2"), fresh());
    assert_ne!(again.case(), applied.case());
    second.kill();

    let third = home.up();
    let citizen = home.caller(&third, "citizen");
    citizen.get_after(&address, applied.position());
    citizen.get_after(&format!("/v1/cases/{}", again.case()), again.position());
    let last = citizen.done_as("/v1/cases", &small_works(ZAHRA, "3-3"), fresh());
    assert!(last.position() > again.position());
    assert!(third.interrupt().success(), "Ctrl-C ends it well:\n{}", third.log());
}

#[test]
fn a_second_up_on_the_same_folder_is_refused_and_harms_nothing() {
    let home = Home { data: DataFolder::new(), port: free_port(), book: Book::default(), starts: 0.into() };
    let first = home.up();
    let applied = home.caller(&first, "citizen").done_as("/v1/cases", &small_works(ZAHRA, "3-1"), fresh());
    let kept = |name: &str| std::fs::read_to_string(home.data.join(name)).expect("the first one's file");
    let before = ["nats.url", "nats.conf", "nats.pid"].map(kept);
    let second = home.start();
    second.wait_for_log("another `daftar up` runs on", PATIENCE);
    assert_eq!(["nats.url", "nats.conf", "nats.pid"].map(kept), before);
    let citizen = home.caller(&first, "citizen");
    citizen.get_after(&format!("/v1/cases/{}", applied.case()), applied.position());
    citizen.done_as("/v1/cases", &small_works(ZAHRA, "3-2"), fresh());
    assert!(first.interrupt().success(), "Ctrl-C ends it well:\n{}", first.log());
    let pid = kept("nats.pid");
    assert!(!std::path::Path::new("/proc").join(pid.trim()).exists(), "nats-server has ended too");
}
