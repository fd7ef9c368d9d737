//! Which rule a number breaks, said in both languages and without the number.

use crate::Message;

/// Why a text is not such a number. Names what and which rule, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} {}", kind.en(), rule.en())]
pub struct InvalidIdentity {
    /// What was expected.
    pub kind: IdentityKind,
    /// The rule that it breaks.
    pub rule: IdentityRule,
}

/// What a number names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityKind {
    /// [`super::NationalId`]
    NationalId,
    /// [`super::LegalId`]
    LegalId,
    /// [`super::Iban`]
    Iban,
    /// [`super::Mobile`]
    Mobile,
    /// [`super::Postcode`]
    Postcode,
}

/// The rules that a number can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityRule {
    /// Something else than digits.
    NotDigits,
    /// Too few or too many digits.
    Length,
    /// It does not start as it must: `IR`, `09`.
    Prefix,
    /// All digits are equal.
    Repeated,
    /// The check digits do not agree with the others.
    Checksum,
}

impl InvalidIdentity {
    /// What the person who typed it is told. The caller sets the field.
    #[must_use]
    pub fn message(self) -> Message {
        Message {
            code: format!("{}-{}", self.kind.code(), self.rule.code()),
            field: None,
            fa: format!("{} {}.", self.kind.fa(), self.rule.fa()),
            en: format!("The {self}."),
        }
    }
}

impl IdentityKind {
    fn code(self) -> &'static str {
        match self {
            IdentityKind::NationalId => "national-id",
            IdentityKind::LegalId => "legal-id",
            IdentityKind::Iban => "iban",
            IdentityKind::Mobile => "mobile",
            IdentityKind::Postcode => "postcode",
        }
    }
    fn fa(self) -> &'static str {
        match self {
            IdentityKind::NationalId => "کد ملی (۱۰ رقم)",
            IdentityKind::LegalId => "شناسهٔ ملی (۱۱ رقم)",
            IdentityKind::Iban => "شمارهٔ شبا (IR و ۲۴ رقم)",
            IdentityKind::Mobile => "شمارهٔ همراه (۰۹ و ۹ رقم)",
            IdentityKind::Postcode => "کد پستی (۱۰ رقم)",
        }
    }
    fn en(self) -> &'static str {
        match self {
            IdentityKind::NationalId => "national id (10 digits)",
            IdentityKind::LegalId => "legal id (11 digits)",
            IdentityKind::Iban => "IBAN (IR and 24 digits)",
            IdentityKind::Mobile => "mobile number (09 and 9 digits)",
            IdentityKind::Postcode => "postcode (10 digits)",
        }
    }
}

impl IdentityRule {
    fn code(self) -> &'static str {
        match self {
            IdentityRule::NotDigits => "not-digits",
            IdentityRule::Length => "length",
            IdentityRule::Prefix => "prefix",
            IdentityRule::Repeated => "repeated",
            IdentityRule::Checksum => "checksum",
        }
    }
    fn fa(self) -> &'static str {
        match self {
            IdentityRule::NotDigits => "نویسه‌ای جز رقم دارد",
            IdentityRule::Length => "کم یا زیاد رقم دارد",
            IdentityRule::Prefix => "درست آغاز نمی‌شود",
            IdentityRule::Repeated => "نمی‌تواند همه از یک رقم باشد",
            IdentityRule::Checksum => "با رقم کنترلی‌اش نمی‌خواند؛ آن را دوباره بخوانید",
        }
    }
    fn en(self) -> &'static str {
        match self {
            IdentityRule::NotDigits => "has something else than digits",
            IdentityRule::Length => "has too few or too many digits",
            IdentityRule::Prefix => "does not start as it must",
            IdentityRule::Repeated => "cannot be one digit throughout",
            IdentityRule::Checksum => "does not agree with its check digit; please read it again",
        }
    }
}
