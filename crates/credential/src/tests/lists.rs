//! Status lists: their bits, their history and their tokens.

use super::{at, keys};
use crate::{Change, History, ListName, Status, StatusList, StatusToken};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::read::ZlibDecoder;
use proptest::prelude::*;
use std::{io::Read as _, time::Duration};

const ALL: [Status; 3] = [Status::Valid, Status::Invalid, Status::Suspended];

/// The statuses of a `lst`, as a checker reads them.
fn read(lst: &str) -> Vec<u8> {
    let (bytes, mut plain) = (URL_SAFE_NO_PAD.decode(lst).unwrap(), Vec::new());
    ZlibDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
    plain.iter().flat_map(|byte| [0, 2, 4, 6].map(|shift| byte >> shift & 0b11)).collect()
}

#[test]
fn the_list_is_laid_out_as_in_the_drafts_example() {
    // Section 4.2: twelve statuses of two bits. Its value 3 is left to applications and is none of ours, so the example
    // is read, and written again but for its places 3, 10 and 11.
    let example = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
    assert_eq!(read("eNo76fITAAPfAgc"), example);
    let mut list = StatusList::new(12);
    for (index, value) in (0..).zip(example) {
        if let Some(status) = ALL.iter().find(|status| **status as u8 == value) {
            list.set(index, *status);
        }
    }
    assert_eq!(read(&list.lst()), [1, 2, 0, 1, 0, 1, 0, 1, 1, 2, 1, 1]);
}

#[test]
fn a_token_says_where_it_is_and_until_when() {
    let keys = keys();
    let mut list = StatusList::new(3);
    list.set(2, Status::Suspended);
    let uri = "https://city.example/status-lists/1405";
    let token = StatusToken {
        issuer: super::ISSUER,
        name: ListName { year: 1405, transfers: 0 },
        at: at(5_000),
        lifetime: Duration::from_secs(3_600),
        ttl: Duration::from_secs(60),
    };
    let claims = keys.open(&token.sign(&keys, &list), "statuslist+jwt").unwrap();
    assert_eq!(
        (&claims["sub"], &claims["iat"], &claims["exp"], &claims["ttl"]),
        (&uri.into(), &5_000.into(), &8_600.into(), &60.into())
    );
    assert_eq!(claims["status_list"]["bits"], 2);
    assert_eq!(read(claims["status_list"]["lst"].as_str().unwrap()), [1, 1, 2, 1]);
}

#[test]
fn a_list_has_one_name() {
    for (text, year, transfers) in [("1405", 1405, 0), ("1405-1", 1405, 1), ("1399-12", 1399, 12)] {
        let name: ListName = text.parse().unwrap();
        assert_eq!((name, name.to_string().as_str()), (ListName { year, transfers }, text));
    }
    for other in ["", "x", "1405-0", "01405", "1405-01", "1405-", "+1405", "1405-1-1", "99999"] {
        assert!(other.parse::<ListName>().is_err(), "{other}");
    }
}

fn history(changes: &[(u32, i64, Change)]) -> History {
    let mut history = History::default();
    for (serial, second, change) in changes {
        history.push(*serial, at(*second), *change);
    }
    history
}

fn stands(history: &History, transfers: u32, second: i64) -> Vec<u8> {
    read(&history.list(transfers, at(second)).lst())
}

const VALID: Change = Change::Stands(Status::Valid);
const SUSPENDED: Change = Change::Stands(Status::Suspended);
const REVOKED: Change = Change::Stands(Status::Invalid);

#[test]
fn each_moment_has_its_own_list() {
    let history = history(&[(1, 10, VALID), (2, 20, VALID), (1, 30, SUSPENDED), (1, 40, VALID), (1, 50, REVOKED)]);
    assert_eq!(history.begins(), Some(at(10)));
    assert_eq!(stands(&history, 0, 9), [0; 0]);
    assert_eq!(stands(&history, 0, 10), [1, 0, 1, 1]);
    assert_eq!(stands(&history, 0, 35), [1, 2, 0, 1]);
    assert_eq!(stands(&history, 0, 45), [1, 0, 0, 1]);
    assert_eq!(stands(&history, 0, 99), [1, 1, 0, 1]);
}

#[test]
fn what_a_former_holder_carries_holds_no_more() {
    let transferred = Change::Transferred;
    let history =
        history(&[(1, 10, VALID), (1, 20, transferred), (1, 30, SUSPENDED), (1, 40, VALID), (1, 50, transferred)]);
    let seen = |transfers| [15, 25, 35, 45, 55].map(|second| stands(&history, transfers, second)[1]);
    assert_eq!([seen(0), seen(1), seen(2)], [[0, 1, 1, 1, 1], [1, 0, 2, 0, 1], [1, 1, 1, 1, 0]]);
}

proptest! {
    #[test]
    fn every_status_comes_back(statuses in proptest::collection::vec(0usize..3, 0..200)) {
        let mut list = StatusList::new(u32::try_from(statuses.len()).unwrap());
        for (index, status) in (0..).zip(&statuses) {
            list.set(index, ALL[*status]);
        }
        let expected: Vec<u8> = statuses.iter().map(|status| ALL[*status] as u8).collect();
        prop_assert_eq!(&read(&list.lst())[..statuses.len()], expected);
    }

    #[test]
    fn what_comes_later_changes_no_earlier_list(
        changes in proptest::collection::vec((1u32..20, 0usize..4), 1..60),
        cut in 0usize..60,
    ) {
        let change = |kind: usize| ALL.get(kind).map_or(Change::Transferred, |status| Change::Stands(*status));
        let all: Vec<_> =
            (0..).zip(&changes).map(|(second, (serial, kind))| (*serial, second, change(*kind))).collect();
        let cut = cut.min(all.len() - 1);
        let moment = at(all[cut].1);
        for transfers in 0..3 {
            let (whole, before) = (history(&all), history(&all[..=cut]));
            prop_assert_eq!(whole.list(transfers, moment), before.list(transfers, moment));
        }
    }
}
