//! Providers that err or lie: each answer has one thing wrong, and signs nobody in.

use crate::{ClaimNames, Provider, Settings, SignInError};
use axum::{Json, Router, extract::State, routing::get, routing::post};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::net::TcpListener;

/// What the provider does.
#[derive(Clone)]
struct Way {
    issuer: String,
    /// The number of the key that it shows, and of the key that it signs with.
    shown: u8,
    signs: u8,
    /// Changes what it says before it signs.
    header: Value,
    claims: Value,
    /// How long it thinks before it says what it is.
    thinks: Duration,
}

type Shared = Arc<Mutex<Way>>;

fn key(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number; 32]).unwrap()
}

async fn configuration(State(way): State<Shared>) -> Json<Value> {
    let Way { issuer, thinks, .. } = way.lock().unwrap().clone();
    tokio::time::sleep(thinks).await;
    Json(json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
        "end_session_endpoint": format!("{issuer}/end"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256"],
    }))
}

async fn keys(State(way): State<Shared>) -> Json<Value> {
    let number = way.lock().unwrap().shown;
    let point = key(number).verifying_key().to_encoded_point(false);
    let [x, y] = [point.x(), point.y()].map(|part| URL_SAFE_NO_PAD.encode(part.unwrap()));
    Json(json!({ "keys": [
        { "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "kid": format!("key-{number}") },
        // A symmetric key in public: anybody could sign with it.
        { "kty": "oct", "k": "c2VjcmV0", "use": "sig", "kid": "secret" },
    ] }))
}

/// The code is the nonce: this provider has no memory.
async fn token(State(way): State<Shared>, body: String) -> Json<Value> {
    let Way { issuer, signs, header, claims, .. } = way.lock().unwrap().clone();
    let nonce = body.split('&').find_map(|field| field.strip_prefix("code=")).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let merged = |mut base: Value, change: Value| {
        base.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        base
    };
    let usual = json!({ "alg": "ES256", "typ": "JWT", "kid": format!("key-{signs}") });
    let says =
        json!({ "iss": issuer, "aud": "daftar", "sub": "somebody", "iat": now, "exp": now + 300, "nonce": nonce });
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(merged(usual, header)), part(merged(says, claims)));
    let signature: Signature = key(signs).sign(signed.as_bytes());
    let id_token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()));
    Json(json!({ "access_token": "access", "token_type": "Bearer", "id_token": id_token }))
}

async fn world(secret: Option<&str>) -> (Provider, Shared) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let (none, thinks) = (json!({}), Duration::ZERO);
    let way = Way { issuer: issuer.clone(), shown: 1, signs: 1, header: none.clone(), claims: none, thinks };
    let way = Arc::new(Mutex::new(way));
    let routes = Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/keys", get(keys))
        .route("/token", post(token))
        .with_state(Arc::clone(&way));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (Provider::new(settings(&issuer, secret)).unwrap(), way)
}

fn settings(issuer: &str, secret: Option<&str>) -> Settings {
    let (issuer, redirect) = (issuer.to_owned(), "http://127.0.0.1/signin/back".to_owned());
    let (client_id, claims) = ("daftar".to_owned(), ClaimNames::default());
    let client_secret = secret.map(str::to_owned);
    Settings { issuer, client_id, client_secret, redirect, inside: None, scopes: vec![], claims }
}

async fn sign_in(city: &Provider) -> Result<String, SignInError> {
    let (address, pending) = city.begin("/").await?;
    let asked = reqwest::Url::parse(&address).unwrap();
    let value = |name: &str| asked.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned();
    city.finish(&value("nonce"), &value("state"), &pending).await.map(|identity| identity.subject)
}

#[tokio::test]
async fn each_lie_signs_nobody_in() {
    let hash = |token: &str| URL_SAFE_NO_PAD.encode(&Sha256::digest(token)[..16]);
    let (city, way) = world(Some("secret")).await;
    assert_eq!(sign_in(&city).await.unwrap(), "somebody");
    way.lock().unwrap().claims = json!({ "at_hash": hash("access") });
    assert_eq!(sign_in(&city).await.unwrap(), "somebody");
    let lies = [
        (json!({}), json!({ "at_hash": hash("another") })),
        (json!({}), json!({ "iss": "https://elsewhere.example" })),
        (json!({}), json!({ "aud": "another-city" })),
        (json!({}), json!({ "aud": ["daftar", "another-city"] })),
        (json!({}), json!({ "exp": 1_000 })),
        (json!({}), json!({ "nonce": "another" })),
        (json!({ "alg": "none" }), json!({})),
        (json!({ "alg": "HS256" }), json!({})),
        (json!({ "alg": "HS256", "kid": "secret" }), json!({})),
        (json!({ "alg": "ES384" }), json!({})),
        (json!({ "kid": "unknown" }), json!({})),
    ];
    for (header, claims) in lies {
        {
            let mut lying = way.lock().unwrap();
            (lying.header, lying.claims) = (header.clone(), claims.clone());
        }
        let told = sign_in(&city).await;
        assert!(
            matches!(told, Err(SignInError::Token(_) | SignInError::NotCompleted(_))),
            "{header} {claims}: {told:?}"
        );
    }
}

#[tokio::test]
async fn a_provider_changes_its_key_between_two_sign_ins() {
    let (city, way) = world(None).await;
    assert!(sign_in(&city).await.is_ok());
    way.lock().unwrap().signs = 2;
    assert!(sign_in(&city).await.is_err(), "a key that it does not show");
    way.lock().unwrap().shown = 2;
    assert!(sign_in(&city).await.is_ok(), "a key that it shows since the last sign-in");
}

#[tokio::test]
async fn everybody_who_waits_for_a_provider_that_hangs_waits_once() {
    let (city, way) = world(None).await;
    way.lock().unwrap().thinks = Duration::from_secs(600);
    let began = Instant::now();
    let city = Arc::new(city);
    let begin = |city: Arc<Provider>| tokio::spawn(async move { city.begin("/").await.map(|_| ()) });
    let all: Vec<_> = (0..10).map(|_| begin(Arc::clone(&city))).collect();
    for one in all {
        let told = one.await.unwrap();
        assert!(matches!(told, Err(SignInError::Provider(_))), "{told:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(30), "not one after the other: {:?}", began.elapsed());
}

#[tokio::test]
async fn signing_out_leads_to_the_provider_and_back() {
    let (city, way) = world(None).await;
    let issuer = way.lock().unwrap().issuer.clone();
    let address = city.end("https://city.example/").await.unwrap();
    assert!(address.starts_with(&format!("{issuer}/end?")) && address.contains("client_id=daftar"), "{address}");
    assert!(address.contains("post_logout_redirect_uri=https%3A%2F%2Fcity.example%2F"), "{address}");
}

#[test]
fn a_provider_beyond_this_machine_is_reached_by_https() {
    for fine in ["https://accounts.example", "http://127.0.0.1:8080/x", "http://[::1]/x", "http://localhost/x"] {
        assert!(Provider::new(settings(fine, None)).is_ok(), "{fine}");
    }
    for plain in ["http://accounts.example", "http://127.0.0.1.example", "ftp://127.0.0.1", "http://10.0.0.1"] {
        assert!(Provider::new(settings(plain, None)).is_err(), "{plain}");
    }
    let inside = Settings { inside: Some("http://127.0.0.1:1".to_owned()), ..settings("http://city.example", None) };
    assert!(Provider::new(inside).is_ok(), "what counts is the way that is really gone");
}
