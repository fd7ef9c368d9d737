//! The city's master key, and the keys derived from it: one for each purpose, so that none can stand in for another.

use crate::VaultError;
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Base64 as people paste it: with its padding or without.
const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// 32 bytes that wrap every person's key. Whoever holds it and the store can read everything.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// Why a text is not a master key. Says nothing of the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 32 random bytes, written as 44 characters of base64 or 64 of hexadecimal")]
pub struct InvalidMasterKey;

impl MasterKey {
    /// A new random key.
    ///
    /// # Errors
    /// [`VaultError::Random`] where the operating system gives no randomness.
    pub fn generate() -> Result<MasterKey, VaultError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).map_err(VaultError::Random)?;
        Ok(MasterKey(bytes))
    }

    /// Reads base64 or hexadecimal; space around it, as a file's last newline, is ignored.
    ///
    /// # Errors
    /// [`InvalidMasterKey`] where it is not 32 bytes in either form.
    pub fn parse(text: &str) -> Result<MasterKey, InvalidMasterKey> {
        let text = text.trim();
        let bytes = if text.len() == 64 { from_hex(text) } else { LENIENT_BASE64.decode(text).ok() };
        let bytes = Zeroizing::new(bytes.ok_or(InvalidMasterKey)?);
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| InvalidMasterKey)?;
        Ok(MasterKey::from_bytes(bytes))
    }

    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> MasterKey {
        MasterKey(Zeroizing::new(bytes))
    }

    /// The key as base64, for whoever writes it to its file (mode 0600).
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(LENIENT_BASE64.encode(self.0.as_ref()))
    }

    /// A key for one purpose; tells nothing of the master key or of other purposes' keys.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> MacKey {
        let root = MacKey(self.0.clone());
        MacKey(Zeroizing::new(root.digest(&[b"daftar-vault-1", purpose.as_bytes()])))
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let nibble = |c: &u8| char::from(*c).to_digit(16).map(|digit| digit as u8);
    text.as_bytes().chunks(2).map(|pair| Some(nibble(pair.first()?)? << 4 | nibble(pair.get(1)?)?)).collect()
}

/// A key for HMAC-SHA-256.
#[derive(Clone)]
pub struct MacKey(Zeroizing<[u8; 32]>);

impl MacKey {
    /// The keyed hash of these parts. Each part's length is hashed too, so `ab,c` and `a,bc` differ.
    #[must_use]
    pub fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_ref()).expect("HMAC takes a key of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_and_hex_read_back_to_the_same_key() {
        let key = MasterKey::generate().unwrap();
        let hex: String = key.0.iter().map(|byte| format!("{byte:02X}")).collect();
        let base64 = key.to_text();
        for text in [base64.as_str(), base64.trim_end_matches('='), &hex, &hex.to_lowercase(), &format!(" {hex}\r\n")] {
            assert_eq!(*MasterKey::parse(text).unwrap().0, *key.0, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_key_is_refused_without_repeating_it() {
        for text in ["", "secret", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32), "c2hvcnQ="] {
            let error = MasterKey::parse(text).unwrap_err();
            assert!(text.is_empty() || !format!("{error} {error:?}").contains(text));
        }
    }

    #[test]
    fn purposes_and_part_boundaries_separate_keys() {
        let master = MasterKey::from_bytes([7; 32]);
        assert_ne!(master.derive("wrap").bytes(), master.derive("lookup").bytes());
        let key = master.derive("wrap");
        assert_ne!(key.digest(&[b"ab", b"c"]), key.digest(&[b"a", b"bc"]));
        assert_eq!(format!("{master:?} {key:?}"), "MasterKey(…) MacKey(…)");
    }
}
