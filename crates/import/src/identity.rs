//! The ids that make an import idempotent: from what a row says, the same in every format and at every repetition.

use crate::StepRow;
use kernel::{CityId, CommandId, ProcedureId};
use rustc_hash::FxHashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use vault::MacKey;

/// The most rows of a case that may say the same of a step, and yet differ in what is not recorded.
pub const OCCURRENCE_LIMIT: u64 = 1_000;

/// Gives ids. Whoever has no key learns nothing from one, nor can make one up.
///
/// Remembers 16 bytes of every step, to tell a row that stands twice from a step that was done twice.
pub struct Identities {
    key: MacKey,
    city: CityId,
    procedure: ProcedureId,
    /// From a hash of (step, occurrence) to a hash of the row.
    seen: FxHashMap<u64, u64>,
    hashes: RandomState,
}

/// What a step row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepIdentity {
    /// A step, with its command's id.
    New(CommandId),
    /// A row that stood in this log before, word for word.
    Duplicate,
    /// One more than [`OCCURRENCE_LIMIT`].
    TooMany,
}

impl Identities {
    /// For a log of one procedure of a city; `key` is the vault's for imports.
    #[must_use]
    pub fn new(key: MacKey, city: CityId, procedure: ProcedureId) -> Identities {
        Identities { key, city, procedure, seen: FxHashMap::default(), hashes: RandomState::new() }
    }

    /// The id of the command that opens the case.
    #[must_use]
    pub fn open(&self, reference: &str) -> CommandId {
        self.id(&[b"open", reference.as_bytes()])
    }

    /// The id of the command that closes the case.
    #[must_use]
    pub fn close(&self, reference: &str) -> CommandId {
        self.id(&[b"close", reference.as_bytes()])
    }

    /// The id of the command that records the step, or that it was given before.
    pub fn step(&mut self, row: &StepRow) -> StepIdentity {
        let at = row.at.0.to_be_bytes();
        let blank_or = |text: &Option<smol_str::SmolStr>| text.clone().unwrap_or_default();
        let (actor, unit, lifecycle) = (blank_or(&row.actor), blank_or(&row.unit), blank_or(&row.lifecycle));
        let says = [
            row.reference.as_bytes(),
            row.name.as_bytes(),
            &at,
            actor.as_bytes(),
            unit.as_bytes(),
            lifecycle.as_bytes(),
        ];
        for occurrence in 0..OCCURRENCE_LIMIT {
            match self.seen.get(&self.slot(&says, occurrence)) {
                Some(&raw) if raw == row.raw => return StepIdentity::Duplicate,
                Some(_) => {}
                None => {
                    self.seen.insert(self.slot(&says, occurrence), row.raw);
                    let occurrence = occurrence.to_be_bytes();
                    let [reference, name, at, actor, unit, lifecycle] = says;
                    return StepIdentity::New(self.id(&[
                        b"step",
                        reference,
                        name,
                        at,
                        actor,
                        unit,
                        lifecycle,
                        &occurrence,
                    ]));
                }
            }
        }
        StepIdentity::TooMany
    }

    fn slot(&self, says: &[&[u8]], occurrence: u64) -> u64 {
        let mut hasher = self.hashes.build_hasher();
        for part in says {
            hasher.write_usize(part.len());
            hasher.write(part);
        }
        hasher.write_u64(occurrence);
        hasher.finish()
    }

    fn id(&self, parts: &[&[u8]]) -> CommandId {
        let mut all: Vec<&[u8]> = vec![self.city.as_str().as_bytes(), self.procedure.as_str().as_bytes()];
        all.extend(parts);
        let digest = self.key.digest(&all);
        let (start, _) = digest.split_first_chunk::<16>().expect("a digest has 32 bytes");
        CommandId(uuid::Builder::from_custom_bytes(*start).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Instant;
    use vault::MasterKey;

    fn identities(key: u8, procedure: &str) -> Identities {
        let key = MasterKey::from_bytes([key; 32]).derive("import");
        Identities::new(key, "isfahan".parse().unwrap(), procedure.parse().unwrap())
    }

    fn row(raw: u64) -> StepRow {
        StepRow {
            reference: "case-1".into(),
            name: "T02".into(),
            at: Instant(5),
            actor: Some("Resource21".into()),
            unit: None,
            lifecycle: None,
            raw,
            line: 1,
        }
    }

    #[test]
    fn the_same_row_is_a_duplicate_and_another_with_the_same_step_is_the_next_occurrence() {
        let mut ids = identities(1, "observed");
        let steps = [1, 2, 1, 3, 2].map(|raw| ids.step(&row(raw)));
        let [
            StepIdentity::New(first),
            StepIdentity::New(second),
            StepIdentity::Duplicate,
            StepIdentity::New(third),
            StepIdentity::Duplicate,
        ] = steps
        else {
            panic!("{steps:?}");
        };
        assert!(first != second && second != third && first != third);
        let mut again = identities(1, "observed");
        assert_eq!(again.step(&row(77)), StepIdentity::New(first), "ids do not depend on what is not recorded");
        assert_eq!(first.0.get_version_num(), 8);
    }

    #[test]
    fn everything_that_is_recorded_changes_the_id() {
        let one = |ids: &mut Identities, row: StepRow| match ids.step(&row) {
            StepIdentity::New(id) => id,
            other => panic!("{other:?}"),
        };
        let base = one(&mut identities(1, "observed"), row(1));
        let changed = [
            StepRow { reference: "case-2".into(), ..row(1) },
            StepRow { name: "T03".into(), ..row(1) },
            StepRow { at: Instant(6), ..row(1) },
            StepRow { actor: None, ..row(1) },
            StepRow { unit: Some("Resource21".into()), actor: None, ..row(1) },
            StepRow { lifecycle: Some("complete".into()), ..row(1) },
        ];
        let mut ids: Vec<CommandId> = changed.map(|row| one(&mut identities(1, "observed"), row)).to_vec();
        ids.extend([base, one(&mut identities(2, "observed"), row(1)), one(&mut identities(1, "other"), row(1))]);
        let open = identities(1, "observed");
        ids.extend([open.open("case-1"), open.close("case-1"), open.open("case-2")]);
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn one_step_cannot_be_done_without_end() {
        let mut ids = identities(1, "observed");
        for raw in 0..OCCURRENCE_LIMIT {
            assert!(matches!(ids.step(&row(raw)), StepIdentity::New(_)));
        }
        assert_eq!(ids.step(&row(OCCURRENCE_LIMIT)), StepIdentity::TooMany);
        assert_eq!(ids.step(&row(5)), StepIdentity::Duplicate);
    }
}
