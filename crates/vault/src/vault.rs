//! The vault itself: who somebody is here, and their key.

use crate::{
    Lookup, MacKey, MasterKey, VaultError,
    cache::{KEY_CACHE_LIMIT, KEY_CACHE_TIME, KeyCache},
    seal::{self, PLAINTEXT_LIMIT, PersonKey},
    store::{BATCH_LIMIT, NewPerson, Store},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use kernel::{PersonId, Sealed};
use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

mod drafts;

pub use drafts::DRAFT_KEPT;

const FORMAT: &str = "1";
/// The setting that says what became of the vault before this one.
const EARLIER: &str = "earlier-vault";
const EARLIER_NONE: &str = "none";
const EARLIER_LOST: &str = "lost";
/// How often a lookup starts over when its person is forgotten by others meanwhile.
const LOOKUP_ATTEMPTS: usize = 5;

/// A city's keys, and the ties from identifiers to pseudonyms.
///
/// Several processes may have the same store open. A key is fetched once and used for [`KEY_CACHE_TIME`].
pub struct Vault {
    store: Store,
    id: String,
    /// Who is not here was in a vault that is lost for good, and is as good as forgotten.
    after_loss: bool,
    master: MasterKey,
    wrapping: MacKey,
    lookups: MacKey,
    cache: Mutex<KeyCache>,
}

impl Vault {
    /// Opens the store at a file path or a `postgres://` URL, making it where it is missing.
    ///
    /// # Errors
    /// [`VaultError::WrongMasterKey`] where the store was made under another key; else what the store said.
    pub async fn open(address: &str, master: MasterKey) -> Result<Vault, VaultError> {
        Vault::open_with(address, master, KEY_CACHE_TIME).await
    }

    /// As [`Vault::open`], with another time for which a key is used before the store is asked again.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub async fn open_with(address: &str, master: MasterKey, cache_time: Duration) -> Result<Vault, VaultError> {
        Vault::open_as(address, master, cache_time, None).await
    }

    /// Opens the store that has this id, and makes none.
    ///
    /// # Errors
    /// [`VaultError::Lost`] where there is no store, or another; else as [`Vault::open`].
    pub async fn open_known(address: &str, master: MasterKey, id: &str) -> Result<Vault, VaultError> {
        Vault::open_as(address, master, KEY_CACHE_TIME, Some(id)).await
    }

    /// As [`Vault::open`], where the vault before this one is lost for good: from now on whoever this one does not know
    /// counts as forgotten.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub async fn open_after_loss(address: &str, master: MasterKey) -> Result<Vault, VaultError> {
        let mut vault = Vault::open(address, master).await?;
        vault.store.set(EARLIER, EARLIER_LOST).await?;
        vault.after_loss = true;
        Ok(vault)
    }

    async fn open_as(
        address: &str,
        master: MasterKey,
        cache_time: Duration,
        known: Option<&str>,
    ) -> Result<Vault, VaultError> {
        let (store, name) = Store::open(address, known.is_none()).await?;
        let found = store.setting("format", FORMAT).await?;
        if found != FORMAT {
            return Err(VaultError::Format { store: name, found, known: FORMAT });
        }
        let check = STANDARD_NO_PAD.encode(master.derive("check").digest(&[]));
        if store.setting("master-key-check", &check).await? != check {
            return Err(VaultError::WrongMasterKey { store: name });
        }
        let id = store.setting("id", &new_id()?).await?;
        if known.is_some_and(|known| known != id) {
            return Err(VaultError::Lost { store: name });
        }
        let after_loss = store.setting(EARLIER, EARLIER_NONE).await? == EARLIER_LOST;
        Ok(Vault {
            store,
            id,
            after_loss,
            wrapping: master.derive("wrap"),
            lookups: master.derive("lookup"),
            master,
            cache: Mutex::new(KeyCache::new(cache_time, KEY_CACHE_LIMIT)),
        })
    }

    /// The store's own id, random, made with it: how it is told from an empty one in its place.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whoever this identifier names: the same person every time, with a key made at the first.
    ///
    /// # Errors
    /// What the store said.
    pub async fn person_for(&self, lookup: &Lookup) -> Result<PersonId, VaultError> {
        let persons = self.persons_for(std::slice::from_ref(lookup)).await?;
        Ok(persons[0])
    }

    /// As [`Vault::person_for`] for many, in the same order; [`BATCH_LIMIT`] of them are one round trip.
    ///
    /// # Errors
    /// What the store said.
    pub async fn persons_for(&self, lookups: &[Lookup]) -> Result<Vec<PersonId>, VaultError> {
        let hashes: Vec<String> = lookups.iter().map(|lookup| lookup.hash(&self.lookups)).collect();
        let mut persons = Vec::with_capacity(hashes.len());
        for batch in hashes.chunks(BATCH_LIMIT) {
            let known = self.find_or_add(batch).await?;
            persons.extend(batch.iter().map(|hash| known[hash]));
        }
        Ok(persons)
    }

    /// Closes a personal field under the person's key. No two seals of one text are alike.
    ///
    /// # Errors
    /// [`VaultError::Forgotten`], [`VaultError::UnknownPerson`], [`VaultError::TooLong`], or what the store said.
    pub async fn seal(&self, person: PersonId, plain: &[u8]) -> Result<Sealed, VaultError> {
        if plain.len() > PLAINTEXT_LIMIT {
            return Err(VaultError::TooLong { length: plain.len(), limit: PLAINTEXT_LIMIT });
        }
        let key = self.key(person).await?.ok_or(VaultError::Forgotten(person))?;
        let bytes = seal::close(&key, person.0.as_bytes(), &seal::pad(plain))?;
        Ok(Sealed { person, bytes })
    }

    /// Opens a personal field; none once its person is forgotten.
    ///
    /// # Errors
    /// [`VaultError::Tampered`] where the bytes are not as they were sealed, [`VaultError::UnknownPerson`], or what
    /// the store said.
    pub async fn open_sealed(&self, sealed: &Sealed) -> Result<Option<Vec<u8>>, VaultError> {
        let key = self.key(sealed.person).await?;
        key.map(|key| open_with_key(&key, sealed)).transpose()
    }

    /// As [`Vault::open_sealed`] for many, in the same order, with one round trip for [`BATCH_LIMIT`] persons.
    ///
    /// # Errors
    /// As [`Vault::open_sealed`], at the first that fails.
    pub async fn open_all(&self, sealed: &[&Sealed]) -> Result<Vec<Option<Vec<u8>>>, VaultError> {
        let keys = self.keys(sealed.iter().map(|sealed| sealed.person)).await?;
        let open = |sealed: &&Sealed| keys[&sealed.person].as_ref().map(|key| open_with_key(key, sealed)).transpose();
        sealed.iter().map(open).collect()
    }

    /// Deletes the person's key and the tie to whoever they are. Nothing sealed for them opens again, here at once and
    /// in other processes within [`KEY_CACHE_TIME`]. A second time changes nothing.
    ///
    /// # Errors
    /// [`VaultError::UnknownPerson`], or what the store said.
    pub async fn forget(&self, person: PersonId, at: kernel::Instant) -> Result<(), VaultError> {
        if !self.store.forget(person, at).await? {
            self.is_forgotten(person).await?;
        }
        self.cache().put(person, None, Instant::now());
        Ok(())
    }

    /// Whether the person was forgotten, as the store says now.
    ///
    /// # Errors
    /// [`VaultError::UnknownPerson`], or what the store said.
    pub async fn is_forgotten(&self, person: PersonId) -> Result<bool, VaultError> {
        let found = self.store.keys(&[person]).await?;
        match found.first() {
            Some((_, wrapped)) => Ok(wrapped.is_none()),
            None if self.after_loss => Ok(true),
            None => Err(VaultError::UnknownPerson(person)),
        }
    }

    /// A key for hashes that must reveal nothing to whoever does not hold the vault, as the ids of imported commands.
    #[must_use]
    pub fn mac_key(&self, purpose: &str) -> MacKey {
        self.master.derive(&format!("use:{purpose}"))
    }

    /// A key for bytes that go out and come back, as cookies do.
    #[must_use]
    pub fn seal_key(&self, purpose: &str) -> crate::SealKey {
        crate::SealKey::of(&self.master, &format!("use:{purpose}"))
    }

    /// Reads, adds what is missing, and reads again: of several processes that add at once, all read the first.
    async fn find_or_add(&self, hashes: &[String]) -> Result<HashMap<String, PersonId>, VaultError> {
        // Sorted, so that two processes that add the same persons never wait for each other in a ring.
        let mut wanted: Vec<&str> = hashes.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        wanted.dedup();
        for _ in 0..LOOKUP_ATTEMPTS {
            let known: HashMap<String, PersonId> = self.store.find(&wanted).await?.into_iter().collect();
            let missing: Vec<&str> = wanted.iter().copied().filter(|hash| !known.contains_key(*hash)).collect();
            if missing.is_empty() {
                return Ok(known);
            }
            let new = missing.into_iter().map(|hash| self.new_person(hash)).collect::<Result<Vec<_>, _>>()?;
            self.store.add(&new).await?;
        }
        Err(VaultError::Contended)
    }

    fn new_person(&self, lookup: &str) -> Result<NewPerson, VaultError> {
        let mut id = [0; 16];
        let mut key = PersonKey::default();
        getrandom::fill(&mut id).and_then(|()| getrandom::fill(key.as_mut())).map_err(VaultError::Random)?;
        let person = PersonId(uuid::Builder::from_random_bytes(id).into_uuid());
        let wrapped = seal::close(self.wrapping.bytes(), person.0.as_bytes(), key.as_ref())?;
        Ok(NewPerson { person, lookup: lookup.to_owned(), wrapped: STANDARD_NO_PAD.encode(wrapped) })
    }

    fn unwrap(&self, person: PersonId, wrapped: &str) -> Result<PersonKey, VaultError> {
        let key = STANDARD_NO_PAD
            .decode(wrapped)
            .ok()
            .and_then(|bytes| seal::reopen(self.wrapping.bytes(), person.0.as_bytes(), &bytes))
            .map(Zeroizing::new)
            .ok_or(VaultError::DamagedKey(person))?;
        let key: [u8; 32] = key.as_slice().try_into().map_err(|_| VaultError::DamagedKey(person))?;
        Ok(Zeroizing::new(key))
    }

    async fn key(&self, person: PersonId) -> Result<Option<PersonKey>, VaultError> {
        let mut keys = self.keys(std::iter::once(person)).await?;
        keys.remove(&person).ok_or(VaultError::UnknownPerson(person))
    }

    /// The key of each of these persons, from the cache or the store; none where they are forgotten.
    async fn keys(
        &self,
        persons: impl Iterator<Item = PersonId>,
    ) -> Result<HashMap<PersonId, Option<PersonKey>>, VaultError> {
        let asked_at = Instant::now();
        let persons: HashSet<PersonId> = persons.collect();
        let mut keys = HashMap::with_capacity(persons.len());
        let mut missing = Vec::new();
        {
            let cache = self.cache();
            for person in persons {
                match cache.get(person, asked_at) {
                    Some(key) => drop(keys.insert(person, key)),
                    None => missing.push(person),
                }
            }
        }
        for batch in missing.chunks(BATCH_LIMIT) {
            let asked_at = Instant::now();
            for (person, wrapped) in self.store.keys(batch).await? {
                let key = wrapped.map(|wrapped| self.unwrap(person, &wrapped)).transpose()?;
                self.cache().put(person, key.clone(), asked_at);
                keys.insert(person, key);
            }
        }
        for unknown in missing {
            if !keys.contains_key(&unknown) && !self.after_loss {
                return Err(VaultError::UnknownPerson(unknown));
            }
            keys.entry(unknown).or_insert(None);
        }
        Ok(keys)
    }

    fn cache(&self) -> MutexGuard<'_, KeyCache> {
        // A panic while the map was locked leaves at worst a missing entry, which is asked for again.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

fn new_id() -> Result<String, VaultError> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(VaultError::Random)?;
    Ok(uuid::Builder::from_random_bytes(id).into_uuid().to_string())
}

fn open_with_key(key: &PersonKey, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
    seal::reopen(key, sealed.person.0.as_bytes(), &sealed.bytes)
        .and_then(seal::unpad)
        .ok_or(VaultError::Tampered(sealed.person))
}

#[cfg(test)]
mod tests;
