//! `daftar found`: makes a city, or adds what its folder has new.

use super::Outcome;
use crate::{config::Config, connect::connect, founding::Folder};
use permits::Permits;
use registrar::Commands;
use std::path::PathBuf;

pub(super) async fn run(config: &Config, from: Option<PathBuf>) -> Outcome {
    let folder = match from {
        Some(folder) => Folder::read(&folder)?,
        None => Folder::isfahan()?,
    };
    let commands = Commands::<Permits>::new(connect(config, "founding").await?, folder.city());
    folder.found(&commands).await?;
    println!("{} is founded: {} procedures", folder.city(), folder.procedures().count());
    Ok(())
}
