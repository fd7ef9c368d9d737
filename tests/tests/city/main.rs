//! Whole-city tests on the real binaries.
mod canary;
mod crashes;
mod database;
mod disks;
mod freezes;
mod harness;
mod imports;
mod inputs;
mod journey;
mod poison;
mod repeats;
mod rollback;
mod up;
