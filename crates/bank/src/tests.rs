//! The two ends against each other over real HTTP, and what comes between them: forged, replayed, changed, cut off.

use crate::protocol::{Callback, Code, List, Refund, Settlement, Start, Started, State};
use crate::sign::{MERCHANT, NONCE, SIGNATURE, Signed, TIME, What};
use crate::{Bank, BankError, Key, Order, Settings, test_bank};
use axum::{
    Router,
    body::Bytes,
    extract::Request,
    http::HeaderMap,
    middleware::Next,
    response::{IntoResponse, Response},
    routing::post,
};
use kernel::{Instant, Rials};
use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

const KEY: &str = "a key that only tests of this room share";
const CALLBACK: &str = "/payments/callback";

/// A bank, its address and a merchant of it.
struct World {
    bank: Bank,
    address: SocketAddr,
    clock: Arc<AtomicI64>,
    browser: reqwest::Client,
    folder: tempfile::TempDir,
}

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

fn clock(time: &Arc<AtomicI64>) -> Arc<dyn Fn() -> Instant + Send + Sync> {
    let time = Arc::clone(time);
    Arc::new(move || Instant(time.load(Ordering::Relaxed)))
}

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn test_bank(file: &Path, time: &Arc<AtomicI64>, origin: &str) -> Router {
    let (file, key) = (file.to_owned(), key(KEY));
    let late = Duration::from_millis(50);
    let origin = origin.to_owned();
    test_bank::router(test_bank::Settings { file, merchant: "city".into(), key, origin, late, clock: clock(time) })
        .unwrap()
}

fn merchant(address: SocketAddr, time: &Arc<AtomicI64>, name: &str, secret: &str) -> Bank {
    let url = format!("http://{address}{}", test_bank::MOUNT);
    Bank::new(Settings { url, merchant: name.into(), key: key(secret), clock: clock(time) }).unwrap()
}

impl World {
    async fn new() -> World {
        World::behind(|router| router).await
    }

    /// With something between the two ends.
    async fn behind(between: impl FnOnce(Router) -> Router) -> World {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(1_764_000_000_000_000));
        let address = serve(between(test_bank(&folder.path().join("bank.jsonl"), &clock, ""))).await;
        World::at(address, clock, folder)
    }

    fn at(address: SocketAddr, clock: Arc<AtomicI64>, folder: tempfile::TempDir) -> World {
        let bank = merchant(address, &clock, "city", KEY);
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        World { bank, address, clock, browser, folder }
    }

    async fn started(&self, nonce: u32, amount: i64) -> Started {
        self.bank.start(&start(nonce, amount)).await.unwrap()
    }

    /// The payer does this on the bank's page; where the browser is sent, if anywhere.
    async fn choose(&self, token: &str, choice: &str) -> Option<String> {
        let page = format!("http://{}/test-bank/pay/{token}", self.address);
        let form = self.browser.post(page).header("content-type", "application/x-www-form-urlencoded");
        let answer = form.body(format!("choice={choice}")).send().await.unwrap();
        answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned())
    }

    async fn settled(&self) -> Vec<Settlement> {
        self.bank.list(&List { since: Instant(0), after: None }).await.unwrap().items
    }
}

fn start(nonce: u32, amount: i64) -> Start {
    let order = Order::new("B-1405-000001", nonce);
    Start { order, amount: Rials(amount), callback: CALLBACK.to_owned() }
}

#[tokio::test]
async fn paid_cancelled_and_failed_are_told_apart_by_the_bank_alone() {
    let world = World::new().await;
    for (nonce, choice, status, state) in
        [(1, "pay", "OK", State::Settled), (2, "cancel", "NOK", State::Cancelled), (3, "fail", "NOK", State::Failed)]
    {
        let Started { token, redirect } = world.started(nonce, 1_300_000).await;
        assert_eq!(redirect, format!("/test-bank/pay/{token}"));
        assert_eq!(world.bank.verify(&token).await.unwrap().state, State::Open);
        let back = world.choose(&token, choice).await.unwrap();
        assert_eq!(back, format!("{CALLBACK}?token={token}&status={status}"));
        let attempt = world.bank.verify(&token).await.unwrap();
        assert_eq!((attempt.state, attempt.amount), (state, Rials(1_300_000)));
        assert_eq!(attempt.settled.map(|settled| settled.order), (choice == "pay").then(|| start(nonce, 1).order));
        // Whatever is pressed afterwards, on a page that was kept open, it stays so.
        world.choose(&token, "pay").await;
        assert_eq!(world.bank.verify(&token).await.unwrap().state, state);
    }
    assert_eq!(world.settled().await.len(), 1);
    assert_eq!(world.bank.verify("0123").await.unwrap_err().refused(), Some(Code::UnknownToken));
}

#[tokio::test]
async fn the_same_order_is_the_same_attempt_and_never_another_amount() {
    let world = World::new().await;
    let first = world.started(1, 500).await;
    assert_eq!(world.started(1, 500).await, first, "a double click");
    assert_ne!(world.started(2, 500).await.token, first.token, "another tab");
    assert_eq!(world.bank.start(&start(1, 499)).await.unwrap_err().refused(), Some(Code::OrderDiffers));
    assert_eq!(world.bank.start(&start(3, 0)).await.unwrap_err().refused(), Some(Code::AmountNotPositive));
    for callback in ["javascript:alert(1)", "//elsewhere.example/", "ftp://x", "/a b"] {
        let start = Start { callback: callback.to_owned(), ..start(4, 1) };
        assert_eq!(world.bank.start(&start).await.unwrap_err().refused(), Some(Code::Malformed), "{callback}");
    }
}

#[tokio::test]
async fn another_key_or_merchant_is_not_served() {
    let world = World::new().await;
    for (name, secret) in [("city", "another key that is long enough too"), ("village", KEY)] {
        let other = merchant(world.address, &world.clock, name, secret);
        let answer = other.start(&start(1, 500)).await.unwrap_err();
        // Also the refusal is signed for the city, so that it is nobody else's either.
        assert!(matches!(answer, BankError::Forged { .. }), "{answer}");
    }
    assert!(world.settled().await.is_empty());
}

/// A request as it goes over the wire, signed by whoever has the key.
async fn raw(world: &World, operation: &str, signed: &Signed<'_>, body: &[u8]) -> u16 {
    let signature = key(KEY).sign(signed);
    let http = reqwest::Client::new();
    let address = format!("http://{}/test-bank/{operation}", world.address);
    let request = http.post(address).header(MERCHANT, signed.merchant).header(TIME, signed.time.0.to_string());
    let request = request.header(NONCE, signed.nonce).header(SIGNATURE, signature).body(body.to_vec());
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_request_is_taken_once_in_its_time_and_as_it_was_signed() {
    let world = World::new().await;
    let body = serde_json::to_vec(&start(1, 500)).unwrap();
    let time = Instant(world.clock.load(Ordering::Relaxed));
    let nonce = "0123456789abcdef0123456789abcdef";
    let signed = Signed { what: What::Request, operation: "start", merchant: "city", time, nonce, body: &body };
    let less = serde_json::to_vec(&start(1, 5)).unwrap();
    assert_eq!(raw(&world, "start", &signed, &less).await, 401, "another amount than was signed");
    assert_eq!(raw(&world, "verify", &signed, &body).await, 401, "another operation");
    assert_eq!(raw(&world, "start", &signed, &body).await, 200);
    assert_eq!(raw(&world, "start", &signed, &body).await, 401, "the very same again");
    let old = Signed { time: Instant(time.0 - 301_000_000), nonce: "fedcba9876543210", ..signed };
    assert_eq!(raw(&world, "start", &old, &body).await, 401, "kept for later");
}

#[tokio::test]
async fn an_answer_that_the_bank_did_not_sign_for_this_request_is_not_believed() {
    let kept: Arc<Mutex<Option<(HeaderMap, Bytes)>>> = Arc::default();
    let between = |router: Router| {
        let kept = Arc::clone(&kept);
        router.layer(axum::middleware::from_fn(move |request: Request, next: Next| {
            let kept = Arc::clone(&kept);
            async move { play_again(&kept, request, next).await }
        }))
    };
    let world = World::behind(between).await;
    let token = world.started(1, 500).await.token;
    world.choose(&token, "pay").await;
    assert_eq!(world.bank.verify(&token).await.unwrap().state, State::Settled);
    let other = world.started(2, 500).await.token;
    let replayed = world.bank.verify(&other).await.unwrap_err();
    assert!(matches!(replayed, BankError::Forged { operation: "verify" }), "{replayed}");
}

/// Keeps the first answer to `verify` and gives it to everybody after.
async fn play_again(kept: &Mutex<Option<(HeaderMap, Bytes)>>, request: Request, next: Next) -> Response {
    if !request.uri().path().ends_with("/verify") {
        return next.run(request).await;
    }
    if let Some((headers, body)) = kept.lock().unwrap().clone() {
        let mut response = Response::new(body.into());
        *response.headers_mut() = headers;
        return response;
    }
    let (parts, body) = next.run(request).await.into_parts();
    let body = axum::body::to_bytes(body, 10_000).await.unwrap();
    *kept.lock().unwrap() = Some((parts.headers.clone(), body.clone()));
    Response::from_parts(parts, body.into())
}

#[tokio::test]
async fn an_answer_that_was_changed_or_not_signed_is_not_believed() {
    let router = Router::new().route("/test-bank/verify", post(async || "{}"));
    let clock = Arc::new(AtomicI64::new(1_764_000_000_000_000));
    let liar = merchant(serve(router).await, &clock, "city", KEY);
    assert!(matches!(liar.verify("0123").await.unwrap_err(), BankError::Forged { .. }));
}

#[tokio::test]
async fn a_bank_that_fails_a_moment_is_asked_again_and_starts_nothing_twice() {
    let calls = Arc::new(AtomicU32::new(0));
    let between = |router: Router| {
        let calls = Arc::clone(&calls);
        router.layer(axum::middleware::from_fn(move |request: Request, next: Next| {
            let call = calls.fetch_add(1, Ordering::Relaxed);
            async move {
                let answer = next.run(request).await;
                // Done, but the answer is lost on the way.
                if call.is_multiple_of(2) { axum::http::StatusCode::BAD_GATEWAY.into_response() } else { answer }
            }
        }))
    };
    let world = World::behind(between).await;
    let first = world.started(1, 500).await;
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    assert_eq!(world.started(1, 500).await, first);
    let gone = merchant("127.0.0.1:1".parse().unwrap(), &world.clock, "city", KEY);
    let error = gone.verify(&first.token).await.unwrap_err();
    assert!(error.is_transient() && matches!(error, BankError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_refund_is_paid_once_and_never_more_than_came_in() {
    let world = World::new().await;
    let token = world.started(1, 500).await.token;
    world.choose(&token, "never").await;
    let payment = world.settled().await[0].reference.clone();
    let refund = |key: &str, amount| Refund { key: key.into(), payment: payment.clone(), amount: Rials(amount) };
    let first = world.bank.refund(&refund("a", 300)).await.unwrap();
    assert_eq!(world.bank.refund(&refund("a", 300)).await.unwrap(), first);
    let no = async |refund: Refund| world.bank.refund(&refund).await.unwrap_err().refused();
    assert_eq!(no(refund("a", 299)).await, Some(Code::RefundDiffers));
    assert_eq!(no(refund("b", 201)).await, Some(Code::RefundTooLarge));
    assert_eq!(no(refund("b", 0)).await, Some(Code::AmountNotPositive));
    assert_eq!(no(Refund { payment: "1".into(), ..refund("b", 1) }).await, Some(Code::UnknownPayment));
    assert_ne!(world.bank.refund(&refund("b", 200)).await.unwrap().reference, first.reference);
}

#[tokio::test]
async fn the_list_is_whole_page_after_page() {
    let world = World::new().await;
    let mut expected = Vec::new();
    for nonce in 0..450 {
        // Three at the same moment: a page may end between them.
        world.clock.fetch_add(i64::from(nonce % 3 == 0), Ordering::Relaxed);
        let token = world.started(nonce, 500).await.token;
        world.choose(&token, "never").await;
        expected.push(Order::new("B-1405-000001", nonce));
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = world.bank.list(&List { since: Instant(0), after }).await.unwrap();
        found.extend(page.items.into_iter().map(|item| item.order));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    found.sort();
    assert_eq!(found, expected);
    let since = Instant(world.clock.load(Ordering::Relaxed));
    assert_eq!(world.bank.list(&List { since, after: None }).await.unwrap().items.len(), 3);
    let wrong = world.bank.list(&List { since, after: Some("x".into()) }).await;
    assert_eq!(wrong.unwrap_err().refused(), Some(Code::Malformed));
}

#[tokio::test]
async fn what_it_was_told_survives_a_restart_and_a_torn_line() {
    let world = World::new().await;
    let (paid, open) = (world.started(1, 500).await.token, world.started(2, 700).await.token);
    world.choose(&paid, "never").await;
    let payment = world.settled().await[0].reference.clone();
    let refund = Refund { key: "a".into(), payment, amount: Rials(100) };
    let refunded = world.bank.refund(&refund).await.unwrap();
    let file = world.folder.path().join("bank.jsonl");
    let mut torn = std::fs::read(&file).unwrap();
    torn.extend_from_slice(b"{\"what\":\"settled\",\"tok");
    std::fs::write(&file, torn).unwrap();
    for _ in 0..2 {
        world.clock.fetch_add(1, Ordering::Relaxed);
        let again = serve(test_bank(&file, &world.clock, "")).await;
        let bank = merchant(again, &world.clock, "city", KEY);
        assert_eq!(bank.verify(&paid).await.unwrap().state, State::Settled);
        assert_eq!(bank.verify(&open).await.unwrap().state, State::Open);
        assert_eq!(bank.refund(&refund).await.unwrap(), refunded);
        assert_eq!(bank.start(&start(2, 700)).await.unwrap().token, open);
    }
}

#[tokio::test]
async fn it_calls_back_twice_late_or_never_as_it_is_told() {
    let calls: Arc<Mutex<Vec<Callback>>> = Arc::default();
    let heard = Arc::clone(&calls);
    let shop = Router::new().route(
        CALLBACK,
        post(async move |axum::extract::Query(callback): axum::extract::Query<Callback>| {
            heard.lock().unwrap().push(callback);
        }),
    );
    let origin = format!("http://{}", serve(shop).await);
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(AtomicI64::new(1_764_000_000_000_000));
    let address = serve(test_bank(&folder.path().join("bank.jsonl"), &clock, &origin)).await;
    let world = World::at(address, clock, folder);
    for (nonce, choice, browser, by_itself) in [(1, "twice", true, 1), (2, "late", false, 1), (3, "never", false, 0)] {
        let token = world.started(nonce, 500).await.token;
        assert_eq!(world.choose(&token, choice).await.is_some(), browser, "{choice}");
        tokio::time::sleep(Duration::from_millis(400)).await;
        let heard: Vec<Callback> = calls.lock().unwrap().drain(..).collect();
        assert_eq!(heard.len(), by_itself, "{choice}");
        assert!(heard.iter().all(|callback| callback.token == token && callback.status == "OK"), "{choice}");
        assert_eq!(world.bank.verify(&token).await.unwrap().state, State::Settled);
    }
}

#[tokio::test]
async fn its_pages_say_in_both_languages_that_they_are_made_up() {
    let world = World::new().await;
    let token = world.started(1, 1_300_000).await.token;
    let page = async |query: &str| {
        let address = format!("http://{}/test-bank{query}", world.address);
        let answer = reqwest::get(address).await.unwrap();
        assert!(answer.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        answer.text().await.unwrap()
    };
    let fa = page(&format!("/pay/{token}")).await;
    assert!(fa.contains("dir=\"rtl\"") && fa.contains("ساختگی") && fa.contains("۱٬۳۰۰٬۰۰۰ ریال"), "{fa}");
    let en = page(&format!("/pay/{token}?lang=en")).await;
    assert!(en.contains("dir=\"ltr\"") && en.contains("Made up") && en.contains("1,300,000 rials"), "{en}");
    world.choose(&token, "never").await;
    assert!(page("?lang=en").await.contains("B-1405-000001-00000001"));
    assert!(!page(&format!("/pay/{token}?lang=en")).await.contains("<button"), "it was paid");
}
