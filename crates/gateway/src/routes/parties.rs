//! Persons in requests: an identifier becomes a pseudonym, names and addresses are sealed under that person's key.

use crate::gateway::State;
use crate::parse::{ADDRESS_LIMIT, Fields, NAME_LIMIT, NOTE_LIMIT, wrong};
use crate::problem::Problem;
use departments::{Personal, permit_office};
use kernel::identity::{LegalId, Mobile, NationalId};
use kernel::{CaseId, PersonId, Sealed};
use permits::{Refusal, events::Party};
use schemars::JsonSchema;
use serde::Deserialize;
use vault::Lookup;

use super::page::own_writes;
use crate::access::Caller;

/// A person or a firm, with what the city has to know of them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PartyBody {
    /// کد ملی, of a natural person.
    national_id: Option<String>,
    /// شناسه ملی, of a firm or body. One of the two is given.
    legal_id: Option<String>,
    /// Name.
    name: String,
    /// Mobile number.
    mobile: Option<String>,
    /// Address.
    address: Option<String>,
}

/// A person or a firm, by identifier alone.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonBody {
    /// کد ملی, of a natural person.
    national_id: Option<String>,
    /// شناسه ملی, of a firm or body. One of the two is given.
    legal_id: Option<String>,
}

/// A parsed party, not yet sealed.
pub(crate) struct ParsedParty {
    pub(crate) whom: Whom,
    pub(crate) name: String,
    pub(crate) mobile: Option<Mobile>,
    pub(crate) address: Option<String>,
}

/// Whose party it is.
pub(crate) enum Whom {
    /// Whoever has this identifier.
    Named(Lookup),
    /// Somebody who is known here already, as whoever is signed in.
    Known(PersonId),
}

impl PersonBody {
    pub(super) fn parse(&self, field: &str, fields: &mut Fields) -> Option<Lookup> {
        identifier(field, self.national_id.as_deref(), self.legal_id.as_deref(), fields)
    }
}

impl PartyBody {
    pub(super) fn parse(&self, field: &str, fields: &mut Fields) -> Option<ParsedParty> {
        let at = |name: &str| format!("{field}.{name}");
        let lookup = identifier(field, self.national_id.as_deref(), self.legal_id.as_deref(), fields);
        let name = fields.text(&at("name"), &self.name, NAME_LIMIT);
        let mobile = fields.maybe(&at("mobile"), self.mobile.as_deref());
        let address = self.address.as_deref().and_then(|text| fields.text(&at("address"), text, ADDRESS_LIMIT));
        Some(ParsedParty { whom: Whom::Named(lookup?), name: name?, mobile, address })
    }
}

fn identifier(field: &str, national: Option<&str>, legal: Option<&str>, fields: &mut Fields) -> Option<Lookup> {
    match (national, legal) {
        (Some(text), None) => {
            let id: NationalId = fields.take(&format!("{field}.national_id"), text)?;
            Some(Lookup::national_id(id.as_str()))
        }
        (None, Some(text)) => {
            let id: LegalId = fields.take(&format!("{field}.legal_id"), text)?;
            Some(Lookup::legal_id(id.as_str()))
        }
        (None, None) | (Some(_), Some(_)) => fields.keep(
            field,
            Err(wrong(
                "one-identifier",
                "یکی از کد ملی و شناسه ملی لازم است، نه هر دو.",
                "Either a national id or a legal id is needed, not both.",
            )),
        ),
    }
}

impl State {
    /// Who the party is here, with their fields sealed under their own key.
    pub(crate) async fn party(&self, parsed: ParsedParty) -> Result<Party, Problem> {
        let person = self.person(&parsed.whom).await?;
        let name = self.vault.seal(person, parsed.name.as_bytes()).await?;
        let mobile = match parsed.mobile {
            Some(mobile) => Some(self.vault.seal(person, mobile.as_str().as_bytes()).await?),
            None => None,
        };
        let address = match parsed.address {
            Some(address) => Some(self.vault.seal(person, address.as_bytes()).await?),
            None => None,
        };
        Ok(Party { person, name, mobile, address })
    }

    pub(crate) async fn person(&self, whom: &Whom) -> Result<PersonId, Problem> {
        match whom {
            Whom::Named(lookup) => Ok(self.vault.person_for(lookup).await?),
            Whom::Known(person) => Ok(*person),
        }
    }

    /// A note about a case, sealed under its applicant's key: forgetting them closes what was said about them too.
    ///
    /// One about a case without an applicant (an imported one) is the writer's own.
    pub(crate) async fn note(
        &self,
        caller: &Caller,
        case: CaseId,
        note: Option<&str>,
    ) -> Result<Option<Sealed>, Problem> {
        let mut fields = Fields::default();
        let note = note.and_then(|note| fields.text("note", note, NOTE_LIMIT));
        fields.done()?;
        let Some(note) = note else { return Ok(None) };
        let person = self.applicant(case).await?.unwrap_or(caller.person());
        Ok(Some(self.vault.seal(person, note.as_bytes()).await?))
    }

    async fn applicant(&self, id: CaseId) -> Result<Option<PersonId>, Problem> {
        let desk = &self.readers.permit_office;
        let mut found = permit_office::case(desk, id, Personal::Hidden).await?;
        if found.is_none() {
            own_writes(self).await?;
            found = permit_office::case(desk, id, Personal::Hidden).await?;
        }
        let case = found.ok_or_else(|| Problem::refused(Refusal::UnknownCase { case: id }, Some(id)))?;
        Ok(case.applicant.and_then(|person| person.parse().ok()))
    }
}
