//! The rollback guard's memory: the last durable head, in a small file of the registrar's own.
//!
//! The file has two slots that are written in turn, each with a checksum, so a torn write costs one block of memory and
//! never the file. It only ever goes forward: whoever opens it compares the stream with it first.

use crate::error::RegistrarError;
use kernel::{Height, Position};
use ledger::{Hash, Head};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SLOT: usize = 8 + 8 + 32 + 32;
/// A lost second of memory weakens the guard by a second; a sync of each write would double the cost of a block.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// The open file.
#[derive(Debug)]
pub(crate) struct Guard {
    file: Arc<File>,
    path: PathBuf,
    kept: Option<Head>,
    synced: Instant,
}

impl Guard {
    /// Opens the file, making it and its folder when they are not there.
    pub(crate) fn open(path: &Path) -> Result<Guard, RegistrarError> {
        let failed = |operation| move |source| RegistrarError::File { operation, path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed("create the folder of"))?;
        }
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = options.map_err(failed("open"))?;
        let mut bytes = [0; 2 * SLOT];
        let length = usize::try_from(file.metadata().map_err(failed("read"))?.len()).unwrap_or(usize::MAX);
        file.read_exact_at(&mut bytes[..length.min(2 * SLOT)], 0).map_err(failed("read"))?;
        let (slots, _) = bytes.as_chunks::<SLOT>();
        let kept = slots.iter().filter_map(decode).max_by_key(|head| head.height);
        if kept.is_none() && bytes.iter().any(|byte| *byte != 0) {
            let source = std::io::Error::new(std::io::ErrorKind::InvalidData, "neither copy of the last head is whole");
            return Err(failed("trust")(source));
        }
        Ok(Guard { file: Arc::new(file), path: path.to_owned(), kept, synced: Instant::now() })
    }

    /// The newest head that was kept.
    pub(crate) fn kept(&self) -> Option<Head> {
        self.kept
    }

    /// Keeps a durable head. Never one that is older than what is kept.
    pub(crate) fn keep(&mut self, head: Head) -> Result<(), RegistrarError> {
        if self.kept.is_some_and(|kept| kept.height >= head.height) {
            return Ok(());
        }
        let slot = head.height.0 % 2 * SLOT as u64;
        self.file.write_all_at(&encode(&head), slot).map_err(|error| self.failed("write", error))?;
        self.kept = Some(head);
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
        std::fs::write(&path, &bytes).unwrap();
        assert!(Guard::open(&path).is_err(), "a wholly damaged memory is not forgotten silently");
    }
}
