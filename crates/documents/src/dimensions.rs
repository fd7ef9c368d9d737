//! How large a picture says it is, read from its first bytes without decoding anything.

use crate::Kind;

/// The most pixels of a picture.
pub const MAX_PIXELS: u64 = 100_000_000;
/// The most pixels to a side of a picture.
pub const MAX_SIDE: u32 = 30_000;

/// Width and height; nothing where the beginning of the file does not say.
pub(crate) fn of(kind: Kind, head: &[u8]) -> Option<(u32, u32)> {
    let (width, height) = match kind {
        Kind::Pdf => None,
        Kind::Png => png(head),
        Kind::Jpeg => jpeg(head),
        Kind::Webp => webp(head),
    }?;
    (width > 0 && height > 0).then_some((width, height))
}

/// Whether a picture of this size is too large to be looked at.
pub(crate) fn is_too_large(width: u32, height: u32) -> bool {
    width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS
}

/// IHDR comes first and has both at its start (PNG, section 11.2.1).
fn png(head: &[u8]) -> Option<(u32, u32)> {
    let ihdr = head.get(8..24)?.strip_prefix(b"\0\0\0\x0dIHDR")?;
    let side = |at: usize| Some(u32::from_be_bytes(ihdr.get(at..at + 4)?.try_into().ok()?));
    Some((side(0)?, side(4)?))
}

/// Walks over segments to the frame's header (JPEG, section B.2.2).
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        // Any number of 0xFF may stand before a marker.
        while head.get(at)? == &0xFF && head.get(at + 1)? == &0xFF {
            at += 1;
        }
        let [0xFF, marker] = *head.get(at..at + 2)? else { return None };
        let length = usize::from(u16::from_be_bytes(head.get(at + 2..at + 4)?.try_into().ok()?));
        match marker {
            // SOF0 to SOF15, without DHT, JPG and DAC.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let side = |at: usize| Some(u32::from(u16::from_be_bytes(head.get(at..at + 2)?.try_into().ok()?)));
                return Some((side(at + 7)?, side(at + 5)?));
            }
            // The scan or the end, with no frame before it.
            0xDA | 0xD9 => return None,
            _ => at += 2 + length.max(2),
        }
    }
}

/// The first chunk is one of three (RFC 9649 sections 2.5 to 2.7).
fn webp(head: &[u8]) -> Option<(u32, u32)> {
    let byte = |at: usize| head.get(at).map(|byte| u32::from(*byte));
    match head.get(12..16)? {
        b"VP8X" => {
            let side = |at: usize| Some((byte(at)? | byte(at + 1)? << 8 | byte(at + 2)? << 16) + 1);
            Some((side(24)?, side(27)?))
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(head.get(21..25)?.try_into().ok()?);
            Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        }
        b"VP8 " => {
            let side = |at: usize| Some((byte(at)? | byte(at + 1)? << 8) & 0x3FFF);
            Some((side(26)?, side(28)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, ImageFormat};
    use proptest::prelude::*;
    use std::io::Cursor;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn every_kind_of_picture_says_its_size() {
        let formats = [(Kind::Png, ImageFormat::Png), (Kind::Jpeg, ImageFormat::Jpeg), (Kind::Webp, ImageFormat::WebP)];
        for (kind, format) in formats {
            assert_eq!(of(kind, &encoded(300, 17, format)), Some((300, 17)), "{kind:?}");
            assert_eq!(of(kind, &encoded(300, 17, format)[..12]), None, "{kind:?}");
        }
        let extended = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x2b\x01\0\x10\0\0";
        assert_eq!(of(Kind::Webp, extended), Some((300, 17)));
        let lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x2c\x01\x11\0";
        assert_eq!(of(Kind::Webp, lossy), Some((300, 17)));
    }

    #[test]
    fn a_flood_of_pixels_is_too_large() {
        assert!(!is_too_large(10_000, 10_000));
        for (width, height) in [(10_001, 10_000), (30_001, 1), (1, 30_001), (u32::MAX, u32::MAX)] {
            assert!(is_too_large(width, height), "{width} × {height}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 0_usize..4) {
            of(Kind::ALL[kind], &bytes);
            let mut jpeg = vec![0xFF, 0xD8, 0xFF];
            jpeg.extend(bytes);
            of(Kind::Jpeg, &jpeg);
        }
    }
}
