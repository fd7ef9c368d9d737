//! A department's stream in JetStream: made, checked, appended to in batches that land whole or not at all, and searched.

use crate::message::{Told, department_subject, place_of};
use async_nats::client::Request;
use async_nats::header::{
    NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL, NATS_BATCH_ID, NATS_BATCH_SEQUENCE, NATS_EXPECTED_LAST_SEQUENCE,
};
use async_nats::jetstream::stream::{LastRawMessageErrorKind, Stream as JetStream};
use async_nats::jetstream::{self, Context, ErrorCode, publish::PublishAck, response::Response};
use async_nats::{Client, HeaderMap};
use kernel::{CityId, Height, Instant, Position};
use ledger::SettingsDrift;
use serde_json::{Value, json};
use std::time::Duration;

/// JetStream takes no more messages in one batch.
pub const MAX_BATCH: usize = 1_000;
/// How long an append may take before its outcome counts as unknown.
const APPEND_TIMEOUT: Duration = Duration::from_secs(5);

/// The cause of a failure below.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The stream of a department: `DAFTAR_<city>_FEED_<department>`.
#[must_use]
pub fn stream_name(city: &CityId, department: &str) -> String {
    format!("DAFTAR_{city}_FEED_{department}")
}

/// The whole configuration that a department's stream is made with: as a register's, and with batches.
fn config(name: &str, subject: &str, replicas: u8) -> Value {
    json!({
        "name": name,
        "subjects": [format!("{subject}.*")],
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "max_consumers": -1,
        "max_msgs": -1,
        "max_bytes": -1,
        "max_msgs_per_subject": -1,
        "max_msg_size": -1,
        "max_age": 0,
        "num_replicas": replicas,
        // Nothing uses message ids: the expected last sequence keeps every message from being stored twice, for ever.
        "duplicate_window": 100_000_000,
        "deny_delete": true,
        "deny_purge": true,
        "allow_atomic": true,
        "compression": "s2",
    })
}

/// A department's stream. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stream {
    client: Client,
    context: Context,
    stream: JetStream<()>,
    name: String,
    subject: String,
    replicas: u8,
}

/// Where a message stands in its stream and in the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// In the stream.
    pub sequence: u64,
    /// In the register.
    pub position: Position,
    /// The height of the event's block.
    pub height: Height,
    /// When the register recorded the event.
    pub recorded_at: Instant,
}

/// The end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The last sequence that was given out; 0 when none was.
    pub sequence: u64,
    /// The last message; none when there is none.
    pub last: Option<Reached>,
}

/// Why a stream could not be made, read or appended to.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
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
    /// Somebody else appended first; nothing was stored.
    #[error("{stream} does not end at {expected} any more: another publisher is at work")]
    Fenced {
        /// Of which stream.
        stream: String,
        /// Where it was thought to end.
        expected: u64,
    },
    /// A message that is not a feed's, or one that was there is not any more.
    #[error("message {sequence} of {stream} is not one that Daftar published there")]
    Foreign {
        /// Of which stream.
        stream: String,
        /// Which.
        sequence: u64,
    },
    /// The stream is not set as a feed must be.
    #[error(transparent)]
    Settings(#[from] SettingsDrift),
}

impl Stream {
    /// Opens a department's stream, and makes it when it is not there.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses, or the stream is set in a way that could lose events.
    pub async fn open(client: Client, city: &CityId, department: &str, replicas: u8) -> Result<Stream, StreamError> {
        let name = stream_name(city, department);
        let context = jetstream::new(client.clone());
        let stream = futures::FutureExt::now_or_never(context.get_stream_no_info(&name))
            .and_then(Result::ok)
            .expect("a city's and a department's name make a valid stream name, and nothing is asked of the server");
        let subject = department_subject(city, department);
        let stream = Stream { client, context, stream, name, subject, replicas };
        match stream.check().await {
            Err(StreamError::NoStream { .. }) => stream.create().await?,
            other => drop(other?),
        }
        Ok(stream)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks its settings and gives the last sequence that it gave out.
    ///
    /// # Errors
    /// As [`Stream::open`], and when there is none.
    pub async fn check(&self) -> Result<u64, StreamError> {
        let info = self.info().await?;
        let config = config(&self.name, &self.subject, self.replicas);
        ledger::compare(&config, &info["config"], &self.name)?;
        let last = info["state"]["last_seq"].as_u64();
        last.ok_or_else(|| self.no_answer("STREAM.INFO", "no last_seq".into()))
    }

    /// Where it ends.
    ///
    /// # Errors
    /// When the server does not answer, or the last message is not one of ours.
    pub async fn end(&self) -> Result<End, StreamError> {
        let info = self.info().await?;
        let state = &info["state"];
        let number = |name: &str| state[name].as_u64().ok_or_else(|| self.no_answer("STREAM.INFO", "no state".into()));
        let (sequence, messages) = (number("last_seq")?, number("messages")?);
        let last = if messages == 0 { None } else { Some(self.at(sequence).await?) };
        Ok(End { sequence, last })
    }

    /// Where the message with this sequence stands.
    ///
    /// # Errors
    /// [`StreamError::Foreign`] when there is none, or it is not one of ours; or the server does not answer.
    pub async fn at(&self, sequence: u64) -> Result<Reached, StreamError> {
        const OPERATION: &str = "STREAM.MSG.GET";
        let foreign = || StreamError::Foreign { stream: self.name.clone(), sequence };
        match self.stream.get_raw_message(sequence).await {
            Ok(message) => place_of(sequence, &message.headers).ok_or_else(foreign),
            Err(error) => Err(match error.kind() {
                LastRawMessageErrorKind::NoMessageFound => foreign(),
                LastRawMessageErrorKind::JetStream(refusal) => self.refused(OPERATION, &refusal),
                LastRawMessageErrorKind::InvalidSubject | LastRawMessageErrorKind::Other => {
                    self.no_answer(OPERATION, error.into())
                }
            }),
        }
    }

    /// Appends messages behind the message with the sequence `expected`: all of them or none.
    ///
    /// # Errors
    /// [`StreamError::Fenced`] when the stream does not end there. After [`StreamError::NoAnswer`] they may or may not be
    /// stored: ask [`Stream::end`].
    pub async fn append(&self, expected: u64, batch: &[Told]) -> Result<(), StreamError> {
        const OPERATION: &str = "publish";
        let Some((last, others)) = batch.split_last() else { return Ok(()) };
        let id = (!others.is_empty()).then(|| uuid::Uuid::new_v4().simple().to_string());
        let unknown = |source: Cause| self.no_answer(OPERATION, source);
        for (place, told) in others.iter().enumerate() {
            let headers = batch_headers(told, id.as_deref(), place, expected);
            let sent = self.client.publish_with_headers(told.subject.clone(), headers, told.body.clone()).await;
            sent.map_err(|error| unknown(error.into()))?;
        }
        let mut headers = batch_headers(last, id.as_deref(), others.len(), expected);
        if id.is_some() {
            headers.insert(NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL);
        }
        let request = Request::new().headers(headers).payload(last.body.clone()).timeout(Some(APPEND_TIMEOUT));
        let answer = self.client.send_request(last.subject.clone(), request).await;
        let answer = answer.map_err(|error| unknown(error.into()))?;
        let reached = expected + batch.len() as u64;
        match serde_json::from_slice(&answer.payload).map_err(|error| unknown(error.into()))? {
            Response::Ok(PublishAck { sequence, .. }) if sequence == reached => Ok(()),
            Response::Ok(PublishAck { .. }) => Err(self.fenced(expected)),
            Response::Err { error } => Err(match error.error_code() {
                ErrorCode::STREAM_WRONG_LAST_SEQUENCE | ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT => {
                    self.fenced(expected)
                }
                // A server that ended in the middle of a batch has forgotten its beginning.
                ErrorCode::ATOMIC_PUBLISH_INCOMPLETE_BATCH => unknown(error.into()),
                _ => self.refused(OPERATION, &error),
            }),
        }
    }

    /// The server's whole answer, with fields that this build's client does not know.
    async fn info(&self) -> Result<Value, StreamError> {
        const OPERATION: &str = "STREAM.INFO";
        let info = self.context.request(format!("{OPERATION}.{}", self.name), &()).await;
        match info.map_err(|error| self.no_answer(OPERATION, error.into()))? {
            Response::Ok(info) => Ok(info),
            Response::Err { error } => Err(self.refused(OPERATION, &error)),
        }
    }

    async fn create(&self) -> Result<(), StreamError> {
        const OPERATION: &str = "STREAM.CREATE";
        let config = config(&self.name, &self.subject, self.replicas);
        let answer = self.context.request(format!("{OPERATION}.{}", self.name), &config).await;
        match answer.map_err(|error| self.no_answer(OPERATION, error.into()))? {
            Response::Ok::<Value>(_) => Ok(()),
            // Somebody else made it meanwhile.
            Response::Err { error } if error.error_code() == ErrorCode::STREAM_NAME_EXIST => Ok(()),
            Response::Err { error } => Err(self.refused(OPERATION, &error)),
        }
    }

    fn fenced(&self, expected: u64) -> StreamError {
        StreamError::Fenced { stream: self.name.clone(), expected }
    }

    fn no_answer(&self, operation: &'static str, source: Cause) -> StreamError {
        StreamError::NoAnswer { operation, stream: self.name.clone(), source }
    }

    fn refused(&self, operation: &'static str, error: &jetstream::Error) -> StreamError {
        if error.error_code() == ErrorCode::STREAM_NOT_FOUND {
            return StreamError::NoStream { stream: self.name.clone() };
        }
        let (code, description) = (error.error_code(), error.to_string());
        StreamError::Refused { operation, stream: self.name.clone(), code, description }
    }
}

/// The headers of the message at this place of a batch, or of a message that goes alone.
fn batch_headers(told: &Told, batch: Option<&str>, place: usize, expected: u64) -> HeaderMap {
    let mut headers = told.headers.clone();
    if place == 0 {
        headers.insert(NATS_EXPECTED_LAST_SEQUENCE, expected.to_string());
    }
    if let Some(id) = batch {
        headers.insert(NATS_BATCH_ID, id);
        headers.insert(NATS_BATCH_SEQUENCE, (place + 1).to_string());
    }
    headers
}
