//! Processes that are frozen (SIGSTOP) instead of killed: connections stay open and nothing answers (catalogue 8, 9).

use crate::harness::http::fresh;
use crate::harness::load::small_works;
use crate::harness::{City, Load, Plan, Role, ZAHRA, until};
use std::time::{Duration, Instant};
use test_support::Process;

/// Commands that are tried while the server is frozen; each waits for the gateway's own time limit.
const TRIES: usize = 3;
/// Within this time readiness must tell that nothing can be written.
const SOON: Duration = Duration::from_secs(2);

#[test]
fn n08_a_frozen_nats_server_gives_an_answer_in_time_and_nothing_is_lost() {
    let city = City::start();
    let load = Load::start(&city);
    load.wait_for(10);
    city.nats.pause();
    let citizen = city.citizen(ZAHRA);
    let tries: Vec<_> = (0..TRIES).map(|_| (fresh(), small_works(ZAHRA, &city.parcel()))).collect();
    for (id, body) in &tries {
        let answer = citizen.try_post("/v1/cases", body, *id).expect("the gateway answers before its caller gives up");
        assert!(matches!(answer.status, 503 | 504), "{} {}", answer.status, answer.text);
        let code = answer.json["code"].as_str().unwrap_or_default();
        assert!(["outcome-unknown", "register-unavailable", "timeout"].contains(&code), "{}", answer.text);
    }
    city.nats.resume();
    for (id, body) in &tries {
        citizen.done_as("/v1/cases", body, *id);
    }
    load.wait_for(10);
    load.stop();
    let register = city.assert_whole();
    assert!(tries.iter().all(|(id, _)| register.count(*id) == 1));
}

#[test]
fn n08_readiness_turns_red_soon_after_the_server_froze_also_in_one_process() {
    for plan in [Plan::together(), Plan::default()] {
        let city = plan.start();
        city.apply();
        city.nats.pause();
        let asked = Instant::now();
        let ready = city.anybody().try_get("/readyz").expect("it answers");
        assert_eq!(ready.status, 503, "{}", ready.text);
        assert!(ready.text.contains("registrar"), "{}", ready.text);
        assert!(asked.elapsed() < SOON, "red after {:?}", asked.elapsed());
        city.nats.resume();
        city.wait_ready();
    }
}

#[test]
fn n09_a_frozen_projector_lags_visibly_and_catches_up() {
    let city = City::start();
    let last = city.apply().position();
    city.citizen(ZAHRA).get_after("/v1/search", last);
    city.with(Role::Projector, Process::pause);
    let position = (0..20).map(|_| city.apply().position()).max().expect("some");
    let late = city.citizen(ZAHRA).get(&format!("/v1/search?after={position}"));
    late.problem(503, "not-caught-up");
    let behind = || city.figure(&["read_model_behind_events", "permit_office"]);
    until("the lag is seen", || behind().filter(|behind| *behind >= 20.0));
    city.with(Role::Projector, Process::resume);
    until("the lag is gone", || behind().filter(|behind| *behind == 0.0));
    city.assert_whole();
}
