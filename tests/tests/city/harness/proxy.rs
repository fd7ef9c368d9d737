//! A TCP proxy between a service and its server that can swallow what the server says.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The proxy; it lives as long as the test.
pub(crate) struct Proxy {
    port: u16,
    armed: Arc<AtomicBool>,
    cut: Arc<AtomicUsize>,
}

impl Proxy {
    /// Listens on the loopback and passes everything on to `server`.
    ///
    /// Once armed, the next connection that sends `trigger` still has it delivered, hears nothing more, and is cut.
    pub(crate) fn start(server: u16, trigger: &'static str) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("the loopback has a free port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let proxy = Proxy { port, armed: Arc::default(), cut: Arc::default() };
        let (armed, cut) = (Arc::clone(&proxy.armed), Arc::clone(&proxy.cut));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(("127.0.0.1", server)) {
                    pass(client, server, trigger, &armed, &cut);
                }
            }
        });
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Swallows the answer to the next trigger.
    pub(crate) fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    /// How many answers were swallowed.
    pub(crate) fn swallowed(&self) -> usize {
        self.cut.load(Ordering::SeqCst)
    }
}

fn pass(client: TcpStream, server: TcpStream, trigger: &'static str, armed: &Arc<AtomicBool>, cut: &Arc<AtomicUsize>) {
    let double = |socket: &TcpStream| socket.try_clone().expect("a socket can be doubled");
    let (mut inward, mut to_server) = (double(&client), double(&server));
    let (mut outward, mut to_client) = (server, client);
    let (deaf, armed, cut) = (Arc::new(AtomicBool::new(false)), Arc::clone(armed), Arc::clone(cut));
    let hears = Arc::clone(&deaf);
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 20];
        while let Some(read) = inward.read(&mut buffer).ok().filter(|read| *read > 0) {
            let holds = buffer[..read].windows(trigger.len()).any(|window| window == trigger.as_bytes());
            if holds && armed.swap(false, Ordering::SeqCst) {
                hears.store(true, Ordering::SeqCst);
            }
            if to_server.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = to_server.shutdown(Shutdown::Both);
    });
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 20];
        while let Some(read) = outward.read(&mut buffer).ok().filter(|read| *read > 0) {
            if deaf.load(Ordering::SeqCst) {
                // The server has said something after the trigger: it is done, and nobody will know.
                cut.fetch_add(1, Ordering::SeqCst);
                break;
            }
            if to_client.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = to_client.shutdown(Shutdown::Both);
        let _ = outward.shutdown(Shutdown::Both);
    });
}
