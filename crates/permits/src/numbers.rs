//! Numbers of the permit office's books: a Jalali year and a gapless serial in it.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Why a text is not such a number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a number like {example}, found {found:?}")]
pub struct InvalidNumber {
    example: &'static str,
    found: String,
}

macro_rules! book_numbers {
    ($($(#[$doc:meta])* $name:ident, $prefix:literal, $example:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(u64);

        impl $name {
            /// The number with this serial, from 1, in this Jalali year.
            #[must_use]
            pub fn new(year: u16, serial: u32) -> Self {
                Self(u64::from(year) << 32 | u64::from(serial))
            }
            /// The Jalali year it was given in.
            #[must_use]
            pub fn year(self) -> u16 {
                (self.0 >> 32) as u16
            }
            /// Its place in that year, from 1 and without gaps.
            #[must_use]
            pub fn serial(self) -> u32 {
                self.0 as u32
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "-{}-{:06}"), self.year(), self.serial())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl FromStr for $name {
            type Err = InvalidNumber;
            /// Reads its own print, in ASCII, Persian or Arabic digits, with or without the letter.
            fn from_str(text: &str) -> Result<Self, InvalidNumber> {
                let ascii = kernel::text::ascii_digits(text.trim()).to_ascii_uppercase();
                let digits = ascii.strip_prefix(concat!($prefix, "-")).unwrap_or(&ascii);
                digits
                    .split_once(['-', '/'])
                    .and_then(|(year, serial)| Some((year.parse().ok()?, serial.parse().ok()?)))
                    .filter(|&(year, serial): &(u16, u32)| (1200..1700).contains(&year) && serial > 0)
                    .map(|(year, serial)| Self::new(year, serial))
                    .ok_or_else(|| InvalidNumber { example: $example, found: text.chars().take(64).collect() })
            }
        }
    )*};
}

book_numbers! {
    /// A licence (پروانه).
    LicenceNumber, "L", "L-1405-000123";
    /// A bill (فیش عوارض).
    BillNumber, "B", "B-1405-000123";
    /// A completion certificate (پایان‌کار).
    CertificateNumber, "C", "C-1405-000123";
}
