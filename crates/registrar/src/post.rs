//! Gathers the commands that callers of one process send at about the same time into common messages.
//!
//! A message leaves as soon as there is something to send: a lonely command never waits for company.

use crate::bundle;
use async_nats::client::{Request, RequestError};
use async_nats::{Client, Subject};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Commands that may wait to be put into a message.
const WAITING: usize = 1_024;

/// A command on its way.
pub(crate) struct Letter {
    pub(crate) command: Vec<u8>,
    /// How long its caller waits.
    pub(crate) timeout: Duration,
    pub(crate) answer: oneshot::Sender<Result<Bytes, Undelivered>>,
}

/// Why a whole message has no answer, or none that can be read.
#[derive(Debug, Clone)]
pub(crate) enum Undelivered {
    Request(Arc<RequestError>),
    Answer,
}

/// Starts to deliver letters to a registrar; ends when all senders are dropped.
pub(crate) fn start(client: Client, subject: Subject) -> mpsc::Sender<Letter> {
    let (send, letters) = mpsc::channel(WAITING);
    tokio::spawn(gather(client, subject, letters));
    send
}

async fn gather(client: Client, subject: Subject, mut letters: mpsc::Receiver<Letter>) {
    let mut waiting = Vec::new();
    while letters.recv_many(&mut waiting, bundle::MAX_ITEMS).await > 0 {
        // Callers who were answered together send again together: let them all, before this closes the message.
        tokio::task::yield_now().await;
        let mut size: usize = waiting.iter().map(|letter| letter.command.len()).sum();
        while waiting.len() < bundle::MAX_ITEMS && size < bundle::FULL {
            let Ok(letter) = letters.try_recv() else { break };
            size += letter.command.len();
            waiting.push(letter);
        }
        for message in messages(std::mem::take(&mut waiting)) {
            tokio::spawn(deliver(client.clone(), subject.clone(), message));
        }
    }
}

/// Large commands need more than one message.
fn messages(letters: Vec<Letter>) -> Vec<Vec<Letter>> {
    let mut messages = vec![Vec::new()];
    let mut size = 0;
    for letter in letters {
        if size >= bundle::FULL {
            messages.push(Vec::new());
            size = 0;
        }
        size += letter.command.len();
        messages.last_mut().expect("there is always one").push(letter);
    }
    messages
}

async fn deliver(client: Client, subject: Subject, letters: Vec<Letter>) {
    let mut payload = BytesMut::with_capacity(letters.iter().map(|letter| letter.command.len() + 4).sum());
    letters.iter().for_each(|letter| bundle::add(&mut payload, &letter.command));
    // Each caller keeps its own time; this only ends the request once none of them waits.
    let timeout = letters.iter().map(|letter| letter.timeout).max();
    let request = Request::new().payload(payload.freeze()).timeout(timeout);
    match client.send_request(subject, request).await {
        Ok(message) => {
            let answers = bundle::open(&message.payload).filter(|answers| answers.len() == letters.len());
            let answers = answers.map(|answers| answers.into_iter().map(Ok).collect::<Vec<_>>());
            let answers = answers.unwrap_or_else(|| vec![Err(Undelivered::Answer); letters.len()]);
            for (letter, answer) in letters.into_iter().zip(answers) {
                // A caller that waits no more has given up: its repeat gets the same answer.
                let _ = letter.answer.send(answer);
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for letter in letters {
                let _ = letter.answer.send(Err(Undelivered::Request(error.clone())));
            }
        }
    }
}
