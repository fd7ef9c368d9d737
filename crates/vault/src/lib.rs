//! Keys per person: seal, open, forget.
//!
//! A personal field enters a register only as [`kernel::Sealed`], closed under a key that belongs to one person. The
//! keys live here, wrapped by the city's master key, apart from every register. Forgetting a person deletes the key and
//! the only tie between the pseudonym and whoever it stood for; what the registers hold stays whole and unreadable.
//! Neither keys nor what they open ever reach an error, a log line or a `Debug` form.

mod cache;
mod error;
mod lookup;
mod master;
mod seal;
mod seal_key;
mod store;
mod vault;

pub use cache::{KEY_CACHE_LIMIT, KEY_CACHE_TIME};
pub use error::VaultError;
pub use lookup::Lookup;
pub use master::{InvalidMasterKey, MacKey, MasterKey};
pub use seal::{PAD_TO, PLAINTEXT_LIMIT};
pub use seal_key::SealKey;
pub use store::BATCH_LIMIT;
pub use vault::{DRAFT_KEPT, Vault};
