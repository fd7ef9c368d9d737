//! `daftar up`: one command makes a city, Ctrl-C drains it, and the next start finds everything again.

use crate::harness::http::{Book, fresh};
use crate::harness::load::small_works;
use crate::harness::{Caller, PATIENCE, ZAHRA, until};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
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
        let process = self.spawn_up();
        process.wait_for_log("is up.", PATIENCE);
        process
    }

    fn spawn_up(&self) -> Process {
        self.starts.set(self.starts.get() + 1);
        let mut command = self.command(&["up", "--listen", &format!("127.0.0.1:{}", self.port)]);
        let nats = test_support::tools::nats_server().expect("a nats-server is here");
        command.env("DAFTAR_NATS_SERVER", nats);
        Process::spawn(command, self.data.join(format!("up-{}.log", self.starts.get())))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("daftar"));
        command.args(arguments).arg("--data").arg(self.data.path()).current_dir(self.data.path());
        command.env_remove("DAFTAR_NATS_URL").env_remove("DAFTAR_DATABASE_URL");
        command
    }

    /// As [`Home::up`], where it must end by itself; what it said.
    fn up_refuses(&self) -> String {
        let process = self.spawn_up();
        until("it refuses to start", || process.exit_status());
        let said = process.log();
        assert!(!said.contains("is up."), "it is not up:\n{said}");
        said
    }

    /// Takes these files and folders away, where they are.
    fn lose(&self, names: &[&str]) {
        for path in names.iter().map(|name| self.data.join(name)).filter(|path| path.exists()) {
            let lost = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            lost.expect("it can be taken away");
        }
    }

    /// Every file and folder that others than its owner may read, write or list.
    fn open_to_others(&self) -> Vec<PathBuf> {
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

    fn caller(&self, process: &Process, role: &str) -> Caller {
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

fn home() -> Home {
    Home { data: DataFolder::new(), port: free_port(), book: Book::default(), starts: 0.into() }
}

#[test]
fn up_makes_a_city_drains_on_ctrl_c_and_finds_everything_again() {
    let home = home();
    std::fs::set_permissions(home.data.path(), PermissionsExt::from_mode(0o755)).expect("as an older one made it");
    let first = home.up();
    let body = small_works(ZAHRA, "3-1");
    let applied = home.caller(&first, "citizen").done_as("/v1/cases", &body, fresh());
    let address = format!("/v1/cases/{}", applied.case());
    home.caller(&first, "citizen").get_after(&address, applied.position());
    assert_eq!(home.open_to_others(), Vec::<PathBuf>::new(), "names are in there");
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
    let home = home();
    let first = home.up();
    let applied = home.caller(&first, "citizen").done_as("/v1/cases", &small_works(ZAHRA, "3-1"), fresh());
    let kept = |name: &str| std::fs::read_to_string(home.data.join(name)).expect("the first one's file");
    let before = ["nats.url", "nats.conf", "nats.pid"].map(kept);
    let second = home.spawn_up();
    second.wait_for_log("another `daftar up` runs on", PATIENCE);
    assert_eq!(["nats.url", "nats.conf", "nats.pid"].map(kept), before);
    let citizen = home.caller(&first, "citizen");
    citizen.get_after(&format!("/v1/cases/{}", applied.case()), applied.position());
    citizen.done_as("/v1/cases", &small_works(ZAHRA, "3-2"), fresh());
    assert!(first.interrupt().success(), "Ctrl-C ends it well:\n{}", first.log());
    let pid = kept("nats.pid");
    assert!(!std::path::Path::new("/proc").join(pid.trim()).exists(), "nats-server has ended too");
}

const VAULT: &[&str] = &["vault.sqlite", "vault.sqlite-wal", "vault.sqlite-shm"];

#[test]
fn a_lost_vault_is_refused_until_it_is_restored_or_its_loss_accepted() {
    let home = home();
    let first = home.up();
    let applied = home.caller(&first, "citizen").done_as("/v1/cases", &small_works(ZAHRA, "3-1"), fresh());
    let address = format!("/v1/cases/{}", applied.case());
    home.caller(&first, "citizen").get_after(&address, applied.position());
    assert!(first.interrupt().success(), "Ctrl-C ends it well:\n{}", first.log());

    let backup = std::fs::read(home.data.join("vault.sqlite")).expect("a vault");
    home.lose(VAULT);
    for _ in 0..2 {
        let said = home.up_refuses();
        assert!(said.contains("Restore it from its backup"), "it says what to do: {said}");
        assert!(said.contains("accept-loss"), "it names the way on: {said}");
        assert!(!home.data.join("vault.sqlite").exists(), "nothing is made where the backup belongs");
    }
    std::fs::write(home.data.join("vault.sqlite"), backup).expect("the backup is put back");
    let restored = home.up();
    home.caller(&restored, "citizen").get_after(&address, applied.position());
    let needless = home.command(&["vault", "accept-loss"]).output().expect("daftar runs");
    assert!(!needless.status.success(), "nothing is lost");
    assert!(restored.interrupt().success(), "Ctrl-C ends it well:\n{}", restored.log());

    home.lose(VAULT);
    home.lose(&["read-models"]);
    let accepted = home.command(&["vault", "accept-loss"]).output().expect("daftar runs");
    assert!(accepted.status.success(), "{}", String::from_utf8_lossy(&accepted.stderr));
    let after = home.up();
    home.caller(&after, "intake").get_after(&address, applied.position());
    assert!(after.interrupt().success(), "Ctrl-C ends it well:\n{}", after.log());
}

#[test]
fn readiness_is_red_while_sealed_fields_do_not_open() {
    let home = home();
    let first = home.up();
    let applied = home.caller(&first, "citizen").done_as("/v1/cases", &small_works(ZAHRA, "3-1"), fresh());
    home.caller(&first, "citizen").get_after(&format!("/v1/cases/{}", applied.case()), applied.position());
    assert!(first.interrupt().success(), "Ctrl-C ends it well:\n{}", first.log());
    // Not even the note of which vault it was is left, nor any table that was filled with it.
    home.lose(VAULT);
    home.lose(&["keys/vault.id", "read-models"]);
    let second = home.up();
    let anybody = Caller::new(home.port, None, &home.book);
    let red =
        || anybody.try_get("/readyz").ok().filter(|ready| ready.status == 503 && ready.text.contains("no person"));
    let ready = until("readiness turns red", red);
    assert!(ready.text.contains("permit_office"), "it says which part: {}", ready.text);
    second.kill();
}
