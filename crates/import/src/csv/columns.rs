//! Which cell of a row holds what, found once from the header.

use crate::{Names, ReadError};
use smol_str::SmolStr;

/// A column of the file.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) index: usize,
    pub(super) name: String,
}

/// Where a row says what.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) count: usize,
    pub(super) case: Column,
    pub(super) steps: Steps,
    pub(super) actor: Option<Column>,
    pub(super) unit: Option<Column>,
    pub(super) lifecycle: Option<Column>,
    pub(super) channel: Option<Column>,
    pub(super) deadline: Option<Column>,
    pub(super) started: Option<Column>,
    pub(super) ended: Option<Column>,
}

/// How a row says what was done.
#[derive(Debug)]
pub(super) enum Steps {
    /// One row a step: its name and its time.
    Row { step: Column, time: Column },
    /// One row a case: the times of steps with names of their own.
    Milestones(Vec<(Column, SmolStr)>),
}

impl Columns {
    /// Looks every name up in the header; an unknown one is an error at once, not a column of blanks.
    pub(super) fn new(header: &[String], names: &Names) -> Result<Columns, ReadError> {
        let header: Vec<&str> = header.iter().map(|name| name.trim()).collect();
        let find = |named: &Option<String>, usual: &[&str]| find(&header, named.as_deref(), usual);
        let need = |named: &Option<String>, usual: &[&str], what, option| {
            let there = || header.iter().map(|&name| name.to_owned()).collect();
            find(named, usual)?.ok_or_else(|| ReadError::ColumnNeeded { what, option, there: there() })
        };
        let steps = if names.milestones.is_empty() {
            let step = need(&names.step, &["concept:name"], "name of the step", "step")?;
            Steps::Row { step, time: need(&names.time, &["time:timestamp"], "time of the step", "time")? }
        } else {
            Steps::Milestones(milestones(&header, names)?)
        };
        Ok(Columns {
            count: header.len(),
            case: need(&names.case, &["case:concept:name"], "reference of the case", "case")?,
            steps,
            actor: find(&names.actor, &["org:resource"])?,
            unit: find(&names.unit, &["org:group"])?,
            lifecycle: find(&names.lifecycle, &["lifecycle:transition"])?,
            channel: find(&names.channel, &["case:channel"])?,
            deadline: find(&names.deadline, &["case:deadline"])?,
            started: find(&names.started, &["case:startdate"])?,
            ended: find(&names.ended, &["case:enddate"])?,
        })
    }

    /// Every column that holds times.
    pub(super) fn times(&self) -> impl Iterator<Item = &Column> {
        let steps: Vec<&Column> = match &self.steps {
            Steps::Row { time, .. } => vec![time],
            Steps::Milestones(milestones) => milestones.iter().map(|(column, _)| column).collect(),
        };
        steps.into_iter().chain([&self.deadline, &self.started, &self.ended].into_iter().flatten())
    }
}

fn milestones(header: &[&str], names: &Names) -> Result<Vec<(Column, SmolStr)>, ReadError> {
    if names.step.is_some() || names.time.is_some() {
        return Err(ReadError::BothShapes);
    }
    let column = |milestone: &crate::Milestone| {
        let column = find(header, Some(&milestone.column), &[])?;
        Ok(column.map(|column| (column, SmolStr::new(&milestone.step))))
    };
    names.milestones.iter().map(column).filter_map(Result::transpose).collect()
}

/// The named column, or the first of the usual ones that is there.
fn find(header: &[&str], named: Option<&str>, usual: &[&str]) -> Result<Option<Column>, ReadError> {
    let places = |name: &str| {
        let mut places = header.iter().enumerate().filter(|&(_, &column)| column == name).map(|(index, _)| index);
        (places.next(), places.next())
    };
    if let Some(name) = named.map(str::trim) {
        return match places(name) {
            (Some(index), None) => Ok(Some(Column { index, name: name.to_owned() })),
            (Some(_), Some(_)) => Err(ReadError::ColumnTwice { name: name.to_owned() }),
            (None, _) => {
                let there = header.iter().map(|&name| name.to_owned()).collect();
                Err(ReadError::NoSuchColumn { name: name.to_owned(), there })
            }
        };
    }
    for &name in usual {
        match places(name) {
            (Some(index), None) => return Ok(Some(Column { index, name: name.to_owned() })),
            (Some(_), Some(_)) => return Err(ReadError::ColumnTwice { name: name.to_owned() }),
            (None, _) => {}
        }
    }
    Ok(None)
}
