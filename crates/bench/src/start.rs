//! How long a registrar takes to start on a long register, and what it keeps in memory for each live case.

use crate::{Failed, commands, raw::Register, table::Table};
use permits::Permits;
use std::{path::Path, process::Command, time::Instant};

/// One start in a process of its own: `<seconds> <bytes of memory it added>`.
struct Start {
    seconds: f64,
    bytes: u64,
}

pub(crate) fn compare(table: &mut Table, city: &Register) -> Result<(), Failed> {
    let from_snapshot = in_a_process(city, city.data.path())?;
    let empty = tempfile::tempdir()?;
    let from_blocks = in_a_process(city, empty.path())?;
    let events = crate::table::thousands(city.events as f64);
    let row = |start: &Start| format!("{:.2} s", start.seconds);
    let figure = format!("registrar start on {events} events, from a snapshot");
    table.row(figure, row(&from_snapshot), "2 s", "–");
    table.row("the same without a snapshot", row(&from_blocks), "10 s", "–");
    let each = from_snapshot.bytes / city.cases.max(1);
    let cases = crate::table::thousands(city.cases as f64);
    table.row(format!("registrar memory, {cases} live cases"), format!("{each} B a case"), "1 KiB a case", "–");
    Ok(())
}

fn in_a_process(city: &Register, data: &Path) -> Result<Start, Failed> {
    let (seconds, bytes) = apart("--measure-start", &city.server.url(), data)?;
    Ok(Start { seconds, bytes })
}

/// Measures in a process of its own, which prints seconds and a size.
pub(crate) fn apart(what: &str, url: &str, place: &Path) -> Result<(f64, u64), Failed> {
    let output = Command::new(std::env::current_exe()?).args([what, url]).arg(place).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = || format!("{what} failed: {}", String::from_utf8_lossy(&output.stderr));
    let (seconds, size) = text.trim().split_once(' ').ok_or_else(failed)?;
    Ok((seconds.parse()?, size.parse()?))
}

/// Starts a registrar here and prints what it took.
pub(crate) async fn measure(url: &str, data: &str) -> Result<(), Failed> {
    let before = resident();
    let started = Instant::now();
    let handle = commands::registrar::<Permits>(url, Path::new(data)).await?;
    let seconds = started.elapsed().as_secs_f64();
    println!("{seconds} {}", resident().saturating_sub(before));
    // Without a snapshot of its own: the next start must do the same work.
    drop(handle);
    std::process::exit(0);
}

/// Resident memory in bytes.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}
