//! One binary, many roles: configuration, the composition root and the command line.
//!
//! [`City::build`] is the only place where services are put together; embedded, server and tests all call it.

pub mod cli;
pub mod clock;
mod commands;
pub mod compose;
pub mod config;
pub mod connect;
mod demo;
pub mod founding;
mod health;
pub mod keys;
mod logs;
pub mod nats;
mod opener;
mod roles;

pub use compose::{City, Role};
pub use config::Config;

use clap::Parser;

/// Parses the command line, starts logging and runs the command until it ends or is told to stop.
#[must_use]
pub fn run() -> std::process::ExitCode {
    let cli = cli::Cli::parse();
    if let cli::Command::DrawPage = cli.command {
        return commands::draw_page();
    }
    let config = match Config::load(&cli.overrides) {
        Ok(config) => config,
        Err(error) => return commands::failed(&error),
    };
    cli.command.keep_to_ourselves();
    logs::start(config.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(commands::run(cli.command, config)),
        Err(error) => commands::failed(&error),
    }
}
