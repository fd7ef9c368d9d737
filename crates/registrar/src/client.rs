//! The caller's side: sends a command to the registrar and waits for its answer.

use async_nats::Client;
use async_nats::client::{Request, RequestErrorKind};
use bytes::Bytes;
use kernel::{Answer, CityId, Envelope, Register};
use ledger::{MAX_COMMAND, command_subject};
use std::{fmt, marker::PhantomData, time::Duration};

/// How long a caller waits unless told otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long [`Commands::ping`] waits.
const PING: Duration = Duration::from_secs(1);

/// Sends commands to one register. Cheap to clone.
pub struct Commands<R> {
    client: Client,
    subject: async_nats::Subject,
    timeout: Duration,
    register: PhantomData<fn() -> R>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The command does not serialize or is larger than a command may be. Nothing was sent.
    #[error("the command for {subject} cannot be sent: {why}")]
    Unsendable {
        /// Where it was to go.
        subject: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody listens. Nothing changed.
    #[error("the registrar of {subject} is not running")]
    NotRunning {
        /// Where it was sent.
        subject: String,
    },
    /// No answer in time. The command may or may not have been accepted: send it again with the same id.
    #[error("the registrar of {subject} did not answer within {} ms: the outcome is unknown", waited.as_millis())]
    Timeout {
        /// Where it was sent.
        subject: String,
        /// How long.
        waited: Duration,
    },
    /// The connection failed. As [`SendError::Timeout`], the outcome is unknown.
    #[error("the connection failed while {subject} was asked: the outcome is unknown")]
    Connection {
        /// Where it was sent.
        subject: String,
        /// Why.
        #[source]
        source: async_nats::client::RequestError,
    },
    /// The answer is of another build.
    #[error("the answer of {subject} cannot be read")]
    Answer {
        /// Where it came from.
        subject: String,
        /// Why.
        #[source]
        source: postcard::Error,
    },
}

impl<R: Register> Commands<R> {
    /// For the register of a city; waits [`DEFAULT_TIMEOUT`] for an answer.
    #[must_use]
    pub fn new(client: Client, city: &CityId) -> Commands<R> {
        let subject = command_subject(city, R::NAME).into();
        Commands { client, subject, timeout: DEFAULT_TIMEOUT, register: PhantomData }
    }

    /// The same with another time to wait.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Commands<R> {
        Commands { timeout, ..self }
    }

    /// Sends a command and waits until it is durable, refused or turned away.
    ///
    /// # Errors
    /// When there is no answer; [`SendError::is_unknown`] tells whether it can have been accepted all the same.
    pub async fn send(&self, envelope: &Envelope<R::Command>) -> Result<Answer<R::Refusal>, SendError> {
        let payload = postcard::to_stdvec(envelope).map_err(|error| self.unsendable(error.to_string()))?;
        if payload.len() > MAX_COMMAND {
            return Err(self.unsendable(format!("{} bytes, at most {MAX_COMMAND} are allowed", payload.len())));
        }
        let request = Request::new().payload(Bytes::from(payload)).timeout(Some(self.timeout));
        let answer =
            self.client.send_request(self.subject.clone(), request).await.map_err(|error| self.failed(error))?;
        postcard::from_bytes(&answer.payload)
            .map_err(|source| SendError::Answer { subject: self.subject.to_string(), source })
    }

    /// Asks whether a registrar listens, without a command.
    ///
    /// # Errors
    /// When nobody answers within a second.
    pub async fn ping(&self) -> Result<(), SendError> {
        let request = Request::new().timeout(Some(PING));
        let answer = self.client.send_request(self.subject.clone(), request).await;
        answer.map(drop).map_err(|error| self.failed(error))
    }

    fn unsendable(&self, why: String) -> SendError {
        SendError::Unsendable { subject: self.subject.to_string(), why }
    }

    fn failed(&self, source: async_nats::client::RequestError) -> SendError {
        let subject = self.subject.to_string();
        match source.kind() {
            RequestErrorKind::NoResponders => SendError::NotRunning { subject },
            RequestErrorKind::TimedOut => SendError::Timeout { subject, waited: self.timeout },
            RequestErrorKind::InvalidSubject | RequestErrorKind::MaxPayloadExceeded => {
                SendError::Unsendable { subject, why: source.to_string() }
            }
            RequestErrorKind::Other => SendError::Connection { subject, source },
        }
    }
}

impl SendError {
    /// Whether the command may have been accepted all the same.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        match self {
            SendError::Timeout { .. } | SendError::Connection { .. } | SendError::Answer { .. } => true,
            SendError::Unsendable { .. } | SendError::NotRunning { .. } => false,
        }
    }
}

impl<R> Clone for Commands<R> {
    fn clone(&self) -> Commands<R> {
        let Commands { client, subject, timeout, register } = self;
        Commands { client: client.clone(), subject: subject.clone(), timeout: *timeout, register: *register }
    }
}
impl<R> fmt::Debug for Commands<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commands").field("subject", &self.subject).finish_non_exhaustive()
    }
}
