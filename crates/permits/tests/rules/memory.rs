//! What the registrar keeps of a live case: under 1 KiB, in memory and in a snapshot.

use super::{
    harness::*,
    shipped::{BUILDING, application_for, next},
};
use kernel::{CaseId, Instant, ParcelId, Register};
use permits::{
    events::Value,
    procedure::Procedure,
    state::case::{Bill, Case, Consultation, OpenStep},
};
use std::mem::size_of;

/// As full a table as 10,000 cases make, in a quarter of the time.
const CASES: u32 = 2_500;
const BUDGET: usize = 1_024;

/// What a table of this many entries takes: a power of two of slots, at most seven eighths full, one byte each beside.
fn table(entries: usize, entry: usize) -> usize {
    (entries * 8).div_ceil(7).next_power_of_two() * (entry + 1)
}

/// Bytes behind the pointers of a case, with 16 for each allocation.
fn heap(case: &Case, fields: usize) -> usize {
    let block = |bytes: usize| if bytes == 0 { 0 } else { bytes + 16 };
    let bill = case.bill.as_ref().map_or(0, |bill| {
        let long = bill.references.iter().filter(|reference| reference.is_heap_allocated()).count();
        block(size_of::<Bill>()) + block(bill.references.capacity() * 24) + long * 80
    });
    block(fields * size_of::<Option<Value>>())
        + block(case.open.capacity() * size_of::<OpenStep>())
        + block(case.consultations.capacity() * size_of::<Consultation>())
        + bill
}

#[test]
fn a_live_building_permit_takes_less_than_a_kibibyte() {
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
    let fields = procedure.source().fields.len();
    let behind: usize = cases.iter().map(|case| heap(case, fields)).sum();
    let tables = table(n, size_of::<(CaseId, Box<Case>)>())
        + n * (size_of::<Case>() + 16)
        + table(n, size_of::<(ParcelId, CaseId)>());
    let due = n * size_of::<(Instant, CaseId)>() * 2;
    let in_memory = (behind + tables + due) / n;
    let saved = world.state.save().len() / n;
    assert!(
        in_memory < BUDGET,
        "{in_memory} bytes a case in memory: {} in its place, {} behind it",
        size_of::<Case>(),
        behind / n
    );
    assert!(saved < BUDGET, "{saved} bytes a case in a snapshot");
}
