//! Sealing a stream in chunks, each with its number and whether it is the last (the STREAM construction of Hoang, Reyhanitabar,
//! Rogaway and Vizár, 2015): changed, swapped, dropped or missing chunks do not open.
//!
//! The key is random and seals one stream only, so that counting makes nonces that never come twice.

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, aead::AeadInOut};
use zeroize::Zeroizing;

/// Bytes of clear content in a chunk; the last has as many as are left.
pub(crate) const CHUNK: usize = 64 * 1024;
/// What sealing adds to a chunk.
pub(crate) const TAG: usize = 16;
/// A key for one stream.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// A chunk does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tampered;

fn nonce(number: u32, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[7..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(last);
    Nonce::from(nonce)
}

/// Seals what is pushed.
pub(crate) struct Sealer {
    cipher: ChaCha20Poly1305,
    number: u32,
    /// At least one byte is kept back, so that the last chunk is known when it comes.
    waiting: Vec<u8>,
}

impl Sealer {
    pub(crate) fn new(key: &Key) -> Sealer {
        Sealer { cipher: ChaCha20Poly1305::new((&**key).into()), number: 0, waiting: Vec::with_capacity(CHUNK + TAG) }
    }

    /// Takes clear bytes, and gives each chunk that is full and not the last to `out`.
    pub(crate) fn push(&mut self, mut clear: &[u8], out: &mut impl FnMut(&[u8])) {
        while !clear.is_empty() {
            if self.waiting.len() == CHUNK {
                out(&self.seal(false));
            }
            let taken = clear.len().min(CHUNK - self.waiting.len());
            self.waiting.extend_from_slice(&clear[..taken]);
            clear = &clear[taken..];
        }
    }

    /// The last chunk.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.seal(true)
    }

    fn seal(&mut self, last: bool) -> Vec<u8> {
        let mut chunk = std::mem::replace(&mut self.waiting, Vec::with_capacity(CHUNK + TAG));
        let sealed = self.cipher.encrypt_in_place(&nonce(self.number, last), &[], &mut chunk);
        sealed.expect("ChaCha20-Poly1305 takes any chunk of this size");
        self.number = self.number.checked_add(1).expect("documents have far fewer chunks than 2³²");
        chunk
    }
}

/// Opens what is pushed.
pub(crate) struct Opener {
    cipher: ChaCha20Poly1305,
    number: u32,
    waiting: Vec<u8>,
}

impl Opener {
    pub(crate) fn new(key: &Key) -> Opener {
        Opener { cipher: ChaCha20Poly1305::new((&**key).into()), number: 0, waiting: Vec::new() }
    }

    /// Takes sealed bytes, and gives what opens of all but the last chunk.
    pub(crate) fn push(&mut self, mut sealed: &[u8]) -> Result<Vec<u8>, Tampered> {
        let mut clear = Vec::new();
        while !sealed.is_empty() {
            if self.waiting.len() == CHUNK + TAG {
                clear.append(&mut self.open(false)?);
            }
            let taken = sealed.len().min(CHUNK + TAG - self.waiting.len());
            self.waiting.extend_from_slice(&sealed[..taken]);
            sealed = &sealed[taken..];
        }
        Ok(clear)
    }

    /// The last chunk.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Tampered> {
        self.open(true)
    }

    fn open(&mut self, last: bool) -> Result<Vec<u8>, Tampered> {
        let mut chunk = std::mem::take(&mut self.waiting);
        self.cipher.decrypt_in_place(&nonce(self.number, last), &[], &mut chunk).map_err(|_| Tampered)?;
        self.number = self.number.checked_add(1).ok_or(Tampered)?;
        Ok(chunk)
    }
}

/// The length of the clear content whose chunks are this long.
pub(crate) fn clear_length(sealed: u64) -> u64 {
    let chunks = sealed.div_ceil((CHUNK + TAG) as u64);
    sealed.saturating_sub(chunks * TAG as u64)
}
