//! The caller's side: sends a command to the registrar and waits for its answer.

use crate::post::{self, Letter, Undelivered};
use async_nats::Client;
use async_nats::client::{Request, RequestError, RequestErrorKind};
use kernel::{Answer, CityId, Envelope, Register};
use ledger::{MAX_COMMAND, command_subject};
use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// How long a caller waits unless told otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long [`Commands::ping`] waits.
const PING: Duration = Duration::from_secs(1);

/// Sends commands to one register. Cheap to clone; clones share messages, so a process wants one and its clones.
pub struct Commands<R> {
    client: Client,
    post: mpsc::Sender<Letter>,
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
        source: Arc<RequestError>,
    },
    /// The answer is of another build.
    #[error("the answer of {subject} cannot be read: {why}")]
    Answer {
        /// Where it came from.
        subject: String,
        /// Why.
        why: String,
    },
}

impl<R: Register> Commands<R> {
    /// For the register of a city; waits [`DEFAULT_TIMEOUT`] for an answer.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn new(client: Client, city: &CityId) -> Commands<R> {
        let subject = async_nats::Subject::from(command_subject(city, R::NAME));
        let post = post::start(client.clone(), subject.clone());
        Commands { client, post, subject, timeout: DEFAULT_TIMEOUT, register: PhantomData }
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
        let (answer, answered) = oneshot::channel();
        let letter = Letter { command: payload, timeout: self.timeout, answer };
        let delivered = async {
            // The post ends with the runtime only, and then nobody polls this.
            self.post.send(letter).await.ok()?;
            answered.await.ok()
        };
        match tokio::time::timeout(self.timeout, delivered).await {
            Ok(Some(Ok(answer))) => postcard::from_bytes(&answer).map_err(|error| self.unreadable(error.to_string())),
            Ok(Some(Err(Undelivered::Request(error)))) => Err(self.failed(error)),
            Ok(Some(Err(Undelivered::Answer))) => Err(self.unreadable("it does not answer each command".to_owned())),
            Ok(None) | Err(_) => Err(self.timed_out()),
        }
    }

    /// Asks whether a registrar listens, without a command.
    ///
    /// # Errors
    /// When nobody answers within a second.
    pub async fn ping(&self) -> Result<(), SendError> {
        let request = Request::new().timeout(Some(PING));
        let answer = self.client.send_request(self.subject.clone(), request).await;
        answer.map(drop).map_err(|error| self.failed(Arc::new(error)))
    }

    fn unsendable(&self, why: String) -> SendError {
        SendError::Unsendable { subject: self.subject.to_string(), why }
    }

    fn unreadable(&self, why: String) -> SendError {
        SendError::Answer { subject: self.subject.to_string(), why }
    }

    fn timed_out(&self) -> SendError {
        SendError::Timeout { subject: self.subject.to_string(), waited: self.timeout }
    }

    fn failed(&self, source: Arc<RequestError>) -> SendError {
        let subject = self.subject.to_string();
        match source.kind() {
            RequestErrorKind::NoResponders => SendError::NotRunning { subject },
            RequestErrorKind::TimedOut => self.timed_out(),
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
        let Commands { client, post, subject, timeout, register } = self;
        let (client, post, subject) = (client.clone(), post.clone(), subject.clone());
        Commands { client, post, subject, timeout: *timeout, register: *register }
    }
}
impl<R> fmt::Debug for Commands<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commands").field("subject", &self.subject).finish_non_exhaustive()
    }
}
