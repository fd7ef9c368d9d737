//! Why the bank gave no answer that can be used.

use crate::protocol::{Code, No};

/// Why the bank gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// It cannot be reached, or took too long.
    #[error("the bank does not answer {operation}")]
    Unreachable {
        /// What it was asked.
        operation: &'static str,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// It answers, but with a failure of its own.
    #[error("the bank answers {operation} with {status}")]
    Failing {
        /// What it was asked.
        operation: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// The answer is not signed with the bank's key, or answers another request.
    #[error("the answer to {operation} is not signed with the key that is shared with the bank")]
    Forged {
        /// What it was asked.
        operation: &'static str,
    },
    /// Signed, but not what the protocol says.
    #[error("the bank's answer to {operation} is not what the protocol says")]
    Malformed {
        /// What it was asked.
        operation: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The address that it wants the payer sent to is none.
    #[error("the bank wants the payer sent to {address:?}, which is no address of a page")]
    Redirect {
        /// Which.
        address: String,
    },
    /// The bank says no.
    #[error("the bank refuses {operation}: {}", no.detail)]
    Refused {
        /// What it was asked.
        operation: &'static str,
        /// Why.
        no: No,
    },
    /// The client cannot be made.
    #[error("the bank's address {address} or this system's certificates cannot be used")]
    Setup {
        /// Which address.
        address: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
}

impl BankError {
    /// Whether asking again may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            BankError::Unreachable { .. } | BankError::Failing { .. } => true,
            BankError::Refused { no, .. } => no.code == Code::Busy,
            BankError::Forged { .. }
            | BankError::Malformed { .. }
            | BankError::Redirect { .. }
            | BankError::Setup { .. } => false,
        }
    }

    /// Why the bank says no, where it does.
    #[must_use]
    pub fn refused(&self) -> Option<Code> {
        match self {
            BankError::Refused { no, .. } => Some(no.code),
            _ => None,
        }
    }
}
