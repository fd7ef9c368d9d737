//! A personal field as it stands in a register: closed under its person's key.

use crate::PersonId;
use serde::{Deserialize, Serialize};

/// Bytes that only the vault opens, and nobody once the person is forgotten.
///
/// `nonce ‖ ciphertext ‖ tag` of XChaCha20-Poly1305 with the person's id as associated data; a fresh random nonce for
/// every field, so equal texts never look equal.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sealed {
    /// Whose key closes it.
    pub person: PersonId,
    /// 24 bytes of nonce, the ciphertext, 16 bytes of tag.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes for {})", self.bytes.len(), self.person)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_bytes() {
        let sealed = Sealed { person: PersonId(uuid::Uuid::nil()), bytes: vec![171; 41] };
        assert_eq!(format!("{sealed:?}"), "Sealed(41 bytes for 00000000-0000-0000-0000-000000000000)");
    }
}
