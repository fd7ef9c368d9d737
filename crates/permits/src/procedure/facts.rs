//! The answered fields of one application, by their place in the procedure.

use super::Procedure;
use super::source::{FieldKind, FieldSource};
use crate::{
    events::{FactValue, Value},
    refusal::Refusal,
};
use serde::{Deserialize, Serialize};

/// Values by field; none where a field is not answered. A few bytes a field.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts(Vec<Option<Value>>);

impl Facts {
    /// The value of the field at this place.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Value> {
        self.0.get(index).and_then(Option::as_ref)
    }

    /// Takes answers over, the later ones in place of the earlier.
    #[must_use]
    pub fn with(mut self, procedure: &Procedure, answers: &[FactValue]) -> Facts {
        let fields = &procedure.source().fields;
        self.0.resize(fields.len(), None);
        for answer in answers {
            if let Some(index) = fields.iter().position(|field| field.id == answer.field) {
                self.0[index] = Some(answer.value.clone());
            }
        }
        self
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
        match fields.find(|(index, field)| field.required && self.get(*index).is_none()) {
            Some((_, field)) => Err(Refusal::FieldMissing { field: field.id.clone() }),
            None => Ok(()),
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
