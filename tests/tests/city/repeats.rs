//! Commands that come more than once, and acknowledgements that get lost (catalogue 20, 22, 23, 24).

use crate::harness::http::fresh;
use crate::harness::load::small_works;
use crate::harness::proxy::Proxy;
use crate::harness::{City, Load, Plan, Role, ZAHRA};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use test_support::{NatsServer, Process};

/// Repeats of one command, and how many callers send them at the same time.
const REPEATS: usize = 1_000;
const CALLERS: usize = 50;

#[test]
fn n20_n22_one_command_a_thousand_times_in_parallel_is_one_event() {
    let city = City::start();
    let (id, body) = (fresh(), Arc::new(small_works(ZAHRA, &city.parcel())));
    let left = Arc::new(AtomicUsize::new(REPEATS));
    let callers = (0..CALLERS).map(|_| {
        let (citizen, body, left) = (city.citizen(ZAHRA), Arc::clone(&body), Arc::clone(&left));
        std::thread::spawn(move || {
            let mut answers = Vec::new();
            while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                let answer = citizen.done_as("/v1/cases", &body, id);
                answers.push((answer.case(), answer.position(), answer.json["repeated"].as_bool()));
            }
            answers
        })
    });
    let callers: Vec<_> = callers.collect();
    let answers: Vec<_> = callers.into_iter().flat_map(|caller| caller.join().expect("a caller ends well")).collect();
    assert_eq!(answers.len(), REPEATS);
    let (case, position, _) = &answers[0];
    assert!(answers.iter().all(|(c, p, _)| (c, p) == (case, position)), "every answer is the same");
    assert_eq!(answers.iter().filter(|(_, _, repeated)| *repeated == Some(false)).count(), 1);
    assert_eq!(city.assert_whole().count(id), 1);
}

#[test]
fn n23_an_old_command_is_known_after_the_registrar_starts_again() {
    let city = City::start();
    let (id, body) = (fresh(), small_works(ZAHRA, &city.parcel()));
    let citizen = city.citizen(ZAHRA);
    let first = citizen.done_as("/v1/cases", &body, id);
    let load = Load::start(&city);
    load.wait_for(30);
    load.stop();
    // Once from the register alone, once from the snapshot that an orderly end leaves.
    city.restart(Role::Registrar);
    let after_kill = citizen.done_as("/v1/cases", &body, id);
    assert!(city.with(Role::Registrar, Process::terminate).success());
    city.start_role(Role::Registrar);
    let after_end = citizen.done_as("/v1/cases", &body, id);
    for again in [after_kill, after_end] {
        assert_eq!((again.case(), again.position()), (first.case(), first.position()));
        assert_eq!(again.json["repeated"], true);
    }
    assert_eq!(city.assert_whole().count(id), 1);
}

#[test]
fn n24_an_acknowledgement_lost_after_the_store_is_one_event() {
    let nats = NatsServer::start_blocking();
    let proxy = Proxy::start(nats.port(), "PUB daftar.isfahan.reg.permits");
    let city = Plan { nats: Some(nats), registrar_nats: Some(proxy.url()), ..Plan::default() }.start();
    let citizen = city.citizen(ZAHRA);
    for round in 1..=3 {
        proxy.arm();
        let (id, body) = (fresh(), small_works(ZAHRA, &city.parcel()));
        citizen.done_as("/v1/cases", &body, id);
        assert_eq!(proxy.swallowed(), round, "the answer of the store was swallowed");
        assert_eq!(city.register().count(id), 1);
    }
    city.assert_whole();
}
