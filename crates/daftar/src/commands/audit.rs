//! `daftar audit`: checks the register, and rebuilds from it alone what departments see.

use super::Outcome;
use crate::{
    cli::Audit as What,
    compose::{connect, open_log},
    config::Config,
};
use audit::Replayed;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;

pub(super) async fn run(config: &Config, what: What) -> Outcome {
    let client = connect(config, "audit").await?;
    let log = open_log(config, &client).await?;
    match what {
        What::Verify => verify(config, &log).await,
        What::Replay { sqlite } => replay(config, &log, &sqlite).await,
    }
}

async fn verify(config: &Config, log: &ledger::Log) -> Outcome {
    let bar = ProgressBar::new(1).with_style(ProgressStyle::with_template("{bar:30} block {human_pos}  {elapsed}")?);
    let verified = audit::verify(log, &config.city, |height, end| {
        bar.set_length(end.0);
        bar.set_position(height.0);
    });
    let verified = verified.await?;
    bar.finish_and_clear();
    println!("every hash, link and number holds: {} blocks, {} events", verified.blocks, verified.events);
    println!("root  {}", hex(&verified.root));
    println!("head  {}", hex(&verified.hash));
    for (book, year, last) in &verified.books {
        println!("{book:?} of {year}: 1 to {last}, without gaps");
    }
    if verified.unknown > 0 {
        println!("{} events are of a newer Daftar: their hashes hold, their meaning was not checked", verified.unknown);
    }
    Ok(())
}

async fn replay(config: &Config, log: &ledger::Log, out: &Path) -> Outcome {
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template("{msg} {human_pos} events  {elapsed}")?);
    let database = config.database();
    let replayed = audit::replay(log, &config.city, Some(&database), out, |department, events| {
        bar.set_message(department);
        bar.set_position(events.0);
    });
    let replayed = replayed.await?;
    bar.finish_and_clear();
    let differing: usize = replayed.iter().map(tell).sum();
    println!("written to {}", out.display());
    if differing > 0 {
        return Err(format!("{differing} live tables are not what the register gives").into());
    }
    println!("the live tables are equal, row for row");
    Ok(())
}

/// Prints what a department came to; gives how many of its tables differ.
fn tell(replayed: &Replayed) -> usize {
    println!("{}: {} events", replayed.department, replayed.events);
    for table in &replayed.tables {
        println!("  {:<16} {:>9} rows  {}", table.table, table.rows, table.hash);
    }
    for unequal in &replayed.unequal {
        println!("  {} differs in {} rows:", unequal.table, unequal.rows);
        for row in &unequal.named {
            println!("    {:?}\n      live     {:?}\n      register {:?}", row.key, row.left, row.right);
        }
    }
    replayed.unequal.len()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
