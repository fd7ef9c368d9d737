//! Documents in and out again: sealed, sniffed, limited, forgotten.

use super::*;
use futures::stream;
use proptest::prelude::*;
use std::{io::Cursor, path::PathBuf};
use tempfile::TempDir;
use vault::{Lookup, MasterKey};

/// Documents in a folder, of two people.
pub(crate) struct Room {
    pub(crate) folder: TempDir,
    pub(crate) vault: Arc<Vault>,
    pub(crate) store: Store,
    pub(crate) owner: PersonId,
    pub(crate) other: PersonId,
}

impl Room {
    pub(crate) async fn new() -> Room {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("vault.sqlite").display().to_string();
        let vault = Arc::new(Vault::open(&address, MasterKey::from_bytes([7; 32])).await.unwrap());
        let place = Place::Folder(folder.path().join("documents"));
        let store = Store::open(place, Arc::clone(&vault)).unwrap();
        let owner = vault.person_for(&Lookup::national_id("0013542419")).await.unwrap();
        let other = vault.person_for(&Lookup::national_id("0010350829")).await.unwrap();
        Room { folder, vault, store, owner, other }
    }

    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.folder.path().join("documents")];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
                if entry.file_type().unwrap().is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
            }
        }
        files
    }

    pub(crate) async fn put(&self, content: &[u8]) -> Result<Stored, PutError> {
        self.store.put(self.owner, None, pieces(content, 10_000)).await
    }

    pub(crate) async fn read(&self, shelf: impl Into<Shelf>, sha256: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(content) = self.store.get(shelf, sha256).await? else { return Ok(None) };
        let all: Vec<Bytes> = content.stream.try_collect().await?;
        assert_eq!(all.concat().len() as u64, content.size);
        Ok(Some(all.concat()))
    }
}

fn pieces(content: &[u8], size: usize) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let pieces: Vec<_> = content.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces)
}

/// Not what a reader would show, but what it would take for a PDF.
pub(crate) fn pdf(filling: &[u8]) -> Vec<u8> {
    [b"%PDF-1.7\n".as_slice(), filling, b"\n%%EOF\n"].concat()
}

/// A PDF of one page with this drawing.
pub(crate) fn pdf_page(drawing: &str, width: u32, height: u32) -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents 4 0 R >>"),
        format!("<< /Length {} >>\nstream\n{drawing}\nendstream", drawing.len()),
    ];
    let objects: String =
        (1..).zip(&objects).map(|(number, object)| format!("{number} 0 obj\n{object}\nendobj\n")).collect();
    format!("%PDF-1.4\n{objects}trailer << /Size 5 /Root 1 0 R >>\n%%EOF\n").into_bytes()
}

pub(crate) fn picture(format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(40, 30).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn unfit(put: Result<Stored, PutError>) -> Unfit {
    match put {
        Err(PutError::Unfit(unfit)) => unfit,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_document_comes_back_for_its_owner_and_nobody_else() {
    let room = Room::new().await;
    let content = pdf(&vec![b'x'; 300_000]);
    let stored = room.put(&content).await.unwrap();
    assert_eq!((stored.size, stored.kind), (content.len() as u64, Kind::Pdf));
    assert_eq!(stored.sha256, <[u8; 32]>::from(Sha256::digest(&content)));
    assert_eq!(room.read(room.owner, &stored.sha256).await.unwrap(), Some(content));
    assert_eq!(room.read(room.other, &stored.sha256).await.unwrap(), None);
    assert_eq!(room.read(room.owner, &[0; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn one_content_is_kept_once_for_a_person_and_two_people_share_nothing() {
    let room = Room::new().await;
    let content = pdf(b"the same");
    for _ in 0..3 {
        room.put(&content).await.unwrap();
    }
    assert_eq!(room.files().len(), 1);
    let theirs = room.store.put(room.other, Some(Kind::Pdf), pieces(&content, 7)).await.unwrap();
    let files = room.files();
    assert_eq!(files.len(), 2);
    assert_ne!(files[0].file_name(), files[1].file_name());
    assert!(!files.iter().any(|file| file.display().to_string().contains(&hex(&theirs.sha256))));
}

#[tokio::test]
async fn the_disk_holds_nothing_that_can_be_read() {
    let room = Room::new().await;
    room.put(&pdf("نام: زهرا محمدی 0013542419 ".repeat(9_000).as_bytes())).await.unwrap();
    for file in room.files() {
        let bytes = std::fs::read(&file).unwrap();
        for text in ["زهرا".as_bytes(), b"0013542419", b"%PDF", b"EOF"] {
            assert!(!bytes.windows(text.len()).any(|window| window == text), "{}", file.display());
        }
    }
}

#[tokio::test]
async fn a_forgotten_person_has_no_documents() {
    let room = Room::new().await;
    let stored = room.put(&pdf(b"mine")).await.unwrap();
    room.vault.forget(room.owner, kernel::Instant(0)).await.unwrap();
    assert_eq!(room.read(room.owner, &stored.sha256).await.unwrap(), None);
    assert_eq!(room.files().len(), 1, "it is there, and nobody can open it");
    assert!(matches!(room.put(&pdf(b"more")).await, Err(PutError::Vault(VaultError::Forgotten(_)))));
    let theirs = room.store.put(room.other, None, pieces(&pdf(b"theirs"), 99)).await.unwrap();
    room.store.forget(room.owner).await.unwrap();
    assert_eq!(room.files().len(), 1);
    assert!(room.read(room.other, &theirs.sha256).await.unwrap().is_some());
}

#[tokio::test]
async fn nothing_stays_of_an_upload_that_breaks_off() {
    let room = Room::new().await;
    let content = pdf(&vec![b'x'; 3_000_000]);
    let broken = pieces(&content, 100_000).take(20).chain(stream::iter([Err(std::io::Error::other("gone"))]));
    let error = room.store.put(room.owner, None, broken).await.unwrap_err();
    assert!(matches!(error, PutError::Upload(_)), "{error:?}");
    // Somebody who goes away: the future is dropped while it waits.
    let endless = pieces(&content, 100_000).take(20).chain(stream::pending());
    let waiting =
        tokio::time::timeout(std::time::Duration::from_millis(300), room.store.put(room.owner, None, endless));
    assert!(waiting.await.is_err());
    for _ in 0..100 {
        if room.files().is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{:?}", room.files());
}

#[tokio::test]
async fn what_was_changed_does_not_open() {
    let room = Room::new().await;
    let stored = room.put(&pdf(&vec![b'x'; 200_000])).await.unwrap();
    let file = room.files().remove(0);
    let whole = std::fs::read(&file).unwrap();
    let start = whole.len() - 200_000;
    let sealed = chunks::CHUNK + chunks::TAG;
    let header = whole.len() - (200_000 + 16 + chunks::TAG * 4);
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let mut swapped = whole.clone();
    let (first, second) = swapped[header..].split_at_mut(sealed);
    first.swap_with_slice(&mut second[..sealed]);
    let dropped = [&whole[..header], &whole[header + sealed..]].concat();
    let longer = [whole.as_slice(), &whole[header..header + sealed]].concat();
    let changed = [
        flipped(0),
        flipped(25),
        flipped(start),
        flipped(whole.len() - 1),
        whole[..whole.len() - 1].to_vec(),
        whole[..header + sealed].to_vec(),
        whole[..header].to_vec(),
        whole[..5].to_vec(),
        swapped,
        dropped,
        longer,
    ];
    for (number, bytes) in changed.iter().enumerate() {
        std::fs::write(&file, bytes).unwrap();
        let read = room.read(room.owner, &stored.sha256).await;
        assert!(
            matches!(read, Err(ReadError::Damaged | ReadError::Vault(VaultError::Tampered(_)))),
            "{number}: {read:?}"
        );
    }
    std::fs::write(&file, &whole).unwrap();
    assert!(room.read(room.owner, &stored.sha256).await.unwrap().is_some());
}

#[tokio::test]
async fn one_document_cannot_be_put_in_anothers_place() {
    let room = Room::new().await;
    room.put(&pdf(b"one")).await.unwrap();
    let one = room.files().remove(0);
    let two = room.put(&pdf(b"two")).await.unwrap();
    let place = room.files().into_iter().find(|file| *file != one).unwrap();
    std::fs::copy(one, place).unwrap();
    assert!(matches!(room.read(room.owner, &two.sha256).await, Err(ReadError::Damaged)));
}

#[tokio::test]
async fn what_is_no_document_is_refused_and_leaves_nothing() {
    let room = Room::new().await;
    let png = picture(image::ImageFormat::Png);
    let mut flood = png.clone();
    flood[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let archive = b"PK\x03\x04 pages PK\x05\x06\0\0\0\0\x01\0\x01\0\x10\0\0\0\x04\0\0\0\0\0";
    let with = |bytes: &[u8], more: &[u8]| [bytes, more].concat();
    let cases: Vec<(Vec<u8>, Unfit)> = vec![
        (vec![], Unfit::Empty),
        (b"plain text".to_vec(), Unfit::Unknown),
        (b"<html><script>alert(1)</script>".to_vec(), Unfit::Unknown),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(), Unfit::Unknown),
        (archive.to_vec(), Unfit::Unknown),
        (with(&pdf(b"x"), archive), Unfit::Mixed),
        (with(&png, archive), Unfit::Mixed),
        (pdf(b"<SCRIPT>alert(1)</SCRIPT>"), Unfit::Mixed),
        (with(&pdf(b"x"), b"<html>"), Unfit::Mixed),
        (with(b"<!-- -->\n", &pdf(b"x")), Unfit::Mixed),
        (with(b"\xFF\xD8\xFF\xFE\0\x10%PDF-1.4\n", &picture(image::ImageFormat::Jpeg)), Unfit::Mixed),
        (with(&png, b"more"), Unfit::Mixed),
        (with(&picture(image::ImageFormat::WebP), b"more"), Unfit::Mixed),
        (png[..png.len() - 5].to_vec(), Unfit::Damaged),
        (png[..20].to_vec(), Unfit::Damaged),
        (b"%PDF-1.7\nno end".to_vec(), Unfit::Damaged),
        (flood, Unfit::TooManyPixels { width: 65_536, height: 65_536 }),
    ];
    for (number, (content, expected)) in cases.into_iter().enumerate() {
        assert_eq!(unfit(room.put(&content).await), expected, "{number}");
    }
    let sent_as_pdf = room.store.put(room.owner, Some(Kind::Pdf), pieces(&png, 50)).await;
    assert_eq!(unfit(sent_as_pdf), Unfit::Mismatch { found: Kind::Png });
    for format in [image::ImageFormat::Png, image::ImageFormat::Jpeg, image::ImageFormat::WebP] {
        room.put(&picture(format)).await.unwrap();
    }
    assert_eq!(room.files().len(), 3, "{:?}", room.files());
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_ends() {
    let room = Room::new().await;
    let piece = Bytes::from(vec![b'x'; 1024 * 1024]);
    let endless = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"%PDF-1.7\n"))])
        .chain(stream::repeat_with(move || Ok(piece.clone())));
    let put = room.store.put(room.owner, None, endless).await;
    assert_eq!(unfit(put), Unfit::TooLarge { limit: crate::MAX_SIZE });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_size_in_any_pieces_comes_back(
        size in prop_oneof![0_usize..40, 65_400_usize..65_600, 131_000_usize..131_200, 0_usize..2_500_000], piece in 1_usize..200_000,
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let room = Room::new().await;
            let content = pdf(&(0..size).map(|n| (n % 251) as u8).collect::<Vec<_>>());
            let piece = piece.max(size / 5_000 + 1);
            let stored = room.store.put(room.owner, None, pieces(&content, piece)).await.unwrap();
            assert_eq!(room.read(room.owner, &stored.sha256).await.unwrap(), Some(content));
        });
    }

    #[test]
    fn no_content_breaks_it(start in 0_usize..5, bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let starts: [&[u8]; 5] = [b"", b"%PDF-", b"\xFF\xD8\xFF", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", b"RIFF\0\0\0\0WEBPVP8"];
        let content = [starts[start], &bytes].concat();
        if let Ok(kind) = inspect::judge(&content, None) {
            let mut inspector = Inspector::new(kind, &content);
            for piece in content.chunks(100) {
                inspector.push(piece).unwrap();
            }
            let _ = inspector.finish();
        }
    }
}
