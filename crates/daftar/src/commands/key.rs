//! `daftar key rotate-licence`: another key for licences.

use super::Outcome;
use crate::{cli::Key, config::Config, keys};

pub(super) fn run(config: &Config, what: &Key) -> Outcome {
    let Key::RotateLicence = what;
    let kid = keys::rotate_licence(config)?;
    println!(
        "Licences are signed with the key {kid} from now on. Every gateway of this data folder sees it by itself."
    );
    Ok(())
}
