//! Errors as RFC 9457 `application/problem+json`, always in both languages.
//!
//! A handler returns a [`Problem`]; which language comes first is decided where the answer leaves (see `observe.rs`), so
//! that nothing in between needs to know the caller.

mod catalogue;
mod outcome;
mod refusal;

pub use catalogue::Kind;
pub(crate) use outcome::{chain, malformed, unavailable};

use aide::{OperationOutput, generate::GenContext, openapi};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Lang, Message};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a request was not served, before a language is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its class: status and title.
    pub kind: Kind,
    /// What is wrong: code, field and text in both languages.
    pub message: Message,
    /// What is wrong, as far as it was looked at, where that is more than one thing.
    pub errors: Vec<Message>,
    /// After how many seconds it can help to try again.
    pub retry_after: Option<u16>,
}

/// The body of a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemBody {
    /// `urn:daftar:problem:<code>`; never changes.
    #[serde(rename = "type")]
    pub kind: String,
    /// What class of problem it is, in the caller's language.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The rule that was broken, as a constant word.
    pub code: String,
    /// What is wrong, in the caller's language.
    pub detail: String,
    /// In Persian.
    pub detail_fa: String,
    /// In English.
    pub detail_en: String,
    /// The field of the request that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong, as far as it was looked at, where that is more than one thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// One of several things that are wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldError {
    /// The field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The rule.
    pub code: String,
    /// In Persian.
    pub detail_fa: String,
    /// In English.
    pub detail_en: String,
}

impl Problem {
    /// A problem of the catalogue, in its own words.
    #[must_use]
    pub fn new(kind: Kind) -> Problem {
        Problem { kind, message: kind.message(), errors: Vec::new(), retry_after: kind.retry_after() }
    }

    /// A problem of a class with its own words.
    #[must_use]
    pub fn with(kind: Kind, message: Message) -> Problem {
        Problem { kind, message, errors: Vec::new(), retry_after: kind.retry_after() }
    }

    /// Fields that do not parse: the first stands for all.
    #[must_use]
    pub fn fields(mut errors: Vec<Message>) -> Problem {
        if errors.len() == 1 {
            return Problem::with(Kind::InvalidField, errors.remove(0));
        }
        let first = errors.first().cloned().unwrap_or_else(|| Kind::InvalidField.message());
        Problem { errors, ..Problem::with(Kind::InvalidField, first) }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.kind.status()
    }

    fn body(&self, lang: Lang) -> ProblemBody {
        let Message { code, field, fa, en } = self.message.clone();
        let error = |error: &Message| FieldError {
            field: error.field.clone(),
            code: error.code.clone(),
            detail_fa: error.fa.clone(),
            detail_en: error.en.clone(),
        };
        ProblemBody {
            kind: format!("urn:daftar:problem:{code}"),
            title: self.kind.title(lang).to_owned(),
            status: self.status().as_u16(),
            detail: self.message.text(lang).to_owned(),
            code,
            detail_fa: fa,
            detail_en: en,
            field,
            errors: self.errors.iter().map(error).collect(),
        }
    }

    /// The answer in the caller's language.
    #[must_use]
    pub fn render(&self, lang: Lang) -> Response {
        let body = serde_json::to_vec(&self.body(lang)).expect("texts serialize");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let language = match lang {
            Lang::Fa => "fa",
            Lang::En => "en",
        };
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
        headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.kind == Kind::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Problem {
        Problem::new(kind)
    }
}

/// Carried to where the caller's language is known; rendered there.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl OperationOutput for Problem {
    type Inner = ProblemBody;

    fn operation_response(ctx: &mut GenContext, _: &mut openapi::Operation) -> Option<openapi::Response> {
        let schema = openapi::SchemaObject {
            json_schema: ctx.schema.subschema_for::<ProblemBody>(),
            external_docs: None,
            example: None,
        };
        let media = openapi::MediaType { schema: Some(schema), ..openapi::MediaType::default() };
        Some(openapi::Response {
            description: "What is wrong, in both languages (RFC 9457).".to_owned(),
            content: [("application/problem+json".to_owned(), media)].into_iter().collect(),
            ..openapi::Response::default()
        })
    }

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut openapi::Operation,
    ) -> Vec<(Option<u16>, openapi::Response)> {
        Problem::operation_response(ctx, operation).map(|response| (None, response)).into_iter().collect()
    }
}
