//! What the signer issues the keys accept, and nothing else.

use super::*;
use serde_json::{Value, json};
use std::time::Duration;

const NOW_IN_TESTS: u64 = 4_000_000_000;

fn signer(byte: u8) -> Signer {
    Signer::from_seed(zeroize::Zeroizing::new([byte; 32]))
}

fn city() -> CityId {
    "isfahan".parse().unwrap()
}

fn holder() -> Holder {
    Holder {
        city: city(),
        person: PersonId(uuid::Uuid::from_u128(7)),
        role: "intake".parse().unwrap(),
        department: Some("permit-office".parse().unwrap()),
        districts: DistrictsClaim::These(vec![3, 5]),
    }
}

fn token() -> String {
    signer(1).issue(&holder(), NOW_IN_TESTS, Duration::from_secs(60))
}

fn keys() -> Keys {
    Keys::parse_jwks(&signer(1).to_jwks()).unwrap()
}

/// The token with header and claims changed, signed by `by` all the same.
fn changed(by: &Signer, header: impl FnOnce(&mut Value), claims: impl FnOnce(&mut Value)) -> String {
    let token = token();
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    let mut read = || serde_json::from_slice::<Value>(&parts.next().unwrap()).unwrap();
    let (mut head, mut body) = (read(), read());
    header(&mut head);
    claims(&mut body);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&head), part(&body));
    let seed: [u8; 32] = URL_SAFE_NO_PAD
        .decode(serde_json::from_str::<Value>(&by.to_jwk()).unwrap()["d"].as_str().unwrap())
        .unwrap()
        .try_into()
        .unwrap();
    use ed25519_dalek::Signer as _;
    let signature = ed25519_dalek::SigningKey::from_bytes(&seed).sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

#[test]
fn what_the_signer_issues_the_keys_accept() {
    let actor = keys().verify(&token(), &city()).unwrap();
    assert_eq!(actor.person, PersonId(uuid::Uuid::from_u128(7)));
    assert_eq!((actor.role.as_str(), actor.department.unwrap().as_str()), ("intake", "permit-office"));
    assert!(actor.districts.contains(DistrictId(3)) && !actor.districts.contains(DistrictId(4)));
    let everywhere = Holder { districts: DistrictsClaim::ALL, ..holder() };
    let token = signer(1).issue(&everywhere, NOW_IN_TESTS, Duration::from_secs(60));
    assert_eq!(keys().verify(&token, &city()).unwrap().districts, Districts::ALL);
    assert!(keys().verify(&changed(&signer(1), |_| {}, |_| {}), &city()).is_ok(), "the helper signs well");
}

#[test]
fn anything_else_is_not_accepted() {
    let same = |_: &mut Value| {};
    let header = |name: &'static str, value: Value| move |head: &mut Value| head[name] = value;
    let claim = header;
    let one = signer(1);
    let wrong = [
        ("alg none", changed(&one, header("alg", json!("none")), same)),
        ("alg HS256", changed(&one, header("alg", json!("HS256")), same)),
        ("typ", changed(&one, header("typ", json!("at+jwt")), same)),
        ("no typ", changed(&one, header("typ", Value::Null), same)),
        ("kid", changed(&one, header("kid", json!("another")), same)),
        ("no kid", changed(&one, header("kid", Value::Null), same)),
        ("another's key", changed(&signer(2), same, same)),
        ("aud", changed(&one, same, claim("aud", json!("else")))),
        ("iss", changed(&one, same, claim("iss", json!("else")))),
        ("expired", changed(&one, same, claim("exp", json!(1_000)))),
        ("not yet", changed(&one, same, claim("nbf", json!(NOW_IN_TESTS)))),
        ("no exp", changed(&one, same, |body| drop(body.as_object_mut().unwrap().remove("exp")))),
        ("city", changed(&one, same, claim("city", json!("shiraz")))),
        ("clock", changed(&one, same, claim("role", json!("clock")))),
        ("sub", changed(&one, same, claim("sub", json!("me")))),
        ("empty", String::new()),
        ("dots", "..".to_owned()),
        ("no signature", token().rsplit_once('.').unwrap().0.to_owned() + "."),
        ("long", format!("{}{}", token(), "A".repeat(MAX_TOKEN))),
    ];
    for (what, token) in wrong {
        assert_eq!(keys().verify(&token, &city()).err(), Some(NotAccepted), "{what}");
    }
}

#[test]
fn a_signing_key_reads_back_and_hides_itself() {
    let one = signer(1);
    let read = Signer::parse_jwk(&one.to_jwk()).unwrap();
    assert_eq!(read.to_jwks(), one.to_jwks());
    let secret = serde_json::from_str::<Value>(&one.to_jwk()).unwrap()["d"].as_str().unwrap().to_owned();
    assert!(!format!("{one:?} {}", one.to_jwks()).contains(&secret));
    let mut named: Value = serde_json::from_str(&signer(2).to_jwk()).unwrap();
    named["kid"] = json!("k");
    assert_eq!(Signer::parse_jwk(&named.to_string()).unwrap().kid(), "k", "a key keeps the name it was given");
    for text in ["", "{}", &one.to_jwks(), &one.to_jwk().replace("Ed25519", "X25519")] {
        assert_eq!(Signer::parse_jwk(text).err(), Some(InvalidSigner));
    }
}

#[test]
fn a_key_set_of_anything_but_public_ed25519_keys_is_refused() {
    let private = format!("{{\"keys\":[{}]}}", *signer(1).to_jwk());
    let good = signer(1).to_jwks();
    let one = serde_json::from_str::<Value>(&good).unwrap()["keys"][0].clone();
    let twice = json!({ "keys": [one, one] }).to_string();
    let weak = good.replace(&URL_SAFE_NO_PAD.encode(signer(1).public()), &URL_SAFE_NO_PAD.encode([0; 32]));
    for text in ["", "[]", "{\"keys\":[]}", &private, &twice, &weak, &good.replace("OKP", "RSA")] {
        assert!(Keys::parse_jwks(text).is_err(), "{text}");
    }
}
