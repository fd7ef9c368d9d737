//! Connecting to NATS: once for a command, patiently for a service.

use crate::config::Config;
use async_nats::{Client, ConnectErrorKind, ConnectOptions, ServerAddr};
use std::time::Duration;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a lost connection waits before it is tried again, at the most.
const RECONNECT: Duration = Duration::from_secs(1);
/// Between two tries of a service that starts before its server.
const PAUSE: Duration = Duration::from_secs(1);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// An address is not one.
    #[error("{address:?} is not a NATS address like nats://user:password@host:4222")]
    Address {
        /// Which, without credentials.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The server does not know the credentials.
    #[error("NATS at {address} does not accept the user and password of its address")]
    Credentials {
        /// Where, without credentials.
        address: String,
    },
    /// The server does not answer.
    #[error("cannot connect to NATS at {address}: is nats-server running there?")]
    Server {
        /// Where, without credentials.
        address: String,
        /// Why.
        #[source]
        source: async_nats::ConnectError,
    },
}

/// Connects, and keeps the connection for ever.
///
/// # Errors
/// When no server answers now.
pub async fn connect(config: &Config, name: &str) -> Result<Client, ConnectError> {
    let addresses = addresses(&config.nats_url)?;
    let options = options(&addresses)
        .name(format!("daftar {name}"))
        .connection_timeout(PATIENCE)
        .reconnect_delay_callback(|attempt| RECONNECT.min(Duration::from_millis(20 * attempt as u64)));
    options.connect(&addresses[..]).await.map_err(|source| {
        let address = plain(&config.nats_url);
        match source.kind() {
            ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
                ConnectError::Credentials { address }
            }
            _ => ConnectError::Server { address, source },
        }
    })
}

/// Connects as soon as a server answers; only what waiting cannot mend is an error.
///
/// # Errors
/// When an address or the credentials are wrong.
pub(crate) async fn connect_patiently(config: &Config, name: &str) -> Result<Client, ConnectError> {
    let mut told = false;
    loop {
        match connect(config, name).await {
            Err(ConnectError::Server { address, source }) => {
                if !told {
                    tracing::warn!(address, error = &source as &dyn std::error::Error, "waiting for NATS");
                    told = true;
                }
                tokio::time::sleep(PAUSE).await;
            }
            connected => return connected,
        }
    }
}

/// Whether a server answers at this address.
pub(crate) async fn answers(url: &str) -> bool {
    let Ok(addresses) = addresses(url) else { return false };
    let attempt = options(&addresses).connection_timeout(Duration::from_millis(500)).connect(&addresses[..]).await;
    match attempt {
        Ok(client) => client.flush().await.is_ok(),
        Err(_) => false,
    }
}

fn addresses(url: &str) -> Result<Vec<ServerAddr>, ConnectError> {
    let parse = |text: &str| {
        let invalid = |source| ConnectError::Address { address: plain(text), source };
        text.trim().parse::<ServerAddr>().map_err(invalid)
    };
    url.split(',').map(parse).collect()
}

/// The client takes credentials from its options only; all servers of a cluster know the same users.
fn options(addresses: &[ServerAddr]) -> ConnectOptions {
    let named = addresses.iter().find_map(|address| Some((address.username()?, address.password()?)));
    match named {
        Some((user, password)) => ConnectOptions::with_user_and_password(user.into(), password.into()),
        None => ConnectOptions::new(),
    }
}

/// Addresses without their credentials.
fn plain(url: &str) -> String {
    let host = |address: &str| address.rsplit('@').next().unwrap_or_default().trim().to_owned();
    url.split(',').map(host).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_has_one_user_and_no_error_shows_the_password() {
        let url = "nats://daftar:secret@one:4222, nats://daftar:secret@two";
        assert_eq!(addresses(url).map(|addresses| addresses.len()).ok(), Some(2));
        assert_eq!(plain(url), "one:4222,two");
        let Err(error) = addresses("nats://daftar:secret@:x") else { panic!("not an address") };
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
