//! Every test, on real servers that are started for it and taken down whatever comes.

use std::path::PathBuf;
use std::process::Command;

use test_support::tools::{NATS_VARIABLE, POSTGRES_VARIABLE, nats_version};

use crate::Error;
use crate::command::{command, outlive_interrupts, run as start, say, succeeds};
use crate::postgres::Postgres;
use crate::tools::{NEXTEST, ensure_nats};

/// Kill rounds and random cases of `--quick`.
const QUICK: [(&str, &str); 2] = [("DAFTAR_TORTURE_ROUNDS", "3"), ("PROPTEST_CASES", "16")];

/// Builds everything and runs the tests.
pub(crate) fn run(quick: bool, more: &[String]) -> Result<(), Error> {
    let servers = Servers::start()?;
    let packages = packages(more);
    if !packages.is_empty() || more.iter().any(|word| word.contains("city-tests")) {
        build_all()?;
    }
    let mut tests = servers.runner(&packages);
    tests.args(more);
    if quick {
        tests.envs(QUICK);
    }
    start(tests)?;
    if more.is_empty() && servers.nextest.is_some() {
        // nextest leaves the examples in the documentation to cargo.
        start(servers.give(command("cargo", &["test", "--quiet", "--workspace", "--doc"])))?;
    }
    let version = nats_version(&servers.nats).map_err(|source| Error::Nats { source })?;
    let which = if more.is_empty() { "every test" } else { "what was asked for" };
    say(format_args!("{which} passed, on nats-server {version}, SQLite and Postgres"));
    Ok(())
}

/// What tests run against; the Postgres cluster ends with this.
pub(crate) struct Servers {
    nats: PathBuf,
    postgres: Postgres,
    nextest: Option<PathBuf>,
}

impl Servers {
    /// Finds, fetches or installs the servers.
    pub(crate) fn start() -> Result<Self, Error> {
        outlive_interrupts();
        let nats = ensure_nats()?;
        let nextest = NEXTEST.find().filter(|path| succeeds(command(path, &["nextest", "--version"])));
        if nextest.is_none() {
            say("cargo-nextest is not here, cargo test runs the tests (`cargo xtask tools --all` fetches it)");
        }
        Ok(Self { nats, postgres: Postgres::start()?, nextest })
    }

    /// The test runner with the servers' addresses.
    pub(crate) fn runner(&self, arguments: &[&str]) -> Command {
        let mut runner = match &self.nextest {
            Some(nextest) => command(nextest, &["nextest", "run", "--no-fail-fast"]),
            None => command("cargo", &["test", "--no-fail-fast"]),
        };
        runner.args(arguments);
        self.give(runner)
    }

    /// Whether cargo-nextest runs the tests.
    pub(crate) fn has_nextest(&self) -> bool {
        self.nextest.is_some()
    }

    /// Tells a command where the servers are.
    pub(crate) fn give(&self, mut command: Command) -> Command {
        command.env(NATS_VARIABLE, &self.nats).env(POSTGRES_VARIABLE, self.postgres.url());
        command
    }
}

/// Builds the binaries that tests start, and the tests with them: building `daftar` alone would compile some
/// dependencies a second time with other features.
pub(crate) fn build_all() -> Result<(), Error> {
    start(command("cargo", &["build", "--workspace", "--bins", "--tests"]))
}

/// The whole workspace, unless the caller named packages.
fn packages(more: &[String]) -> Vec<&'static str> {
    let named = more.iter().any(|word| word.starts_with("-p") || word.starts_with("--package"));
    if named { vec![] } else { vec!["--workspace"] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_packages_replace_the_workspace() {
        assert_eq!(packages(&[]), ["--workspace"]);
        assert_eq!(packages(&["-p".into(), "ledger".into()]), Vec::<&str>::new());
        assert_eq!(packages(&["chain".into()]), ["--workspace"]);
    }
}
