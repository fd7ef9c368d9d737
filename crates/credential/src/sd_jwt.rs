//! Claims of which their holder shows what they choose (RFC 9901): the signed part has only a salted digest of each claim
//! that may be left out, and the claim itself travels beside it.
//!
//! Only claims of the first level can be left out, and there is no key binding: a licence is carried by whoever works
//! under it, on paper and on several phones.

use crate::{
    jws::{self, Refused},
    keys::Keys,
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// What the header says a credential is.
const TYPE: &str = "dc+sd-jwt";
const DIGESTS: &str = "_sd";
const DIGEST_ALGORITHM: &str = "_sd_alg";
/// The salt's length; 128 bits are asked for.
const SALT: usize = 16;
/// The most disclosures that are looked at.
const MOST_DISCLOSURES: usize = 64;

/// Signs claims, of which `choice` may be left out by whoever shows them.
pub(crate) fn issue(
    keys: &Keys,
    mut claims: Map<String, Value>,
    choice: impl IntoIterator<Item = (&'static str, Value)>,
) -> Result<String, getrandom::Error> {
    let mut disclosures = Vec::new();
    for (name, value) in choice {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt)?;
        disclosures.push(jws::encode(json!([jws::encode(salt), name, value]).to_string()));
    }
    let mut digests: Vec<String> = disclosures.iter().map(|disclosure| digest(disclosure)).collect();
    // In their own order, so that a place says nothing of the claim.
    digests.sort_unstable();
    claims.insert(DIGESTS.to_owned(), digests.into());
    claims.insert(DIGEST_ALGORITHM.to_owned(), "sha-256".into());
    let signed = keys.sign(TYPE, &Value::Object(claims));
    Ok(disclosures.into_iter().fold(signed + "~", |all, disclosure| all + &disclosure + "~"))
}

/// The signed claims with those that are disclosed among them.
pub(crate) fn open(text: &str, keys: &Keys) -> Result<Map<String, Value>, Refused> {
    let mut parts = text.split('~');
    let signed = parts.next().ok_or(Refused::Malformed)?;
    let mut claims = keys.open(signed, TYPE)?;
    // What stands behind the last tilde is a proof of the holder's key, which these credentials do not have.
    let disclosures: Vec<&str> = parts.collect();
    let Some(("", disclosures)) = disclosures.split_last().map(|(last, all)| (*last, all)) else {
        return Err(Refused::Malformed);
    };
    if disclosures.len() > MOST_DISCLOSURES {
        return Err(Refused::Malformed);
    }
    let digests = claims.remove(DIGESTS).unwrap_or_else(|| json!([]));
    if claims.remove(DIGEST_ALGORITHM).is_some_and(|algorithm| algorithm != "sha-256") {
        return Err(Refused::OtherType);
    }
    let mut digests: Vec<String> = serde_json::from_value(digests).map_err(|_| Refused::Malformed)?;
    for disclosure in disclosures {
        // A digest counts once, so that no claim is shown twice.
        let own = digest(disclosure);
        let place = digests.iter().position(|known| *known == own).ok_or(Refused::BadDisclosure)?;
        digests.swap_remove(place);
        let (name, value) = disclosed(disclosure)?;
        if name == DIGESTS || name == "..." || claims.contains_key(&name) {
            return Err(Refused::BadDisclosure);
        }
        claims.insert(name, value);
    }
    Ok(claims)
}

fn digest(disclosure: &str) -> String {
    jws::encode(Sha256::digest(disclosure))
}

fn disclosed(disclosure: &str) -> Result<(String, Value), Refused> {
    let parts: (String, String, Value) =
        serde_json::from_slice(&jws::decode(disclosure)?).map_err(|_| Refused::BadDisclosure)?;
    Ok((parts.1, parts.2))
}
