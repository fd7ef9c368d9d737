//! `POST /v1/documents`, and the documents of a case.

use super::cases::AfterQuery;
use super::looked;
use super::page::caught_up;
use crate::access::Caller;
use crate::extract::{CasePath, HashPath, KindPath, Query, media_type};
use crate::gateway::{Shared, State as Gate};
use crate::parse::Sha256;
use crate::problem::{Kind, Problem};
use crate::uploads;
use aide::{
    OperationInput, OperationOutput,
    generate::GenContext,
    openapi::{self, MediaType, Operation, RequestBody, SchemaObject},
    operation::set_body,
};
use axum::{
    Json,
    body::Body,
    extract::{FromRequest, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use departments::permit_office::VersionView;
use documents::{Content, Shelf, Stored};
use kernel::{CaseId, StepId};
use permits::events::Document;
use schemars::JsonSchema;
use serde::Serialize;

/// What a browser may make of a document: show it, and run nothing of it.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A document as it comes: its bytes are the body.
pub(super) struct Incoming {
    declared: Option<documents::Kind>,
    headers: HeaderMap,
    body: Body,
}

impl<S: Sync> FromRequest<S> for Incoming {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Incoming, Problem> {
        let (parts, body) = request.into_parts();
        let declared = match media_type(&parts.headers) {
            None => None,
            Some(kind) if kind == "application/octet-stream" => None,
            Some(kind) => Some(documents::Kind::of_media_type(&kind).ok_or(Kind::WrongType)?),
        };
        Ok(Incoming { declared, headers: parts.headers, body })
    }
}

impl OperationInput for Incoming {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let content = documents::Kind::ALL.iter().map(|kind| (kind.media_type().to_owned(), binary())).collect();
        set_body(ctx, operation, RequestBody { content, required: true, ..RequestBody::default() });
    }
}

fn binary() -> MediaType {
    let json_schema = schemars::json_schema!({ "type": "string", "format": "binary" });
    let schema = Some(SchemaObject { json_schema, external_docs: None, example: None });
    MediaType { schema, ..MediaType::default() }
}

/// A document that was taken, to be named in a command.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Uploaded {
    /// 64 hexadecimal digits: what a command names it by.
    sha256: String,
    /// Bytes.
    size: u64,
    /// What it is, whatever it was sent as.
    media_type: &'static str,
}

impl From<Stored> for Uploaded {
    fn from(stored: Stored) -> Uploaded {
        let media_type = stored.kind.media_type();
        Uploaded { sha256: projection::to_hex(&stored.sha256), size: stored.size, media_type }
    }
}

impl IntoResponse for Uploaded {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(self)).into_response()
    }
}

impl OperationOutput for Uploaded {
    type Inner = Uploaded;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<openapi::Response> {
        Json::<Uploaded>::operation_response(ctx, operation)
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, openapi::Response)> {
        Uploaded::operation_response(ctx, operation).map(|response| (Some(201), response)).into_iter().collect()
    }
}

/// Takes a document of the caller. It is theirs until a command gives it to a case.
pub(super) async fn upload(State(state): State<Shared>, caller: Caller, sent: Incoming) -> Result<Uploaded, Problem> {
    let stored = uploads::body(&state, caller.person(), sent.declared, &sent.headers, sent.body).await?;
    Ok(stored.into())
}

pub(super) async fn versions(
    State(state): State<Shared>,
    caller: Caller,
    CasePath(case): CasePath,
    Query(query): Query<AfterQuery>,
) -> Result<Json<Vec<VersionView>>, Problem> {
    caught_up(&state.readers.permit_office, query.after.as_deref()).await?;
    Ok(Json(state.file(&caller, case).await?.versions))
}

pub(super) async fn content(
    State(state): State<Shared>,
    caller: Caller,
    CasePath(case): CasePath,
    KindPath(kind): KindPath,
    HashPath(hash): HashPath,
) -> Result<Downloaded, Problem> {
    let file = state.file(&caller, case).await?;
    let shelves = file.shelves(&kind, &projection::to_hex(&hash.0)).ok_or(Kind::NotFound)?;
    let content = find(&state, &shelves, &hash).await?.ok_or(Kind::NotFound)?;
    looked(&state, &caller, case, Some(Document { kind: kind.clone(), sha256: hash.0 })).await;
    Ok(Downloaded(download(content, case, &kind)))
}

/// The content, on whichever of these shelves it is.
pub(crate) async fn find(state: &Gate, shelves: &[Shelf], hash: &Sha256) -> Result<Option<Content>, Problem> {
    for shelf in shelves {
        if let Some(content) = state.documents.get(shelf.clone(), &hash.0).await? {
            return Ok(Some(content));
        }
    }
    Ok(None)
}

/// A document as a file of the browser's, under a name of ours: never as a page, and never as another type than it is.
pub(crate) fn download(content: Content, case: CaseId, kind: &StepId) -> Response {
    let name = format!("attachment; filename=\"{case}-{kind}.{}\"", content.kind.extension());
    let (media_type, size) = (content.kind.media_type(), content.size);
    let mut response = Response::new(Body::from_stream(content.stream));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, size.into());
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    harmless(headers, media_type);
    response
}

/// What every answer has whose bytes somebody else made.
pub(crate) fn harmless(headers: &mut HeaderMap, media_type: &'static str) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
}

/// A document on its way out.
pub(super) struct Downloaded(Response);

impl IntoResponse for Downloaded {
    fn into_response(self) -> Response {
        self.0
    }
}

impl OperationOutput for Downloaded {
    type Inner = Downloaded;

    fn operation_response(_: &mut GenContext, _: &mut Operation) -> Option<openapi::Response> {
        let content = documents::Kind::ALL.iter().map(|kind| (kind.media_type().to_owned(), binary())).collect();
        let description = "The document, as what it is.".to_owned();
        Some(openapi::Response { description, content, ..openapi::Response::default() })
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, openapi::Response)> {
        Downloaded::operation_response(ctx, operation).map(|response| (Some(200), response)).into_iter().collect()
    }
}
