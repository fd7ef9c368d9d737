//! A small OpenID Connect provider with made-up people and no passwords, for a city on one machine.
//!
//! It speaks the protocol whole (discovery, keys, authorization code with PKCE, signed ID token), so that a city signs in
//! here as it would anywhere. Whoever reaches it can be anybody: so nothing but `up` may have it.

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Where it is on its host.
pub const PATH: &str = "/built-in-sign-in";
/// The name that a city has here.
pub const CLIENT: &str = "daftar";
/// How long a code may wait to be used.
const CODE_LASTS: Duration = Duration::from_secs(60);
const KEY_ID: &str = "built-in";
/// The most codes that wait.
const MOST_CODES: usize = 10_000;

/// Somebody who can sign in here.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their account.
    pub account: String,
    /// What they are called and what they are, for the list.
    pub title: String,
    /// What the ID token says of them, besides who they are.
    pub claims: Map<String, Value>,
}

/// What the provider is made of.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address that it is reached at, with [`PATH`].
    pub issuer: String,
    /// Where a city may send people back to.
    pub redirect: String,
    /// Groups of people, each with a heading.
    pub people: Vec<(String, Vec<Person>)>,
}

struct Provider {
    settings: Settings,
    key: SigningKey,
    codes: Mutex<HashMap<String, Waiting>>,
}

struct Waiting {
    person: Person,
    nonce: Option<String>,
    challenge: String,
    since: Instant,
}

type Shared = State<Arc<Provider>>;

/// Its routes, to be served beside the city.
///
/// # Errors
/// When the system has no randomness.
pub fn router(settings: Settings) -> Result<Router, getrandom::Error> {
    let key = loop {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        // All but a few of 2²⁵⁶ numbers are keys.
        if let Ok(key) = SigningKey::from_slice(&bytes) {
            break key;
        }
    };
    let provider = Arc::new(Provider { settings, key, codes: Mutex::default() });
    let routes = Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/keys", get(keys))
        .route("/style.css", get(style))
        .route("/authorize", get(choose).post(chosen))
        .route("/token", post(token));
    Ok(Router::new().nest(PATH, routes).with_state(provider))
}

async fn configuration(State(provider): Shared) -> Json<Value> {
    let issuer = &provider.settings.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "profile"],
    }))
}

async fn keys(State(provider): Shared) -> Json<Value> {
    let point = provider.key.verifying_key().to_encoded_point(false);
    let part = |part: Option<&p256::FieldBytes>| part.map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
    let (x, y) = (part(point.x()), part(point.y()));
    Json(
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": KEY_ID }] }),
    )
}

#[derive(Debug, Clone, Deserialize)]
struct Asked {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    state: String,
    nonce: Option<String>,
    code_challenge: String,
    code_challenge_method: String,
    /// Set by the page itself.
    account: Option<String>,
    name: Option<String>,
    national_id: Option<String>,
}

impl Provider {
    fn refuses(&self, asked: &Asked) -> Option<&'static str> {
        // Somebody who is not sent back where the city is must not be sent anywhere.
        if asked.client_id != CLIENT || asked.redirect_uri != self.settings.redirect {
            return Some("unknown client or redirect address");
        }
        let usual = asked.response_type == "code" && asked.code_challenge_method == "S256";
        (!usual || asked.code_challenge.len() != 43).then_some("only the authorization code flow with PKCE S256")
    }

    /// The person of the list, or the newcomer who typed a name and a national id.
    fn person(&self, asked: &Asked) -> Option<Person> {
        if let Some(account) = asked.account.as_deref().filter(|account| !account.is_empty()) {
            let mut all = self.settings.people.iter().flat_map(|(_, people)| people);
            return all.find(|person| person.account == account).cloned();
        }
        let id: kernel::identity::NationalId = asked.national_id.as_deref()?.parse().ok()?;
        let name = kernel::text::clean(asked.name.as_deref()?, 80).ok().filter(|name| !name.is_empty())?;
        let claims = Map::from_iter([("national_id".to_owned(), Value::from(id.as_str()))]);
        Some(Person { account: format!("citizen-{}", id.as_str()), title: name, claims })
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": KEY_ID });
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

async fn choose(State(provider): Shared, Query(asked): Query<Asked>) -> Response {
    match provider.refuses(&asked) {
        Some(why) => (StatusCode::BAD_REQUEST, why).into_response(),
        None => page(&provider, &asked, false),
    }
}

async fn chosen(State(provider): Shared, Form(asked): Form<Asked>) -> Response {
    if let Some(why) = provider.refuses(&asked) {
        return (StatusCode::BAD_REQUEST, why).into_response();
    }
    let Some(person) = provider.person(&asked) else { return page(&provider, &asked, true) };
    let mut bytes = [0; 24];
    if getrandom::fill(&mut bytes).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let code = URL_SAFE_NO_PAD.encode(bytes);
    let mut codes = provider.codes.lock().unwrap_or_else(PoisonError::into_inner);
    codes.retain(|_, waiting| waiting.since.elapsed() < CODE_LASTS);
    if codes.len() >= MOST_CODES {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Asked { nonce, code_challenge: challenge, state, redirect_uri, .. } = asked;
    codes.insert(code.clone(), Waiting { person, nonce, challenge, since: Instant::now() });
    let state: String = state
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    Redirect::to(&format!("{redirect_uri}?code={code}&state={state}")).into_response()
}

#[derive(Debug, Deserialize)]
struct Exchange {
    grant_type: String,
    code: String,
    redirect_uri: Option<String>,
    client_id: Option<String>,
    code_verifier: Option<String>,
}

/// A code is good for one use, by whoever knows what its challenge was made of.
async fn token(State(provider): Shared, Form(asked): Form<Exchange>) -> Response {
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    if asked.grant_type != "authorization_code" {
        return refused("unsupported_grant_type");
    }
    let waiting = provider.codes.lock().unwrap_or_else(PoisonError::into_inner).remove(&asked.code);
    let verifier = asked.code_verifier.unwrap_or_default();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let here = asked.client_id.as_deref().is_none_or(|client| client == CLIENT)
        && asked.redirect_uri.as_deref() == Some(provider.settings.redirect.as_str());
    let waiting =
        waiting.filter(|waiting| here && waiting.challenge == challenge && waiting.since.elapsed() < CODE_LASTS);
    let Some(Waiting { person, nonce, .. }) = waiting else { return refused("invalid_grant") };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut claims = person.claims;
    let usual = json!({
        "iss": provider.settings.issuer, "aud": CLIENT, "sub": person.account, "name": person.title,
        "iat": now, "exp": now + 300, "nonce": nonce,
    });
    claims.extend(usual.as_object().cloned().unwrap_or_default());
    let id_token = provider.sign(&Value::Object(claims));
    let answer = json!({ "access_token": "none", "token_type": "Bearer", "expires_in": 60, "id_token": id_token });
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("builtin.css")).into_response()
}

/// The list of people, and a form for a newcomer. Plain on purpose: it must not be taken for a real one.
fn page(provider: &Provider, asked: &Asked, wrong: bool) -> Response {
    let hidden: String = [
        ("client_id", asked.client_id.as_str()),
        ("redirect_uri", &asked.redirect_uri),
        ("response_type", &asked.response_type),
        ("state", &asked.state),
        ("nonce", asked.nonce.as_deref().unwrap_or("")),
        ("code_challenge", &asked.code_challenge),
        ("code_challenge_method", &asked.code_challenge_method),
    ]
    .iter()
    .map(|(name, value)| format!(r#"<input type="hidden" name="{name}" value="{}">"#, escape(value)))
    .collect();
    let mut groups = String::new();
    for (heading, people) in &provider.settings.people {
        groups += &format!("<h2>{}</h2><form method=\"post\" action=\"{PATH}/authorize\">{hidden}<p>", escape(heading));
        for Person { account, title, .. } in people {
            groups += &format!(r#"<button name="account" value="{}">{}</button> "#, escape(account), escape(title));
        }
        groups += "</p></form>";
    }
    let error = if wrong {
        r#"<p role="alert" id="wrong"><strong>نام یا کد ملی درست نیست؛ کد ملی ده رقم است. — The name or the national id is not valid; a national id has ten digits.</strong></p>"#
    } else {
        ""
    };
    let (name, id) = (escape(asked.name.as_deref().unwrap_or("")), escape(asked.national_id.as_deref().unwrap_or("")));
    let body = format!(
        r#"<!doctype html><html lang="fa" dir="rtl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>ورود ساختگی</title><link rel="stylesheet" href="{PATH}/style.css"></head><body><main><h1>ورود ساختگی — Made-up sign-in</h1>
<p>اینجا گذرواژه‌ای در کار نیست: هر کس می‌تواند هر کس باشد. فقط برای آزمودن روی همین دستگاه. <span lang="en" dir="ltr">No password here: anybody can be anybody. Only for trying things out on this machine.</span></p>{error}
<h2>تازه‌وارد — A newcomer</h2><form method="post" action="{PATH}/authorize">{hidden}<p><label for="name">نام — Name</label><br><input id="name" name="name" value="{name}" required></p><p><label for="national_id">کد ملی — National id</label><br><input id="national_id" name="national_id" inputmode="numeric" dir="ltr" value="{id}" required></p><p><button>ورود — Sign in</button></p></form>
{groups}</main></body></html>"#
    );
    let mut response = Html(body).into_response();
    if wrong {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    let policy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
