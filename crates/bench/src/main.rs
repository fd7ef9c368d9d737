//! Measures Daftar beside the raw limits of the machine, all in one run: a figure without its limit says nothing.
//!
//! Started by `cargo xtask bench`, which builds it in release. Nothing here is a test; nothing fails on a slow machine.

mod bare;
mod commands;
mod feed;
mod pages;
mod raw;
mod rebuild;
mod script;
mod start;
mod table;
mod visible;

use clap::Parser;
use table::Table;

/// What to measure.
#[derive(Debug, Parser)]
struct Options {
    /// Commands of each throughput run
    #[arg(long, default_value_t = 400_000)]
    commands: u64,
    /// Events of the register that is rebuilt and restarted from
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// Cases of the city whose pages are asked for
    #[arg(long, default_value_t = 200_000)]
    cases: u64,
    /// Only these parts: commands, visible, rebuild, start, feed, pages
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Measures one registrar start in this process and prints seconds and bytes (used by the bench itself)
    #[arg(long, hide = true, num_args = 2, value_names = ["NATS", "DATA"])]
    measure_start: Option<Vec<String>>,
    /// Rebuilds the read models in this process and prints seconds and KiB (used by the bench itself)
    #[arg(long, hide = true, num_args = 2, value_names = ["NATS", "DATABASE"])]
    measure_rebuild: Option<Vec<String>>,
}

pub(crate) type Failed = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let options = Options::parse();
    // What asks over HTTP speaks with whatever is installed here, also without TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let Some([url, data]) = options.measure_start.as_deref() {
        return runtime.block_on(start::measure(url, data));
    }
    if let Some([url, database]) = options.measure_rebuild.as_deref() {
        return runtime.block_on(rebuild::measure_here(url, database));
    }
    let wanted = |part: &str| options.only.is_empty() || options.only.iter().any(|only| only == part);
    let mut table = Table::default();
    runtime.block_on(async {
        if wanted("commands") {
            commands::measure(&mut table, options.commands).await?;
        }
        if wanted("visible") {
            visible::measure(&mut table).await?;
        }
        if wanted("pages") {
            pages::measure(&mut table, options.cases).await?;
        }
        if ["rebuild", "start", "feed"].into_iter().any(wanted) {
            let city = raw::Register::filled(options.events).await?;
            if wanted("start") {
                start::compare(&mut table, &city)?;
            }
            if wanted("feed") {
                feed::measure(&mut table, &city).await?;
            }
            if wanted("rebuild") {
                rebuild::measure(&mut table, &city).await?;
            }
        }
        Ok::<_, Failed>(())
    })?;
    println!("\n{table}");
    Ok(())
}
