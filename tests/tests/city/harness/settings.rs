//! What whoever runs the tests says in the environment.
#![allow(clippy::disallowed_methods, reason = "a test binary has no other place for settings")]

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};
use test_support::tools::workspace_root;

/// Rounds of killing where nobody says how many.
const ROUNDS: u32 = 8;

/// How many rounds of killing.
pub(crate) fn torture_rounds() -> u32 {
    number("DAFTAR_TORTURE_ROUNDS").and_then(|rounds| u32::try_from(rounds).ok()).unwrap_or(ROUNDS)
}

/// The seed of the choices; a fresh one where none is given.
pub(crate) fn torture_seed() -> u64 {
    number("DAFTAR_TORTURE_SEED").unwrap_or_else(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
        u64::from(since.subsec_nanos()) ^ since.as_secs().rotate_left(20)
    })
}

/// A file of the real data, where it is there.
pub(crate) fn real_data(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os("DAFTAR_REAL_DATA").map(PathBuf::from);
    let beside = workspace_root().join("../shared/data");
    named.into_iter().chain([beside]).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// The folders of programs.
pub(crate) fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.trim().parse().unwrap_or_else(|_| panic!("{name} is {text:?}, which is no number")))
}
