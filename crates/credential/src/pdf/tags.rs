//! What the parts of a sheet are, for whoever has the document read aloud: headings, a table of what it says, a link.

use kernel::Lang;
use krilla::tagging::{Identifier, TableHeaderScope, Tag, TagGroup};
use std::num::NonZeroU16;

/// What a part of a sheet is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// The sheet's heading, with its text.
    Title(String),
    /// A section's heading, with its text.
    Heading(String),
    Paragraph,
    /// A row's header, which its value follows.
    Label,
    Value,
    /// A picture, with what it says in words.
    Picture(String),
    Link,
}

/// A sheet's parts in the order in which they are read, each with where it stands on the pages.
pub(super) fn sheet(lang: Lang, parts: Vec<(Role, Vec<Identifier>)>) -> TagGroup {
    let mut section = TagGroup::new(Tag::Section.with_lang(Some(subtag(lang).to_owned())));
    let (mut table, mut row) = (TagGroup::new(Tag::Table), TagGroup::new(Tag::TR));
    for (role, content) in parts {
        let in_table = matches!(role, Role::Label | Role::Value);
        if !in_table && !table.children.is_empty() {
            section.push(std::mem::replace(&mut table, TagGroup::new(Tag::Table)));
        }
        match role {
            Role::Title(text) => section.push(filled(TagGroup::new(Tag::Hn(NonZeroU16::MIN, Some(text))), content)),
            Role::Heading(text) => {
                section.push(filled(TagGroup::new(Tag::Hn(SECOND, Some(text))), content));
            }
            Role::Paragraph => section.push(filled(TagGroup::new(Tag::P), content)),
            Role::Label => row.push(filled(TagGroup::new(Tag::TH(TableHeaderScope::Row)), content)),
            Role::Value => {
                row.push(filled(TagGroup::new(Tag::TD), content));
                table.push(std::mem::replace(&mut row, TagGroup::new(Tag::TR)));
            }
            Role::Picture(text) => section.push(filled(TagGroup::new(Tag::Figure(Some(text))), content)),
            Role::Link => section.push(filled(TagGroup::new(Tag::Link), content)),
        }
    }
    section
}

const SECOND: NonZeroU16 = NonZeroU16::MIN.saturating_add(1);

fn filled(mut group: TagGroup, content: Vec<Identifier>) -> TagGroup {
    for identifier in content {
        group.push(identifier);
    }
    group
}

/// A language as documents name it.
pub(super) fn subtag(lang: Lang) -> &'static str {
    match lang {
        Lang::Fa => "fa",
        Lang::En => "en",
    }
}
