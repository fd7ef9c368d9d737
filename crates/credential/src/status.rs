//! Whether licences hold, as a Token Status List: two bits a licence, compressed, signed.

use crate::{jws, keys::Keys};
use flate2::{Compression, write::ZlibEncoder};
use kernel::Instant;
use serde_json::json;
use std::{collections::HashMap, fmt, io::Write as _, str::FromStr, time::Duration};

/// The bits of one status: three values are in use.
const BITS: usize = 2;
/// Statuses in a byte.
const IN_A_BYTE: usize = 8 / BITS;

/// How a licence stands (section 7.1 of the draft).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It holds.
    Valid = 0,
    /// It holds no more, or never did.
    Invalid = 1,
    /// It does not hold for now.
    Suspended = 2,
}

/// The statuses of a list, by index.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusList(Vec<u8>);

impl StatusList {
    /// A list of this many, with nothing valid in it: what was never issued does not hold.
    #[must_use]
    pub fn new(length: u32) -> StatusList {
        // Four times `Invalid`.
        StatusList(vec![0b0101_0101; (length as usize).div_ceil(IN_A_BYTE)])
    }

    /// Puts one down. An index behind the end is left out.
    pub fn set(&mut self, index: u32, status: Status) {
        let (byte, shift) = (index as usize / IN_A_BYTE, index as usize % IN_A_BYTE * BITS);
        if let Some(byte) = self.0.get_mut(byte) {
            *byte = *byte & !(0b11 << shift) | (status as u8) << shift;
        }
    }

    /// Compressed as in section 4.2.
    #[must_use]
    pub fn lst(&self) -> String {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        let compressed = encoder.write_all(&self.0).and_then(|()| encoder.finish());
        jws::encode(compressed.expect("memory takes every byte"))
    }
}

impl fmt::Debug for StatusList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusList({} bytes)", self.0.len())
    }
}

/// Which list: of the licences of a Jalali year, for holders after so many transfers. `1405`, `1405-1`.
///
/// A transferred licence holds, but what its former holder carries must not: each holder's credentials point to the list
/// of as many transfers as there had been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ListName {
    /// The year in which the licences were issued.
    pub year: u16,
    /// How often they had gone to another holder.
    pub transfers: u32,
}

impl ListName {
    /// The list's address under a city's.
    #[must_use]
    pub fn uri(self, issuer: &str) -> String {
        format!("{issuer}/status-lists/{self}")
    }
}

impl fmt::Display for ListName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.transfers {
            0 => write!(f, "{}", self.year),
            transfers => write!(f, "{}-{transfers}", self.year),
        }
    }
}

/// The text is not the name of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a status list is named like 1405 or 1405-1")]
pub struct InvalidListName;

impl FromStr for ListName {
    type Err = InvalidListName;

    fn from_str(text: &str) -> Result<ListName, InvalidListName> {
        let (year, transfers) = text.split_once('-').unwrap_or((text, "0"));
        let name = ListName {
            year: year.parse().map_err(|_| InvalidListName)?,
            transfers: transfers.parse().map_err(|_| InvalidListName)?,
        };
        // One list, one address.
        if name.to_string() == text { Ok(name) } else { Err(InvalidListName) }
    }
}

/// A list's token: where it is, as of when, and for how long it may be believed.
#[derive(Debug, Clone, Copy)]
pub struct StatusToken<'a> {
    /// The city's public address, at which its keys are found.
    pub issuer: &'a str,
    /// Which list.
    pub name: ListName,
    /// The moment that it speaks of.
    pub at: Instant,
    /// How long it may be believed at all.
    pub lifetime: Duration,
    /// After how long a newer one should be asked for.
    pub ttl: Duration,
}

impl StatusToken<'_> {
    /// What `Content-Type` says of it.
    pub const MEDIA_TYPE: &'static str = "application/statuslist+jwt";
    /// What the token's header says of it.
    pub const TYPE: &'static str = "statuslist+jwt";

    /// Signs it.
    #[must_use]
    pub fn sign(self, keys: &Keys, list: &StatusList) -> String {
        let issued = self.at.as_seconds();
        let claims = json!({
            "iss": self.issuer,
            "sub": self.name.uri(self.issuer),
            "iat": issued,
            "exp": issued.saturating_add(i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX)),
            "ttl": self.ttl.as_secs(),
            "status_list": { "bits": BITS, "lst": list.lst() },
        });
        keys.sign(StatusToken::TYPE, &claims)
    }
}

/// What can become of a licence that a list tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It stands like this from now on.
    Stands(Status),
    /// It went to another holder.
    Transferred,
}

/// How the licences of a year came to stand as they do.
#[derive(Debug, Default, Clone)]
pub struct History {
    changes: Vec<(u32, Instant, Change)>,
    /// How often each licence went to another holder, where it ever did.
    transfers: HashMap<u32, u32>,
}

impl History {
    /// Adds a change to the licence of this serial, which is its index. Changes come in the order of the register, with
    /// the moments at which it took them.
    pub fn push(&mut self, serial: u32, at: Instant, change: Change) {
        self.changes.push((serial, at, change));
        if change == Change::Transferred {
            *self.transfers.entry(serial).or_default() += 1;
        }
    }

    /// The list for holders after so many transfers, as it stood at a moment.
    #[must_use]
    pub fn list(&self, transfers: u32, at: Instant) -> StatusList {
        let known = || self.changes.iter().filter(|(_, then, _)| *then <= at);
        let length = known().map(|(serial, ..)| serial + 1).max().unwrap_or(0);
        let mut stand = vec![(Status::Invalid, 0); length as usize];
        for (serial, _, change) in known() {
            let (status, holders) = &mut stand[*serial as usize];
            match change {
                Change::Stands(now) => *status = *now,
                Change::Transferred => *holders += 1,
            }
        }
        let mut list = StatusList::new(length);
        for (index, (status, _)) in (0..length).zip(stand).filter(|(_, (_, holders))| *holders == transfers) {
            list.set(index, status);
        }
        list
    }

    /// How often the licence that went to other holders most often did.
    #[must_use]
    pub fn most_transfers(&self) -> u32 {
        self.transfers.values().copied().max().unwrap_or(0)
    }

    /// When the first licence was issued.
    #[must_use]
    pub fn begins(&self) -> Option<Instant> {
        self.changes.first().map(|(_, at, _)| *at)
    }
}
