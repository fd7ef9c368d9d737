//! Load: callers who work on small cases, each command sent with the same id until it is answered.

use super::city::City;
use super::http::{Caller, fresh};
use super::{SHA256, ZAHRA, until};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two commands of one caller: steady load that leaves a small machine room for what is tested.
const PAUSE: Duration = Duration::from_millis(10);
/// Callers at the same time.
const CALLERS: usize = 3;

/// An application for small works of 40 m², in Persian digits.
pub(crate) fn small_works(national_id: &str, parcel: &str) -> Value {
    json!({
        "procedure": "small-works",
        "district": "۳",
        "parcel": parcel,
        "applicant": { "national_id": national_id, "name": "نمونه ساختگی", "mobile": "۰۹۱۲۱۲۳۴۵۶۷", "address": "چهارباغ" },
        "facts": { "area": "۴۰", "structural": false },
        "documents": [{ "kind": "deed", "sha256": SHA256 }],
    })
}

/// Callers at work until they are stopped.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    acked: Arc<AtomicU64>,
    refused: Arc<Mutex<Vec<String>>>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Clone)]
struct Worker {
    citizen: Caller,
    intake: Caller,
    revenue: Caller,
    stop: Arc<AtomicBool>,
    acked: Arc<AtomicU64>,
    refused: Arc<Mutex<Vec<String>>>,
    name: String,
}

impl Load {
    /// Starts the callers.
    pub(crate) fn start(city: &City) -> Load {
        let mut load =
            Load { stop: Arc::default(), acked: Arc::default(), refused: Arc::default(), threads: Vec::new() };
        let (stop, acked, refused) = (Arc::clone(&load.stop), Arc::clone(&load.acked), Arc::clone(&load.refused));
        let workers = (0..CALLERS).map(|_| Worker {
            citizen: city.citizen(ZAHRA),
            intake: city.officer("intake"),
            revenue: city.officer("revenue"),
            stop: Arc::clone(&stop),
            acked: Arc::clone(&acked),
            refused: Arc::clone(&refused),
            name: city.parcel(),
        });
        load.threads = workers.map(|worker| std::thread::spawn(move || worker.run())).collect();
        load
    }

    /// How many commands were acknowledged.
    pub(crate) fn acked(&self) -> u64 {
        self.acked.load(Ordering::Relaxed)
    }

    /// Waits until so many more commands are acknowledged.
    #[track_caller]
    pub(crate) fn wait_for(&self, more: u64) {
        let goal = self.acked() + more;
        until("the load goes on", || {
            self.assert_none_refused();
            (self.acked() >= goal).then_some(())
        });
    }

    #[track_caller]
    fn assert_none_refused(&self) {
        let refused = self.refused.lock().expect("nothing panics while it notes a refusal");
        assert!(refused.is_empty(), "commands of the load were refused:\n{}", refused.join("\n"));
    }

    /// Stops the callers; a command that hangs is given up with its outcome unknown.
    #[track_caller]
    pub(crate) fn stop(mut self) -> u64 {
        self.end();
        self.assert_none_refused();
        self.acked()
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.end();
    }
}

impl Worker {
    fn run(&self) {
        for number in 0_u64.. {
            if self.case(number).is_none() {
                return;
            }
        }
    }

    /// One case, as far as it goes; nothing when it is time to stop.
    fn case(&self, number: u64) -> Option<()> {
        let parcel = format!("{}-{number}", self.name);
        let case = self.send(&self.citizen, "/v1/cases", &small_works(ZAHRA, &parcel))?["case"].clone();
        let case = case.as_str().expect("an application has a case").to_owned();
        let at = |rest: &str| format!("/v1/cases/{case}/{rest}");
        self.send(&self.intake, &at("steps/check/take"), &json!({}))?;
        let check = json!({ "outcome": "small-works", "checklist": { "small": true } });
        self.send(&self.intake, &at("steps/check/complete"), &check)?;
        if number.is_multiple_of(3) {
            self.send(&self.citizen, &at("withdraw"), &json!({}))?;
        } else {
            self.send(&self.revenue, &at("bill"), &json!({}))?;
        }
        Some(())
    }

    fn send(&self, caller: &Caller, path: &str, body: &Value) -> Option<Value> {
        std::thread::sleep(PAUSE);
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        let answer = caller.settle(path, body, fresh(), || self.stop.load(Ordering::Relaxed))?;
        if !answer.is_ok() {
            let refusal = format!("{path}: {} {}", answer.status, answer.text);
            self.refused.lock().expect("nothing panics while it notes a refusal").push(refusal);
            return None;
        }
        self.acked.fetch_add(1, Ordering::Relaxed);
        Some(answer.json)
    }
}
