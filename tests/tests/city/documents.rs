//! Documents that are large, broken off, or made to hurt whoever reads them (catalogue 40).

use crate::harness::{Caller, City, Role, ZAHRA, until};
use flate2::{Compression, write::ZlibEncoder};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use test_support::Process;
use test_support::process::binary;

/// Bytes of a large document.
const LARGE: usize = 100 * 1024 * 1024;
/// What a gateway may grow while it takes one.
const GROWTH_KIB: u64 = 48 * 1024;
/// How long drawing a page may take, whatever is in it: the worker's processor time, and something for a busy machine.
const DRAWN_WITHIN: Duration = Duration::from_secs(30);

/// The figure of a process in `/proc/…/status`, in KiB.
fn kib(process: &Process, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid())).expect("Linux has /proc");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a process has a size");
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().expect("a number")
}

fn head(caller: &Caller, length: usize) -> String {
    let token = caller.token().expect("a citizen has a token");
    format!(
        "POST /v1/documents HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/pdf\r\n\
         content-length: {length}\r\n\r\n"
    )
}

/// Sends the beginning of a document of this length.
fn begun(caller: &Caller, length: usize, sent: usize) -> TcpStream {
    let mut socket = TcpStream::connect(caller.address()).expect("the gateway accepts");
    socket.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket has a time limit");
    socket.write_all(head(caller, length).as_bytes()).expect("the gateway reads");
    socket.write_all(b"%PDF-1.7\n").expect("the gateway reads");
    let piece = vec![b'x'; 1 << 20];
    let mut left = sent.saturating_sub(9);
    while left > 0 {
        let some = left.min(piece.len());
        socket.write_all(&piece[..some]).expect("the gateway reads");
        left -= some;
    }
    socket
}

fn status(socket: &mut TcpStream) -> String {
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).expect("the gateway answers");
    String::from_utf8_lossy(&answer[9..]).into_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a folder is read").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn n40_a_large_document_takes_no_memory_and_half_of_one_leaves_nothing() {
    let city = City::start();
    let citizen = city.citizen(ZAHRA);
    let end = b"\n%%EOF\n";
    // The first one pays for what every one needs.
    let mut socket = begun(&citizen, 4 << 20, (4 << 20) - end.len());
    socket.write_all(end).expect("the gateway reads");
    assert_eq!(status(&mut socket), "201");
    let before = city.with(Role::Gateway, |gateway| kib(gateway, "VmHWM"));
    let mut socket = begun(&citizen, LARGE, LARGE - end.len());
    socket.write_all(end).expect("the gateway reads");
    assert_eq!(status(&mut socket), "201");
    let after = city.with(Role::Gateway, |gateway| kib(gateway, "VmHWM"));
    assert!(after < before + GROWTH_KIB, "the gateway's peak grew from {before} to {after} KiB");

    let folder = city.data.join("documents");
    let kept = files(&folder);
    assert_eq!(kept.len(), 2);
    let half = begun(&citizen, LARGE, LARGE / 2);
    until("half of a document is there", || (files(&folder).len() > kept.len()).then_some(()));
    drop(half);
    until("it is gone again", || (files(&folder).len() == kept.len()).then_some(()));
}

/// A PDF of one page whose drawing is stored as it is given, with these filters.
fn pdf(filters: &str, drawing: &[u8]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n\
        2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n\
        3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R \
        /Resources << /XObject << /F 4 0 R >> >> >>\nendobj\n"
        .to_vec();
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Resources << /XObject << /F 4 0 R >> >>";
    let head = format!("4 0 obj\n<< {form} /Length {} /Filter [{filters}] >>\nstream\n", drawing.len());
    file.extend_from_slice(head.as_bytes());
    file.extend_from_slice(drawing);
    file.extend_from_slice(b"\nendstream\nendobj\ntrailer << /Size 5 /Root 1 0 R >>\n%%EOF\n");
    file
}

fn deflated(write: impl FnOnce(&mut ZlibEncoder<Vec<u8>>)) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    write(&mut encoder);
    encoder.finish().expect("a vector is written")
}

/// Four gibibytes of spaces: runs of 128 of them (ISO 32000-1 section 7.4.5), deflated.
fn bomb() -> Vec<u8> {
    let runs = [129, b' '].repeat(1 << 19);
    deflated(|to| (0..64).for_each(|_| to.write_all(&runs).expect("a vector is written")))
}

/// What the worker made of page 1, as it wrote it, within the time.
fn drawn(kind: u8, content: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new(binary("daftar"));
    command.arg("draw-page").env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let started = Instant::now();
    let mut worker = command.spawn().expect("daftar runs");
    let mut to = worker.stdin.take().expect("a pipe");
    let wanted = [[kind, 0, 0, 0, 1].as_slice(), content].concat();
    let writing = std::thread::spawn(move || drop(to.write_all(&wanted)));
    let output = worker.wait_with_output().expect("the worker ends");
    writing.join().expect("writing ends");
    let took = started.elapsed();
    assert!(took < DRAWN_WITHIN, "drawing took {took:?}");
    output.status.success().then_some(output.stdout)
}

#[test]
fn n40_what_a_document_does_to_its_reader_it_does_to_a_worker() {
    let plain = drawn(1, &pdf("", b"1 0 0 rg 10 10 50 50 re f")).expect("a plain page is drawn");
    assert_eq!((&plain[..5], &plain[6..9]), ([0, 0, 0, 1, 3].as_slice(), b"PNG".as_slice()));
    // Whether a page of these is drawn is the worker's affair; it ends, and the machine stays as it is.
    drawn(1, &pdf("/FlateDecode /RunLengthDecode", &bomb()));
    drawn(1, &pdf("", b"/F Do /F Do /F Do"));
    let endless = deflated(|to| {
        for _ in 0..400_000 {
            to.write_all(b"0 0 100 100 re 100 0 0 100 re f* ").expect("a vector is written");
        }
    });
    drawn(1, &pdf("/FlateDecode", &endless));
    assert_eq!(drawn(1, b"%PDF-1.4\n"), None);
    assert_eq!(drawn(9, b"no such kind"), None);
    let mut flood = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x60\0\0\0\x60\0\x08\x06\0\0\0".to_vec();
    flood.extend_from_slice(&[0; 100]);
    assert_eq!(drawn(3, &flood), None);
}
