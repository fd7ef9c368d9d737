//! The licence as a credential: what a checker accepts, and what it must not.

use super::{ISSUER, at, keys, licence};
use crate::{Credential, Keys, Licence, Refused, type_metadata};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};

fn verified(text: &str, keys: &Keys) -> Result<Credential, Refused> {
    Credential::verify(text, keys, ISSUER, at(2_000))
}

/// A part of the signed text, read without asking anybody.
fn part(credential: &str, place: usize) -> Value {
    let part = credential.split(['.', '~']).nth(place).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn it_says_what_the_drafts_want_and_hides_what_is_the_holders() {
    let keys = keys();
    let credential = licence().issue(&keys, ISSUER, at(2_000)).unwrap();
    let header = part(&credential, 0);
    assert_eq!(header, json!({ "alg": "ES256", "kid": keys.kid(), "typ": "dc+sd-jwt" }));
    let signed = part(&credential, 1);
    for name in ["iss", "vct", "iat", "nbf", "exp", "status", "licence", "_sd", "_sd_alg"] {
        assert!(signed.get(name).is_some(), "{name} in {signed}");
    }
    let reference = json!({ "idx": 7, "uri": "https://city.example/status-lists/1405" });
    assert_eq!(signed["status"]["status_list"], reference);
    for name in ["case", "holder", "parcel", "address", "works"] {
        assert!(signed.get(name).is_none(), "{name} is signed in the clear: {signed}");
    }
    assert!(!signed.to_string().contains("زهرا"));
    assert_eq!(credential.matches('~').count(), 5, "four disclosures: an address was not given");
    assert!(credential.ends_with('~'));
    let described = type_metadata(ISSUER);
    assert_eq!(described["vct"], signed["vct"]);
}

#[test]
fn whoever_shows_it_chooses_what_to_show() {
    let keys = keys();
    let credential = licence().issue(&keys, ISSUER, at(2_000)).unwrap();
    let whole = verified(&credential, &keys).unwrap();
    assert_eq!((whole.number.to_string().as_str(), whole.transfers), ("L-1405-000007", 0));
    assert_eq!(whole.claims["holder"], "زهرا احمدی");
    assert_eq!(whole.claims["works"]["floors"], 4);
    let signed = credential.split('~').next().unwrap();
    let bare = verified(&format!("{signed}~"), &keys).unwrap();
    assert!(bare.claims.get("holder").is_none() && bare.claims.get("_sd").is_none());
    assert_eq!(verified(signed, &keys), Err(Refused::Malformed), "without its last tilde it is a plain token");
}

#[test]
fn two_credentials_of_one_licence_have_no_digest_in_common() {
    let keys = keys();
    let [one, other] = [1, 2].map(|_| part(&licence().issue(&keys, ISSUER, at(2_000)).unwrap(), 1));
    let digests = |signed: &Value| signed["_sd"].as_array().unwrap().clone();
    assert!(digests(&one).iter().all(|digest| !digests(&other).contains(digest)));
}

#[test]
fn a_retired_key_still_checks_what_it_signed_and_signs_no_more() {
    let first = keys();
    let (old, name) = (licence().issue(&first, ISSUER, at(2_000)).unwrap(), first.kid().to_owned());
    let second = first.rotated().unwrap();
    let text = second.to_text();
    assert_eq!(text.matches("\"d\"").count(), 1, "only the key that signs keeps its private part");
    let again = Keys::parse(&text).unwrap();
    assert_ne!(again.kid(), name);
    assert!(verified(&old, &again).is_ok());
    let new = licence().issue(&again, ISSUER, at(2_000)).unwrap();
    assert_eq!(part(&new, 0)["kid"], again.kid());
    assert!(verified(&new, &again).is_ok());
    assert_eq!(verified(&new, &keys()), Err(Refused::UnknownKey));
    let published = again.issuer_metadata(ISSUER);
    assert_eq!(published["issuer"], ISSUER);
    assert_eq!(published["jwks"]["keys"].as_array().unwrap().len(), 2);
    assert!(!published.to_string().contains("\"d\""));
}

#[test]
fn keys_are_read_only_as_they_were_written() {
    let keys = keys();
    let other = self::keys();
    let mut swapped: Value = serde_json::from_str(&keys.to_text()).unwrap();
    let theirs: Value = serde_json::from_str(&other.to_text()).unwrap();
    swapped["keys"][0]["d"] = theirs["keys"][0]["d"].clone();
    let public = keys.issuer_metadata(ISSUER)["jwks"].to_string();
    for text in ["", "{}", r#"{"keys":[]}"#, &public, &swapped.to_string()] {
        assert!(Keys::parse(text).is_err(), "{text}");
    }
}

#[test]
fn another_city_another_type_and_another_time_are_told_apart() {
    let keys = keys();
    let credential = licence().issue(&keys, "https://elsewhere.example", at(2_000)).unwrap();
    assert_eq!(verified(&credential, &keys), Err(Refused::OtherIssuer));
    let mine = licence().issue(&keys, ISSUER, at(2_000)).unwrap();
    let on = |second: i64| Credential::verify(&mine, &keys, ISSUER, at(second));
    assert_eq!(on(999), Err(Refused::NotYet));
    assert!(on(1_000).is_ok() && on(8_999).is_ok());
    assert_eq!(on(9_000), Err(Refused::Expired));
    let token = crate::StatusToken {
        issuer: ISSUER,
        name: crate::ListName { year: 1405, transfers: 0 },
        at: at(2_000),
        lifetime: std::time::Duration::from_secs(60),
        ttl: std::time::Duration::from_secs(60),
    };
    let token = token.sign(&keys, &crate::StatusList::new(8));
    assert_eq!(verified(&format!("{token}~"), &keys), Err(Refused::OtherType), "a list is no licence");
}

#[test]
fn nothing_is_disclosed_that_was_not_signed() {
    let keys = keys();
    let credential = licence().issue(&keys, ISSUER, at(2_000)).unwrap();
    let invented = |name: &str| URL_SAFE_NO_PAD.encode(json!(["c2FsdHNhbHRzYWx0c2FsdA", name, "x"]).to_string());
    for name in ["holder", "status", "exp", "_sd"] {
        assert_eq!(verified(&format!("{credential}{}~", invented(name)), &keys), Err(Refused::BadDisclosure));
    }
    let first = credential.split('~').nth(1).unwrap();
    assert_eq!(verified(&format!("{credential}{first}~"), &keys), Err(Refused::BadDisclosure), "shown twice");
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"dc+sd-jwt"}"#);
    let claims = credential.split('.').nth(1).unwrap();
    assert_eq!(verified(&format!("{none}.{claims}.~"), &keys), Err(Refused::OtherType), "unsigned");
}

/// A fixed key and credential for all cases of a property: signing is the slow part.
fn fixed() -> &'static (Keys, String) {
    static FIXED: std::sync::OnceLock<(Keys, String)> = std::sync::OnceLock::new();
    FIXED.get_or_init(|| {
        let keys = keys();
        let credential = licence().issue(&keys, ISSUER, at(2_000)).unwrap();
        (keys, credential)
    })
}

proptest! {
    #[test]
    fn one_changed_character_is_refused(place in 0usize..10_000, with in "[A-Za-z0-9_.~-]") {
        let (keys, credential) = fixed();
        let place = place % credential.len();
        let mut changed = credential.clone();
        changed.replace_range(place..=place, &with);
        prop_assume!(changed != *credential);
        prop_assert!(verified(&changed, keys).is_err(), "{}", changed);
    }

    #[test]
    fn no_text_breaks_the_reader(text in "[A-Za-z0-9_.~-]{0,300}", cut in 0usize..2_000) {
        let (keys, credential) = fixed();
        prop_assert!(verified(&text, keys).is_err());
        let cut = cut % credential.len();
        let _ = verified(&credential[..cut], keys);
        let _ = verified(&format!("{}{text}", &credential[..cut]), keys);
    }

    #[test]
    fn any_choice_of_disclosures_is_good(choice in proptest::collection::vec(any::<bool>(), 4)) {
        let (keys, credential) = fixed();
        let mut parts = credential.trim_end_matches('~').split('~');
        let signed = parts.next().unwrap();
        let kept = parts.zip(&choice).filter(|(_, keep)| **keep).map(|(part, _)| format!("{part}~"));
        let shown = verified(&format!("{signed}~{}", kept.collect::<String>()), keys).unwrap();
        let names = ["case", "holder", "parcel", "works"];
        for (name, keep) in names.iter().zip(&choice) {
            prop_assert_eq!(shown.claims.contains_key(*name), *keep);
        }
        prop_assert_eq!(Licence::MEDIA_TYPE, "application/dc+sd-jwt");
    }
}
