//! Whole-city tests: the real `daftar` binary, a process a role, on real servers that are killed, frozen, filled, cut
//! off and lied to. `cargo xtask test` builds what they start.
//!
//! After each run the common oracle is asked (`harness/oracle.rs`): every acknowledged command is in the register exactly
//! once, positions have no gap, blocks verify, the auditor accepts, and the read models equal a fresh rebuild.
//!
//! By the numbers of the catalogue of faults, what shows that each is survived; `n05_…` is a test here:
//!
//! | number | fault | shown by |
//! |---|---|---|
//! | 1 | gateway killed | `crashes::n01_…`, torture |
//! | 2 | projector killed | `crashes::n02_…` on both databases, torture; projection `engine/folding.rs` |
//! | 5 | nats-server killed | `crashes::n05_…`, torture; registrar `tests/faults.rs` |
//! | 8 | nats-server frozen | `freezes::n08_…`; gateway `http/limits.rs`, registrar `tests/faults.rs` |
//! | 9 | projector frozen | `freezes::n09_…` |
//! | 10 | disk full | `disks::n10_…` (mounts a tmpfs: needs root); a store at its limit: registrar `tests/faults.rs` |
//! | 12 | fsync fails | `disks::n12_…` (needs strace and leave to trace) |
//! | 17 | store rolled back | `rollback::n17_…` running and starting; registrar `tests/rollback.rs` |
//! | 18 | stream's settings changed | `rollback::n18_…`; registrar `tests/faults.rs`; that no shipped user may: test-support `nats.rs` |
//! | 20 | delivered twice | commands `repeats::n20_n22_…`; blocks: projection `engine/folding.rs` |
//! | 22 | one command ×1,000 in parallel | `repeats::n20_n22_…`; registrar `tests/writing.rs` |
//! | 23 | an old command again | `repeats::n23_…` |
//! | 24 | acknowledgement lost | `repeats::n24_…` |
//! | 31 | Postgres crashes, cuts connections | `database::n31_…`; projection `engine/folding.rs` |
//! | 32 | pool exhausted | `database::n32_…` |
//! | 33 | poison event | `poison::n33_…`; projection `engine/parking.rs` on both databases |
//! | 34 | unknown event | `poison::n34_…`; projection `engine/parking.rs` |
//! | 35 | oversize | `inputs::n35_…`; gateway `http/limits.rs`, `http/errors.rs` |
//! | 36 | malformed | `inputs::n36_n37_…`; postcard: ledger `tests/chain.rs`, registrar `tests/writing.rs`; logs: import |
//! | 37 | every route with what is made up | `inputs::n36_n37_…`; the description: gateway `http/openapi.rs` |
//! | 38 | digits, spellings | kernel `text.rs`, gateway `parse.rs`, `http/sight.rs`; the applications here are in Persian digits |
//! | 39 | bidi, NUL, surrogates | kernel `text.rs`, gateway `parse.rs`, import `record.rs`; over HTTP `inputs::n36_n37_…` |
//! | 40 | zip bomb, pixel flood, polyglot, `../` names | `documents::n40_…`; documents `store`, `render`; gateway `http/documents.rs` |
//! | 42 | slow and silent connections | `callers::n42_…`; gateway `http/limits.rs` |
//! | 43 | role × route | gateway `http/matrix.rs`, foreign cases `http/sight.rs` |
//! | 44 | tokens | gateway `http/tokens.rs`; of a sign-in: signin `hostile` |
//! | 46 | forwarded addresses, request information | `callers::n46_…` |
//!
//! Besides: the made-up weeks (`demo`), documents in a bucket (`buckets`), every page in a real browser (`browser`, which keeps pictures in `target/pictures`), personal data is nowhere
//! in the clear (`canary`), departments are told each event once (`feeds`), whole ways of cases (`journey`), imports
//! (`imports`), strangers check licences (`licences`), and `daftar up` (`up`). The torture's rounds and seed are `DAFTAR_TORTURE_ROUNDS` and `DAFTAR_TORTURE_SEED`.

mod browser;
mod buckets;
mod callers;
mod canary;
mod crashes;
mod database;
mod demo;
mod disks;
mod documents;
mod feeds;
mod freezes;
mod harness;
mod imports;
mod inputs;
mod journey;
mod licences;
mod payments;
mod poison;
mod repeats;
mod rollback;
mod up;
