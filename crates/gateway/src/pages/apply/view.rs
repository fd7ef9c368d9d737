//! What a page of an application shows.

use super::{Work, check, part::Part, review::Review};
use crate::pages::facts::{self, Ask, Holds};
use crate::pages::{Form, Frame, Signed, services::text};
use askama::Template;
use permits::procedure::{Facts, source::DocumentSource};

/// A page of an application.
#[derive(Template)]
#[template(path = "apply.html")]
pub(super) struct Apply {
    pub(super) page: Frame,
    pub(super) form: Form,
    procedure: String,
    service: String,
    part: Part,
    steps: Vec<Step>,
    /// Which of them this is, from 1.
    at: usize,
    previous: Option<&'static str>,
    needs_parcel: bool,
    districts: Vec<(String, String)>,
    whom: Vec<(String, String)>,
    asks: Vec<Ask>,
    /// Those that it must have or that were brought.
    papers: Vec<Paper>,
    /// Those that it may have besides.
    others: Vec<Paper>,
    review: Option<Review>,
    begun: bool,
}

/// A document that the application may bring.
struct Paper {
    kind: String,
    title: String,
    /// Whether it cannot be sent without.
    required: bool,
    /// What was handed in.
    given: Option<String>,
}

impl Paper {
    /// Whether it is shown before those that are only folded away for who has them.
    fn stands_out(&self, form: &Form) -> bool {
        let wrong = form.error(&format!("document-{}", self.kind), &kernel::Lang::Fa).is_some();
        self.required || self.given.is_some() || wrong
    }
}

/// A page in the list of them.
struct Step {
    part: Part,
    title: &'static str,
    done: bool,
}

/// The page with what was typed there before, or with what is wrong with what was typed now.
pub(super) fn apply(work: &Work, signed: &Signed, part: Part, form: Option<Form>) -> Apply {
    let Work { service, draft } = work;
    let me = signed.caller.person();
    let source = service.source();
    let (fa, en) = (&source.title.fa, &source.title.en);
    let page = signed.frame(&format!("درخواست {fa}"), &format!("Application: {en}"));
    let steps: Vec<Step> = Part::of(&service.procedure)
        .map(|part| Step { part, title: part.title(&page), done: check::is_done(part, service, draft, me) })
        .collect();
    let here = steps.iter().position(|step| step.part == part).unwrap_or(0);
    let form = form.unwrap_or_else(|| typed(work, signed, part));
    let numbers = 1..=service.districts;
    let district =
        |number: u8| (number.to_string(), format!("{} {}", page.t("منطقه", "District"), page.digits(&number)));
    let (papers, others) = papers(work, &page).into_iter().partition(|paper| paper.stands_out(&form));
    Apply {
        procedure: service.id().to_string(),
        service: text(&source.title, page.lang),
        part,
        previous: here.checked_sub(1).map(|before| steps[before].part.slug()),
        at: here + 1,
        steps,
        needs_parcel: source.needs_parcel,
        districts: numbers.map(district).collect(),
        whom: whom(&page),
        asks: source.fields.iter().map(|field| facts::ask(&page, field)).collect(),
        papers,
        others,
        review: (part == Part::Review).then(|| Review::of(work, &page, me)),
        begun: draft.is_begun(),
        form,
        page,
    }
}

/// What was typed before; on a page that was sent once, also what is wrong with it.
fn typed(work: &Work, signed: &Signed, part: Part) -> Form {
    let (draft, me) = (&work.draft, signed.caller.person());
    let mut form = draft.form();
    if draft.seen.contains(&part) {
        check::page(part, &work.service, draft, &mut form, me);
    } else if part == Part::Who {
        let known = signed.visitor.session.as_ref().and_then(|session| session.name.as_deref());
        form.suggest("for", "me");
        form.suggest("name", known.unwrap_or(""));
    }
    form
}

fn papers(work: &Work, page: &Frame) -> Vec<Paper> {
    let procedure = &work.service.procedure;
    let mut form = work.draft.form();
    let facts = facts::take(&mut form, procedure, &procedure.source().fields);
    let scope = procedure.scope(&Facts::default().with(procedure, &facts));
    let paper = |known: &DocumentSource| Paper {
        kind: known.id.to_string(),
        title: text(&known.title, page.lang),
        required: known.required,
        given: work.draft.documents.iter().find(|given| given.kind == known.id).map(|given| given.size(page)),
    };
    work.service.documents(&scope).map(paper).collect()
}

fn whom(page: &Frame) -> Vec<(String, String)> {
    let whom = [
        ("me", page.t("برای خودم", "For myself")),
        ("person", page.t("از سوی شخص دیگری", "For another person, whom I act for")),
        ("firm", page.t("از سوی شرکت یا نهاد", "For a firm or body, which I act for")),
    ];
    whom.map(|(value, title)| (value.to_owned(), title.to_owned())).to_vec()
}
