//! Numbers that name people, firms, accounts and addresses, parsed by their published rules.
//!
//! A good checksum shows the form, not that the thing exists. The values are personal: they are sealed before anything
//! is stored, so they have no serde, and neither `Debug` nor an error ever shows one.

mod error;

pub use error::{IdentityKind, IdentityRule, InvalidIdentity};

use crate::{Message, text::ascii_digits};
use smol_str::SmolStr;
use std::{fmt, str::FromStr};

macro_rules! identities {
    ($($(#[$doc:meta])* $name:ident, $rules:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(SmolStr);

        impl $name {
            /// The canonical form, to be sealed or compared.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = InvalidIdentity;
            fn from_str(text: &str) -> Result<$name, InvalidIdentity> {
                let canonical = $rules(&bare(text));
                canonical.map($name).map_err(|rule| InvalidIdentity { kind: IdentityKind::$name, rule })
            }
        }
        impl TryFrom<&str> for $name {
            type Error = InvalidIdentity;
            fn try_from(text: &str) -> Result<$name, InvalidIdentity> {
                text.parse()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        /// Hides the value: it is personal, and debug output ends in logs.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

identities! {
    /// کد ملی: a natural person, 10 digits. Written with 8 or 9, it lost zeros in front.
    NationalId, national_id;
    /// شناسه ملی: a legal person, 11 digits.
    LegalId, legal_id;
    /// شبا: an Iranian bank account, `IR` and 24 digits (ISO 13616).
    Iban, iban;
    /// A mobile number in Iran, kept as E.164: `+989121234567`.
    Mobile, mobile;
    /// کد پستی: an address, 10 digits.
    Postcode, postcode;
}

impl Postcode {
    /// What looks wrong and is let through all the same: the post gives out no 0 and no 2 in the first five digits.
    #[must_use]
    pub fn warning(&self) -> Option<Message> {
        self.0[..5].contains(['0', '2']).then(|| Message {
            code: "postcode-unusual".to_owned(),
            field: None,
            fa: "پنج رقم نخست کد پستی معمولاً ۰ و ۲ ندارد؛ آن را دوباره بخوانید.".to_owned(),
            en: "The first five digits of a postcode usually have no 0 and no 2; please read it again.".to_owned(),
        })
    }
}

/// ASCII digits, without what people and copied text put between them: spaces, dashes, joiners, direction marks.
fn bare(text: &str) -> String {
    let between = |c: char| {
        c.is_whitespace()
            || c == '-'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    ascii_digits(text).chars().filter(|c| !between(*c)).collect()
}

fn national_id(text: &str) -> Result<SmolStr, IdentityRule> {
    let padded = match text.len() {
        8..=10 => format!("{text:0>10}"),
        _ => text.to_owned(),
    };
    let digits: [u8; 10] = digits(&padded)?;
    if digits.iter().all(|digit| *digit == digits[0]) {
        return Err(IdentityRule::Repeated);
    }
    let weighted: u32 = (2..=10).rev().zip(digits).map(|(weight, digit)| weight * u32::from(digit)).sum();
    let check = match weighted % 11 {
        rest @ 0..=1 => rest,
        rest => 11 - rest,
    };
    agree(check, digits[9], &padded)
}

fn legal_id(text: &str) -> Result<SmolStr, IdentityRule> {
    const WEIGHTS: [u32; 5] = [29, 27, 23, 19, 17];
    let digits: [u8; 11] = digits(text)?;
    let added = u32::from(digits[9]) + 2;
    let weights = WEIGHTS.into_iter().cycle();
    let weighted: u32 =
        digits[..10].iter().zip(weights).map(|(digit, weight)| (u32::from(*digit) + added) * weight).sum();
    // 10 has no digit of its own and is written 0.
    agree(weighted % 11 % 10, digits[10], text)
}

fn iban(text: &str) -> Result<SmolStr, IdentityRule> {
    let upper = text.to_ascii_uppercase();
    let number = upper.strip_prefix("IR").ok_or(IdentityRule::Prefix)?;
    let digits: [u8; 24] = digits(number)?;
    let (check, account) = digits.split_at(2);
    // ISO 13616 moves the country and the check digits to the end, letters as numbers: I = 18, R = 27.
    let moved = account.iter().chain(&[1, 8, 2, 7]).chain(check);
    let rest = moved.fold(0, |rest, digit| (rest * 10 + u32::from(*digit)) % 97);
    if rest == 1 { Ok(SmolStr::new(&upper)) } else { Err(IdentityRule::Checksum) }
}

fn mobile(text: &str) -> Result<SmolStr, IdentityRule> {
    let abroad = text.strip_prefix("+98").or_else(|| text.strip_prefix("0098"));
    let number = abroad.or_else(|| text.strip_prefix('0')).ok_or(IdentityRule::Prefix)?;
    if !number.starts_with('9') {
        return Err(IdentityRule::Prefix);
    }
    let _: [u8; 10] = digits(number)?;
    Ok(smol_str::format_smolstr!("+98{number}"))
}

fn postcode(text: &str) -> Result<SmolStr, IdentityRule> {
    let _: [u8; 10] = digits(text)?;
    Ok(SmolStr::new(text))
}

fn digits<const N: usize>(text: &str) -> Result<[u8; N], IdentityRule> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(IdentityRule::NotDigits);
    }
    let values: Vec<u8> = text.bytes().map(|byte| byte - b'0').collect();
    values.try_into().map_err(|_| IdentityRule::Length)
}

fn agree(check: u32, last: u8, canonical: &str) -> Result<SmolStr, IdentityRule> {
    if check == u32::from(last) { Ok(SmolStr::new(canonical)) } else { Err(IdentityRule::Checksum) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn broken<T>(parsed: Result<T, InvalidIdentity>) -> Option<IdentityRule> {
        parsed.err().map(|error| error.rule)
    }

    #[test]
    fn national_ids() {
        for text in ["0013542419", "0010350829", "13542419", "۰۰۱۳۵۴۲۴۱۹", "001-354241-9", "٠٠١\u{200c}٣٥٤ ٢٤١٩"]
        {
            assert_eq!(broken(text.parse::<NationalId>()), None, "{text}");
        }
        assert_eq!("13542419".parse::<NationalId>().unwrap().to_string(), "0013542419");
        for (text, rule) in [
            ("1234567890", IdentityRule::Checksum),
            ("1111111111", IdentityRule::Repeated),
            ("00000000", IdentityRule::Repeated),
            ("1354241", IdentityRule::Length),
            ("00135424190", IdentityRule::Length),
            ("", IdentityRule::Length),
            ("001354241x", IdentityRule::NotDigits),
            ("۰۰۱۳۵۴۲۴۱x", IdentityRule::NotDigits),
        ] {
            assert_eq!(broken(text.parse::<NationalId>()), Some(rule), "{text}");
        }
    }

    #[test]
    fn legal_ids() {
        for text in ["14005893875", "14003778990", "10380284790", "۱۰۳۸۰۲۸۴۷۹۰"] {
            assert_eq!(broken(text.parse::<LegalId>()), None, "{text}");
        }
        assert_eq!(broken("14005893876".parse::<LegalId>()), Some(IdentityRule::Checksum));
        assert_eq!(broken("1400589387".parse::<LegalId>()), Some(IdentityRule::Length));
    }

    #[test]
    fn ibans() {
        for text in ["IR580540105180021273113007", "ir58 0540 1051 8002 1273 1130 07", "IR۵۸۰۵۴۰۱۰۵۱۸۰۰۲۱۲۷۳۱۱۳۰۰۷"]
        {
            assert_eq!(text.parse::<Iban>().map(|iban| iban.to_string()).as_deref(), Ok("IR580540105180021273113007"));
        }
        assert_eq!(broken("IR580540105180021273113008".parse::<Iban>()), Some(IdentityRule::Checksum));
        assert_eq!(broken("580540105180021273113007".parse::<Iban>()), Some(IdentityRule::Prefix));
        assert_eq!(broken("IR58054010518002127311300".parse::<Iban>()), Some(IdentityRule::Length));
    }

    #[test]
    fn mobiles_are_kept_as_e164() {
        for text in
            ["09121234567", "+98 912 123 4567", "0098-912-123-4567", "۰۹۱۲۱۲۳۴۵۶۷", "\u{202a}+989121234567\u{202c}"]
        {
            assert_eq!(text.parse::<Mobile>().map(|mobile| mobile.to_string()).as_deref(), Ok("+989121234567"));
        }
        assert_eq!(broken("03132123456".parse::<Mobile>()), Some(IdentityRule::Prefix));
        assert_eq!(broken("9121234567".parse::<Mobile>()), Some(IdentityRule::Prefix));
        assert_eq!(broken("0912123456".parse::<Mobile>()), Some(IdentityRule::Length));
        assert_eq!(broken("0912123456+".parse::<Mobile>()), Some(IdentityRule::NotDigits));
    }

    #[test]
    fn unusual_postcodes_warn_and_pass() {
        assert_eq!("81465-13789".parse::<Postcode>().unwrap().warning(), None);
        assert!("8126513789".parse::<Postcode>().unwrap().warning().is_some());
        assert_eq!(broken("814651378".parse::<Postcode>()), Some(IdentityRule::Length));
    }

    #[test]
    fn the_value_is_never_shown_by_debug_or_errors() {
        let id: NationalId = "0013542419".parse().unwrap();
        assert_eq!(format!("{id:?}"), "NationalId(…)");
        let error = NationalId::try_from("1234567890").unwrap_err();
        let message = error.message();
        assert_eq!(message.code, "national-id-checksum");
        assert!(message.fa.contains("کد ملی") && message.en.contains("national id"));
        assert!(!format!("{error} {error:?} {message:?}").contains("1234567890"));
    }

    /// A valid id, its last digit found by trying.
    fn with_check_digit(nine: u32) -> Option<String> {
        (0..10).map(|last| format!("{nine:09}{last}")).find(|id| id.parse::<NationalId>().is_ok())
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_found(nine in 1_000_000_u32..999_999_999, place in 0_usize..10, add in 1_u8..10) {
            let Some(id) = with_check_digit(nine) else {
                return Ok(());
            };
            let mut wrong = id.clone().into_bytes();
            wrong[place] = (wrong[place] - b'0' + add) % 10 + b'0';
            let wrong = String::from_utf8(wrong).unwrap();
            // Check digit 1 stands for two remainders, so only there a wrong digit can slip through.
            if !id.ends_with('1') {
                prop_assert!(wrong.parse::<NationalId>().is_err());
            }
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "\\PC{0,30}") {
            let _ = (text.parse::<NationalId>(), text.parse::<LegalId>(), text.parse::<Iban>());
            let _ = (text.parse::<Mobile>(), text.parse::<Postcode>());
        }
    }
}
