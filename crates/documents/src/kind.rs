//! What a document can be.

/// A kind of file that is taken. What programs alone can read, and what browsers run, is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// PDF.
    Pdf,
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl Kind {
    /// All of them.
    pub const ALL: &[Kind] = &[Kind::Pdf, Kind::Jpeg, Kind::Png, Kind::Webp];

    /// The media type that it is served with, whatever it was sent as.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Kind::Pdf => "application/pdf",
            Kind::Jpeg => "image/jpeg",
            Kind::Png => "image/png",
            Kind::Webp => "image/webp",
        }
    }

    /// How its file's name ends.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Kind::Pdf => "pdf",
            Kind::Jpeg => "jpg",
            Kind::Png => "png",
            Kind::Webp => "webp",
        }
    }

    /// The kind of this media type, without its parameters.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Kind> {
        let essence = media_type.split(';').next().unwrap_or("").trim();
        Kind::ALL.iter().copied().find(|kind| kind.media_type().eq_ignore_ascii_case(essence))
    }

    /// Its number in stored headers, which never changes.
    pub(crate) fn code(self) -> u8 {
        match self {
            Kind::Pdf => 1,
            Kind::Jpeg => 2,
            Kind::Png => 3,
            Kind::Webp => 4,
        }
    }

    pub(crate) fn of_code(code: u8) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}
