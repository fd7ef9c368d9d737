//! Tables with named columns: one row a step, or one row a case with a column a step.

mod columns;
mod rows;

use crate::{
    CaseRow, Names, ReadError, Record, Source, StepRow, Times,
    record::{channel, clean},
};
use columns::{Column, Columns, Steps};
use kernel::Instant;
use rows::{Row, Rows};
use smol_str::SmolStr;
use std::{
    collections::{VecDeque, hash_map::RandomState},
    hash::BuildHasher,
    io::BufRead,
};

pub use rows::ROW_LIMIT;

/// How many rows are looked at to learn in which order the file writes day and month.
pub const SAMPLE_ROWS: usize = 2_000;
/// The most bytes of rows held for that.
const SAMPLE_BYTES: usize = 4 * 1024 * 1024;

/// A table, read a row at a time.
pub struct CsvLog {
    rows: Rows<Box<dyn BufRead + Send>>,
    columns: Columns,
    times: Times,
    sample: VecDeque<Row>,
    /// What the rows read so far say and nobody has taken.
    ready: VecDeque<Record>,
    /// The case of the row before, so that a case is told once for its rows.
    case: Option<CaseRow>,
    hashes: RandomState,
    ended: bool,
}

impl CsvLog {
    /// Reads the header and finds the columns.
    ///
    /// # Errors
    /// The file is empty or unreadable, or a column is missing, unknown or there twice.
    pub fn open(source: Source, names: &Names, times: Times) -> Result<CsvLog, ReadError> {
        let broken = |source| ReadError::Broken { line: 1, source };
        let mut rows = Rows::new(source.table().map_err(broken)?).map_err(broken)?;
        let header = rows.next().map_err(broken)?.ok_or(ReadError::Empty)?;
        let unreadable = |reason| broken(std::io::Error::new(std::io::ErrorKind::InvalidData, reason));
        let columns = Columns::new(&header.cells.map_err(unreadable)?, names)?;
        let mut log = CsvLog {
            rows,
            columns,
            times,
            sample: VecDeque::new(),
            ready: VecDeque::new(),
            case: None,
            hashes: RandomState::new(),
            ended: false,
        };
        log.learn()?;
        Ok(log)
    }

    /// Reads the first rows ahead, for the order of day and month.
    fn learn(&mut self) -> Result<(), ReadError> {
        let mut bytes = 0;
        while self.sample.len() < SAMPLE_ROWS && bytes < SAMPLE_BYTES {
            let Some(row) = self.next_row()? else { break };
            bytes += row.cells.iter().flatten().map(String::len).sum::<usize>();
            self.sample.push_back(row);
        }
        let (sample, columns) = (&self.sample, &self.columns);
        let cell = |row: &Row, column: &Column| row.cells.as_ref().ok()?.get(column.index).cloned();
        let texts: Vec<String> =
            sample.iter().flat_map(|row| columns.times().filter_map(|column| cell(row, column))).collect();
        self.times.learn(texts.iter().map(String::as_str));
        Ok(())
    }

    fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        let row = self.rows.next();
        row.map_err(|source| ReadError::Broken { line: self.rows.line(), source })
    }

    fn take(&mut self, row: Row) {
        let Row { line, cells } = row;
        let refused = |reason| Record::Refused { line, reason };
        match cells {
            Err(reason) => self.ready.push_back(refused(reason)),
            Ok(cells) if cells.len() != self.columns.count => {
                let (found, count) = (cells.len(), self.columns.count);
                self.ready.push_back(refused(format!("the row has {found} cells, and the header has {count} columns")));
            }
            Ok(cells) => {
                if let Err(reason) = self.row(line, &cells) {
                    self.ready.push_back(refused(reason));
                }
            }
        }
    }

    /// What a row with the right number of cells says; fails where nothing of it can be recorded.
    fn row(&mut self, line: u64, cells: &[String]) -> Result<(), String> {
        let cell = Cells { cells, times: &self.times };
        let (columns, hashes) = (&self.columns, &self.hashes);
        let reference = cell.text(&columns.case)?.ok_or_else(|| format!("{} is blank", columns.case.name))?;
        let about = About {
            channel: columns.channel.as_ref().map_or(Ok(None), |column| channel(&column.name, cell.raw(column)))?,
            deadline: cell.optional_time(&columns.deadline)?,
            started: cell.optional_time(&columns.started)?,
            ended: cell.optional_time(&columns.ended)?,
        };
        let step = StepRow {
            reference,
            name: SmolStr::default(),
            at: Instant(0),
            actor: cell.optional_text(&columns.actor)?,
            unit: cell.optional_text(&columns.unit)?,
            lifecycle: cell.optional_text(&columns.lifecycle)?,
            raw: 0,
            line,
        };
        let raw = |column: &Column| hashes.hash_one((cells, column.index));
        let mut found = Vec::new();
        match &columns.steps {
            Steps::Row { step: name, time } => {
                let text = cell.text(name)?.ok_or_else(|| format!("{} is blank", name.name))?;
                let at = cell.time(time)?.ok_or_else(|| format!("{} is blank", time.name))?;
                found.push(Ok(StepRow { name: text, at, raw: raw(time), ..step.clone() }));
            }
            Steps::Milestones(milestones) => {
                for (column, name) in milestones {
                    let at = cell.time(column).transpose();
                    let named = |at| StepRow { name: name.clone(), at, raw: raw(column), ..step.clone() };
                    found.extend(at.map(|at| at.map(named)));
                }
            }
        }
        self.tell(&step, about, found)
    }

    /// Queues the case, unless the row before told the same, and then its steps.
    fn tell(&mut self, row: &StepRow, about: About, steps: Vec<Result<StepRow, String>>) -> Result<(), String> {
        let first = steps.iter().flatten().map(|step| step.at).next();
        match about.started.or(first) {
            Some(started) => {
                let same = self.case.as_ref().is_some_and(|case| case.reference == row.reference && about.is_of(case));
                if !same {
                    let About { channel, deadline, ended, .. } = about;
                    let (reference, line) = (row.reference.clone(), row.line);
                    let case = CaseRow { reference, channel, deadline, started, ended, line };
                    self.case = Some(case.clone());
                    self.ready.push_back(Record::Case(case));
                }
            }
            None if steps.is_empty() => {
                return Err("the row has no time at all: neither a start nor a step that was done".to_owned());
            }
            None => {}
        }
        let refused = |reason| Record::Refused { line: row.line, reason };
        self.ready.extend(steps.into_iter().map(|step| step.map_or_else(refused, Record::Step)));
        Ok(())
    }
}

impl Iterator for CsvLog {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(Ok(record));
            }
            if self.ended {
                return None;
            }
            let row = match self.sample.pop_front() {
                Some(row) => Ok(Some(row)),
                None => self.next_row(),
            };
            match row {
                Ok(Some(row)) => self.take(row),
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// What a row says of its case.
struct About {
    channel: Option<kernel::Channel>,
    deadline: Option<Instant>,
    started: Option<Instant>,
    ended: Option<Instant>,
}

impl About {
    /// Whether the case was told with nothing else.
    fn is_of(&self, case: &CaseRow) -> bool {
        self.channel == case.channel
            && self.deadline == case.deadline
            && self.started.is_none_or(|started| started == case.started)
            && self.ended == case.ended
    }
}

/// The cells of one row, read by column.
struct Cells<'a> {
    cells: &'a [String],
    times: &'a Times,
}

impl Cells<'_> {
    fn raw(&self, column: &Column) -> &str {
        &self.cells[column.index]
    }
    fn text(&self, column: &Column) -> Result<Option<SmolStr>, String> {
        clean(&column.name, self.raw(column))
    }
    fn optional_text(&self, column: &Option<Column>) -> Result<Option<SmolStr>, String> {
        column.as_ref().map_or(Ok(None), |column| self.text(column))
    }
    fn time(&self, column: &Column) -> Result<Option<Instant>, String> {
        let text = self.raw(column).trim();
        if text.is_empty() {
            return Ok(None);
        }
        self.times.read(text).map(Some).map_err(|error| format!("{}: {error}", column.name))
    }
    fn optional_time(&self, column: &Option<Column>) -> Result<Option<Instant>, String> {
        column.as_ref().map_or(Ok(None), |column| self.time(column))
    }
}

#[cfg(test)]
mod tests;
