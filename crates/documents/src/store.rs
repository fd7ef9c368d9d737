//! Putting documents in and getting them back.

use crate::{
    HEAD, Kind, Place, Shelf, Unfit, Worker,
    chunks::{self, Key, Opener, Sealer},
    incoming::Incoming,
    inspect::{self, Inspector},
    preview::AT_ONCE,
};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use kernel::{PersonId, Sealed};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use sha2::{Digest, Sha256};
use std::{pin::pin, sync::Arc};
use tokio::sync::Semaphore;
use vault::{MacKey, Vault, VaultError};
use zeroize::Zeroizing;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How an object begins: the format, then the length of the sealed key and that key, then chunks.
const FORMAT: &[u8] = b"daftar-document-1\n";
/// What the addresses' key is derived for.
const ADDRESSES: &str = "document-addresses";

/// Why the documents cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made.
    #[error("cannot make the folder {}", path.display())]
    Folder {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The settings do not make a storage.
    #[error("the storage of documents cannot be used")]
    Storage(#[source] object_store::Error),
}

/// Why a document was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// It is nothing that is taken.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// It did not come to its end.
    #[error("the upload broke off")]
    Upload(#[source] BoxError),
    /// The storage failed.
    #[error("the storage of documents failed")]
    Storage(#[source] object_store::Error),
    /// The key could not be sealed.
    #[error("the document's key cannot be sealed")]
    Vault(#[source] VaultError),
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes")]
    Random(#[source] getrandom::Error),
}

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The storage failed.
    #[error("the storage of documents failed")]
    Storage(#[source] object_store::Error),
    /// The key could not be opened.
    #[error("the document's key cannot be opened")]
    Vault(#[source] VaultError),
    /// It is not as it was stored.
    #[error("a stored document is damaged")]
    Damaged,
}

/// Why a document was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It could not be put.
    #[error(transparent)]
    Put(#[from] PutError),
}

/// A document that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// The SHA-256 of its content, by which registers name it.
    pub sha256: [u8; 32],
    /// Bytes.
    pub size: u64,
    /// What it is.
    pub kind: Kind,
}

/// A document that is being read.
pub struct Content {
    /// What it is.
    pub kind: Kind,
    /// Bytes.
    pub size: u64,
    /// Its clear content. The last piece comes only when all of it has the SHA-256 that was asked for.
    pub stream: BoxStream<'static, Result<Bytes, ReadError>>,
}

/// The documents of a city.
#[derive(Clone)]
pub struct Store {
    storage: Arc<dyn ObjectStore>,
    place: Place,
    vault: Arc<Vault>,
    addresses: MacKey,
    pub(crate) worker: Arc<Worker>,
    pub(crate) turns: Arc<Semaphore>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the place where documents are kept.
    ///
    /// # Errors
    /// When the folder cannot be made, or the settings make no storage.
    pub fn open(place: Place, vault: Arc<Vault>) -> Result<Store, OpenError> {
        let storage = place.open()?;
        let addresses = vault.mac_key(ADDRESSES);
        let (worker, turns) = (Arc::new(Worker::Here), Arc::new(Semaphore::new(AT_ONCE)));
        Ok(Store { storage, place, vault, addresses, worker, turns })
    }

    /// Has previews drawn by another than this process.
    #[must_use]
    pub fn drawn_by(self, worker: Worker) -> Store {
        Store { worker: Arc::new(worker), ..self }
    }

    /// Takes a document to its end, onto a person's own shelf or a matter's. The same content is kept there once. What
    /// fails or is dropped half-way leaves nothing behind.
    ///
    /// `declared` is what the sender says it is.
    ///
    /// # Errors
    /// [`PutError::Unfit`] where it is nothing that is taken; else what failed.
    pub async fn put<E: Into<BoxError>>(
        &self,
        shelf: impl Into<Shelf>,
        declared: Option<Kind>,
        content: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Stored, PutError> {
        let shelf = shelf.into();
        let mut content = pin!(content.map_err(|error| PutError::Upload(error.into())));
        let head = head(&mut content).await?;
        let kind = inspect::judge(&head, declared)?;
        let (mut inspector, mut hash) = (Inspector::new(kind, &head), Sha256::new());
        let (header, key) = self.header(shelf.owner, kind).await?;
        let mut sealer = Sealer::new(&key);
        let mut incoming = Incoming::begin(&self.storage, self.place.part()).await.map_err(PutError::Storage)?;
        incoming.write(&header).await.map_err(PutError::Storage)?;
        let mut next = Some(Bytes::from(head));
        while let Some(bytes) = next {
            inspector.push(&bytes)?;
            hash.update(&bytes);
            // A piece may be as large as the sender's client makes it; the storage may be slower than the sender.
            for piece in bytes.chunks(chunks::CHUNK) {
                let mut full = None;
                sealer.push(piece, &mut |chunk| full = Some(chunk.to_vec()));
                if let Some(chunk) = full {
                    incoming.write(&chunk).await.map_err(PutError::Storage)?;
                }
            }
            next = content.try_next().await?;
        }
        let size = inspector.finish()?;
        incoming.write(&sealer.finish()).await.map_err(PutError::Storage)?;
        let sha256: [u8; 32] = hash.finalize().into();
        let address = self.address(&shelf, &sha256);
        // Over an older copy of the same content, if there is one: either opens.
        incoming.finish(&address).await.map_err(PutError::Storage)?;
        Ok(Stored { sha256, size, kind })
    }

    /// The document of a shelf with this SHA-256 of its content; nothing where there is none, or its owner is forgotten.
    ///
    /// # Errors
    /// When storage or vault fail, or the object is damaged.
    pub async fn get(&self, shelf: impl Into<Shelf>, sha256: &[u8; 32]) -> Result<Option<Content>, ReadError> {
        let shelf = shelf.into();
        self.open_at(shelf.owner, &self.address(&shelf, sha256), Some(*sha256)).await
    }

    /// Opens an object, whose clear content must have this hash where one is given.
    pub(crate) async fn open_at(
        &self,
        owner: PersonId,
        place: &Path,
        sha256: Option<[u8; 32]>,
    ) -> Result<Option<Content>, ReadError> {
        let found = match self.storage.get(place).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(ReadError::Storage)?,
        };
        let length = found.meta.size;
        let mut sealed = found.into_stream();
        let mut start = Vec::new();
        let (bytes, header_length) = loop {
            if let Some(parsed) = parse(&start)? {
                break parsed;
            }
            let more = sealed.try_next().await.map_err(ReadError::Storage)?.ok_or(ReadError::Damaged)?;
            start.extend_from_slice(&more);
        };
        let key = Sealed { person: owner, bytes };
        let opened = self.vault.open_sealed(&key).await.map_err(ReadError::Vault)?;
        let Some(opened) = opened.map(Zeroizing::new) else { return Ok(None) };
        let (key, code) = opened.split_first_chunk::<32>().ok_or(ReadError::Damaged)?;
        let kind = code.first().and_then(|code| Kind::of_code(*code)).ok_or(ReadError::Damaged)?;
        let size = chunks::clear_length(length.saturating_sub(header_length as u64));
        let rest = Bytes::from(start.split_off(header_length));
        let sealed = futures::stream::once(async { Ok(rest) }).chain(sealed).boxed();
        let opener = Opener::new(&Zeroizing::new(*key));
        Ok(Some(Content { kind, size, stream: opening(sealed, opener, sha256) }))
    }

    /// Seals a small object whole.
    pub(crate) async fn put_at(&self, owner: PersonId, place: &Path, kind: Kind, clear: &[u8]) -> Result<(), PutError> {
        let (mut object, key) = self.header(owner, kind).await?;
        let mut sealer = Sealer::new(&key);
        sealer.push(clear, &mut |chunk| object.extend_from_slice(chunk));
        object.extend(sealer.finish());
        self.storage.put(place, object.into()).await.map(drop).map_err(PutError::Storage)
    }

    /// Puts one person's own document onto a shelf as well, sealed under that shelf's owner. Nothing happens where there is
    /// no such document.
    ///
    /// # Errors
    /// When it cannot be read or put.
    pub async fn copy(&self, from: PersonId, to: &Shelf, sha256: &[u8; 32]) -> Result<(), CopyError> {
        let Some(Content { kind, stream, .. }) = self.get(from, sha256).await? else { return Ok(()) };
        self.put(to.clone(), Some(kind), stream).await?;
        Ok(())
    }

    /// Removes a document and what was drawn of it from a person's own shelf, if it is there. Matters keep theirs.
    ///
    /// # Errors
    /// When the storage fails.
    pub async fn discard(&self, owner: PersonId, sha256: &[u8; 32]) -> Result<(), ReadError> {
        let own = Shelf::from(owner);
        self.remove_previews(&own, sha256).await?;
        self.remove(&self.address(&own, sha256)).await
    }

    /// Removes an object, if it is there.
    pub(crate) async fn remove(&self, place: &Path) -> Result<(), ReadError> {
        match self.storage.delete(place).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(ReadError::Storage(error)),
        }
    }

    /// Removes everything of this person. Once the vault forgot them nothing of it opens anyway; this frees the space.
    ///
    /// # Errors
    /// When the storage fails.
    pub async fn forget(&self, owner: PersonId) -> Result<(), ReadError> {
        let all = self.storage.list(Some(&self.folder(owner))).map_ok(|object| object.location).boxed();
        let removed = self.storage.delete_stream(all).try_collect::<Vec<_>>().await;
        removed.map(drop).map_err(ReadError::Storage)
    }

    /// Removes what killed processes left half-written more than a day ago.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn sweep(&self, now: std::time::SystemTime) -> std::io::Result<usize> {
        self.place.sweep(now)
    }

    /// A new key, and the header with it sealed.
    async fn header(&self, owner: PersonId, kind: Kind) -> Result<(Vec<u8>, Key), PutError> {
        let mut key = Key::default();
        getrandom::fill(key.as_mut()).map_err(PutError::Random)?;
        let plain = Zeroizing::new([key.as_slice(), &[kind.code()]].concat());
        let sealed = self.vault.seal(owner, &plain).await.map_err(PutError::Vault)?.bytes;
        let length = u16::try_from(sealed.len()).expect("a sealed key has some hundred bytes").to_be_bytes();
        Ok(([FORMAT, &length, &sealed].concat(), key))
    }

    fn folder(&self, owner: PersonId) -> Path {
        Path::from(hex(&self.addresses.digest(&[b"person", owner.0.as_bytes()])[..16]))
    }

    fn address(&self, shelf: &Shelf, sha256: &[u8; 32]) -> Path {
        self.named(shelf.owner, &[b"document", shelf.owner.0.as_bytes(), shelf.matter.as_bytes(), sha256])
    }

    /// Where something of this person is, by what it is.
    pub(crate) fn named(&self, owner: PersonId, parts: &[&[u8]]) -> Path {
        self.folder(owner).join(hex(&self.addresses.digest(parts)))
    }
}

/// The first [`HEAD`] bytes, or all where there are fewer. What came with them beyond is kept too.
async fn head(content: &mut (impl Stream<Item = Result<Bytes, PutError>> + Unpin)) -> Result<Vec<u8>, PutError> {
    let mut head = Vec::new();
    while head.len() < HEAD
        && let Some(bytes) = content.try_next().await?
    {
        head.extend_from_slice(&bytes);
    }
    Ok(head)
}

/// The sealed key and the header's length, once enough of the object is there.
fn parse(start: &[u8]) -> Result<Option<(Vec<u8>, usize)>, ReadError> {
    let known = start.len().min(FORMAT.len());
    if start[..known] != FORMAT[..known] {
        return Err(ReadError::Damaged);
    }
    let Some((length, rest)) = start.get(FORMAT.len()..).and_then(|rest| rest.split_first_chunk::<2>()) else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes(*length));
    Ok(rest.get(..length).map(|sealed| (sealed.to_vec(), FORMAT.len() + 2 + length)))
}

/// Where the opening of a stream is.
enum Opening {
    Chunks(Opener, Sha256),
    Ended,
}

type Encrypted = BoxStream<'static, object_store::Result<Bytes>>;

/// Opens chunk by chunk. The last is given only when the whole has the hash by which it was asked for.
fn opening(
    sealed: Encrypted,
    opener: Opener,
    sha256: Option<[u8; 32]>,
) -> BoxStream<'static, Result<Bytes, ReadError>> {
    let state = (sealed, Opening::Chunks(opener, Sha256::new()));
    futures::stream::try_unfold(state, move |(mut sealed, opening)| async move {
        let Opening::Chunks(mut opener, mut hash) = opening else { return Ok(None) };
        loop {
            let Some(bytes) = sealed.try_next().await.map_err(ReadError::Storage)? else { break };
            let clear = opener.push(&bytes).map_err(|chunks::Tampered| ReadError::Damaged)?;
            if !clear.is_empty() {
                hash.update(&clear);
                return Ok(Some((Bytes::from(clear), (sealed, Opening::Chunks(opener, hash)))));
            }
        }
        let last = opener.finish().map_err(|chunks::Tampered| ReadError::Damaged)?;
        hash.update(&last);
        let whole: [u8; 32] = hash.finalize().into();
        if sha256.is_some_and(|sha256| whole != sha256) {
            return Err(ReadError::Damaged);
        }
        Ok(Some((Bytes::from(last), (sealed, Opening::Ended))))
    })
    .boxed()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(crate) mod tests;
