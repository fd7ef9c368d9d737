//! `daftar up`: a whole city in one process beside a child nats-server.

use super::{Outcome, token, told_to_stop};
use crate::{
    cli,
    compose::{City, Role, make_folder, open_vault},
    config::{BankConfig, Config, SignInConfig},
    connect::connect,
    demo,
    founding::Folder,
    health::Health,
    keys,
    nats::NatsServer,
    roles::gateway::own_address,
};
use permits::Permits;
use registrar::Commands;
use std::{
    net::{IpAddr, SocketAddr},
    sync::OnceLock,
};

/// The built-in sign-in would be open to strangers.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "with the built-in sign-in whoever reaches {place} can be anybody in this city, officers too. Listen on the loopback \
     (--listen 127.0.0.1:8080, no DAFTAR_PUBLIC_URL elsewhere), or name a sign-in provider (DAFTAR_OIDC_ISSUER); where \
     nothing in it is real, add --anybody-may-sign-in"
)]
struct OpenToStrangers {
    place: String,
}

/// Whether other machines reach what is served here, as far as its addresses say.
fn only_here(listen: SocketAddr, public_url: Option<&str>) -> Result<(), OpenToStrangers> {
    if !listen.ip().to_canonical().is_loopback() {
        return Err(OpenToStrangers { place: listen.to_string() });
    }
    match public_url {
        Some(url) if !is_loopback(url) => Err(OpenToStrangers { place: url.to_owned() }),
        Some(_) | None => Ok(()),
    }
}

fn is_loopback(url: &str) -> bool {
    let Ok(url) = url.parse::<axum::http::Uri>() else { return false };
    let host = url.host().unwrap_or("").trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback())
}

pub(super) async fn run(mut config: Config, options: cli::Up) -> Outcome {
    if config.sign_in.is_none() && !options.anybody_may_sign_in {
        only_here(config.listen, config.public_url.as_deref())?;
    }
    let folder = match &options.from {
        Some(folder) => Folder::read(folder)?,
        None => Folder::isfahan()?,
    };
    config.city = folder.city().clone();
    config.zone = folder.zone()?;
    make_folder(&config)?;
    config.data = config.data.canonicalize()?;
    let own = own_address(&config);
    let public = config.public_url.get_or_insert_with(|| own.clone()).clone();
    if config.sign_in.is_none() {
        let issuer = format!("{public}{}", signin::builtin::PATH);
        let inside = Some(format!("{own}{}", signin::builtin::PATH));
        let client_id = signin::builtin::CLIENT.to_owned();
        let claims = signin::ClaimNames::default();
        config.sign_in = Some(SignInConfig { issuer, inside, client_id, client_secret: None, claims });
        config.made_up_people = Some(demo::people::who_signs_in(&folder));
    }
    if config.bank.is_none() {
        let url = format!("{}{}", own_address(&config), bank::test_bank::MOUNT);
        let (merchant, key) = (config.city.to_string(), keys::test_bank(&config)?);
        (config.bank, config.test_bank) = (Some(BankConfig { url, merchant, key }), true);
    }
    let mut nats = NatsServer::start(&config).await?;
    config.nats_url.clone_from(&nats.url);
    // Two halves of one process: the city says when nothing is stored, and who tends the server starts it anew.
    let health = OnceLock::new();
    let stuck = || health.get().is_some_and(Health::is_stuck);
    let ended = tokio::select! {
        ended = whole_city(config, &folder, &health, options.demo) => ended,
        () = nats.tend(stuck) => Ok(()),
    };
    nats.stop().await;
    ended
}

async fn whole_city(config: Config, folder: &Folder, health: &OnceLock<Health>, demo: bool) -> Outcome {
    if demo {
        let vault = open_vault(&config).await?;
        let client = connect(&config, "demo").await?;
        tokio::select! {
            made = demo::make(&config, folder, &vault, client) => made?,
            () = told_to_stop() => return Ok(()),
        }
    }
    let signer = keys::signer(&config)?;
    const ALL: &[Role] = &[Role::Registrar, Role::Projector, Role::Gateway, Role::Feeds, Role::Reconciler];
    let city = City::build(config.clone(), ALL).await?;
    health.get_or_init(|| city.health());
    let commands = Commands::<Permits>::new(connect(&config, "founding").await?, &config.city);
    tokio::select! {
        founded = folder.found(&commands) => founded?,
        () = told_to_stop() => return Ok(city.run(std::future::ready(())).await?),
    }
    let vault = open_vault(&config).await?;
    announce(&config, &token::one_per_role(&config, folder, &signer, &vault).await?);
    announce_feeds(&config, folder);
    // Last, where it is looked for.
    println!("\nدر مرورگر باز کنید — open in a browser:\n\n  {}/\n", config.public_url.as_deref().unwrap_or_default());
    println!("Ctrl-C stops it all; the next start finds everything again.");
    Ok(city.run(told_to_stop()).await?)
}

fn announce(config: &Config, tokens: &[(String, String)]) {
    println!("\nتوکن هر نقش، برای دوازده ساعت — a token per role, for twelve hours:\n");
    for (role, token) in tokens {
        println!("{role:<24} {token}");
    }
    let address = config.listen;
    println!("\n{} is up.", config.city);
    println!("  API       http://{address}/v1/     (described at http://{address}/openapi.json)");
    println!("  health    http://{address}/healthz  http://{address}/readyz  http://{address}/metrics");
    if config.test_bank {
        println!("  bank      http://{address}{}  (a test bank: no money moves)", bank::test_bank::MOUNT);
    }
    println!("  NATS      {}", config.nats_url.rsplit('@').next().unwrap_or_default());
    println!("  data      {}", config.data.display());
}

/// How a department reads its feed.
fn announce_feeds(config: &Config, folder: &Folder) {
    println!("\nخوراک واحدها — what happens, for each department, as CloudEvents (schemas/asyncapi.json):\n");
    for department in folder.departments() {
        let department = department.as_str();
        let stream = feeds::stream_name(&config.city, department);
        println!("  {stream:<36} {}.>", feeds::department_subject(&config.city, department));
    }
    let address = crate::nats::address_file(&config.data);
    println!("\n  The address with its password is in {}; tests/feeds/subscribe.py is a whole", address.display());
    println!("  subscriber: subscribe.py ADDRESS {} permit-office", config.city);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_sign_in_is_for_this_machine() {
        let listens = |address: &str, url: Option<&str>| only_here(address.parse().unwrap(), url);
        let here = [None, Some("http://localhost:8080"), Some("https://127.0.0.1"), Some("http://[::1]:8080")];
        for (address, url) in here.map(|url| ("127.0.0.1:8080", url)).into_iter().chain([("[::1]:80", None)]) {
            assert_eq!(listens(address, url), Ok(()), "{address} {url:?}");
        }
        for (address, url) in [
            ("0.0.0.0:8080", None),
            ("[::]:8080", None),
            ("192.168.1.5:8080", Some("http://localhost")),
            ("127.0.0.1:8080", Some("https://permits.example")),
            ("127.0.0.1:8080", Some("https://127.0.0.1.example")),
            ("127.0.0.1:8080", Some("http://127.0.0.1@permits.example")),
            ("127.0.0.1:8080", Some("nothing of the kind/")),
        ] {
            let told = listens(address, url).unwrap_err().to_string();
            assert!(told.contains("--anybody-may-sign-in") && told.contains("--listen 127.0.0.1"), "{told}");
        }
    }
}
