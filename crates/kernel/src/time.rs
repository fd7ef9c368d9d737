//! Instants, local dates, Jalali and Gregorian. Instants are UTC microseconds in storage; persons see dates.

use serde::{Deserialize, Serialize};

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Instant(pub i64);

/// A local day, apart from any calendar's way of naming it: days since 1970-01-01.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Date(pub i32);

/// A day of the official Iranian calendar (ICU4X tables).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JalaliDate {
    year: u16,
    month: u8,
    day: u8,
}
