//! A city on this machine, for whoever wants to see it work.

use std::os::unix::process::CommandExt;
use std::path::Path;

use test_support::tools::NATS_VARIABLE;

use crate::Error;
use crate::command::{built, command, run as start, say};
use crate::tools::ensure_nats;

/// Builds `daftar` in release and becomes `daftar up`, which starts everything else.
pub(crate) fn run(data: &Path, listen: &str, demo: bool, more: &[String]) -> Result<(), Error> {
    let nats = ensure_nats()?;
    start(command("cargo", &["build", "--release", "--package", "daftar"]))?;
    let program = built("release");
    say(format_args!("$ {} up --data {} --listen {listen}", program.display(), data.display()));
    let mut daftar = std::process::Command::new(&program);
    daftar.arg("up").arg("--data").arg(data).args(["--listen", listen]).args(demo.then_some("--demo")).args(more);
    daftar.env(NATS_VARIABLE, nats);
    // It takes our place, so that Ctrl-C and the exit code are its own.
    let source = daftar.exec();
    Err(Error::NotRun { command: program.display().to_string(), source })
}
