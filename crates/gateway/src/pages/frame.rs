//! What stands around every page: language, navigation, who is signed in; and the words that templates ask it for.

use super::{Site, Visitor, assets, format};
use crate::permissions::{Group, allows};
use kernel::{Instant, Lang, Rials};
use std::sync::Arc;

/// What the layout needs. Templates have it as `page`.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) lang: Lang,
    pub(crate) title: String,
    pub(crate) city: String,
    /// The address of this page, to come back to.
    pub(crate) here: String,
    /// Whoever is signed in.
    pub(crate) name: Option<String>,
    pub(crate) group: Option<Group>,
    /// Whether they are something else here too, which they can turn into.
    pub(crate) is_also: bool,
    /// Whether they answer for how the office fares.
    pub(crate) is_head: bool,
    pub(crate) csrf: String,
    pub(crate) made_up: bool,
    pub(crate) site: Arc<Site>,
}

impl Frame {
    pub(crate) fn new(visitor: &Visitor, fa: &str, en: &str) -> Frame {
        let lang = visitor.lang;
        let session = visitor.session.as_ref();
        let unnamed = || format::digits(lang, if lang == Lang::Fa { "کاربر" } else { "Signed in" });
        Frame {
            lang,
            title: if lang == Lang::Fa { fa } else { en }.to_owned(),
            city: visitor.city.text(lang).to_owned(),
            here: visitor.here.clone(),
            name: session.map(|session| session.name.clone().unwrap_or_else(unnamed)),
            group: session.and_then(|session| Group::of(&session.actor())),
            is_also: session.is_some_and(|session| session.other.is_some()),
            is_head: visitor.is_head,
            csrf: visitor.csrf.clone(),
            made_up: visitor.site.made_up,
            site: Arc::clone(&visitor.site),
        }
    }

    /// One of two texts.
    pub(crate) fn t<'a>(&self, fa: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Fa => fa,
            Lang::En => en,
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        self.t("fa", "en")
    }

    pub(crate) fn dir(&self) -> &'static str {
        self.t("rtl", "ltr")
    }

    pub(crate) fn other_code(&self) -> &'static str {
        self.t("en", "fa")
    }

    pub(crate) fn other_name(&self) -> &'static str {
        self.t("English", "فارسی")
    }

    pub(crate) fn here_encoded(&self) -> String {
        encode(&self.here)
    }

    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// The hidden fields of every form that changes something: the token against forgery, and a key of its own by which a
    /// double click, a reload and a second tab count once.
    pub(crate) fn csrf_field(&self) -> String {
        format!(
            r#"<input type="hidden" name="csrf" value="{}"><input type="hidden" name="key" value="{}">"#,
            self.csrf,
            uuid::Uuid::new_v4()
        )
    }

    /// The sections of whoever looks.
    pub(crate) fn sections(&self) -> Vec<(&'static str, &'static str)> {
        let mut sections = Vec::new();
        if self.group == Some(Group::Citizen) {
            sections.push(("/my", self.t("پرونده‌های من", "My cases")));
        }
        if self.group.is_some_and(|group| allows("GET", "/desk", group)) {
            sections.push(("/desk", self.t("میز کار", "Desk")));
        }
        if self.is_head {
            sections.push(("/head", self.t("وضع اداره", "The office")));
        }
        if self.group.is_some_and(|group| allows("GET", "/revenue", group)) {
            sections.push(("/revenue", self.t("درآمد", "Revenue")));
        }
        sections.push(("/services", self.t("خدمت‌ها", "Services")));
        sections.push(("/check", self.t("استعلام پروانه", "Check a licence")));
        sections
    }

    pub(crate) fn is_citizen(&self) -> bool {
        self.group == Some(Group::Citizen)
    }

    pub(crate) fn is_here(&self, address: &str) -> bool {
        let path = self.here.split('?').next().unwrap_or("");
        path == address || path.strip_prefix(address).is_some_and(|rest| rest.starts_with('/'))
    }

    /// A part of an address.
    pub(crate) fn encoded(&self, part: &str) -> String {
        encode(part)
    }

    /// Numbers in the reader's digits.
    pub(crate) fn digits(&self, value: &impl ToString) -> String {
        format::digits(self.lang, &value.to_string())
    }

    pub(crate) fn number(&self, number: &i64) -> String {
        format::number(self.lang, *number)
    }

    /// Whole rials.
    pub(crate) fn rials(&self, amount: &i64) -> String {
        format::rials(self.lang, Rials(*amount))
    }

    /// A moment of RFC 3339, as people of the city write it.
    pub(crate) fn moment(&self, at: &str) -> String {
        Instant::parse_rfc3339(at).map_or_else(|_| at.to_owned(), |at| format::moment(self.lang, at, &self.site.zone))
    }

    /// The day of a moment of RFC 3339, or a day of ISO 8601.
    pub(crate) fn day(&self, at: &str) -> String {
        let date = match Instant::parse_rfc3339(at) {
            Ok(at) => Some(self.site.zone.date(at)),
            Err(_) => kernel::time::parse_date(at).ok(),
        };
        date.map_or_else(|| at.to_owned(), |date| format::day(self.lang, date))
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986 section 2.3).
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}
