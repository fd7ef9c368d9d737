//! Gapless numbers for each Jalali year, also over Nowruz and with a clock that was set back.

use super::harness::*;
use kernel::CaseId;
use permits::{Command, events::*, numbers::*};

fn another(parcel: u32, day: &str) -> Ask {
    apply(|wanted| wanted.parcel = Some(id(&format!("3-{parcel}")))).on(day)
}

fn opened(world: &World) -> Vec<String> {
    let opened = world.facts.iter().filter(|fact| matches!(fact.event, Event::ApplicationSubmitted(_)));
    opened.map(|fact| fact.case.to_string()).collect()
}

#[test]
fn serials_start_anew_at_nowruz_and_never_go_back() {
    let days = ["1405/12/28", "1405/12/29", "1406/01/01", "1405/12/29", "1406/01/02"];
    let asks = days.iter().enumerate().map(|(parcel, day)| another(parcel as u32, day));
    let world = given(city()).and(asks);
    assert_eq!(opened(&world), ["1405-000001", "1405-000002", "1406-000001", "1406-000002", "1406-000003"]);
}

#[test]
fn nowruz_is_midnight_in_the_city() {
    let last = kernel::Instant(end_of("1405/12/29").0);
    let world = given(city()).and([another(1, START).at(last), another(2, START).at(kernel::Instant(last.0 + 1))]);
    assert_eq!(opened(&world), ["1405-000001", "1406-000001"]);
}

#[test]
fn a_refused_command_takes_no_number() {
    let world = given(applied());
    world.when(apply(|_| {})).refused("parcel-has-live-application");
    let world = world.and([another(9, START)]);
    assert_eq!(opened(&world), ["1405-000001", "1405-000002"]);
}

#[test]
fn backdated_applications_are_numbered_when_they_are_recorded() {
    let world = given(city()).and([super::imports::imported(|_| {})]);
    assert_eq!(opened(&world), ["1405-000001"]);
}

#[test]
fn every_book_counts_for_itself() {
    let world = given(built()).and([by("head", Command::CompleteWork { case: case(1) })]);
    assert_eq!(world.state.next_licence(1405), LicenceNumber::new(1405, 2));
    assert_eq!(world.state.next_licence(1406), LicenceNumber::new(1406, 1));
    assert_eq!(world.state.next_licence(1404), LicenceNumber::new(1405, 2));
}

#[test]
fn numbers_are_read_as_they_are_printed() {
    assert_eq!(LicenceNumber::new(1405, 7).to_string(), "L-1405-000007");
    assert_eq!("B-1405-000123".parse(), Ok(BillNumber::new(1405, 123)));
    assert_eq!("c-۱۴۰۵/۱۲۳".parse(), Ok(CertificateNumber::new(1405, 123)));
    for text in ["", "L", "L-1405", "B-1405-1", "L-1405-0", "L-2026-1", "L-1405-4294967296", "L-1405-1-1"] {
        assert!(text.parse::<LicenceNumber>().is_err(), "{text}");
    }
    assert_eq!(CaseId::new(1405, 3).to_string(), "1405-000003");
}
