//! `daftar up`: one command makes a city, Ctrl-C drains it, and the next start finds everything again.

use crate::harness::home::home;
use crate::harness::http::fresh;
use crate::harness::load::small_works;
use crate::harness::{Caller, PATIENCE, ZAHRA, until};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

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
