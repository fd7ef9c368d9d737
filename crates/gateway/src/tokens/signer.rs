//! Issuing tokens: one private key, kept as a JWK in a file of its own.

use super::{AUDIENCE, Claims, DistrictsClaim, ISSUER, Jwk, JwkSet, ed25519};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use kernel::{CityId, DepartmentId, PersonId, RoleId};
use std::time::Duration;
use zeroize::Zeroizing;

/// How many bytes of the public key name it.
const KID_BYTES: usize = 9;

/// Why a text is not a private key. Says nothing of the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signing key is a JWK with kty OKP, crv Ed25519 and matching x and d")]
pub struct InvalidSigner;

/// Issues tokens under one Ed25519 key.
pub struct Signer {
    seed: Zeroizing<[u8; 32]>,
    public: [u8; 32],
    kid: String,
}

impl Signer {
    /// A new random key.
    ///
    /// # Errors
    /// Where the operating system gives no randomness.
    pub fn generate() -> Result<Signer, getrandom::Error> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut())?;
        Ok(Signer::from_seed(seed))
    }

    /// The key of this seed (RFC 8032 section 5.1.5).
    #[must_use]
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Signer {
        ed25519::install();
        let public = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        Signer { seed, public, kid: URL_SAFE_NO_PAD.encode(&public[..KID_BYTES]) }
    }

    /// Reads the key from the JWK that [`Signer::to_jwk`] writes.
    ///
    /// # Errors
    /// [`InvalidSigner`] for anything else.
    pub fn parse_jwk(text: &str) -> Result<Signer, InvalidSigner> {
        let jwk: Jwk = serde_json::from_str(text).map_err(|_| InvalidSigner)?;
        let secret = jwk.d.map(Zeroizing::new).ok_or(InvalidSigner)?;
        let bytes = URL_SAFE_NO_PAD.decode(secret.as_bytes()).map(Zeroizing::new).map_err(|_| InvalidSigner)?;
        let seed: [u8; 32] = bytes.as_slice().try_into().map_err(|_| InvalidSigner)?;
        let signer = Signer::from_seed(Zeroizing::new(seed));
        let same = jwk.kty == "OKP" && jwk.crv == "Ed25519" && URL_SAFE_NO_PAD.encode(signer.public) == jwk.x;
        if same { Ok(Signer { kid: jwk.kid, ..signer }) } else { Err(InvalidSigner) }
    }

    /// The private key as a JWK, for whoever writes it to its file (mode 0600).
    #[must_use]
    pub fn to_jwk(&self) -> Zeroizing<String> {
        let jwk = Jwk { d: Some(URL_SAFE_NO_PAD.encode(self.seed.as_ref())), ..self.public_jwk() };
        Zeroizing::new(serde_json::to_string_pretty(&jwk).expect("texts serialize"))
    }

    /// The public key as a JWKS, which the gateway reads.
    #[must_use]
    pub fn to_jwks(&self) -> String {
        let set = JwkSet { keys: vec![self.public_jwk()] };
        serde_json::to_string_pretty(&set).expect("texts serialize")
    }

    /// The name of the key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// A token for somebody in a role, from `now` (seconds since 1970) for as long as told.
    #[must_use]
    pub fn issue(&self, holder: &Holder, now: u64, holds: Duration) -> String {
        let Holder { city, person, role, department, districts } = holder.clone();
        self.sign(&Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: person.0,
            role,
            department,
            districts,
            city,
            iat: now,
            exp: now + holds.as_secs(),
        })
    }

    /// A token with exactly these claims.
    #[must_use]
    pub fn sign(&self, claims: &Claims) -> String {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let key = EncodingKey::from_ed_der(self.seed.as_ref());
        encode(&header, claims, &key).expect("claims serialize and an Ed25519 key signs anything")
    }

    #[cfg(test)]
    pub(super) fn public(&self) -> [u8; 32] {
        self.public
    }

    fn public_jwk(&self) -> Jwk {
        Jwk {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            kid: self.kid.clone(),
            x: URL_SAFE_NO_PAD.encode(self.public),
            alg: Some("EdDSA".to_owned()),
            usage: Some("sig".to_owned()),
            d: None,
        }
    }
}

/// Whom a token is for.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The city.
    pub city: CityId,
    /// The person, by pseudonym.
    pub person: PersonId,
    /// The role they act in.
    pub role: RoleId,
    /// The department that gave it to them.
    pub department: Option<DepartmentId>,
    /// Where it holds.
    pub districts: DistrictsClaim,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.kid)
    }
}
