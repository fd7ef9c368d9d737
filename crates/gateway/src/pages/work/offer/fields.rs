//! What each act asks for.

use super::{Act, Choices, Field, Holds, Offers, Paper};
use kernel::StepId;

impl Offers<'_> {
    pub(super) fn fields(&self, act: &Act) -> Vec<Field> {
        let page = self.page;
        let mut fields = match act {
            Act::Complete(step) => self.step_fields(act, step),
            Act::Return(_) => vec![self.field(
                act,
                "corrections",
                page.t("چه چیز اصلاح شود", "What to correct"),
                Holds::Many(self.correctable()),
            )],
            Act::Consult(step) => {
                let agencies = self.source(step.as_str()).map(|step| self.to_ask(step)).unwrap_or_default();
                vec![self.field(act, "agency", page.t("دستگاه", "Agency"), Holds::List(agencies))]
            }
            Act::Answer(_) => {
                let verdicts = [
                    ("approves", page.t("موافق", "Approves")),
                    ("approves-with-conditions", page.t("موافق با شرط", "Approves with conditions")),
                    ("rejects", page.t("مخالف", "Rejects")),
                ];
                vec![self.field(act, "verdict", page.t("پاسخ", "Answer"), Holds::One(owned(&verdicts)))]
            }
            Act::Refuse | Act::Suspend | Act::Revoke => {
                let articles = self.file.procedure.source().articles.iter();
                let articles = articles.map(|article| (article.id.to_string(), self.text(&article.title))).collect();
                vec![self.field(act, "article", page.t("به استناد", "Article of law"), Holds::List(articles))]
            }
            Act::Extend => {
                vec![self.field(act, "clock", page.t("کدام مهلت", "Which deadline"), Holds::List(self.clocks()))]
            }
            Act::Objection => {
                let upheld = [
                    ("yes", page.t("اعتراض وارد است", "The applicant is right")),
                    ("no", page.t("اعتراض وارد نیست", "The decision stands")),
                ];
                vec![self.field(act, "upheld", page.t("رأی", "Decision"), Holds::One(owned(&upheld)))]
            }
            Act::Bill | Act::Grant | Act::Issue | Act::Reinstate | Act::Renew | Act::Certify => Vec::new(),
        };
        if self.has_words(act) {
            let label = if act.needs_reason() {
                page.t("دلیل", "Why")
            } else {
                page.t("توضیح (اختیاری)", "A few words (optional)")
            };
            let mut words = self.field(act, "note", label, Holds::Words);
            page.t("متقاضی این را می‌خواند.", "The applicant will read this.").clone_into(&mut words.hint);
            fields.push(words);
        }
        fields
    }

    fn has_words(&self, act: &Act) -> bool {
        act.needs_reason() || matches!(act, Act::Complete(_) | Act::Answer(_))
    }

    fn field(&self, act: &Act, name: &str, label: &str, holds: Holds) -> Field {
        Field { name: act.field(name), label: label.to_owned(), hint: String::new(), holds }
    }

    fn step_fields(&self, act: &Act, id: &StepId) -> Vec<Field> {
        let Some(step) = self.source(id.as_str()) else { return Vec::new() };
        let page = self.page;
        let mut fields = Vec::new();
        if !step.checklist.is_empty() {
            let optional = page.t("اختیاری", "optional");
            let item = |item: &permits::procedure::source::ChecklistSource| {
                let title = self.text(&item.title);
                (item.id.to_string(), if item.required { title } else { format!("{title} ({optional})") })
            };
            let items = step.checklist.iter().map(item).collect();
            fields.push(self.field(act, "checklist", page.t("بازبینی", "Checklist"), Holds::Many(items)));
        }
        if !step.documents.is_empty() {
            let papers = step.documents.iter().map(|kind| self.paper(kind)).collect();
            fields.push(self.field(
                act,
                "documents",
                page.t("مدارک این گام", "Documents of this step"),
                Holds::Papers(papers),
            ));
        }
        if !step.outcomes.is_empty() {
            let outcomes = step.outcomes.iter().map(|known| (known.id.to_string(), self.text(&known.title))).collect();
            fields.push(self.field(act, "outcome", page.t("نتیجه", "Outcome"), Holds::One(outcomes)));
        }
        fields
    }

    fn paper(&self, kind: &StepId) -> Paper {
        let known = self.file.procedure.source().documents.iter().find(|known| known.id == *kind);
        let title = known.map_or_else(|| kind.to_string(), |known| self.text(&known.title));
        let is_brought = self.file.brought.iter().any(|brought| brought.kind == *kind);
        Paper { kind: kind.to_string(), title, is_there: self.file.has(kind), is_brought }
    }

    /// The fields and documents of the application.
    fn correctable(&self) -> Choices {
        let source = self.file.procedure.source();
        let fields = source.fields.iter().map(|field| (&field.id, &field.title));
        let documents = source.documents.iter().map(|document| (&document.id, &document.title));
        fields.chain(documents).map(|(id, title)| (id.to_string(), self.text(title))).collect()
    }
}

fn owned(choices: &[(&str, &str)]) -> Choices {
    choices.iter().map(|(value, title)| ((*value).to_owned(), (*title).to_owned())).collect()
}
