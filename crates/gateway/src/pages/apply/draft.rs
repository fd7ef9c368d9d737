//! An application that is not sent yet: what was typed on which page, kept sealed in the vault, so that it is there again
//! on another device and after signing out, and gone with the person.

use super::part::Part;
use crate::pages::{Form, Frame};
use crate::{gateway::State, problem::Problem};
use kernel::{Instant, PersonId, ProcedureId, StepId};
use projection::to_hex;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// The most characters of what was typed into one field that are kept: more than any field takes.
const LONGEST: usize = 600;
/// The same for a field of the procedure: it holds a number, a choice, or yes or no.
const LONGEST_FACT: usize = 40;

/// A draft of one service.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Draft {
    /// What the case's command is derived from: however often it is sent, it is one case.
    pub(super) id: Uuid,
    /// What was typed, by field.
    pub(super) typed: BTreeMap<String, String>,
    /// Documents that were handed in.
    pub(super) documents: Vec<Attached>,
    /// The pages that were sent once.
    pub(super) seen: BTreeSet<Part>,
    /// The application before this one, for whoever clicks twice.
    pub(super) sent: Option<Sent>,
}

/// A document of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attached {
    /// What it is.
    pub(super) kind: StepId,
    /// SHA-256 of its content: hexadecimal in the draft, so that what names it can be found.
    #[serde(with = "hexadecimal")]
    pub(super) sha256: [u8; 32],
    /// Bytes.
    pub(super) size: u64,
    /// What its content is.
    pub(super) content: documents::Kind,
}

impl Attached {
    /// What it is and how large: `۱٬۲۴۰ کیلوبایت، PDF`.
    pub(super) fn size(&self, page: &Frame) -> String {
        let kind = self.content.extension().to_uppercase();
        let size = page.number(&i64::try_from(self.size.div_ceil(1_000)).unwrap_or(i64::MAX));
        format!("{size} {} {kind}", page.t("کیلوبایت،", "kB,"))
    }
}

/// An application that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sent {
    /// The draft.
    pub(super) draft: Uuid,
    /// Its case.
    pub(super) case: String,
}

impl Draft {
    fn new() -> Draft {
        Draft { id: Uuid::new_v4(), ..Draft::default() }
    }

    /// The draft that was kept, or a new one.
    pub(super) async fn load(state: &State, person: PersonId, procedure: &ProcedureId) -> Result<Draft, Problem> {
        let kept = state.vault.draft(person, &name(procedure)).await?;
        // One of another build that cannot be read is as good as none.
        let draft = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(draft.unwrap_or_else(Draft::new))
    }

    pub(super) async fn keep(&self, state: &State, person: PersonId, procedure: &ProcedureId) -> Result<(), Problem> {
        let bytes = serde_json::to_vec(self).expect("plain fields serialize");
        Ok(state.vault.keep_draft(person, &name(procedure), &bytes, now()).await?)
    }

    /// The draft after it became a case: all but that it did is gone.
    pub(super) fn sent(&self, case: String) -> Draft {
        Draft { sent: Some(Sent { draft: self.id, case }), ..Draft::new() }
    }

    /// Takes out the documents of a kind, and gives their hashes.
    pub(super) fn taken_out(&mut self, kind: &StepId) -> Vec<String> {
        self.documents.extract_if(.., |given| given.kind == *kind).map(|given| to_hex(&given.sha256)).collect()
    }

    /// The hashes of its documents.
    pub(super) fn hashes(&self) -> Vec<String> {
        self.documents.iter().map(|given| to_hex(&given.sha256)).collect()
    }

    /// An empty draft in place of this one.
    pub(super) fn emptied(&self) -> Draft {
        Draft { sent: self.sent.clone(), ..Draft::new() }
    }

    /// Whether there is anything in it.
    pub(super) fn is_begun(&self) -> bool {
        !self.seen.is_empty() || !self.documents.is_empty()
    }

    /// Whether a document of this kind was handed in.
    pub(super) fn has(&self, kind: &StepId) -> bool {
        self.documents.iter().any(|given| given.kind == *kind)
    }

    /// Takes what was typed into the fields of a page, in place of what was typed there before.
    pub(super) fn take(&mut self, part: Part, form: &Form, fields: &[String]) {
        for field in fields {
            let typed = form.value(field);
            let longest = if part == Part::Facts { LONGEST_FACT } else { LONGEST };
            if typed.trim().is_empty() || typed.chars().count() > longest {
                self.typed.remove(field);
            } else {
                self.typed.insert(field.clone(), typed.to_owned());
            }
        }
        self.seen.insert(part);
    }

    /// What was typed, as a form.
    pub(super) fn form(&self) -> Form {
        Form::of(self.typed.clone().into_iter().collect())
    }
}

/// A draft's name in the vault.
fn name(procedure: &ProcedureId) -> String {
    format!("apply:{procedure}")
}

/// The services that somebody has begun an application for, the last touched first.
pub(in crate::pages) async fn begun(state: &State, person: PersonId) -> Result<Vec<ProcedureId>, Problem> {
    let mut begun = Vec::new();
    for (name, _) in state.vault.drafts(person).await? {
        let Some(procedure) = name.strip_prefix("apply:").and_then(|id| id.parse().ok()) else { continue };
        if Draft::load(state, person, &procedure).await?.is_begun() {
            begun.push(procedure);
        }
    }
    Ok(begun)
}

fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    Instant(i64::try_from(since).unwrap_or(i64::MAX))
}

mod hexadecimal {
    //! A hash as text.

    use crate::parse::{Sha256, one};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(hash: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&projection::to_hex(hash))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        one("sha256", &text).map(|Sha256(hash)| hash).map_err(|_| D::Error::custom("no SHA-256"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_replaces_what_it_had_and_leaves_the_others() {
        let mut draft = Draft::new();
        let fields = ["name".to_owned(), "mobile".to_owned()];
        draft.take(Part::Who, &Form::parse(b"name=a&mobile=1&other=x").unwrap(), &fields);
        draft.take(Part::Place, &Form::parse(b"parcel=3-1").unwrap(), &["parcel".to_owned()]);
        draft.take(Part::Who, &Form::parse(b"name=b&mobile=+").unwrap(), &fields);
        let typed: Vec<_> = draft.typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(typed, [("name", "b"), ("parcel", "3-1")]);
        let long = format!("name={}", "x".repeat(LONGEST + 1));
        draft.take(Part::Who, &Form::parse(long.as_bytes()).unwrap(), &fields);
        assert!(!draft.typed.contains_key("name"), "nothing is kept that no field takes");
    }

    #[test]
    fn what_was_sent_leaves_its_case_and_nothing_else() {
        let mut draft = Draft::new();
        draft.take(Part::Who, &Form::parse(b"name=a").unwrap(), &["name".to_owned()]);
        let after = draft.sent("1405-000001".to_owned());
        assert!(!after.is_begun() && after.typed.is_empty() && after.id != draft.id);
        assert_eq!(after.emptied().sent, Some(Sent { draft: draft.id, case: "1405-000001".to_owned() }));
        let kept: Draft = serde_json::from_slice(&serde_json::to_vec(&draft).unwrap()).unwrap();
        assert_eq!(kept, draft);
    }
}
