//! Walking registers: a sound one, and every way in which one can be wrong.

use crate::town::{MemoryLog, Town, city, entry};
use audit::{Report, verify};
use bytes::Bytes;
use kernel::{CaseId, DistrictId, Fact, Height, Instant, Position, Register as _, Rials};
use ledger::{Block, Entry, Head, Log, Settings};
use permits::events::{BillIssued, BillLine, RecordClosed};
use permits::{Event, Permits, numbers::BillNumber};
use proptest::prelude::*;
use std::borrow::Cow;
use std::sync::Mutex;

async fn walked(log: &MemoryLog) -> Report {
    verify(log, &city(), None, |_| {}).await.unwrap()
}

fn walk(blocks: Vec<Bytes>) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(walked(&MemoryLog::of(blocks)))
}

#[tokio::test]
async fn a_sound_register_on_a_server_is_found_sound() {
    let town = Town::busy();
    let server = test_support::NatsServer::start().await;
    let log = Log::open(server.client().await, &city(), Permits::NAME, Settings { replicas: 1 }).await.unwrap();
    for (height, block) in (0..).map(Height).zip(town.log.blocks()) {
        log.append(height, block).await.unwrap();
    }
    let seen = Mutex::new(Vec::new());
    let report = verify(&log, &city(), None, |walked| seen.lock().unwrap().push((walked.height.0, walked.last.0)))
        .await
        .unwrap();
    assert_eq!(seen.into_inner().unwrap(), (1..=6).map(|height| (height, 6)).collect::<Vec<_>>());
    let hex = |hash: [u8; 32]| hash.map(|byte| format!("{byte:02x}")).concat();
    assert!(report.is_sound());
    assert_eq!((report.blocks, report.events, report.commits), (Height(6), town.chain().head().next, 6));
    assert_eq!((report.head, report.root), (hex(town.chain().head().hash), hex(town.chain().root())));
    assert_eq!((report.books.cases.serial, report.books.bills.given, report.books.licences.given), (2, 1, 0));
    assert_eq!(report.recorded_at, Some(town.chain().recorded_at()));
}

#[tokio::test]
async fn a_register_without_the_block_that_was_kept_is_cut_or_another() {
    let town = Town::busy();
    let kept = town.chain().head();
    let against = async |blocks, kept| verify(&MemoryLog::of(blocks), &city(), Some(kept), |_| {}).await.unwrap();
    assert!(against(town.log.blocks(), kept).await.is_sound());
    let mut cut = town.log.blocks();
    cut.truncate(4);
    let finding = against(cut, kept).await.finding.expect("two blocks are gone");
    assert_eq!((finding.height, finding.what.as_str()), (Height(5), "the register ends here, but block 6 was durable"));
    let other = against(town.log.blocks(), Head { hash: [7; 32], ..kept }).await.finding.expect("it is another block");
    assert_eq!(other.position, Position(kept.next.0 - 1), "the block's first event: it has one");
    assert!(other.height == Height(6) && other.what.starts_with("another block was durable here"), "{other}");
}

#[tokio::test]
async fn an_empty_register_is_sound() {
    let report = walked(&MemoryLog::default()).await;
    assert!(report.is_sound());
    assert_eq!((report.blocks, report.events, report.recorded_at), (Height(0), Position(0), None));
}

proptest! {
    #[test]
    fn one_flipped_bit_is_found(block in 0..6_usize, byte in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut blocks = Town::busy().log.blocks();
        let sound = blocks[block].clone();
        let mut bytes = sound.to_vec();
        let at = byte.index(bytes.len());
        bytes[at] ^= 1 << bit;
        blocks[block] = bytes.clone().into();
        let later = changes_only_the_epoch(&sound, &bytes) && (block == 0 || bytes > sound.to_vec());
        let found = walk(blocks).finding.map(|finding| finding.height.0);
        let here = block as u64 + 1;
        // Only the writer's epoch is under no root: a later one shows where the next block links to this one, or in a
        // signed checkpoint.
        let expected = match (later, here) {
            (false, _) => Some(here),
            (true, 6) => None,
            (true, _) => Some(here + 1),
        };
        prop_assert_eq!(found, expected);
    }
}

fn changes_only_the_epoch(sound: &[u8], bytes: &[u8]) -> bool {
    let sound = Block::decode(sound).unwrap();
    Block::decode(bytes).is_ok_and(|block| Block { epoch: sound.epoch, ..block.clone() } == sound && block != sound)
}

#[test]
fn lost_doubled_and_exchanged_blocks_are_found() {
    let sound = Town::busy().log.blocks();
    let (mut lost, mut doubled, mut exchanged) = (sound.clone(), sound.clone(), sound.clone());
    lost.remove(2);
    doubled.insert(3, sound[2].clone());
    exchanged.swap(3, 4);
    for (blocks, height, what) in [
        (lost, 3, "block 3 was to follow, found 4"),
        (doubled, 4, "block 4 was to follow, found 3"),
        (exchanged, 4, "block 4 was to follow, found 5"),
    ] {
        let finding = walk(blocks).finding.expect("it is broken");
        assert_eq!((finding.height, finding.what.as_str()), (Height(height), what));
    }
}

#[test]
fn a_block_of_another_history_does_not_link() {
    let mut blocks = Town::busy().log.blocks();
    let mut other = Town::new();
    other.applies(41);
    other.applies(91);
    blocks[3] = other.log.blocks()[3].clone();
    let report = walk(blocks);
    assert_eq!(report.blocks, Height(3), "what stands before it is good");
    let finding = report.finding.expect("it is broken");
    let said = finding.to_string();
    assert!(said.starts_with("block 4, event 4: it does not link to the block before it"), "{said}");
}

fn at() -> Instant {
    Instant::from_seconds(1_796_000_000)
}

fn closed(case: CaseId) -> Entry<'static> {
    entry(&Fact { case, occurred_at: at(), event: Event::from(RecordClosed {}) })
}

fn wrong(entries: Vec<Entry<'static>>) -> String {
    let mut town = Town::busy();
    let sound = town.chain().head();
    town.seal(at(), entries);
    let report = walk(town.log.blocks());
    assert_eq!((report.blocks, report.events), (sound.height, sound.next), "nothing of the bad block counts");
    let finding = report.finding.expect("it is broken");
    assert_eq!(finding.height, Height(sound.height.0 + 1));
    finding.what
}

#[test]
fn what_a_wellformed_block_says_is_checked_too() {
    assert_eq!(
        wrong(vec![closed(CaseId::new(1405, 3))]),
        "RecordClosed is about case 1405-000003, which was never opened"
    );
    let lines = vec![BillLine { fee: "works-fee".parse().unwrap(), amount: Rials(5) }];
    let bill = BillNumber::new(1405, 3);
    let bill = BillIssued { bill, district: DistrictId(3), lines, total: Rials(5), deadline: None };
    let bill = Fact { case: CaseId::new(1405, 1), occurred_at: at(), event: Event::from(bill) };
    assert_eq!(wrong(vec![entry(&bill)]), "bill number 1405-000003 was given, but 1405-000002 was next");
    let unknown = Entry { code: 9_999, ..closed(CaseId::new(1405, 1)) };
    assert!(wrong(vec![unknown]).contains("no event has code 9999"));
    let long = Entry { body: Cow::Borrowed(&[1]), ..closed(CaseId::new(1405, 1)) };
    assert!(wrong(vec![long]).contains("RecordClosed does not decode"));
    let early = Entry { occurred_at: Instant(at().0 + 1), ..closed(CaseId::new(1405, 1)) };
    assert!(wrong(vec![early]).contains("after it was recorded"));
}

#[tokio::test]
async fn another_citys_register_is_told_apart() {
    let report = verify(&Town::busy().log, &"elsewhere".parse().unwrap(), None, |_| {}).await.unwrap();
    let finding = report.finding.expect("it is another's");
    assert!(finding.what.contains("testabad/permits"), "{}", finding.what);
}
