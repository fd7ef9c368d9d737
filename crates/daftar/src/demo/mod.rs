//! `up --demo`: some weeks of made-up activity, so that every page is worth looking at.
//!
//! Made-up citizens apply and made-up officers work, through the same commands and rules as everybody, while the
//! registrar's clock runs through the last weeks. A mark in the data folder says for ever that the city is made up.

mod answers;
mod dice;
mod fate;
mod money;
mod moves;
mod office;
mod papers;
pub(crate) mod people;
mod story;

use crate::{
    config::Config,
    founding::{Folder, FoundingError},
    roles::gateway::TEST_BANK_FILE,
};
use async_nats::Client;
use indicatif::{ProgressBar, ProgressStyle};
use kernel::Instant;
use office::Office;
use permits::procedure::Procedure;
use std::{path::PathBuf, sync::Arc};
use story::Story;
use vault::{Vault, VaultError};

/// How far back the made-up activity begins.
const DAYS: i32 = 45;
/// When the office opens, after midnight.
const OPENS: i64 = 8 * 3_600 * 1_000_000;
/// Says that a data folder is made up, and whether all of it was.
const MARK: &str = "made-up.toml";

/// Why the demo could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error("{} holds a city that is not made up; --demo needs a folder of its own: --data DIR", .0.display())]
    Real(PathBuf),
    #[error("cannot write {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the registrar does not start")]
    Registrar(#[from] registrar::RegistrarError),
    #[error("the register cannot be read")]
    Log(#[from] ledger::LogError),
    #[error("a block of the register cannot be read")]
    Block(#[from] ledger::BlockError),
    #[error("an event of the register cannot be read")]
    Event(#[from] kernel::WireError),
    #[error("a command was not answered")]
    Send(#[from] registrar::SendError),
    #[error("the registrar took no command")]
    NotTaken,
    #[error(transparent)]
    Founding(#[from] FoundingError),
    #[error(transparent)]
    Documents(#[from] documents::OpenError),
    #[error("a document cannot be kept")]
    Document(#[from] documents::PutError),
    #[error("a made-up picture cannot be encoded")]
    Picture(#[from] image::ImageError),
    #[error(transparent)]
    TestBank(#[from] bank::test_bank::TestBankError),
    #[error("a made-up payment is not taken")]
    Payment(#[from] bank::test_bank::SaysNo),
    #[error("the vault does not open")]
    Vault(#[from] VaultError),
    #[error("the city's zone is unknown")]
    Zone(#[from] kernel::time::UnknownZone),
}

/// Whether this data folder is made up: every page says so, also when the city is started without `--demo` later.
pub(crate) fn is_made_up(config: &Config) -> bool {
    config.data.join(MARK).exists()
}

/// Fills a city with weeks of made-up activity, unless that is done already; one that was interrupted goes on.
pub(crate) async fn make(
    config: &Config,
    folder: &Folder,
    vault: &Arc<Vault>,
    client: Client,
) -> Result<(), DemoError> {
    let mark = Mark { path: config.data.join(MARK) };
    match mark.read() {
        Some(true) => return Ok(()),
        Some(false) => {}
        None if config.data.join("registrar").exists() => return Err(DemoError::Real(config.data.clone())),
        None => mark.write(false)?,
    }
    let zone = folder.zone()?;
    let now = crate::clock::now();
    let first = zone.date(now).plus_days(-DAYS);
    let from = zone.start_of_day(first);
    let mut office = Office::open(config, client, from).await?;
    if let Some(recorded) = office.recorded_at {
        office.wait_until(recorded).await?;
    }
    folder.found(office.commands()).await?;
    office.catch_up().await?;
    let store = documents::Store::open(config.documents.clone(), Arc::clone(vault))?;
    let bank = bank::test_bank::Counter::open(&config.data.join(TEST_BANK_FILE))?;
    let citizens = people::citizens(vault).await?;
    let officers = people::officers(folder, vault).await?;
    let mut procedures: Vec<_> = folder.procedures().filter(|procedure| !procedure.observed()).collect();
    // The one that asks most agencies first.
    let asks = |procedure: &Procedure| procedure.source().steps.iter().map(|step| step.consultations.len()).sum();
    procedures.sort_by_key(|procedure| std::cmp::Reverse::<usize>(asks(procedure)));
    let mut story = Story::new(office, vault, &store, bank, citizens, officers, procedures);
    let bar = ProgressBar::new(u64::from(DAYS.unsigned_abs())).with_message("made-up days");
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} {msg}  {elapsed}") {
        bar.set_style(style);
    }
    for day in 0..=DAYS {
        let date = first.plus_days(day);
        let morning = Instant(zone.start_of_day(date).0 + OPENS);
        story.day(date, morning, now).await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    story.end().await?;
    mark.write(true)
}

struct Mark {
    path: PathBuf,
}

impl Mark {
    /// Whether the demo is whole; nothing where there is no mark.
    fn read(&self) -> Option<bool> {
        std::fs::read_to_string(&self.path).ok().map(|text| text.contains("whole = true"))
    }

    fn write(&self, whole: bool) -> Result<(), DemoError> {
        let text =
            format!("# Everything in this folder is made up: names, ids, documents, payments.\nwhole = {whole}\n");
        std::fs::write(&self.path, text).map_err(|source| DemoError::File { path: self.path.clone(), source })
    }
}
