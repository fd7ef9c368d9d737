//! The first answer to every command ever accepted, kept small: 24 bytes a command and 6 to 12 of index.
//!
//! Commits come in the order of their events and leave no gaps, so a commit begins where those before it end.

use hashbrown::HashTable;
use kernel::register::Accepted;
use kernel::{CaseId, CommandId, Position};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use uuid::Uuid;

/// Bytes of a record in a snapshot: id, serial and year of the case, count of events.
const RECORD: usize = 24;
/// Records are kept in runs of this many, so that growing never copies them all.
const RUN: usize = 4096;

/// Every accepted command, by its id.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    records: Records,
    index: HashTable<u32>,
    hasher: RandomState,
}

impl Answers {
    /// What the command with this id was answered, if it was accepted.
    pub(crate) fn get(&self, id: CommandId) -> Option<Accepted> {
        let id = id.0.as_u128();
        let at = self.index.find(self.hasher.hash_one(id), |&at| self.records.id(at) == id)?;
        Some(self.records.answer(*at))
    }

    /// Keeps the answer to a command that added this many events behind all others.
    pub(crate) fn insert(&mut self, id: CommandId, case: CaseId, count: u16) {
        let id = id.0.as_u128();
        let at = self.records.push(id, case, count);
        let Answers { records, index, hasher } = self;
        index.insert_unique(hasher.hash_one(id), at, |&at| hasher.hash_one(records.id(at)));
    }

    /// Them all as they are now, to be saved while more come.
    pub(crate) fn shared(&self) -> Records {
        self.records.clone()
    }

    /// Reads them from a snapshot whose events end before `end`; nothing when it is damaged.
    pub(crate) fn restore(bytes: &[u8], end: Position) -> Option<Answers> {
        let (records, []) = bytes.as_chunks::<RECORD>() else { return None };
        let mut answers = Answers::default();
        answers.index.reserve(records.len(), |_| unreachable!("an empty table has nothing to hash anew"));
        for record in records {
            let (id, rest) = record.split_first_chunk()?;
            let (serial, rest) = rest.split_first_chunk()?;
            let (year, count) = rest.split_first_chunk()?;
            let id = CommandId(Uuid::from_u128(u128::from_le_bytes(*id)));
            let case = CaseId::new(u16::from_le_bytes(*year), u32::from_le_bytes(*serial));
            answers.insert(id, case, u16::from_le_bytes(count.try_into().ok()?));
        }
        (answers.records.end == end.0).then_some(answers)
    }
}

/// What is kept of each command, in the order of their events. A clone shares every run; the next command copies one.
#[derive(Debug, Default, Clone)]
pub(crate) struct Records {
    runs: Vec<Arc<Run>>,
    count: usize,
    /// Where the next command's events begin.
    end: u64,
}

/// Some records, side by side without the holes that a list of them would have.
#[derive(Debug, Clone)]
struct Run {
    /// Position of its first event.
    first: u64,
    ids: Vec<u128>,
    serials: Vec<u32>,
    years: Vec<u16>,
    counts: Vec<u16>,
}

impl Records {
    /// Appends them all to a snapshot.
    pub(crate) fn save(&self, buffer: &mut Vec<u8>) {
        buffer.reserve(self.count * RECORD);
        for run in &self.runs {
            for (at, id) in run.ids.iter().enumerate() {
                buffer.extend_from_slice(&id.to_le_bytes());
                buffer.extend_from_slice(&run.serials[at].to_le_bytes());
                buffer.extend_from_slice(&run.years[at].to_le_bytes());
                buffer.extend_from_slice(&run.counts[at].to_le_bytes());
            }
        }
    }

    fn id(&self, at: u32) -> u128 {
        self.runs[at as usize / RUN].ids[at as usize % RUN]
    }

    fn answer(&self, at: u32) -> Accepted {
        let (run, at) = (&self.runs[at as usize / RUN], at as usize % RUN);
        let before: u64 = run.counts[..at].iter().map(|count| u64::from(*count)).sum();
        let case = CaseId::new(run.years[at], run.serials[at]);
        Accepted { case, first: Position(run.first + before), count: run.counts[at], repeated: true }
    }

    /// Adds one and says where.
    fn push(&mut self, id: u128, case: CaseId, count: u16) -> u32 {
        let at = u32::try_from(self.count).expect("a register has fewer than four thousand million commands");
        if self.count.is_multiple_of(RUN) {
            self.runs.push(Arc::new(Run::after(self.end)));
        }
        let run = self.runs.last_mut().map(Arc::make_mut).expect("a run was added if there was none");
        run.ids.push(id);
        run.serials.push(case.serial());
        run.years.push(case.year());
        run.counts.push(count);
        self.count += 1;
        self.end += u64::from(count);
        at
    }
}

impl Run {
    fn after(end: u64) -> Run {
        let (ids, serials) = (Vec::with_capacity(RUN), Vec::with_capacity(RUN));
        Run { first: end, ids, serials, years: Vec::with_capacity(RUN), counts: Vec::with_capacity(RUN) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_keeps_its_answer_across_a_snapshot() {
        let mut answers = Answers::default();
        let id = |n: u64| CommandId(Uuid::from_u64_pair(n * 7919, n));
        let case = |n: u64| CaseId::new(1405 + (n % 3) as u16, n as u32);
        let mut next = 0;
        for n in 0..10_000_u64 {
            let count = 1 + n % 3;
            answers.insert(id(n), case(n), count as u16);
            next += count;
        }
        let mut bytes = Vec::new();
        answers.shared().save(&mut bytes);
        let restored = Answers::restore(&bytes, Position(next)).unwrap();
        for answers in [&answers, &restored] {
            let mut first = 0;
            for n in 0..10_000 {
                let count = 1 + (n % 3) as u16;
                let expected = Accepted { case: case(n), first: Position(first), count, repeated: true };
                assert_eq!(answers.get(id(n)), Some(expected));
                first += u64::from(count);
            }
            assert_eq!(answers.get(id(10_001)), None);
            assert_eq!(answers.records.count, 10_000);
        }
        assert!(Answers::restore(&bytes[1..], Position(next)).is_none());
        assert!(Answers::restore(&bytes, Position(next + 1)).is_none(), "an answer is missing");
    }

    #[test]
    fn what_is_shared_stays_as_it_was() {
        let mut answers = Answers::default();
        let id = |n: u64| CommandId(Uuid::from_u64_pair(n, n));
        answers.insert(id(1), CaseId::new(1405, 1), 1);
        let shared = answers.shared();
        answers.insert(id(2), CaseId::new(1405, 2), 1);
        let mut bytes = Vec::new();
        shared.save(&mut bytes);
        let restored = Answers::restore(&bytes, Position(1)).unwrap();
        assert_eq!((restored.records.count, restored.get(id(2))), (1, None));
        assert_eq!(answers.get(id(2)).unwrap().first, Position(1));
    }
}
