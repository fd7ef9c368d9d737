//! Why a file is not taken, in the reader's language.

use crate::{Kind, MAX_PIXELS, MAX_SIDE};
use kernel::Message;

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It has no content.
    #[error("the file is empty")]
    Empty,
    /// It is larger than documents may be.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes.
        limit: u64,
    },
    /// It is none of the kinds that are taken.
    #[error("the file is not a PDF, JPEG, PNG or WebP")]
    Unknown,
    /// It was sent as something else than it is.
    #[error("the file was sent as another type than {}", found.media_type())]
    Mismatch {
        /// What it is.
        found: Kind,
    },
    /// It is two things at once: a picture and a page, a document and an archive.
    #[error("the file is of several types at once")]
    Mixed,
    /// It ends too early, or its beginning makes no sense.
    #[error("the file is damaged or not complete")]
    Damaged,
    /// Decoded, it would be too large.
    #[error("the picture of {width} × {height} is too large")]
    TooManyPixels {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
}

impl Unfit {
    /// What to tell whoever sent it.
    #[must_use]
    pub fn message(&self, field: Option<&str>) -> Message {
        let (code, fa, en) = match self {
            Unfit::Empty => (
                "document-empty",
                "پرونده خالی است؛ پرونده دیگری برگزینید.".into(),
                "The file is empty; choose another.".into(),
            ),
            Unfit::TooLarge { limit } => too_large(*limit),
            Unfit::Unknown => (
                "document-type",
                "این پرونده پذیرفته نیست: مدرک باید PDF یا تصویر JPEG، PNG یا WebP باشد.".into(),
                "This file is not accepted: a document is a PDF, or a JPEG, PNG or WebP picture.".into(),
            ),
            Unfit::Mismatch { found } => (
                "document-type-differs",
                format!("محتوای پرونده {} است ولی به نام نوع دیگری فرستاده شده است.", name(*found)),
                format!("The file's content is {}, but it was sent as another type.", name(*found)),
            ),
            Unfit::Mixed => (
                "document-mixed",
                "این پرونده هم‌زمان از چند نوع است و پذیرفته نیست؛ آن را دوباره ذخیره یا اسکن کنید.".into(),
                "This file is of several types at once and is not accepted; save or scan it again.".into(),
            ),
            Unfit::Damaged => (
                "document-damaged",
                "پرونده آسیب دیده یا ناتمام است؛ آن را دوباره ذخیره یا اسکن کنید.".into(),
                "The file is damaged or not complete; save or scan it again.".into(),
            ),
            Unfit::TooManyPixels { width, height } => too_many_pixels(*width, *height),
        };
        Message { code: code.to_owned(), field: field.map(str::to_owned), fa, en }
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Pdf => "PDF",
        Kind::Jpeg => "JPEG",
        Kind::Png => "PNG",
        Kind::Webp => "WebP",
    }
}

fn too_large(limit: u64) -> (&'static str, String, String) {
    let mebibytes = limit / (1024 * 1024);
    let fa =
        format!("پرونده بزرگ است: بیشترین اندازه {} مبی‌بایت است.", kernel::text::fa_digits(&mebibytes.to_string()));
    ("document-too-large", fa, format!("The file is too large: at most {mebibytes} MiB are accepted."))
}

fn too_many_pixels(width: u32, height: u32) -> (&'static str, String, String) {
    let most = MAX_PIXELS / 1_000_000;
    let fa = format!(
        "تصویر {width}×{height} نقطه دارد و بزرگ است: بیشترین اندازه {most} میلیون نقطه و {MAX_SIDE} نقطه در هر سو است."
    );
    let en = format!(
        "The picture has {width} × {height} pixels; at most {most} million, and {MAX_SIDE} to a side, are accepted."
    );
    ("document-too-many-pixels", kernel::text::fa_digits(&fa), en)
}
