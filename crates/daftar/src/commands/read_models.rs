//! `daftar read-models`: rebuild, list what is parked, fold it again.

use super::Outcome;
use crate::{
    cli::ReadModels as What,
    compose::{open_log, open_vault, system_clock},
    config::Config,
    connect::connect,
    opener::VaultOpener,
};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use permits::Permits;
use projection::{Metrics, Setup};
use std::{collections::HashMap, sync::Arc};

pub(super) async fn run(config: &Config, what: What) -> Outcome {
    let setups = setups(config).await?;
    match what {
        What::Rebuild { department } => rebuild(setups, department.as_deref()).await,
        What::Parked => parked(&setups).await,
        What::Retry { case } => {
            for setup in &setups {
                if projection::parked_cases(setup).await?.iter().any(|parked| parked.case == case) {
                    let retried = projection::retry(setup, case).await?;
                    println!("{}: {case}: {retried:?}", setup.department.name());
                }
            }
            Ok(())
        }
    }
}

async fn setups(config: &Config) -> Result<Vec<Setup<Permits>>, Box<dyn std::error::Error + Send + Sync>> {
    let client = connect(config, "read-models").await?;
    let log = open_log(config, &client).await?;
    let opener = VaultOpener(open_vault(config).await?);
    let setup = |department| Setup {
        database: config.database(),
        city: config.city.clone(),
        department,
        source: Arc::new(log.clone()),
        opener: Arc::new(opener.clone()),
        metrics: Metrics::new(),
        clock: system_clock(),
    };
    Ok(departments::all().into_iter().map(setup).collect())
}

async fn rebuild(setups: Vec<Setup<Permits>>, wanted: Option<&str>) -> Outcome {
    let known: Vec<_> = setups.iter().map(|setup| setup.department.name()).collect();
    if let Some(name) = wanted.filter(|name| !known.contains(name)) {
        return Err(format!("there is no department {name}; there are {}", known.join(", ")).into());
    }
    let wanted: Vec<_> =
        setups.iter().filter(|setup| wanted.is_none_or(|name| name == setup.department.name())).collect();
    let style = ProgressStyle::with_template("{msg} {human_pos} events  {elapsed}")?;
    let all = MultiProgress::new();
    let bar = |name| all.add(ProgressBar::no_length().with_style(style.clone()).with_message(name));
    let bars: HashMap<_, _> =
        wanted.iter().map(|setup| setup.department.name()).map(|name| (name, bar(name))).collect();
    let departments: Vec<_> = wanted.iter().map(|setup| (*setup, None)).collect();
    let rebuilt = projection::rebuild_all(&departments, |name, events| bars[name].set_position(events.0)).await;
    all.clear()?;
    let mut failed = None;
    for (setup, rebuilt) in wanted.iter().zip(rebuilt) {
        match rebuilt {
            Ok(rebuilt) => {
                println!("{}: {} events, up to block {}", setup.department.name(), rebuilt.events, rebuilt.height);
            }
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

async fn parked(setups: &[Setup<Permits>]) -> Outcome {
    let mut none = true;
    for setup in setups {
        for parked in projection::parked_cases(setup).await? {
            none = false;
            println!("{}: {} from event {}: {}", setup.department.name(), parked.case, parked.position, parked.error);
        }
    }
    if none {
        println!("no case is parked");
    }
    Ok(())
}
