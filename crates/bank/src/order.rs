//! The id under which the bank knows one attempt to pay a bill: the bill's number and a short nonce, so that whatever was
//! settled names its bill and two attempts at one bill are told apart.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;

/// The longest order id, in characters.
const MAX: usize = 40;
/// How many hexadecimal digits its nonce has.
const NONCE: usize = 8;

/// An order id: `B-1405-000123-9f86d081`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct Order(SmolStr);

/// Why a text is no order id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an order id is a bill's number, a dash and {NONCE} hexadecimal digits")]
pub struct InvalidOrder;

impl Order {
    /// The order of this attempt at this bill. The same nonce is the same attempt: a double click pays once.
    #[must_use]
    pub fn new(bill: impl fmt::Display, nonce: u32) -> Order {
        Order(SmolStr::new(format!("{bill}-{nonce:08x}")))
    }

    /// The number of the bill that it pays.
    #[must_use]
    pub fn bill(&self) -> &str {
        self.0.rsplit_once('-').map_or("", |(bill, _)| bill)
    }

    /// As the bank has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<SmolStr> for Order {
    type Error = InvalidOrder;
    fn try_from(text: SmolStr) -> Result<Order, InvalidOrder> {
        let parts = text.rsplit_once('-').filter(|(bill, _)| !bill.is_empty());
        let nonce = parts.is_some_and(|(_, nonce)| {
            nonce.len() == NONCE && nonce.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        });
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if nonce && plain && text.len() <= MAX { Ok(Order(text)) } else { Err(InvalidOrder) }
    }
}

impl From<Order> for SmolStr {
    fn from(order: Order) -> SmolStr {
        order.0
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_names_its_bill() {
        let order = Order::new("B-1405-000123", 0x9f);
        assert_eq!((order.as_str(), order.bill()), ("B-1405-000123-0000009f", "B-1405-000123"));
        assert_eq!(Order::try_from(SmolStr::new(order.as_str())), Ok(order));
        for text in ["", "-0000009f", "B-1405-000123", "B-1405-000123-0000009F", "B 1-0000009f", &"b".repeat(50)] {
            assert_eq!(Order::try_from(SmolStr::new(text)), Err(InvalidOrder), "{text}");
        }
    }
}
