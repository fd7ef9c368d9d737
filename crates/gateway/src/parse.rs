//! Parsing at the edge: every text of a request becomes a type, or a message that names its field.

use kernel::identity::{InvalidIdentity, LegalId, Mobile, NationalId};
use kernel::text::{TextError, ascii_digits, clean};
use kernel::time::parse_date;
use kernel::{
    CaseId, Channel, CityId, Date, DepartmentId, DistrictId, Instant, Message, ParcelId, PersonId, Position,
    ProcedureId, Rials, RoleId, StepId, Weekday,
};
use permits::numbers::{BillNumber, LicenceNumber};
use schemars::JsonSchema;
use serde::Deserialize;
use smol_str::SmolStr;

use crate::problem::Problem;

/// The most characters of a person's or a firm's name.
pub(crate) const NAME_LIMIT: usize = 200;
/// The most characters of an address.
pub(crate) const ADDRESS_LIMIT: usize = 500;
/// The most characters of a note.
pub(crate) const NOTE_LIMIT: usize = 2000;
/// The most characters of a title or a bank's reference.
pub(crate) const WORD_LIMIT: usize = 100;

/// A type that a text of a request becomes.
pub(crate) trait Field: Sized {
    fn parse(text: &str) -> Result<Self, Message>;
}

/// Collects what is wrong, so that one answer names every field.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<Message>);

impl Fields {
    /// Parses a field. Nothing when it is wrong; [`Fields::done`] will tell.
    pub(crate) fn take<T: Field>(&mut self, field: &str, text: &str) -> Option<T> {
        self.keep(field, T::parse(text))
    }

    /// The same for a field that may be absent.
    pub(crate) fn maybe<T: Field>(&mut self, field: &str, text: Option<&str>) -> Option<T> {
        text.and_then(|text| self.take(field, text))
    }

    /// Free text: cleaned, and not empty.
    pub(crate) fn text(&mut self, field: &str, text: &str, limit: usize) -> Option<String> {
        self.keep(field, free_text(text, limit))
    }

    pub(crate) fn keep<T>(&mut self, field: &str, parsed: Result<T, Message>) -> Option<T> {
        parsed.map_err(|message| self.0.push(Message { field: Some(field.to_owned()), ..message })).ok()
    }

    /// Whether all was well so far.
    pub(crate) fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::fields(self.0)) }
    }
}

/// One field alone.
pub(crate) fn one<T: Field>(field: &str, text: &str) -> Result<T, Problem> {
    T::parse(text).map_err(|message| Problem::fields(vec![Message { field: Some(field.to_owned()), ..message }]))
}

/// Text that somebody typed, cleaned; empty is refused.
pub(crate) fn free_text(text: &str, limit: usize) -> Result<String, Message> {
    let text = clean(text, limit).map_err(TextError::message)?;
    if text.is_empty() {
        return Err(wrong("text-empty", "متن خالی است.", "The text is empty."));
    }
    Ok(text)
}

pub(crate) fn wrong(code: &str, fa: &str, en: &str) -> Message {
    Message { code: code.to_owned(), field: None, fa: fa.to_owned(), en: en.to_owned() }
}

/// A number as JSON has it, or as a text in any digits.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Digits {
    /// `3`
    Number(i64),
    /// `"3"`, `"۳"`
    Text(String),
}

impl Digits {
    pub(crate) fn text(&self) -> String {
        match self {
            Digits::Number(number) => number.to_string(),
            Digits::Text(text) => text.clone(),
        }
    }
}

/// The number in a text of ASCII, Persian or Arabic digits, with a sign if it has one.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let ascii = ascii_digits(text.trim());
    let digits = ascii.strip_prefix(['-', '+']).unwrap_or(&ascii);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    ascii.parse().ok()
}

/// One piece of land has one code, however it is copied: parts between `-`, without the zeros that a part is filled with.
fn parcel(text: &str) -> Option<ParcelId> {
    let text = ascii_digits(text.trim()).to_ascii_uppercase();
    let parts: Vec<&str> = text.split(['-', '/']).map(unfilled).collect();
    let land = parts.iter().all(|part| !part.is_empty()) && text.contains(|c: char| c.is_ascii_digit());
    land.then(|| parts.join("-").parse().ok()).flatten()
}

/// Without zeros before another digit.
fn unfilled(part: &str) -> &str {
    let digits = part.bytes().take_while(u8::is_ascii_digit).count();
    let zeros = part.bytes().take_while(|byte| *byte == b'0').count();
    &part[zeros.min(digits.saturating_sub(1))..]
}

macro_rules! fields {
    ($($name:ty: $text:ident => $parsed:expr, $code:literal, $fa:literal, $en:literal;)*) => {$(
        impl Field for $name {
            fn parse($text: &str) -> Result<$name, Message> {
                let parsed: Option<$name> = $parsed;
                parsed.ok_or_else(|| wrong($code, $fa, $en))
            }
        }
    )*};
}

fields! {
    CaseId: text => text.parse().ok(), "invalid-case", "شماره پرونده مانند ۱۴۰۵-۰۰۰۱۲۳ است.", "A case number is like 1405-000123.";
    BillNumber: text => text.parse().ok(), "invalid-bill", "شماره فیش مانند B-1405-000123 است.", "A bill number is like B-1405-000123.";
    LicenceNumber: text => text.parse().ok(), "invalid-licence", "شماره پروانه مانند L-1405-000123 است.", "A licence number is like L-1405-000123.";
    StepId: text => text.trim().parse().ok(), "invalid-id", "شناسه فقط a تا z و 0 تا 9 و خط تیره دارد.", "An id has only a-z, 0-9 and dashes.";
    ProcedureId: text => text.trim().parse().ok(), "invalid-id", "شناسه فقط a تا z و 0 تا 9 و خط تیره دارد.", "An id has only a-z, 0-9 and dashes.";
    DepartmentId: text => text.trim().parse().ok(), "invalid-id", "شناسه فقط a تا z و 0 تا 9 و خط تیره دارد.", "An id has only a-z, 0-9 and dashes.";
    RoleId: text => text.trim().parse().ok(), "invalid-id", "شناسه فقط a تا z و 0 تا 9 و خط تیره دارد.", "An id has only a-z, 0-9 and dashes.";
    CityId: text => text.trim().parse().ok(), "invalid-id", "شناسه فقط a تا z و 0 تا 9 و خط تیره دارد.", "An id has only a-z, 0-9 and dashes.";
    ParcelId: text => parcel(text), "invalid-parcel", "کد نوسازی بخش‌هایی از رقم و حرف لاتین است که با یک خط تیره یا / جدا می‌شوند، مانند ۳-۲۱-۱۴۰.", "A parcel's renewal code is parts of digits and Latin letters, parted by one dash or slash: 3-21-140.";
    DistrictId: text => integer(text).and_then(|number| u8::try_from(number).ok()).map(DistrictId), "invalid-district", "منطقه با شماره‌اش نوشته می‌شود.", "A district is written as its number.";
    PersonId: text => text.trim().parse().ok(), "invalid-person", "شناسه شخص یک UUID است.", "A person's id is a UUID.";
    Position: text => integer(text).and_then(|number| u64::try_from(number).ok()).map(Position), "invalid-position", "جایگاه یک عدد صحیح است.", "A position is a whole number.";
    Rials: text => text.parse().ok(), "invalid-amount", "مبلغ عدد صحیح به ریال است.", "An amount is a whole number of rials.";
    Date: text => parse_date(text).ok(), "invalid-date", "تاریخ با سال آغاز می‌شود: ۱۴۰۵/۰۹/۰۲ یا 2026-11-23.", "A date starts with its year: 1405/09/02 or 2026-11-23.";
    Instant: text => Instant::parse_rfc3339(&ascii_digits(text)).ok(), "invalid-time", "زمان با اختلاف ساعت نوشته می‌شود: 2026-11-23T20:00:00Z.", "A time has its offset: 2026-11-23T20:00:00Z.";
    Channel: text => text.parse().ok(), "invalid-channel", "کانال ۱ تا ۴۰ نویسه است.", "A channel is 1 to 40 printable characters.";
}

impl Field for NationalId {
    fn parse(text: &str) -> Result<NationalId, Message> {
        text.parse().map_err(InvalidIdentity::message)
    }
}
impl Field for LegalId {
    fn parse(text: &str) -> Result<LegalId, Message> {
        text.parse().map_err(InvalidIdentity::message)
    }
}
impl Field for Mobile {
    fn parse(text: &str) -> Result<Mobile, Message> {
        text.parse().map_err(InvalidIdentity::message)
    }
}

/// A short text of one line, as a title or a bank's reference, in ASCII digits where it is a number.
pub(crate) struct Word(pub(crate) SmolStr);

impl Field for Word {
    fn parse(text: &str) -> Result<Word, Message> {
        let text = free_text(text, WORD_LIMIT)?;
        if text.contains('\n') {
            return Err(TextError::Forbidden { code: '\n'.into() }.message());
        }
        Ok(Word(text.into()))
    }
}

/// The number of a payment at the bank, in ASCII digits, however it was copied.
pub(crate) struct Reference(pub(crate) SmolStr);

impl Field for Reference {
    fn parse(text: &str) -> Result<Reference, Message> {
        let Word(word) = Word::parse(&ascii_digits(text))?;
        if word.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Reference(word));
        }
        Err(wrong(
            "invalid-reference",
            "شماره پیگیری فقط رقم، حرف لاتین و نشانه‌هایی مانند خط تیره و / دارد و فاصله ندارد.",
            "A payment's reference has only digits, Latin letters and marks such as dashes and slashes, and no space.",
        ))
    }
}

/// The SHA-256 of a document's content, as 64 hexadecimal digits.
pub(crate) struct Sha256(pub(crate) [u8; 32]);

impl Field for Sha256 {
    fn parse(text: &str) -> Result<Sha256, Message> {
        let text = text.trim();
        let pairs = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bytes = pairs.then(|| (0..32).filter_map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()));
        let bytes: Option<Vec<u8>> = bytes.map(Iterator::collect);
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Sha256).ok_or_else(|| {
            wrong("invalid-sha256", "درهم‌ساز ۶۴ رقم شانزده‌شانزدهی است.", "A SHA-256 is 64 hexadecimal digits.")
        })
    }
}

impl Field for Weekday {
    fn parse(text: &str) -> Result<Weekday, Message> {
        let known = |day: &&Weekday| format!("{day:?}").eq_ignore_ascii_case(text.trim()) || day.fa() == text.trim();
        Weekday::ALL.iter().find(known).copied().ok_or_else(|| {
            wrong("invalid-weekday", "روز هفته شناخته نیست.", "A weekday is written saturday, sunday, …")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_field_is_named_once() {
        let mut fields = Fields::default();
        assert_eq!(fields.take::<DistrictId>("district", "۱۲"), Some(DistrictId(12)));
        assert!(fields.take::<NationalId>("applicant.national_id", "1234567890").is_none());
        assert!(fields.text("note", "a\u{202e}b", NOTE_LIMIT).is_none());
        assert!(fields.maybe::<ParcelId>("parcel", None).is_none());
        let problem = fields.done().unwrap_err();
        let named: Vec<_> = problem.errors.iter().filter_map(|error| error.field.as_deref()).collect();
        assert_eq!(named, ["applicant.national_id", "note"]);
        assert_eq!(problem.message.code, "national-id-checksum");
    }

    #[test]
    fn digits_of_any_script_are_numbers() {
        for (text, number) in [("۱۲۰", Some(120)), ("١٢", Some(12)), ("-۳", Some(-3)), ("", None), ("1.5", None)]
        {
            assert_eq!(integer(text), number, "{text}");
        }
        assert_eq!(integer("99999999999999999999"), None);
        assert_eq!(ParcelId::parse(" ۳-۱۱۸-۴۲/a ").unwrap().as_str(), "3-118-42-A");
        assert_eq!(Rials::parse("۱٬۲۰۰٬۰۰۰").unwrap(), Rials(1_200_000));
    }

    #[test]
    fn a_parcel_has_one_code_however_it_is_written() {
        for text in ["3-21-140", "3/21/140", "03-21-140", "۳-۰۲۱/۰۰۱۴۰", " 3-21-140 "] {
            assert_eq!(ParcelId::parse(text).unwrap().as_str(), "3-21-140", "{text}");
        }
        for (text, code) in [("0-00-7", "0-0-7"), ("0a-00b", "0A-0B"), ("01a", "1A"), ("100", "100"), ("a-1", "A-1")] {
            assert_eq!(ParcelId::parse(text).unwrap().as_str(), code);
        }
        let long = "1".repeat(41);
        for text in ["", "-", "/", "3--21", "3-/21", "3-21-140-", "-3", "a-b", "3 21", "3_21", "آ-۱", &long] {
            assert_eq!(ParcelId::parse(text).unwrap_err().code, "invalid-parcel", "{text}");
        }
    }

    #[test]
    fn a_payments_reference_says_what_it_may_have() {
        assert_eq!(Reference::parse(" ۱۲۳-Ab/٤ ").unwrap_or_else(|error| panic!("{error:?}")).0, "123-Ab/4");
        for text in ["ملت-۱", "1 2", "é"] {
            assert!(Reference::parse(text).is_err_and(|error| error.code == "invalid-reference"), "{text}");
        }
    }

    #[test]
    fn what_hides_in_text_is_refused() {
        for text in ["a\0b", "a\u{202e}b", "a\u{1b}b", "a\u{fffd}", "  "] {
            assert!(free_text(text, 100).is_err(), "{text:?}");
            assert!(Word::parse(text).is_err(), "{text:?}");
        }
        assert!(Word::parse("two\nlines").is_err());
        assert_eq!(free_text(" علی‌رضا ", 100).unwrap(), "علی‌رضا");
        assert!(Sha256::parse(&"aB".repeat(32)).is_ok());
        assert!(Sha256::parse(&"é".repeat(32)).is_err() && Sha256::parse("00").is_err());
    }
}
