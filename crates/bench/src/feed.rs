//! What a feed costs: the processor time that `daftar serve feeds` spends on each event that it tells a department.

use crate::{
    Failed,
    commands::city,
    raw::Register,
    table::{Table, thousands},
};
use async_nats::jetstream;
use std::{process::Command, time::Duration};
use test_support::process::binary;

/// The clock that `/proc` counts a process's time in.
const TICKS_PER_SECOND: f64 = 100.0;

pub(crate) async fn measure(table: &mut Table, city: &Register) -> Result<(), Failed> {
    let data = tempfile::tempdir()?;
    let mut feeds = Command::new(binary("daftar"));
    feeds.args(["serve", "feeds", "--data"]).arg(data.path());
    feeds.env("DAFTAR_NATS_URL", city.server.url()).env("DAFTAR_CITY", self::city().as_str());
    feeds.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut feeds = feeds.spawn()?;
    let told = everything_told(&city.server.url()).await;
    let seconds = processor_seconds(feeds.id())?;
    feeds.kill()?;
    feeds.wait()?;
    let told = told?;
    let measured = format!("{:.1} µs over {} events", seconds * 1e6 / told as f64, thousands(told as f64));
    table.row("processor time of a feed event", measured, "20 µs", "–");
    Ok(())
}

/// Waits until the departments' streams have stopped growing; how many messages they hold.
async fn everything_told(url: &str) -> Result<u64, Failed> {
    let context = jetstream::new(async_nats::connect(url).await?);
    let name = format!("DAFTAR_{}_FEED_permit-office", city());
    let (mut before, mut still) = (0, 0);
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = match context.get_stream(&name).await {
            Ok(stream) => stream.cached_info().state.messages,
            Err(_) => 0,
        };
        still = if now > 0 && now == before { still + 1 } else { 0 };
        if still == 6 {
            return Ok(now);
        }
        before = now;
    }
    Err("the feed was not told to its end in five minutes".into())
}

/// User and system time of a process.
pub(crate) fn processor_seconds(pid: u32) -> Result<f64, Failed> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in brackets may hold anything; the numbers follow it.
    let numbers: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |index: usize| numbers.get(index).and_then(|text| text.parse::<f64>().ok()).ok_or("no such process");
    Ok((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}
