//! Whoever a log names, sealed under a key of their own before they go anywhere.

use kernel::{CityId, PersonId, Sealed};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use vault::{Lookup, Vault, VaultError};

/// The most actors whose persons are remembered; the vault is asked again for the others.
pub const ACTORS_REMEMBERED: usize = 10_000;

/// From the labels of one log to persons of the vault.
#[derive(Default)]
pub(crate) struct Actors {
    persons: FxHashMap<SmolStr, PersonId>,
}

impl Actors {
    /// Makes sure that each of these labels is a person, in as few round trips as can be.
    pub(crate) async fn meet(&mut self, vault: &Vault, city: &CityId, labels: &[&SmolStr]) -> Result<(), VaultError> {
        if self.persons.len() >= ACTORS_REMEMBERED {
            self.persons.clear();
        }
        let mut new = labels.to_vec();
        new.retain(|label| !self.persons.contains_key(*label));
        new.sort_unstable();
        new.dedup();
        let lookups: Vec<Lookup> = new.iter().map(|label| Lookup::imported(city, label)).collect();
        let persons = vault.persons_for(&lookups).await?;
        self.persons.extend(new.into_iter().cloned().zip(persons));
        Ok(())
    }

    /// The person of a label that was met.
    pub(crate) fn person(&self, label: &SmolStr) -> Option<PersonId> {
        self.persons.get(label).copied()
    }
}

/// The label, closed. A person who is forgotten meanwhile comes back as a new one, whom nothing ties to the old.
pub(crate) async fn seal(
    vault: &Vault,
    city: &CityId,
    person: Option<PersonId>,
    label: &SmolStr,
) -> Result<Sealed, VaultError> {
    if let Some(person) = person {
        match vault.seal(person, label.as_bytes()).await {
            Err(VaultError::Forgotten(_)) => {}
            sealed => return sealed,
        }
    }
    let person = vault.person_for(&Lookup::imported(city, label)).await?;
    vault.seal(person, label.as_bytes()).await
}
