//! `daftar import`: records another system's log, with a bar while it runs and a report at the end.

use super::Outcome;
use crate::{
    cli::{Dates, Import as What, ImportWhat, StepNames},
    compose::open_vault,
    config::Config,
    connect::connect,
};
use import::{
    DateOrder, Import, Milestone, Names, Options, ReadError, Record, Report, Source, Times, csv::CsvLog, xes::XesLog,
};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{Actor, Districts, Zone};
use permits::Permits;
use registrar::Commands;
use std::sync::atomic::Ordering;
use vault::{Lookup, Vault};

/// Refused rows that the report names; all are counted.
const NAMED: usize = 20;

type Records = Box<dyn Iterator<Item = Result<Record, ReadError>> + Send>;
type Failed = Box<dyn std::error::Error + Send + Sync>;

pub(super) async fn run(config: &Config, what: What) -> Outcome {
    let (what, names, xes) = match what {
        What::Xes { what, names } => (what, step_names(names, None, None, None, Vec::new()), true),
        What::Csv { what, names, case, step, time, milestones } => {
            (what, step_names(names, case, step, time, milestones), false)
        }
    };
    let source =
        if what.file.as_os_str() == "-" { Source::new(std::io::stdin(), None)? } else { Source::open(&what.file)? };
    let (read, total) = (source.bytes_read(), source.total());
    let records = records(config, &what, source, &names, xes)?;
    let vault = open_vault(config).await?;
    let options = options(config, &what, &vault).await?;
    let commands = Commands::<Permits>::new(connect(config, "import").await?, &config.city);
    let bar = bar(total)?;
    let import = Import { commands: &commands, vault: &vault, options: &options };
    let report = import
        .run(records, |report| {
            bar.set_position(read.load(Ordering::Relaxed));
            bar.set_message(format!(
                "{} cases, {} steps",
                report.cases + report.known_cases,
                report.steps + report.known_steps
            ));
        })
        .await;
    bar.finish_and_clear();
    tell(&report);
    match report.stopped {
        Some(stopped) => Err(Box::new(stopped)),
        None if report.refused.total > 0 && report.events + report.known_cases == 0 => {
            Err("nothing of the log was recorded".into())
        }
        None => Ok(()),
    }
}

fn step_names(
    names: StepNames,
    case: Option<String>,
    step: Option<String>,
    time: Option<String>,
    milestones: Vec<Milestone>,
) -> Names {
    let StepNames { actor, unit, channel, deadline, started, ended } = names;
    Names { case, step, time, actor, unit, lifecycle: None, channel, deadline, started, ended, milestones }
}

fn records(config: &Config, what: &ImportWhat, source: Source, names: &Names, xes: bool) -> Result<Records, Failed> {
    let zone = what.zone.as_deref().map(Zone::new).transpose()?.unwrap_or_else(|| config.zone.clone());
    let order = what.dates.map(|dates| match dates {
        Dates::DayFirst => DateOrder::DayFirst,
        Dates::MonthFirst => DateOrder::MonthFirst,
    });
    let times = Times::new(zone, order);
    Ok(if xes { Box::new(XesLog::open(source, names, times)?) } else { Box::new(CsvLog::open(source, names, times)?) })
}

async fn options(config: &Config, what: &ImportWhat, vault: &Vault) -> Result<Options, Failed> {
    let person = vault.person_for(&Lookup::account("importer")).await?;
    let actor = Actor { person, role: "importer".parse()?, department: None, districts: Districts::ALL };
    Ok(Options { city: config.city.clone(), procedure: what.procedure.clone(), actor })
}

fn bar(total: Option<u64>) -> Result<ProgressBar, Failed> {
    let known = "{bar:30} {percent:>3} %  {msg}  {elapsed}";
    Ok(match total {
        Some(total) => ProgressBar::new(total).with_style(ProgressStyle::with_template(known)?),
        None => ProgressBar::no_length().with_style(ProgressStyle::with_template("{bytes}  {msg}  {elapsed}")?),
    })
}

fn tell(report: &Report) {
    let known = report.known_cases + report.known_steps;
    println!("cases       {:>9}   (and {} known before)", report.cases, report.known_cases);
    println!("steps       {:>9}   (and {} known before)", report.steps, report.known_steps);
    println!("events      {:>9}   added to the register", report.events);
    println!(
        "duplicates  {:>9}   ({} rows twice in the log, {known} recorded before)",
        report.duplicate_rows + known,
        report.duplicate_rows
    );
    println!("refused     {:>9}   rows", report.refused.total);
    for refused in report.refused.kept.iter().take(NAMED) {
        println!("  line {}: {}", refused.line, refused.reason);
    }
    let more = report.refused.total.saturating_sub(NAMED as u64);
    if more > 0 {
        println!("  and {more} more");
    }
}
