//! Money: integer rials. Toman is display only.

use crate::text::{ascii_digits, fa_digits};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Whole rials of the era before the redenomination (1 new rial = 10,000 of these).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rials(pub i64);

/// Which rial an amount is written in. The name stays "rial", so the era has to be said.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Era {
    /// The rial since 1311.
    #[default]
    Rial1311,
    /// The rial of the law of 1404: 10,000 of the former.
    NewRial1404,
}

/// Why a text or a conversion gives no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAmount {
    /// Not a whole number in ASCII, Persian or Arabic digits.
    #[error("an amount is a whole number, with or without separators between groups of three digits")]
    Form,
    /// Below zero.
    #[error("an amount is not negative")]
    Negative,
    /// More than a register can hold.
    #[error("the amount is beyond {} rials", i64::MAX)]
    TooLarge,
    /// It would leave a fraction.
    #[error("the amount is no whole number of new rials: it is no multiple of {}", Era::FACTOR)]
    Inexact,
}

impl Era {
    /// How many rials of 1311 make one of 1404.
    pub const FACTOR: i64 = 10_000;

    fn in_old_rials(self) -> i64 {
        match self {
            Era::Rial1311 => 1,
            Era::NewRial1404 => Era::FACTOR,
        }
    }
}

impl Rials {
    /// Nothing.
    pub const ZERO: Rials = Rials(0);

    /// The sum, if it fits.
    #[must_use]
    pub fn checked_add(self, other: Rials) -> Option<Rials> {
        self.0.checked_add(other.0).map(Rials)
    }
    /// The difference, if it fits.
    #[must_use]
    pub fn checked_sub(self, other: Rials) -> Option<Rials> {
        self.0.checked_sub(other.0).map(Rials)
    }
    /// This many times as much, if it fits.
    #[must_use]
    pub fn checked_mul(self, times: i64) -> Option<Rials> {
        self.0.checked_mul(times).map(Rials)
    }
    /// The sum of all, if it fits.
    #[must_use]
    pub fn checked_sum(amounts: impl IntoIterator<Item = Rials>) -> Option<Rials> {
        amounts.into_iter().try_fold(Rials::ZERO, Rials::checked_add)
    }

    /// An amount that is written in the rials of an era.
    ///
    /// # Errors
    /// It is too large to hold.
    pub fn from_era(amount: i64, era: Era) -> Result<Rials, InvalidAmount> {
        amount.checked_mul(era.in_old_rials()).map(Rials).ok_or(InvalidAmount::TooLarge)
    }

    /// The amount in the rials of an era; exact, never rounded.
    ///
    /// # Errors
    /// It is no whole number of them.
    pub fn in_era(self, era: Era) -> Result<i64, InvalidAmount> {
        if self.0 % era.in_old_rials() != 0 {
            return Err(InvalidAmount::Inexact);
        }
        Ok(self.0 / era.in_old_rials())
    }

    /// For Persian readers: `۱٬۲۰۰٬۰۰۰ ریال`.
    #[must_use]
    pub fn fa(self) -> String {
        format!("{} ریال", fa_number(self.0 < 0, self.0.unsigned_abs()))
    }

    /// As people say it, ten rials a toman: `۱۲۰٬۰۰۰ تومان`; single rials stand after the decimal sign.
    #[must_use]
    pub fn toman_fa(self) -> String {
        let rials = self.0.unsigned_abs();
        let whole = fa_number(self.0 < 0, rials / 10);
        match rials % 10 {
            0 => format!("{whole} تومان"),
            rest => format!("{whole}٫{} تومان", fa_digits(&rest.to_string())),
        }
    }
}

/// With plain separators: `1,200,000`.
impl fmt::Display for Rials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}", grouped(self.0.unsigned_abs(), ','))
    }
}

/// Reads an amount that somebody typed: not negative, ASCII, Persian or Arabic digits, groups of three parted or not.
impl FromStr for Rials {
    type Err = InvalidAmount;
    fn from_str(text: &str) -> Result<Rials, InvalidAmount> {
        let ascii = ascii_digits(text.trim());
        if ascii.starts_with(['-', '\u{2212}']) || ascii.starts_with("\u{200e}\u{2212}") {
            return Err(InvalidAmount::Negative);
        }
        let groups: Vec<&str> = ascii.split(is_separator).collect();
        let digits = |group: &&str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
        let in_threes = groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
        if !groups.iter().all(digits) || !in_threes {
            return Err(InvalidAmount::Form);
        }
        groups.concat().parse().map(Rials).map_err(|_| InvalidAmount::TooLarge)
    }
}

/// What people and forms put between groups of three digits.
fn is_separator(c: char) -> bool {
    matches!(c, ',' | '٬' | '،' | '\'' | '_' | ' ' | '\u{a0}' | '\u{202f}' | '\u{200c}')
}

fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// The minus stands behind a left-to-right mark, else it would wander to the wrong side of the number.
fn fa_number(negative: bool, number: u64) -> String {
    let sign = if negative { "\u{200e}\u{2212}" } else { "" };
    format!("{sign}{}", fa_digits(&grouped(number, '٬')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shown_in_groups_of_three() {
        assert_eq!(Rials(1_200_000).to_string(), "1,200,000");
        assert_eq!(Rials(-999).to_string(), "-999");
        assert_eq!(Rials(i64::MIN).to_string(), "-9,223,372,036,854,775,808");
        assert_eq!(Rials(1_200_000).fa(), "۱٬۲۰۰٬۰۰۰ ریال");
        assert_eq!(Rials(1_200_000).toman_fa(), "۱۲۰٬۰۰۰ تومان");
        assert_eq!(Rials(1_205).toman_fa(), "۱۲۰٫۵ تومان");
        assert_eq!(Rials(-20).toman_fa(), "\u{200e}\u{2212}۲ تومان");
    }

    #[test]
    fn read_as_people_type_it() {
        for text in ["1200000", "1,200,000", "۱٬۲۰۰٬۰۰۰", "١٢٠٠٠٠٠", "۱،۲۰۰،۰۰۰", " 1 200 000 "]
        {
            assert_eq!(text.parse(), Ok(Rials(1_200_000)), "{text}");
        }
        for text in ["", "1,5", "1,2000", "1200,000", "1.5", ",100", "100,", "1,,000", "+5", "۱۲ ریال", "1e6"] {
            assert_eq!(text.parse::<Rials>(), Err(InvalidAmount::Form), "{text}");
        }
        assert_eq!("-5".parse::<Rials>(), Err(InvalidAmount::Negative));
        assert_eq!("9223372036854775808".parse::<Rials>(), Err(InvalidAmount::TooLarge));
    }

    #[test]
    fn eras_convert_exactly_or_not_at_all() {
        assert_eq!(Rials::from_era(3, Era::NewRial1404), Ok(Rials(30_000)));
        assert_eq!(Rials(30_000).in_era(Era::NewRial1404), Ok(3));
        assert_eq!(Rials(30_001).in_era(Era::NewRial1404), Err(InvalidAmount::Inexact));
        assert_eq!(Rials(30_001).in_era(Era::Rial1311), Ok(30_001));
        assert_eq!(Rials::from_era(i64::MAX, Era::NewRial1404), Err(InvalidAmount::TooLarge));
    }

    #[test]
    fn sums_never_wrap() {
        assert_eq!(Rials::checked_sum([Rials(1), Rials(2)]), Some(Rials(3)));
        assert_eq!(Rials::checked_sum([Rials(i64::MAX), Rials(1)]), None);
        assert_eq!(Rials(i64::MIN).checked_sub(Rials(1)), None);
        assert_eq!(Rials(i64::MAX).checked_mul(2), None);
    }

    proptest! {
        #[test]
        fn shown_and_read_again_is_the_same(amount in 0..=i64::MAX) {
            let rials = Rials(amount);
            prop_assert_eq!(rials.to_string().parse(), Ok(rials));
            prop_assert_eq!(rials.fa().trim_end_matches(" ریال").parse(), Ok(rials));
        }

        #[test]
        fn there_and_back_between_eras(amount in -900_000_000_000_000_i64..900_000_000_000_000) {
            let rials = Rials::from_era(amount, Era::NewRial1404);
            prop_assert_eq!(rials.and_then(|rials| rials.in_era(Era::NewRial1404)), Ok(amount));
        }
    }
}
