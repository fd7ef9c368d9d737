//! The relying party: authorization code with PKCE (RFC 7636), state and nonce, and an ID token that is checked whole.

use kernel::{DepartmentId, RoleId};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenFields, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
        CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
        CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long what a provider says of itself and its keys is used before it is asked again.
const FRESH: Duration = Duration::from_secs(300);
/// How long a provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most bytes of an answer.
const LARGEST_ANSWER: usize = 256 * 1024;

/// Which provider, and as what it knows this city.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The provider's issuer address; its discovery document is under it.
    pub issuer: String,
    /// The city's name there.
    pub client_id: String,
    /// The city's password there; none for a public client.
    pub client_secret: Option<String>,
    /// Where the provider sends people back to.
    pub redirect: String,
    /// What else to ask for besides `openid profile`.
    pub scopes: Vec<String>,
    /// How the provider names what we need.
    pub claims: ClaimNames,
}

/// The names of the claims that say who somebody is in the city.
#[derive(Debug, Clone)]
pub struct ClaimNames {
    /// The national id of a citizen.
    pub national_id: String,
    /// The role of an officer.
    pub role: String,
    /// The department that gives it.
    pub department: String,
    /// Where it holds: a list of numbers, or `all`.
    pub districts: String,
}

impl Default for ClaimNames {
    fn default() -> ClaimNames {
        let name = str::to_owned;
        ClaimNames {
            national_id: name("national_id"),
            role: name("role"),
            department: name("department"),
            districts: name("districts"),
        }
    }
}

/// What must come back unchanged; kept in a sealed cookie while somebody is away at the provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pending {
    state: String,
    nonce: String,
    verifier: String,
    /// Where to go afterwards.
    pub back: String,
}

/// Who a provider says somebody is. The national id is not checked here.
#[derive(Clone)]
pub struct Identity {
    /// The provider's name for them.
    pub subject: String,
    /// What to call them.
    pub name: Option<String>,
    /// Of a citizen.
    pub national_id: Option<String>,
    /// Of an officer.
    pub role: Option<RoleId>,
    /// Of an officer.
    pub department: Option<DepartmentId>,
    /// Where the role holds; nothing means everywhere.
    pub districts: Option<Vec<u8>>,
}

/// Hides everything: it is personal, and debug output ends in logs.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// Why somebody is not signed in. Holds nothing personal.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The configuration has an address that is none.
    #[error("{0} is not an address")]
    Address(String),
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
type Relying = Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
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
    known: Mutex<Option<(Instant, Relying)>>,
}

impl Provider {
    /// A provider by its settings; it is asked when somebody first signs in.
    ///
    /// # Errors
    /// When an address is none.
    pub fn new(settings: Settings) -> Result<Provider, SignInError> {
        for address in [&settings.issuer, &settings.redirect] {
            if reqwest::Url::parse(address).is_err() {
                return Err(SignInError::Address(address.clone()));
            }
        }
        // Another part of the process may have set it already, to the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A redirect could lead inside our own network.
        let http = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build();
        let http = http.map_err(|error| SignInError::Provider(error.to_string()))?;
        Ok(Provider { settings, http, known: Mutex::new(None) })
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
        let relying = self.relying().await?;
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
        let relying = self.relying().await?;
        let request = relying
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| SignInError::Provider(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()));
        let http = |request| send(self.http.clone(), request);
        let answer = request.request_async(&http).await.map_err(|error| SignInError::NotCompleted(short(&error)))?;
        let token =
            answer.extra_fields().id_token().ok_or_else(|| SignInError::Token("it has no ID token".to_owned()))?;
        let nonce = Nonce::new(pending.nonce.clone());
        let claims = token.claims(&relying.id_token_verifier(), &nonce);
        let claims = claims.map_err(|error| SignInError::Token(error.to_string()))?;
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
        self.identity(claims.subject().as_str(), name, &claims.additional_claims().all)
    }

    fn identity(&self, subject: &str, name: Option<String>, all: &Map<String, Value>) -> Result<Identity, SignInError> {
        let names = &self.settings.claims;
        let text = |name: &str| all.get(name).and_then(Value::as_str).map(str::to_owned);
        let wrong = |name: &str| SignInError::Claim(name.to_owned());
        let role = text(&names.role).map(|role| role.parse().map_err(|_| wrong(&names.role))).transpose()?;
        let department = text(&names.department);
        let department = department.map(|one| one.parse().map_err(|_| wrong(&names.department))).transpose()?;
        let districts = match all.get(&names.districts) {
            None => Some(Vec::new()),
            Some(Value::String(all)) if all == "all" => None,
            Some(Value::Array(some)) => {
                let number = |value: &Value| value.as_u64().and_then(|number| u8::try_from(number).ok());
                Some(some.iter().map(number).collect::<Option<_>>().ok_or_else(|| wrong(&names.districts))?)
            }
            Some(_) => return Err(wrong(&names.districts)),
        };
        let national_id = text(&names.national_id);
        Ok(Identity { subject: subject.to_owned(), name, national_id, role, department, districts })
    }

    async fn relying(&self) -> Result<Relying, SignInError> {
        let mut known = self.known.lock().await;
        if let Some((_, relying)) = known.as_ref().filter(|(since, _)| since.elapsed() < FRESH) {
            return Ok(relying.clone());
        }
        let Settings { issuer, client_id, client_secret, redirect, .. } = &self.settings;
        let issuer = IssuerUrl::new(issuer.clone()).map_err(|_| SignInError::Address(issuer.clone()))?;
        let redirect = RedirectUrl::new(redirect.clone()).map_err(|_| SignInError::Address(redirect.clone()))?;
        let http = |request| send(self.http.clone(), request);
        let metadata = CoreProviderMetadata::discover_async(issuer, &http).await;
        let metadata = metadata.map_err(|error| SignInError::Provider(short(&error)))?;
        let secret = client_secret.clone().map(ClientSecret::new);
        let relying = Relying::from_provider_metadata(metadata, ClientId::new(client_id.clone()), secret);
        let relying = relying.set_redirect_uri(redirect);
        *known = Some((Instant::now(), relying.clone()));
        Ok(relying)
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

/// Owns its client, so that what waits for it can move between threads.
async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
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
