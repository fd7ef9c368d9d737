//! Bills worked out line by line: whatever the facts, the lines add up to exactly the bill.

use super::harness::id;
use super::shipped::BUILDING;
use kernel::{Lang, Rials};
use permits::events::{FactValue, Value};
use permits::procedure::explain::{ExplainedFee, Operator, Origin};
use permits::procedure::source::FieldKind;
use permits::procedure::{Facts, Procedure, Words};
use proptest::prelude::*;

/// Formulas that use everything a fee may.
const TRICKY: &[&str] = &[
    "7",
    "land_area",
    "-floors + built_area * 2 - -land_area",
    "built_area / 7 + land_area % 13 + percent(built_area, 33)",
    "percent(percent(built_area * 950001, 7), floors)",
    "(demolition ? land_area * 3 : 5) * (use == \"commercial\" ? (floors > 3 ? 7 : 6) : 2) + 1",
    "1 + 2 * (3 + built_area + (floors + (2 + land_area))) * 4 * 5",
    "int(built_area) + (historic_area && !demolition ? 9 : 8)",
];

fn building(formula: Option<&str>) -> Procedure {
    let text = match formula {
        None => BUILDING.to_owned(),
        Some(formula) => {
            let demolition = "formula = \"land_area * 120000\"";
            assert!(BUILDING.contains(demolition));
            let text = BUILDING.replace(demolition, &format!("formula = '{formula}'"));
            text.replace("when = \"demolition\"", "when = \"demolition || floors >= 0\"")
        }
    };
    Procedure::parse(&text).unwrap_or_else(|error| panic!("{formula:?}: {error}"))
}

fn answers(procedure: &Procedure, seed: &[i64]) -> Facts {
    let answer = |(index, field): (usize, &permits::procedure::source::FieldSource)| {
        let seed = seed[index];
        let value = match &field.holds {
            FieldKind::Integer { min, max } => Value::Integer(min + seed.rem_euclid(max - min + 1)),
            FieldKind::Flag => Value::Flag(seed % 2 == 0),
            FieldKind::Choice { choices } => {
                let place = usize::try_from(seed.rem_euclid(choices.len() as i64)).unwrap();
                Value::Choice(choices[place].id.clone())
            }
        };
        (field.required || seed % 3 != 0).then(|| FactValue { field: field.id.clone(), value })
    };
    let answers: Vec<FactValue> = procedure.source().fields.iter().enumerate().filter_map(answer).collect();
    Facts::default().with(procedure, &answers)
}

/// What a line comes to when somebody else works it out.
fn by_hand(operator: Operator, numbers: &[i128]) -> i128 {
    match (operator, numbers) {
        (Operator::Add, all) => all.iter().sum(),
        (Operator::Multiply, all) => all.iter().product(),
        (Operator::Subtract, [a, b]) => a - b,
        (Operator::Divide, [a, b]) => a / b,
        (Operator::Remainder, [a, b]) => a % b,
        (Operator::Negate, [a]) => -a,
        (Operator::Percent, [of, n]) => {
            let (whole, rest) = ((of * n).abs() / 100, (of * n).abs() % 100);
            (whole + i128::from(rest >= 50)) * (of * n).signum()
        }
        other => panic!("{other:?}"),
    }
}

fn check(fee: &ExplainedFee) {
    for (place, line) in fee.lines.iter().enumerate() {
        for operand in &line.operands {
            if let Origin::Line(earlier) = operand.from {
                assert!(earlier < place, "{fee:?}");
                assert_eq!(fee.lines[earlier].value, operand.value, "{fee:?}");
            }
        }
        let numbers: Vec<i128> = line.operands.iter().map(|operand| operand.value.into()).collect();
        assert_eq!(by_hand(line.operator, &numbers), i128::from(line.value), "{fee:?}");
    }
    assert_eq!(fee.lines.last().map_or(fee.result.value, |line| line.value), fee.amount.0, "{fee:?}");
    assert_eq!(fee.result.value, fee.amount.0);
}

proptest! {
    #[test]
    fn the_lines_add_up_to_exactly_the_bill(
        seed in prop::collection::vec(0..2_000_000_i64, 7),
        formula in prop::option::of(prop::sample::select(TRICKY)),
    ) {
        let procedure = building(formula);
        let facts = answers(&procedure, &seed);
        let scope = procedure.scope(&facts);
        let bill = procedure.bill(&scope);
        let explained = procedure.explain(&scope);
        let (Ok(bill), Ok(explained)) = (&bill, &explained) else {
            prop_assert_eq!(bill.err(), explained.err());
            return Ok(());
        };
        let named = |fee: &ExplainedFee| (procedure.source().fees[fee.fee].id.clone(), fee.amount);
        prop_assert_eq!(&explained.iter().map(named).collect::<Vec<_>>(), bill);
        explained.iter().for_each(check);
        let sum: i64 = explained.iter().map(|fee| fee.amount.0).sum();
        prop_assert_eq!(Rials(sum), procedure.estimate(&scope).unwrap());
        for lang in [Lang::Fa, Lang::En] {
            let words = Words { procedure: &procedure, facts: &facts, lang };
            for fee in explained {
                let lines = words.lines(fee);
                prop_assert!(!lines.is_empty() && lines.iter().all(|line| !line.is_empty()));
                let total = if lang == Lang::Fa { fee.amount.fa() } else { fee.amount.to_string() };
                let total = total.trim_end_matches(" ریال");
                prop_assert!(lines.last().is_some_and(|line| line.contains(total)), "{:?} {}", lines, total);
            }
        }
    }
}

fn explained(formula: Option<&str>, given: &[(&str, Value)], lang: Lang) -> Vec<(Option<String>, Vec<String>)> {
    let procedure = building(formula);
    let answers: Vec<FactValue> =
        given.iter().map(|(field, value)| FactValue { field: id(field), value: value.clone() }).collect();
    let facts = Facts::default().with(&procedure, &answers);
    let words = Words { procedure: &procedure, facts: &facts, lang };
    let fees = procedure.explain(&procedure.scope(&facts)).unwrap();
    fees.iter().map(|fee| (words.condition(fee), words.lines(fee))).collect()
}

const HOUSE: &[(&str, i64)] = &[("land-area", 200), ("built-area", 621), ("floors", 5)];

fn house(choice: &str) -> Vec<(&str, Value)> {
    let numbers = HOUSE.iter().map(|(field, number)| (*field, Value::Integer(*number)));
    numbers.chain([("use", Value::Choice(id(choice))), ("demolition", Value::Flag(true))]).collect()
}

#[test]
fn a_bill_is_read_in_persian_words_and_digits() {
    let fees = explained(None, &house("residential"), Lang::Fa);
    assert_eq!(fees[0], (None, vec!["زیربنا (۶۲۱ متر مربع) × ۹۵۰٬۰۰۰ (کاربری: مسکونی) = ۵۸۹٬۹۵۰٬۰۰۰".to_owned()]));
    assert_eq!(fees[1].0.as_deref(), Some("تعداد طبقات بیش از ۳"));
    assert_eq!(
        fees[1].1,
        [
            "زیربنا (۶۲۱ متر مربع) × ۹۵۰٬۰۰۰ = ۵۸۹٬۹۵۰٬۰۰۰",
            "۱۲ درصد از ۵۸۹٬۹۵۰٬۰۰۰ = ۷۰٬۷۹۴٬۰۰۰",
            "تعداد طبقات (۵) − ۳ = ۲",
            "۷۰٬۷۹۴٬۰۰۰ × ۲ = ۱۴۱٬۵۸۸٬۰۰۰",
        ]
    );
    assert_eq!(fees[4].0.as_deref(), Some("تخریب بنای موجود"));
}

#[test]
fn a_bill_is_read_in_english_with_its_rounding() {
    let rounded = "percent(built_area, 33) + built_area / 7";
    let fees = explained(Some(rounded), &house("commercial"), Lang::En);
    assert_eq!(fees[0].1, ["Built area (621 m²) × 4,200,000 (Use: Commercial) = 2,608,200,000"]);
    let (condition, lines) = &fees[4];
    assert_eq!(condition.as_deref(), Some("Demolition of a building or (Floors at least 0)"));
    assert_eq!(
        lines[..],
        [
            "33 percent of Built area (621 m²) = 205 (to the nearest rial)",
            "Built area (621 m²) ÷ 7 = 88 (without what is left over)",
            "205 + 88 = 293",
        ]
    );
}
