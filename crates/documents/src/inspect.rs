//! Looks at a file while it streams past: what it is by its first bytes, how large, and whether it is one thing only.

use crate::{Kind, MAX_SIZE, Unfit, dimensions};

/// How much of a file's beginning is looked at: a picture's size stands there, behind what its camera wrote.
pub const HEAD: usize = 1024 * 1024;
/// Browsers and viewers look this far for what a file may be (MIME Sniffing section 7; PDF 1.7 appendix H.3.4.1).
const SNIFFED: usize = 1024;
/// An archive's directory ends at most this far before the file's end (APPNOTE.TXT section 4.3.16).
const TAIL: usize = 22 + 65_535;
/// The end of an archive's directory.
const ARCHIVE_END: &[u8] = b"PK\x05\x06";
/// A PNG's last chunk.
const PNG_END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";
/// How pages begin that a browser would run.
const PAGES: [&[u8]; 8] = [b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<svg", b"<?php"];

/// What the file is, by its first [`HEAD`] bytes or all of them where it has fewer.
pub(crate) fn judge(head: &[u8], declared: Option<Kind>) -> Result<Kind, Unfit> {
    if head.is_empty() {
        return Err(Unfit::Empty);
    }
    let sniffed = infer::get(head).and_then(|found| Kind::of_media_type(found.mime_type()));
    let kind = sniffed.ok_or(Unfit::Unknown)?;
    let start = &head[..head.len().min(SNIFFED)];
    if kind == Kind::Pdf && !start.starts_with(b"%PDF-") {
        return Err(Unfit::Mixed);
    }
    if kind != Kind::Pdf && find(start, b"%PDF-").is_some() || is_page(start) {
        return Err(Unfit::Mixed);
    }
    if declared.is_some_and(|declared| declared != kind) {
        return Err(Unfit::Mismatch { found: kind });
    }
    if kind != Kind::Pdf {
        let (width, height) = dimensions::of(kind, head).ok_or(Unfit::Damaged)?;
        if dimensions::is_too_large(width, height) {
            return Err(Unfit::TooManyPixels { width, height });
        }
    }
    Ok(kind)
}

/// Follows the file to its end.
pub(crate) struct Inspector {
    kind: Kind,
    size: u64,
    tail: Vec<u8>,
    /// How long a WebP says it is.
    said: Option<u64>,
}

impl Inspector {
    pub(crate) fn new(kind: Kind, head: &[u8]) -> Inspector {
        let riff = head.get(4..8).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
        let said = riff.filter(|_| kind == Kind::Webp).map(|length| u64::from(length) + 8);
        Inspector { kind, size: 0, tail: Vec::with_capacity(2 * TAIL), said }
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Unfit> {
        self.size += bytes.len() as u64;
        if self.size > MAX_SIZE {
            return Err(Unfit::TooLarge { limit: MAX_SIZE });
        }
        let new = &bytes[bytes.len().saturating_sub(TAIL)..];
        if self.tail.len() + new.len() > 2 * TAIL {
            self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        }
        self.tail.extend_from_slice(new);
        Ok(())
    }

    /// The size, where the file ends as its kind does.
    pub(crate) fn finish(self) -> Result<u64, Unfit> {
        let tail = &self.tail[self.tail.len().saturating_sub(TAIL)..];
        if is_archive(tail) {
            return Err(Unfit::Mixed);
        }
        match self.kind {
            Kind::Pdf => {
                let end = rfind(tail, b"%%EOF").ok_or(Unfit::Damaged)?;
                // What follows the end is for no reader of PDF.
                if is_page(&tail[end..]) { Err(Unfit::Mixed) } else { Ok(self.size) }
            }
            Kind::Png if !tail.ends_with(PNG_END) => {
                Err(if find(tail, PNG_END).is_some() { Unfit::Mixed } else { Unfit::Damaged })
            }
            Kind::Webp => match self.said {
                // A chunk of odd length may have its padding left out.
                Some(said) if self.size == said || self.size + 1 == said => Ok(self.size),
                Some(said) if self.size > said => Err(Unfit::Mixed),
                Some(_) | None => Err(Unfit::Damaged),
            },
            // Cameras leave more behind a JPEG's end.
            Kind::Png | Kind::Jpeg => Ok(self.size),
        }
    }
}

/// Whether a browser that guesses would take these bytes for a page.
fn is_page(bytes: &[u8]) -> bool {
    let lower = bytes.to_ascii_lowercase();
    PAGES.iter().any(|page| find(&lower, page).is_some())
}

/// Whether an archive's directory ends exactly where the file does.
fn is_archive(tail: &[u8]) -> bool {
    let mut rest = tail;
    while let Some(at) = rfind(rest, ARCHIVE_END) {
        let comment = tail.get(at + 20..at + 22).map(|length| usize::from(u16::from_le_bytes([length[0], length[1]])));
        if comment.is_some_and(|comment| at + 22 + comment == tail.len()) {
            return true;
        }
        rest = &rest[..at];
    }
    false
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}
