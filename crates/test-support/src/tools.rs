//! Where the servers are that tests run against: the only reader of the environment in this crate.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest nats-server that keeps what it acknowledged: earlier ones lose synced writes in elections.
pub const OLDEST_NATS: Version = Version(2, 12, 6);
/// Names the nats-server to use.
pub const NATS_VARIABLE: &str = "DAFTAR_NATS_SERVER";
/// The address of a running Postgres, as a role that may create databases.
pub const POSTGRES_VARIABLE: &str = "DAFTAR_TEST_POSTGRES";

/// Why a server could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// There is no nats-server.
    #[error("no nats-server {OLDEST_NATS} or newer in {NATS_VARIABLE}, the PATH or .tools{}", passed_over(.old))]
    NoNats {
        /// One that was found and is too old.
        old: Option<(PathBuf, Version)>,
    },
    /// The one that was asked for is too old.
    #[error("{} is nats-server {found}; Daftar needs {OLDEST_NATS} or newer", path.display())]
    OldNats {
        /// The server.
        path: PathBuf,
        /// Its version.
        found: Version,
    },
    /// It did not say its version.
    #[error("{} --version said nothing that names a version: {said}", path.display())]
    Mute {
        /// The server.
        path: PathBuf,
        /// What it said, or why it did not run.
        said: String,
    },
    /// There is no Postgres.
    #[error("no Postgres server programs (initdb, postgres) in the PATH, `pg_config --bindir` or /usr/lib/postgresql")]
    NoPostgres,
}

/// A version of three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

fn passed_over(old: &Option<(PathBuf, Version)>) -> String {
    old.as_ref().map(|(path, version)| format!(" ({} is {version})", path.display())).unwrap_or_default()
}

/// The nats-server to use: the one that the environment names, else the first that is new enough.
pub fn nats_server() -> Result<PathBuf, ToolError> {
    if let Some(path) = variable(NATS_VARIABLE).map(PathBuf::from) {
        let found = nats_version(&path)?;
        return if found >= OLDEST_NATS { Ok(path) } else { Err(ToolError::OldNats { path, found }) };
    }
    let mut old = None;
    let in_path = search_path().into_iter().map(|folder| folder.join("nats-server"));
    for path in in_path.chain([workspace_root().join(".tools/nats-server")]).filter(|path| path.is_file()) {
        match nats_version(&path) {
            Ok(version) if version >= OLDEST_NATS => return Ok(path),
            Ok(version) => old = Some((path, version)),
            Err(_) => {}
        }
    }
    Err(ToolError::NoNats { old })
}

/// Asks a nats-server for its version.
pub fn nats_version(path: &Path) -> Result<Version, ToolError> {
    let mute = |said: String| ToolError::Mute { path: path.to_owned(), said };
    let output = Command::new(path).arg("--version").output().map_err(|error| mute(error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    parse_version(&said).ok_or_else(|| mute(said.trim().to_owned()))
}

fn parse_version(said: &str) -> Option<Version> {
    let number = said.trim().rsplit(['v', ' ']).next()?;
    let mut parts = number.split(['.', '-']).map(|part| part.parse::<u32>().ok());
    Some(Version(parts.next()??, parts.next()??, parts.next()??))
}

/// The folder that holds `initdb` and `postgres`; the newest when there are several.
pub fn postgres_programs() -> Result<PathBuf, ToolError> {
    let from_config = Command::new("pg_config").arg("--bindir").output().ok();
    let from_config = from_config.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let mut packaged: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin")))
        })
        .collect();
    packaged.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let packaged = packaged.into_iter().map(|(_, path)| path);
    let mut folders = search_path().into_iter().chain(from_config).chain(packaged);
    let whole = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    folders.find(whole).ok_or(ToolError::NoPostgres)
}

/// The Postgres that somebody else started for the tests.
pub fn given_postgres() -> Option<String> {
    variable(POSTGRES_VARIABLE)
}

/// The folders of the PATH.
pub fn search_path() -> Vec<PathBuf> {
    variable("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// The folder of the workspace that this crate was built in.
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the crate stands in crates/test-support").to_owned()
}

#[expect(clippy::disallowed_methods, reason = "tests learn from the environment where their servers are")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_ordered() {
        assert_eq!(parse_version("nats-server: v2.14.6\n"), Some(Version(2, 14, 6)));
        assert_eq!(parse_version("nats-server: v2.9.10"), Some(Version(2, 9, 10)));
        assert_eq!(parse_version("nats-server: v2.15.0-RC.1"), Some(Version(2, 15, 0)));
        assert_eq!(parse_version("nats-server: v2.15"), None);
        assert_eq!(parse_version(""), None);
        assert!(Version(2, 9, 10) < OLDEST_NATS && OLDEST_NATS <= Version(2, 12, 6));
    }
}
