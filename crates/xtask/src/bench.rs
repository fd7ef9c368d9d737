//! The measurements: built in release and run against servers of their own. What is measured is in `crates/bench`.

use crate::Error;
use crate::command::{command, run as start};
use crate::test::Servers;

/// Measures, and prints each figure beside the raw limit of the same run.
pub(crate) fn run(more: &[String]) -> Result<(), Error> {
    let servers = Servers::start()?;
    start(command("cargo", &["build", "--release", "--quiet", "--package", "daftar"]))?;
    let mut bench = command("cargo", &["run", "--release", "--quiet", "--package", "bench", "--"]);
    bench.args(more);
    start(servers.give(bench))
}
