//! The reconciler: compares the bank's own list with the register, books what no callback told of, and has ordered refunds
//! paid out.
//!
//! It looks again from before where it ended: clocks of two houses differ, and a bank may enter something late. What is
//! booked already is booked once. Without its note of where it ended it looks from the beginning, which only takes longer.

use super::{Failed, chain};
use crate::compose::{Shared, StartError, desk, open_log};
use crate::config::BankConfig;
use bank::protocol::{List, Settlement};
use bank::{Bank, Settings};
use departments::Limit;
use departments::revenue::{self, RefundsAsk};
use gateway::till::{Outcome, Report, Till, TillError};
use kernel::{Districts, Instant};
use ledger::{Block, Log};
use permits::Permits;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};
use prometheus_client::registry::Registry;
use registrar::Commands;
use std::{collections::HashSet, path::PathBuf, time::Duration};

/// Its name among the parts.
const NAME: &str = "reconciler";
/// How far before the last one seen it looks again.
const OVERLAP: Duration = Duration::from_secs(3_600);
/// How far back the whole comparison goes at the bank, and in the register.
const BANK_DAYS: u64 = 30;
const REGISTER_DAYS: u64 = 7;
/// How often there is one.
const COMPARE_EVERY: Duration = Duration::from_secs(600);
/// How long the tables may take to reach the end of the register.
const TABLES: Duration = Duration::from_secs(60);
/// By when the tables should hold what was just recorded.
const CATCH_UP: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Debug, Clone)]
struct Metrics {
    booked: Counter,
    refunded: Counter,
    failed: Counter,
    differences: Family<Kind, Gauge>,
}

impl Metrics {
    fn register(registry: &mut Registry) -> Metrics {
        let metrics = Metrics {
            booked: Counter::default(),
            refunded: Counter::default(),
            failed: Counter::default(),
            differences: Family::default(),
        };
        let registry = registry.sub_registry_with_prefix("daftar_bank");
        registry.register("booked", "Payments booked that no callback told of", metrics.booked.clone());
        registry.register("refunded", "Refunds carried out", metrics.refunded.clone());
        registry.register("failed_looks", "Looks at the bank's list that did not end", metrics.failed.clone());
        let about = "Payments about which bank and register differ";
        registry.register("differences", about, metrics.differences.clone());
        metrics
    }
}

/// The client of the configured bank.
///
/// # Errors
/// When a setting cannot be used.
pub(crate) fn open_bank(config: &BankConfig) -> Result<Bank, StartError> {
    let invalid = |source: Failed| StartError::Bank { source };
    let key = bank::Key::parse(&config.key.0).map_err(|error| invalid(error.into()))?;
    let (url, merchant) = (config.url.clone(), config.merchant.as_str().into());
    let settings = Settings { url, merchant, key, clock: crate::compose::system_clock() };
    Bank::new(settings).map_err(|error| invalid(error.into()))
}

struct Reconciler {
    till: Till,
    log: Log,
    metrics: Metrics,
    note: PathBuf,
    /// What was told of in the log.
    told: HashSet<String>,
    compared: Option<tokio::time::Instant>,
}

pub(crate) async fn run(shared: Shared, bank: Bank) -> (&'static str, Result<(), Failed>) {
    let metrics = shared.with_metrics(Metrics::register);
    let till = tokio::select! {
        revenue = desk(&shared, departments::revenue::NAME) => {
            let commands = Commands::<Permits>::new(shared.client.clone(), &shared.config.city);
            Till { bank, callback: String::new(), commands, revenue }
        }
        () = shared.stopped() => return (NAME, Ok(())),
    };
    let note = shared.config.data.join("reconciled.txt");
    let log = match open_log(&shared.config, &shared.client).await {
        Ok(log) => log,
        Err(error) => return (NAME, Err(error.into())),
    };
    let mut reconciler = Reconciler { till, log, metrics, note, told: HashSet::new(), compared: None };
    let mut every = tokio::time::interval(shared.config.reconcile_every);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let look = async {
            every.tick().await;
            reconciler.wait_for_tables().await?;
            Ok::<(), Failed>(reconciler.look().await?)
        };
        let looked = tokio::select! {
            looked = look => looked,
            () = shared.stopped() => return (NAME, Ok(())),
        };
        let trouble = looked.err().map(|error| chain(error.as_ref()));
        if let Some(trouble) = &trouble {
            reconciler.metrics.failed.inc();
            tracing::warn!(trouble, "bank and register were not compared; they will be");
        }
        shared.health.set(NAME, trouble);
    }
}

impl Reconciler {
    /// Tables that are behind the register, as after a restore, know less than the bank without being wrong.
    async fn wait_for_tables(&self) -> Result<(), Failed> {
        let Some((_, bytes)) = self.log.last().await? else { return Ok(()) };
        let block = Block::decode(&bytes)?;
        let Some((last, ..)) = block.entries().last() else { return Ok(()) };
        if self.till.revenue.reader().wait_for(last, TABLES).await? {
            return Ok(());
        }
        Err("the tables of the revenue office are behind the register".into())
    }

    /// One look, whole or not at all: where it ended is only noted when nothing was left behind.
    async fn look(&mut self) -> Result<(), TillError> {
        let last = self.read_note();
        let since = Instant(last.0.saturating_sub(micros(OVERLAP)).max(0));
        let (mut after, mut newest) = (None, last);
        loop {
            let page = self.till.bank.list(&List { since, after }).await?;
            for settled in &page.items {
                self.see(settled).await?;
                newest = newest.max(settled.settled_at);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if newest > last {
            self.write_note(newest);
        }
        self.pay_back().await?;
        if self.compared.is_none_or(|at| at.elapsed() >= COMPARE_EVERY) {
            self.compare().await?;
            self.compared = Some(tokio::time::Instant::now());
        }
        Ok(())
    }

    async fn see(&mut self, settled: &Settlement) -> Result<(), TillError> {
        let Some(report) = self.till.differs(settled).await? else { return Ok(()) };
        if report.booked.is_some() {
            self.tell(&report, "");
            return Ok(());
        }
        match self.till.book(settled).await? {
            Outcome::Recorded { position: Some(position), .. } => {
                self.metrics.booked.inc();
                tracing::info!(reference = %settled.reference, %position, "booked what no callback told of");
            }
            Outcome::Recorded { position: None, .. } => {}
            Outcome::UnknownBill => self.tell(&report, "no bill has this number"),
            Outcome::Refused(refusal) => self.tell(&report, &refusal.to_string()),
        }
        Ok(())
    }

    /// In the log once, not at each look.
    fn tell(&mut self, report: &Report, why: &str) {
        if self.told.insert(format!("{} {}", report.kind, report.reference)) {
            let Report { reference, bill, at_bank, booked, kind } = report;
            tracing::error!(%reference, bill, at_bank, booked, kind, why, "bank and register differ");
        }
    }

    /// Carries out what is ordered. One that the bank refuses holds up no other.
    async fn pay_back(&mut self) -> Result<(), TillError> {
        let mut ask =
            RefundsAsk { pending: true, districts: Districts::ALL, after: None, limit: Limit::new(Some(100)) };
        loop {
            let page = revenue::refunds(&self.till.revenue, &ask).await?;
            for ordered in &page.items {
                match self.till.refund(ordered).await {
                    Ok(Outcome::Recorded { position, .. }) => {
                        self.metrics.refunded.inc();
                        if let Some(position) = position {
                            // Else the next look would find it pending still; no harm, but a question too many.
                            let reader = self.till.revenue.reader();
                            let _ = reader.wait_for(position, CATCH_UP).await;
                        }
                    }
                    Ok(other) => self.tell_refund(&ordered.payment, &format!("{other:?}")),
                    Err(TillError::Bank(error)) if !error.is_transient() => {
                        self.tell_refund(&ordered.payment, &chain(&error));
                    }
                    Err(error) => return Err(error),
                }
            }
            if page.next.is_none() {
                return Ok(());
            }
            ask.after = page.next;
        }
    }

    fn tell_refund(&mut self, payment: &str, why: &str) {
        if self.told.insert(format!("refund {payment}")) {
            tracing::error!(payment, why, "an ordered refund is not paid out");
        }
    }

    async fn compare(&mut self) -> Result<(), TillError> {
        let now = crate::clock::now();
        let back = |days: u64| Instant(now.0 - micros(Duration::from_secs(days * 86_400)));
        let reports = self.till.compare(back(BANK_DAYS), back(REGISTER_DAYS)).await?;
        for kind in ["missing", "amount", "bill", "not-at-bank"] {
            let count = reports.iter().filter(|report| report.kind == kind).count();
            let gauge = self.metrics.differences.get_or_create(&Kind { kind });
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        reports.iter().for_each(|report| self.tell(report, ""));
        Ok(())
    }

    /// When the newest payment that was seen was settled; the beginning where there is no note of it.
    fn read_note(&self) -> Instant {
        let text = std::fs::read_to_string(&self.note).unwrap_or_default();
        Instant(text.trim().parse().unwrap_or(0))
    }

    fn write_note(&self, newest: Instant) {
        let whole = self.note.with_extension("new");
        let written = std::fs::write(&whole, newest.0.to_string()).and_then(|()| std::fs::rename(&whole, &self.note));
        if let Err(error) = written {
            tracing::warn!(%error, "where the comparison ended is not noted; it will look again from before");
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
