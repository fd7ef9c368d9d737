//! What a block is, and what a chain lets pass.

use super::{commit, entry};
use crate::{Block, Chain, Commit, Fault, MAX_BLOCK, SealedBlock};
use kernel::{Height, Instant, Position};
use proptest::prelude::*;
use std::borrow::Cow;

const T0: Instant = Instant(1_700_000_000_000_000);

/// The first two blocks ever stored: these files never change.
const GOLDEN: [&[u8]; 2] = [
    include_bytes!("../../../../schemas/golden/ledger/block-1.bin"),
    include_bytes!("../../../../schemas/golden/ledger/block-2.bin"),
];

fn empty() -> Chain {
    Chain::new("isfahan".parse().unwrap(), "permits")
}

fn two_blocks() -> [SealedBlock; 2] {
    let first =
        [commit(1, vec![entry(1, 1, b"submitted"), entry(2, 1, b"")]), commit(2, vec![entry(3, 2, &[255; 300])])];
    let first = empty().seal(1, T0, &first).unwrap();
    let second = first.chain.seal(2, Instant(T0.0 + 5), &[commit(3, vec![entry(400, 3, b"\0")])]).unwrap();
    [first, second]
}

#[test]
fn golden_blocks_are_read_and_written_as_ever() {
    let mut chain = empty();
    for (height, (golden, now)) in (1..).zip(GOLDEN.into_iter().zip(two_blocks())) {
        assert_eq!(now.bytes, golden, "block {height} is written in another form");
        let block = chain.verify(Height(height), golden).unwrap();
        assert_eq!(postcard::to_stdvec(&block).unwrap(), golden);
        assert_eq!(chain, now.chain);
    }
    assert_eq!((chain.head().height, chain.head().next, chain.epoch()), (Height(2), Position(4), 2));
}

#[test]
fn events_come_with_their_positions_and_bodies_borrow_from_the_bytes() {
    let [_, second] = two_blocks();
    let block = Block::decode(&second.bytes).unwrap();
    let [(position, of, entry)] = block.entries().collect::<Vec<_>>()[..] else { panic!("one event") };
    assert_eq!((position, entry.code, of.command), (Position(3), 400, commit(3, vec![]).command));
    assert!(matches!(entry.body, Cow::Borrowed(b"\0")));
    assert_eq!(block.events(), 1);
}

fn fault(change: impl FnOnce(&mut Block<'_>)) -> Fault {
    let [first, second] = two_blocks();
    let mut block = Block::decode(&second.bytes).unwrap();
    change(&mut block);
    let bytes = postcard::to_stdvec(&block).unwrap();
    let mut chain = first.chain.clone();
    let broken = chain.verify(Height(2), &bytes).expect_err("a changed block does not pass");
    assert_eq!((broken.height, broken.position), (Height(2), Position(3)));
    assert_eq!(chain, first.chain, "the chain stays where it was");
    broken.fault
}

#[test]
fn every_field_is_checked() {
    assert!(matches!(fault(|b| b.format = 2), Fault::Undecodable(_)));
    assert!(matches!(fault(|b| b.city = "shiraz".parse().unwrap()), Fault::Register { .. }));
    assert!(matches!(fault(|b| b.register = "complaints".into()), Fault::Register { .. }));
    assert!(matches!(fault(|b| b.height.0 += 1), Fault::Height { .. }));
    assert!(matches!(fault(|b| b.previous[31] ^= 1), Fault::Link));
    assert!(matches!(fault(|b| b.first.0 += 1), Fault::First { .. }));
    assert!(matches!(fault(|b| b.recorded_at.0 -= 6), Fault::Time { .. }));
    assert!(matches!(fault(|b| b.epoch = 0), Fault::Epoch { .. }));
    assert!(matches!(fault(|b| b.root[0] ^= 1), Fault::Root));
    assert!(matches!(fault(|b| b.recorded_at.0 += 1), Fault::Root));
    assert!(matches!(fault(|b| b.commits[0].entries[0].body = Cow::Borrowed(b"\x01")), Fault::Root));
    assert!(matches!(fault(|b| b.commits[0].cause = Some(Position(1))), Fault::Root));
    assert!(matches!(fault(|b| b.commits.clear()), Fault::Empty));
    assert!(matches!(fault(|b| b.commits[0].entries.clear()), Fault::Empty));
}

#[test]
fn a_block_in_the_wrong_place_is_refused() {
    let [first, second] = two_blocks();
    let mut chain = empty();
    assert!(matches!(chain.verify(Height(1), &second.bytes).unwrap_err().fault, Fault::Height { .. }));
    chain.verify(Height(1), &first.bytes).unwrap();
    assert!(matches!(chain.verify(Height(2), &first.bytes).unwrap_err().fault, Fault::Height { .. }));
    assert!(matches!(chain.verify(Height(3), &second.bytes).unwrap_err().fault, Fault::Height { .. }));
    chain.verify(Height(2), &second.bytes).unwrap();
}

#[test]
fn time_never_goes_back() {
    let [_, second] = two_blocks();
    let third = second.chain.seal(2, Instant(0), &[commit(4, vec![entry(1, 4, b"late")])]).unwrap();
    assert_eq!(Block::decode(&third.bytes).unwrap().recorded_at, second.chain.recorded_at());
}

#[test]
fn a_block_is_filled_up_to_its_limit_and_not_beyond() {
    static BODY: [u8; 60_000] = [7; 60_000];
    let mut draft = empty().draft(1, T0);
    let mut pushed = 0;
    let full = loop {
        match draft.push(&commit(pushed, vec![entry(1, 1, &BODY)])) {
            Ok(position) => assert_eq!(position, Position(pushed as u64)),
            Err(full) => break full,
        }
        pushed += 1;
    };
    assert_eq!(full.commits, pushed as u64);
    let sealed = draft.seal();
    assert!(sealed.bytes.len() <= MAX_BLOCK && sealed.bytes.len() > MAX_BLOCK - 61_000);
    let mut chain = empty();
    assert_eq!(chain.verify(Height(1), &sealed.bytes).unwrap().events(), pushed as u64);
    assert_eq!(chain, sealed.chain, "what did not fit left no trace");

    static HUGE: [u8; MAX_BLOCK] = [7; MAX_BLOCK];
    assert_eq!(empty().seal(1, T0, &[commit(1, vec![entry(1, 1, &HUGE)])]).unwrap_err().commits, 0);
}

fn commits() -> impl Strategy<Value = Vec<Commit<'static>>> {
    let body = prop::collection::vec(any::<u8>(), 0..200);
    let entry = (any::<u16>(), any::<u32>(), body).prop_map(|(code, serial, body)| {
        let mut entry = entry(code, serial, b"");
        entry.body = Cow::Owned(body);
        entry
    });
    let entries = prop::collection::vec(entry, 1..5);
    prop::collection::vec((any::<u64>(), entries).prop_map(|(id, entries)| commit(u128::from(id), entries)), 1..8)
}

proptest! {
    #[test]
    fn what_is_sealed_is_read_back(blocks in prop::collection::vec(commits(), 1..5)) {
        let (mut writer, mut reader) = (empty(), empty());
        for (height, commits) in (1..).zip(&blocks) {
            let sealed = writer.seal(3, Instant(height as i64), commits).unwrap();
            let block = reader.verify(Height(height), &sealed.bytes).unwrap();
            prop_assert_eq!(&block.commits, commits);
            prop_assert_eq!(postcard::to_stdvec(&block).unwrap(), &sealed.bytes[..]);
            prop_assert_eq!(&reader, &sealed.chain);
            writer = sealed.chain;
        }
        let saved = postcard::to_stdvec(&reader).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Chain>(&saved).unwrap(), reader);
    }

    #[test]
    fn any_flipped_bit_is_found(commits in commits(), at in any::<prop::sample::Index>(), bit in 0..8) {
        let mut bytes = empty().seal(1, T0, &commits).unwrap().bytes;
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        // Of the writer's epoch and of nothing else the chain alone cannot know: the next block's link tells.
        if let Ok(block) = empty().verify(Height(1), &bytes) {
            prop_assert_ne!(block.epoch, 1);
        }
    }

    #[test]
    fn a_cut_or_lengthened_block_is_refused(commits in commits(), at in any::<prop::sample::Index>()) {
        let mut bytes = empty().seal(1, T0, &commits).unwrap().bytes;
        prop_assert!(Block::decode(&bytes[..at.index(bytes.len())]).is_err());
        bytes.push(0);
        prop_assert!(Block::decode(&bytes).is_err());
    }

    #[test]
    fn garbage_never_panics(mut bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Block::decode(&bytes);
        if let Some(first) = bytes.first_mut() {
            *first = crate::FORMAT;
        }
        prop_assert!(empty().verify(Height(1), &bytes).is_err());
    }
}
