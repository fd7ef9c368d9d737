//! What the bank says against what the register says, one payment at a time.

use crate::protocol::Settlement;
use kernel::Rials;

/// What the register has under a payment's reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// The number of the bill.
    pub bill: String,
    /// All of it: what was owed, and what goes back because it was not.
    pub amount: Rials,
}

/// How bank and register differ about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The bank took it, and the register does not have it.
    Missing,
    /// The register has another amount.
    Amount {
        /// What the register has.
        booked: Rials,
    },
    /// The register has it for another bill.
    Bill {
        /// The bill that the register has it for.
        booked: String,
    },
}

/// How the two differ; nothing where they agree.
#[must_use]
pub fn difference(settled: &Settlement, booked: Option<&Booked>) -> Option<Difference> {
    match booked {
        None => Some(Difference::Missing),
        Some(booked) if booked.bill != settled.order.bill() => Some(Difference::Bill { booked: booked.bill.clone() }),
        Some(booked) if booked.amount != settled.amount => Some(Difference::Amount { booked: booked.amount }),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Order;
    use kernel::Instant;

    #[test]
    fn only_the_same_bill_and_amount_agree() {
        let settled = Settlement {
            reference: "123".into(),
            order: Order::new("B-1405-000001", 7),
            amount: Rials(500),
            settled_at: Instant(0),
        };
        let booked = |bill: &str, amount| Booked { bill: bill.to_owned(), amount: Rials(amount) };
        assert_eq!(difference(&settled, Some(&booked("B-1405-000001", 500))), None);
        assert_eq!(difference(&settled, None), Some(Difference::Missing));
        let less = difference(&settled, Some(&booked("B-1405-000001", 499)));
        assert_eq!(less, Some(Difference::Amount { booked: Rials(499) }));
        let other = difference(&settled, Some(&booked("B-1405-000002", 500)));
        assert_eq!(other, Some(Difference::Bill { booked: "B-1405-000002".to_owned() }));
    }
}
