//! The keys that licences are signed with: one that signs, and the public halves of those that did before, so that what
//! they signed can still be checked.

use crate::jws::{self, Refused};
use p256::ecdsa::{SigningKey, VerifyingKey};
use p256::{EncodedPoint, FieldBytes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

/// Why a text does not hold such keys. Says nothing of the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("licence keys are a JWKS of P-256 keys, the first with its private part d and the others without")]
pub struct InvalidKeys;

/// The key that signs and the retired ones.
pub struct Keys {
    signing: SigningKey,
    /// All of them, the one that signs first.
    public: Vec<(String, VerifyingKey)>,
}

/// One key as JSON (RFC 7517, RFC 7518 section 6.2).
#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    kid: String,
    alg: String,
    #[serde(rename = "use")]
    usage: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    d: Option<String>,
}

impl Drop for Jwk {
    fn drop(&mut self) {
        self.d.zeroize();
    }
}

#[derive(Serialize, Deserialize)]
struct Set {
    keys: Vec<Jwk>,
}

impl Keys {
    /// A new random key, and none before it.
    ///
    /// # Errors
    /// Where the operating system gives no randomness.
    pub fn generate() -> Result<Keys, getrandom::Error> {
        Ok(Keys::with(fresh()?, Vec::new()))
    }

    /// A new random key that signs from now on. The private part of the one before is gone with this.
    ///
    /// # Errors
    /// Where the operating system gives no randomness.
    pub fn rotated(self) -> Result<Keys, getrandom::Error> {
        Ok(Keys::with(fresh()?, self.public))
    }

    fn with(signing: SigningKey, retired: Vec<(String, VerifyingKey)>) -> Keys {
        let key = *signing.verifying_key();
        let mut public = vec![(thumbprint(&key), key)];
        public.extend(retired);
        Keys { signing, public }
    }

    /// Reads what [`Keys::to_text`] writes.
    ///
    /// # Errors
    /// [`InvalidKeys`] for anything else.
    pub fn parse(text: &str) -> Result<Keys, InvalidKeys> {
        let set: Set = serde_json::from_str(text).map_err(|_| InvalidKeys)?;
        let (first, retired) = set.keys.split_first().ok_or(InvalidKeys)?;
        let secret = Zeroizing::new(jws::decode(first.d.as_ref().ok_or(InvalidKeys)?).map_err(|_| InvalidKeys)?);
        let signing = SigningKey::from_slice(&secret).map_err(|_| InvalidKeys)?;
        if first.public()?.1 != *signing.verifying_key() || retired.iter().any(|key| key.d.is_some()) {
            return Err(InvalidKeys);
        }
        Ok(Keys::with(signing, retired.iter().map(Jwk::public).collect::<Result<_, _>>()?))
    }

    /// All of them with the private part of the first, for whoever keeps them in a file of its own (mode 0600).
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut keys: Vec<Jwk> = self.public.iter().map(|(kid, key)| jwk(kid, key)).collect();
        let secret = Zeroizing::new(self.signing.to_bytes());
        keys[0].d = Some(jws::encode(secret.as_slice()));
        Zeroizing::new(serde_json::to_string_pretty(&Set { keys }).expect("texts serialize"))
    }

    /// What the well-known address of an issuer says (draft-ietf-oauth-sd-jwt-vc section 5): who it is, and its public
    /// keys, also the retired ones.
    #[must_use]
    pub fn issuer_metadata(&self, issuer: &str) -> Value {
        let keys: Vec<Jwk> = self.public.iter().map(|(kid, key)| jwk(kid, key)).collect();
        json!({ "issuer": issuer, "jwks": Set { keys } })
    }

    /// The name of the key that signs.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.public[0].0
    }

    pub(crate) fn sign(&self, typ: &str, claims: &Value) -> String {
        jws::sign(&self.signing, self.kid(), typ, claims)
    }

    pub(crate) fn open(&self, text: &str, typ: &str) -> Result<Map<String, Value>, Refused> {
        jws::open(text, typ, |kid| self.public.iter().find(|(known, _)| known == kid).map(|(_, key)| *key))
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("kid", &self.kid()).finish_non_exhaustive()
    }
}

impl Jwk {
    fn public(&self) -> Result<(String, VerifyingKey), InvalidKeys> {
        let coordinate = |text: &str| jws::decode(text).ok().filter(|bytes| bytes.len() == 32).ok_or(InvalidKeys);
        let (x, y) = (coordinate(&self.x)?, coordinate(&self.y)?);
        let point =
            EncodedPoint::from_affine_coordinates(FieldBytes::from_slice(&x), FieldBytes::from_slice(&y), false);
        let key = VerifyingKey::from_encoded_point(&point).map_err(|_| InvalidKeys)?;
        let named = self.kty == "EC" && self.crv == "P-256" && thumbprint(&key) == self.kid;
        if named { Ok((self.kid.clone(), key)) } else { Err(InvalidKeys) }
    }
}

/// A private key is 32 random bytes, but for a handful of values that are no scalar of the curve.
fn fresh() -> Result<SigningKey, getrandom::Error> {
    let mut bytes = Zeroizing::new([0; 32]);
    loop {
        getrandom::fill(bytes.as_mut())?;
        if let Ok(key) = SigningKey::from_slice(bytes.as_ref()) {
            return Ok(key);
        }
    }
}

fn coordinates(key: &VerifyingKey) -> (String, String) {
    let point = key.to_encoded_point(false);
    // Bytes 1 to 32 and 33 to 64 of an uncompressed point (SEC 1 section 2.3.3).
    let bytes = point.as_bytes();
    (jws::encode(&bytes[1..33]), jws::encode(&bytes[33..65]))
}

fn jwk(kid: &str, key: &VerifyingKey) -> Jwk {
    let (x, y) = coordinates(key);
    let [kty, crv, alg, usage] = ["EC", "P-256", jws::ALGORITHM, "sig"].map(str::to_owned);
    Jwk { kty, crv, x, y, kid: kid.to_owned(), alg, usage, d: None }
}

/// A key's name is its thumbprint (RFC 7638), so no two keys share one.
fn thumbprint(key: &VerifyingKey) -> String {
    let (x, y) = coordinates(key);
    jws::encode(Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)))
}
