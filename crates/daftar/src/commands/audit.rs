//! `daftar audit`: checks the register, and rebuilds from it alone what departments see.

use super::Outcome;
use crate::{cli::Audit as What, compose::open_log, config::Config, connect::connect};
use audit::{Progress, Replay, Replayed};
use indicatif::{ProgressBar, ProgressStyle};
use std::{path::PathBuf, sync::Arc};

pub(super) async fn run(config: &Config, what: What) -> Outcome {
    let client = connect(config, "audit").await?;
    let log = open_log(config, &client).await?;
    match what {
        What::Verify => verify(config, &log).await,
        What::Replay { sqlite } => replay(config, log, sqlite).await,
    }
}

async fn verify(config: &Config, log: &ledger::Log) -> Outcome {
    let bar = ProgressBar::new(1).with_style(ProgressStyle::with_template("{bar:30} block {human_pos}  {elapsed}")?);
    // Asked for before the stream's end is: a registrar at work is never behind what it kept.
    let kept = registrar::kept_head(&config.data, &config.city, <permits::Permits as kernel::Register>::NAME)?;
    let report = audit::verify(log, &config.city, kept, |walked| {
        bar.set_length(walked.last.0);
        bar.set_position(walked.height.0);
    });
    let report = report.await?;
    bar.finish_and_clear();
    println!("{} blocks, {} commits, {} events", report.blocks, report.commits, report.events);
    println!("root  {}", report.root);
    println!("head  {}", report.head);
    match report.finding {
        None => {
            println!("every hash, link and number holds");
            Ok(())
        }
        Some(finding) => Err(finding.to_string().into()),
    }
}

async fn replay(config: &Config, log: ledger::Log, out: PathBuf) -> Outcome {
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template("{msg}  {elapsed}")?);
    let ask = Replay { city: config.city.clone(), source: Arc::new(log), out, live: Some(config.database()) };
    let replayed = audit::replay(&ask, &|progress| bar.set_message(step(progress))).await?;
    bar.finish_and_clear();
    let differing = replayed.iter().filter(|department| !tell(department)).count();
    println!("written to {}", ask.out.display());
    if differing > 0 {
        return Err(format!("the live tables of {differing} departments are not what the register gives").into());
    }
    println!("the live tables are equal, row for row");
    Ok(())
}

fn step(progress: Progress) -> String {
    match progress {
        Progress::Replaying { department, events, of } => format!("{department}: {events} of {of} events"),
        Progress::Comparing { department, table } => format!("{department}: comparing {table}"),
        Progress::Copying => "writing one file".to_owned(),
    }
}

/// Prints what a department came to; says whether its live tables are equal.
fn tell(replayed: &Replayed) -> bool {
    println!("{}: {} events", replayed.department, replayed.events);
    for table in &replayed.tables {
        println!("  {:<16} {:>9} rows  {}", table.table, table.rows, table.hash);
    }
    let Some(compared) = &replayed.compared else { return true };
    if compared.replayed != compared.live {
        println!("  the live tables hold {} events", compared.live);
    }
    for table in compared.tables.iter().filter(|table| !table.differences.is_empty()) {
        println!("  {} differs in {} rows:", table.table, table.differences.count);
        for row in &table.differences.named {
            println!("    {:?}\n      register {:?}\n      live     {:?}", row.key, row.left, row.right);
        }
    }
    compared.is_equal()
}
