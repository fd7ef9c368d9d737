//! Whole-city tests on the real binaries.
mod crashes;
mod database;
mod disks;
mod freezes;
mod harness;
mod inputs;
mod poison;
mod repeats;
mod rollback;
