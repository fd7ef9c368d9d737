//! The tasks of whoever works here, small enough to compile in seconds. What a city needs to run is in `daftar`;
//! here is what a machine needs to build, start and test it.

mod bench;
mod check;
mod command;
mod postgres;
mod schemas;
mod test;
mod tools;
mod torture;
mod up;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, starts, tests and checks Daftar.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", after_help = EXAMPLES, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

const EXAMPLES: &str = "Where to begin:
  cargo xtask up                     starts a whole city on this machine; Ctrl-C stops it
  cargo xtask test                   runs every test, on SQLite and on Postgres
  cargo xtask test -- -p ledger      runs the tests of one crate
  cargo xtask check                  what a change must pass besides its tests";

#[derive(Subcommand)]
enum Task {
    /// Starts a city on this machine: nats-server and every role, built in release.
    ///
    /// nats-server is fetched when it is missing. The addresses and a token per role are printed; Ctrl-C drains and
    /// stops it all; the next start finds the data again.
    Up {
        /// The folder that everything is kept in.
        #[arg(long, value_name = "DIR", default_value = "daftar-data")]
        data: PathBuf,
        /// Where HTTP is served.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
        listen: String,
        /// Make up some weeks of a city's work first, labelled as made up.
        #[arg(long)]
        demo: bool,
        /// More for `daftar up`, after `--`.
        #[arg(last = true)]
        more: Vec<String>,
    },
    /// Runs every test against real servers: a nats-server and a Postgres cluster of their own.
    ///
    /// What is missing is fetched or installed where that is possible, else you are told what to install. cargo-nextest
    /// runs the tests when it is there, else cargo test does.
    Test {
        /// Runs the same tests with fewer random cases and fewer rounds of killing.
        #[arg(long)]
        quick: bool,
        /// More for the test runner, after `--`: a filter, or `-p CRATE`.
        #[arg(last = true)]
        more: Vec<String>,
    },
    /// Checks format, lints, dependencies and generated files; the tests are `cargo xtask test`.
    Check,
    /// Writes the schemas that are generated from the code into `schemas/`.
    Gen {
        /// Changes nothing and fails when the committed ones differ.
        #[arg(long)]
        check: bool,
    },
    /// Finds or fetches nats-server, and says where it is.
    Tools {
        /// Also cargo-nextest and cargo-deny.
        #[arg(long)]
        all: bool,
    },
    /// Measures Daftar beside the raw limits of this machine, in one run of some minutes.
    Bench {
        /// More for the measurement, after `--`: `--only commands,visible,rebuild,start`, `--events N`.
        #[arg(last = true)]
        more: Vec<String>,
    },
    /// Kills the processes of a running city with SIGKILL, round after round, and checks that nothing acknowledged is lost.
    Torture {
        /// How many times to kill and recover.
        #[arg(long, default_value_t = 200)]
        rounds: u32,
        /// Repeats the choices of an earlier run; one is chosen and printed when it is not given.
        #[arg(long)]
        seed: Option<u64>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Up { data, listen, demo, more } => up::run(&data, &listen, demo, &more),
        Task::Test { quick, more } => test::run(quick, &more),
        Task::Check => check::run(),
        Task::Gen { check } => schemas::run(check),
        Task::Tools { all } => tools::run(all),
        Task::Bench { more } => bench::run(&more),
        Task::Torture { rounds, seed } => torture::run(rounds, seed),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error}");
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// Why a task did not succeed; the message says what to do.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot run `{command}`")]
    NotRun { command: String, source: std::io::Error },
    #[error("`{command}` failed ({status})")]
    Failed { command: String, status: std::process::ExitStatus },
    #[error("interrupted")]
    Interrupted,
    #[error("cannot {act} {}", path.display())]
    File { act: &'static str, path: PathBuf, source: std::io::Error },
    #[error("nats-server cannot be used; install {oldest} or newer and put it in the PATH, or name it in {variable}", oldest = test_support::tools::OLDEST_NATS, variable = test_support::tools::NATS_VARIABLE)]
    Nats { source: test_support::tools::ToolError },
    #[error(transparent)]
    Fetch(#[from] tools::FetchError),
    #[error("{0}")]
    Postgres(String),
    #[error("not in order: {}", .0.join(", "))]
    Checks(Vec<&'static str>),
    #[error("schemas/ is not what the code generates; run `cargo xtask gen` and commit it:\n{}", .0.join("\n"))]
    Schemas(Vec<String>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
        let parsed = Arguments::parse_from(["cargo xtask", "test", "--quick", "--", "-p", "ledger"]);
        assert!(matches!(parsed.task, Task::Test { quick: true, more } if more == ["-p", "ledger"]));
    }
}
