//! Drafts: what somebody has typed and not sent yet, sealed beside their key, so that forgetting them forgets it too.

use super::Vault;
use crate::{
    VaultError,
    seal::{self, PLAINTEXT_LIMIT},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use kernel::{Instant, PersonId};

/// How long a draft is kept after it was last changed: personal data is not for lying about.
pub const DRAFT_KEPT: std::time::Duration = std::time::Duration::from_secs(90 * 24 * 3_600);

impl Vault {
    /// Keeps a draft under this name in place of the one before. Drafts that nobody touched for [`DRAFT_KEPT`] go.
    ///
    /// # Errors
    /// [`VaultError::Forgotten`], [`VaultError::UnknownPerson`], [`VaultError::TooLong`], or what the store said.
    pub async fn keep_draft(&self, person: PersonId, name: &str, plain: &[u8], at: Instant) -> Result<(), VaultError> {
        if plain.len() > PLAINTEXT_LIMIT {
            return Err(VaultError::TooLong { length: plain.len(), limit: PLAINTEXT_LIMIT });
        }
        let key = self.key(person).await?.ok_or(VaultError::Forgotten(person))?;
        let sealed = seal::close(&key, &context(person, name), &seal::pad(plain))?;
        if !self.store.keep_draft(person, name, &STANDARD_NO_PAD.encode(sealed), at).await? {
            return Err(VaultError::Forgotten(person));
        }
        let kept = i64::try_from(DRAFT_KEPT.as_micros()).unwrap_or(i64::MAX);
        self.store.drop_drafts_before(at.0.saturating_sub(kept)).await
    }

    /// The draft of this name, if there is one.
    ///
    /// # Errors
    /// [`VaultError::Tampered`] where it is not as it was kept, [`VaultError::UnknownPerson`], or what the store said.
    pub async fn draft(&self, person: PersonId, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        let Some(sealed) = self.store.draft(person, name).await? else { return Ok(None) };
        let Some(key) = self.key(person).await? else { return Ok(None) };
        let bytes = STANDARD_NO_PAD.decode(sealed).ok();
        let plain = bytes.and_then(|bytes| seal::reopen(&key, &context(person, name), &bytes)).and_then(seal::unpad);
        plain.map(Some).ok_or(VaultError::Tampered(person))
    }

    /// The names of a person's drafts, the last changed first, with the time of that.
    ///
    /// # Errors
    /// What the store said.
    pub async fn drafts(&self, person: PersonId) -> Result<Vec<(String, Instant)>, VaultError> {
        let drafts = self.store.drafts(person).await?;
        Ok(drafts.into_iter().map(|(name, at)| (name, Instant(at))).collect())
    }

    /// Deletes a draft; one that is not there is none the less.
    ///
    /// # Errors
    /// What the store said.
    pub async fn drop_draft(&self, person: PersonId, name: &str) -> Result<(), VaultError> {
        self.store.drop_draft(person, name).await
    }
}

/// A draft opens only as this person's and under its name.
fn context(person: PersonId, name: &str) -> Vec<u8> {
    [person.0.as_bytes().as_slice(), b"draft:", name.as_bytes()].concat()
}
