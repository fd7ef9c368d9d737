//! The registry of typed ids: a case is never mistaken for a person, nor a position for a height.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::{fmt, str::FromStr};

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} must be 1 to {max} characters of {alphabet}, found {found:?}")]
pub struct InvalidId {
    /// The kind of id that was expected.
    pub kind: &'static str,
    /// The most characters it may have.
    pub max: usize,
    /// What it is made of, in words.
    pub alphabet: &'static str,
    /// What was found, cut to 64 characters.
    pub found: String,
}

macro_rules! slug_ids {
    ($($(#[$doc:meta])* $name:ident, $max:literal, $alphabet:literal, $allowed:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "SmolStr", into = "SmolStr")]
        pub struct $name(SmolStr);

        impl $name {
            /// The id as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<SmolStr> for $name {
            type Error = InvalidId;
            fn try_from(text: SmolStr) -> Result<Self, InvalidId> {
                let allowed: fn(char) -> bool = $allowed;
                if !text.is_empty() && text.len() <= $max && text.chars().all(allowed) {
                    return Ok(Self(text));
                }
                Err(InvalidId {
                    kind: stringify!($name),
                    max: $max,
                    alphabet: $alphabet,
                    found: text.chars().take(64).collect(),
                })
            }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                SmolStr::new(text).try_into()
            }
        }
        impl From<$name> for SmolStr {
            fn from(id: $name) -> SmolStr {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

fn slug(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

slug_ids! {
    /// The tenant: a city with its own registers, departments, calendar and keys. Also a NATS subject token.
    CityId, 32, "a-z, 0-9 and -", slug;
    /// A department of the city, which owns a read model.
    DepartmentId, 32, "a-z, 0-9 and -", slug;
    /// What an actor may act as: `citizen`, `intake`, `agency-fire`, …
    RoleId, 48, "a-z, 0-9 and -", slug;
    /// A service of the city, as versioned data.
    ProcedureId, 48, "a-z, 0-9 and -", slug;
    /// A step, fee, document, checklist item, outcome or agency of a procedure.
    StepId, 48, "a-z, 0-9 and -", slug;
    /// A piece of land, by its renewal code (کد نوسازی), ASCII digits and dashes after parsing.
    ParcelId, 40, "0-9, A-Z, - and /", |c| c.is_ascii_digit() || c.is_ascii_uppercase() || c == '-' || c == '/';
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub uuid::Uuid);

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                uuid::Uuid::try_parse(text).map(Self).map_err(|_| InvalidId {
                    kind: stringify!($name),
                    max: 36,
                    alphabet: "a UUID",
                    found: text.chars().take(64).collect(),
                })
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

uuid_ids! {
    /// Makes a command idempotent: a repeat gets the first answer. Chosen by the caller (UUID v7 or v8).
    CommandId;
    /// A person, by a random pseudonym that only the vault can tie to a national id.
    PersonId;
}

macro_rules! number_ids {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

number_ids! {
    /// Event index in a register: dense, from 0, never reused.
    Position(u64);
    /// Block index in a register: the JetStream sequence, from 1.
    Height(u64);
    /// A district (منطقه) of the city, from 1; 0 is the whole city.
    DistrictId(u8);
}

/// What events are about, and its register number: Jalali year and a gapless serial in it. `1405/000123` in print.
///
/// [`CaseId::CITY`] stands for the city itself: its charter, procedures, calendar.
#[derive(Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CaseId(u64);

impl CaseId {
    /// The city itself.
    pub const CITY: CaseId = CaseId(0);

    /// The case with this serial, from 1, in this Jalali year.
    #[must_use]
    pub fn new(year: u16, serial: u32) -> CaseId {
        CaseId(u64::from(year) << 32 | u64::from(serial))
    }
    /// The Jalali year it was opened in.
    #[must_use]
    pub fn year(self) -> u16 {
        (self.0 >> 32) as u16
    }
    /// Its number in that year.
    #[must_use]
    pub fn serial(self) -> u32 {
        self.0 as u32
    }
    /// The id as one integer, as it is stored: `year << 32 | serial`.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }
}
impl From<u64> for CaseId {
    fn from(stored: u64) -> CaseId {
        CaseId(stored)
    }
}
impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:06}", self.year(), self.serial())
    }
}
impl fmt::Debug for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for CaseId {
    type Err = InvalidId;
    /// Reads `1405-000123`, `1405/123` and the same in Persian or Arabic digits.
    fn from_str(text: &str) -> Result<CaseId, InvalidId> {
        let ascii = crate::text::ascii_digits(text.trim());
        ascii
            .split_once(['-', '/'])
            .and_then(|(year, serial)| Some((year.parse().ok()?, serial.parse().ok()?)))
            .filter(|&(year, serial): &(u16, u32)| (1200..1700).contains(&year) && serial > 0)
            .map(|(year, serial)| CaseId::new(year, serial))
            .ok_or_else(|| InvalidId {
                kind: "CaseId",
                max: 16,
                alphabet: "a Jalali year, a dash and a number, as 1405-000123",
                found: text.chars().take(64).collect(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slugs_refuse_what_could_be_a_subject_or_a_path() {
        assert_eq!("isfahan".parse::<CityId>().unwrap().as_str(), "isfahan");
        for text in ["", "Isfahan", "a.b", "a*", "a>", "a/b", "اصفهان", "a b", &"a".repeat(33)] {
            assert!(text.parse::<CityId>().is_err(), "{text:?}");
        }
        let forged = postcard::to_stdvec("a.>").unwrap();
        assert!(postcard::from_bytes::<CityId>(&forged).is_err());
        assert!("3-118-42/A".parse::<ParcelId>().is_ok());
    }

    #[test]
    fn case_numbers_are_read_as_people_write_them() {
        let case = CaseId::new(1405, 123);
        for text in ["1405-000123", "1405/123", "۱۴۰۵/۰۰۰۱۲۳", " ١٤٠٥-١٢٣ "] {
            assert_eq!(text.parse(), Ok(case), "{text}");
        }
        for text in ["", "1405", "1405-0", "2026-1", "1405-4294967296", "1405-1-1", "140/5", "1405--1"] {
            assert!(text.parse::<CaseId>().is_err(), "{text}");
        }
        assert_eq!((CaseId::CITY.year(), CaseId::CITY.serial()), (0, 0));
    }

    proptest! {
        #[test]
        fn case_numbers_keep_year_and_serial(year in 1200_u16..1700, serial in 1..=u32::MAX) {
            let case = CaseId::new(year, serial);
            prop_assert_eq!((case.year(), case.serial()), (year, serial));
            prop_assert_eq!(case.to_string().parse(), Ok(case));
            prop_assert_eq!(CaseId::from(case.as_u64()), case);
        }
    }
}
