//! What a registrar is told when it starts.

use async_nats::Client;
use kernel::{CityId, Instant};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Tells the time. Services pass the system's clock, tests their own.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// Which register to write, and with what.
#[derive(Debug, Clone)]
pub struct Config {
    /// The city whose register it is.
    pub city: CityId,
    /// The connection. It should reconnect for ever.
    pub client: Client,
    /// How many servers keep each block.
    pub replicas: u8,
    /// The folder of all of Daftar's data; this keeps a snapshot and the last head under `registrar/`.
    pub data: PathBuf,
    /// How often the domain is asked what the passing of time calls for.
    pub tick: Duration,
    /// How often the stream's settings are checked.
    pub settings_check: Duration,
    /// How long an append may hang before callers are told that the log cannot be written.
    pub patience: Duration,
}

impl Config {
    /// A registrar with the usual times: ticks each second, settings checked each minute, two seconds of patience.
    #[must_use]
    pub fn new(city: CityId, client: Client, data: PathBuf) -> Config {
        Config {
            city,
            client,
            replicas: 1,
            data,
            tick: Duration::from_secs(1),
            settings_check: Duration::from_secs(60),
            patience: Duration::from_secs(2),
        }
    }

    /// Where a file of this register is: `<data>/registrar/<city>-<register>.<kind>`.
    pub(crate) fn file(&self, register: &str, kind: &str) -> PathBuf {
        file(&self.data, &self.city, register, kind)
    }
}

/// A file of a city's registrar in a data folder.
pub(crate) fn file(data: &Path, city: &CityId, register: &str, kind: &str) -> PathBuf {
    data.join("registrar").join(format!("{city}-{register}.{kind}"))
}
