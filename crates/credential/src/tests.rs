//! The drafts' own examples, and what must hold of every credential and every list.

mod credential;
mod lists;
mod paper;

use crate::{Keys, Licence, Title};
use kernel::{Date, Instant};
use permits::numbers::LicenceNumber;
use serde_json::json;

const ISSUER: &str = "https://city.example";

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(seconds)
}

fn keys() -> Keys {
    Keys::generate().unwrap()
}

/// Issued at second 1,000, over at second 9,000.
fn licence() -> Licence {
    let title = |fa: &str, en: &str| Title { fa: fa.to_owned(), en: en.to_owned() };
    Licence {
        number: LicenceNumber::new(1405, 7),
        transfers: 0,
        city: title("اصفهان", "Isfahan"),
        service: title("پروانه ساختمان", "Building permit"),
        issued: at(1_000),
        valid_until: Date::from_ymd(2028, 11, 29).unwrap(),
        ends: at(9_000),
        district: 3,
        case: "1405-000012".to_owned(),
        holder: Some("زهرا احمدی".to_owned()),
        parcel: Some("3-14-25".to_owned()),
        address: None,
        works: json!({ "floors": 4, "basement": true }).as_object().unwrap().clone(),
    }
}
