//! What handlers take from a request, each with a problem of its own when it is not there or not right.

use crate::parse::{Field, Reference, Sha256, one};
use crate::problem::{Kind, Problem};
use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{MediaType, Operation, RequestBody, SchemaObject},
    operation::{ParamLocation, add_parameters, parameters_from_schema, set_body},
};
use axum::{
    body::{Body as AnyBody, Bytes},
    extract::{FromRequest, FromRequestParts, Query as AxumQuery, RawPathParams, Request},
    http::{HeaderMap, header, request::Parts},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kernel::{CaseId, Date, DistrictId, Message, PersonId, ProcedureId, StepId};
use permits::numbers::LicenceNumber;
use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};

/// The most bytes of a body: as many as a command may have.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// A JSON body. An empty one stands for `{}`.
pub(crate) struct Body<T>(pub(crate) T);

/// A body of plain text, as TOML.
pub(crate) struct TextBody(pub(crate) String);

/// The parameters of the address.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Body<T>, Problem> {
        let json = media_type(request.headers()).is_some_and(|kind| kind == "application/json");
        let bytes = read(request.into_body()).await?;
        let bytes: &[u8] = match (bytes.is_empty(), json) {
            (true, _) => b"{}",
            (false, true) => &bytes,
            (false, false) => return Err(Kind::WrongType.into()),
        };
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            misread(error.inner(), Some(path).filter(|path| path != "."))
        })?;
        json.end().map_err(|error| misread(&error, None))?;
        Ok(Body(value))
    }
}

impl<S: Sync> FromRequest<S> for TextBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<TextBody, Problem> {
        let kind = media_type(request.headers());
        if !kind.is_some_and(|kind| kind == "application/toml" || kind == "text/plain") {
            return Err(Kind::WrongType.into());
        }
        let bytes = read(request.into_body()).await?;
        String::from_utf8(bytes.into()).map(TextBody).map_err(|_| Kind::BadRequest.into())
    }
}

/// The body, as far as it may reach.
pub(crate) async fn read(body: AnyBody) -> Result<Bytes, Problem> {
    let body = Limited::new(body, MAX_BODY).collect().await;
    body.map(http_body_util::Collected::to_bytes).map_err(|error| {
        let large = error.downcast_ref::<LengthLimitError>().is_some();
        Problem::new(if large { Kind::TooLarge } else { Kind::BadRequest })
    })
}

/// The media type that the sender names, without its parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or("").trim().to_ascii_lowercase())
}

/// Syntax and shape are told apart; what was read is named by its path and never repeated.
fn misread(error: &serde_json::Error, path: Option<String>) -> Problem {
    let kind = if error.is_data() { Kind::InvalidBody } else { Kind::JsonSyntax };
    let place = format!("{}:{}", error.line(), error.column());
    let message = kind.message();
    let (fa, en) = match &path {
        Some(path) => (format!("{} ({path}، {place})", message.fa), format!("{} ({path}, at {place})", message.en)),
        None => (format!("{} ({place})", message.fa), format!("{} (at {place})", message.en)),
    };
    Problem::with(kind, Message { field: path, fa, en, ..message })
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Problem> {
        let query = AxumQuery::from_request_parts(parts, state).await;
        query.map(|AxumQuery(query)| Query(query)).map_err(|_| Kind::InvalidQuery.into())
    }
}

impl<T: JsonSchema> OperationInput for Query<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        AxumQuery::<T>::operation_input(ctx, operation);
    }
}

impl<T: JsonSchema> OperationInput for Body<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let schema = ctx.schema.subschema_for::<T>();
        let resolved = ctx.resolve_schema(&schema);
        let required = resolved.get("required").is_some_and(|fields| fields.as_array().is_some_and(|f| !f.is_empty()));
        set_body(ctx, operation, body("application/json", schema, required));
    }
}

impl OperationInput for TextBody {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let schema = ctx.schema.subschema_for::<String>();
        set_body(ctx, operation, body("application/toml", schema, true));
    }
}

fn body(kind: &str, json_schema: schemars::Schema, required: bool) -> RequestBody {
    let schema = SchemaObject { json_schema, external_docs: None, example: None };
    let media = MediaType { schema: Some(schema), ..MediaType::default() };
    RequestBody { content: [(kind.to_owned(), media)].into_iter().collect(), required, ..RequestBody::default() }
}

macro_rules! path_parameters {
    ($($(#[$doc:meta])* $name:ident $documented:ident $field:ident: $parsed:ty;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name(pub(crate) $parsed);

        #[derive(Deserialize, JsonSchema)]
        #[allow(dead_code, reason = "only its schema is used")]
        struct $documented {
            $(#[$doc])*
            $field: String,
        }

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<$name, Problem> {
                path_parameter(stringify!($field), parts, state).await.map($name)
            }
        }
        impl OperationInput for $name {
            fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
                let schema = ctx.schema.subschema_for::<$documented>();
                let parameters = parameters_from_schema(ctx, schema, ParamLocation::Path);
                add_parameters(ctx, operation, parameters);
            }
        }
    )*};
}

path_parameters! {
    /// A case's number, as `1405-000123`.
    CasePath CaseParameter case: CaseId;
    /// A step of the case's procedure.
    StepPath StepParameter step: StepId;
    /// An outside agency of the procedure.
    AgencyPath AgencyParameter agency: StepId;
    /// A bank's tracking number.
    ReferencePath ReferenceParameter reference: Reference;
    /// A licence's number, as `L-1405-000123`.
    LicencePath LicenceParameter number: LicenceNumber;
    /// A procedure.
    ProcedurePath ProcedureParameter procedure: ProcedureId;
    /// A document of the case's procedure.
    KindPath KindParameter kind: StepId;
    /// The SHA-256 of a document, as 64 hexadecimal digits.
    HashPath HashParameter sha256: Sha256;
    /// A district's number.
    DistrictPath DistrictParameter district: DistrictId;
    /// A day, Jalali or Gregorian by its year: `1405-01-01`.
    DatePath DateParameter date: Date;
    /// A person, by pseudonym.
    PersonPath PersonParameter person: PersonId;
}

async fn path_parameter<T: Field, S: Send + Sync>(
    name: &'static str,
    parts: &mut Parts,
    state: &S,
) -> Result<T, Problem> {
    let parameters = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::new(Kind::NotFound))?;
    let value = parameters.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value);
    one(name, value)
}
