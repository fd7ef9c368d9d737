//! A register kept in JetStream: one stream a register, one message a block, sequence = height.
//!
//! [`Log`] creates the stream, appends under the guard of the expected last sequence, and reads. It knows nothing of what
//! is in a block: whoever reads checks it with [`crate::Chain`].

mod read;
mod settings;

pub use read::Blocks;
pub use settings::{Drift, Settings, SettingsDrift, compare};

use crate::block::MAX_BLOCK;
use async_nats::client::Request;
use async_nats::jetstream::stream::{LastRawMessageErrorKind, Stream};
use async_nats::jetstream::{Context, ErrorCode, publish::PublishAck, response::Response};
use async_nats::{Client, HeaderMap, Subject, header};
use bytes::Bytes;
use kernel::{CityId, Height};
use std::time::Duration;

/// The oldest nats-server that syncs every write as it should; older ones lost acknowledged data.
pub const OLDEST_SERVER: (u64, u64, u64) = (2, 12, 6);
/// How long an append may take before its outcome counts as unknown.
pub const APPEND_TIMEOUT: Duration = Duration::from_secs(5);
/// How much larger than a block a message may be: its headers.
const HEADER_ROOM: usize = 1024;

/// The cause of a failure below.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The stream of a register: `DAFTAR_<city>_<register>`.
#[must_use]
pub fn stream_name(city: &CityId, register: &str) -> String {
    format!("DAFTAR_{city}_{register}")
}

/// The subject that the stream keeps: `daftar.<city>.reg.<register>`.
#[must_use]
pub fn stream_subject(city: &CityId, register: &str) -> String {
    format!("daftar.{city}.reg.{register}")
}

/// The subject that the registrar answers commands on: `daftar.<city>.cmd.<register>`.
#[must_use]
pub fn command_subject(city: &CityId, register: &str) -> String {
    format!("daftar.{city}.cmd.{register}")
}

/// One register's stream. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Log {
    client: Client,
    context: Context,
    stream: Stream<()>,
    name: String,
    subject: Subject,
    settings: Settings,
}

/// Why a log could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The server is not fit to keep a register.
    #[error("nats-server {found} is too old: at least {}.{}.{} is needed, 2.14.6 is advised", OLDEST_SERVER.0, OLDEST_SERVER.1, OLDEST_SERVER.2)]
    ServerTooOld {
        /// The version it gives.
        found: String,
    },
    /// The server takes only messages smaller than a block.
    #[error("nats-server takes messages of at most {max_payload} bytes: set max_payload to 1MB or more")]
    PayloadTooSmall {
        /// Its limit.
        max_payload: usize,
    },
    /// The server did not answer; asking again can help.
    #[error("{operation} on {stream} got no answer")]
    NoAnswer {
        /// What was asked.
        operation: &'static str,
        /// Of which stream.
        stream: String,
        /// What the client says.
        #[source]
        source: Cause,
    },
    /// The server said no.
    #[error("{operation} on {stream} was refused with error {}: {description}", code.0)]
    Refused {
        /// What was asked.
        operation: &'static str,
        /// Of which stream.
        stream: String,
        /// JetStream's number for it.
        code: ErrorCode,
        /// JetStream's words.
        description: String,
    },
    /// There is no such stream.
    #[error("there is no stream {stream}")]
    NoStream {
        /// Its name.
        stream: String,
    },
    /// A block that must be there is not: the stream has been damaged.
    #[error("block {height} of {stream} is missing: the stream is damaged")]
    Missing {
        /// Which block.
        height: Height,
        /// Of which stream.
        stream: String,
    },
    /// The stream ends before what was read from it: it was replaced by an older copy, or cut.
    #[error("{stream} ends at block {last}, but block {expected} has been seen: the stream was rolled back")]
    RolledBack {
        /// The newest block that was seen.
        expected: Height,
        /// Where the stream ends now.
        last: Height,
        /// Of which stream.
        stream: String,
    },
    /// The stream is not set as a register must be.
    #[error(transparent)]
    Settings(#[from] SettingsDrift),
}

impl LogError {
    /// Whether the same call can succeed later without anybody repairing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            LogError::NoAnswer { .. } | LogError::Refused { .. } => true,
            LogError::ServerTooOld { .. }
            | LogError::PayloadTooSmall { .. }
            | LogError::NoStream { .. }
            | LogError::Missing { .. }
            | LogError::RolledBack { .. }
            | LogError::Settings(_) => false,
        }
    }
}

/// Why a block is not known to be durable.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Another block stands there: another writer was faster, or an earlier try of this one arrived.
    #[error("block {} cannot follow: the stream no longer ends at {expected}", expected.0 + 1)]
    Fenced {
        /// Where the stream was thought to end.
        expected: Height,
    },
    /// No answer came. The block may be durable or not.
    #[error("the append after block {expected} got no answer")]
    Unknown {
        /// Where the stream was thought to end.
        expected: Height,
        /// What the client says.
        #[source]
        source: Cause,
    },
    /// The server has no room. The block was not written.
    #[error("the store is full (error {})", code.0)]
    Full {
        /// JetStream's number for it.
        code: ErrorCode,
    },
    /// The server refused it. The block was not written.
    #[error("the append was refused with error {}: {description}", code.0)]
    Refused {
        /// JetStream's number for it.
        code: ErrorCode,
        /// JetStream's words.
        description: String,
    },
}

impl Log {
    /// Opens a register's stream, creating it when it is not there.
    ///
    /// An existing stream is left as it is: [`Log::check_settings`] tells whether it is fit.
    ///
    /// # Errors
    /// When the server is too old, cannot be reached, or refuses to create the stream.
    pub async fn open(client: Client, city: &CityId, register: &str, settings: Settings) -> Result<Log, LogError> {
        let log = Log::unchecked(client, city, register, settings)?;
        match log.info().await {
            Err(LogError::NoStream { .. }) => log.create().await?,
            other => drop(other?),
        }
        Ok(log)
    }

    /// Opens a register's stream, which must be there.
    ///
    /// # Errors
    /// As [`Log::open`], and when there is no stream.
    pub async fn existing(client: Client, city: &CityId, register: &str, settings: Settings) -> Result<Log, LogError> {
        let log = Log::unchecked(client, city, register, settings)?;
        log.info().await?;
        Ok(log)
    }

    fn unchecked(client: Client, city: &CityId, register: &str, settings: Settings) -> Result<Log, LogError> {
        let server = client.server_info();
        if !settings::is_recent(&server.version) {
            return Err(LogError::ServerTooOld { found: server.version });
        }
        if server.max_payload < MAX_BLOCK + HEADER_ROOM {
            return Err(LogError::PayloadTooSmall { max_payload: server.max_payload });
        }
        let name = stream_name(city, register);
        let context = async_nats::jetstream::new(client.clone());
        let stream = futures::FutureExt::now_or_never(context.get_stream_no_info(&name))
            .and_then(Result::ok)
            .expect("a city's and a register's name make a valid stream name, and nothing is asked of the server");
        Ok(Log { stream, subject: stream_subject(city, register).into(), client, context, name, settings })
    }

    /// Appends a block behind the block at `expected`, and returns once it is durable.
    ///
    /// # Errors
    /// [`AppendError::Unknown`] leaves open whether the block is durable: read [`Log::last`] before anything else.
    pub async fn append(&self, expected: Height, block: Bytes) -> Result<(), AppendError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::NATS_EXPECTED_STREAM, self.name.as_str());
        headers.insert(header::NATS_EXPECTED_LAST_SEQUENCE, expected.0.to_string());
        let request = Request::new().headers(headers).payload(block).timeout(Some(APPEND_TIMEOUT));
        let unknown = |source: Cause| AppendError::Unknown { expected, source };
        let answer = self.client.send_request(self.subject.clone(), request).await.map_err(|e| unknown(e.into()))?;
        match serde_json::from_slice(&answer.payload).map_err(|e| unknown(e.into()))? {
            Response::Ok(PublishAck { sequence, stream, .. }) if sequence == expected.0 + 1 && stream == self.name => {
                Ok(())
            }
            Response::Ok(PublishAck { .. }) => Err(AppendError::Fenced { expected }),
            Response::Err { error } => Err(append_error(expected, &error)),
        }
    }

    /// The last block and its height, or nothing when there is none yet.
    ///
    /// # Errors
    /// When the server does not answer, or the stream counts a block that it no longer has.
    pub async fn last(&self) -> Result<Option<(Height, Bytes)>, LogError> {
        let last = self.last_height().await?;
        if last == Height(0) { Ok(None) } else { Ok(Some((last, self.get(last).await?))) }
    }

    /// Height of the last block; 0 when there is none yet.
    ///
    /// # Errors
    /// When the server does not answer or the stream is gone.
    pub async fn last_height(&self) -> Result<Height, LogError> {
        let info = self.info().await?;
        info["state"]["last_seq"]
            .as_u64()
            .map(Height)
            .ok_or_else(|| self.no_answer("STREAM.INFO", "no last_seq".into()))
    }

    /// One block.
    ///
    /// # Errors
    /// [`LogError::Missing`] when the stream does not have it, or the server does not answer.
    pub async fn get(&self, height: Height) -> Result<Bytes, LogError> {
        match self.stream.get_raw_message(height.0).await {
            Ok(message) => Ok(message.payload),
            Err(error) => Err(match error.kind() {
                LastRawMessageErrorKind::NoMessageFound => LogError::Missing { height, stream: self.name.clone() },
                LastRawMessageErrorKind::JetStream(refusal) => self.refused("STREAM.MSG.GET", &refusal),
                LastRawMessageErrorKind::InvalidSubject | LastRawMessageErrorKind::Other => {
                    self.no_answer("STREAM.MSG.GET", error.into())
                }
            }),
        }
    }

    /// Checks that the stream is set as a register must be.
    ///
    /// # Errors
    /// [`LogError::Settings`] lists every setting that differs.
    pub async fn check_settings(&self) -> Result<(), LogError> {
        let info = self.info().await?;
        Ok(settings::check(&info["config"], &self.name, self.subject.as_str(), self.settings)?)
    }

    /// The stream's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The connection it uses.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The server's whole answer, with fields that this build's client does not know.
    async fn info(&self) -> Result<serde_json::Value, LogError> {
        const OPERATION: &str = "STREAM.INFO";
        let info = self.context.request(format!("{OPERATION}.{}", self.name), &()).await;
        match info.map_err(|error| self.no_answer(OPERATION, error.into()))? {
            Response::Ok(info) => Ok(info),
            Response::Err { error } => Err(self.refused(OPERATION, &error)),
        }
    }

    async fn create(&self) -> Result<(), LogError> {
        const OPERATION: &str = "STREAM.CREATE";
        let config = settings::config(&self.name, self.subject.as_str(), self.settings);
        let answer = self.context.request(format!("{OPERATION}.{}", self.name), &config).await;
        match answer.map_err(|error| self.no_answer(OPERATION, error.into()))? {
            Response::Ok::<serde_json::Value>(_) => Ok(()),
            // Somebody else created it meanwhile.
            Response::Err { error } if error.error_code() == ErrorCode::STREAM_NAME_EXIST => Ok(()),
            Response::Err { error } => Err(self.refused(OPERATION, &error)),
        }
    }

    fn no_answer(&self, operation: &'static str, source: Cause) -> LogError {
        LogError::NoAnswer { operation, stream: self.name.clone(), source }
    }

    fn refused(&self, operation: &'static str, error: &async_nats::jetstream::Error) -> LogError {
        if error.error_code() == ErrorCode::STREAM_NOT_FOUND {
            return LogError::NoStream { stream: self.name.clone() };
        }
        let (code, description) = (error.error_code(), error.to_string());
        LogError::Refused { operation, stream: self.name.clone(), code, description }
    }
}

fn append_error(expected: Height, error: &async_nats::jetstream::Error) -> AppendError {
    match error.error_code() {
        ErrorCode::STREAM_WRONG_LAST_SEQUENCE | ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT => {
            AppendError::Fenced { expected }
        }
        code @ (ErrorCode::STORAGE_RESOURCES_EXCEEDED
        | ErrorCode::ACCOUNT_RESOURCES_EXCEEDED
        | ErrorCode::INSUFFICIENT_RESOURCES) => AppendError::Full { code },
        // One code for everything that goes wrong with a file; only the words tell a lack of room.
        code @ ErrorCode::STREAM_STORE_FAILED
            if ["maximum bytes", "no space"].iter().any(|words| error.to_string().contains(words)) =>
        {
            AppendError::Full { code }
        }
        code => AppendError::Refused { code, description: error.to_string() },
    }
}
