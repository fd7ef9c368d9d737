//! Sealed columns: how a sealed field stands in a table, and who opens it for the table's clear side table.

use futures::future::BoxFuture;
use kernel::{PersonId, Sealed};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A sealed field as it stands in a table: `<person>:<hex>`, the bytes of the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SealedText(pub Sealed);

/// A sealed column does not hold `<person>:<hex>`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a sealed field must be a person's id, a colon and hexadecimal digits")]
pub struct NotSealed;

impl From<Sealed> for SealedText {
    fn from(sealed: Sealed) -> SealedText {
        SealedText(sealed)
    }
}
impl From<&Sealed> for SealedText {
    fn from(sealed: &Sealed) -> SealedText {
        SealedText(sealed.clone())
    }
}
impl fmt::Display for SealedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.person, crate::hex::encode(&self.0.bytes))
    }
}
impl From<SealedText> for String {
    fn from(sealed: SealedText) -> String {
        sealed.to_string()
    }
}
impl FromStr for SealedText {
    type Err = NotSealed;
    fn from_str(text: &str) -> Result<SealedText, NotSealed> {
        let (person, bytes) = text.split_once(':').ok_or(NotSealed)?;
        let person: PersonId = person.parse().map_err(|_| NotSealed)?;
        let bytes = crate::hex::decode(bytes).ok_or(NotSealed)?;
        Ok(SealedText(Sealed { person, bytes }))
    }
}
impl TryFrom<String> for SealedText {
    type Error = NotSealed;
    fn try_from(text: String) -> Result<SealedText, NotSealed> {
        text.parse()
    }
}

/// Opens sealed fields for the clear side tables; the vault, in production.
pub trait Opener: Send + Sync + 'static {
    /// Of each its clear text, in order, or `None` where the person has been forgotten.
    fn open_all<'a>(&'a self, sealed: &'a [Sealed]) -> BoxFuture<'a, Result<Vec<Option<String>>, OpenError>>;
}

/// Opens nothing: what an auditor, who has no keys, rebuilds with.
#[derive(Debug, Clone, Copy)]
pub struct NoOpener;

impl Opener for NoOpener {
    fn open_all<'a>(&'a self, sealed: &'a [Sealed]) -> BoxFuture<'a, Result<Vec<Option<String>>, OpenError>> {
        Box::pin(std::future::ready(Ok(vec![None; sealed.len()])))
    }
}

/// The vault did not answer; tried again later.
#[derive(Debug, thiserror::Error)]
#[error("a sealed field could not be opened")]
pub struct OpenError(#[source] pub Box<dyn std::error::Error + Send + Sync>);
