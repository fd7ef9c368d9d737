//! How a register's stream must be set, and what differs.

use serde_json::{Map, Value, json};
use std::fmt;

/// What may differ between installations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How many servers keep each block: 1, or 3 in production.
    pub replicas: u8,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { replicas: 1 }
    }
}

/// One setting that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// JetStream's name of the setting.
    pub field: String,
    /// What it must be, as JSON.
    pub expected: String,
    /// What it is, as JSON.
    pub found: String,
}

/// A stream is not set as it must be: history could be lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsDrift {
    /// Its name.
    pub stream: String,
    /// Everything that differs.
    pub fields: Vec<Drift>,
}

impl fmt::Display for SettingsDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not set as it must be:", self.stream)?;
        for Drift { field, expected, found } in &self.fields {
            write!(f, " {field} is {found}, must be {expected};")?;
        }
        Ok(())
    }
}

/// Settings that say nothing about keeping history.
const FREE: [&str; 5] = ["description", "metadata", "placement", "duplicate_window", "consumer_limits"];

/// The whole configuration that a register's stream is created with.
pub(super) fn config(name: &str, subject: &str, settings: Settings) -> Value {
    json!({
        "name": name,
        "subjects": [subject],
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "max_consumers": -1,
        "max_msgs": -1,
        "max_bytes": -1,
        "max_msgs_per_subject": -1,
        "max_msg_size": -1,
        "max_age": 0,
        "num_replicas": settings.replicas,
        // Nothing uses message ids; JetStream takes two minutes of memory for them when this is zero.
        "duplicate_window": 100_000_000,
        "deny_delete": true,
        "deny_purge": true,
        "compression": "s2",
    })
}

/// Compares every setting that the server gives; one that is not in [`config`] must be off.
///
/// The answer is compared as JSON so that a setting of a newer server is seen, too.
pub(super) fn check(found: &Value, name: &str, subject: &str, settings: Settings) -> Result<(), SettingsDrift> {
    compare(&config(name, subject, settings), found, name)
}

/// Compares a stream's settings, as the server gives them, with the whole of what they must be; one that is not among
/// those must be off. Only what says nothing about keeping messages may differ.
///
/// # Errors
/// Lists every setting that differs.
pub fn compare(expected: &Value, found: &Value, name: &str) -> Result<(), SettingsDrift> {
    let nothing = Map::new();
    let (expected, found) = (expected.as_object().unwrap_or(&nothing), found.as_object().unwrap_or(&nothing));
    let mut fields = Vec::new();
    for field in expected.keys().chain(found.keys().filter(|field| !expected.contains_key(*field))) {
        if FREE.contains(&field.as_str()) {
            continue;
        }
        let (is, must) = (found.get(field).unwrap_or(&Value::Null), expected.get(field));
        if must.map_or_else(|| !is_off(is), |must| is != must) {
            let expected = must.map_or_else(|| "off".to_owned(), Value::to_string);
            fields.push(Drift { field: field.clone(), expected, found: is.to_string() });
        }
    }
    if fields.is_empty() { Ok(()) } else { Err(SettingsDrift { stream: name.to_owned(), fields }) }
}

fn is_off(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

/// Whether a server's version, `2.14.6` or `2.15.0-RC.1`, is at least [`super::OLDEST_SERVER`].
pub(super) fn is_recent(version: &str) -> bool {
    let mut numbers = version.split(['.', '-']).map(|part| part.parse::<u64>().ok());
    let mut next = || numbers.next().flatten();
    matches!((next(), next(), next()), (Some(major), Some(minor), Some(patch)) if (major, minor, patch) >= super::OLDEST_SERVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for good in ["2.12.6", "2.14.6", "2.15.0-RC.1", "3.0.0", "2.100.0"] {
            assert!(is_recent(good), "{good}");
        }
        for bad in ["2.12.5", "2.9.10", "1.100.100", "", "2.14", "latest"] {
            assert!(!is_recent(bad), "{bad}");
        }
    }

    fn differing(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut found = config("N", "s", Settings::default());
        change(&mut found);
        check(&found, "N", "s", Settings::default()).err().into_iter().flat_map(|d| d.fields).map(|d| d.field).collect()
    }

    #[test]
    fn a_setting_that_could_lose_history_is_named() {
        assert_eq!(differing(|_| ()), Vec::<String>::new());
        assert_eq!(differing(|c| c["max_age"] = json!(1_000_000_000)), ["max_age"]);
        assert_eq!(differing(|c| c["max_msgs"] = json!(5)), ["max_msgs"]);
        assert_eq!(differing(|c| c["deny_delete"] = json!(false)), ["deny_delete"]);
        assert_eq!(differing(|c| c["sealed"] = json!(true)), ["sealed"]);
        assert_eq!(differing(|c| c["persist_mode"] = json!("async")), ["persist_mode"]);
        assert_eq!(differing(|c| c["deletes_at_night"] = json!(1)), ["deletes_at_night"]);
        assert_eq!(differing(|c| drop(c.as_object_mut().unwrap().remove("deny_purge"))), ["deny_purge"]);
        assert_eq!(differing(|c| c["allow_direct"] = json!(false)), Vec::<String>::new());
    }
}
