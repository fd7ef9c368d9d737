//! The queue of waiting commands: taken from NATS, parsed, and never longer than it may be.

use async_nats::{Client, Subject, Subscriber};
use bytes::Bytes;
use futures::Stream;
use kernel::{Answer, Envelope, Register};
use ledger::MAX_COMMAND;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

/// The most commands that wait; more are answered [`Answer::Busy`].
pub const MAX_WAITING: usize = 10_000;
/// The most commands that are taken without looking up.
const MAX_TAKEN: usize = 1_000;

/// Who waits for the answer, and since when.
pub(crate) struct Caller {
    pub(crate) inbox: Option<Subject>,
    pub(crate) since: Instant,
}

/// A command that waits to be decided.
pub(crate) struct Waiting<R: Register> {
    pub(crate) envelope: Envelope<R::Command>,
    pub(crate) caller: Caller,
}

/// The commands that have come.
pub(crate) struct Intake<R: Register> {
    subscriber: Subscriber,
    pub(crate) waiting: VecDeque<Waiting<R>>,
    /// Commands that are not let in, with what to tell the caller.
    pub(crate) turned_away: Vec<(Caller, Answer<R::Refusal>)>,
}

/// What waiting for commands came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    Some,
    Closed,
}

impl<R: Register> Intake<R> {
    pub(crate) fn new(subscriber: Subscriber) -> Intake<R> {
        Intake { subscriber, waiting: VecDeque::new(), turned_away: Vec::new() }
    }

    /// Waits until at least one message has come and takes what is there. Can be dropped while it waits.
    pub(crate) async fn arrivals(&mut self) -> Arrival {
        // The runtime would otherwise cut the run after 128 messages, and blocks would be small.
        tokio::task::coop::unconstrained(poll_fn(|context| self.poll_arrivals(context))).await
    }

    fn poll_arrivals(&mut self, context: &mut Context<'_>) -> Poll<Arrival> {
        for taken in 0..MAX_TAKEN {
            match Pin::new(&mut self.subscriber).poll_next(context) {
                Poll::Ready(Some(message)) => self.take(message.reply, &message.payload),
                Poll::Ready(None) if taken == 0 => return Poll::Ready(Arrival::Closed),
                Poll::Pending if taken == 0 => return Poll::Pending,
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        Poll::Ready(Arrival::Some)
    }

    fn take(&mut self, inbox: Option<Subject>, payload: &[u8]) {
        let caller = Caller { inbox, since: Instant::now() };
        if self.waiting.len() >= MAX_WAITING {
            return self.turned_away.push((caller, Answer::Busy));
        }
        match parse(payload) {
            Ok(envelope) => self.waiting.push_back(Waiting { envelope, caller }),
            Err(why) => self.turned_away.push((caller, Answer::Malformed(why))),
        }
    }

    /// Turns away everybody who waits.
    pub(crate) fn turn_all_away(&mut self, why: &str) {
        for Waiting { caller, .. } in self.waiting.drain(..) {
            self.turned_away.push((caller, Answer::Unavailable(why.to_owned())));
        }
    }

    /// Takes no more commands from the server; those that have come can still be taken.
    pub(crate) async fn close(&mut self) {
        // It fails only when the connection is gone, and then nothing more comes either.
        let _ = self.subscriber.unsubscribe().await;
    }
}

fn parse<C: serde::de::DeserializeOwned>(payload: &[u8]) -> Result<Envelope<C>, String> {
    if payload.len() > MAX_COMMAND {
        return Err(format!("a command has at most {MAX_COMMAND} bytes, this has {}", payload.len()));
    }
    match postcard::take_from_bytes(payload) {
        Ok((envelope, [])) => Ok(envelope),
        Ok((_, rest)) => Err(format!("{} bytes after the end of the command", rest.len())),
        Err(error) => Err(format!("the bytes are not a command: {error}")),
    }
}

/// An answer as it travels.
pub(crate) fn encode<F: serde::Serialize>(answer: &Answer<F>) -> Bytes {
    match postcard::to_stdvec(answer) {
        Ok(bytes) => bytes.into(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be encoded");
            Bytes::new()
        }
    }
}

/// Sends an answer to whoever waits for it; nobody waits for a command that was published without a reply subject.
pub(crate) async fn reply(client: &Client, caller: Caller, answer: Bytes) {
    let Some(inbox) = caller.inbox else { return };
    if let Err(error) = client.publish(inbox, answer).await {
        // The caller asks again with the same id.
        tracing::warn!(%error, "an answer could not be sent");
    }
}
