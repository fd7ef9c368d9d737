//! The pages of an application, in order.

use crate::{
    pages::Frame,
    problem::{Kind, Problem},
};
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use permits::procedure::Procedure;
use serde::{Deserialize, Serialize};

/// A page of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::pages) enum Part {
    /// Who applies, for whom.
    Who,
    /// Where.
    Place,
    /// The fields of the procedure.
    Facts,
    /// Its documents.
    Documents,
    /// All of it, what it costs, and sending it.
    Review,
}

impl Part {
    const ALL: [Part; 5] = [Part::Who, Part::Place, Part::Facts, Part::Documents, Part::Review];

    /// The pages that an application for this service has.
    pub(super) fn of(procedure: &Procedure) -> impl Iterator<Item = Part> {
        let source = procedure.source();
        let (facts, documents) = (!source.fields.is_empty(), !source.documents.is_empty());
        Part::ALL.into_iter().filter(move |part| match part {
            Part::Facts => facts,
            Part::Documents => documents,
            Part::Who | Part::Place | Part::Review => true,
        })
    }

    /// Its part of the address.
    pub(super) fn slug(self) -> &'static str {
        match self {
            Part::Who => "who",
            Part::Place => "place",
            Part::Facts => "facts",
            Part::Documents => "documents",
            Part::Review => "review",
        }
    }

    pub(super) fn title(self, page: &Frame) -> &'static str {
        match self {
            Part::Who => page.t("متقاضی", "Applicant"),
            Part::Place => page.t("ملک", "Place"),
            Part::Facts => page.t("مشخصات", "Details"),
            Part::Documents => page.t("مدارک", "Documents"),
            Part::Review => page.t("بازبینی و ارسال", "Review and send"),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Part {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Part, Problem> {
        let unknown = || Problem::new(Kind::NotFound);
        let parameters = RawPathParams::from_request_parts(parts, state).await.map_err(|_| unknown())?;
        let slug = parameters.iter().find(|(key, _)| *key == "part").map_or("", |(_, value)| value);
        Part::ALL.into_iter().find(|part| part.slug() == slug).ok_or_else(unknown)
    }
}
