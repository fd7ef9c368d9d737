//! The queue of waiting commands: taken from NATS, parsed, and never longer than it may be.

use crate::bundle;
use async_nats::{Message, Subject, Subscriber};
use bytes::{Bytes, BytesMut};
use futures::Stream;
use kernel::{Answer, Envelope, Register, Unavailable};
use ledger::MAX_COMMAND;
use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

/// The most commands that wait; more are answered [`Answer::Busy`].
pub const MAX_WAITING: usize = 10_000;
/// The most commands that are taken without looking up.
const MAX_TAKEN: usize = 1_000;

/// Who waits for the answer, and since when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    message: u64,
    place: usize,
    pub(crate) since: Instant,
}

/// A message whose commands are not all answered.
struct Unanswered {
    inbox: Option<Subject>,
    answers: Vec<Vec<u8>>,
    left: usize,
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
    messages: u64,
    unanswered: HashMap<u64, Unanswered>,
    /// Messages that are answered as a whole, with where their answers go.
    answered: Vec<(Subject, Bytes)>,
}

/// What waiting for commands came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    Some,
    Closed,
}

impl<R: Register> Intake<R> {
    pub(crate) fn new(subscriber: Subscriber) -> Intake<R> {
        Intake {
            subscriber,
            waiting: VecDeque::new(),
            turned_away: Vec::new(),
            messages: 0,
            unanswered: HashMap::new(),
            answered: Vec::new(),
        }
    }

    /// Waits until at least one message has come and takes what is there. Can be dropped while it waits.
    pub(crate) async fn arrivals(&mut self) -> Arrival {
        // The runtime would otherwise cut the run after 128 messages, and blocks would be small.
        tokio::task::coop::unconstrained(poll_fn(|context| self.poll_arrivals(context))).await
    }

    fn poll_arrivals(&mut self, context: &mut Context<'_>) -> Poll<Arrival> {
        for taken in 0..MAX_TAKEN {
            match Pin::new(&mut self.subscriber).poll_next(context) {
                Poll::Ready(Some(message)) => self.take(message),
                Poll::Ready(None) if taken == 0 => return Poll::Ready(Arrival::Closed),
                Poll::Pending if taken == 0 => return Poll::Pending,
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        Poll::Ready(Arrival::Some)
    }

    fn take(&mut self, message: Message) {
        let since = Instant::now();
        let Some(items) = bundle::open(&message.payload) else {
            let caller = self.expect(message.reply, 1, since);
            let why = format!("the message is not a run of at most {} commands", bundle::MAX_ITEMS);
            return self.turned_away.push((caller, Answer::Malformed(why)));
        };
        if items.is_empty() {
            // Somebody asks whether a registrar is here.
            self.answered.extend(message.reply.map(|inbox| (inbox, Bytes::new())));
            return;
        }
        let first = self.expect(message.reply, items.len(), since);
        for (place, item) in items.into_iter().enumerate() {
            let caller = Caller { place, ..first };
            if self.waiting.len() >= MAX_WAITING {
                self.turned_away.push((caller, Answer::Busy));
                continue;
            }
            match parse(&item) {
                Ok(envelope) => self.waiting.push_back(Waiting { envelope, caller }),
                Err(why) => self.turned_away.push((caller, Answer::Malformed(why))),
            }
        }
    }

    fn expect(&mut self, inbox: Option<Subject>, left: usize, since: Instant) -> Caller {
        self.messages += 1;
        self.unanswered.insert(self.messages, Unanswered { inbox, answers: vec![Vec::new(); left], left });
        Caller { message: self.messages, place: 0, since }
    }

    /// Notes the answer to one command.
    pub(crate) fn answer(&mut self, caller: Caller, answer: Vec<u8>) {
        let Some(message) = self.unanswered.get_mut(&caller.message) else { return };
        message.answers[caller.place] = answer;
        message.left -= 1;
        if message.left > 0 {
            return;
        }
        let Some(Unanswered { inbox, answers, .. }) = self.unanswered.remove(&caller.message) else { return };
        // Nobody waits for commands that were published without a reply subject.
        let Some(inbox) = inbox else { return };
        let mut payload = BytesMut::with_capacity(answers.iter().map(|answer| answer.len() + 4).sum());
        answers.iter().for_each(|answer| bundle::add(&mut payload, answer));
        self.answered.push((inbox, payload.freeze()));
    }

    /// Sends the answers of messages whose commands are all answered.
    pub(crate) async fn reply(&mut self, client: &async_nats::Client) {
        for (inbox, answers) in self.answered.drain(..) {
            if let Err(error) = client.publish(inbox, answers).await {
                // The callers ask again with the same ids.
                tracing::warn!(%error, "answers could not be sent");
            }
        }
    }

    /// Turns away everybody who waits.
    pub(crate) fn turn_all_away(&mut self, why: &Unavailable) {
        for Waiting { caller, .. } in self.waiting.drain(..) {
            self.turned_away.push((caller, Answer::Unavailable(why.clone())));
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
pub(crate) fn encode<F: serde::Serialize>(answer: &Answer<F>) -> Vec<u8> {
    postcard::to_stdvec(answer).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer could not be encoded");
        Vec::new()
    })
}
