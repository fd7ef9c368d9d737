//! Whole-city tests on the real binaries.
mod crashes;
mod harness;
