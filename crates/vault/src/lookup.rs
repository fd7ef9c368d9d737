//! How the outside names a person. The name itself is never stored: only a keyed hash of it.

use crate::MacKey;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use kernel::CityId;
use zeroize::Zeroizing;

/// A canonical identifier with the domain it belongs to, so that equal texts of two domains are two persons.
#[derive(Clone, PartialEq, Eq)]
pub struct Lookup {
    domain: &'static str,
    text: Zeroizing<String>,
}

impl Lookup {
    /// A natural person, by a parsed national id: ten ASCII digits.
    #[must_use]
    pub fn national_id(canonical: &str) -> Lookup {
        Lookup::new("national-id", canonical.to_owned())
    }

    /// A firm or body, by a parsed legal id: eleven ASCII digits.
    #[must_use]
    pub fn legal_id(canonical: &str) -> Lookup {
        Lookup::new("legal-id", canonical.to_owned())
    }

    /// Somebody who has an account but no national id here, by the account's subject.
    #[must_use]
    pub fn account(subject: &str) -> Lookup {
        Lookup::new("account", subject.to_owned())
    }

    /// Somebody whom an imported log names only by a label of its own.
    #[must_use]
    pub fn imported(city: &CityId, label: &str) -> Lookup {
        Lookup::new("import", format!("{city}:{label}"))
    }

    fn new(domain: &'static str, text: String) -> Lookup {
        Lookup { domain, text: Zeroizing::new(text) }
    }

    /// What the store keeps in the identifier's place.
    pub(crate) fn hash(&self, key: &MacKey) -> String {
        STANDARD_NO_PAD.encode(key.digest(&[self.domain.as_bytes(), self.text.as_bytes()]))
    }
}

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lookup({}:…)", self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MasterKey;

    #[test]
    fn the_hash_depends_on_domain_text_and_key() {
        let [one, two] = [1, 2].map(|byte| MasterKey::from_bytes([byte; 32]).derive("lookup"));
        let hash = Lookup::national_id("0013542419").hash(&one);
        assert_eq!(hash, Lookup::national_id("0013542419").hash(&one));
        assert_ne!(hash, Lookup::legal_id("0013542419").hash(&one));
        assert_ne!(hash, Lookup::national_id("0010350829").hash(&one));
        assert_ne!(hash, Lookup::national_id("0013542419").hash(&two));
    }

    #[test]
    fn debug_hides_the_identifier() {
        assert!(!format!("{:?}", Lookup::national_id("0013542419")).contains("0013542419"));
    }
}
