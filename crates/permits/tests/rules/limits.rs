//! No event outgrows a block: every text and list of a command has a bound, and none hides a control character.

use super::harness::*;
use permits::{Application, Command, Refusal, events::*};

fn long(characters: usize) -> String {
    "ن".repeat(characters)
}

#[track_caller]
fn too_long(refusal: &Refusal, field: &str) {
    let message = refusal.message();
    assert_eq!(message.field.as_deref(), Some(field));
    assert!(message.en.contains("at most"), "{message:?}");
}

#[test]
fn texts_of_the_city_are_bounded() {
    let world = given(city());
    let holiday = |title: String| by("admin", Command::DeclareHoliday { date: date(START), title: title.into() });
    world.when(holiday(long(200))).events();
    too_long(&world.when(holiday(long(201))).refused("text-too-long"), "title");
    world.when(holiday("برف\u{202e}".to_owned())).refused("text-forbidden-character");
    let start = |title: String, zone: String, departments| Command::EstablishCity {
        title: super::harness::title(&title),
        zone: zone.into(),
        districts: 1,
        departments,
    };
    let world = given([]);
    let zone = || "Asia/Tehran".to_owned();
    too_long(&world.when(by("admin", start(long(201), zone(), vec![]))).refused("text-too-long"), "title");
    too_long(&world.when(by("admin", start(long(1), long(201), vec![]))).refused("text-too-long"), "zone");
    let department = |title: String| Department { id: id("office"), title: super::harness::title(&title) };
    let departments = vec![department(long(201))];
    too_long(&world.when(by("admin", start(long(1), zone(), departments))).refused("text-too-long"), "departments");
    too_long(
        &world.when(by("admin", start(long(1), zone(), vec![department(long(1)); 101]))).refused("too-many"),
        "departments",
    );
}

#[test]
fn texts_of_imports_are_bounded() {
    let origin = |reference: String| {
        super::imports::imported(|wanted| wanted.origin = Some(Origin { reference: reference.into() }))
    };
    let world = given(city());
    world.when(origin(long(120))).events();
    too_long(&world.when(origin(long(121))).refused("text-too-long"), "origin");
    let world = world.and([origin("x".to_owned())]);
    let record = |name: String, unit: Option<String>, lifecycle: Option<String>| {
        let (unit, lifecycle) = (unit.map(Into::into), lifecycle.map(Into::into));
        by("importer", Command::RecordStep { case: case(1), name: name.into(), actor: None, unit, lifecycle })
    };
    world.when(record(long(200), Some(long(200)), Some(long(200)))).events();
    too_long(&world.when(record(long(201), None, None)).refused("text-too-long"), "name");
    too_long(&world.when(record(long(1), Some(long(201)), None)).refused("text-too-long"), "unit");
    too_long(&world.when(record(long(1), None, Some(long(201)))).refused("text-too-long"), "lifecycle");
    world.when(record("a\nb".to_owned(), None, None)).refused("text-forbidden-character");
}

#[test]
fn a_payment_reference_is_short_printable_ascii() {
    let world = given(applied()).and([by("cashier", Command::IssueBill { case: case(1) })]);
    world.when(by("bank", pay(5, &"9".repeat(64)))).events();
    too_long(&world.when(by("bank", pay(5, &"9".repeat(65)))).refused("text-too-long"), "reference");
    for reference in ["", "a b", "۱۲۳", "a\n", "a\u{7f}"] {
        world.when(by("bank", pay(5, reference))).refused("text-forbidden-character");
    }
}

#[test]
fn lists_are_bounded() {
    let world = given(applied());
    let many: fn(&mut Application) = |wanted| wanted.documents = vec![document("deed"); 257];
    too_long(&world.when(apply(many)).refused("too-many"), "documents");
    let many: fn(&mut Application) = |wanted| wanted.facts = vec![floors(1); 257];
    too_long(&world.when(apply(many)).refused("too-many"), "facts");
    let items = vec!["matches"; 257];
    too_long(&world.when(by("clerk", complete("check", "good", &items, &[]))).refused("too-many"), "checklist");
    let corrections = vec![id("floors"); 257];
    let back = Command::ReturnCase { case: case(1), step: step("check"), corrections, note: None };
    too_long(&world.when(by("clerk", back)).refused("too-many"), "corrections");
}

#[test]
fn sealed_fields_are_bounded_and_closed_under_their_own_person() {
    let note = |bytes| Some(kernel::Sealed { person: APPLICANT, bytes: vec![0; bytes] });
    let refuse = |bytes| by("head", Command::RefuseCase { case: case(1), article: id("zoning"), note: note(bytes) });
    let world = given(applied());
    world.when(refuse(16 * 1024)).events();
    too_long(&world.when(refuse(16 * 1024 + 1)).refused("text-too-long"), "note");
    let other: fn(&mut Application) = |wanted| wanted.applicant.as_mut().unwrap().mobile = Some(sealed_for(OTHER));
    world.when(apply(other)).refused("sealed-for-other");
    let mut to = party(OTHER);
    to.name = sealed_for(APPLICANT);
    given(issued()).when(by("head", Command::Transfer { case: case(1), to })).refused("sealed-for-other");
}
