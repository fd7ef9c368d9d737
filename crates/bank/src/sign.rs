//! Signatures over requests and answers, and the memory that lets a request in once.

use hmac::{Hmac, KeyInit, Mac};
use kernel::Instant;
use sha2::Sha256;
use std::collections::HashMap;

/// Whose request it is.
pub(crate) const MERCHANT: &str = "bank-merchant";
/// When it was signed, in microseconds since 1970.
pub(crate) const TIME: &str = "bank-time";
/// What makes it the only one of its kind; an answer repeats its request's.
pub(crate) const NONCE: &str = "bank-nonce";
/// The signature over all of it.
pub(crate) const SIGNATURE: &str = "bank-signature";

/// How far the clocks of the two ends may be apart.
pub(crate) const WINDOW_MICROS: i64 = 300 * 1_000_000;
/// The shortest key, in characters.
const MIN_KEY: usize = 32;
/// More requests than a bank is asked in the time that a nonce is remembered.
const MOST_NONCES: usize = 200_000;

/// The key that a merchant shares with its bank. Never printed.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

/// Why a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a bank's key has at least {MIN_KEY} characters")]
pub struct InvalidKey;

impl Key {
    /// The key that is written so.
    ///
    /// # Errors
    /// When it is too short to keep a secret.
    pub fn parse(text: &str) -> Result<Key, InvalidKey> {
        let text = text.trim();
        if text.len() < MIN_KEY {
            return Err(InvalidKey);
        }
        Hmac::new_from_slice(text.as_bytes()).map(Key).map_err(|_| InvalidKey)
    }

    fn over(&self, signed: &Signed<'_>) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        let time = signed.time.0.to_string();
        // No part but the body, which is the last, can hold a line break: headers cannot.
        for part in [signed.what.label(), signed.operation, signed.merchant, &time, signed.nonce] {
            mac.update(part.as_bytes());
            mac.update(b"\n");
        }
        mac.update(signed.body);
        mac
    }

    /// The signature, in hexadecimal digits.
    pub(crate) fn sign(&self, signed: &Signed<'_>) -> String {
        hex(&self.over(signed).finalize().into_bytes())
    }

    /// Whether this is its signature; takes as long for any wrong one.
    pub(crate) fn verifies(&self, signed: &Signed<'_>, signature: &str) -> bool {
        unhex(signature).is_some_and(|tag| self.over(signed).verify_slice(&tag).is_ok())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Which way a message goes: a request sent back is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Request,
    Answer(u16),
}

impl What {
    fn label(self) -> &'static str {
        match self {
            What::Request => "daftar-bank-1 request",
            What::Answer(200) => "daftar-bank-1 answer",
            What::Answer(_) => "daftar-bank-1 refusal",
        }
    }
}

/// What a signature is over.
#[derive(Debug)]
pub(crate) struct Signed<'a> {
    pub(crate) what: What,
    pub(crate) operation: &'a str,
    pub(crate) merchant: &'a str,
    pub(crate) time: Instant,
    pub(crate) nonce: &'a str,
    pub(crate) body: &'a [u8],
}

/// Which nonces came lately: none is let in twice.
#[derive(Debug)]
pub(crate) struct Nonces {
    seen: HashMap<String, Instant>,
    since: Instant,
}

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotFresh {
    /// From another time than now, or from before this end started and forgot what it had seen.
    Stale,
    /// It was here before.
    Replayed,
    /// More came than can be remembered.
    TooMany,
}

impl Nonces {
    pub(crate) fn new(now: Instant) -> Nonces {
        Nonces { seen: HashMap::new(), since: now }
    }

    /// Lets a request in, once.
    pub(crate) fn admit(&mut self, nonce: &str, time: Instant, now: Instant) -> Result<(), NotFresh> {
        // Both ends of a test may share a clock that stands still.
        if time.0.abs_diff(now.0) > WINDOW_MICROS.unsigned_abs() || time < self.since {
            return Err(NotFresh::Stale);
        }
        if self.seen.contains_key(nonce) {
            return Err(NotFresh::Replayed);
        }
        if self.seen.len() >= MOST_NONCES {
            self.seen.retain(|_, seen| now.0.saturating_sub(seen.0) <= WINDOW_MICROS);
        }
        if self.seen.len() >= MOST_NONCES {
            return Err(NotFresh::TooMany);
        }
        self.seen.insert(nonce.to_owned(), time);
        Ok(())
    }
}

/// Random bytes in hexadecimal digits.
///
/// # Panics
/// When the system has no randomness to give, without which nothing here is safe.
pub(crate) fn random_hex<const N: usize>() -> String {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    hex(&bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_000_000_000_000_000);

    fn signed(body: &[u8]) -> Signed<'_> {
        Signed { what: What::Request, operation: "start", merchant: "m", time: NOW, nonce: "n", body }
    }

    #[test]
    fn a_signature_is_over_everything() {
        let key = Key::parse(&"k".repeat(32)).unwrap();
        let signature = key.sign(&signed(b"{}"));
        assert!(key.verifies(&signed(b"{}"), &signature));
        for other in [
            signed(b"{ }"),
            Signed { what: What::Answer(200), ..signed(b"{}") },
            Signed { what: What::Answer(409), ..signed(b"{}") },
            Signed { operation: "verify", ..signed(b"{}") },
            Signed { merchant: "n", ..signed(b"{}") },
            Signed { time: Instant(NOW.0 + 1), ..signed(b"{}") },
            Signed { nonce: "m", ..signed(b"{}") },
        ] {
            assert!(!key.verifies(&other, &signature), "{other:?}");
        }
        assert!(!Key::parse(&"l".repeat(32)).unwrap().verifies(&signed(b"{}"), &signature));
        for wrong in ["", "0", "zz", "é", &signature[2..]] {
            assert!(!key.verifies(&signed(b"{}"), wrong), "{wrong}");
        }
        assert_eq!(Key::parse("short").unwrap_err(), InvalidKey);
    }

    #[test]
    fn a_nonce_is_let_in_once_and_only_in_its_time() {
        let mut nonces = Nonces::new(NOW);
        assert_eq!(nonces.admit("a", NOW, NOW), Ok(()));
        assert_eq!(nonces.admit("a", NOW, NOW), Err(NotFresh::Replayed));
        let late = Instant(NOW.0 + WINDOW_MICROS + 1);
        assert_eq!(nonces.admit("b", NOW, late), Err(NotFresh::Stale), "too old");
        assert_eq!(nonces.admit("b", late, NOW), Err(NotFresh::Stale), "of tomorrow");
        assert_eq!(nonces.admit("b", Instant(NOW.0 - 1), NOW), Err(NotFresh::Stale), "from before the start");
        assert_eq!(nonces.admit("b", late, late), Ok(()));
    }
}
