//! The answered fields of one application, by their place in the procedure.

use super::Procedure;
use super::source::{FieldKind, FieldSource};
use crate::{
    events::{FactValue, Value},
    refusal::Refusal,
};
use serde::{Deserialize, Serialize};

/// Values of the answered fields, eight bytes each: a whole number as it is, a flag as 0 or 1, a choice as its place.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Which fields are answered, by place.
    answered: u64,
    /// Their values, in the order of the fields.
    values: Box<[i64]>,
}

impl Facts {
    /// The value of the field at this place.
    #[must_use]
    pub fn get(&self, procedure: &Procedure, index: usize) -> Option<Value> {
        let field = procedure.source().fields.get(index).filter(|_| self.is_answered(index))?;
        value(field, *self.values.get(self.place(index))?)
    }

    /// Takes answers over, the later ones in place of the earlier.
    #[must_use]
    pub fn with(mut self, procedure: &Procedure, answers: &[FactValue]) -> Facts {
        let fields = &procedure.source().fields;
        let mut values = std::mem::take(&mut self.values).into_vec();
        values.reserve_exact(answers.len());
        for answer in answers {
            let Some(index) = fields.iter().position(|field| field.id == answer.field) else { continue };
            let Some(number) = number(&fields[index], &answer.value) else { continue };
            let place = self.place(index);
            if self.is_answered(index) {
                values[place] = number;
            } else {
                values.insert(place, number);
                self.answered |= 1 << index;
            }
        }
        self.values = values.into_boxed_slice();
        self
    }

    fn is_answered(&self, index: usize) -> bool {
        self.answered >> index & 1 == 1
    }

    /// How many answered fields come before this one.
    fn place(&self, index: usize) -> usize {
        (self.answered & ((1 << index) - 1)).count_ones() as usize
    }

    /// Checks answers against the procedure's fields.
    ///
    /// # Errors
    /// Names the first field that is unknown, doubled, of another kind or out of range.
    pub fn check(procedure: &Procedure, answers: &[FactValue]) -> Result<(), Refusal> {
        for (index, answer) in answers.iter().enumerate() {
            let field = procedure.source().fields.iter().find(|field| field.id == answer.field);
            let field = field.ok_or_else(|| Refusal::UnknownField { field: answer.field.clone() })?;
            if answers[..index].iter().any(|earlier| earlier.field == answer.field) {
                return Err(Refusal::FieldTwice { field: answer.field.clone() });
            }
            check_value(field, &answer.value)?;
        }
        Ok(())
    }

    /// Checks that every required field is answered.
    ///
    /// # Errors
    /// Names the first that is not.
    pub fn complete(&self, procedure: &Procedure) -> Result<(), Refusal> {
        let mut fields = procedure.source().fields.iter().enumerate();
        match fields.find(|(index, field)| field.required && !self.is_answered(*index)) {
            Some((_, field)) => Err(Refusal::FieldMissing { field: field.id.clone() }),
            None => Ok(()),
        }
    }
}

/// A checked value as a number; none for what the field cannot hold.
fn number(field: &FieldSource, value: &Value) -> Option<i64> {
    match (&field.holds, value) {
        (FieldKind::Integer { .. }, Value::Integer(number)) => Some(*number),
        (FieldKind::Flag, Value::Flag(flag)) => Some(i64::from(*flag)),
        (FieldKind::Choice { choices }, Value::Choice(choice)) => {
            choices.iter().position(|known| known.id == *choice).and_then(|place| i64::try_from(place).ok())
        }
        (FieldKind::Integer { .. } | FieldKind::Flag | FieldKind::Choice { .. }, _) => None,
    }
}

/// The value that [`number`] made this number of.
fn value(field: &FieldSource, number: i64) -> Option<Value> {
    match &field.holds {
        FieldKind::Integer { .. } => Some(Value::Integer(number)),
        FieldKind::Flag => Some(Value::Flag(number != 0)),
        FieldKind::Choice { choices } => {
            usize::try_from(number).ok().and_then(|place| Some(Value::Choice(choices.get(place)?.id.clone())))
        }
    }
}

fn check_value(field: &FieldSource, value: &Value) -> Result<(), Refusal> {
    let kind = |kind: &'static str| Refusal::FieldKind { field: field.id.clone(), kind: kind.into() };
    match (&field.holds, value) {
        (FieldKind::Integer { min, max }, Value::Integer(number)) if (*min..=*max).contains(number) => Ok(()),
        (FieldKind::Integer { min, max }, Value::Integer(_)) => {
            Err(Refusal::FieldOutOfRange { field: field.id.clone(), min: *min, max: *max })
        }
        (FieldKind::Flag, Value::Flag(_)) => Ok(()),
        (FieldKind::Choice { choices }, Value::Choice(choice)) if choices.iter().any(|known| known.id == *choice) => {
            Ok(())
        }
        (FieldKind::Integer { .. }, _) => Err(kind("integer")),
        (FieldKind::Flag, _) => Err(kind("flag")),
        (FieldKind::Choice { choices }, _) => {
            let names: Vec<&str> = choices.iter().map(|choice| choice.id.as_str()).collect();
            Err(Refusal::FieldKind { field: field.id.clone(), kind: format!("choice ({})", names.join(", ")).into() })
        }
    }
}
