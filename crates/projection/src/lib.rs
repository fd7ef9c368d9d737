//! The read-side engine: fold, one table writer for two databases, checkpoint, rebuild, parking.

mod after;
mod department;
mod fold;
mod hex;
mod key;
mod model;
mod reader;
mod sealed;
mod store;
mod table;

pub use department::Department;
pub use key::{Key, Value};
pub use model::{ReadModel, Recorded, Unfoldable};
pub use reader::Reader;
pub use sealed::{NoOpener, NotSealed, OpenError, Opener, SealedText};
pub use store::{Database, StoreError};
pub use table::{Class, Column, Kind, Table};
