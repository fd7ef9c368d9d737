//! Real logs, where they are at hand: tests read them besides the small ones that they make themselves.

use crate::{DateOrder, Names, Record, Source, Times, csv::CsvLog, xes::XesLog};
use kernel::time::Zone;
use std::path::PathBuf;

/// The file of this name among the real logs. Says so where there is none.
#[expect(clippy::disallowed_methods, reason = "tests learn from the environment where the real logs are")]
pub(crate) fn file(name: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let file = std::env::var_os("DAFTAR_REAL_DATA").map_or(beside, PathBuf::from).join(name);
    if file.exists() {
        return Some(file);
    }
    eprintln!("NOT TESTED on the real log {name}: {} is absent; say where with DAFTAR_REAL_DATA", file.display());
    None
}

pub(crate) fn times(zone: &str, order: Option<DateOrder>) -> Times {
    Times::new(Zone::new(zone).unwrap(), order)
}

pub(crate) fn source(bytes: impl AsRef<[u8]>) -> Source {
    Source::new(std::io::Cursor::new(bytes.as_ref().to_vec()), None).unwrap()
}

/// Every record of a log that can be read to its end.
pub(crate) fn records<E: std::fmt::Debug>(log: impl Iterator<Item = Result<Record, E>>) -> Vec<Record> {
    log.map(Result::unwrap).collect()
}

pub(crate) fn csv(bytes: impl AsRef<[u8]>, names: &Names) -> Vec<Record> {
    records(CsvLog::open(source(bytes), names, times("Europe/Amsterdam", None)).unwrap())
}

pub(crate) fn xes(bytes: impl AsRef<[u8]>, names: &Names) -> Vec<Record> {
    records(XesLog::open(source(bytes), names, times("Europe/Amsterdam", None)).unwrap())
}

/// How many cases, steps and refused rows there are.
pub(crate) fn counts(records: &[Record]) -> (usize, usize, usize) {
    records.iter().fold((0, 0, 0), |(cases, steps, refused), record| match record {
        Record::Case(_) => (cases + 1, steps, refused),
        Record::Step(_) => (cases, steps + 1, refused),
        Record::Refused { .. } => (cases, steps, refused + 1),
    })
}

/// Lines and reasons of the refused rows.
pub(crate) fn refused(records: &[Record]) -> Vec<(u64, &str)> {
    let refused = records.iter().filter_map(|record| match record {
        Record::Refused { line, reason } => Some((*line, reason.as_str())),
        Record::Case(_) | Record::Step(_) => None,
    });
    refused.collect()
}
