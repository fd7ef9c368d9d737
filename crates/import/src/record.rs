//! What every log is turned into, whatever its format.

use kernel::{Channel, Instant};
use smol_str::{SmolStr, SmolStrBuilder};

/// The most characters a reference, a step's name, an actor or a unit may have.
pub const TEXT_LIMIT: usize = 500;

/// One thing a log says, or fails to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A case begins, or is gone on with. Comes before the case's steps; in a table also wherever its rows go on
    /// after another case's.
    Case(CaseRow),
    /// A step of a case that was named before.
    Step(StepRow),
    /// A row that says nothing that can be recorded.
    Refused {
        /// Where it starts, from 1.
        line: u64,
        /// Why, naming column and value.
        reason: String,
    },
}

/// What a log says of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// The case's name in its log.
    pub reference: SmolStr,
    /// How it came in.
    pub channel: Option<Channel>,
    /// By when it was promised.
    pub deadline: Option<Instant>,
    /// When it began; without a word about it, when its first readable step was done.
    pub started: Instant,
    /// When it ended.
    pub ended: Option<Instant>,
    /// Where it starts, from 1.
    pub line: u64,
}

/// What a log says of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// Its case's name in the log.
    pub reference: SmolStr,
    /// What was done.
    pub name: SmolStr,
    /// When.
    pub at: Instant,
    /// By whom; personal, so it is sealed before it goes anywhere.
    pub actor: Option<SmolStr>,
    /// By which unit.
    pub unit: Option<SmolStr>,
    /// What became of it, as the log puts it.
    pub lifecycle: Option<SmolStr>,
    /// A hash of everything the row says, also of what is not recorded: two rows that say the same are one.
    pub raw: u64,
    /// Where it starts, from 1.
    pub line: u64,
}

/// The text without the space around it, with plain spaces in it; none where nothing is left.
///
/// Fails with the reason where it is too long, or has characters that could forge a log line.
pub(crate) fn clean(what: &str, text: &str) -> Result<Option<SmolStr>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().nth(TEXT_LIMIT).is_some() {
        return Err(format!("{what} is longer than {TEXT_LIMIT} characters"));
    }
    let mut cleaned = SmolStrBuilder::new();
    for c in text.chars() {
        match c {
            '\t' | '\n' | '\r' => cleaned.push(' '),
            c if kernel::text::is_unsafe(c) => {
                return Err(format!("{what} has the character U+{:04X}, which is not let in", u32::from(c)));
            }
            c => cleaned.push(c),
        }
    }
    Ok(Some(cleaned.finish()))
}

/// The channel that a cell names; none where it is blank.
pub(crate) fn channel(what: &str, text: &str) -> Result<Option<Channel>, String> {
    let text = clean(what, text)?;
    text.map(|text| text.parse().map_err(|error| format!("{what} {text:?}: {error}"))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_is_none_and_empty_is_a_word() {
        assert_eq!(clean("unit", " \t "), Ok(None));
        assert_eq!(clean("unit", " EMPTY "), Ok(Some("EMPTY".into())));
        assert_eq!(clean("unit", "آتش‌نشانی\r\nمرکزی"), Ok(Some("آتش‌نشانی  مرکزی".into())));
    }

    #[test]
    fn what_could_forge_a_line_is_refused() {
        for text in ["a\u{0}b", "a\u{1b}[31m", "a\u{202e}b", &"x".repeat(TEXT_LIMIT + 1)] {
            assert!(clean("step", text).is_err(), "{text:?}");
        }
        assert!(clean("step", &"ش".repeat(TEXT_LIMIT)).is_ok());
        assert!(channel("channel", &"x".repeat(41)).is_err());
    }
}
