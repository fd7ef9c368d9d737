//! Where a document of a person lies.

use kernel::PersonId;

/// A person's documents lie on shelves: one for what they brought and is nobody else's business yet, and one for each
/// matter that has documents of theirs. What lies on one is found on no other, so a document that was brought for one
/// matter is not opened by naming its hash in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    pub(crate) owner: PersonId,
    /// Empty for a person's own.
    pub(crate) matter: String,
}

impl Shelf {
    /// The shelf of a matter, by its name: `1405-000123`.
    pub fn of(owner: PersonId, matter: impl Into<String>) -> Shelf {
        Shelf { owner, matter: matter.into() }
    }
}

/// A person's own shelf.
impl From<PersonId> for Shelf {
    fn from(owner: PersonId) -> Shelf {
        Shelf { owner, matter: String::new() }
    }
}
