//! Processes killed with SIGKILL in the middle of load (catalogue 1, 2, 5), and the seeded torture of all of them.

use crate::harness::{Choices, City, Load, Plan, Role, settings};
use std::time::{Duration, Instant};
use test_support::Process;

/// Between two looks with the whole oracle.
const ROUNDS_A_LOOK: u32 = 25;
/// Commands that must be acknowledged after each recovery.
const AFTER_A_KILL: u64 = 8;

fn killed_in_load(city: &City, times: u32, kill: impl Fn(&City)) {
    let load = Load::start(city);
    for _ in 0..times {
        load.wait_for(10);
        kill(city);
    }
    load.wait_for(10);
    assert!(load.stop() > 0);
    city.assert_whole();
}

#[test]
fn n01_a_killed_gateway_loses_nothing() {
    killed_in_load(&City::start(), 3, |city| city.restart(Role::Gateway));
}

#[test]
fn n02_a_killed_projector_counts_nothing_twice_in_sqlite() {
    killed_in_load(&City::start(), 4, |city| city.restart(Role::Projector));
}

#[test]
fn n02_a_killed_projector_counts_nothing_twice_in_postgres() {
    killed_in_load(&Plan::on_postgres().start(), 4, |city| city.restart(Role::Projector));
}

#[test]
fn n05_a_killed_nats_server_loses_nothing_acknowledged() {
    killed_in_load(&City::start(), 3, City::restart_nats);
}

#[derive(Debug, Clone, Copy)]
enum Victim {
    Role(Role),
    Nats,
}

const VICTIMS: [Victim; 4] =
    [Victim::Role(Role::Registrar), Victim::Role(Role::Projector), Victim::Role(Role::Gateway), Victim::Nats];

/// One round: one to three victims are killed at moments of their own, stay down for a while, and come back in an order
/// that is drawn too: a service may find its server down, ends, and is started again, as systemd would.
fn round(city: &City, choices: &mut Choices) {
    let pause = |choices: &mut Choices| std::thread::sleep(Duration::from_millis(choices.below(300)));
    let draw = |from: &mut Vec<Victim>, choices: &mut Choices| {
        from.swap_remove(usize::try_from(choices.below(from.len() as u64)).expect("an index"))
    };
    let (mut alive, mut down) = (VICTIMS.to_vec(), Vec::new());
    for _ in 0..=choices.below(3) {
        pause(choices);
        let victim = draw(&mut alive, choices);
        match victim {
            Victim::Role(role) => city.with(role, Process::kill),
            Victim::Nats => city.nats.kill(),
        }
        down.push(victim);
    }
    pause(choices);
    while !down.is_empty() {
        match draw(&mut down, choices) {
            Victim::Role(role) => city.start_role(role),
            Victim::Nats => city.runtime.block_on(city.nats.restart()),
        }
    }
    city.revive();
}

#[test]
fn torture_of_registrar_projector_gateway_and_nats() {
    let (rounds, seed) = (settings::torture_rounds(), settings::torture_seed());
    println!("torture: {rounds} rounds, seed {seed}");
    let (mut choices, start) = (Choices(seed), Instant::now());
    let city = City::start();
    let mut load = Load::start(&city);
    let mut acked = 0;
    for number in 1..=rounds {
        let named = Named { seed, number };
        round(&city, &mut choices);
        load.wait_for(AFTER_A_KILL);
        if number % ROUNDS_A_LOOK == 0 || number == rounds {
            acked += load.stop();
            let events = city.assert_whole().chain.head().next;
            let seconds = start.elapsed().as_secs();
            println!("torture: round {number}: {acked} acknowledged, {events} events, all there; {seconds} s");
            load = Load::start(&city);
        }
        drop(named);
    }
    load.stop();
}

/// Says where it failed.
struct Named {
    seed: u64,
    number: u32,
}

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("torture: failed in round {} with seed {}", self.number, self.seed);
        }
    }
}
