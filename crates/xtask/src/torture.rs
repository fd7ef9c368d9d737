//! The long form of the kill test: the same test as in `cargo xtask test`, with as many rounds as asked for.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::Error;
use crate::command::{run as start, say};
use crate::test::{Servers, build_all};

/// Kills and recovers `rounds` times.
pub(crate) fn run(rounds: u32, seed: Option<u64>) -> Result<(), Error> {
    let seed = seed.unwrap_or_else(fresh_seed);
    say(format_args!("{rounds} rounds; to repeat them: cargo xtask torture --rounds {rounds} --seed {seed}"));
    let servers = Servers::start()?;
    build_all()?;
    let mut tests = servers.runner(&["--package", "city-tests", "--test", "city", "torture"]);
    tests.args(if servers.has_nextest() { ["--no-capture"].as_slice() } else { ["--", "--nocapture"].as_slice() });
    tests.env("DAFTAR_TORTURE_ROUNDS", rounds.to_string()).env("DAFTAR_TORTURE_SEED", seed.to_string());
    start(tests)?;
    say(format_args!("{rounds} rounds with seed {seed}: nothing acknowledged was lost"));
    Ok(())
}

fn fresh_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    u64::from(since.subsec_nanos()) ^ since.as_secs().rotate_left(20)
}
