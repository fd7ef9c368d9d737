//! Bills and payments, exact in rials; formulas that are exact or refused.

use super::harness::*;
use kernel::Rials;
use permits::{
    Command,
    events::*,
    numbers::BillNumber,
    procedure::{
        Procedure,
        formula::{Formula, FormulaError, Scope},
        source::{FieldKind, FieldSource, Text},
    },
};
use proptest::prelude::*;

fn bill() -> Ask {
    by("cashier", Command::IssueBill { case: case(1) })
}

#[test]
fn a_bill_has_its_lines_its_number_and_its_deadline() {
    let events = given(applied()).when(bill()).names(&["BillIssued"]);
    let Event::BillIssued(issued) = &events[0] else { unreachable!() };
    assert_eq!(issued.bill, BillNumber::new(1405, 1));
    assert_eq!(issued.lines, [BillLine { fee: id("floor-fee"), amount: Rials(2_000) }]);
    assert_eq!((issued.total, issued.deadline.unwrap().due), (Rials(2_000), end_of("1405/09/17")));
}

#[test]
fn who_bills_and_when() {
    given(applied()).when(by("clerk", Command::IssueBill { case: case(1) })).refused("role-may-not");
    let world = given(applied()).and([bill()]);
    world.when(bill()).refused("bill-exists");
    let paid = world.and([by("bank", pay(2_000, "T1"))]);
    paid.when(bill()).refused("nothing-to-bill");
    given(granted()).when(bill()).refused("case-is-not");
    let back = by("clerk", Command::ReturnCase { case: case(1), step: step("check"), corrections: vec![], note: None });
    given(applied()).and([back]).when(bill()).refused("case-with-applicant");
}

#[test]
fn a_payment_is_booked_once_and_never_beyond_what_is_outstanding() {
    let world = given(applied()).and([bill()]);
    world.when(by("bank", pay(0, "T1"))).refused("amount-not-positive");
    world.when(by("bank", pay(-5, "T1"))).refused("amount-not-positive");
    world.when(by("cashier", pay(2_001, "T1"))).refused("amount-too-large");
    world.when(by("clerk", pay(5, "T1"))).refused("role-may-not");
    let bill = BillNumber::new(1405, 9);
    let wrong = Command::RecordPayment { case: case(1), bill, amount: Rials(5), reference: "T1".into() };
    world.when(by("bank", wrong)).refused("unknown-bill");
    let world = world.and([by("bank", pay(500, "T1"))]);
    world.when(by("bank", pay(500, "T1"))).refused("payment-booked");
    world.when(by("cashier", pay(1_501, "T2"))).refused("amount-too-large");
    // Nor on another case's bill: it is the same money.
    let bill_of = |case| by("cashier", Command::IssueBill { case });
    let other = world.and([apply(|wanted| wanted.parcel = Some(id("3-2"))), bill_of(case(2))]);
    let again = |reference: &str| {
        let bill = BillNumber::new(1405, 2);
        by("bank", Command::RecordPayment { case: case(2), bill, amount: Rials(500), reference: reference.into() })
    };
    other.when(again("T1")).refused("payment-booked");
    other.when(again("T2")).names(&["PaymentReceived"]);
    let world = given(applied()).and([by("cashier", Command::IssueBill { case: case(1) }), by("bank", pay(500, "T1"))]);
    let received = |outstanding| PaymentReceived {
        bill: BillNumber::new(1405, 1),
        district: kernel::DistrictId(3),
        amount: Rials(500),
        reference: "T2".into(),
        outstanding: Rials(outstanding),
    };
    world.when(by("bank", pay(500, "T2"))).then([received(1_000).into()]);
}

fn fields() -> Vec<FieldSource> {
    let field = |name: &str| FieldSource {
        id: id(name),
        title: Text { fa: String::new(), en: String::new() },
        unit: String::new(),
        required: true,
        holds: FieldKind::Integer { min: i64::MIN, max: i64::MAX },
    };
    vec![field("big-number"), field("n")]
}

fn value(text: &str, big: i64, n: i64) -> Result<i64, FormulaError> {
    let fields = fields();
    let values = [Value::Integer(big), Value::Integer(n)];
    Formula::compile(text, &fields)?.integer(&Scope::new(&fields, |index| values.get(index).cloned()))
}

#[test]
fn percent_rounds_half_away_from_zero() {
    for (amount, n, expected) in
        [(50, 1, 1), (49, 1, 0), (150, 1, 2), (-50, 1, -1), (-49, 1, 0), (7, 100, 7), (1001, 50, 501)]
    {
        assert_eq!(value("percent(big_number, n)", amount, n), Ok(expected), "{n} % of {amount}");
    }
}

#[test]
fn what_does_not_fit_is_refused_and_never_wrong() {
    for text in
        ["big_number * n", "big_number + n", "big_number - -n", "percent(big_number, n * 100)", "big_number / 0"]
    {
        assert!(matches!(value(text, i64::MAX, 2), Err(FormulaError::Failed(_))), "{text}");
    }
    assert!(value("-big_number", i64::MIN, 0).is_err() && value("big_number / n", i64::MIN, -1).is_err());
}

#[test]
fn formulas_are_exact_and_bounded() {
    for text in ["n * 1.5", "n * .5", "n * 1e3", "double(n)", "int(double(n) * 2.0)"] {
        assert!(matches!(value(text, 1, 1), Err(FormulaError::Inexact(_))), "{text}: {:?}", value(text, 1, 1));
    }
    for text in ["[1, 2].map(x, x).size()", "[1].all(x, x > 0) ? 1 : 0", "[1, 2].filter(x, x > 1)[0]", "{1: 2}[1]"] {
        assert!(value(text, 1, 1).is_err(), "{text}");
    }
    assert!(matches!(value("price + 1", 1, 1), Err(FormulaError::UnknownName(..))));
    assert!(matches!(value("n +", 1, 1), Err(FormulaError::Syntax(_))));
    assert!(matches!(value("n > 1", 1, 1), Err(FormulaError::Kind { .. })));
    assert!(matches!(value(&format!("n{}", " + 1".repeat(400)), 1, 1), Err(FormulaError::TooLong)));
    for deep in ["(", "!", "-", "[", "n?", "n.", "n in ", "n<", "n ? n : "] {
        assert!(value(&deep.repeat(1_000 / deep.len()), 1, 1).is_err(), "{deep}");
    }
    let nested = format!("{}n{}", "(".repeat(400), ")".repeat(400));
    assert!(value(&nested, 1, 1).is_err(), "the reader recurses");
    let brackets = |deep: usize| format!("{}n{}", "(".repeat(deep), ")".repeat(deep));
    assert_eq!(value(&brackets(8), 1, 1), Ok(1));
    assert_eq!(value(&brackets(9), 1, 1), Err(FormulaError::TooDeep));
    // Nothing hides a bracket from whoever counts them.
    let commented = format!("{}1{}", "(//)\n".repeat(60), ")".repeat(60));
    assert_eq!(value(&commented, 1, 1), Err(FormulaError::Comment));
    let quoted = format!("{}1{}", "(')' == 'a' ? 1 : ".repeat(9), ")".repeat(9));
    assert_eq!(value(&quoted, 1, 1), Err(FormulaError::Quoted));
    let chain = |links: usize| format!("n{}", "+1".repeat(links));
    assert_eq!(value(&chain(31), 1, 1), Ok(32));
    for links in [32, 400, 490] {
        assert_eq!(value(&chain(links), 1, 1), Err(FormulaError::TooDeep));
    }
}

#[test]
fn a_fee_that_cannot_be_computed_is_said_so() {
    let divided = KIOSK.replace("floors * 1000", "1000 / (floors - 3)");
    let world = given([by("admin", establish()), by("admin", publish(&divided))]);
    world.when(apply(|wanted| wanted.facts = vec![floors(3)])).refused("fee-not-computable");
    world.when(apply(|wanted| wanted.facts = vec![floors(2)])).refused("fee-not-computable");
    world.when(apply(|wanted| wanted.facts = vec![floors(4)])).events();
}

#[test]
fn a_sum_that_does_not_fit_is_refused() {
    let huge = KIOSK.replace("floors * 1000", "4611686018427387904 + floors * 0");
    let huge = huge.replace("percent(floors * 1001, 50)", "4611686018427387904 + floors * 0");
    let procedure = Procedure::parse(&huge).unwrap();
    let world = given([by("admin", establish()), by("admin", publish(procedure.text()))]);
    world.when(apply(|wanted| wanted.facts = vec![floors(5)])).events();
    world.when(apply(|wanted| wanted.facts = vec![floors(6)])).refused("fee-not-computable");
}

proptest! {
    #[test]
    fn formulas_agree_with_wide_arithmetic(a in any::<i64>(), b in -1_000_000_i64..1_000_000) {
        let wide = i128::from(a) * i128::from(b) + 7;
        prop_assert_eq!(value("big_number * n + 7", a, b).ok(), i64::try_from(wide).ok().filter(|_| a.checked_mul(b).is_some()));
        let percent = i128::from(a) * i128::from(b);
        let rounded = (percent.abs() + 50) / 100 * percent.signum();
        prop_assert_eq!(value("percent(big_number, n)", a, b).ok(), i64::try_from(rounded).ok());
    }

    #[test]
    fn no_text_breaks_the_formula_reader(text in ".{0,80}") {
        let _ = value(&text, 1, 1);
    }

    #[test]
    fn no_expression_breaks_the_formula_reader(parts in proptest::collection::vec(
        prop_oneof![Just("n"), Just("big_number"), Just("("), Just(")"), Just("+"), Just("*"), Just("-"), Just("/"), Just("%"),
            Just("9223372036854775807"), Just("0"), Just("percent("), Just(","), Just("?"), Just(":"), Just("=="), Just("&&"),
            Just("!"), Just("'x'"), Just("["), Just("]"), Just("."), Just("in"), Just("int("), Just("size(")], 0..14)) {
        let _ = value(&parts.concat(), i64::MIN, -1);
        let _ = value(&parts.join(" "), i64::MAX, 0);
    }
}
