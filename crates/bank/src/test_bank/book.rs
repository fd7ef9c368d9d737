//! What the test bank remembers: a file of JSON lines that is only ever added to, read again at each start.

use crate::protocol::{Attempt, Code, List, Refund, Refunded, Settlement, Settlements, Start, State};
use crate::{Order, sign::random_hex};
use kernel::{Instant, Rials};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
};

/// Settlements on a page of the list.
const PAGE: usize = 200;

/// A line of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
enum Entry {
    Started { token: SmolStr, start: Start, at: Instant },
    Settled { token: SmolStr, reference: SmolStr, at: Instant },
    Ended { token: SmolStr, state: State, at: Instant },
    Refunded { refund: Refund, reference: SmolStr, at: Instant },
}

/// An attempt to pay, as the bank has it.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) start: Start,
    pub(super) state: State,
    pub(super) settled: Option<Settlement>,
    pub(super) at: Instant,
}

/// Everything that the bank remembers.
#[derive(Debug)]
pub(super) struct Book {
    file: File,
    attempts: HashMap<SmolStr, Known>,
    orders: HashMap<Order, SmolStr>,
    /// By time and reference, which is the order of the list.
    settled: BTreeMap<(Instant, SmolStr), SmolStr>,
    refunds: HashMap<SmolStr, (Refund, Refunded)>,
}

impl Book {
    /// Reads what was written before. A line that a crash cut off was acknowledged to nobody, and is taken away.
    pub(super) fn open(path: &Path) -> io::Result<Book> {
        let mut options = File::options();
        options.create(true).read(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        file.set_len(whole as u64)?;
        file.seek(io::SeekFrom::End(0))?;
        let (attempts, orders) = (HashMap::new(), HashMap::new());
        let mut book = Book { file, attempts, orders, settled: BTreeMap::new(), refunds: HashMap::new() };
        for line in text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let entry = serde_json::from_slice(line).map_err(io::Error::other)?;
            book.apply(entry);
        }
        Ok(book)
    }

    /// Written before it counts. Not synced: this bank need not outlive its machine, only its process.
    fn note(&mut self, entry: Entry) -> Result<(), Code> {
        let mut line = serde_json::to_vec(&entry).expect("texts and numbers serialize");
        line.push(b'\n');
        self.file.write_all(&line).map_err(|error| {
            tracing::error!(%error, "the test bank cannot write");
            Code::Busy
        })?;
        self.apply(entry);
        Ok(())
    }

    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Started { token, start, at } => {
                self.orders.insert(start.order.clone(), token.clone());
                self.attempts.insert(token, Known { start, state: State::Open, settled: None, at });
            }
            Entry::Settled { token, reference, at } => {
                let Some(known) = self.attempts.get_mut(&token) else { return };
                let (order, amount) = (known.start.order.clone(), known.start.amount);
                known.state = State::Settled;
                known.settled = Some(Settlement { reference: reference.clone(), order, amount, settled_at: at });
                self.settled.insert((at, reference), token);
            }
            Entry::Ended { token, state, .. } => {
                if let Some(known) = self.attempts.get_mut(&token) {
                    known.state = state;
                }
            }
            Entry::Refunded { refund, reference, at } => {
                let refunded = Refunded { reference, amount: refund.amount, refunded_at: at };
                self.refunds.insert(refund.key.clone(), (refund, refunded));
            }
        }
    }

    pub(super) fn start(&mut self, start: Start, now: Instant) -> Result<SmolStr, Code> {
        if start.amount <= Rials(0) {
            return Err(Code::AmountNotPositive);
        }
        if let Some(token) = self.orders.get(&start.order) {
            let same = self.attempts.get(token).is_some_and(|known| known.start.amount == start.amount);
            return if same { Ok(token.clone()) } else { Err(Code::OrderDiffers) };
        }
        let token = SmolStr::new(random_hex::<16>());
        self.note(Entry::Started { token: token.clone(), start, at: now })?;
        Ok(token)
    }

    pub(super) fn known(&self, token: &str) -> Option<&Known> {
        self.attempts.get(token)
    }

    pub(super) fn attempt(&self, token: &str) -> Result<Attempt, Code> {
        let known = self.known(token).ok_or(Code::UnknownToken)?;
        let (order, amount) = (known.start.order.clone(), known.start.amount);
        Ok(Attempt { order, amount, state: known.state, settled: known.settled.clone() })
    }

    /// Takes the money, once; an attempt that ended otherwise stays so.
    pub(super) fn settle(&mut self, token: &str, now: Instant) -> Result<State, Code> {
        let state = self.known(token).ok_or(Code::UnknownToken)?.state;
        if state != State::Open {
            return Ok(state);
        }
        self.note(Entry::Settled { token: token.into(), reference: tracking_number(), at: now })?;
        Ok(State::Settled)
    }

    /// Ends an attempt without money.
    pub(super) fn end(&mut self, token: &str, state: State, now: Instant) -> Result<State, Code> {
        let before = self.known(token).ok_or(Code::UnknownToken)?.state;
        if before != State::Open {
            return Ok(before);
        }
        self.note(Entry::Ended { token: token.into(), state, at: now })?;
        Ok(state)
    }

    pub(super) fn list(&self, list: &List) -> Result<Settlements, Code> {
        let from = match &list.after {
            None => (list.since, SmolStr::default()),
            Some(after) => {
                let (at, reference) = after.split_once(':').ok_or(Code::Malformed)?;
                // The smallest text that is greater than the last one shown.
                (Instant(at.parse().map_err(|_| Code::Malformed)?), SmolStr::new(format!("{reference}\0")))
            }
        };
        let mut found = self.settled.range(from..).filter_map(|(_, token)| self.known(token)?.settled.clone());
        let items: Vec<Settlement> = found.by_ref().take(PAGE).collect();
        let place = |last: &Settlement| SmolStr::new(format!("{}:{}", last.settled_at.0, last.reference));
        let next = found.next().and(items.last()).map(place);
        Ok(Settlements { items, next })
    }

    pub(super) fn refund(&mut self, refund: Refund, now: Instant) -> Result<Refunded, Code> {
        if refund.amount <= Rials(0) {
            return Err(Code::AmountNotPositive);
        }
        if let Some((known, refunded)) = self.refunds.get(&refund.key) {
            return if *known == refund { Ok(refunded.clone()) } else { Err(Code::RefundDiffers) };
        }
        let mut settled = self.attempts.values().filter_map(|known| known.settled.as_ref());
        let payment = settled.find(|settled| settled.reference == refund.payment).ok_or(Code::UnknownPayment)?;
        let left = payment.amount.checked_sub(self.given_back(&refund.payment));
        if left.is_none_or(|left| refund.amount > left) {
            return Err(Code::RefundTooLarge);
        }
        let key = refund.key.clone();
        self.note(Entry::Refunded { refund, reference: tracking_number(), at: now })?;
        self.refunds.get(&key).map(|(_, refunded)| refunded.clone()).ok_or(Code::Busy)
    }

    /// What was given back of a payment.
    pub(super) fn given_back(&self, payment: &str) -> Rials {
        Rials(
            self.refunds
                .values()
                .filter(|(refund, _)| refund.payment == payment)
                .map(|(refund, _)| refund.amount.0)
                .sum(),
        )
    }

    /// The newest attempts, the newest first.
    pub(super) fn newest(&self, most: usize) -> Vec<&Known> {
        let mut all: Vec<&Known> = self.attempts.values().collect();
        all.sort_by_key(|known| std::cmp::Reverse(known.at));
        all.truncate(most);
        all
    }
}

/// Twelve digits, as a bank's tracking number has; too many to come twice.
fn tracking_number() -> SmolStr {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    SmolStr::new(format!("{:012}", u64::from_le_bytes(bytes) % 1_000_000_000_000))
}
