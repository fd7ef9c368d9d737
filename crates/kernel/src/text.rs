//! Text as people type it: digits, normalisation for search, characters that are never let in.
//!
//! What somebody typed is kept as typed. [`normalise`] is for search keys beside it, never in its place.

use crate::Message;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Why free text is not let in. Names the rule only: the text may be personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// More characters than the field takes.
    #[error("text is longer than {max} characters")]
    TooLong {
        /// The most it takes, in Unicode characters after composition.
        max: usize,
    },
    /// A control, an override of the writing direction, or another invisible character that disguises text.
    #[error("text has the forbidden character U+{:04X}", *code)]
    Forbidden {
        /// Its code point.
        code: u32,
    },
    /// Text that was damaged on its way: a mark without a letter, a replacement character, a non-character.
    #[error("text is damaged at U+{:04X}", *code)]
    Damaged {
        /// The code point where it shows.
        code: u32,
    },
}

impl TextError {
    /// What the person who typed it is told. The caller sets the field.
    #[must_use]
    pub fn message(self) -> Message {
        let (code, fa, en) = match self {
            TextError::TooLong { max } => (
                "text-too-long",
                format!("متن نباید بیش از {} نویسه باشد.", fa_digits(&max.to_string())),
                format!("The text may have at most {max} characters."),
            ),
            TextError::Forbidden { .. } => (
                "text-forbidden-character",
                "متن نویسهٔ پنهان یا کنترلی دارد؛ آن را دوباره تایپ کنید.".to_owned(),
                "The text has a hidden or control character; please type it again.".to_owned(),
            ),
            TextError::Damaged { .. } => (
                "text-damaged",
                "متن آسیب دیده است؛ آن را دوباره تایپ کنید.".to_owned(),
                "The text is damaged; please type it again.".to_owned(),
            ),
        };
        Message { code: code.to_owned(), field: None, fa, en }
    }
}

/// Free text that a person typed, ready to keep: composed (NFC) and trimmed, lines parted by `\n`, tabs as spaces.
///
/// Empty text is let through: whether a field may be empty is the field's rule.
///
/// # Errors
/// Too long, or with characters that could forge a log line, disguise the text or show that it was damaged.
pub fn clean(text: &str, max_chars: usize) -> Result<String, TextError> {
    let lines = text.replace("\r\n", "\n").replace('\t', " ");
    let composed: String = lines.trim().nfc().collect();
    if composed.chars().count() > max_chars {
        return Err(TextError::TooLong { max: max_chars });
    }
    let mut before = ' ';
    for c in composed.chars() {
        if c != '\n' && is_unsafe(c) {
            return Err(TextError::Forbidden { code: c.into() });
        }
        let bare_mark = is_combining_mark(c) && before.is_whitespace();
        if bare_mark || c == char::REPLACEMENT_CHARACTER || is_noncharacter(c) {
            return Err(TextError::Damaged { code: c.into() });
        }
        before = c;
    }
    Ok(composed)
}

/// The form by which texts are compared in a search, not one to show: one kind of ی, ک, ه and digits, no tatweel, no
/// vowel marks, lower case, any run of spaces and ZWNJ as one space. Normalising twice changes nothing more.
#[must_use]
pub fn normalise(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfc() {
        if c.is_whitespace() || c == ZWNJ {
            if !folded.ends_with(' ') {
                folded.push(' ');
            }
        } else if let Some(c) = search_letter(c) {
            folded.extend(c.to_lowercase());
        }
    }
    // What was dropped may have stood between a letter and its accent.
    folded.trim().nfc().collect()
}

const ZWNJ: char = '\u{200c}';

/// The letter that stands for this one in a search; `None` for what does not count.
fn search_letter(c: char) -> Option<char> {
    match c {
        'ي' | 'ى' => Some('ی'),
        'ك' => Some('ک'),
        'ۀ' | 'ة' => Some('ه'),
        TATWEEL | SOFT_HYPHEN => None,
        '\u{200b}'..='\u{200f}' | '\u{61c}' | '\u{2060}' => None,
        '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' => None,
        '\u{6df}'..='\u{6e4}' | '\u{6e7}' | '\u{6e8}' | '\u{6ea}'..='\u{6ed}' => None,
        c if is_unsafe(c) => None,
        c => Some(ascii_digit(c)),
    }
}

const TATWEEL: char = '\u{640}';
const SOFT_HYPHEN: char = '\u{ad}';

/// ASCII digits for Persian and Arabic-Indic ones; everything else as it is.
#[must_use]
pub fn ascii_digits(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    text.chars().map(ascii_digit).collect()
}

fn ascii_digit(c: char) -> char {
    match c {
        '۰'..='۹' => char::from(b'0' + (c as u32 - '۰' as u32) as u8),
        '٠'..='٩' => char::from(b'0' + (c as u32 - '٠' as u32) as u8),
        _ => c,
    }
}

/// Persian digits for ASCII ones; everything else as it is.
#[must_use]
pub fn fa_digits(text: &str) -> String {
    let digit = |c: char| c.to_digit(10).and_then(|digit| char::from_u32('۰' as u32 + digit)).unwrap_or(c);
    text.chars().map(digit).collect()
}

/// The text between FSI and PDI, so that a code or a name keeps its own direction inside a sentence.
#[must_use]
pub fn isolate(text: &str) -> String {
    format!("\u{2068}{text}\u{2069}")
}

/// Characters that could forge a log line or disguise a text: controls, line separators, bidirectional embeddings,
/// overrides and isolates, byte order marks, invisible tags.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn is_noncharacter(c: char) -> bool {
    let code = c as u32;
    (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_of_three_scripts() {
        assert_eq!(ascii_digits("۱۴۰۵/٠٩/02 الف"), "1405/09/02 الف");
        assert_eq!(fa_digits("1405/09/02 a"), "۱۴۰۵/۰۹/۰۲ a");
    }

    #[test]
    fn search_finds_what_is_written_otherwise() {
        for (typed, key) in [
            ("شهرداري اصفهان", "شهرداری اصفهان"),
            ("كوچه", "کوچه"),
            ("خانۀ من", "خانه من"),
            ("خانهٔ من", "خانه من"),
            ("مدرسة", "مدرسه"),
            ("مي\u{200c}روم", "می روم"),
            ("  می \u{200c} روم\n", "می روم"),
            ("سـلام", "سلام"),
            ("مُحَمَّد", "محمد"),
            ("پلاک ۱۲ و ٣٤", "پلاک 12 و 34"),
            ("Parcel CAFE\u{301}", "parcel café"),
            ("\u{202b}نام\u{202c}", "نام"),
            ("آ", "آ"),
            ("ا\u{653}", "آ"),
        ] {
            assert_eq!(normalise(typed), key, "{typed:?}");
        }
    }

    #[test]
    fn free_text_is_composed_and_trimmed() {
        assert_eq!(clean(" سلام\r\nمی\u{200c}روم\tبه cafe\u{301} ", 50).as_deref(), Ok("سلام\nمی\u{200c}روم به café"));
        assert_eq!(clean(" ", 0).as_deref(), Ok(""));
        assert_eq!(clean("e\u{301}", 1).as_deref(), Ok("é"));
        assert_eq!(clean("سلام", 3), Err(TextError::TooLong { max: 3 }));
    }

    #[test]
    fn free_text_that_hides_something_is_refused() {
        for forged in ["a\0b", "a\u{7}", "a\rb", "x\u{202e}fdp", "a\u{2067}b", "a\u{2028}b", "a\u{e0041}b", "a\u{85}b"]
        {
            assert!(matches!(clean(forged, 9), Err(TextError::Forbidden { .. })), "{forged:?}");
        }
        for damaged in ["\u{301}a", "a\n\u{64e}b", "a\u{fffd}b", "a\u{fffe}", "\u{fdd0}"] {
            assert!(matches!(clean(damaged, 9), Err(TextError::Damaged { .. })), "{damaged:?}");
        }
    }

    #[test]
    fn errors_speak_both_languages_and_quote_nothing() {
        let message = TextError::TooLong { max: 300 }.message();
        assert!(message.fa.contains("۳۰۰") && message.en.contains("300"));
        assert_eq!(TextError::Forbidden { code: 0x202e }.to_string(), "text has the forbidden character U+202E");
    }

    #[test]
    fn an_isolate_is_closed() {
        assert_eq!(isolate("1405-000123"), "\u{2068}1405-000123\u{2069}");
    }

    /// Letters that interact: Arabic forms, marks, joiners, accents, letters whose lower case is two characters.
    const TANGLED: &str =
        "[يىكۀةئأاه\u{640}\u{64e}\u{651}\u{653}\u{654}\u{200c}\u{200d} \u{a0}۵٥eEİΣÅ\u{301}\u{307}\u{327}가]{0,24}";

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing_more(any in ".{0,40}", tangled in TANGLED) {
            for text in [any, tangled] {
                let once = normalise(&text);
                prop_assert_eq!(normalise(&once), once);
            }
        }

        #[test]
        fn cleaning_twice_changes_nothing_more(text in ".{0,40}", max in 0_usize..50) {
            if let Ok(once) = clean(&text, max) {
                prop_assert!(once.chars().count() <= max);
                prop_assert_eq!(clean(&once, max), Ok(once));
            }
        }
    }
}
