//! Who acts, and over which channel.

use crate::{DepartmentId, DistrictId, PersonId, RoleId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::{fmt, str::FromStr};

/// Who sent a command, as their token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The person, by pseudonym. Services act as [`Actor::clock`].
    pub person: PersonId,
    /// The role they act in.
    pub role: RoleId,
    /// The department that gave them the role; citizens have none.
    pub department: Option<DepartmentId>,
    /// Where the role holds.
    pub districts: Districts,
}

impl Actor {
    /// The registrar itself, when time passes.
    #[must_use]
    pub fn clock() -> Actor {
        Actor {
            person: PersonId(uuid::Uuid::nil()),
            role: RoleId::from_str("clock").expect("a valid role"),
            department: None,
            districts: Districts::ALL,
        }
    }
}

/// A set of districts, one bit each; district 0 (the whole city) is in every set.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Districts(u64);

impl Districts {
    /// Every district there is.
    pub const ALL: Districts = Districts(u64::MAX);

    /// Whether the role holds there.
    #[must_use]
    pub fn contains(self, district: DistrictId) -> bool {
        district.0 == 0 || (district.0 < 64 && self.0 >> district.0 & 1 == 1)
    }
}
impl FromIterator<DistrictId> for Districts {
    fn from_iter<T: IntoIterator<Item = DistrictId>>(districts: T) -> Districts {
        Districts(districts.into_iter().filter(|d| d.0 < 64).fold(0, |set, d| set | 1 << d.0))
    }
}

/// How a command reached the city (`online`, `phone`, `137`, `office`, or an imported log's own word).
///
/// Which channels a service offers, until when, and which of them mean that somebody had to come in, is data of its
/// procedure.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct Channel(SmolStr);

/// Why a text is not a channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a channel must be 1 to 40 printable characters")]
pub struct InvalidChannel;

impl Channel {
    /// Over the web, the default of the API.
    pub const ONLINE: Channel = Channel(SmolStr::new_static("online"));
    /// Between services of the city.
    pub const SYSTEM: Channel = Channel(SmolStr::new_static("system"));

    /// The channel as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl TryFrom<SmolStr> for Channel {
    type Error = InvalidChannel;
    fn try_from(text: SmolStr) -> Result<Channel, InvalidChannel> {
        let length = text.chars().count();
        if (1..=40).contains(&length) && text.trim() == text && !text.chars().any(crate::text::is_unsafe) {
            return Ok(Channel(text));
        }
        Err(InvalidChannel)
    }
}
impl FromStr for Channel {
    type Err = InvalidChannel;
    fn from_str(text: &str) -> Result<Channel, InvalidChannel> {
        SmolStr::new(text.trim()).try_into()
    }
}
impl From<Channel> for SmolStr {
    fn from(channel: Channel) -> SmolStr {
        channel.0
    }
}
impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_holds_in_its_districts_and_for_the_whole_city() {
        let districts: Districts = [DistrictId(3), DistrictId(15), DistrictId(200)].into_iter().collect();
        let inside: Vec<u8> = (0..=255).filter(|n| districts.contains(DistrictId(*n))).collect();
        assert_eq!(inside, [0, 3, 15]);
        assert!(Districts::ALL.contains(DistrictId(63)) && !Districts::ALL.contains(DistrictId(64)));
    }

    #[test]
    fn channels_are_short_and_printable() {
        assert_eq!(" 137 ".parse::<Channel>().map(|channel| channel.to_string()).as_deref(), Ok("137"));
        assert_eq!("e-mail".parse::<Channel>().unwrap().as_str(), "e-mail");
        for text in ["", "  ", "a\nb", "a\u{202e}b", &"x".repeat(41)] {
            assert_eq!(text.parse::<Channel>(), Err(InvalidChannel), "{text:?}");
        }
        let forged = postcard::to_stdvec("a\0b").unwrap();
        assert!(postcard::from_bytes::<Channel>(&forged).is_err());
    }

    #[test]
    fn an_actor_travels_as_postcard() {
        let stored = postcard::to_stdvec(&Actor::clock()).unwrap();
        assert_eq!(postcard::from_bytes(&stored), Ok(Actor::clock()));
    }
}
