//! A register on a real nats-server.

use super::{commit, entry};
use crate::{AppendError, Chain, Log, LogError, Settings, stream_name};
use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use kernel::{CityId, Height, Instant};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;
use test_support::NatsServer;

fn city() -> CityId {
    "bandar-abbas".parse().unwrap()
}

async fn open(server: &NatsServer) -> Log {
    Log::open(server.client().await, &city(), "permits", Settings::default()).await.unwrap()
}

/// Appends blocks of one event each, of `size` bytes, up to a height.
async fn fill(log: &Log, chain: &mut Chain, to: u64, size: usize) {
    let body: &'static [u8] = vec![9; size].leak();
    while chain.head().height.0 < to {
        let id = u128::from(chain.head().height.0);
        let sealed = chain.seal(1, Instant(1), &[commit(id, vec![entry(1, 1, body)])]).unwrap();
        log.append(chain.head().height, sealed.bytes.into()).await.unwrap();
        *chain = sealed.chain;
    }
}

async fn heights(mut blocks: crate::Blocks) -> Vec<u64> {
    let mut heights = Vec::new();
    while let Some(block) = blocks.next().await {
        heights.push(block.unwrap().0.0);
    }
    heights
}

#[tokio::test]
async fn the_expected_height_fences_and_the_last_block_tells() {
    let server = NatsServer::start().await;
    let log = open(&server).await;
    assert_eq!(log.last().await.unwrap(), None);
    log.append(Height(0), "one".into()).await.unwrap();
    let again = open(&server).await;
    assert!(matches!(again.append(Height(0), "rival".into()).await, Err(AppendError::Fenced { .. })));
    assert!(matches!(again.append(Height(2), "gap".into()).await, Err(AppendError::Fenced { .. })));
    assert_eq!(again.last().await.unwrap(), Some((Height(1), Bytes::from("one"))));
    assert!(matches!(log.get(Height(2)).await, Err(LogError::Missing { height: Height(2), .. })));

    let existing = Log::existing(server.client().await, &city(), "complaints", Settings::default()).await;
    assert!(matches!(existing, Err(LogError::NoStream { .. })));

    server.kill();
    assert!(matches!(log.append(Height(1), "two".into()).await, Err(AppendError::Unknown { .. })));
}

#[tokio::test]
async fn blocks_come_in_order_in_bulk_and_live_and_across_a_restart() {
    let server = NatsServer::start().await;
    let log = open(&server).await;
    let mut chain = Chain::new(city(), "permits");
    // More than one pull by count of bytes: 100 blocks of 100 KiB.
    fill(&log, &mut chain, 100, 100 * 1024).await;
    assert_eq!(heights(log.read_until(Height(0), Height(100))).await, (1..=100).collect::<Vec<_>>());
    assert_eq!(heights(log.read_until(Height(40), Height(41))).await, [40, 41]);

    let reader = tokio::spawn(heights(log.read_until(Height(90), Height(130))));
    fill(&log, &mut chain, 110, 100).await;
    server.restart().await;
    let log = open(&server).await;
    fill(&log, &mut chain, 130, 100).await;
    assert_eq!(reader.await.unwrap(), (90..=130).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_reader_stops_when_the_stream_ends_before_what_it_read() {
    let server = NatsServer::start().await;
    let log = open(&server).await;
    log.append(Height(0), "one".into()).await.unwrap();
    let mut blocks = log.read(Height(5));
    assert!(matches!(blocks.next().await, Some(Err(LogError::RolledBack { last: Height(1), .. }))));
    assert!(blocks.next().await.is_none());
    assert_eq!(log.read(Height(2)).next().map(|_| ()).now_or_never(), None, "the next block is waited for");
}

/// The largest file of a stream's messages in the server's store.
fn messages(store: &Path) -> PathBuf {
    let streams = store.join("jetstream/$G/streams");
    let stream = std::fs::read_dir(streams).unwrap().next().unwrap().unwrap().path();
    stream.join("msgs/1.blk")
}

#[tokio::test]
async fn a_block_that_the_server_can_no_longer_read_is_named() {
    let server = NatsServer::start().await;
    let log = open(&server).await;
    let mut chain = Chain::new(city(), "permits");
    fill(&log, &mut chain, 200, 100 * 1024).await;
    server.stop();
    let file = messages(&server.store_dir());
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    server.restart().await;
    let log = open(&server).await;
    let mut blocks = log.read_until(Height(1), log.last_height().await.unwrap());
    let mut good = 0;
    let error = loop {
        match blocks.next().await.expect("it says what is wrong") {
            Ok(_) => good += 1,
            Err(error) => break error,
        }
    };
    // The server compresses a whole file at a time, and loses all blocks of it.
    assert!(matches!(error, LogError::Missing { height: Height(1), .. }), "{good} {error:?}");
}

#[tokio::test]
async fn drifting_settings_are_named() {
    let server = NatsServer::start().await;
    let log = open(&server).await;
    log.check_settings().await.unwrap();
    let context = async_nats::jetstream::new(server.client().await);
    let name = stream_name(&city(), "permits");
    let info: serde_json::Value = context.request(format!("STREAM.INFO.{name}"), &()).await.unwrap();
    let mut config = info["config"].clone();
    config["max_age"] = json!(3_600_000_000_000_u64);
    let answer: serde_json::Value = context.request(format!("STREAM.UPDATE.{name}"), &config).await.unwrap();
    assert_eq!(answer["error"], json!(null), "the server lets an administrator do this");
    let Err(LogError::Settings(drift)) = log.check_settings().await else { panic!("the change is seen") };
    assert_eq!(drift.fields.iter().map(|drift| drift.field.as_str()).collect::<Vec<_>>(), ["max_age"]);
}

#[tokio::test]
async fn a_silent_server_leaves_the_outcome_open() {
    let server = NatsServer::start().await;
    let log = open(&server).await;
    server.pause();
    let append = log.append(Height(0), "one".into());
    let outcome = tokio::time::timeout(crate::jetstream::APPEND_TIMEOUT + Duration::from_secs(30), append).await;
    server.resume();
    assert!(matches!(outcome, Ok(Err(AppendError::Unknown { .. }))));
}
