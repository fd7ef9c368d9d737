//! Signed JSON in compact form (RFC 7515), with ES256 and nothing else: a header that names another algorithm is refused.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey, signature::Signer as _, signature::Verifier as _};
use serde_json::{Map, Value, json};

/// The only algorithm.
pub(crate) const ALGORITHM: &str = "ES256";

/// Why a signed text is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not of this form at all.
    #[error("this is not a credential of the expected form")]
    Malformed,
    /// Of another type, or signed in another way.
    #[error("it is of another type or signed with another algorithm")]
    OtherType,
    /// Another issuer's.
    #[error("another issuer gave it")]
    OtherIssuer,
    /// Its key is none of ours.
    #[error("its key is not one of the issuer's")]
    UnknownKey,
    /// Changed after it was signed, or never signed.
    #[error("its signature is wrong")]
    BadSignature,
    /// Something is disclosed that was never signed.
    #[error("a disclosure does not belong to it")]
    BadDisclosure,
    /// Not yet.
    #[error("it does not hold yet")]
    NotYet,
    /// No more.
    #[error("its time is over")]
    Expired,
}

/// Signs claims under a key of this name.
pub(crate) fn sign(key: &SigningKey, kid: &str, typ: &str, claims: &Value) -> String {
    let header = json!({ "alg": ALGORITHM, "kid": kid, "typ": typ });
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let signature: Signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", encode(signature.to_bytes()))
}

/// The claims of a compact JWS of this type, once its signature is found right. `key` finds a public key by its name.
pub(crate) fn open(
    text: &str,
    typ: &str,
    key: impl Fn(&str) -> Option<VerifyingKey>,
) -> Result<Map<String, Value>, Refused> {
    let (signed, signature) = text.rsplit_once('.').ok_or(Refused::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(Refused::Malformed)?;
    let header = object(header)?;
    let says = |name: &str| header.get(name).and_then(Value::as_str);
    // Whoever marks a member as critical relies on its being understood, and none is here (RFC 7515 section 4.1.11).
    if says("alg") != Some(ALGORITHM) || says("typ") != Some(typ) || header.contains_key("crit") {
        return Err(Refused::OtherType);
    }
    let key = key(says("kid").unwrap_or_default()).ok_or(Refused::UnknownKey)?;
    let signature = Signature::from_slice(&decode(signature)?).map_err(|_| Refused::BadSignature)?;
    key.verify(signed.as_bytes(), &signature).map_err(|_| Refused::BadSignature)?;
    object(claims)
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::Malformed)
}

fn object(part: &str) -> Result<Map<String, Value>, Refused> {
    serde_json::from_slice(&decode(part)?).map_err(|_| Refused::Malformed)
}
