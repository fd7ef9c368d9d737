//! The read-side engine: pure folds of a register's events, and the one writer of their rows into SQLite or Postgres.
//!
//! A [`ReadModel`] says which rows an event touches and how a row changes; a [`Department`] is the read models of one
//! schema or file. [`Projector`] keeps them up to date, [`rebuild()`] makes them anew beside the live ones, [`retry()`]
//! replays a case that was parked, [`Reader`] serves queries and `?after=`, [`diff`] compares row by row.
//!
//! No read model does I/O here, and nothing but the database's rows and the register's blocks decides what is written.

mod after;
mod batch;
mod builder;
mod cells;
mod changes;
mod clear;
mod compare;
mod department;
mod error;
mod feed;
mod fold;
mod folder;
mod hex;
mod key;
mod metrics;
mod model;
mod projector;
mod reader;
mod rebuild;
mod retry;
mod sealed;
mod source;
mod store;
mod table;
mod texts;

pub use cells::Misfit;
pub use changes::Unwritable;
pub use compare::{DIFFERENCES_NAMED, Difference, Differences, Snapshot, TableHash, diff};
pub use department::{Department, Limits};
pub use error::ProjectionError;
pub use hex::encode as to_hex;
pub use key::{Key, Value};
pub use metrics::Metrics;
pub use model::{ReadModel, Recorded, Unfoldable};
pub use projector::{Clock, Projector, Setup};
pub use reader::Reader;
pub use rebuild::{Rebuilt, rebuild, rebuild_all};
pub use retry::{ParkedCase, Retried, parked_cases, retry};
pub use sealed::{NoOpener, NotSealed, OpenError, Opener, SealedText};
pub use source::{BlockSource, Blocks, SourceError};
pub use store::{Database, StoreError};
pub use table::{Class, Column, Kind, Table};
