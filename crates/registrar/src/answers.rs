//! The first answer to every command ever accepted, kept small: 32 bytes a command and 5 to 10 of index.
//!
//! Commits come in the order of their events and leave no gaps, so a commit ends where the next one begins.

use hashbrown::HashTable;
use kernel::register::Accepted;
use kernel::{CaseId, CommandId, Position};
use std::hash::{BuildHasher, RandomState};

/// Bytes of a record in a snapshot.
const RECORD: usize = 32;
/// Records are kept in runs of this many, so that growing never copies them all.
const RUN: usize = 4096;

#[derive(Debug, Clone, Copy)]
struct Record {
    id: u128,
    case: u64,
    first: u64,
}

/// Every accepted command, by its id.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    runs: Vec<Vec<Record>>,
    count: usize,
    end: u64,
    index: HashTable<u32>,
    hasher: RandomState,
}

impl Answers {
    /// What the command with this id was answered, if it was accepted.
    pub(crate) fn get(&self, id: CommandId) -> Option<Accepted> {
        let id = id.0.as_u128();
        let found = *self.index.find(self.hasher.hash_one(id), |&at| self.record(at as usize).id == id)?;
        let Record { case, first, .. } = *self.record(found as usize);
        let end = if found as usize + 1 < self.count { self.record(found as usize + 1).first } else { self.end };
        let count = u16::try_from(end - first).unwrap_or(u16::MAX);
        Some(Accepted { case: CaseId::from(case), first: Position(first), count, repeated: true })
    }

    /// Keeps the answer to a command whose events begin at `first`, behind all others, and end before `end`.
    pub(crate) fn insert(&mut self, id: CommandId, case: CaseId, first: Position, end: Position) {
        let record = Record { id: id.0.as_u128(), case: case.as_u64(), first: first.0 };
        self.push(record);
        self.end = end.0;
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    fn push(&mut self, record: Record) {
        let at = u32::try_from(self.count).expect("a register has fewer than four thousand million commands");
        if self.count.is_multiple_of(RUN) {
            self.runs.push(Vec::with_capacity(RUN));
        }
        if let Some(run) = self.runs.last_mut() {
            run.push(record);
        }
        self.count += 1;
        let Answers { runs, index, hasher, .. } = self;
        let hash = |at: &u32| hasher.hash_one(runs[*at as usize / RUN][*at as usize % RUN].id);
        index.insert_unique(hasher.hash_one(record.id), at, hash);
    }

    fn record(&self, at: usize) -> &Record {
        &self.runs[at / RUN][at % RUN]
    }

    /// Appends them all to a snapshot.
    pub(crate) fn save(&self, buffer: &mut Vec<u8>) {
        buffer.reserve(self.count * RECORD);
        for record in self.runs.iter().flatten() {
            buffer.extend_from_slice(&record.id.to_le_bytes());
            buffer.extend_from_slice(&record.case.to_le_bytes());
            buffer.extend_from_slice(&record.first.to_le_bytes());
        }
    }

    /// Reads them from a snapshot whose events end before `end`; nothing when it is damaged.
    pub(crate) fn restore(bytes: &[u8], end: Position) -> Option<Answers> {
        let (records, []) = bytes.as_chunks::<RECORD>() else { return None };
        let mut answers = Answers { end: end.0, ..Answers::default() };
        answers.index.reserve(records.len(), |_| unreachable!("an empty table has nothing to hash anew"));
        for record in records {
            let (id, rest) = record.split_first_chunk()?;
            let (case, first) = rest.split_first_chunk()?;
            let first = u64::from_le_bytes(first.try_into().ok()?);
            answers.push(Record { id: u128::from_le_bytes(*id), case: u64::from_le_bytes(*case), first });
        }
        Some(answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn each_command_keeps_its_answer_across_a_snapshot() {
        let mut answers = Answers::default();
        let id = |n: u64| CommandId(Uuid::from_u64_pair(n * 7919, n));
        let mut next = 0;
        for n in 0..10_000_u64 {
            let end = next + 1 + n % 3;
            answers.insert(id(n), CaseId::from(n), Position(next), Position(end));
            next = end;
        }
        let mut bytes = Vec::new();
        answers.save(&mut bytes);
        let restored = Answers::restore(&bytes, Position(next)).unwrap();
        for answers in [&answers, &restored] {
            let mut first = 0;
            for n in 0..10_000 {
                let count = 1 + (n % 3) as u16;
                let expected = Accepted { case: CaseId::from(n), first: Position(first), count, repeated: true };
                assert_eq!(answers.get(id(n)), Some(expected));
                first += u64::from(count);
            }
            assert_eq!(answers.get(id(10_001)), None);
            assert_eq!(answers.len(), 10_000);
        }
        assert!(Answers::restore(&bytes[1..], Position(next)).is_none());
    }
}
