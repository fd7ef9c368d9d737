//! One trace while it is read, and what it says in the end.

use super::keys::{Key, Keys};
use crate::{
    CaseRow, Record, StepRow, Times,
    record::{channel, clean},
};
use kernel::Instant;
use smol_str::SmolStr;

/// Attributes in their order, or why one of them cannot be read.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    pub(super) pairs: Vec<(String, String)>,
    pub(super) broken: Option<String>,
}

impl Attributes {
    /// The last of that key, as the format's own library has it.
    fn find(&self, keys: &Keys, key: &Key) -> Option<&str> {
        self.pairs.iter().rev().find(|(found, _)| keys.is(key, found)).map(|(_, value)| value.as_str())
    }

    fn text(&self, keys: &Keys, key: &Key) -> Result<Option<SmolStr>, String> {
        self.find(keys, key).map_or(Ok(None), |value| clean(&key.name, value))
    }

    fn time(&self, keys: &Keys, key: &Key, times: &Times) -> Result<Option<Instant>, String> {
        let value = self.find(keys, key).map(str::trim).filter(|value| !value.is_empty());
        let read = value.map(|value| times.read(value).map_err(|error| format!("{}: {error}", key.name)));
        read.transpose()
    }

    fn whole(&self) -> Result<(), String> {
        self.broken.clone().map_or(Ok(()), Err)
    }
}

/// An event as it was read.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: u64,
    pub(super) attributes: Attributes,
    pub(super) raw: u64,
}

/// A trace as far as it was read.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) line: u64,
    pub(super) attributes: Attributes,
    pub(super) steps: Vec<Step>,
    /// How the case came out when the first part of a very long trace was told.
    told: Option<Told>,
}

#[derive(Debug, Clone)]
enum Told {
    /// Its reference, and whether a case record was given.
    Case { reference: SmolStr, begun: bool },
    /// It cannot be recorded, and so cannot its steps.
    Refused,
}

impl Trace {
    pub(super) fn new(line: u64) -> Trace {
        Trace { line, attributes: Attributes::default(), steps: Vec::new(), told: None }
    }

    /// What the trace says, as far as it was read: the case first, then its steps in their order. Lets go of the steps.
    pub(super) fn tell(&mut self, keys: &Keys, times: &Times) -> Vec<Record> {
        let steps = std::mem::take(&mut self.steps);
        let about = match self.told.take() {
            Some(told) => Ok(told),
            None => self.attributes.text(keys, &keys.case).and_then(|reference| {
                let reference = reference.ok_or_else(|| format!("the trace has no {}", keys.case.name))?;
                self.case(keys, times).map(|_| Told::Case { reference, begun: false })
            }),
        };
        let (mut records, told) = match about {
            Ok(told) => (Vec::new(), told),
            Err(reason) => (vec![Record::Refused { line: self.line, reason }], Told::Refused),
        };
        let (reference, begun) = match told {
            Told::Case { reference, begun } => (reference, begun),
            Told::Refused => {
                records.extend(steps.into_iter().map(|step| {
                    let reason = format!("its trace at line {} is refused", self.line);
                    Record::Refused { line: step.line, reason }
                }));
                self.told = Some(Told::Refused);
                return records;
            }
        };
        let empty = steps.is_empty();
        let steps: Vec<Record> = steps.into_iter().map(|step| self.step(step, &reference, keys, times)).collect();
        let case = if begun { None } else { self.begin(&reference, &steps, empty, keys, times) };
        self.told = Some(Told::Case { reference, begun: begun || matches!(case, Some(Record::Case(_))) });
        records.extend(case);
        records.extend(steps);
        records
    }

    /// The case's record; none where all its steps are refused and it says nothing of its start itself.
    fn begin(&self, reference: &SmolStr, steps: &[Record], empty: bool, keys: &Keys, times: &Times) -> Option<Record> {
        let first = steps.iter().find_map(|step| match step {
            Record::Step(step) => Some(step.at),
            Record::Case(_) | Record::Refused { .. } => None,
        });
        let (channel, deadline, started, ended) = self.case(keys, times).ok()?;
        match started.or(first) {
            Some(started) => {
                let reference = reference.clone();
                Some(Record::Case(CaseRow { reference, channel, deadline, started, ended, line: self.line }))
            }
            None if empty => {
                let reason = "the trace has no time at all: neither a start nor an event".to_owned();
                Some(Record::Refused { line: self.line, reason })
            }
            None => None,
        }
    }

    /// Channel, deadline, start and end.
    #[allow(clippy::type_complexity, reason = "four facts, taken apart where they are used")]
    fn case(
        &self,
        keys: &Keys,
        times: &Times,
    ) -> Result<(Option<kernel::Channel>, Option<Instant>, Option<Instant>, Option<Instant>), String> {
        self.attributes.whole()?;
        let time = |key| self.attributes.time(keys, key, times);
        let channel =
            self.attributes.find(keys, &keys.channel).map_or(Ok(None), |value| channel(&keys.channel.name, value))?;
        Ok((channel, time(&keys.deadline)?, time(&keys.started)?, time(&keys.ended)?))
    }

    fn step(&self, step: Step, reference: &SmolStr, keys: &Keys, times: &Times) -> Record {
        let line = step.line;
        self.read_step(step, reference, keys, times).unwrap_or_else(|reason| Record::Refused { line, reason })
    }

    fn read_step(&self, step: Step, reference: &SmolStr, keys: &Keys, times: &Times) -> Result<Record, String> {
        step.attributes.whole()?;
        let place = |key: &Key| if key.of_trace { &self.attributes } else { &step.attributes };
        let text = |key: &Key| place(key).text(keys, key);
        let name = text(&keys.step)?.ok_or_else(|| format!("the event has no {}", keys.step.name))?;
        let at = place(&keys.time).time(keys, &keys.time, times)?;
        let at = at.ok_or_else(|| format!("the event has no {}", keys.time.name))?;
        Ok(Record::Step(StepRow {
            reference: reference.clone(),
            name,
            at,
            actor: text(&keys.actor)?,
            unit: text(&keys.unit)?,
            lifecycle: text(&keys.lifecycle)?,
            raw: step.raw,
            line: step.line,
        }))
    }
}
