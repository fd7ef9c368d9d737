//! Disks that fail under nats-server: full (catalogue 10), and an fsync that gives EIO (12).

use crate::harness::http::fresh;
use crate::harness::load::small_works;
use crate::harness::{City, Plan, ZAHRA, settings, until};
use std::path::{Path, PathBuf};
use std::process::Command;
use test_support::{NatsServer, Process};

/// The store's room, and what of it is taken away to fill the disk at a moment of the test's choosing.
const ROOM: &str = "size=24m";

/// A small file system under a nats-server's store; taken away when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn under(nats: &NatsServer) -> SmallDisk {
        nats.stop();
        let store = nats.store_dir();
        std::fs::create_dir_all(&store).expect("the store's folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", ROOM, "daftar-test"]).arg(&store).output();
        let mounted = mounted.expect("there is a mount program");
        assert!(
            mounted.status.success(),
            "a full disk needs a small file system: run as root where mounting a tmpfs is allowed; mount said: {}",
            String::from_utf8_lossy(&mounted.stderr)
        );
        SmallDisk(store)
    }

    /// Takes all room but a little.
    fn fill(&self) {
        let filler = self.0.join("filler");
        let mut file = std::fs::File::create(filler).expect("a file on the small disk");
        let piece = vec![0xAA; 4096];
        while std::io::Write::write_all(&mut file, &piece).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).expect("the filler is there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the server that has files open there is killed by whoever owns it.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn n10_a_full_disk_acknowledges_nothing_and_recovers() {
    let nats = NatsServer::start_blocking();
    let disk = SmallDisk::under(&nats);
    crate::harness::city::runtime().block_on(nats.restart());
    let city = Plan { nats: Some(nats), ..Plan::together() }.start();
    city.apply();
    disk.fill();
    let citizen = city.citizen(ZAHRA);
    // What fits into the last open page of the disk may still be taken; then nothing is.
    let refused = until("the full disk is met", || {
        let (id, body) = (fresh(), small_works(ZAHRA, &city.parcel()));
        let answer = citizen.try_post("/v1/cases", &body, id).ok()?;
        (!answer.is_ok()).then_some((id, body, answer))
    });
    let (id, body, answer) = refused;
    // nats-server does not answer an append that finds no room on the disk; it does where its own limit is reached.
    assert!(matches!(answer.status, 503 | 504 | 507), "{} {}", answer.status, answer.text);
    let acked = city.book.acked().len();
    for _ in 0..3 {
        let again = citizen.try_post("/v1/cases", &body, id).expect("the gateway answers");
        assert!(!again.is_ok(), "acknowledged on a full disk: {}", again.text);
    }
    assert_eq!(city.book.acked().len(), acked);
    disk.free();
    // nats-server takes no more writes for a stream whose disk failed, also once there is room, until it starts anew.
    city.restart_nats();
    citizen.done_as("/v1/cases", &body, id);
    city.apply();
    city.wait_ready();
    let register = city.assert_whole();
    assert_eq!(register.count(id), 1);
    drop(city);
}

/// Makes the system calls of a process fail while it lives.
fn inject(pid: u32, what: &str, log: &Path) -> Process {
    let strace = settings::search_path().into_iter().map(|folder| folder.join("strace")).find(|path| path.is_file());
    let strace = strace.expect("a failing fsync needs strace: apt-get install strace");
    let mut command = Command::new(strace);
    command.args(["-f", "-e", "trace=fsync,fdatasync", "-e", what, "-p", &pid.to_string()]);
    let process = Process::spawn(command, log);
    process.wait_for_log("attached", crate::harness::PATIENCE);
    process
}

#[test]
fn n12_a_failed_fsync_is_never_acknowledged_and_turns_health_red() {
    let city = Plan::together().start();
    city.apply();
    let failing = inject(city.nats.pid(), "inject=fsync,fdatasync:error=EIO", &city.data.join("logs/strace.log"));
    let citizen = city.citizen(ZAHRA);
    let (id, body) = (fresh(), small_works(ZAHRA, &city.parcel()));
    let answer = citizen.try_post("/v1/cases", &body, id).expect("the gateway answers");
    assert!(!answer.is_ok(), "acknowledged without a sync: {}", answer.text);
    assert!(failing.log().contains("EIO"), "a sync was made to fail: {}", failing.log());
    let red = || city.anybody().try_get("/readyz").ok().filter(|ready| ready.status == 503);
    let red = until("health turns red", red);
    assert!(red.text.contains("registrar"), "{}", red.text);
    // The disk is well again, but a server that once failed to sync is not trusted: it is started anew.
    failing.interrupt();
    city.restart_nats();
    citizen.done_as("/v1/cases", &body, id);
    city.wait_ready();
    let register = city.assert_whole();
    assert_eq!(register.count(id), 1);
}

#[test]
fn the_oracle_sees_what_is_lost() {
    let city = City::start();
    city.apply();
    city.book.pretend(fresh());
    let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(city.assert_whole())));
    let said = judged.expect_err("a command that is not in the register was acknowledged");
    let said = said.downcast_ref::<String>().map_or("", String::as_str);
    assert!(said.starts_with("acknowledged and lost"), "{said}");
}
