//! Callers that hold what they do not use, or say that they are somebody else (catalogue 42, 46).

use crate::harness::{City, ZAHRA};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Connections that send their head a byte at a time.
const SLOW: usize = 4_000;
/// Connections that say nothing at all.
const SILENT: usize = 1_000;
/// Requests of the honest caller, before and during.
const HONEST: usize = 600;
/// What a machine that is busy with other tests adds by itself. Whoever found no place would wait for seconds.
const UNREST: Duration = Duration::from_millis(500);
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

/// Connections that hold their places for as long as they can, and come back when they are let go.
struct Holders {
    address: SocketAddr,
    slow: Vec<TcpStream>,
    silent: Vec<TcpStream>,
}

impl Holders {
    fn new(address: SocketAddr) -> Holders {
        let open = |number| (0..number).map(|_| connect(address)).collect();
        let slow: Vec<_> = open(SLOW);
        for mut socket in &slow {
            socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ").ok();
        }
        Holders { address, slow, silent: open(SILENT) }
    }

    /// A byte of each that is still let; a new connection for each that is not. Gives how many were let go.
    fn go_on(&mut self) -> u64 {
        let mut let_go = 0;
        for socket in self.slow.iter_mut().chain(&mut self.silent) {
            let closed = match socket.read(&mut [0; 512]) {
                Ok(_) => true,
                Err(error) => error.kind() != ErrorKind::WouldBlock,
            };
            if closed {
                let_go += 1;
                *socket = connect(self.address);
            }
        }
        for socket in &mut self.slow {
            // The gateway may have closed it a moment ago; the next round sees that.
            let _ = socket.write(b"x");
        }
        let_go
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect_timeout(&address, CONNECT).expect("there is a place for a connection");
    socket.set_nonblocking(true).expect("a socket can be asked without waiting");
    socket
}

/// The time within which all but one in a hundred requests of an honest caller are answered.
fn p99(ask: impl Fn()) -> Duration {
    let mut took: Vec<Duration> = (0..HONEST)
        .map(|_| {
            let start = Instant::now();
            ask();
            start.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[HONEST * 99 / 100]
}

#[test]
fn n42_slow_and_silent_connections_take_nothing_from_others() {
    let city = City::start();
    let case = city.apply();
    let citizen = city.citizen(ZAHRA);
    let path = format!("/v1/cases/{}", case.case());
    citizen.get_after(&path, case.position());
    let ask = || {
        citizen.get(&path).ok();
    };
    let alone = p99(ask);
    let address = citizen.address().parse().expect("an address");
    let mut holders = Holders::new(address);
    let (done, let_go) = (AtomicBool::new(false), AtomicU64::new(0));
    let beside = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let_go.fetch_add(holders.go_on(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(250));
            }
        });
        let mut worst = p99(ask);
        // Until each of them had to come back at least once.
        let end = Instant::now() + Duration::from_secs(20);
        while let_go.load(Ordering::Relaxed) < (SLOW + SILENT) as u64 && Instant::now() < end {
            worst = worst.max(p99(ask));
        }
        done.store(true, Ordering::Relaxed);
        worst
    });
    let let_go = let_go.load(Ordering::Relaxed);
    assert!(let_go >= (SLOW + SILENT) as u64, "{let_go} connections were let go of");
    assert!(beside < 2 * alone + UNREST, "p99 alone {alone:?}, beside them {beside:?}");
}

/// Sends a head as it is, and gives the whole answer.
fn raw(address: &str, head: &str) -> String {
    let mut socket = TcpStream::connect(address).expect("the gateway accepts");
    socket.set_read_timeout(Some(Duration::from_secs(15))).expect("a socket has a time limit");
    socket.write_all(head.as_bytes()).expect("the gateway reads");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("the gateway answers and closes");
    answer
}

#[test]
fn n46_headers_that_say_who_one_is_are_not_believed() {
    let city = City::start();
    let case = city.apply();
    let citizen = city.citizen(ZAHRA);
    let path = format!("/v1/cases/{}", case.case());
    citizen.get_after(&path, case.position());
    let address = citizen.address();
    let claims = "X-Forwarded-For: 127.0.0.1\r\nX-Real-Ip: 127.0.0.1\r\nForwarded: for=127.0.0.1;host=evil.example;proto=https\r\n\
                  X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Prefix: /evil\r\nX-Original-Url: /v1/city\r\n\
                  X-Http-Method-Override: DELETE\r\nX-User: admin\r\nX-Role: admin\r\n\
                  Nats-Request-Info: {\"acc\":\"city\",\"user\":\"registrar\"}\r\n";
    let head = |method: &str, path: &str, more: &str| {
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{more}\r\n")
    };
    let status = |answer: &str| answer.get(9..12).unwrap_or_default().to_owned();
    // Nobody becomes somebody, a citizen no officer, and a read no change.
    let nobody = raw(address, &head("GET", &path, claims));
    assert_eq!(status(&nobody), "401", "{nobody}");
    let token = citizen.token().expect("a citizen has a token");
    let own = format!("Authorization: Bearer {token}\r\n{claims}");
    assert_eq!(status(&raw(address, &head("GET", &path, &own))), "200");
    let desk = raw(address, &head("GET", "/v1/inbox", &own));
    assert_eq!(status(&desk), "403", "{desk}");
    let metrics = raw(address, &head("GET", "/metrics", claims));
    assert_eq!(status(&metrics), status(&raw(address, &head("GET", "/metrics", ""))), "an address opens nothing");
    // No page and no redirect leads to where a header says.
    for page in ["/", "/check", "/signin?to=/my", "/my", "/services"] {
        let answer = raw(address, &head("GET", page, claims));
        assert!(!answer.contains("evil"), "{page}: {answer}");
    }
    // A host that is not the city's is in no address that a page or a redirect names.
    let strange = format!("GET /my HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n{claims}\r\n");
    let answer = raw(address, &strange);
    assert!(!answer.contains("evil"), "{answer}");
    city.assert_whole();
}
