//! Paying through a bank: redirect, callback, reconciliation, refund; and the test bank that up starts.
