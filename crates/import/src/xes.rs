//! XES logs, 1.0 and 2.0 (IEEE 1849): traces of events with attributes, streamed a trace at a time.
//!
//! Only attributes that stand directly at a trace or an event are values: nested ones, lists, containers and the
//! defaults of `<global>` are not.

mod keys;
mod tags;
mod trace;

use crate::{Names, ReadError, Record, Source, Times};
use keys::Keys;
use std::{
    collections::{VecDeque, hash_map::RandomState},
    hash::{BuildHasher, DefaultHasher, Hash, Hasher},
    io::BufRead,
};
pub use tags::TAG_LIMIT;
use tags::{Element, Tag, Tags};
use trace::{Attributes, Step, Trace};

/// The most events of a trace that are held until the trace ends; of a longer one, attributes after these come late.
pub const STEPS_HELD: usize = 10_000;

/// A log, read a trace at a time.
pub struct XesLog {
    tags: Tags<Box<dyn BufRead + Send>>,
    keys: Keys,
    times: Times,
    /// How many elements are open.
    depth: usize,
    trace: Option<Trace>,
    event: Option<Event>,
    ready: VecDeque<Record>,
    hashes: RandomState,
    ended: bool,
}

/// An event while it is read.
struct Event {
    line: u64,
    attributes: Attributes,
    /// Of everything in it, also of what is nested.
    raw: DefaultHasher,
}

const TRACE_DEPTH: usize = 1;
const EVENT_DEPTH: usize = 2;

impl XesLog {
    /// Reads as far as the log's root.
    ///
    /// # Errors
    /// It is no XES log, or milestones were named.
    pub fn open(source: Source, names: &Names, times: Times) -> Result<XesLog, ReadError> {
        if !names.milestones.is_empty() {
            return Err(ReadError::MilestoneInXes);
        }
        let mut tags = Tags::new(source.xml()?);
        let ended = match tags.next()? {
            Tag::Open(root) if root.name == "log" => root.empty,
            Tag::Open(root) => return Err(ReadError::NotXes { found: root.name }),
            Tag::Close | Tag::End => return Err(ReadError::Empty),
        };
        Ok(XesLog {
            tags,
            keys: Keys::new(names),
            times,
            depth: 1,
            trace: None,
            event: None,
            ready: VecDeque::new(),
            hashes: RandomState::new(),
            ended,
        })
    }

    /// Takes one tag. Whether there may be more.
    fn advance(&mut self) -> Result<bool, ReadError> {
        match self.tags.next()? {
            Tag::Open(element) => {
                let empty = element.empty;
                self.open_element(element);
                self.depth += 1;
                if empty {
                    self.close_element();
                }
                Ok(true)
            }
            Tag::Close => {
                self.close_element();
                Ok(self.depth > 0)
            }
            Tag::End => Err(ReadError::Truncated {
                line: self.tags.line(),
                element: if self.trace.is_some() { "trace" } else { "log" },
            }),
        }
    }

    fn open_element(&mut self, element: Element) {
        if let Some(event) = &mut self.event {
            event.take(element, self.depth);
        } else if let Some(trace) = &mut self.trace {
            match element.name.as_str() {
                "event" if self.depth == EVENT_DEPTH => {
                    let raw = self.hashes.build_hasher();
                    self.event = Some(Event { line: element.line, attributes: Attributes::default(), raw });
                }
                _ if self.depth == EVENT_DEPTH => take(&mut trace.attributes, element),
                _ => {}
            }
        } else if self.depth == TRACE_DEPTH {
            match element.name.as_str() {
                "trace" => self.trace = Some(Trace::new(element.line)),
                "event" => {
                    let reason = "the event stands outside any trace".to_owned();
                    self.ready.push_back(Record::Refused { line: element.line, reason });
                }
                "extension" => {
                    let [name, prefix, uri] = ["name", "prefix", "uri"].map(|name| element.attribute(name));
                    self.keys.declare(name, prefix, uri);
                }
                _ => {}
            }
        }
    }

    fn close_element(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if let Some(event) = &mut self.event {
            // Where a nested attribute ends is part of what the event says.
            event.raw.write_u8(b')');
        }
        if self.depth == EVENT_DEPTH
            && let (Some(event), Some(trace)) = (self.event.take(), &mut self.trace)
        {
            let Event { line, attributes, raw } = event;
            trace.steps.push(Step { line, attributes, raw: raw.finish() });
            if trace.steps.len() >= STEPS_HELD {
                self.ready.extend(trace.tell(&self.keys, &self.times));
            }
        }
        if self.depth == TRACE_DEPTH
            && let Some(mut trace) = self.trace.take()
        {
            self.ready.extend(trace.tell(&self.keys, &self.times));
        }
    }
}

impl Event {
    fn take(&mut self, element: Element, depth: usize) {
        element.name.hash(&mut self.raw);
        element.attributes.hash(&mut self.raw);
        if depth == EVENT_DEPTH + 1 {
            take(&mut self.attributes, element);
        }
    }
}

/// Adds an element to the attributes that it stands among, if it is one with a value.
fn take(attributes: &mut Attributes, element: Element) {
    if !matches!(element.name.as_str(), "string" | "date" | "int" | "float" | "boolean" | "id") {
        return;
    }
    match element.attributes {
        Ok(pairs) => {
            let part = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
            if let (Some(key), Some(value)) = (part("key"), part("value")) {
                attributes.pairs.push((key, value));
            }
        }
        Err(reason) => {
            let line = element.line;
            attributes.broken.get_or_insert(format!("the attribute at line {line} cannot be read: {reason}"));
        }
    }
}

impl Iterator for XesLog {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(Ok(record));
            }
            if self.ended {
                return None;
            }
            match self.advance() {
                Ok(more) => self.ended = !more,
                Err(error) => {
                    // A trace that breaks off may lack its deadline, and a case is told once only: it is left for the
                    // whole file.
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
