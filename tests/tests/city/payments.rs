//! Paying through a bank over real HTTP: its callback comes twice, late, forged or never; it is down, slow or lies; the
//! gateway dies between the bank's word and the register's.

use crate::harness::load::small_works;
use crate::harness::{City, Plan, Role, ZAHRA, http::fresh, until};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bank::protocol::{List, Settlement};
use bank::{Bank, Key, Settings, test_bank};
use kernel::Instant;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use test_support::process::free_port;

const KEY: &str = "a key that city and bank share in tests";
const FEE: i64 = 1_300_000;

fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    Instant(i64::try_from(since.as_micros()).expect("not so long after"))
}

/// What the bank does wrong.
#[derive(Default)]
struct Faults {
    failing: AtomicBool,
    slow: AtomicBool,
    /// A process that is killed when it asks how an attempt stands, after the bank knows its answer.
    kill_at_verify: AtomicU32,
}

/// A city with a bank.
struct World {
    city: City,
    bank: Bank,
    bank_at: String,
    faults: Arc<Faults>,
    browser: ureq::Agent,
    runtime: tokio::runtime::Runtime,
    _folder: test_support::DataFolder,
}

async fn misbehave(faults: Arc<Faults>, request: Request, next: Next) -> Response {
    let verify = request.uri().path().ends_with("/verify");
    let page = request.uri().path().contains("/pay/");
    if !page && faults.slow.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_secs(4)).await;
    }
    if !page && faults.failing.load(Ordering::Relaxed) {
        return axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let answer = next.run(request).await;
    let pid = if verify { faults.kill_at_verify.swap(0, Ordering::Relaxed) } else { 0 };
    if pid != 0 {
        let killed = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        assert!(killed.is_ok_and(|status| status.success()), "process {pid} is there to be killed");
    }
    answer
}

impl World {
    fn start(plan: Plan) -> World {
        let (folder, faults) = (test_support::DataFolder::new(), Arc::<Faults>::default());
        let runtime = crate::harness::city::runtime();
        let (port, key) = (free_port(), Key::parse(KEY).expect("long enough"));
        let clock: Arc<dyn Fn() -> Instant + Send + Sync> = Arc::new(now);
        let settings = test_bank::Settings {
            file: folder.join("bank.jsonl"),
            merchant: "isfahan".into(),
            key: key.clone(),
            origin: String::new(),
            late: Duration::from_secs(2),
            clock: Arc::clone(&clock),
        };
        let layered = Arc::clone(&faults);
        let router = test_bank::router(settings).expect("a bank").layer(axum::middleware::from_fn(
            move |request: Request, next: Next| misbehave(Arc::clone(&layered), request, next),
        ));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let bank_at = format!("http://{}", listener.local_addr().expect("an address"));
        runtime.spawn(async move { axum::serve(listener, router).await });
        let url = format!("{bank_at}{}", test_bank::MOUNT);
        let environment = vec![
            ("DAFTAR_BANK_URL", url.clone()),
            ("DAFTAR_BANK_MERCHANT", "isfahan".to_owned()),
            ("DAFTAR_BANK_KEY", KEY.to_owned()),
            ("DAFTAR_PUBLIC_URL", format!("http://127.0.0.1:{port}")),
            ("DAFTAR_RECONCILE_SECONDS", "1".to_owned()),
        ];
        let city = Plan { environment, port: Some(port), ..plan }.start();
        let bank = Bank::new(Settings { url, merchant: "isfahan".into(), key, clock }).expect("a client");
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let browser = config.timeout_global(Some(Duration::from_secs(20))).build().new_agent();
        World { city, bank, bank_at, faults, browser, runtime, _folder: folder }
    }

    /// A case with a bill of [`FEE`].
    fn billed(&self) -> Case<'_> {
        let applied = self.city.citizen(ZAHRA).done_as("/v1/cases", &small_works(ZAHRA, &self.city.parcel()), fresh());
        let case = applied.case();
        let check = json!({ "outcome": "small-works", "checklist": { "small": true } });
        self.city.officer("intake").done(&format!("/v1/cases/{case}/steps/check/complete"), &check);
        let billed = self.city.officer("revenue").done(&format!("/v1/cases/{case}/bill"), &json!({}));
        self.city.citizen(ZAHRA).get_after(&format!("/v1/cases/{case}"), billed);
        Case { world: self, case }
    }

    fn settled(&self) -> Vec<Settlement> {
        self.runtime.block_on(self.bank.list(&List { since: Instant(0), after: None })).expect("a list").items
    }

    /// The payer does this on the bank's page; where the browser is sent.
    fn choose(&self, token: &str, choice: &str) -> Option<String> {
        let page = format!("{}/test-bank/pay/{token}", self.bank_at);
        let answer = self.browser.post(page).send_form([("choice", choice)]).expect("the bank's page answers");
        answer.headers().get("location").map(|to| to.to_str().expect("an address").to_owned())
    }

    /// A browser comes back.
    fn come_back(&self, address: &str) -> (u16, String) {
        let mut answer = self.browser.get(address).header("cookie", "daftar-lang=en").call().expect("it answers");
        (answer.status().as_u16(), answer.body_mut().read_to_string().expect("a page"))
    }

    fn callback(&self, query: &str) -> String {
        format!("http://{}/payments/callback?{query}", self.city.anybody().address())
    }
}

/// A case that is to be paid.
struct Case<'a> {
    world: &'a World,
    case: String,
}

impl Case<'_> {
    fn try_pay(&self, key: uuid::Uuid) -> (u16, Value) {
        let citizen = self.world.city.citizen(ZAHRA);
        let address = format!("http://{}/v1/cases/{}/pay", citizen.address(), self.case);
        let request = self.world.browser.post(address).header("content-type", "application/json");
        let request = request.header("idempotency-key", key.to_string());
        let token = citizen.token().expect("a citizen has a token");
        let answer = request.header("authorization", format!("Bearer {token}")).send("{}");
        let mut answer = answer.expect("the gateway answers");
        let text = answer.body_mut().read_to_string().expect("JSON");
        (answer.status().as_u16(), serde_json::from_str(&text).expect("JSON"))
    }

    /// The bank's token of a new attempt.
    #[track_caller]
    fn start(&self, key: uuid::Uuid) -> String {
        let (status, started) = self.try_pay(key);
        assert_eq!((status, started["amount"].as_i64()), (200, Some(FEE)), "{started}");
        started["redirect"].as_str().and_then(|to| to.rsplit('/').next()).expect("a token").to_owned()
    }

    fn receipts(&self) -> Value {
        self.world.city.citizen(ZAHRA).get(&format!("/v1/cases/{}/receipts", self.case)).ok().clone()
    }

    /// The amounts that are booked, as soon as there are so many.
    #[track_caller]
    fn booked(&self, count: usize) -> Vec<i64> {
        let amounts = || {
            let receipts = self.receipts();
            let payments = receipts["payments"].as_array().expect("a list");
            payments.iter().map(|payment| payment["amount"].as_i64().expect("an amount")).collect::<Vec<_>>()
        };
        until("it is booked", || Some(amounts()).filter(|amounts| amounts.len() >= count))
    }

    /// What was paid back, as soon as it is.
    #[track_caller]
    fn paid_back(&self) -> Value {
        until("it is paid back", || {
            let refunds = self.receipts()["refunds"].clone();
            let refund = refunds.as_array()?.first()?.clone();
            (refund["pending"] == 0).then_some(refund)
        })
    }
}

fn told_twice_books_once(world: &World) {
    let case = world.billed();
    let key = fresh();
    let token = case.start(key);
    assert_eq!(case.start(key), token, "a double click is one attempt");
    let back = world.choose(&token, "twice").expect("the browser is sent back");
    let pages: Vec<(u16, String)> = std::thread::scope(|scope| {
        let visits: Vec<_> = (0..4).map(|_| scope.spawn(|| world.come_back(&back))).collect();
        visits.into_iter().map(|visit| visit.join().expect("a visit")).collect()
    });
    for (status, page) in pages {
        assert!(status == 200 && page.contains("Your payment is booked"), "{status} {page}");
    }
    assert_eq!(case.booked(1), [FEE]);
    assert_eq!(case.receipts()["refunds"], json!([]));
    let (status, nothing) = case.try_pay(fresh());
    assert_eq!((status, nothing["code"].as_str()), (409, Some("nothing-due")));
}

fn forged_callbacks_book_nothing(world: &World) {
    let case = world.billed();
    let token = case.start(fresh());
    let (status, page) = world.come_back(&world.callback(&format!("token={token}&status=OK&amount={FEE}")));
    assert!(status == 200 && page.contains("Nothing was paid"), "the browser lies: {status} {page}");
    let unknown = "0123456789abcdef0123456789abcdef";
    for query in [
        format!("token={unknown}&status=OK"),
        "token=&status=OK".to_owned(),
        "status=OK".to_owned(),
        "token=%00%0a&status=OK".to_owned(),
        format!("token={}&status=OK", "a".repeat(500)),
    ] {
        let (status, page) = world.come_back(&world.callback(&query));
        assert!((400..500).contains(&status), "{query}: {status} {page}");
    }
    let form = world.browser.post(world.callback("")).send_form([("token", token.as_str()), ("status", "OK")]);
    assert_eq!(form.expect("an answer").status().as_u16(), 200);
    world.choose(&token, "cancel");
    let (_, page) = world.come_back(&world.callback(&format!("token={token}&status=OK")));
    assert!(page.contains("Nothing was paid"), "{page}");
    assert_eq!(case.receipts()["payments"], json!([]));
}

fn never_told_is_found_on_the_list(world: &World) {
    let case = world.billed();
    let token = case.start(fresh());
    assert_eq!(world.choose(&token, "never"), None);
    assert_eq!(case.booked(1), [FEE]);
    // The payer comes back in the end, to what is booked already.
    let (status, page) = world.come_back(&world.callback(&format!("token={token}&status=OK")));
    assert!(status == 200 && page.contains("Your payment is booked"), "{status} {page}");
    assert_eq!(case.booked(1), [FEE]);
}

fn two_tabs_pay_once_and_get_the_other_back(world: &World) {
    let case = world.billed();
    let (one, other) = (case.start(fresh()), case.start(fresh()));
    assert_ne!(one, other);
    let backs = [&one, &other].map(|token| world.choose(token, "pay").expect("sent back"));
    std::thread::scope(|scope| {
        backs.iter().for_each(|back| drop(scope.spawn(|| world.come_back(back))));
    });
    assert_eq!(case.booked(1), [FEE]);
    let refund = case.paid_back();
    assert_eq!((refund["reason"].as_str(), refund["paid"].as_i64()), (Some("surplus"), Some(FEE)));
    assert_eq!(case.booked(1), [FEE]);
}

fn late_after_the_end_goes_back(world: &World) {
    let case = world.billed();
    let token = case.start(fresh());
    let citizen = world.city.citizen(ZAHRA);
    citizen.done(&format!("/v1/cases/{}/withdraw", case.case), &json!({}));
    assert_eq!(world.choose(&token, "late"), None);
    let refund = case.paid_back();
    assert_eq!((refund["reason"].as_str(), refund["paid"].as_i64()), (Some("case-ended"), Some(FEE)));
    assert_eq!(case.receipts()["payments"], json!([]));
    std::thread::sleep(Duration::from_secs(2));
    let (status, page) = world.come_back(&world.callback(&format!("token={token}&status=OK")));
    assert!(status == 200 && page.contains("goes back"), "{status} {page}");
}

fn a_failing_bank_is_told_and_made_up_for(world: &World) {
    let case = world.billed();
    let token = case.start(fresh());
    for fault in [&world.faults.failing, &world.faults.slow] {
        fault.store(true, Ordering::Relaxed);
        let (status, problem) = case.try_pay(fresh());
        assert_eq!((status, problem["code"].as_str()), (503, Some("bank-unavailable")), "{problem}");
        let detail = problem["detail_en"].as_str().unwrap_or_default();
        assert!(detail.contains("not lost"), "it says what becomes of the money: {problem}");
        let back = world.choose(&token, "pay").expect("sent back");
        let (status, page) = world.come_back(&back);
        assert!(status == 503 && page.contains("not lost"), "{status} {page}");
        fault.store(false, Ordering::Relaxed);
    }
    assert_eq!(case.booked(1), [FEE], "the list makes up for it");
}

fn killed_between_the_banks_word_and_the_registers(world: &World) {
    let case = world.billed();
    let token = case.start(fresh());
    let back = world.choose(&token, "pay").expect("sent back");
    let pid = world.city.with(Role::Gateway, test_support::Process::pid);
    world.city.with(Role::Reconciler, test_support::Process::kill);
    world.faults.kill_at_verify.store(pid, Ordering::Relaxed);
    assert!(world.browser.get(&back).call().is_err(), "the gateway is gone before it answers");
    world.city.start_role(Role::Gateway);
    world.city.wait_ready();
    assert_eq!(case.receipts()["payments"], json!([]), "nothing was booked");
    world.city.start_role(Role::Reconciler);
    assert_eq!(case.booked(1), [FEE]);
}

/// What bank and register say of every payment is the same in the end.
fn nothing_is_left_over(world: &World) {
    let settled = world.settled();
    assert!(settled.len() >= 7, "{settled:?}");
    let refunds = world.city.officer("revenue").get("/v1/revenue/refunds?pending=true").ok().clone();
    assert_eq!(refunds["items"], json!([]));
    let (_, list) = world.come_back(&format!("{}/test-bank?lang=en", world.bank_at));
    assert_eq!(list.matches("1,300,000 rials</td></tr>").count(), 2, "two were given back: {list}");
}

fn every_way(plan: Plan) {
    let world = World::start(plan);
    world.city.start_role(Role::Reconciler);
    told_twice_books_once(&world);
    forged_callbacks_book_nothing(&world);
    never_told_is_found_on_the_list(&world);
    two_tabs_pay_once_and_get_the_other_back(&world);
    late_after_the_end_goes_back(&world);
    a_failing_bank_is_told_and_made_up_for(&world);
    killed_between_the_banks_word_and_the_registers(&world);
    nothing_is_left_over(&world);
    world.city.assert_whole();
}

#[test]
fn every_way_of_paying_in_sqlite() {
    every_way(Plan::default());
}

#[test]
fn every_way_of_paying_in_postgres() {
    every_way(Plan::on_postgres());
}

/// Whoever is billed sees how it comes about, line by line, and the lines add up.
#[test]
fn a_bill_is_explained_and_a_long_outage_is_made_up_for() {
    let world = World::start(Plan::default());
    let case = world.billed();
    let citizen = world.city.citizen(ZAHRA);
    let bills = citizen.get(&format!("/v1/cases/{}/bills", case.case)).ok().clone();
    let line = &bills[0]["explained"][0];
    assert_eq!(line["title"]["fa"], "عوارض تعمیرات", "{bills}");
    assert_eq!(line["work"][0]["fa"], "مساحت تعمیر (۴۰ متر مربع) × ۲۵٬۰۰۰ = ۱٬۰۰۰٬۰۰۰", "{bills}");
    assert_eq!(line["work"][1]["fa"], "۳۰۰٬۰۰۰ + ۱٬۰۰۰٬۰۰۰ = ۱٬۳۰۰٬۰۰۰", "{bills}");
    assert_eq!((line["amount"].as_i64(), bills[0]["total"].as_i64()), (Some(FEE), Some(FEE)));
    world
        .city
        .citizen(crate::harness::REZA)
        .get(&format!("/v1/cases/{}/bills", case.case))
        .problem(404, "unknown-case");
    // No reconciler runs; many pay and nobody is told.
    let cases: Vec<Case<'_>> = std::iter::once(case).chain((0..4).map(|_| world.billed())).collect();
    for case in &cases {
        assert_eq!(world.choose(&case.start(fresh()), "never"), None);
    }
    world.city.start_role(Role::Reconciler);
    for case in &cases {
        assert_eq!(case.booked(1), [FEE]);
    }
    world.city.assert_whole();
}
