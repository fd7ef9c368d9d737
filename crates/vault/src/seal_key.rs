//! A key of the city for bytes that go out and come back: cookies. Nothing that is kept is sealed with it.

use crate::{MasterKey, VaultError, seal};
use zeroize::Zeroizing;

/// Seals and opens for one purpose.
pub struct SealKey(Zeroizing<[u8; 32]>);

impl SealKey {
    /// The key of this purpose; the same on every start.
    #[must_use]
    pub fn of(master: &MasterKey, purpose: &str) -> SealKey {
        SealKey(Zeroizing::new(master.derive(purpose).digest(&[b"seal"])))
    }

    /// The bytes sealed, bound to a context.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn close(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        seal::close(&self.0, context, plain)
    }

    /// What was sealed; nothing where key, context or a single bit differs.
    #[must_use]
    pub fn reopen(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        seal::reopen(&self.0, context, sealed)
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(…)")
    }
}
