//! What was typed on each page, held to what the city and its rules take; all of it together is an application.

use super::{draft::Draft, part::Part, service::Service};
use crate::pages::{Form, facts};
use crate::parse::{ADDRESS_LIMIT, NAME_LIMIT, free_text, wrong};
use crate::routes::{ParsedParty, Whom};
use kernel::identity::{LegalId, NationalId};
use kernel::{DistrictId, Message, ParcelId, PersonId};
use permits::Refusal;
use permits::events::{Document, FactValue};
use permits::procedure::Facts;
use vault::Lookup;

/// Where the land is.
pub(super) struct Place {
    pub(super) district: DistrictId,
    pub(super) parcel: Option<ParcelId>,
}

/// A whole application, not yet sealed.
pub(super) struct Whole {
    pub(super) party: ParsedParty,
    pub(super) place: Place,
    pub(super) facts: Vec<FactValue>,
    pub(super) documents: Vec<Document>,
}

/// The fields of a page, by the form's names.
pub(super) fn fields(part: Part, service: &Service) -> Vec<String> {
    let names: &[&str] = match part {
        Part::Who => &["for", "name", "national-id", "legal-id", "mobile", "address"],
        Part::Place => &["district", "parcel"],
        Part::Facts => {
            return service.source().fields.iter().map(|field| facts::name(&field.id)).collect();
        }
        Part::Documents | Part::Review => &[],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Checks one page. What is wrong is said in the form.
pub(super) fn page(part: Part, service: &Service, draft: &Draft, form: &mut Form, me: PersonId) {
    match part {
        Part::Who => drop(who(form, me)),
        Part::Place => drop(place(form, service)),
        Part::Facts => drop(answers(form, service)),
        Part::Documents => drop(documents(form, service, draft)),
        Part::Review => {}
    }
}

/// Whether the page was sent once and nothing is wrong with it.
pub(super) fn is_done(part: Part, service: &Service, draft: &Draft, me: PersonId) -> bool {
    let mut form = draft.form();
    page(part, service, draft, &mut form, me);
    part != Part::Review && draft.seen.contains(&part) && !form.has_errors()
}

/// The whole of it, where nothing is wrong on any page.
pub(super) fn whole(service: &Service, draft: &Draft, me: PersonId) -> Option<Whole> {
    let mut form = draft.form();
    let (party, place) = (who(&mut form, me), place(&mut form, service));
    let (facts, documents) = (answers(&mut form, service), documents(&mut form, service, draft));
    if form.has_errors() {
        return None;
    }
    Some(Whole { party: party?, place: place?, facts, documents })
}

/// Who applies: whoever is signed in, or somebody they act for.
pub(super) fn who(form: &mut Form, me: PersonId) -> Option<ParsedParty> {
    let whom = match form.get("for") {
        Some("me") => Some(Whom::Known(me)),
        Some("person") => needed::<NationalId>(form, "national-id", "کد ملی را بنویسید.", "Enter the national id.")
            .map(|id| Whom::Named(Lookup::national_id(id.as_str()))),
        Some("firm") => needed::<LegalId>(form, "legal-id", "شناسه ملی را بنویسید.", "Enter the legal id.")
            .map(|id| Whom::Named(Lookup::legal_id(id.as_str()))),
        _ => {
            form.wrong("for", "بگویید درخواست برای کیست.", "Say for whom the application is.");
            None
        }
    };
    let name = form.get("name").map(|name| free_text(name, NAME_LIMIT));
    let name =
        name.unwrap_or_else(|| Err(wrong("text-empty", "نام متقاضی را بنویسید.", "Enter the applicant's name.")));
    let name = form.keep("name", name);
    let mobile = form.maybe("mobile");
    let address = form.get("address").map(|address| free_text(address, ADDRESS_LIMIT));
    let address = address.and_then(|address| form.keep("address", address));
    Some(ParsedParty { whom: whom?, name: name?, mobile, address })
}

fn needed<T: crate::parse::Field>(form: &mut Form, field: &str, fa: &str, en: &str) -> Option<T> {
    if form.get(field).is_none() {
        form.wrong(field, fa, en);
        return None;
    }
    form.maybe(field)
}

fn place(form: &mut Form, service: &Service) -> Option<Place> {
    let needed = service.source().needs_parcel;
    if needed && form.get("parcel").is_none() {
        form.wrong("parcel", "کد نوسازی ملک را بنویسید.", "Enter the parcel's renewal code.");
    }
    if needed && form.get("district").is_none() {
        form.wrong("district", "منطقه ملک را برگزینید.", "Choose the district.");
    }
    let parcel = form.maybe("parcel");
    let nowhere = DistrictId(0);
    let district = form.maybe("district").unwrap_or(nowhere);
    let known = (1..=service.districts).contains(&district.0) || (district == nowhere && !needed);
    if !known && form.get("district").is_some() && form.error("district", &kernel::Lang::Fa).is_none() {
        let unknown = Refusal::UnknownDistrict { district, districts: service.districts };
        form.say(Message { field: Some("district".to_owned()), ..unknown.message() });
    }
    Some(Place { district, parcel })
}

/// The fields of the procedure; once each is right, also its conditions.
fn answers(form: &mut Form, service: &Service) -> Vec<FactValue> {
    let procedure = &service.procedure;
    let before = form.errors(&kernel::Lang::En).len();
    let answers = facts::take(form, procedure, &procedure.source().fields);
    if form.errors(&kernel::Lang::En).len() == before {
        let scope = procedure.scope(&Facts::default().with(procedure, &answers));
        if let Some(rule) = procedure.broken_condition(&scope) {
            form.say(facts::said(procedure.source(), &Refusal::NotEligible { rule: rule.clone() }));
        }
    }
    answers
}

fn documents(form: &mut Form, service: &Service, draft: &Draft) -> Vec<Document> {
    let source = service.source();
    for missing in source.documents.iter().filter(|known| known.required && !draft.has(&known.id)) {
        form.say(facts::said(source, &Refusal::DocumentMissing { document: missing.id.clone() }));
    }
    let given = draft.documents.iter().filter(|given| source.documents.iter().any(|known| known.id == given.kind));
    given.map(|given| Document { kind: given.kind.clone(), sha256: given.sha256 }).collect()
}
