//! Procedures: a service's steps, roles, deadlines, fees and channels, as versioned data.
//!
//! [`Procedure::parse`] is the only way in: a procedure that exists has been checked as a whole.

mod check;
pub mod explain;
mod facts;
pub mod formula;
pub mod source;
mod words;

use formula::{Formula, Scope};
use kernel::{Date, ProcedureId, Rials, RoleId, StepId};
use source::{ConsultationSource, Decisions, FeeSource, OutcomeSource, Phase, Source, StepSource};

pub use facts::Facts;
pub use words::Words;

/// A checked procedure with its formulas compiled.
#[derive(Debug)]
pub struct Procedure {
    text: String,
    source: Source,
    conditions: Vec<Formula>,
    fees: Vec<CompiledFee>,
    steps: Vec<CompiledStep>,
    channels: Vec<Offered>,
}

#[derive(Debug)]
struct CompiledFee {
    when: Option<Formula>,
    formula: Formula,
}

#[derive(Debug)]
struct CompiledStep {
    when: Option<Formula>,
    after: Vec<usize>,
    consultations: Vec<Option<Formula>>,
}

/// How long a channel is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The channel's name.
    pub name: String,
    /// Whether somebody must come in.
    pub in_person: bool,
    /// From this day on it is not offered.
    pub until: Option<Date>,
}

/// Why a text is not a procedure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {why}")]
pub struct ProcedureError {
    /// Which part, as `step visit: after`.
    pub at: String,
    /// Which rule it breaks.
    pub why: String,
}

/// A fee that could not be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeError {
    /// Which.
    pub fee: StepId,
    /// Why.
    pub why: String,
}

/// The most steps a procedure may have: a case keeps them as bits.
pub const MAX_STEPS: usize = 64;

/// The outcome of a step that names none.
#[must_use]
pub fn done() -> StepId {
    "done".parse().expect("a valid id")
}

impl Procedure {
    /// Reads and checks a procedure.
    ///
    /// # Errors
    /// Names the first part that breaks a rule, and the rule.
    pub fn parse(text: &str) -> Result<Procedure, ProcedureError> {
        check::parse(text)
    }

    /// The text it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
    /// Everything it says.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &ProcedureId {
        &self.source.id
    }
    /// Its version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.source.version
    }
    /// Whether it only keeps cases of other systems.
    #[must_use]
    pub fn observed(&self) -> bool {
        self.source.observed
    }
    /// Its channels.
    #[must_use]
    pub fn channels(&self) -> &[Offered] {
        &self.channels
    }

    /// The step with this id, and its place.
    #[must_use]
    pub fn step(&self, id: &StepId) -> Option<(usize, &StepSource)> {
        self.source.steps.iter().enumerate().find(|(_, step)| step.id == *id)
    }
    /// The step at this place.
    #[must_use]
    pub fn step_at(&self, place: usize) -> &StepSource {
        &self.source.steps[place]
    }
    /// Places of the steps that must be done before this one.
    #[must_use]
    pub fn before(&self, place: usize) -> &[usize] {
        &self.steps[place].after
    }
    /// Places of the steps of a phase.
    pub fn steps_of(&self, phase: Phase) -> impl Iterator<Item = usize> {
        self.source.steps.iter().enumerate().filter(move |(_, step)| step.phase == phase).map(|(place, _)| place)
    }
    /// This step and all that come after it, as a bit set.
    #[must_use]
    pub fn from_here_on(&self, place: usize) -> u64 {
        let mut set = 1u64 << place;
        loop {
            let grown = (0..self.steps.len())
                .filter(|&step| self.steps[step].after.iter().any(|&before| set >> before & 1 == 1))
                .fold(set, |set, step| set | 1 << step);
            if grown == set {
                return set;
            }
            set = grown;
        }
    }
    /// An outcome of a step; a step that names none can only be `done`.
    #[must_use]
    pub fn outcome<'a>(&self, step: &'a StepSource, id: &StepId) -> Option<Option<&'a OutcomeSource>> {
        if step.outcomes.is_empty() {
            return (id.as_str() == "done").then_some(None);
        }
        step.outcomes.iter().find(|outcome| outcome.id == *id).map(Some)
    }
    /// Every agency in order, with the place of the step that asks it.
    fn agencies(&self) -> impl Iterator<Item = (usize, &ConsultationSource)> {
        let steps = self.source.steps.iter().enumerate();
        steps.flat_map(|(place, step)| step.consultations.iter().map(move |asked| (place, asked)))
    }
    /// An agency, the place of the step that asks it, and how.
    #[must_use]
    pub fn agency(&self, agency: &StepId) -> Option<(usize, &ConsultationSource)> {
        self.agencies().find(|(_, asked)| asked.agency == *agency)
    }
    /// The place of an agency among those of all steps.
    #[must_use]
    pub fn agency_place(&self, agency: &StepId) -> Option<usize> {
        self.agencies().position(|(_, asked)| asked.agency == *agency)
    }
    /// The agency at such a place, as [`Procedure::agency`] gives it.
    ///
    /// # Panics
    /// When there are not so many.
    #[must_use]
    pub fn agency_at(&self, place: usize) -> (usize, &ConsultationSource) {
        self.agencies().nth(place).expect("the place of an agency of this procedure")
    }
    /// Who decides about the whole case. An observed procedure has nobody.
    #[must_use]
    pub fn decisions(&self) -> Option<&Decisions> {
        self.source.decisions.as_ref()
    }
    /// Who gets what is overdue.
    #[must_use]
    pub fn escalate_to(&self) -> Option<&RoleId> {
        self.source.decisions.as_ref().map(|decisions| &decisions.escalate_to)
    }
    /// Whether a refusal, suspension or revocation may rest on this article.
    #[must_use]
    pub fn has_article(&self, article: &StepId) -> bool {
        self.source.articles.iter().any(|known| known.id == *article)
    }

    /// The fields of one application as formulas see them.
    #[must_use]
    pub fn scope(&self, facts: &Facts) -> Scope {
        Scope::new(&self.source.fields, |index| facts.get(self, index))
    }
    /// The first condition that does not hold.
    #[must_use]
    pub fn broken_condition(&self, scope: &Scope) -> Option<&StepId> {
        let pairs = self.source.conditions.iter().zip(&self.conditions);
        pairs.into_iter().find(|(_, formula)| formula.holds(scope) != Ok(true)).map(|(condition, _)| &condition.id)
    }
    /// Whether a step applies. A condition that cannot be computed does not take a step away.
    #[must_use]
    pub fn applies(&self, place: usize, scope: &Scope) -> bool {
        self.steps[place].when.as_ref().is_none_or(|when| when.holds(scope) != Ok(false))
    }
    /// The agencies that a step asks in this case.
    pub fn asked<'a>(&'a self, place: usize, scope: &Scope) -> Vec<&'a ConsultationSource> {
        let pairs = self.source.steps[place].consultations.iter().zip(&self.steps[place].consultations);
        pairs
            .filter(|(_, when)| when.as_ref().is_none_or(|when| when.holds(scope) != Ok(false)))
            .map(|(asked, _)| asked)
            .collect()
    }
    /// The lines of the bill.
    ///
    /// # Errors
    /// Names the fee that overflows, is negative or cannot be computed.
    pub fn bill(&self, scope: &Scope) -> Result<Vec<(StepId, Rials)>, FeeError> {
        let mut lines = Vec::new();
        for (fee, compiled) in self.source.fees.iter().zip(&self.fees) {
            if let Some(amount) = compiled.amount(fee, scope)? {
                lines.push((fee.id.clone(), amount));
            }
        }
        Ok(lines)
    }
    /// What the bill will come to.
    ///
    /// # Errors
    /// As [`Procedure::bill`].
    pub fn estimate(&self, scope: &Scope) -> Result<Rials, FeeError> {
        let lines = self.bill(scope)?;
        let total = lines.iter().try_fold(0i64, |sum, (_, amount)| sum.checked_add(amount.0));
        let last = || lines.last().map_or_else(done, |(fee, _)| fee.clone());
        total.map(Rials).ok_or_else(|| FeeError { fee: last(), why: "the sum is too large".to_owned() })
    }
}

impl CompiledFee {
    fn amount(&self, fee: &FeeSource, scope: &Scope) -> Result<Option<Rials>, FeeError> {
        let failed = |why: String| FeeError { fee: fee.id.clone(), why };
        if let Some(when) = &self.when
            && !when.holds(scope).map_err(|error| failed(error.to_string()))?
        {
            return Ok(None);
        }
        match self.formula.integer(scope).map_err(|error| failed(error.to_string()))? {
            amount if amount < 0 => Err(failed(format!("{amount} is less than nothing"))),
            0 => Ok(None),
            amount => Ok(Some(Rials(amount))),
        }
    }
}

/// A procedure is stored, and snapshotted, as its text.
impl serde::Serialize for Procedure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
impl<'de> serde::Deserialize<'de> for Procedure {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Procedure, D::Error> {
        let text = String::deserialize(deserializer)?;
        Procedure::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The same for a list that is shared.
pub(crate) mod shared {
    use super::Procedure;
    use serde::{Deserialize, Deserializer, Serializer};
    use std::sync::Arc;

    pub(crate) fn serialize<S: Serializer>(list: &[Arc<Procedure>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(|procedure| &**procedure))
    }
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Arc<Procedure>>, D::Error> {
        Ok(Vec::<Procedure>::deserialize(deserializer)?.into_iter().map(Arc::new).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Procedure;

    #[test]
    fn shipped_procedures_are_valid() {
        for text in [
            include_str!("../../../../deploy/cities/isfahan/procedures/building-permit.toml"),
            include_str!("../../../../deploy/cities/isfahan/procedures/small-works.toml"),
            include_str!("../../../../deploy/cities/isfahan/procedures/observed.toml"),
        ] {
            Procedure::parse(text).expect("a shipped procedure is valid");
        }
    }
}
