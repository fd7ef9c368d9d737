//! The city itself: its charter, procedures, calendar, declared kin and forgotten persons.

use super::harness::*;
use kernel::time::Weekday;
use permits::{Command, events::*};

fn admin(command: Command) -> Ask {
    by("admin", command)
}

#[test]
fn a_city_is_established_once_and_as_it_can_be() {
    let world = given([]);
    world.when(admin(establish())).names(&["CityEstablished"]);
    world.when(by("mayor", establish())).refused("role-may-not");
    given(city()).when(admin(establish())).refused("city-established");
    let with = |zone: &str, districts| Command::EstablishCity {
        title: title("x"),
        zone: zone.into(),
        districts,
        departments: vec![],
    };
    world.when(admin(with("Asia/Esfahan", 15))).refused("unknown-zone");
    world.when(admin(with("Asia/Tehran", 0))).refused("districts-out-of-range");
    world.when(admin(with("Asia/Tehran", 64))).refused("districts-out-of-range");
    world.when(admin(with("Asia/Tehran", 63))).names(&["CityEstablished"]);
}

#[test]
fn procedures_are_published_in_order() {
    let world = given(city());
    world.when(admin(publish(KIOSK))).refused("procedure-version-not-next");
    let third = KIOSK.replace("version = 1", "version = 3");
    world.when(admin(publish(&third))).refused("procedure-version-not-next");
    let second = KIOSK.replace("version = 1", "version = 2");
    world.when(admin(publish(&second))).then([ProcedurePublished {
        procedure: id("kiosk"),
        version: 2,
        source: second.clone(),
    }
    .into()]);
    world.when(by("clerk", publish(&second))).refused("role-may-not");
    world.when(admin(publish("steps = many"))).refused("procedure-invalid");
    given([]).when(admin(publish(KIOSK))).refused("city-not-established");
}

#[test]
fn an_error_in_a_procedure_is_told_in_short() {
    let long = format!("id = \"{}\"", "x".repeat(50_000));
    let refusal = given(city()).when(admin(publish(&long))).refused("procedure-invalid");
    assert!(refusal.to_string().len() < 2_000);
}

#[test]
fn the_calendar_is_versioned() {
    let day = date("1405/09/09");
    let declare = || admin(Command::DeclareHoliday { date: day, title: "برف".into() });
    let world = given(city());
    world.when(admin(Command::WithdrawHoliday { date: day })).refused("holiday-not-declared");
    world.when(declare()).then([HolidayDeclared { date: day, title: "برف".into(), calendar: 1 }.into()]);
    let world = world.and([declare()]);
    world.when(declare()).refused("holiday-declared");
    world
        .when(admin(Command::WithdrawHoliday { date: day }))
        .then([HolidayWithdrawn { date: day, calendar: 2 }.into()]);
    let rest = |days: &[Weekday]| admin(Command::SetRestDays { from: day, days: days.to_vec() });
    world.when(rest(&Weekday::ALL)).refused("week-without-work");
    world.when(rest(&[Weekday::Friday; 8])).refused("too-many");
    let days = vec![Weekday::Thursday, Weekday::Friday];
    world.when(rest(&days)).then([RestDaysSet { from: day, days, calendar: 2 }.into()]);
    world.when(by("head", Command::WithdrawHoliday { date: day })).refused("role-may-not");
}

#[test]
fn officers_declare_their_own_kin() {
    let kin = |officer, kin| Command::DeclareKin { officer, kin, relation: id("parent") };
    let world = given(city());
    let clerk = officer("clerk");
    world.when(by("clerk", kin(clerk, APPLICANT))).names(&["KinDeclared"]);
    world.when(by("head", kin(clerk, APPLICANT))).refused("role-may-not");
    world.when(admin(kin(clerk, APPLICANT))).names(&["KinDeclared"]);
    world.when(by("clerk", kin(clerk, clerk))).refused("kin-of-oneself");
    let world = world.and([by("clerk", kin(clerk, APPLICANT))]);
    world.when(by("clerk", kin(clerk, APPLICANT))).refused("kin-declared");
}

#[test]
fn a_person_is_forgotten_once() {
    let world = given(city());
    world.when(by("clerk", Command::ForgetPerson { person: OTHER })).refused("role-may-not");
    let world = world.and([admin(Command::ForgetPerson { person: OTHER })]);
    world.when(admin(Command::ForgetPerson { person: OTHER })).refused("forgotten-already");
}
