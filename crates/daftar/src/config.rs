//! Configuration: a TOML file, then the environment, then the command line. The only room that reads either.
#![allow(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]

use kernel::{CityId, Zone};
use serde::Deserialize;
use std::{
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

/// Where NATS is when nobody says otherwise.
const NATS_URL: &str = "nats://127.0.0.1:4222";

/// Local time when nobody says otherwise: the first city's.
const ZONE: &str = "Asia/Tehran";

/// Between two checks of the stream's settings when nobody says otherwise.
const SETTINGS_CHECK: Duration = Duration::from_secs(60);

/// Between two looks at the bank's list when nobody says otherwise.
const RECONCILE_EVERY: Duration = Duration::from_secs(30);

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("the configuration {} is not valid", path.display())]
    Parse {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: toml::de::Error,
    },
    /// A variable does not parse.
    #[error("{name} is {found:?}: {expected}")]
    Variable {
        /// Which.
        name: &'static str,
        /// What it holds.
        found: String,
        /// What it should.
        expected: &'static str,
    },
}

/// How log lines look.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// What every role is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// The tenant.
    pub city: CityId,
    /// The folder of all data that is not in a database server.
    pub data: PathBuf,
    /// Where HTTP is served.
    pub listen: SocketAddr,
    /// Where people reach the pages, without a slash at the end; absent, at `listen`.
    pub public_url: Option<String>,
    /// Where a process shows health and figures besides the API: for roles that run apart from the gateway.
    pub admin: Option<SocketAddr>,
    /// Where NATS is, with its credentials; several servers are separated by commas.
    pub nats_url: String,
    /// How many NATS servers keep each block.
    pub replicas: u8,
    /// Where Postgres is; absent, read models and vault are SQLite files under `data`.
    pub database_url: Option<String>,
    /// Where documents are kept.
    pub documents: documents::Place,
    /// The master key of the vault; absent, it is in `<data>/keys/master.key`.
    pub master_key: Option<Secret>,
    /// How often the settings of the register's stream are checked.
    pub settings_check: Duration,
    /// The city's local time, in which people are shown days.
    pub zone: Zone,
    /// How log lines look.
    pub log: LogFormat,
    /// The nats-server program, for `up`.
    pub nats_server: Option<PathBuf>,
    /// Where people sign in; without a provider nobody can, and pages are for those who need no account.
    pub sign_in: Option<SignInConfig>,
    /// Who can sign in at the provider that this process serves itself: `up` says so, and nothing else can.
    pub made_up_people: Option<Vec<(String, Vec<signin::builtin::Person>)>>,
    /// The bank that fees are paid through; without one nobody can pay online.
    pub bank: Option<BankConfig>,
    /// Whether this process serves that bank itself, with money that is none: `up` says so, and nothing else can.
    pub test_bank: bool,
    /// How often the bank's list is compared with the register.
    pub reconcile_every: Duration,
}

/// The OpenID Connect provider, and as what it knows the city.
#[derive(Debug, Clone)]
pub struct SignInConfig {
    /// Its issuer address.
    pub issuer: String,
    /// Where this process reaches it, if that is another address.
    pub inside: Option<String>,
    /// The city's name there.
    pub client_id: String,
    /// The city's password there.
    pub client_secret: Option<Secret>,
    /// How it names what the city needs to know.
    pub claims: signin::ClaimNames,
}

/// Where the bank is, and who the city is there.
#[derive(Debug, Clone)]
pub struct BankConfig {
    /// The address that operations' names are put behind.
    pub url: String,
    /// Who the city is at this bank.
    pub merchant: String,
    /// The key shared with it.
    pub key: Secret,
}

/// A text that is never printed.
#[derive(Clone, Deserialize)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The file's shape; every key may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    city: Option<CityId>,
    data: Option<PathBuf>,
    listen: Option<SocketAddr>,
    admin: Option<SocketAddr>,
    public_url: Option<String>,
    nats_url: Option<String>,
    replicas: Option<u8>,
    database_url: Option<String>,
    documents: Option<PathBuf>,
    zone: Option<Zone>,
    log: Option<LogFormat>,
}

/// What the command line says over file and environment.
#[derive(Debug, Default, Clone, clap::Args)]
pub struct Overrides {
    /// Configuration file (TOML); by default daftar.toml in the data folder, if it is there.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder of all data [default: ./daftar-data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The city [default: isfahan]
    #[arg(long, global = true)]
    pub city: Option<CityId>,
    /// Where HTTP is served [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// How log lines look
    #[arg(long, global = true)]
    pub log: Option<LogFormat>,
}

impl Config {
    /// Reads the file and the environment and lays the command line over them.
    ///
    /// # Errors
    /// Names the file, key or variable that cannot be used.
    pub fn load(overrides: &Overrides) -> Result<Config, ConfigError> {
        let data = overrides.data.clone().or(variable("DAFTAR_DATA").map(PathBuf::from));
        let named = overrides.config.clone().or(variable("DAFTAR_CONFIG").map(PathBuf::from));
        let file = match named {
            Some(path) => read(&path)?,
            None => {
                let usual = data.as_deref().unwrap_or(Path::new("daftar-data")).join("daftar.toml");
                if usual.exists() { read(&usual)? } else { File::default() }
            }
        };
        let data = data.or(file.data).unwrap_or_else(|| PathBuf::from("daftar-data"));
        let city = overrides.city.clone().or(parsed("DAFTAR_CITY", "a city id: a-z, 0-9 and -")?).or(file.city);
        let listen = overrides.listen.or(parsed("DAFTAR_LISTEN", "an address like 127.0.0.1:8080")?).or(file.listen);
        let nats_url = variable("DAFTAR_NATS_URL").or(file.nats_url).or_else(|| running_nats(&data));
        Ok(Config {
            city: city.unwrap_or_else(|| "isfahan".parse().expect("a valid city")),
            listen: listen.unwrap_or_else(|| "127.0.0.1:8080".parse().expect("a valid address")),
            public_url: variable("DAFTAR_PUBLIC_URL")
                .or(file.public_url)
                .map(|url| url.trim_end_matches('/').to_owned()),
            admin: parsed("DAFTAR_ADMIN", "an address like 127.0.0.1:8081")?.or(file.admin),
            nats_url: nats_url.unwrap_or_else(|| NATS_URL.to_owned()),
            replicas: parsed("DAFTAR_REPLICAS", "1, 3 or 5")?.or(file.replicas).unwrap_or(1),
            database_url: variable("DAFTAR_DATABASE_URL").or(file.database_url),
            documents: documents(file.documents.unwrap_or_else(|| data.join("documents")))?,
            master_key: variable("DAFTAR_MASTER_KEY").map(Secret),
            settings_check: seconds("DAFTAR_SETTINGS_CHECK_SECONDS")?.unwrap_or(SETTINGS_CHECK),
            zone: zone()?.or(file.zone).unwrap_or_else(|| Zone::new(ZONE).expect("a zone of the bundled list")),
            log: overrides.log.or(file.log).unwrap_or_default(),
            nats_server: variable("DAFTAR_NATS_SERVER").map(PathBuf::from),
            sign_in: sign_in()?,
            made_up_people: None,
            bank: bank()?,
            test_bank: false,
            reconcile_every: seconds("DAFTAR_RECONCILE_SECONDS")?.unwrap_or(RECONCILE_EVERY),
            data,
        })
    }

    /// Where the departments' tables are.
    #[must_use]
    pub fn database(&self) -> projection::Database {
        match &self.database_url {
            Some(url) => projection::Database::Postgres { url: url.clone() },
            None => projection::Database::Sqlite { folder: self.data.join("read-models") },
        }
    }

    /// Where the vault is.
    #[must_use]
    pub fn vault(&self) -> String {
        self.database_url.clone().unwrap_or_else(|| self.data.join("vault.sqlite").display().to_string())
    }
}

/// The address that a running `daftar up` of this data folder left for other commands.
fn running_nats(data: &Path) -> Option<String> {
    std::fs::read_to_string(crate::nats::address_file(data)).ok().map(|text| text.trim().to_owned())
}

/// The file of this program, for what it runs in a process of its own.
///
/// # Errors
/// When the system does not know it.
pub fn program() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

/// The folders that programs are looked for in.
#[must_use]
pub fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// The log filter that the environment asks for.
#[must_use]
pub fn log_filter() -> Option<String> {
    variable("DAFTAR_LOG")
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn parsed<T: std::str::FromStr>(name: &'static str, expected: &'static str) -> Result<Option<T>, ConfigError> {
    let parse = |found: String| found.parse().map_err(|_| ConfigError::Variable { name, found, expected });
    variable(name).map(parse).transpose()
}

fn seconds(name: &'static str) -> Result<Option<Duration>, ConfigError> {
    let seconds: Option<NonZeroU32> = parsed(name, "whole seconds, at least 1")?;
    Ok(seconds.map(|seconds| Duration::from_secs(seconds.get().into())))
}

/// The sign-in provider. The built-in one lets anybody be anybody, so no configuration can name it.
fn sign_in() -> Result<Option<SignInConfig>, ConfigError> {
    let name = "DAFTAR_OIDC_ISSUER";
    let Some(issuer) = variable(name) else { return Ok(None) };
    if issuer.contains(signin::builtin::PATH) {
        let expected = "a real provider: the built-in sign-in, where anybody can be anybody, is only for `daftar up`";
        return Err(ConfigError::Variable { name, found: issuer, expected });
    }
    let usual = signin::ClaimNames::default();
    let claims = signin::ClaimNames {
        national_id: variable("DAFTAR_OIDC_CLAIM_NATIONAL_ID").unwrap_or(usual.national_id),
        role: variable("DAFTAR_OIDC_CLAIM_ROLE").unwrap_or(usual.role),
        department: variable("DAFTAR_OIDC_CLAIM_DEPARTMENT").unwrap_or(usual.department),
        districts: variable("DAFTAR_OIDC_CLAIM_DISTRICTS").unwrap_or(usual.districts),
    };
    let client_id = variable("DAFTAR_OIDC_CLIENT").unwrap_or_else(|| "daftar".to_owned());
    let inside = variable("DAFTAR_OIDC_INSIDE");
    Ok(Some(SignInConfig {
        issuer,
        inside,
        client_id,
        client_secret: variable("DAFTAR_OIDC_SECRET").map(Secret),
        claims,
    }))
}

/// Where documents are kept: in a bucket where one is named, else in a folder.
fn documents(folder: PathBuf) -> Result<documents::Place, ConfigError> {
    let Some(bucket) = variable("DAFTAR_S3_BUCKET") else {
        return Ok(documents::Place::Folder(variable("DAFTAR_DOCUMENTS").map_or(folder, PathBuf::from)));
    };
    let needed = |name| {
        let expected = "a bucket (DAFTAR_S3_BUCKET) has a region, an access key and a secret key";
        variable(name).ok_or(ConfigError::Variable { name, found: String::new(), expected })
    };
    Ok(documents::Place::S3(documents::S3 {
        bucket,
        endpoint: variable("DAFTAR_S3_ENDPOINT"),
        region: needed("DAFTAR_S3_REGION")?,
        access_key: needed("DAFTAR_S3_ACCESS_KEY")?,
        secret_key: needed("DAFTAR_S3_SECRET_KEY")?,
    }))
}

/// The bank, whose three settings belong together.
fn bank() -> Result<Option<BankConfig>, ConfigError> {
    let names = ["DAFTAR_BANK_URL", "DAFTAR_BANK_MERCHANT", "DAFTAR_BANK_KEY"];
    let [url, merchant, key] = names.map(variable);
    match (url, merchant, key) {
        (None, None, None) => Ok(None),
        (Some(url), Some(merchant), Some(key)) => Ok(Some(BankConfig { url, merchant, key: Secret(key) })),
        (url, merchant, _) => {
            let name = if url.is_none() {
                names[0]
            } else if merchant.is_none() {
                names[1]
            } else {
                names[2]
            };
            let expected = "a bank has an address, a merchant and a key, or none of the three is set";
            Err(ConfigError::Variable { name, found: String::new(), expected })
        }
    }
}

fn zone() -> Result<Option<Zone>, ConfigError> {
    let name = "DAFTAR_ZONE";
    let invalid = |found| ConfigError::Variable { name, found, expected: "a zone of the IANA list, as Asia/Tehran" };
    variable(name).map(|found| Zone::new(&found).map_err(|_| invalid(found))).transpose()
}

fn read(path: &Path) -> Result<File, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|source| ConfigError::Parse { path: path.to_owned(), source })
}
