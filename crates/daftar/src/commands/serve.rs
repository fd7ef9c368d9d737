//! `daftar serve ROLE…`: some roles against servers that run already.

use super::{Outcome, told_to_stop};
use crate::{
    compose::{City, Role},
    config::Config,
};

pub(super) async fn run(config: Config, roles: &[Role]) -> Outcome {
    let city = tokio::select! {
        city = City::build(config, roles) => city?,
        () = told_to_stop() => return Ok(()),
    };
    tracing::info!(?roles, city = %city.config().city, "running");
    Ok(city.run(told_to_stop()).await?)
}
