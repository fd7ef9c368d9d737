//! The keys of an installation: the vault's master key and the key that signs tokens, made on the first start.

use crate::{
    config::Config,
    nats::{NatsError, write_private},
};
use gateway::tokens::{Keys, Signer};
use std::path::{Path, PathBuf};
use vault::MasterKey;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key file cannot be read.
    #[error("cannot read the key {}; without it what it protects stays closed", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key is not what it should be.
    #[error("{what} is not a valid key")]
    Invalid {
        /// Which.
        what: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A key cannot be made or kept.
    #[error("cannot make the key {}", path.display())]
    Make {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

fn folder(config: &Config) -> PathBuf {
    config.data.join("keys")
}

/// The vault's master key: from the environment, else from its file, which is made where it may be.
///
/// # Errors
/// When it is missing and may not be made, or is not valid.
pub fn master(config: &Config) -> Result<MasterKey, KeyError> {
    if let Some(secret) = &config.master_key {
        let invalid = |source| KeyError::Invalid { what: "DAFTAR_MASTER_KEY".to_owned(), source: Box::new(source) };
        return MasterKey::parse(&secret.0).map_err(invalid);
    }
    let path = folder(config).join("master.key");
    let make = || MasterKey::generate().map(|key| key.to_text().to_string());
    let text = read_or_make(&path, make)?;
    let invalid = |source| KeyError::Invalid { what: path.display().to_string(), source: Box::new(source) };
    MasterKey::parse(text.trim()).map_err(invalid)
}

/// The key that signs tokens, and beside it the JWKS file that checks them.
///
/// # Errors
/// When it cannot be read or made.
pub fn signer(config: &Config) -> Result<Signer, KeyError> {
    let path = folder(config).join("tokens.key");
    let text = read_or_make(&path, || Signer::generate().map(|signer| signer.to_jwk().to_string()))?;
    let invalid = |source| KeyError::Invalid { what: path.display().to_string(), source: Box::new(source) };
    let signer = Signer::parse_jwk(text.trim()).map_err(invalid)?;
    let jwks = jwks_file(config);
    if !jwks.exists() {
        write(&jwks, &signer.to_jwks())?;
    }
    Ok(signer)
}

/// The public keys that tokens are checked with.
///
/// # Errors
/// When the JWKS file cannot be read.
pub fn token_keys(config: &Config) -> Result<Keys, KeyError> {
    let path = jwks_file(config);
    let text = std::fs::read_to_string(&path).map_err(|source| KeyError::Read { path: path.clone(), source })?;
    let invalid = |source| KeyError::Invalid { what: path.display().to_string(), source: Box::new(source) };
    Keys::parse_jwks(&text).map_err(invalid)
}

fn jwks_file(config: &Config) -> PathBuf {
    folder(config).join("jwks.json")
}

fn read_or_make<E: std::error::Error + Send + Sync + 'static>(
    path: &Path,
    make: impl FnOnce() -> Result<String, E>,
) -> Result<String, KeyError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let failed = |source| KeyError::Make { path: path.to_owned(), source: Box::new(source) };
            let text = make().map_err(failed)?;
            write(path, &text)?;
            Ok(text)
        }
        Err(source) => Err(KeyError::Read { path: path.to_owned(), source }),
    }
}

fn write(path: &Path, text: &str) -> Result<(), KeyError> {
    let failed = |source: NatsError| KeyError::Make { path: path.to_owned(), source: Box::new(source) };
    if let Some(parent) = path.parent() {
        let made = std::fs::create_dir_all(parent);
        made.map_err(|source| KeyError::Make { path: path.to_owned(), source: Box::new(source) })?;
    }
    write_private(path, text).map_err(failed)
}
