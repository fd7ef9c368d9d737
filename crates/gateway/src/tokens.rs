//! Bearer tokens: JWTs signed with Ed25519, and nothing else.
//!
//! [`Keys`] verifies what callers bring; [`Signer`] issues tokens. A token that is not accepted is not explained: every
//! reason gives the same [`NotAccepted`].

mod ed25519;
mod signer;

pub use signer::{Holder, InvalidSigner, Signer};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use kernel::{Actor, CityId, DepartmentId, DistrictId, Districts, PersonId, RoleId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Who tokens are for.
pub const AUDIENCE: &str = "daftar";
/// Who issues them.
pub const ISSUER: &str = "daftar";
/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN: usize = 4096;
/// How far two machines' clocks may be apart, in seconds.
const LEEWAY: u64 = 30;
/// The role of the registrar's own clock: nobody brings it from outside.
const CLOCK_ROLE: &str = "clock";

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// [`ISSUER`].
    pub iss: String,
    /// [`AUDIENCE`].
    pub aud: String,
    /// The person, by pseudonym.
    pub sub: uuid::Uuid,
    /// The role they act in.
    pub role: RoleId,
    /// The department that gave it to them; citizens have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// Where the role holds.
    #[serde(default)]
    pub districts: DistrictsClaim,
    /// The city it was issued for.
    pub city: CityId,
    /// Issued at, seconds since 1970.
    pub iat: u64,
    /// Holds until, seconds since 1970.
    pub exp: u64,
}

/// `"all"`, or a list of district numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DistrictsClaim {
    /// Every district.
    All(AllDistricts),
    /// These.
    These(Vec<u8>),
}

/// The word `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AllDistricts {
    /// Every district.
    All,
}

impl Default for DistrictsClaim {
    fn default() -> DistrictsClaim {
        DistrictsClaim::These(Vec::new())
    }
}

impl DistrictsClaim {
    /// Every district.
    pub const ALL: DistrictsClaim = DistrictsClaim::All(AllDistricts::All);

    fn set(&self) -> Districts {
        match self {
            DistrictsClaim::All(AllDistricts::All) => Districts::ALL,
            DistrictsClaim::These(districts) => districts.iter().copied().map(DistrictId).collect(),
        }
    }
}

/// The token is not one that this gateway accepts. Why is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not accepted")]
pub struct NotAccepted;

/// Why a JWKS file is not one.
#[derive(Debug, thiserror::Error)]
pub enum InvalidJwks {
    /// It is not the JSON of a key set.
    #[error("the key set is not a JWKS")]
    Json(#[source] serde_json::Error),
    /// One of its keys cannot be used.
    #[error("key {kid:?} of the key set: {why}")]
    Key {
        /// Which.
        kid: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It has no keys: nobody could come in.
    #[error("the key set has no keys")]
    Empty,
}

/// The public keys whose tokens are accepted.
#[derive(Clone)]
pub struct Keys {
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
}

#[derive(Serialize, Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    kid: String,
    x: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<String>,
}

impl Keys {
    /// Reads a JWKS (RFC 7517) of Ed25519 keys (RFC 8037), each with its own `kid`.
    ///
    /// # Errors
    /// Names the key that is of another kind, doubled, not a point of the curve, or a private one.
    pub fn parse_jwks(text: &str) -> Result<Keys, InvalidJwks> {
        ed25519::install();
        let set: JwkSet = serde_json::from_str(text).map_err(InvalidJwks::Json)?;
        let mut keys = HashMap::new();
        for jwk in set.keys {
            let key = public_key(&jwk).map_err(|why| InvalidJwks::Key { kid: jwk.kid.clone(), why })?;
            if keys.insert(jwk.kid.clone(), DecodingKey::from_ed_der(&key)).is_some() {
                return Err(InvalidJwks::Key { kid: jwk.kid, why: "another key has the same kid" });
            }
        }
        if keys.is_empty() {
            return Err(InvalidJwks::Empty);
        }
        Ok(Keys { keys, validation: validation() })
    }

    /// Who brings this token, if it is signed by a known key, for this city, and holds now.
    ///
    /// # Errors
    /// [`NotAccepted`], whatever is wrong.
    pub fn verify(&self, token: &str, city: &CityId) -> Result<Actor, NotAccepted> {
        if token.len() > MAX_TOKEN {
            return Err(NotAccepted);
        }
        let header = decode_header(token).map_err(|_| NotAccepted)?;
        if header.typ.as_deref() != Some("JWT") || header.alg != Algorithm::EdDSA {
            return Err(NotAccepted);
        }
        let key = header.kid.and_then(|kid| self.keys.get(&kid)).ok_or(NotAccepted)?;
        let claims: Claims = decode(token, key, &self.validation).map_err(|_| NotAccepted)?.claims;
        if claims.city != *city || claims.role.as_str() == CLOCK_ROLE {
            return Err(NotAccepted);
        }
        let districts = claims.districts.set();
        Ok(Actor { person: PersonId(claims.sub), role: claims.role, department: claims.department, districts })
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_nbf = true;
    validation.leeway = LEEWAY;
    validation
}

fn public_key(jwk: &Jwk) -> Result<[u8; 32], &'static str> {
    if jwk.kty != "OKP" || jwk.crv != "Ed25519" || jwk.alg.as_ref().is_some_and(|alg| alg != "EdDSA") {
        return Err("only Ed25519 keys are accepted (kty OKP, crv Ed25519)");
    }
    if jwk.d.is_some() {
        return Err("this is a private key; a key set has public ones only");
    }
    if jwk.kid.is_empty() {
        return Err("it has no kid");
    }
    let bytes = URL_SAFE_NO_PAD.decode(&jwk.x).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let bytes = bytes.ok_or("x is not 32 bytes of base64url")?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| "x is not a point of the curve")?;
    if key.is_weak() { Err("x is a weak key") } else { Ok(bytes) }
}

#[cfg(test)]
mod tests;
