//! The tasks of whoever works here.
fn main() {}
