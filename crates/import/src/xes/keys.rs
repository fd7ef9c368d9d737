//! Which attributes of traces and events are looked for, whatever prefixes the log gives to the standard extensions.

use crate::Names;
use std::collections::HashMap;

/// The standard extensions: the end of their address, their name, and the prefix that they have by default.
const EXTENSIONS: [(&str, &str, &str); 4] = [
    ("concept.xesext", "Concept", "concept"),
    ("time.xesext", "Time", "time"),
    ("org.xesext", "Organizational", "org"),
    ("lifecycle.xesext", "Lifecycle", "lifecycle"),
];

/// An attribute that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) name: String,
    /// Whether it stands at the trace and not at the event.
    pub(super) of_trace: bool,
}

impl Key {
    /// An event's attribute; `case:` before the name asks for the trace's, as the columns of a table do.
    fn of_event(named: Option<&String>, usual: &str) -> Key {
        let name = named.map_or(usual, |name| name.trim());
        let (name, of_trace) = name.strip_prefix("case:").map_or((name, false), |name| (name, true));
        Key { name: name.to_owned(), of_trace }
    }

    /// A trace's attribute, with `case:` before the name or without.
    fn of_trace(named: Option<&String>, usual: &str) -> Key {
        Key { of_trace: true, ..Key::of_event(named, usual) }
    }
}

/// Everything that is looked for.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) case: Key,
    pub(super) step: Key,
    pub(super) time: Key,
    pub(super) actor: Key,
    pub(super) unit: Key,
    pub(super) lifecycle: Key,
    pub(super) channel: Key,
    pub(super) deadline: Key,
    pub(super) started: Key,
    pub(super) ended: Key,
    /// From a prefix of this log to the one that it stands for.
    prefixes: HashMap<String, &'static str>,
}

impl Keys {
    pub(super) fn new(names: &Names) -> Keys {
        Keys {
            case: Key::of_trace(names.case.as_ref(), "concept:name"),
            step: Key::of_event(names.step.as_ref(), "concept:name"),
            time: Key::of_event(names.time.as_ref(), "time:timestamp"),
            actor: Key::of_event(names.actor.as_ref(), "org:resource"),
            unit: Key::of_event(names.unit.as_ref(), "org:group"),
            lifecycle: Key::of_event(names.lifecycle.as_ref(), "lifecycle:transition"),
            channel: Key::of_trace(names.channel.as_ref(), "channel"),
            deadline: Key::of_trace(names.deadline.as_ref(), "deadline"),
            started: Key::of_trace(names.started.as_ref(), "startdate"),
            ended: Key::of_trace(names.ended.as_ref(), "enddate"),
            prefixes: HashMap::new(),
        }
    }

    /// Takes note of an extension that this log declares.
    pub(super) fn declare(&mut self, name: Option<&str>, prefix: Option<&str>, uri: Option<&str>) {
        let standard = EXTENSIONS.iter().find(|(address, title, _)| match uri {
            Some(uri) => uri.rsplit('/').next() == Some(address),
            None => name == Some(title),
        });
        if let (Some((_, _, usual)), Some(prefix)) = (standard, prefix)
            && prefix != *usual
        {
            self.prefixes.insert(prefix.to_owned(), usual);
        }
    }

    /// Whether an attribute with this key is the one that is looked for.
    pub(super) fn is(&self, wanted: &Key, found: &str) -> bool {
        if wanted.name == found {
            return true;
        }
        let standard = found.split_once(':').and_then(|(prefix, rest)| Some((*self.prefixes.get(prefix)?, rest)));
        let Some((prefix, rest)) = standard else { return false };
        wanted.name.split_once(':') == Some((prefix, rest))
    }
}
