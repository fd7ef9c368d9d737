//! What applicants answer: of a house rather than of a tower.

use super::dice::Dice;
use permits::{
    events::{FactValue, Value},
    procedure::{
        Procedure,
        source::{FieldKind, FieldSource},
    },
};

/// An answer to every field of an application; of a difficult one everything holds that can be asked.
pub(super) fn all(procedure: &Procedure, difficult: bool, dice: &mut Dice) -> Vec<FactValue> {
    let fields = procedure.source().fields.iter();
    let value = |field: &FieldSource, dice: &mut Dice| match &field.holds {
        FieldKind::Flag if difficult => Value::Flag(true),
        FieldKind::Flag | FieldKind::Integer { .. } | FieldKind::Choice { .. } => one(field, dice),
    };
    fields.map(|field| FactValue { field: field.id.clone(), value: value(field, dice) }).collect()
}

/// A likely answer to a field: as people build, where it is known what is asked; else in the lower part of its range, on
/// a scale of doublings.
pub(super) fn one(field: &FieldSource, dice: &mut Dice) -> Value {
    match &field.holds {
        FieldKind::Integer { min, max } => {
            let (low, high) = usual(field.id.as_str()).unwrap_or_else(|| {
                let span = max.saturating_sub(*min).clamp(1, 900);
                (*min, *min + (span >> dice.below(5)).max(1))
            });
            Value::Integer(dice.between(low.max(*min), high.min(*max)))
        }
        FieldKind::Flag => Value::Flag(dice.percent(15)),
        FieldKind::Choice { choices } => {
            // Most people ask for the first.
            let at = if dice.percent(70) { 0 } else { dice.below(choices.len()) };
            Value::Choice(choices[at].id.clone())
        }
    }
}

/// From how much to how much the usual house has of it. What is built fits the land with any of these numbers.
fn usual(field: &str) -> Option<(i64, i64)> {
    match field {
        "land-area" => Some((190, 420)),
        "built-area" => Some((85, 190)),
        "floors" => Some((1, 4)),
        "dwellings" => Some((1, 6)),
        "area" => Some((8, 120)),
        _ => None,
    }
}
