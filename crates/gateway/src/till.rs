//! Where the bank's word becomes the register's: books what the bank took, carries out refunds, and compares the two.
//!
//! Nobody else's word counts here: not a browser's, not a callback's. Everything may be done again, by two processes at
//! once and after any crash: a payment is booked once by its reference, a refund paid once by its key.

use bank::protocol::{List, Refund, Settlement};
use bank::reconcile::{Booked, Difference, difference};
use bank::{Bank, BankError};
use departments::revenue::{self, BookedView, RefundView};
use departments::{Desk, QueryError};
use kernel::{Actor, Answer, CaseId, Channel, CommandId, Districts, Envelope, Instant, PersonId, Position};
use permits::{Command, Permits, Refusal, numbers::BillNumber};
use registrar::{Commands, SendError};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use std::collections::HashSet;
use uuid::Uuid;

/// The most pages of the bank's list that one comparison reads.
const MOST_PAGES: usize = 500;

/// Whatever moves money between bank and register. Cheap to clone.
#[derive(Clone)]
pub struct Till {
    /// The bank.
    pub bank: Bank,
    /// Where it sends browsers back to: an address, or a path where it is served beside the API.
    pub callback: String,
    /// Sends commands to the permits register.
    pub commands: Commands<Permits>,
    /// The revenue office's tables.
    pub revenue: Desk,
}

/// What became of the bank's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the register now, or was put there by whoever came first.
    Recorded {
        /// The case that it is about.
        case: CaseId,
        /// Where its last event stands; unknown where it was there before.
        position: Option<Position>,
    },
    /// No bill has the number that the order names.
    UnknownBill,
    /// The register does not take it.
    Refused(Refusal),
}

/// Why nothing became of it yet; to be tried again.
#[derive(Debug, thiserror::Error)]
pub enum TillError {
    /// The bank.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// The tables.
    #[error("the revenue office's tables cannot be read")]
    Tables(#[from] QueryError),
    /// The registrar gives no answer.
    #[error(transparent)]
    Registrar(#[from] SendError),
    /// The registrar cannot take it now.
    #[error("the register takes nothing now: {0}")]
    NotNow(String),
}

/// How bank and register differ about one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The bank's tracking number.
    pub reference: SmolStr,
    /// The bill.
    pub bill: String,
    /// What the bank says, in rials; nothing where it does not know the payment.
    pub at_bank: Option<i64>,
    /// What the register says.
    pub booked: Option<i64>,
    /// How.
    pub kind: &'static str,
}

impl Till {
    /// Books what the bank took. What is not owed is booked as owed to whoever paid; the register's rules say how much.
    ///
    /// # Errors
    /// When there is no answer yet; the same again is safe.
    pub async fn book(&self, settled: &Settlement) -> Result<Outcome, TillError> {
        let Ok(bill) = settled.order.bill().parse::<BillNumber>() else { return Ok(Outcome::UnknownBill) };
        let Some(found) = revenue::bill(&self.revenue, bill).await? else { return Ok(Outcome::UnknownBill) };
        let Ok(case) = found.case.parse::<CaseId>() else { return Ok(Outcome::UnknownBill) };
        let (amount, reference) = (settled.amount, settled.reference.clone());
        let id = command_id("payment", &reference);
        self.send(id, case, Command::RecordPayment { case, bill, amount, reference }).await
    }

    /// Has the bank pay an ordered refund out, and records that it did.
    ///
    /// # Errors
    /// When the bank refuses or there is no answer yet; the same again is safe.
    pub async fn refund(&self, ordered: &RefundView) -> Result<Outcome, TillError> {
        let Ok(case) = ordered.case.parse::<CaseId>() else { return Ok(Outcome::UnknownBill) };
        let key = SmolStr::new(format!("{}/{}", ordered.payment, ordered.times));
        let payment = SmolStr::new(&ordered.payment);
        let refund = Refund { key: key.clone(), payment: payment.clone(), amount: kernel::Rials(ordered.pending) };
        let reference = self.bank.refund(&refund).await?.reference;
        let id = command_id("refund", &key);
        self.send(id, case, Command::ConfirmRefund { case, payment, reference }).await
    }

    async fn send(&self, id: CommandId, case: CaseId, command: Command) -> Result<Outcome, TillError> {
        let (actor, channel) = (actor(), Channel::ONLINE);
        let envelope = Envelope { id, actor, channel, cause: None, occurred_at: None, command };
        match self.commands.send(&envelope).await? {
            Answer::Accepted(accepted) => Ok(Outcome::Recorded { case, position: Some(accepted.last()) }),
            Answer::Refused(Refusal::PaymentBooked { .. } | Refusal::NoRefundPending { .. }) => {
                Ok(Outcome::Recorded { case, position: None })
            }
            Answer::Refused(refusal) => Ok(Outcome::Refused(refusal)),
            Answer::Busy => Err(TillError::NotNow("it has too much to do".to_owned())),
            Answer::Unavailable(why) => Err(TillError::NotNow(why.to_string())),
            Answer::Malformed(why) => Err(TillError::NotNow(why)),
        }
    }

    /// What the bank settled since then, the oldest first.
    ///
    /// # Errors
    /// When the bank gives no answer that can be used.
    pub async fn settled(&self, since: Instant) -> Result<Vec<Settlement>, BankError> {
        let (mut found, mut after) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let page = self.bank.list(&List { since, after }).await?;
            found.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// How the register differs about a payment that the bank took.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn differs(&self, settled: &Settlement) -> Result<Option<Report>, QueryError> {
        let booked = revenue::booked(&self.revenue, &settled.reference).await?;
        let amount = booked.as_ref().map(|booked| booked.amount);
        let booked = booked.map(|booked| Booked { bill: booked.bill, amount: kernel::Rials(booked.amount) });
        let report = |difference: Difference| Report {
            reference: settled.reference.clone(),
            bill: settled.order.bill().to_owned(),
            at_bank: Some(settled.amount.0),
            booked: amount,
            kind: match difference {
                Difference::Missing => "missing",
                Difference::Amount { .. } => "amount",
                Difference::Bill { .. } => "bill",
            },
        };
        Ok(difference(settled, booked.as_ref()).map(report))
    }

    /// Every difference of late: what the bank took since `bank_since`, and what was booked in its name since
    /// `booked_since`, which is later, as money is booked some time after it was taken.
    ///
    /// # Errors
    /// When the bank or the tables give no answer.
    pub async fn compare(&self, bank_since: Instant, booked_since: Instant) -> Result<Vec<Report>, TillError> {
        let booked = revenue::booked_by_bank(&self.revenue, booked_since).await?;
        let settled = self.settled(bank_since).await?;
        let mut reports = Vec::new();
        for settled in &settled {
            reports.extend(self.differs(settled).await?);
        }
        let known: HashSet<&str> = settled.iter().map(|settled| settled.reference.as_str()).collect();
        let unknown = booked.iter().filter(|booked| !known.contains(booked.reference.as_str()));
        reports.extend(unknown.map(not_at_bank));
        Ok(reports)
    }
}

fn not_at_bank(booked: &BookedView) -> Report {
    Report {
        reference: SmolStr::new(&booked.reference),
        bill: booked.bill.clone(),
        at_bank: None,
        booked: Some(booked.amount),
        kind: "not-at-bank",
    }
}

/// In whose name the bank's word is recorded.
fn actor() -> Actor {
    Actor {
        person: PersonId(Uuid::new_v8(*b"daftar at a bank")),
        role: "bank".parse().expect("a valid role"),
        department: None,
        districts: Districts::ALL,
    }
}

/// The same word of the bank is the same command, whoever brings it.
fn command_id(what: &str, key: &str) -> CommandId {
    let digest = Sha256::digest(format!("daftar bank {what}\n{key}"));
    let start = digest.first_chunk::<16>().expect("a digest has 32 bytes");
    CommandId(Uuid::new_v8(*start))
}

impl std::fmt::Debug for Till {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Till").field("bank", &self.bank).finish_non_exhaustive()
    }
}
