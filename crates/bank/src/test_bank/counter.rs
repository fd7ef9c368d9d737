//! Payments of weeks that never were: whoever makes a city up writes them into the test bank's book before it opens, so
//! that bank and register agree.

use super::{TestBankError, book::Book};
use crate::{
    Order,
    protocol::{Code, Refund, Start},
};
use kernel::{Instant, Rials};
use smol_str::SmolStr;
use std::path::Path;

/// The book of a test bank that does not run.
#[derive(Debug)]
pub struct Counter {
    book: Book,
}

/// The bank would have said no.
#[derive(Debug, thiserror::Error)]
#[error("the test bank says no: {0:?}")]
pub struct SaysNo(Code);

impl Counter {
    /// Opens the book that the test bank will go on with.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn open(file: &Path) -> Result<Counter, TestBankError> {
        let book = Book::open(file).map_err(|source| TestBankError::File { path: file.to_owned(), source })?;
        Ok(Counter { book })
    }

    /// Takes a payment, and gives its tracking number; the same order again is the same payment.
    ///
    /// # Errors
    /// When the order is known with another amount.
    pub fn pay(&mut self, order: Order, amount: Rials, at: Instant) -> Result<SmolStr, SaysNo> {
        let callback = "/payments/callback".to_owned();
        let token = self.book.start(Start { order, amount, callback }, at).map_err(SaysNo)?;
        self.book.settle(&token, at).map_err(SaysNo)?;
        let settled = self.book.attempt(&token).map_err(SaysNo)?.settled;
        settled.map(|settled| settled.reference).ok_or(SaysNo(Code::UnknownPayment))
    }

    /// Gives money back, once for each key, and gives the tracking number of that.
    ///
    /// # Errors
    /// When the payment is unknown or less is left of it.
    pub fn refund(&mut self, refund: Refund, at: Instant) -> Result<SmolStr, SaysNo> {
        self.book.refund(refund, at).map(|refunded| refunded.reference).map_err(SaysNo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_paid_before_the_bank_opened_is_in_its_list_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("bank.jsonl");
        let order = || Order::new("B-1405-000001", 0);
        let (paid, refund) = {
            let mut counter = Counter::open(&file).expect("a book");
            let paid = counter.pay(order(), Rials(500), Instant(7)).expect("paid");
            assert_eq!(counter.pay(order(), Rials(500), Instant(9)).expect("the same"), paid);
            assert!(counter.pay(order(), Rials(501), Instant(9)).is_err(), "another amount");
            (paid.clone(), Refund { key: "k".into(), payment: paid, amount: Rials(500) })
        };
        let mut again = Counter::open(&file).expect("the book again");
        let back = again.refund(refund.clone(), Instant(10)).expect("given back");
        assert_eq!(again.refund(refund.clone(), Instant(11)).expect("the same"), back);
        assert!(again.refund(Refund { key: "l".into(), ..refund }, Instant(12)).is_err(), "nothing is left");
        let list = again.book.list(&crate::protocol::List { since: Instant(0), after: None }).expect("a list");
        let kept: Vec<_> = list.items.iter().map(|item| (item.reference.clone(), item.settled_at)).collect();
        assert_eq!(kept, [(paid, Instant(7))]);
    }
}
