//! Closing and opening bytes with XChaCha20-Poly1305. Pure but for the random nonce.

use crate::VaultError;
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use zeroize::Zeroizing;

/// Plaintexts are padded to multiples of this many bytes, so that a sealed name does not tell its length.
pub const PAD_TO: usize = 32;

/// The most bytes a personal field may have; well under a command's limit of 64 KiB.
pub const PLAINTEXT_LIMIT: usize = 16 * 1024;

const NONCE: usize = 24;

/// A person's key.
pub(crate) type PersonKey = Zeroizing<[u8; 32]>;

/// `nonce ‖ ciphertext ‖ tag` of the bytes as they are, bound to `context`.
pub(crate) fn close(key: &[u8; 32], context: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(VaultError::Random)?;
    let sealed = XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context })
        .expect("XChaCha20-Poly1305 takes any text of this size");
    Ok([nonce.as_slice(), &sealed].concat())
}

/// What [`close`] closed; none where key, context or a single bit differs.
pub(crate) fn reopen(key: &[u8; 32], context: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
    XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: context }).ok()
}

/// The text, a byte 0x80, then zeros up to a multiple of [`PAD_TO`].
pub(crate) fn pad(plain: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = (plain.len() + 1).next_multiple_of(PAD_TO);
    let mut padded = Zeroizing::new(Vec::with_capacity(length));
    padded.extend_from_slice(plain);
    padded.push(0x80);
    padded.resize(length, 0);
    padded
}

/// The text that [`pad`] padded.
pub(crate) fn unpad(mut padded: Vec<u8>) -> Option<Vec<u8>> {
    let end = padded.iter().rposition(|&byte| byte != 0)?;
    (padded[end] == 0x80).then(|| {
        padded.truncate(end);
        padded
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_closed_opens_again(
            key: [u8; 32], context: [u8; 16], plain in prop::collection::vec(any::<u8>(), 0..200)
        ) {
            let sealed = close(&key, &context, &pad(&plain)).unwrap();
            prop_assert_eq!((sealed.len() - NONCE - 16) % PAD_TO, 0);
            let opened = reopen(&key, &context, &sealed).and_then(unpad);
            prop_assert_eq!(opened, Some(plain));
        }

        #[test]
        fn a_changed_bit_or_context_does_not_open(
            key: [u8; 32], context: [u8; 16], other: [u8; 16], plain in prop::collection::vec(any::<u8>(), 0..64),
            bit: prop::sample::Index, cut: prop::sample::Index,
        ) {
            let mut sealed = close(&key, &context, &pad(&plain)).unwrap();
            prop_assume!(context != other);
            prop_assert_eq!(reopen(&key, &other, &sealed), None);
            prop_assert_eq!(reopen(&key, &context, &sealed[..cut.index(sealed.len())]), None);
            let bit = bit.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(reopen(&key, &context, &sealed), None);
        }

        #[test]
        fn any_bytes_unpad_or_do_not_but_never_panic(bytes: Vec<u8>) {
            let _ = unpad(bytes);
        }
    }

    #[test]
    fn names_of_many_lengths_look_alike() {
        let lengths: Vec<usize> = ["", "علی", "Reza Karimi", "0123456789012345678901234567890"]
            .map(|name| pad(name.as_bytes()).len())
            .to_vec();
        assert_eq!(lengths, [PAD_TO; 4]);
    }
}
