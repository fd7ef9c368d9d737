//! What can go wrong with the vault. No variant carries a key, a name or a database password.

use kernel::PersonId;

/// Why the vault could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The store's address is not one.
    #[error("the vault's store address does not parse; it is a file path or a postgres:// URL")]
    Address(#[source] sqlx::Error),
    /// The file or its folder could not be made.
    #[error("the vault file {path} could not be made")]
    File {
        /// Where it should be.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The database did not answer, or refused.
    #[error("the vault could not {operation}")]
    Store {
        /// What was being done.
        operation: &'static str,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// The store was made under another master key; nothing in it can be opened with this one.
    #[error("this master key is not the one that the vault at {store} was made with")]
    WrongMasterKey {
        /// Which store, without its password.
        store: String,
    },
    /// There is no store, or another than the one that was known: whoever is in the lost one would get a second pseudonym.
    #[error("there is no vault at {store}, or another than the one that was there before")]
    Lost {
        /// Which store, without its password.
        store: String,
    },
    /// The store was made by a newer Daftar.
    #[error("the vault at {store} has format {found:?}, and this build reads format {known:?}")]
    Format {
        /// Which store, without its password.
        store: String,
        /// The stored format.
        found: String,
        /// The format of this build.
        known: &'static str,
    },
    /// No key was ever made here for this person: another city's vault, or an old backup of this one.
    #[error("the vault has no person {0}")]
    UnknownPerson(PersonId),
    /// The person was forgotten; nothing new can be sealed for them.
    #[error("person {0} is forgotten")]
    Forgotten(PersonId),
    /// The stored key of a person is damaged.
    #[error("the key of person {0} does not unwrap: the vault's store is damaged")]
    DamagedKey(PersonId),
    /// A row of the store is not what the vault writes.
    #[error("the vault's store is damaged: {0} does not parse")]
    DamagedRow(&'static str),
    /// The bytes were changed, or were sealed for somebody else.
    #[error("a sealed field of person {0} does not open: its bytes were changed, or belong to somebody else")]
    Tampered(PersonId),
    /// Longer than a personal field may be.
    #[error("a personal field of {length} bytes is longer than the limit of {limit}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The most bytes it may have.
        limit: usize,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes")]
    Random(#[source] getrandom::Error),
    /// A person was made and forgotten by others, over and over, while being looked up.
    #[error("a person could not be looked up: they are being forgotten again and again")]
    Contended,
}
