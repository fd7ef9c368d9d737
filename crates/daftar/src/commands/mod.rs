//! The commands, one file each.

mod audit;
mod found;
mod import;
mod key;
mod procedure;
mod read_models;
mod schema;
mod serve;
mod token;
mod up;
mod vault;

use crate::{cli::Command, config::Config, roles};
use std::process::ExitCode;

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

pub(crate) async fn run(command: Command, config: Config) -> ExitCode {
    let outcome = match command {
        Command::Up(options) => up::run(config, options).await,
        Command::Serve { roles } => serve::run(config, &roles).await,
        Command::Found { from } => found::run(&config, from).await,
        Command::Import(what) => import::run(&config, what).await,
        Command::Audit(what) => audit::run(&config, what).await,
        Command::Token(wanted) => token::run(&config, &wanted).await,
        Command::Procedure(what) => procedure::run(&what),
        Command::ReadModels(what) => read_models::run(&config, what).await,
        Command::Vault(what) => vault::run(&config, &what).await,
        Command::Key(what) => key::run(&config, &what),
        Command::Schema { out } => schema::run(&out),
        Command::DrawPage => return draw_page(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&*error),
    }
}

/// Without configuration, keys, log or threads: whatever the document makes of this process, there is nothing in it to take.
pub(crate) fn draw_page() -> ExitCode {
    match documents::work(std::io::stdin().lock(), std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Says what went wrong, with its causes, in one line.
pub(crate) fn failed(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    eprintln!("daftar: {}", roles::chain(error));
    ExitCode::FAILURE
}

/// Done at Ctrl-C or SIGTERM.
async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut term, mut int) = match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(term), Ok(int)) => (term, int),
            _ => return std::future::pending().await,
        };
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}
