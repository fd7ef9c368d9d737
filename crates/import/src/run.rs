//! From records to the register: each case in its order, many cases at once.

mod jobs;
mod reading;
#[cfg(test)]
mod tests;

use crate::{
    CaseRow, Identities, ReadError, Record, StepIdentity, StepRow,
    identity::OCCURRENCE_LIMIT,
    report::{Report, Stopped},
    send::Outcome,
};
use futures::{StreamExt, stream::FuturesUnordered};
use jobs::{Done, Job};
use kernel::{Actor, CaseId, CityId, Instant, PersonId, ProcedureId};
use permits::Permits;
use reading::Batch;
use registrar::Commands;
use rustc_hash::FxHashMap;
use std::{
    collections::VecDeque,
    hash::{BuildHasher, RandomState},
};
use tokio::sync::mpsc;
use vault::Vault;

/// The most commands that wait for their answers at once.
pub const IN_FLIGHT: usize = 256;
/// The most steps that wait for the step before them in their case.
pub const WAITING: usize = 10_000;
/// So many steps in a row that the procedure does not have, and none that it has, are enough to stop.
const STRANGE: u64 = 20;
/// How many batches of records the reader may be ahead.
const BATCHES_AHEAD: usize = 16;
/// What the key for command ids is derived for.
const ID_PURPOSE: &str = "import-command-ids";

/// Records a log. Holds what it needs for that; one import may follow another.
#[derive(Debug, Clone, Copy)]
pub struct Import<'a> {
    /// Where commands go.
    pub commands: &'a Commands<Permits>,
    /// Where names are sealed, and where ids get their key.
    pub vault: &'a Vault,
    /// What the log is.
    pub options: &'a Options,
}

/// What a log is, and who imports it.
#[derive(Debug, Clone)]
pub struct Options {
    /// The city.
    pub city: CityId,
    /// The service that the cases are of.
    pub procedure: ProcedureId,
    /// Who imports, in the role `importer`.
    pub actor: Actor,
}

impl Import<'_> {
    /// Records everything that the log says, and reports what it did; `progress` is called now and then with the report
    /// as it stands. Importing a log again adds nothing that is recorded already.
    pub async fn run(
        &self,
        records: impl Iterator<Item = Result<Record, ReadError>> + Send + 'static,
        mut progress: impl FnMut(&Report),
    ) -> Report {
        let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
        let reader = tokio::task::spawn_blocking(move || reading::read(records, &sender));
        // Names are looked up in a stream of its own: whoever waited for them here would leave commands under way
        // standing, with connections to the vault in their hands.
        let mut batches = Box::pin(reading::named(batches, self.vault, &self.options.city));
        let mut run = Run::new(self);
        let mut in_flight = FuturesUnordered::new();
        let mut open = true;
        while open || !run.pending.is_empty() || !in_flight.is_empty() {
            // One after the other until a step has fitted: under the wrong procedure no more than a few cases are opened.
            let most = if run.fits() { IN_FLIGHT } else { 1 };
            while in_flight.len() < most
                && run.report.stopped.is_none()
                && let Some((record, person)) = run.pending.pop_front()
            {
                in_flight.extend(run.take(record, person).map(|(case, job)| self.perform(case, job)));
            }
            if run.report.stopped.is_some() {
                run.pending.clear();
                open = false;
            }
            let wants_more = open && run.pending.is_empty() && run.waiting < WAITING && in_flight.len() < IN_FLIGHT;
            tokio::select! {
                batch = batches.next(), if wants_more => match batch {
                    Some(batch) => run.receive(batch),
                    None => open = false,
                },
                Some(done) = in_flight.next(), if !in_flight.is_empty() => {
                    let case = done.case;
                    run.finish(done);
                    in_flight.extend(run.next_of(case).map(|job| self.perform(case, job)));
                    progress(&run.report);
                }
                else => {}
            }
        }
        drop((in_flight, batches));
        let lost = reader.await.is_err().then_some(Stopped::Reader);
        run.report.stopped = run.report.stopped.or(run.broken.take()).or(lost);
        self.close_all(&mut run, &mut progress).await;
        progress(&run.report);
        run.report
    }

    /// Closes the cases that have ended: only at the log's end is it sure that no row of theirs is still to come.
    async fn close_all(&self, run: &mut Run, progress: &mut impl FnMut(&Report)) {
        let cases = std::mem::take(&mut run.cases);
        let mut jobs = cases.into_iter().filter_map(|(key, case)| Some((key, case.closing()?)));
        let mut in_flight = FuturesUnordered::new();
        loop {
            while run.report.stopped.is_none()
                && in_flight.len() < IN_FLIGHT
                && let Some((case, job)) = jobs.next()
            {
                in_flight.push(self.perform(case, job));
            }
            let Some(done) = in_flight.next().await else { return };
            run.finish(done);
            progress(&run.report);
        }
    }
}

/// A case of the log, by a hash of its reference: two in a million million have the same.
type CaseKey = (u64, u64);

/// What is known of a case, for as long as the import runs.
struct Case {
    status: Status,
    line: u64,
    ended: Option<Instant>,
    close: kernel::CommandId,
    /// Jobs that wait for the one before them; none where no job of the case is under way.
    waiting: Option<VecDeque<Job>>,
}

#[derive(Clone, Copy)]
enum Status {
    Opening,
    Open(CaseId),
    Refused,
}

impl Case {
    fn closing(&self) -> Option<Job> {
        match self.status {
            Status::Open(case) => Some(Job::Close { case, at: self.ended?, id: self.close, line: self.line }),
            Status::Opening | Status::Refused => None,
        }
    }
}

/// An import under way.
struct Run {
    report: Report,
    ids: Identities,
    cases: FxHashMap<CaseKey, Case>,
    hashes: (RandomState, RandomState),
    /// Records that were received and not looked at.
    pending: VecDeque<(Record, Option<PersonId>)>,
    /// Jobs that wait in their cases.
    waiting: usize,
    /// Steps that the procedure does not have.
    strange: u64,
    /// Why reading ended early.
    broken: Option<Stopped>,
}

impl Run {
    fn new(import: &Import<'_>) -> Run {
        let Options { city, procedure, .. } = import.options;
        Run {
            report: Report::default(),
            ids: Identities::new(import.vault.mac_key(ID_PURPOSE), city.clone(), procedure.clone()),
            cases: FxHashMap::default(),
            hashes: (RandomState::new(), RandomState::new()),
            pending: VecDeque::new(),
            waiting: 0,
            strange: 0,
            broken: None,
        }
    }

    /// Whether a step of the log was one of the procedure.
    fn fits(&self) -> bool {
        self.report.steps + self.report.known_steps > 0
    }

    /// Takes a batch over. What was read before reading failed is recorded all the same.
    fn receive(&mut self, batch: Batch) {
        self.pending.extend(batch.records);
        match batch.broken {
            Some(why @ Stopped::Read(_)) => self.broken = Some(why),
            Some(why) => self.report.stopped = self.report.stopped.take().or(Some(why)),
            None => {}
        }
    }

    /// Looks at a record. A job, where there is one to do at once.
    fn take(&mut self, record: Record, person: Option<PersonId>) -> Option<(CaseKey, Job)> {
        match record {
            Record::Refused { line, reason } => {
                self.report.refused.add(line, reason);
                None
            }
            Record::Case(row) => self.take_case(row),
            Record::Step(row) => self.take_step(row, person),
        }
    }

    fn take_case(&mut self, row: CaseRow) -> Option<(CaseKey, Job)> {
        let key = self.key(&row.reference);
        if let Some(case) = self.cases.get_mut(&key) {
            case.ended = row.ended.or(case.ended);
            return None;
        }
        let (open, close) = (self.ids.open(&row.reference), self.ids.close(&row.reference));
        let (line, ended) = (row.line, row.ended);
        let waiting = Some(VecDeque::new());
        self.cases.insert(key, Case { status: Status::Opening, line, ended, close, waiting });
        Some((key, Job::Open { row, id: open }))
    }

    fn take_step(&mut self, row: StepRow, person: Option<PersonId>) -> Option<(CaseKey, Job)> {
        let id = match self.ids.step(&row) {
            StepIdentity::New(id) => id,
            StepIdentity::Duplicate => {
                self.report.duplicate_rows += 1;
                return None;
            }
            StepIdentity::TooMany => {
                let reason = format!("the case has more than {OCCURRENCE_LIMIT} rows of this same step");
                self.report.refused.add(row.line, reason);
                return None;
            }
        };
        let key = self.key(&row.reference);
        let job = Job::Step { row, id, person, case: CaseId::CITY };
        let case = self.cases.get_mut(&key).expect("a log tells of a case before its steps");
        match &mut case.waiting {
            Some(waiting) => {
                waiting.push_back(job);
                self.waiting += 1;
                None
            }
            None => {
                let job = self.ready(key, job)?;
                self.cases.get_mut(&key)?.waiting = Some(VecDeque::new());
                Some((key, job))
            }
        }
    }

    /// The next job of a case whose last one is done.
    fn next_of(&mut self, key: CaseKey) -> Option<Job> {
        while let Some(case) = self.cases.get_mut(&key) {
            let stopped = self.report.stopped.is_some();
            let Some(job) = case.waiting.as_mut().and_then(|waiting| waiting.pop_front()) else {
                case.waiting = None;
                return None;
            };
            self.waiting -= 1;
            if !stopped && let Some(job) = self.ready(key, job) {
                return Some(job);
            }
        }
        None
    }

    /// The job with its case's number; none, and a refused row, where the case was refused.
    fn ready(&mut self, key: CaseKey, job: Job) -> Option<Job> {
        let case = self.cases.get_mut(&key)?;
        match case.status {
            Status::Open(id) => Some(job.about(id)),
            Status::Opening => Some(job),
            Status::Refused => {
                let reason = format!("its case, at line {}, is refused", case.line);
                self.report.refused.add(job.line(), reason);
                None
            }
        }
    }

    /// Counts what came of a job.
    fn finish(&mut self, done: Done) {
        let report = &mut self.report;
        match done.outcome {
            Outcome::Accepted(accepted) => {
                let count = match done.kind {
                    jobs::Kind::Open => [&mut report.cases, &mut report.known_cases],
                    jobs::Kind::Step => [&mut report.steps, &mut report.known_steps],
                    jobs::Kind::Close => [&mut report.closed, &mut 0],
                };
                *count[usize::from(accepted.repeated)] += 1;
                report.events += if accepted.repeated { 0 } else { u64::from(accepted.count) };
                self.opened(done.case, done.kind, Status::Open(accepted.case));
            }
            Outcome::Refused(reason) => {
                report.refused.add(done.line, reason);
                self.opened(done.case, done.kind, Status::Refused);
            }
            Outcome::Strange(reason) => {
                report.refused.add(done.line, reason);
                self.strange += 1;
                if self.strange >= STRANGE && !self.fits() {
                    self.report.stopped.get_or_insert(Stopped::Strange);
                }
            }
            Outcome::Stop(why) => {
                report.stopped.get_or_insert(why);
                self.opened(done.case, done.kind, Status::Refused);
            }
        }
    }

    fn opened(&mut self, key: CaseKey, kind: jobs::Kind, status: Status) {
        if let (jobs::Kind::Open, Some(case)) = (kind, self.cases.get_mut(&key)) {
            case.status = status;
        }
    }

    fn key(&self, reference: &str) -> CaseKey {
        (self.hashes.0.hash_one(reference), self.hashes.1.hash_one(reference))
    }
}
