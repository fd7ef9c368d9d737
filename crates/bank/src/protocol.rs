//! What the two ends tell each other: `POST {bank}/{operation}` with JSON, and JSON back. Amounts are whole rials, times
//! microseconds since 1970 in UTC.

use crate::Order;
use kernel::{Instant, Rials};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use smol_str::SmolStr;

/// One request of the protocol, and what it is answered with.
pub trait Operation: Serialize + DeserializeOwned {
    /// Its name, which is the end of its address.
    const NAME: &'static str;
    /// What the bank answers.
    type Answer: Serialize + DeserializeOwned;
}

macro_rules! operations {
    ($($request:ident, $name:literal, $answer:ident;)*) => {$(
        impl Operation for $request {
            const NAME: &'static str = $name;
            type Answer = $answer;
        }
    )*};
}

operations! {
    Start, "start", Started;
    Verify, "verify", Attempt;
    List, "list", Settlements;
    Refund, "refund", Refunded;
}

/// Opens an attempt to pay. The same order again gives the same token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Which attempt, at which bill.
    pub order: Order,
    /// How much is to be paid.
    pub amount: Rials,
    /// Where the payer's browser is sent back to: an address, or a path where the bank is at the same host.
    pub callback: String,
}

/// An attempt was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// Names the attempt.
    pub token: SmolStr,
    /// Where the payer's browser is sent to.
    pub redirect: String,
}

/// Asks how an attempt stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// Which attempt.
    pub token: SmolStr,
}

/// How an attempt stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which attempt, at which bill.
    pub order: Order,
    /// How much was to be paid.
    pub amount: Rials,
    /// How it stands.
    pub state: State,
    /// Once settled: what the bank took.
    pub settled: Option<Settlement>,
}

/// How an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The payer is still at the bank, or left.
    Open,
    /// The money is there.
    Settled,
    /// The bank refused the payer.
    Failed,
    /// The payer thought better of it.
    Cancelled,
}

/// Money that the bank took for the merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// The bank's tracking number: of one payment only, for ever.
    pub reference: SmolStr,
    /// Which attempt, at which bill.
    pub order: Order,
    /// How much.
    pub amount: Rials,
    /// When.
    pub settled_at: Instant,
}

/// Asks for what was settled, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// Not what was settled before.
    pub since: Instant,
    /// Where the page before ended: its `next`.
    pub after: Option<SmolStr>,
}

/// One page of what was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlements {
    /// The oldest first.
    pub items: Vec<Settlement>,
    /// Where the next page begins, where there is one.
    pub next: Option<SmolStr>,
}

/// Gives money back. The same key again is the same refund, paid once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// Names the refund.
    pub key: SmolStr,
    /// The reference of the payment that it is of.
    pub payment: SmolStr,
    /// How much; of one payment never more than came in.
    pub amount: Rials,
}

/// Money was given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refunded {
    /// The bank's tracking number of the refund.
    pub reference: SmolStr,
    /// How much.
    pub amount: Rials,
    /// When.
    pub refunded_at: Instant,
}

/// The bank says no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct No {
    /// Why.
    pub code: Code,
    /// In words, for a log.
    pub detail: String,
}

/// Why the bank says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// It is not what the protocol says.
    Malformed,
    /// Not signed by a merchant of this bank.
    Unsigned,
    /// Signed too long ago, or in the future.
    Stale,
    /// The same request was here before.
    Replayed,
    /// The bank has too much to do.
    Busy,
    /// No attempt has this token.
    UnknownToken,
    /// The order is known with another amount.
    OrderDiffers,
    /// No payment has this reference.
    UnknownPayment,
    /// The key is known for another refund.
    RefundDiffers,
    /// More than is left of the payment.
    RefundTooLarge,
    /// An amount must be more than nothing.
    AmountNotPositive,
}

/// What a browser brings back from the bank, in the address or as a form. Nothing of it is believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// Which attempt.
    pub token: SmolStr,
    /// `OK` or `NOK`: what the browser says.
    #[serde(default)]
    pub status: SmolStr,
}
