//! Which pages are shown, and what a preview refuses.

use super::*;
use crate::Worker;
use crate::store::tests::{Room, pdf, pdf_page};

#[tokio::test]
async fn a_preview_is_drawn_once_and_kept_sealed() {
    let room = Room::new().await;
    let stored = room.put(&pdf_page("1 0 0 rg 10 10 50 50 re f", 200, 200)).await.unwrap();
    let Some(Preview::Picture(first)) = room.store.preview(room.owner, &stored.sha256, 1).await.unwrap() else {
        panic!("no picture")
    };
    assert_eq!((first.pages, first.kind, room.files().len()), (1, Kind::Png, 2));
    for file in room.files() {
        assert!(!std::fs::read(file).unwrap().windows(4).any(|bytes| bytes == b"\x89PNG" || bytes == b"IHDR"));
    }
    // Nobody draws any more, and it is there all the same.
    room.store.turns.close();
    let again = room.store.preview(room.owner, &stored.sha256, 1).await.unwrap();
    assert_eq!(again, Some(Preview::Picture(first)));
    assert_eq!(room.store.preview(room.other, &stored.sha256, 1).await.unwrap(), None);
    room.vault.forget(room.owner, kernel::Instant(0)).await.unwrap();
    assert_eq!(room.store.preview(room.owner, &stored.sha256, 1).await.unwrap(), None);
}

#[tokio::test]
async fn what_a_matter_has_is_found_with_it_alone() {
    let room = Room::new().await;
    let content = pdf_page("1 0 0 rg", 200, 200);
    let stored = room.put(&content).await.unwrap();
    room.store.preview(room.owner, &stored.sha256, 1).await.unwrap();
    let shelves = ["1405-000001", "1405-000002"].map(|case| Shelf::of(room.other, case));
    for _ in 0..2 {
        room.store.copy(room.owner, &shelves[0], &stored.sha256).await.unwrap();
        assert_eq!(room.files().len(), 3);
    }
    let is_there = async |shelf: Shelf| room.store.get(shelf, &stored.sha256).await.unwrap().is_some();
    assert!(is_there(shelves[0].clone()).await && is_there(room.owner.into()).await);
    assert!(!is_there(shelves[1].clone()).await && !is_there(room.other.into()).await);
    assert!(room.store.preview(shelves[1].clone(), &stored.sha256, 1).await.unwrap().is_none());
    room.store.discard(room.owner, &stored.sha256).await.unwrap();
    assert_eq!(room.files().len(), 1, "what was brought is gone, also what was drawn of it");
    assert!(is_there(shelves[0].clone()).await);
    assert_eq!(room.read(shelves[0].clone(), &stored.sha256).await.unwrap(), Some(content));
}

#[tokio::test]
async fn only_pages_that_are_there_are_drawn() {
    let room = Room::new().await;
    let stored = room.put(&pdf_page("", 200, 200)).await.unwrap();
    for page in [0, 2, MAX_PAGES, MAX_PAGES + 1, u32::MAX] {
        assert_eq!(room.store.preview(room.owner, &stored.sha256, page).await.unwrap(), None, "{page}");
    }
}

#[tokio::test]
async fn what_cannot_be_shown_is_tried_once() {
    let room = Room::new().await;
    let stored = room.put(&pdf(b"nothing inside")).await.unwrap();
    for _ in 0..2 {
        let preview = room.store.preview(room.owner, &stored.sha256, 1).await.unwrap();
        assert_eq!(preview, Some(Preview::Unreadable));
        room.store.turns.close();
    }
}

#[tokio::test]
async fn who_finds_everybody_drawing_comes_later() {
    let room = Room::new().await;
    let stored = room.put(&pdf_page("", 200, 200)).await.unwrap();
    let turns = room.store.turns.acquire_many(AT_ONCE as u32).await.unwrap();
    assert_eq!(room.store.preview(room.owner, &stored.sha256, 1).await.unwrap(), Some(Preview::Later));
    drop(turns);
    assert!(matches!(room.store.preview(room.owner, &stored.sha256, 1).await.unwrap(), Some(Preview::Picture(_))));
}

#[tokio::test]
async fn a_preview_moved_to_another_page_is_damaged() {
    let room = Room::new().await;
    let [one, two] = ["1 0 0 rg", "0 1 0 rg"].map(|color| pdf_page(color, 100, 100));
    let (one, two) = (room.put(&one).await.unwrap(), room.put(&two).await.unwrap());
    let mut places = Vec::new();
    for stored in [one, two] {
        room.store.preview(room.owner, &stored.sha256, 1).await.unwrap();
        let place = room.store.preview_address(&room.owner.into(), &stored.sha256, 1);
        places.push(room.folder.path().join("documents").join(place.as_ref()));
    }
    std::fs::copy(&places[0], &places[1]).unwrap();
    assert!(matches!(room.store.preview(room.owner, &two.sha256, 1).await, Err(ReadError::Damaged)));
}

#[tokio::test]
async fn a_page_that_was_too_slow_twice_is_left_alone() {
    let room = Room::new().await;
    let stored = room.put(&pdf_page("", 200, 200)).await.unwrap();
    let (path, arguments) = ("/bin/sleep".into(), vec!["60".into()]);
    let store = room.store.drawn_by(Worker::Program { path, arguments });
    for expected in [Preview::Later, Preview::Later, Preview::Unreadable] {
        assert_eq!(store.preview(room.owner, &stored.sha256, 1).await.unwrap(), Some(expected));
    }
}
