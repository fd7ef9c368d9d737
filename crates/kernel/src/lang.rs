//! The two languages that Daftar speaks, and a message in both.

use serde::{Deserialize, Serialize};

/// Persian first, then English.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// فارسی
    #[default]
    Fa,
    /// English
    En,
}

/// What a person is told: the same thing in both languages, and which field and rule it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// A short constant code, as `parcel-has-live-application`.
    pub code: String,
    /// The field of the request it is about, if one is.
    pub field: Option<String>,
    /// In Persian, with Persian digits.
    pub fa: String,
    /// In English.
    pub en: String,
}

impl Message {
    /// The text in one language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::Fa => &self.fa,
            Lang::En => &self.en,
        }
    }
}
