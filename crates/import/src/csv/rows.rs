//! The rows of a table: RFC 4180, and what people make of it. A row that is broken costs that row, not the rest.

use std::{
    collections::VecDeque,
    io::{self, BufRead, Read},
};

/// The most bytes a row may have. A quote that never closes is found out after as many.
pub const ROW_LIMIT: usize = 256 * 1024;

/// A row as it stands, or why it is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Where it starts, from 1.
    pub(super) line: u64,
    pub(super) cells: Result<Vec<String>, String>,
}

/// Reads rows one by one.
pub(super) struct Rows<R> {
    input: R,
    separator: u8,
    /// Lines that were read for a quote that did not close, to be read again on their own.
    held: VecDeque<Line>,
    line: u64,
}

enum Line {
    Whole(Vec<u8>),
    TooLong,
}

impl<R: BufRead> Rows<R> {
    /// Finds out the separator from the first line: `sep=;` says it, else the one that the line has most of.
    pub(super) fn new(input: R) -> io::Result<Rows<R>> {
        let mut rows = Rows { input, separator: b',', held: VecDeque::new(), line: 0 };
        match rows.physical()? {
            Some(Line::Whole(first)) => match first.trim_ascii() {
                [b's', b'e', b'p', b'=', separator] => (rows.separator, rows.line) = (*separator, 1),
                _ => {
                    rows.separator = separator_of(&first);
                    rows.held.push_front(Line::Whole(first));
                }
            },
            Some(Line::TooLong) => rows.held.push_front(Line::TooLong),
            None => {}
        }
        Ok(rows)
    }

    /// How many lines were read.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The next row that is not blank.
    pub(super) fn next(&mut self) -> io::Result<Option<Row>> {
        while let Some(line) = self.physical()? {
            self.line += 1;
            let line = match line {
                Line::Whole(line) => line,
                Line::TooLong => return Ok(Some(self.refused(too_long()))),
            };
            if !line.trim_ascii().is_empty() {
                return self.row(line).map(Some);
            }
        }
        Ok(None)
    }

    /// The row that starts with this line, with as many more lines as its quotes ask for.
    fn row(&mut self, first: Vec<u8>) -> io::Result<Row> {
        let start = self.line;
        let mut splitter = Splitter::new(self.separator);
        splitter.feed(&first);
        let (mut length, mut more) = (first.len(), VecDeque::new());
        while splitter.is_open() {
            let next = if length > ROW_LIMIT { None } else { self.physical()? };
            let Some(Line::Whole(line)) = next else {
                more.extend(next);
                more.append(&mut self.held);
                self.held = more;
                self.line = start;
                return Ok(self.refused("a quote opens in this row and does not close".to_owned()));
            };
            splitter.feed(&line);
            length += line.len();
            self.line += 1;
            more.push_back(Line::Whole(line));
        }
        if length > ROW_LIMIT {
            return Ok(Row { line: start, cells: Err(too_long()) });
        }
        Ok(Row { line: start, cells: splitter.cells() })
    }

    fn refused(&self, reason: String) -> Row {
        Row { line: self.line, cells: Err(reason) }
    }

    /// The next line with its end, or that it is too long to be one.
    fn physical(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.held.pop_front() {
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        self.input.by_ref().take(ROW_LIMIT as u64 + 1).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        if line.len() <= ROW_LIMIT || line.ends_with(b"\n") {
            return Ok(Some(Line::Whole(line)));
        }
        while !line.ends_with(b"\n") && !line.is_empty() {
            line.clear();
            self.input.by_ref().take(ROW_LIMIT as u64).read_until(b'\n', &mut line)?;
        }
        Ok(Some(Line::TooLong))
    }
}

fn too_long() -> String {
    format!("the row is longer than {ROW_LIMIT} bytes")
}

/// The separator that the first line has most of, outside quotes.
fn separator_of(first: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for &byte in first {
        quoted ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(separator, _)| !quoted && *separator == byte) {
            *count += 1;
        }
    }
    // The first of equals, and the comma is the first of all.
    counts.into_iter().rev().max_by_key(|&(_, count)| count).map_or(b',', |(separator, _)| separator)
}

/// Parts a row into cells, a line at a time.
struct Splitter {
    separator: u8,
    state: State,
    cells: Vec<Vec<u8>>,
    cell: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Bare,
    Quoted,
    /// After a quote inside quotes: the end, or the first of two that mean one.
    Quote,
}

impl Splitter {
    fn new(separator: u8) -> Splitter {
        Splitter { separator, state: State::Start, cells: Vec::new(), cell: Vec::new() }
    }

    fn feed(&mut self, line: &[u8]) {
        for (index, &byte) in line.iter().enumerate() {
            let end = byte == b'\n' || (byte == b'\r' && line.get(index + 1) == Some(&b'\n'));
            self.state = match self.state {
                State::Quoted if byte == b'"' => State::Quote,
                State::Quoted => self.keep(byte, State::Quoted),
                State::Quote if byte == b'"' => self.keep(byte, State::Quoted),
                State::Start if byte == b'"' => State::Quoted,
                State::Start | State::Bare | State::Quote if byte == self.separator => self.cell_ends(),
                State::Start | State::Bare | State::Quote if end => self.state,
                State::Start | State::Bare | State::Quote => self.keep(byte, State::Bare),
            };
        }
    }

    fn keep(&mut self, byte: u8, then: State) -> State {
        self.cell.push(byte);
        then
    }

    fn cell_ends(&mut self) -> State {
        self.cells.push(std::mem::take(&mut self.cell));
        State::Start
    }

    fn is_open(&self) -> bool {
        self.state == State::Quoted
    }

    fn cells(mut self) -> Result<Vec<String>, String> {
        self.cell_ends();
        let text = |(index, cell): (usize, Vec<u8>)| {
            String::from_utf8(cell).map_err(|_| format!("cell {} is not UTF-8 text", index + 1))
        };
        self.cells.into_iter().enumerate().map(text).collect()
    }
}

#[cfg(test)]
mod tests;
