//! Styles, scripts and the font, from this binary: no other host is asked for anything.
//!
//! An asset's address carries a hash of its content, so a browser keeps it for good and a new build is seen at once.

use crate::{
    gateway::Shared,
    problem::{Kind, Problem},
};
use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};
use std::{io::Write as _, sync::LazyLock};

struct Asset {
    name: &'static str,
    kind: &'static str,
    plain: &'static [u8],
    /// Compressed, where that helps.
    gzip: Option<Vec<u8>>,
    hash: String,
}

macro_rules! assets {
    ($($name:literal $kind:literal;)*) => {
        [$(($name, $kind, include_bytes!(concat!("../../assets/", $name)).as_slice()),)*]
    };
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let all = assets! {
        "daftar.css" "text/css; charset=utf-8";
        "desk.js" "text/javascript; charset=utf-8";
        "icon.svg" "image/svg+xml";
        "vazirmatn.woff2" "font/woff2";
        "vazirmatn-OFL.txt" "text/plain; charset=utf-8";
    };
    all.into_iter().map(|(name, kind, plain)| asset(name, kind, plain)).collect()
});

fn asset(name: &'static str, kind: &'static str, plain: &'static [u8]) -> Asset {
    let hash = Sha256::digest(plain)[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    // A font is compressed already.
    let gzip = (!kind.starts_with("font/")).then(|| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).and_then(|()| encoder.finish()).expect("memory takes every byte")
    });
    Asset { name, kind, plain, gzip, hash }
}

/// Where an asset is: `/assets/<hash>/<name>`.
pub(crate) fn address(name: &str) -> String {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    asset.map_or_else(|| format!("/assets/-/{name}"), |asset| format!("/assets/{}/{name}", asset.hash))
}

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/assets/{hash}/{name}", get(serve))
}

/// A style sheet names the font beside it, under the style sheet's own hash: so any hash will do.
async fn serve(Path((_, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, Problem> {
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(Kind::NotFound)?;
    let takes_gzip = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let takes_gzip = takes_gzip.is_some_and(|value| value.contains("gzip"));
    let (body, encoding) = match &asset.gzip {
        Some(gzip) if takes_gzip => (gzip.as_slice(), Some("gzip")),
        _ => (asset.plain, None),
    };
    let mut response = body.to_vec().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Ok(response)
}
