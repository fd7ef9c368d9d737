//! The writer's loop: take what waits, decide it, make it durable, answer.

use crate::batch::{self, Batch};
use crate::config::{Clock, Config};
use crate::durable::{self, Lost, Verdict};
use crate::error::RegistrarError;
use crate::guard::Guard;
use crate::handle::Vitals;
use crate::intake::{self, Arrival, Caller, Intake};
use crate::metrics::Metrics;
use crate::pace::{self, Pace};
use crate::snapshot::{self, Schedule};
use crate::state::State;
use bytes::Bytes;
use kernel::{Answer, Register, Unavailable};
use ledger::{Head, Log, SealedBlock};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// A moment without commands that is long enough for a snapshot.
const QUIET: Duration = Duration::from_secs(1);

pub(crate) struct Writer<R: Register> {
    config: Config,
    clock: Clock,
    log: Log,
    state: State<R>,
    intake: Intake<R>,
    guard: Guard,
    schedule: Schedule,
    saving: Option<JoinHandle<Result<(), RegistrarError>>>,
    metrics: Metrics,
    vitals: Arc<Vitals>,
    /// Greater than that of every writer before.
    epoch: u64,
    /// Which of the client's connections the end of the stream was last checked on.
    connection: u64,
    busy_at: Instant,
    pace: Pace,
}

impl<R: Register> Writer<R> {
    #[expect(clippy::too_many_arguments, reason = "the composition of a writer, in one place")]
    pub(crate) fn new(
        config: Config,
        clock: Clock,
        log: Log,
        state: State<R>,
        intake: Intake<R>,
        guard: Guard,
        schedule: Schedule,
        metrics: Metrics,
        vitals: Arc<Vitals>,
    ) -> Writer<R> {
        let epoch = state.chain.epoch() + 1;
        let connection = connects(&log);
        let busy_at = Instant::now();
        let saving = None;
        let pace = Pace::default();
        #[rustfmt::skip]
        let writer = Writer { config, clock, log, state, intake, guard, schedule, saving, metrics, vitals, epoch, connection, busy_at, pace };
        writer.note_head();
        writer
    }

    /// Runs until it is told to stop or must not go on.
    pub(crate) async fn run(mut self, mut stopping: watch::Receiver<bool>) -> Result<(), RegistrarError> {
        let outcome = self.write(&mut stopping).await;
        match &outcome {
            Ok(()) => self.vitals.ended("it was stopped".to_owned()),
            Err(error) => {
                tracing::error!(register = self.name(), error = chain_of(error), "the registrar stops");
                self.vitals.ended(chain_of(error));
            }
        }
        self.intake.close().await;
        let _ = futures::FutureExt::now_or_never(self.intake.arrivals());
        self.intake.turn_all_away(&Unavailable::Unconfirmed);
        self.turn_away().await;
        // The last answers must leave before whoever waits for the end closes the connection.
        let _ = tokio::time::timeout(self.config.patience, self.config.client.flush()).await;
        outcome?;
        self.guard.sync()?;
        self.save_at_the_end().await
    }

    async fn write(&mut self, stopping: &mut watch::Receiver<bool>) -> Result<(), RegistrarError> {
        let mut ticks = every(self.config.tick);
        let mut ticking = false;
        loop {
            let idle = !ticking && self.intake.waiting.is_empty();
            tokio::select! {
                biased;
                () = until_stopped(stopping) => break,
                _ = ticks.tick() => ticking = true,
                arrival = self.intake.arrivals(), if idle => self.expect_open(arrival)?,
                () = std::future::ready(()), if !idle => {}
            }
            if !self.check_connection(stopping).await? {
                return Ok(());
            }
            self.linger().await?;
            ticking = self.serve(ticking, stopping).await?;
            self.save_if_due().await;
        }
        // What has come is still answered.
        self.intake.close().await;
        let _ = futures::FutureExt::now_or_never(self.intake.arrivals());
        while !self.intake.waiting.is_empty() {
            self.serve(false, stopping).await?;
        }
        Ok(())
    }

    /// Waits a moment for callers who are expected to send again.
    async fn linger(&mut self) -> Result<(), RegistrarError> {
        let Some(wait) = self.pace.linger(self.intake.waiting.len()) else { return Ok(()) };
        let mut over = pin!(pace::sleep(wait));
        while self.intake.waiting.len() < self.pace.callers() {
            tokio::select! {
                arrival = self.intake.arrivals() => self.expect_open(arrival)?,
                () = &mut over => break,
            }
        }
        Ok(())
    }

    /// Decides, writes and answers one block; says whether the clock has more to do at once.
    async fn serve(&mut self, mut ticking: bool, stopping: &mut watch::Receiver<bool>) -> Result<bool, RegistrarError> {
        if let Some(trouble) = self.vitals.wrong_settings() {
            self.intake.turn_all_away(&Unavailable::Settings(trouble));
            ticking = false;
        }
        self.metrics.waiting.set(self.intake.waiting.len() as i64);
        self.turn_away().await;
        let now = (self.clock)();
        let batch = batch::decide(&mut self.state, &mut self.intake.waiting, self.epoch, now, ticking);
        let more_ticks = batch.more_ticks;
        if batch.block.is_some() || !batch.replies.is_empty() {
            self.busy_at = Instant::now();
            self.conclude(batch, stopping).await?;
        }
        Ok(more_ticks)
    }

    /// Makes a batch durable and answers its callers.
    async fn conclude(&mut self, batch: Batch<R>, stopping: &mut watch::Receiver<bool>) -> Result<(), RegistrarError> {
        let Batch { block, mut replies, events, .. } = batch;
        if let Some(SealedBlock { bytes, chain }) = block {
            let (began, size) = (Instant::now(), bytes.len());
            self.append(Bytes::from(bytes), &mut replies, stopping).await?;
            self.state.chain = chain;
            let head = self.state.chain.head();
            self.guard.keep(head)?;
            let took = began.elapsed();
            self.pace.appended(took, replies.len(), self.intake.waiting.len());
            self.metrics.appended(events, size, took, head);
            self.vitals.height(head.height);
        }
        self.answer(replies).await;
        Ok(())
    }

    /// Appends a block while commands keep coming in. When it takes too long, nobody is left waiting: the callers of this
    /// block and all who come are told that the log cannot be written, and the block is tried on.
    async fn append(
        &mut self,
        block: Bytes,
        replies: &mut Vec<(Caller, Answer<R::Refusal>)>,
        stopping: &mut watch::Receiver<bool>,
    ) -> Result<(), RegistrarError> {
        let (log, head) = (self.log.clone(), self.state.chain.head());
        let full = AtomicBool::new(false);
        let why = || if full.load(Ordering::Relaxed) { Unavailable::Full } else { Unavailable::Unconfirmed };
        let mut durable = pin!(durable::append(&log, head, block, &full));
        let mut patience = pin!(tokio::time::sleep(self.config.patience));
        let mut hanging = false;
        let outcome = loop {
            tokio::select! {
                biased;
                outcome = &mut durable => break outcome,
                arrival = self.intake.arrivals() => self.expect_open(arrival)?,
                () = &mut patience, if !hanging => {
                    hanging = true;
                    self.vitals.appending(Some(why().to_string()));
                    tracing::error!(register = self.name(), height = head.height.0 + 1, "an append hangs");
                    unavailable(replies, &why());
                    self.answer(std::mem::take(replies)).await;
                }
                () = until_stopped(stopping), if hanging => return Err(RegistrarError::Undecided { register: self.name() }),
            }
            if hanging {
                self.intake.turn_all_away(&why());
            }
            self.turn_away().await;
        };
        if let Err(lost) = outcome {
            unavailable(replies, &Unavailable::Unconfirmed);
            self.answer(std::mem::take(replies)).await;
            return Err(self.lost(lost));
        }
        if hanging {
            self.vitals.appending(None);
            tracing::info!(register = self.name(), height = head.height.0 + 1, "the append came through");
        }
        Ok(())
    }

    async fn answer(&mut self, replies: Vec<(Caller, Answer<R::Refusal>)>) {
        let now = Instant::now();
        for (caller, answer) in replies {
            self.metrics.answered::<R>(&answer, now - caller.since);
            self.intake.answer(caller, intake::encode(&answer));
        }
        self.intake.reply(&self.config.client).await;
    }

    async fn turn_away(&mut self) {
        let replies = std::mem::take(&mut self.intake.turned_away);
        self.answer(replies).await;
    }

    /// After a reconnect the server may stand on an older store: the guard looks before anything is written. False when
    /// it was told to stop before the server answered.
    async fn check_connection(&mut self, stopping: &mut watch::Receiver<bool>) -> Result<bool, RegistrarError> {
        let connection = connects(&self.log);
        if connection == self.connection {
            return Ok(true);
        }
        let head = self.state.chain.head();
        let verdict = tokio::select! {
            verdict = durable::settle(&self.log, &head, None) => verdict,
            () = until_stopped(stopping) => return Ok(false),
        };
        match verdict {
            Verdict::NotYet | Verdict::Durable => {
                self.connection = connection;
                Ok(true)
            }
            Verdict::Fenced(height) => Err(self.lost(Lost::Fenced(height))),
            Verdict::RolledBack(found) => Err(self.lost(Lost::RolledBack(found))),
        }
    }

    async fn save_if_due(&mut self) {
        if self.saving.as_ref().is_some_and(|saving| !saving.is_finished()) {
            return;
        }
        if let Some(saving) = self.saving.take() {
            note_saved(saving.await);
        }
        let head = self.state.chain.head();
        if self.schedule.is_due(head, self.busy_at.elapsed() >= QUIET) {
            let bytes = snapshot::share(&self.state);
            let path = self.config.file(R::NAME, "snapshot");
            self.schedule.written(head);
            self.saving = Some(tokio::task::spawn_blocking(move || snapshot::write(&path, &bytes())));
        }
    }

    async fn save_at_the_end(mut self) -> Result<(), RegistrarError> {
        if let Some(saving) = self.saving.take() {
            note_saved(saving.await);
        }
        if !self.schedule.has_news(self.state.chain.head()) {
            return Ok(());
        }
        let path = self.config.file(R::NAME, "snapshot");
        let save = move || snapshot::write(&path, &snapshot::share(&self.state)());
        tokio::task::spawn_blocking(save).await.map_err(RegistrarError::Task)?
    }

    fn expect_open(&self, arrival: Arrival) -> Result<(), RegistrarError> {
        match arrival {
            Arrival::Some => Ok(()),
            Arrival::Closed => Err(RegistrarError::Closed { register: self.name(), source: None }),
        }
    }

    fn lost(&self, lost: Lost) -> RegistrarError {
        let (register, kept) = (self.name(), self.state.chain.head().height);
        match lost {
            Lost::Fenced(height) => RegistrarError::Fenced { register, height },
            Lost::RolledBack(found) => RegistrarError::RolledBack { register, kept, found },
        }
    }

    fn note_head(&self) {
        let head: Head = self.state.chain.head();
        self.metrics.head(head);
        self.vitals.height(head.height);
    }

    fn name(&self) -> String {
        format!("{}/{}", self.config.city, R::NAME)
    }
}

fn connects(log: &Log) -> u64 {
    log.client().statistics().connects.load(Ordering::Relaxed)
}

fn every(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

async fn until_stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the handle was dropped: that stops it as well.
    drop(stopping.wait_for(|stop| *stop).await.map(|_| ()));
}

fn unavailable<F>(replies: &mut [(Caller, Answer<F>)], why: &Unavailable) {
    for (_, answer) in replies {
        *answer = Answer::Unavailable(why.clone());
    }
}

fn note_saved(saved: Result<Result<(), RegistrarError>, tokio::task::JoinError>) {
    if let Err(error) = saved.unwrap_or_else(|failed| Err(RegistrarError::Task(failed))) {
        tracing::error!(error = chain_of(&error), "no snapshot was written; a start will take longer");
    }
}

/// An error with all its causes, for the log.
fn chain_of(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
