//! The rollback guard's memory: the last durable head, in a small file of the registrar's own.
//!
//! The file has two slots that are written in turn, each with a checksum, so a torn write costs one block of memory and
//! never the file. It is made with a head of no blocks in it, whole or not at all: one without a whole slot is damaged,
//! also when it is empty. It only ever goes forward: whoever opens it compares the stream with it first.

use crate::config::file;
use crate::error::RegistrarError;
use kernel::{CityId, Height, Position};
use ledger::{Hash, Head};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SLOT: usize = 8 + 8 + 32 + 32;
/// A lost second of memory weakens the guard by a second; a sync of each write would double the cost of a block.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// What somebody has to do who finds it so: the next start without the file goes by the snapshot and the stream alone.
const DAMAGED: &str = "neither copy of the last head is whole. Put back a copy of the file; where there is none, make sure \
                       that the stream is the newest (`daftar audit verify` prints its head), then remove the file";

/// The open file.
#[derive(Debug)]
pub(crate) struct Guard {
    file: Arc<File>,
    path: PathBuf,
    kept: Head,
    synced: Instant,
}

impl Guard {
    /// Opens the file, making it and its folder when they are not there.
    pub(crate) fn open(path: &Path) -> Result<Guard, RegistrarError> {
        let failed = |operation| move |source| RegistrarError::File { operation, path: path.to_owned(), source };
        make(path).map_err(failed("make"))?;
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(failed("open"))?;
        let kept = read(path, &file)?;
        Ok(Guard { file: Arc::new(file), path: path.to_owned(), kept, synced: Instant::now() })
    }

    /// The newest head that was kept; none before the first block.
    pub(crate) fn kept(&self) -> Option<Head> {
        (self.kept.height > Height(0)).then_some(self.kept)
    }

    /// Keeps a durable head. Never one that is older than what is kept.
    pub(crate) fn keep(&mut self, head: Head) -> Result<(), RegistrarError> {
        if self.kept.height >= head.height {
            return Ok(());
        }
        let slot = head.height.0 % 2 * SLOT as u64;
        self.file.write_all_at(&encode(&head), slot).map_err(|error| self.failed("write", error))?;
        self.kept = head;
        if self.synced.elapsed() >= SYNC_EVERY {
            self.synced = Instant::now();
            let file = Arc::clone(&self.file);
            // The result is not waited for: a disk that fails shows itself in the next write or in the log.
            tokio::task::spawn_blocking(move || file.sync_data());
        }
        Ok(())
    }

    /// Syncs what was kept.
    pub(crate) fn sync(&self) -> Result<(), RegistrarError> {
        self.file.sync_data().map_err(|error| self.failed("sync", error))
    }

    fn failed(&self, operation: &'static str, source: std::io::Error) -> RegistrarError {
        RegistrarError::File { operation, path: self.path.clone(), source }
    }
}

/// The newest whole head in the file.
fn read(path: &Path, file: &File) -> Result<Head, RegistrarError> {
    let failed = |operation| move |source| RegistrarError::File { operation, path: path.to_owned(), source };
    let mut bytes = [0; 2 * SLOT];
    let length = usize::try_from(file.metadata().map_err(failed("read"))?.len()).unwrap_or(usize::MAX);
    file.read_exact_at(&mut bytes[..length.min(2 * SLOT)], 0).map_err(failed("read"))?;
    let (slots, _) = bytes.as_chunks::<SLOT>();
    let kept = slots.iter().filter_map(decode).max_by_key(|head| head.height);
    kept.ok_or_else(|| failed("trust")(Error::new(ErrorKind::InvalidData, DAMAGED)))
}

/// The last head that the registrar of a register kept in this data folder; nothing where it never wrote.
///
/// # Errors
/// When the file is damaged or cannot be read.
pub fn kept_head(data: &Path, city: &CityId, register: &str) -> Result<Option<Head>, RegistrarError> {
    let path = file(data, city, register, "head");
    // Only read: whoever checks a register need not be able to write where its registrar does.
    match File::open(&path) {
        Ok(file) => Ok(Some(read(&path, &file)?).filter(|head| head.height > Height(0))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(RegistrarError::File { operation: "open", path, source }),
    }
}

/// Makes the file and its folder when they are not there. A file that is there stays: also one that another registrar
/// made at this moment.
fn make(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    if path.try_exists()? {
        return Ok(());
    }
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&encode(&Head { height: Height(0), next: Position(0), hash: [0; 32] }))?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => File::open(folder)?.sync_all(),
        Err(other) if other.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(other) => Err(other.error),
    }
}

fn encode(head: &Head) -> [u8; SLOT] {
    let mut slot = [0; SLOT];
    slot[..8].copy_from_slice(&head.height.0.to_le_bytes());
    slot[8..16].copy_from_slice(&head.next.0.to_le_bytes());
    slot[16..48].copy_from_slice(&head.hash);
    let check = Sha256::digest(&slot[..48]);
    slot[48..].copy_from_slice(&check);
    slot
}

fn decode(slot: &[u8; SLOT]) -> Option<Head> {
    let (height, rest) = slot.split_first_chunk()?;
    let (next, rest) = rest.split_first_chunk()?;
    let (hash, check): (&Hash, &[u8]) = rest.split_first_chunk()?;
    let whole = Sha256::digest(&slot[..48]).as_slice() == check;
    let (height, next) = (Height(u64::from_le_bytes(*height)), Position(u64::from_le_bytes(*next)));
    whole.then_some(Head { height, next, hash: *hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(height: u64) -> Head {
        Head { height: Height(height), next: Position(height * 3), hash: [height as u8; 32] }
    }

    #[tokio::test]
    async fn it_goes_forward_only_and_survives_a_torn_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registrar/isfahan-permits.head");
        assert_eq!(Guard::open(&path).unwrap().kept(), None);
        let mut guard = Guard::open(&path).unwrap();
        for height in 1..=8 {
            guard.keep(head(height)).unwrap();
        }
        guard.keep(head(3)).unwrap();
        guard.sync().unwrap();
        assert_eq!(Guard::open(&path).unwrap().kept(), Some(head(8)));

        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(Guard::open(&path).unwrap().kept(), Some(head(7)));
        bytes[SLOT + 20] ^= 1;
        for damaged in [&bytes[..], &bytes[..SLOT], &[0; 2 * SLOT], &[]] {
            std::fs::write(&path, damaged).unwrap();
            assert!(Guard::open(&path).is_err(), "a wholly damaged memory is not forgotten silently");
        }
    }
}
