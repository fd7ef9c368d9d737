//! Documents: streamed in, sealed, content-addressed; sniffed, limited and previewed.
//!
//! A document belongs to one person, whose key in the vault closes the random key that its content is sealed with: once the
//! person is forgotten, no document of theirs opens again. It is addressed by the SHA-256 of its clear content, and stored
//! under a keyed hash of person, matter and SHA-256, so that nobody who sees the storage learns whose a document is, or whether two
//! people have the same one. Content goes through in chunks: an upload of any size takes the same memory.

mod chunks;
mod dimensions;
mod incoming;
mod inspect;
mod kind;
mod place;
mod preview;
mod render;
mod shelf;
mod store;
mod turns;
mod unfit;
mod worker;

pub use dimensions::{MAX_PIXELS, MAX_SIDE};
pub use inspect::HEAD;
pub use kind::Kind;
pub use place::{Place, S3};
pub use preview::{MAX_PAGES, Preview};
pub use render::Picture;
pub use shelf::Shelf;
pub use store::{Content, CopyError, OpenError, PutError, ReadError, Store, Stored};
pub use unfit::Unfit;
pub use worker::{Worker, work};

/// The most bytes of a document.
pub const MAX_SIZE: u64 = 128 * 1024 * 1024;
