//! A licence as a document: whoever may see its case sees all of it, anybody else what may be known of every licence.

mod paper;
mod stand;

pub(super) use stand::{Stand, stand};

use super::{Frame, Page, Signed, Visitor, html};
use crate::extract::LicencePath;
use crate::gateway::Shared;
use crate::licences::{self, Held, now};
use crate::problem::{Kind, Problem};
use askama::Template;
use axum::{
    Extension,
    extract::State,
    http::{HeaderValue, header},
    response::IntoResponse as _,
};
use credential::Qr;
use departments::permit_office::{LicencePassage, licence_history};
use kernel::Lang;
use paper::Line;
use permits::numbers::LicenceNumber;

#[derive(Template)]
#[template(path = "licence.html")]
struct Document {
    page: Frame,
    number: String,
    service: String,
    stand: Stand,
    today: String,
    lines: Vec<Line>,
    works: Vec<(String, String)>,
    history: Vec<(&'static str, String)>,
    qr: String,
    address: String,
    /// Whether whoever looks may have it as a file, and as a credential.
    printable: bool,
    carried: bool,
}

/// The licence's page.
pub(crate) async fn page(
    State(state): State<Shared>,
    visitor: Visitor,
    signed: Option<Extension<Signed>>,
    LicencePath(number): LicencePath,
) -> Page {
    let held = match &signed {
        Some(Extension(signed)) => match licences::held(&state, &signed.caller, number).await {
            Ok(held) => Some(held),
            // Not theirs: they see what anybody does.
            Err(problem) if matches!(problem.kind, Kind::NotFound | Kind::Forbidden) => None,
            Err(problem) => return Err(problem),
        },
        None => None,
    };
    let carried = signed.is_some_and(|Extension(signed)| signed.caller.is_citizen());
    let page = visitor.frame("پروانه", "Licence");
    let history = licence_history(&state.readers.permit_office, number).await?;
    let document = match held {
        Some(held) => whole(page, number, &held, &history, carried),
        None => {
            let licence = licences::licence(&state, number).await?;
            let services = state.services().await?;
            let title = services.title(&licence.procedure).map(|title| title.get(page.lang));
            let service = title.unwrap_or(&licence.procedure).to_owned();
            let lines = paper::public(page.lang, &licence);
            let stand = stand(&licence, page.site.zone.date(now()));
            sheet(page, number, service, stand, lines, &history)
        }
    };
    html(&document)
}

fn whole(page: Frame, number: LicenceNumber, held: &Held, history: &[LicencePassage], carried: bool) -> Document {
    let lang = page.lang;
    let mut lines = paper::personal(lang, held);
    lines.extend(paper::public(lang, &held.licence));
    let stand = stand(&held.licence, page.site.zone.date(now()));
    let service = held.procedure.source().title.get(lang).to_owned();
    let sheet = sheet(page, number, service, stand, lines, history);
    Document { works: paper::works(lang, held), printable: true, carried, ..sheet }
}

fn sheet(
    page: Frame,
    number: LicenceNumber,
    service: String,
    stand: Stand,
    lines: Vec<Line>,
    history: &[LicencePassage],
) -> Document {
    let address = paper::check_address(&page.site.public_url, number);
    let name = page.t("کد QR برای استعلام این پروانه", "QR code for checking this licence");
    let passage = |passage: &LicencePassage| (stand::change(page.lang, passage.change), page.moment(&passage.at.at));
    Document {
        number: number.to_string(),
        service,
        stand,
        today: page.day(&now().to_string()),
        lines,
        works: Vec::new(),
        history: history.iter().map(passage).collect(),
        qr: Qr::of(&address).map_or_else(String::new, |qr| qr.svg(name)),
        address,
        printable: false,
        carried: false,
        page,
    }
}

/// The licence as a credential, to be kept by its holder.
pub(crate) async fn credential(State(state): State<Shared>, signed: Signed, LicencePath(number): LicencePath) -> Page {
    licences::credential(&state, &signed.caller, number).await
}

/// The licence on paper, a page a language.
pub(crate) async fn print(State(state): State<Shared>, signed: Signed, LicencePath(number): LicencePath) -> Page {
    let held = licences::held(&state, &signed.caller, number).await?;
    let sheets = [Lang::Fa, Lang::En].map(|lang| paper::sheet(lang, &held, &signed.visitor));
    // It takes a processor some milliseconds. It is not kept: a name that is erased must not live on in a cache.
    let written = tokio::task::spawn_blocking(move || credential::pdf(&sheets)).await;
    let document = written.map_err(|_| Kind::Internal)?.map_err(|error| {
        tracing::error!(%error, %number, "a licence is not printed");
        Problem::new(Kind::Internal)
    })?;
    let file = HeaderValue::try_from(format!("inline; filename=\"{number}.pdf\"")).map_err(|_| Kind::Internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/pdf")),
        (header::CONTENT_DISPOSITION, file),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, document).into_response())
}
