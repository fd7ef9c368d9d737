//! Opening what changed in sealed columns, for the clear side tables.

use crate::changes::{Changes, Payload, sealed};
use crate::store::ClearRows;
use crate::{Key, OpenError, Opener};
use kernel::Sealed;
use serde_json::{Map, Value as Json};

/// The rows of the clear side tables that follow from these changes. A text that was there before goes first.
pub(crate) async fn rows(opener: &dyn Opener, changes: &mut [Changes]) -> Result<Vec<ClearRows>, OpenError> {
    let mut all = Vec::new();
    for change in changes.iter_mut().filter(|change| !change.sealed.is_empty()) {
        let table = change.table;
        let mut deletes = std::mem::take(&mut change.sealed.removed);
        let (mut places, mut closed): (Vec<(Key, &str)>, Vec<Sealed>) = Default::default();
        for (key, fields) in change.sealed.changed.drain(..) {
            deletes.push_key(table, &key, None);
            for (name, text) in fields {
                if let Some(field) = sealed(&text) {
                    places.push((key.clone(), name));
                    closed.push(field);
                }
            }
        }
        let opened = if closed.is_empty() { Vec::new() } else { opener.open_all(&closed).await? };
        let mut upserts = Payload::default();
        for (((key, field), sealed), clear) in places.iter().zip(&closed).zip(opened) {
            // Postgres stores no NUL; nobody's name has one.
            let Some(clear) = clear.map(|clear| clear.replace('\0', "")) else { continue };
            let row = row(
                table.key,
                key,
                [
                    ("person", sealed.person.to_string()),
                    ("field", (*field).to_owned()),
                    ("search", kernel::text::normalise(&clear)),
                    ("clear", clear),
                ],
            );
            upserts.push(&row).expect("texts serialize");
        }
        all.push(ClearRows { table, upserts, deletes });
    }
    Ok(all)
}

fn row(columns: &[&str], key: &Key, texts: [(&str, String); 4]) -> Map<String, Json> {
    let key = columns.iter().zip(key.values()).map(|(name, value)| ((*name).to_owned(), value.to_json()));
    key.chain(texts.map(|(name, text)| (name.to_owned(), Json::from(text)))).collect()
}
