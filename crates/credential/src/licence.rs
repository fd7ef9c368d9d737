//! A licence as a verifiable credential (draft-ietf-oauth-sd-jwt-vc): which claims it has, and which of them its holder
//! may leave out.

use crate::{jws::Refused, keys::Keys, sd_jwt, status::ListName};
use kernel::{Date, Instant};
use permits::numbers::LicenceNumber;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A name in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Title {
    /// In Persian.
    pub fa: String,
    /// In English.
    pub en: String,
}

/// What a licence says.
#[derive(Debug, Clone)]
pub struct Licence {
    /// Its number, whose year and serial are its place in the status lists.
    pub number: LicenceNumber,
    /// How often it went to another holder.
    pub transfers: u32,
    /// The city's name.
    pub city: Title,
    /// The service that it was given under.
    pub service: Title,
    /// When it was issued.
    pub issued: Instant,
    /// The last day on which it holds.
    pub valid_until: Date,
    /// The end of that day in the city.
    pub ends: Instant,
    /// Where.
    pub district: u8,
    /// The case; this and what follows is the holder's to show or to leave out.
    pub case: String,
    /// Whose it is.
    pub holder: Option<String>,
    /// The land.
    pub parcel: Option<String>,
    /// The address.
    pub address: Option<String>,
    /// What may be done: the application's answered fields.
    pub works: Map<String, Value>,
}

impl Licence {
    /// What `Content-Type` says of a credential.
    pub const MEDIA_TYPE: &'static str = "application/dc+sd-jwt";

    /// The credential, with everything disclosed: `issuer` is the city's public address without a slash at the end.
    ///
    /// # Errors
    /// Where the operating system gives no randomness.
    pub fn issue(self, keys: &Keys, issuer: &str, now: Instant) -> Result<String, getrandom::Error> {
        let list = ListName { year: self.number.year(), transfers: self.transfers };
        let claims = json!({
            "iss": issuer,
            "vct": vct(issuer),
            "iat": now.as_seconds(),
            "nbf": self.issued.as_seconds().min(now.as_seconds()),
            "exp": self.ends.as_seconds(),
            "status": { "status_list": { "idx": self.number.serial(), "uri": list.uri(issuer) } },
            "licence": self.number.to_string(),
            "city": self.city,
            "service": self.service,
            "district": self.district,
            "valid_until": self.valid_until.to_string(),
        });
        let choice = [
            ("case", Some(Value::from(self.case))),
            ("holder", self.holder.map(Value::from)),
            ("parcel", self.parcel.map(Value::from)),
            ("address", self.address.map(Value::from)),
            ("works", Some(Value::Object(self.works)).filter(|works| *works != json!({}))),
        ];
        let choice = choice.into_iter().filter_map(|(name, value)| Some((name, value?)));
        sd_jwt::issue(keys, claims.as_object().cloned().unwrap_or_default(), choice)
    }
}

/// A credential that was found right: signed by this city, unchanged, and in its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The licence.
    pub number: LicenceNumber,
    /// How often the licence had gone to another holder when this was issued.
    pub transfers: u32,
    /// Every claim that is shown.
    pub claims: Map<String, Value>,
}

impl Credential {
    /// Reads a credential that somebody shows. Whether the licence still holds stands in the status list alone.
    ///
    /// # Errors
    /// Says why it is not believed.
    pub fn verify(text: &str, keys: &Keys, issuer: &str, now: Instant) -> Result<Credential, Refused> {
        let claims = sd_jwt::open(text.trim(), keys)?;
        let says = |name: &str| claims.get(name).and_then(Value::as_str);
        if says("iss") != Some(issuer) {
            return Err(Refused::OtherIssuer);
        }
        if says("vct") != Some(&vct(issuer)) {
            return Err(Refused::OtherType);
        }
        let moment = |name: &str| claims.get(name).and_then(Value::as_i64).ok_or(Refused::Malformed);
        if moment("nbf")? > now.as_seconds() {
            return Err(Refused::NotYet);
        }
        if moment("exp")? <= now.as_seconds() {
            return Err(Refused::Expired);
        }
        let uri = claims.get("status").and_then(|status| status["status_list"]["uri"].as_str());
        let list = uri.and_then(|uri| uri.rsplit_once('/')).and_then(|(_, name)| name.parse::<ListName>().ok());
        let number = says("licence").and_then(|number| number.parse::<LicenceNumber>().ok());
        let (Some(list), Some(number)) = (list, number) else { return Err(Refused::Malformed) };
        Ok(Credential { number, transfers: list.transfers, claims })
    }
}

/// The type of these credentials, which is also where its description is.
fn vct(issuer: &str) -> String {
    format!("{issuer}/credentials/licence")
}

/// The description of the type (section 6 of the draft): names in both languages, and what may be left out.
#[must_use]
pub fn type_metadata(issuer: &str) -> Value {
    let display =
        |fa: &str, en: &str, name: &str| json!([{ "locale": "fa-IR", name: fa }, { "locale": "en", name: en }]);
    let claim = |name: &str, sd: &str, fa: &str, en: &str| json!({ "path": [name], "sd": sd, "display": display(fa, en, "label") });
    json!({
        "vct": vct(issuer),
        "name": "Licence of a city's permit office",
        "display": display("پروانه", "Licence", "name"),
        "claims": [
            claim("licence", "never", "شماره پروانه", "Licence number"),
            claim("city", "never", "شهر", "City"),
            claim("service", "never", "خدمت", "Service"),
            claim("district", "never", "منطقه", "District"),
            claim("valid_until", "never", "اعتبار تا", "Valid until"),
            claim("case", "always", "شماره پرونده", "Case"),
            claim("holder", "always", "دارنده", "Holder"),
            claim("parcel", "always", "کد نوسازی", "Parcel"),
            claim("address", "always", "نشانی", "Address"),
            claim("works", "always", "مشخصات کار", "Works"),
        ],
    })
}
