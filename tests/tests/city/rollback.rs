//! What an administrator or a restored backup does to the stream behind the registrar's back (catalogue 17, 18).

use crate::harness::http::fresh;
use crate::harness::load::small_works;
use crate::harness::{City, Plan, Role, ZAHRA, until};
use async_nats::jetstream;
use std::path::Path;
use std::time::Duration;
use test_support::Process;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// Takes a copy of the store, acknowledges more, and puts the copy back.
fn restore_stale(city: &City) {
    let (store, backup) = (city.nats.store_dir(), city.data.join("backup"));
    city.apply();
    city.nats.stop();
    copy(&store, &backup);
    city.runtime.block_on(city.nats.restart());
    for _ in 0..5 {
        city.apply();
    }
    city.nats.kill();
    std::fs::remove_dir_all(&store).expect("the store is removed");
    copy(&backup, &store);
    city.runtime.block_on(city.nats.restart());
}

fn assert_refuses(city: &City) {
    let refuses = || {
        let body = small_works(ZAHRA, &city.parcel());
        let answer = city.citizen(ZAHRA).try_post("/v1/cases", &body, fresh()).ok()?;
        assert!(!answer.is_ok(), "a command was acknowledged on a stale store: {}", answer.text);
        let ready = city.anybody().try_get("/readyz").ok()?;
        (ready.status == 503 && ready.text.contains("registrar")).then_some(())
    };
    until("readiness turns red", refuses);
    let log = city.log(Role::City);
    assert!(log.contains("ERROR") && log.contains("rolled back"), "the alarm is in the log:\n{log}");
}

#[test]
fn n17_a_stale_store_is_refused_by_a_running_registrar() {
    let city = Plan::together().start();
    restore_stale(&city);
    assert_refuses(&city);
}

#[test]
fn n17_a_stale_store_is_refused_by_a_registrar_that_starts() {
    let city = Plan::together().start();
    let (store, backup) = (city.nats.store_dir(), city.data.join("backup"));
    city.nats.stop();
    copy(&store, &backup);
    city.runtime.block_on(city.nats.restart());
    city.apply();
    city.with(Role::City, Process::kill);
    city.nats.kill();
    std::fs::remove_dir_all(&store).expect("the store is removed");
    copy(&backup, &store);
    city.runtime.block_on(city.nats.restart());
    city.start_role(Role::City);
    assert_refuses(&city);
}

fn set_max_age(city: &City, age: Duration) {
    city.runtime.block_on(async {
        let context = jetstream::new(city.nats.client().await);
        let mut stream = context.get_stream("DAFTAR_isfahan_permits").await.expect("the stream is there");
        let mut config = stream.info().await.expect("it answers").config.clone();
        config.max_age = age;
        context.update_stream(config).await.expect("an administrator may do that");
    });
}

#[test]
fn n18_settings_changed_by_an_administrator_stop_the_writing_until_they_are_restored() {
    let environment = vec![("DAFTAR_SETTINGS_CHECK_SECONDS", "1".to_owned())];
    let city = Plan { environment, ..Plan::together() }.start();
    city.apply();
    set_max_age(&city, Duration::from_secs(86_400));
    until("the change is seen", || city.figure(&["settings_drift"]).filter(|drift| *drift == 1.0));
    let (id, body) = (fresh(), small_works(ZAHRA, &city.parcel()));
    let answer = city.citizen(ZAHRA).try_post("/v1/cases", &body, id).expect("the gateway answers");
    answer.problem(503, "register-unavailable");
    let red = || city.anybody().try_get("/readyz").ok().filter(|ready| ready.status == 503);
    assert!(until("readiness turns red", red).text.contains("max_age"), "it says which setting");
    assert!(city.log(Role::City).contains("the stream's settings are wrong"));
    set_max_age(&city, Duration::ZERO);
    city.citizen(ZAHRA).done_as("/v1/cases", &body, id);
    city.wait_ready();
    city.assert_whole();
}
