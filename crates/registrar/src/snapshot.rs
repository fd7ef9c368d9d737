//! The registrar's state in a file, so that a start need not replay the whole register.
//!
//! Layout: magic, format, the domain's snapshot version; then chain, answers and domain state, each after its length
//! (u64, little-endian); then SHA-256 of all before. A snapshot that this build cannot use is ignored: the register has it
//! all. One that it can use says which block was durable, and the stream must have that block.

use crate::answers::{Answers, Records};
use crate::error::RegistrarError;
use crate::state::State;
use kernel::Register;
use ledger::{Chain, Head};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Write;
use std::path::Path;

const MAGIC: [u8; 8] = *b"DAFTARSN";
const FORMAT: u32 = 2;
const HASH: usize = 32;

/// The state as it stands now, to be made the bytes of a snapshot, without its checksum, while commands go on: they wait
/// for this call and not for what it returns.
pub(crate) fn share<R: Register>(state: &State<R>) -> impl FnOnce() -> Vec<u8> + Send + 'static {
    let chain = postcard::to_stdvec(&state.chain).expect("a chain always serializes");
    let (answers, domain) = (state.answers.shared(), state.register.save());
    move || encode::<R>(&chain, &answers, domain)
}

fn encode<R: Register>(chain: &[u8], answers: &Records, domain: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&R::SNAPSHOT_VERSION.to_le_bytes());
    section(&mut bytes, |bytes| bytes.extend_from_slice(chain));
    section(&mut bytes, |bytes| answers.save(bytes));
    let domain = domain();
    section(&mut bytes, |bytes| bytes.extend_from_slice(&domain));
    bytes
}

fn section(bytes: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let at = bytes.len();
    bytes.extend_from_slice(&[0; 8]);
    fill(bytes);
    let length = (bytes.len() - at - 8) as u64;
    bytes[at..at + 8].copy_from_slice(&length.to_le_bytes());
}

/// Writes a snapshot beside the old one and puts it in its place, whole or not at all. Blocks.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), RegistrarError> {
    let failed = |operation| move |source| RegistrarError::File { operation, path: path.to_owned(), source };
    let beside = path.with_extension("snapshot.new");
    let mut file = File::create(&beside).map_err(failed("write a new file beside"))?;
    file.write_all(bytes).map_err(failed("write a new file beside"))?;
    file.write_all(&Sha256::digest(bytes)).map_err(failed("write a new file beside"))?;
    file.sync_all().map_err(failed("sync"))?;
    std::fs::rename(&beside, path).map_err(failed("replace"))?;
    match path.parent() {
        Some(folder) => File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("sync the folder of")),
        None => Ok(()),
    }
}

/// Reads a snapshot; nothing when there is none, or none that this build can use. Blocks.
pub(crate) fn read<R: Register>(path: &Path, empty: &Chain) -> Option<State<R>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "the snapshot cannot be read; replaying the register");
            return None;
        }
    };
    match decode(&bytes, empty) {
        Ok(state) => Some(state),
        Err(why) => {
            tracing::warn!(path = %path.display(), why, "the snapshot is not used; replaying the register");
            None
        }
    }
}

fn decode<R: Register>(bytes: &[u8], empty: &Chain) -> Result<State<R>, &'static str> {
    let (content, check) = bytes.split_at_checked(bytes.len().saturating_sub(HASH)).ok_or("it is too short")?;
    if Sha256::digest(content).as_slice() != check {
        return Err("its checksum is wrong");
    }
    let (head, rest) = content.split_first_chunk::<16>().ok_or("it is too short")?;
    if head[..8] != MAGIC || head[8..12] != FORMAT.to_le_bytes() {
        return Err("it is of another format");
    }
    if head[12..] != R::SNAPSHOT_VERSION.to_le_bytes() {
        return Err("it is of another version of the domain");
    }
    let (chain, rest) = take(rest).ok_or("it is cut")?;
    let (answers, rest) = take(rest).ok_or("it is cut")?;
    let (domain, _) = take(rest).ok_or("it is cut")?;
    let chain: Chain = postcard::from_bytes(chain).map_err(|_| "its chain does not decode")?;
    if !chain.is_sound() || chain.city() != empty.city() || chain.register() != empty.register() {
        return Err("it is of another register");
    }
    let answers = Answers::restore(answers, chain.head().next).ok_or("its answers do not decode")?;
    let register = R::restore(domain).map_err(|_| "its state does not decode")?;
    Ok(State { register, chain, answers })
}

fn take(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
}

/// When the next snapshot is due.
#[derive(Debug)]
pub(crate) struct Schedule {
    events: u64,
}

/// With this many new events a snapshot is worth a quiet moment,
const WORTH_EVENTS: u64 = 10_000;
/// and with this many it does not wait for one.
const DUE_EVENTS: u64 = 250_000;

impl Schedule {
    pub(crate) fn after(snapshot: Head) -> Schedule {
        Schedule { events: snapshot.next.0 }
    }
    pub(crate) fn written(&mut self, head: Head) {
        self.events = head.next.0;
    }
    pub(crate) fn is_due(&self, head: Head, quiet: bool) -> bool {
        let new = head.next.0 - self.events;
        new >= DUE_EVENTS || (quiet && new >= WORTH_EVENTS)
    }
    pub(crate) fn has_news(&self, head: Head) -> bool {
        head.next.0 > self.events
    }
}
