//! Documents on their way in: streamed to where they are kept, never held whole.
//!
//! An upload takes as long as its sender's line does. So it has places of its own and a time of its own; the requests of others
//! never wait for it. A place is not held by sending next to nothing: whoever falls silent or is far too slow loses it.

use crate::gateway::State;
use crate::pages::Form;
use crate::problem::{Kind, Problem, chain};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use documents::{MAX_SIZE, PutError, ReadError, Stored, Unfit};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use kernel::{Message, PersonId};
use multer::{Constraints, Field, Multipart, SizeLimit};
use std::time::Duration;
use tokio::time::Instant;

/// The field of a form that has the file.
pub(crate) const FILE: &str = "file";
/// How long an upload may take in all.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// How long its sender may fall silent.
const SILENCE: Duration = Duration::from_secs(10);
/// How many bytes a second must come on average, as soon as its sender was waited for as long as [`GRACE`].
const SLOWEST: u64 = 16 * 1024;
/// How long the average does not count.
const GRACE: Duration = Duration::from_secs(20);
/// The most bytes of a form besides its file, its boundaries included.
const BESIDE: u64 = 64 * 1024;
/// The most fields of a form with a file.
const MOST_FIELDS: usize = 64;
/// The most bytes of a file's name.
const MOST_NAME: usize = 255;
/// How much of what is refused is read on, so that its sender hears why.
const HEARD_OUT: usize = 16 * 1024 * 1024;

/// The addresses that documents are sent to.
const ROUTES: &[&str] = &["/v1/documents", "/cases/{case}/documents/{kind}", "/apply/{procedure}/documents/{kind}"];

/// Whether a request brings a document.
pub(crate) fn is_upload(method: &str, route: &str) -> bool {
    method == "POST" && ROUTES.contains(&route)
}

/// What a form brought.
pub(crate) struct Sent {
    /// Its fields, but for the file.
    pub(crate) form: Form,
    /// The document, or what is wrong with it, as a problem of the field [`FILE`].
    pub(crate) stored: Result<Stored, Problem>,
}

#[derive(Debug, thiserror::Error)]
#[error("the sender fell silent or is too slow")]
struct Late;

/// Takes the body as the document of this person.
pub(crate) async fn body(
    state: &State,
    owner: PersonId,
    declared: Option<documents::Kind>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Stored, Problem> {
    announced(headers, MAX_SIZE)?;
    let mut pieces = Box::pin(paced(body));
    let stored = state.documents.put(owner, declared, pieces.by_ref()).await;
    if let Err(PutError::Unfit(_)) = &stored {
        hear_out(pieces).await;
    }
    stored.map_err(|error| refused(error, None))
}

/// Takes the document of a form as one of this person.
pub(crate) async fn form(state: &State, owner: PersonId, headers: &HeaderMap, body: Body) -> Result<Sent, Problem> {
    announced(headers, MAX_SIZE + BESIDE)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let boundary = multer::parse_boundary(kind).map_err(|_| Problem::new(Kind::WrongType))?;
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(MAX_SIZE + BESIDE));
    let mut parts = Multipart::with_constraints(paced(body), boundary, limits);
    let (mut fields, mut size, mut stored) = (Vec::new(), 0, None);
    while let Some(field) = parts.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or("").to_owned();
        if name == FILE && stored.is_none() {
            stored = Some(file(state, owner, field).await);
            if matches!(&stored, Some(Err(problem)) if problem.kind == Kind::TooLarge) {
                break;
            }
            continue;
        }
        let text = text(field, &mut size).await?;
        fields.push((name, text));
        if fields.len() > MOST_FIELDS {
            return Err(Kind::TooLarge.into());
        }
    }
    let stored = stored.unwrap_or_else(|| Err(refused(PutError::Unfit(Unfit::Empty), Some(FILE))));
    Ok(Sent { form: Form::of(fields), stored })
}

async fn file(state: &State, owner: PersonId, field: Field<'static>) -> Result<Stored, Problem> {
    if field.file_name().is_some_and(|name| !is_plain(name)) {
        return Err(Problem::with(Kind::InvalidField, bad_name()));
    }
    // Browsers guess the type by the name; what they do not know has none.
    let declared = field.content_type().and_then(|kind| documents::Kind::of_media_type(kind.essence_str()));
    let stored = state.documents.put(owner, declared, field).await;
    stored.map_err(|error| refused(error, Some(FILE)))
}

async fn text(mut field: Field<'static>, size: &mut u64) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|error| broken(&error))? {
        *size += piece.len() as u64;
        if *size > BESIDE {
            return Err(Kind::TooLarge.into());
        }
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map_err(|_| Kind::BadRequest.into())
}

/// A name that is a name and no path, and shows as what it is.
fn is_plain(name: &str) -> bool {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '/' | '\\' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    name.len() <= MOST_NAME && name != "." && name != ".." && !name.contains(is_odd)
}

fn bad_name() -> Message {
    Message {
        code: "file-name".to_owned(),
        field: Some(FILE.to_owned()),
        fa: "نام پرونده پذیرفته نیست؛ نام ساده‌ای به آن بدهید.".to_owned(),
        en: "The file's name is not accepted; give it a simple one.".to_owned(),
    }
}

/// What its sender says of its length.
fn announced(headers: &HeaderMap, limit: u64) -> Result<(), Problem> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit) {
        return Err(refused(PutError::Unfit(Unfit::TooLarge { limit: MAX_SIZE }), Some(FILE)));
    }
    Ok(())
}

/// How a body comes in.
#[derive(Default)]
struct Pace {
    bytes: u64,
    /// How long its sender was waited for; what keeping it takes is not theirs.
    waited: Duration,
}

impl Pace {
    fn is_too_slow(&self, grace: Duration) -> bool {
        self.waited > grace && u128::from(self.bytes) * 1000 < u128::from(SLOWEST) * self.waited.as_millis()
    }
}

/// The body's pieces, as long as they keep coming.
fn paced(body: Body) -> impl Stream<Item = Result<Bytes, axum::BoxError>> + Send + 'static {
    paced_after(GRACE, body)
}

fn paced_after(grace: Duration, body: Body) -> impl Stream<Item = Result<Bytes, axum::BoxError>> + Send + 'static {
    let pieces = body.into_data_stream().map_err(axum::BoxError::from);
    stream::try_unfold((pieces, Pace::default()), move |(mut pieces, mut pace)| async move {
        let asked = Instant::now();
        let piece = tokio::time::timeout(SILENCE, pieces.try_next()).await.map_err(|_| Late)??;
        let Some(bytes) = piece else { return Ok(None) };
        pace.waited += asked.elapsed();
        pace.bytes += bytes.len() as u64;
        if pace.is_too_slow(grace) { Err(Late.into()) } else { Ok(Some((bytes, (pieces, pace)))) }
    })
}

/// Reads on for a while: a browser that is cut off while it sends shows no answer.
async fn hear_out(mut pieces: impl Stream<Item = Result<Bytes, axum::BoxError>> + Unpin) {
    let mut heard = 0;
    while let Some(Ok(bytes)) = pieces.next().await {
        heard += bytes.len();
        if heard > HEARD_OUT {
            break;
        }
    }
}

/// What a document that was not taken is answered with.
fn refused(error: PutError, field: Option<&str>) -> Problem {
    match error {
        PutError::Unfit(unfit) => {
            let kind = match unfit {
                Unfit::TooLarge { .. } => Kind::TooLarge,
                Unfit::Unknown => Kind::WrongType,
                Unfit::Empty | Unfit::Mismatch { .. } | Unfit::Mixed | Unfit::Damaged | Unfit::TooManyPixels { .. } => {
                    Kind::InvalidField
                }
            };
            Problem::with(kind, unfit.message(field))
        }
        PutError::Upload(error) => broken(&*error),
        PutError::Vault(error) => error.into(),
        error @ (PutError::Storage(_) | PutError::Random(_)) => unavailable(&error),
    }
}

/// A body that did not come to its end, or is not what it says.
fn broken(error: &(dyn std::error::Error + 'static)) -> Problem {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    if let Some(multer::Error::StreamSizeExceeded { .. }) = error.downcast_ref() {
        return refused(PutError::Unfit(Unfit::TooLarge { limit: MAX_SIZE }), Some(FILE));
    }
    Problem::new(if causes.any(|cause| cause.is::<Late>()) { Kind::RequestTimeout } else { Kind::BadRequest })
}

fn unavailable(error: &dyn std::error::Error) -> Problem {
    tracing::error!(error = chain(error), "documents cannot be kept or read");
    Problem::new(Kind::DocumentsUnavailable)
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Problem {
        match error {
            ReadError::Vault(error) => error.into(),
            error @ (ReadError::Storage(_) | ReadError::Damaged) => unavailable(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of forty pieces of this size came, one every 20 ms, and what was wrong then.
    async fn comes(size: usize, grace: Duration) -> (usize, Option<Kind>) {
        let pieces = stream::iter(0..40).then(move |_| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; size]))
        });
        let mut paced = Box::pin(paced_after(grace, Body::from_stream(pieces)));
        let mut came = 0;
        while let Some(piece) = paced.next().await {
            match piece {
                Ok(_) => came += 1,
                Err(error) => return (came, Some(broken(&*error).kind)),
            }
        }
        (came, None)
    }

    #[tokio::test]
    async fn who_sends_next_to_nothing_is_let_go() {
        let grace = Duration::from_millis(100);
        for size in [1, 100] {
            let (came, problem) = comes(size, grace).await;
            assert_eq!(problem, Some(Kind::RequestTimeout), "{size}");
            assert!(came <= 5, "{size}: {came}");
        }
        assert_eq!(comes(64 * 1024, grace).await, (40, None), "a slow line is one all the same");
        assert_eq!(comes(1, GRACE).await, (40, None), "a short while is no average");
    }

    #[test]
    fn a_name_is_no_path_and_hides_nothing() {
        for plain in ["نقشه طبقه ۱.pdf", "plan (2).final.pdf", "..pdf", ""] {
            assert!(is_plain(plain), "{plain:?}");
        }
        let long = "a".repeat(256);
        for odd in [
            "../../etc/passwd",
            "..",
            ".",
            "a/b.pdf",
            "a\\b.pdf",
            "C:\\a.pdf",
            "a\0.pdf",
            "a\nb",
            "fdp.\u{202e}exe",
            &long,
        ] {
            assert!(!is_plain(odd), "{odd:?}");
        }
    }
}
