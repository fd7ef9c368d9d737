//! The relying party: authorization code with PKCE (RFC 7636), state and nonce, and an ID token that is checked whole.

use crate::{Identity, Settings};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndSessionUrl, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenFields, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, Scope, StandardErrorResponse,
    StandardTokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
        CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
    http::Uri,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long what a provider says of itself and its keys is used before it is asked again.
const FRESH: Duration = Duration::from_secs(300);
/// How long a provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a provider that failed is left alone.
const REST: Duration = Duration::from_secs(2);
/// The most bytes of an answer.
const LARGEST_ANSWER: usize = 256 * 1024;

/// What an ID token may be signed with.
const ALGORITHMS: &[CoreJwsSigningAlgorithm] = &[
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
];

/// What must come back unchanged; kept in a sealed cookie while somebody is away at the provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pending {
    state: String,
    nonce: String,
    verifier: String,
    /// Where to go afterwards.
    pub back: String,
}

/// Why somebody is not signed in. Holds nothing personal.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The configuration has an address that is none.
    #[error("{0} is not an address")]
    Address(String),
    /// Anybody on the way could say who somebody is.
    #[error("the sign-in provider {0} must be reached by https")]
    Insecure(String),
    /// The provider does not answer, or not as it should.
    #[error("the sign-in provider does not answer as it should: {0}")]
    Provider(String),
    /// What came back does not belong to what was begun here.
    #[error("this sign-in was not begun here, or too long ago")]
    State,
    /// The provider gave no code, or does not take the one it gave.
    #[error("the sign-in was not completed: {0}")]
    NotCompleted(String),
    /// The ID token is not signed by the provider, not for this city, or not for this sign-in.
    #[error("the provider's answer is not valid: {0}")]
    Token(String),
    /// The claims name a role or a district that cannot be one.
    #[error("the claim {0} is not what it should be")]
    Claim(String),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Others {
    #[serde(flatten)]
    all: Map<String, Value>,
}
impl AdditionalClaims for Others {}

type Fields = IdTokenFields<
    Others,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Answer = StandardTokenResponse<Fields, CoreTokenType>;
type Metadata = ProviderMetadataWithLogout;
type Relying = Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A provider of accounts.
pub struct Provider {
    settings: Settings,
    http: reqwest::Client,
    known: Mutex<Known>,
}

/// What the provider said of itself, and when.
#[derive(Default)]
struct Known {
    told: Option<(Instant, Told)>,
    failed: Option<(Instant, String)>,
}

#[derive(Clone)]
struct Told {
    relying: Relying,
    /// Where somebody signs out at the provider too, if it has such a place.
    end: Option<EndSessionUrl>,
}

impl Provider {
    /// A provider by its settings; it is asked when somebody first signs in.
    ///
    /// # Errors
    /// When an address is none, or the provider is not reached by https (another process of this machine may be).
    pub fn new(settings: Settings) -> Result<Provider, SignInError> {
        settings.check()?;
        // Another part of the process may have set it already, to the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A redirect could lead inside our own network.
        let http = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build();
        let http = http.map_err(|error| SignInError::Provider(error.to_string()))?;
        Ok(Provider { settings, http, known: Mutex::default() })
    }

    /// The origin that people are sent to, for a policy of what forms may lead on to.
    #[must_use]
    pub fn origin(&self) -> String {
        reqwest::Url::parse(&self.settings.issuer).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }

    /// Where to send somebody, and what to keep until they come back.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn begin(&self, back: &str) -> Result<(String, Pending), SignInError> {
        let Told { relying, .. } = self.told(None).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let asked = relying
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("profile".to_owned()))
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge);
        let (address, state, nonce) = asked.url();
        let (state, nonce) = (state.secret().clone(), nonce.secret().clone());
        let pending = Pending { state, nonce, verifier: verifier.secret().clone(), back: back.to_owned() };
        Ok((address.to_string(), pending))
    }

    /// Who came back with this code and state.
    ///
    /// # Errors
    /// When it was not begun here, or the provider's answer is not valid.
    pub async fn finish(&self, code: &str, state: &str, pending: &Pending) -> Result<Identity, SignInError> {
        if state.is_empty() || state != pending.state {
            return Err(SignInError::State);
        }
        let asked = Instant::now();
        let Told { relying, .. } = self.told(None).await?;
        let request = relying
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| SignInError::Provider(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()));
        let http = |request| self.send(request);
        let answer = request.request_async(&http).await.map_err(|error| SignInError::NotCompleted(short(&error)))?;
        match self.believe(&relying, &answer, pending) {
            // It may have signed with a key that it did not have when it was last asked.
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                let Told { relying, .. } = self.told(Some(asked)).await?;
                self.believe(&relying, &answer, pending).map_err(|error| SignInError::Token(short(&error)))?
            }
            first => first.map_err(|error| SignInError::Token(short(&error)))?,
        }
    }

    /// Where to send somebody who signed out here, so that they are signed out at the provider too.
    pub async fn end(&self, back: &str) -> Option<String> {
        let end = self.told(None).await.ok()?.end?;
        let back = PostLogoutRedirectUrl::new(back.to_owned()).ok()?;
        let client = ClientId::new(self.settings.client_id.clone());
        let request = LogoutRequest::from(end).set_client_id(client).set_post_logout_redirect_uri(back);
        Some(request.http_get_url().to_string())
    }

    /// Reads an answer whose every part is checked: signature, issuer, audience, time, nonce, and that the access token
    /// beside it belongs to it.
    fn believe(
        &self,
        relying: &Relying,
        answer: &Answer,
        pending: &Pending,
    ) -> Result<Result<Identity, SignInError>, ClaimsVerificationError> {
        let Some(token) = answer.extra_fields().id_token() else {
            return Ok(Err(SignInError::Token("it has no ID token".to_owned())));
        };
        // Keys of the provider only: never a secret that both know, and never none.
        let verifier = relying.id_token_verifier().set_allowed_algs(ALGORITHMS.iter().cloned());
        let claims = token.claims(&verifier, &Nonce::new(pending.nonce.clone()))?;
        if let Some(expected) = claims.access_token_hash() {
            let of = |alg, key| AccessTokenHash::from_token(answer.access_token(), alg, key).ok();
            let hash =
                token.signing_alg().ok().zip(token.signing_key(&verifier).ok()).and_then(|(alg, key)| of(alg, key));
            if hash.as_ref() != Some(expected) {
                return Ok(Err(SignInError::Token("its access token is another's".to_owned())));
            }
        }
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
        let (subject, others) = (claims.subject().as_str(), &claims.additional_claims().all);
        Ok(Identity::read(&self.settings.claims, subject, name, others))
    }

    /// What the provider says of itself, asked again when that is old, or older than `newer_than`. Everybody who waits
    /// meanwhile shares one question, and a provider that just failed is not asked again at once.
    async fn told(&self, newer_than: Option<Instant>) -> Result<Told, SignInError> {
        let mut known = self.known.lock().await;
        let is_fresh = |since: Instant| since.elapsed() < FRESH && newer_than.is_none_or(|than| since >= than);
        if let Some((_, told)) = known.told.as_ref().filter(|(since, _)| is_fresh(*since)) {
            return Ok(told.clone());
        }
        if let Some((_, error)) = known.failed.as_ref().filter(|(since, _)| since.elapsed() < REST) {
            return Err(SignInError::Provider(error.clone()));
        }
        match self.ask().await {
            Ok(told) => {
                *known = Known { told: Some((Instant::now(), told.clone())), failed: None };
                Ok(told)
            }
            Err(error) => {
                known.failed = Some((Instant::now(), error.to_string()));
                Err(error)
            }
        }
    }

    async fn ask(&self) -> Result<Told, SignInError> {
        let Settings { issuer, client_id, client_secret, redirect, .. } = &self.settings;
        let issuer = IssuerUrl::new(issuer.clone()).map_err(|_| SignInError::Address(issuer.clone()))?;
        let redirect = RedirectUrl::new(redirect.clone()).map_err(|_| SignInError::Address(redirect.clone()))?;
        let http = |request| self.send(request);
        let asked = tokio::time::timeout(PATIENCE, Metadata::discover_async(issuer, &http)).await;
        let metadata = asked.map_err(|_| SignInError::Provider("it takes too long".to_owned()))?;
        let metadata = metadata.map_err(|error| SignInError::Provider(short(&error)))?;
        let end = metadata.additional_metadata().end_session_endpoint.clone();
        let secret = client_secret.clone().map(ClientSecret::new);
        let relying = Relying::from_provider_metadata(metadata, ClientId::new(client_id.clone()), secret);
        Ok(Told { relying: relying.set_redirect_uri(redirect), end })
    }

    /// Owns its client, so that what waits for it can move between threads.
    fn send(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse, reqwest::Error>> + Send + use<> {
        let http = self.http.clone();
        let inside = self.settings.inside(&request.uri().to_string()).and_then(|address| address.parse().ok());
        send(http, request, inside)
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.settings.issuer).finish_non_exhaustive()
    }
}

/// An error with what caused it, in one line.
fn short(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

async fn send(
    http: reqwest::Client,
    mut request: HttpRequest,
    inside: Option<Uri>,
) -> Result<HttpResponse, reqwest::Error> {
    if let Some(inside) = inside {
        *request.uri_mut() = inside;
    }
    let mut answer = http.execute(request.try_into()?).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST_ANSWER {
            // What is cut off does not parse.
            break;
        }
    }
    let mut response = HttpResponse::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}
