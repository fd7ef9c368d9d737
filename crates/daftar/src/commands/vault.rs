//! `daftar vault accept-loss`: goes on without a vault that is gone for good.

use super::Outcome;
use crate::{cli::Vault as What, compose::replace_lost_vault, config::Config};

pub(super) async fn run(config: &Config, what: &What) -> Outcome {
    let What::AcceptLoss = what;
    if !replace_lost_vault(config).await? {
        return Err("the vault is there and is the city's own: nothing was changed".into());
    }
    println!("The vault that is there now, or a new one, is the city's. Whoever it does not know counts as forgotten.");
    Ok(())
}
