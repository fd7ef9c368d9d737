//! `daftar vault accept-loss`: goes on without a vault that is gone for good.

use super::Outcome;
use crate::{cli::Vault as What, compose::replace_lost_vault, config::Config};

pub(super) async fn run(config: &Config, what: &What) -> Outcome {
    let What::AcceptLoss = what;
    if !replace_lost_vault(config).await? {
        return Err("the vault is there and is the city's own: nothing was changed".into());
    }
    println!("An empty vault is in place. What was sealed before is treated as of persons who are forgotten.");
    Ok(())
}
