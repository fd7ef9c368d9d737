//! The tags of an XES log, with their lines, no longer than they may be.

use crate::ReadError;
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};
use std::io::{self, BufRead, Read};

/// The most bytes one tag, or the text between two, may have.
pub const TAG_LIMIT: usize = 1024 * 1024;

/// What the log is made of.
#[derive(Debug)]
pub(super) enum Tag {
    Open(Element),
    Close,
    End,
}

/// An element's start, and its end too where it is empty.
#[derive(Debug)]
pub(super) struct Element {
    /// Where it starts, from 1.
    pub(super) line: u64,
    /// Its name without the namespace's prefix.
    pub(super) name: String,
    pub(super) empty: bool,
    /// Its attributes, or why they cannot be read.
    pub(super) attributes: Result<Vec<(String, String)>, String>,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let attributes = self.attributes.as_ref().ok()?;
        attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Reads tags one by one; comments, text and the like are passed over.
pub(super) struct Tags<R> {
    reader: Reader<Metered<R>>,
    buffer: Vec<u8>,
}

impl<R: BufRead> Tags<R> {
    pub(super) fn new(input: R) -> Tags<R> {
        Tags { reader: Reader::from_reader(Metered { input, line: 1, since: 0 }), buffer: Vec::new() }
    }

    /// The line that was reached.
    pub(super) fn line(&self) -> u64 {
        self.reader.get_ref().line
    }

    pub(super) fn next(&mut self) -> Result<Tag, ReadError> {
        loop {
            self.buffer.clear();
            self.reader.get_mut().since = 0;
            let line = self.line();
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => return Err(failed(self.reader.get_ref().line, error)),
            };
            match event {
                Event::Start(start) => return Ok(Tag::Open(element(line, &start, false))),
                Event::Empty(start) => return Ok(Tag::Open(element(line, &start, true))),
                Event::End(_) => return Ok(Tag::Close),
                Event::Eof => return Ok(Tag::End),
                Event::Text(_)
                | Event::CData(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_)
                | Event::GeneralRef(_) => {}
            }
        }
    }
}

fn failed(line: u64, error: quick_xml::Error) -> ReadError {
    match error {
        quick_xml::Error::Io(error) => {
            let source = io::Error::new(error.kind(), error.to_string());
            ReadError::Broken { line, source }
        }
        source => ReadError::Xml { line, source },
    }
}

fn element(line: u64, start: &BytesStart<'_>, empty: bool) -> Element {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|error| error.to_string())?;
        Ok((attribute.key.local_name().as_ref().to_owned(), value.into_owned()))
    });
    let attributes = attributes.collect::<Result<_, String>>();
    Element { line, name: start.local_name().as_ref().to_owned(), empty, attributes }
}

/// Counts lines as they are used up, and stops a tag that has no end from filling the memory.
struct Metered<R> {
    input: R,
    line: u64,
    since: usize,
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > TAG_LIMIT {
            let reason = format!("a tag or text is longer than {TAG_LIMIT} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        let used = self.input.fill_buf().ok().and_then(|bytes| bytes.get(..count));
        self.line += used.map_or(0, |bytes| bytes.iter().filter(|&&byte| byte == b'\n').count() as u64);
        self.since += count;
        self.input.consume(count);
    }
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}
