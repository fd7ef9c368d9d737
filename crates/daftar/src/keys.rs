//! The keys of an installation: the vault's master key, the key that signs tokens and those
//! that sign licences, made on the first start; and which
//! vault the master key is for.

use crate::config::{Config, Secret};
use gateway::LicenceKeys;
use gateway::tokens::{Keys, Signer};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tempfile::NamedTempFile;
use vault::MasterKey;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Nothing was started on this folder yet.
    #[error("there is no data folder {}: name the folder of a city that has been started with --data", data.display())]
    NoCity {
        /// The folder that is not there.
        data: PathBuf,
    },
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

/// The id of the vault that the city's persons are in, once there was one.
///
/// # Errors
/// When its file cannot be read.
pub fn vault_id(config: &Config) -> Result<Option<String>, KeyError> {
    let path = vault_id_file(config);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyError::Read { path, source }),
    }
}

/// Notes which vault the city's persons are in, unless it is noted already.
///
/// # Errors
/// When its file cannot be made.
pub fn keep_vault_id(config: &Config, id: &str) -> Result<(), KeyError> {
    let path = vault_id_file(config);
    if path.exists() {
        return Ok(());
    }
    keep_first(&path, id).map_err(|source| KeyError::Make { path, source: Box::new(source) })
}

/// Takes the note away: the vault is lost for good.
///
/// # Errors
/// When its file cannot be removed.
pub fn forget_vault_id(config: &Config) -> Result<(), KeyError> {
    let path = vault_id_file(config);
    std::fs::remove_file(&path).map_err(|source| KeyError::Make { path, source: Box::new(source) })
}

fn vault_id_file(config: &Config) -> PathBuf {
    folder(config).join("vault.id")
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
        keep_first(&jwks, &signer.to_jwks())
            .map_err(|source| KeyError::Make { path: jwks, source: Box::new(source) })?;
    }
    Ok(signer)
}

/// The key that signs tokens, of an installation that is there.
///
/// # Errors
/// When there is none, or its key is not valid.
pub fn existing_signer(config: &Config) -> Result<Signer, KeyError> {
    let data = &config.data;
    if data.exists() { signer(config) } else { Err(KeyError::NoCity { data: data.clone() }) }
}

/// The public keys that tokens are checked with: of whoever signs people in, when their JWKS file is there, else our own.
///
/// # Errors
/// When the JWKS file cannot be read or made.
pub fn token_keys(config: &Config) -> Result<Keys, KeyError> {
    let path = jwks_file(config);
    if !path.exists() {
        signer(config)?;
    }
    let text = std::fs::read_to_string(&path).map_err(|source| KeyError::Read { path: path.clone(), source })?;
    let invalid = |source| KeyError::Invalid { what: path.display().to_string(), source: Box::new(source) };
    Keys::parse_jwks(&text).map_err(invalid)
}

/// The key that the city and the test bank of `up` share.
///
/// # Errors
/// When it cannot be read or made.
pub fn test_bank(config: &Config) -> Result<Secret, KeyError> {
    let path = folder(config).join("test-bank.key");
    let make = || MasterKey::generate().map(|key| key.to_text().to_string());
    read_or_make(&path, make).map(|text| Secret(text.trim().to_owned()))
}

/// The keys that licences are signed with, as they are whenever somebody asks: a rotation is seen without a restart.
///
/// # Errors
/// When they cannot be read or made.
pub fn licences(config: &Config) -> Result<LicenceKeys, KeyError> {
    let path = licences_file(config);
    let held = Mutex::new((modified(&path), Arc::new(read_licences(&path)?)));
    Ok(Arc::new(move || {
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = modified(&path);
        if changed != held.0 {
            // A folder that is away for a moment takes no key away.
            match read_licences(&path) {
                Ok(keys) => *held = (changed, Arc::new(keys)),
                Err(error) => tracing::error!(%error, "the licence keys cannot be read again; the known ones stay"),
            }
        }
        Arc::clone(&held.1)
    }))
}

/// Makes a new key for licences, and gives its name.
///
/// # Errors
/// When the keys cannot be read or kept.
pub fn rotate_licence(config: &Config) -> Result<String, KeyError> {
    let data = &config.data;
    if !data.exists() {
        return Err(KeyError::NoCity { data: data.clone() });
    }
    let path = licences_file(config);
    let make = |source: Box<dyn std::error::Error + Send + Sync>| KeyError::Make { path: path.clone(), source };
    read_licences(&path)?;
    // Two who rotate at once: the key of neither is lost.
    let lock = File::create(path.with_extension("lock")).map_err(|error| make(error.into()))?;
    lock.lock().map_err(|error| make(error.into()))?;
    let keys = read_licences(&path)?.rotated().map_err(|error| make(error.into()))?;
    let kept =
        beside(&path, &keys.to_text()).and_then(|file| Ok(file.persist(&path)?)).and_then(|_| sync_folder(&path));
    kept.map_err(|error| make(error.into()))?;
    Ok(keys.kid().to_owned())
}

fn licences_file(config: &Config) -> PathBuf {
    folder(config).join("licences.json")
}

fn read_licences(path: &Path) -> Result<credential::Keys, KeyError> {
    let text = read_or_make(path, || credential::Keys::generate().map(|keys| keys.to_text().to_string()))?;
    let invalid = |source| KeyError::Invalid { what: path.display().to_string(), source: Box::new(source) };
    credential::Keys::parse(&text).map_err(invalid)
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|file| file.modified()).ok()
}

fn jwks_file(config: &Config) -> PathBuf {
    folder(config).join("jwks.json")
}

fn read_or_make<E: std::error::Error + Send + Sync + 'static>(
    path: &Path,
    make: impl FnOnce() -> Result<String, E>,
) -> Result<String, KeyError> {
    if !path.exists() {
        let text = make().map_err(|source| KeyError::Make { path: path.to_owned(), source: Box::new(source) })?;
        keep_first(path, &text).map_err(|source| KeyError::Make { path: path.to_owned(), source: Box::new(source) })?;
    }
    std::fs::read_to_string(path).map_err(|source| KeyError::Read { path: path.to_owned(), source })
}

/// Writes a private file that is not there yet. Processes of a city start together and need the same keys: of two that
/// write at once the first one's stays, whole, and on the disk before anything is sealed with it.
fn keep_first(path: &Path, text: &str) -> io::Result<()> {
    match beside(path, text)?.persist_noclobber(path) {
        Ok(_) => sync_folder(path),
        Err(other) if other.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(other) => Err(other.error),
    }
}

/// A private file beside another, whole and on the disk, to be renamed.
fn beside(path: &Path, text: &str) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_processes_that_make_a_key_at_once_all_have_the_same() {
        let folder = test_support::DataFolder::new();
        let path = folder.join("keys/a.key");
        let make = |n: usize| read_or_make(&path, || Ok::<_, io::Error>(format!("key {n} {}", "x".repeat(10_000))));
        let made: Vec<String> = std::thread::scope(|scope| {
            let makers: Vec<_> = (0..16).map(|n| scope.spawn(move || make(n).unwrap())).collect();
            makers.into_iter().map(|maker| maker.join().unwrap()).collect()
        });
        assert!(made[0].len() > 10_000 && made.iter().all(|key| *key == made[0]));
        assert_eq!(std::fs::read_dir(folder.join("keys")).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_rotation_is_seen_by_whoever_holds_the_keys() {
        let folder = test_support::DataFolder::new();
        let overrides = crate::config::Overrides { data: Some(folder.path().to_owned()), ..Default::default() };
        let config = Config::load(&overrides).unwrap();
        let keys = licences(&config).unwrap();
        let first = keys().kid().to_owned();
        let rotated: Vec<String> = std::thread::scope(|scope| {
            let two: Vec<_> = (0..2).map(|_| scope.spawn(|| rotate_licence(&config).unwrap())).collect();
            two.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let known = keys().issuer_metadata("x")["jwks"]["keys"].as_array().unwrap().clone();
        assert!(rotated.iter().any(|kid| kid == keys().kid()));
        assert!(rotated.iter().chain([&first]).all(|kid| known.iter().any(|key| key["kid"] == **kid)), "none is lost");
        std::fs::write(licences_file(&config), "{").unwrap();
        assert!(rotated.iter().any(|kid| kid == keys().kid()), "what was known stays");
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(licences_file(&config)).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "it is its owner's alone");
    }
}
