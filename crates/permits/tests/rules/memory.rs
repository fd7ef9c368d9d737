//! What the state keeps of a live case: a few hundred bytes, in memory and in a snapshot.

use super::{
    harness::*,
    shipped::{BUILDING, application_for, next},
};
use kernel::{CaseId, Instant, Register};
use permits::{
    Permits,
    procedure::Procedure,
    state::case::{Bill, Case, Consultation, Later, OpenStep, Owed, Payment},
};
use std::mem::size_of;

/// As full a table as 10,000 cases make, in a quarter of the time.
const CASES: u32 = 2_500;
/// What a live case may take here. With the answers to its commands, which the registrar keeps (34 bytes each, and a
/// building permit takes 13 commands and more), a case stays under 1 KiB.
const BUDGET: usize = 560;

/// What a table of this many entries takes: a power of two of slots, at most seven eighths full, one byte each beside.
fn table(entries: usize, entry: usize) -> usize {
    (entries * 8).div_ceil(7).next_power_of_two() * (entry + 1)
}

/// What the allocator takes for so many bytes: its own eight, in steps of 16, at least 32.
fn block(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { (bytes + 8).next_multiple_of(16).max(32) }
}

/// Bytes behind the pointers of a case.
fn heap(case: &Case, procedure: &Procedure) -> usize {
    let fields = procedure.source().fields.len();
    let answered = (0..fields).filter(|field| case.facts.get(procedure, *field).is_some()).count();
    let bill = case.later().bill.as_ref().map_or(0, |bill| {
        let long = bill.payments.iter().filter(|payment| payment.reference.is_heap_allocated()).count();
        block(size_of::<Bill>()) + block(bill.payments.len() * size_of::<Payment>()) + long * 80
    });
    let later = if *case.later() == Later::default() { 0 } else { block(size_of::<Later>()) };
    block(answered * size_of::<i64>())
        + block(case.open.len() * size_of::<OpenStep>())
        + block(case.consultations.len() * size_of::<Consultation>())
        + block(case.owed.len() * size_of::<Owed>())
        + later
        + bill
}

#[test]
fn a_live_building_permit_takes_a_few_hundred_bytes() {
    let procedure = Procedure::parse(BUILDING).unwrap();
    let mut world = given([by("admin", establish()), by("admin", publish(BUILDING))]);
    for serial in 1..=CASES {
        world.does(&application_for(&procedure, serial, &[]));
        // From the file just opened to the draft waiting for its signature.
        for _ in 0..serial % 14 {
            let ask = next(&world, CaseId::new(1405, serial)).unwrap();
            world.does(&ask);
        }
    }
    let cases: Vec<&Case> = (1..=CASES).map(|serial| world.case(serial)).collect();
    assert!(cases.iter().all(|case| case.is_live()), "all are still being decided");
    let n = CASES as usize;
    let behind: usize = cases.iter().map(|case| heap(case, &procedure)).sum();
    // A sixteenth of a page: 16 cases, their count and who shares them.
    let place = size_of::<Case>() + 8;
    let due = size_of::<(Instant, CaseId)>() * 2;
    let in_memory = behind / n + place + table(n, size_of::<CaseId>()) / n + due;
    let saved = world.state.save()();
    let restored = Permits::restore(&saved).unwrap();
    assert!((1..).zip(&cases).all(|(serial, case)| restored.case(CaseId::new(1405, serial)) == Some(*case)));
    assert_eq!(restored.case(CaseId::new(1405, CASES + 1)), None);
    let saved = saved.len() / n;
    assert!(in_memory < BUDGET, "{in_memory} bytes a case in memory: {place} in its place, {} behind it", behind / n);
    assert!(saved < BUDGET, "{saved} bytes a case in a snapshot");
}

#[test]
fn a_snapshot_is_of_the_moment_when_it_was_asked_for() {
    let mut world = given(applied());
    let before = world.state.save()();
    let save = world.state.save();
    world.does(&by("clerk", done("check")));
    assert_eq!(save(), before, "what came after is not in it");
    assert_ne!(world.state.save()(), before);
}
