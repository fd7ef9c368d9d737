//! Whoever is signed in, in a cookie that only this city can open or make. Nothing of it is kept here but the few that
//! signed out before their time.
//!
//! A session holds the pseudonym, never the national id. A new one is made at each signing in, so nobody can be given one
//! beforehand; it ends after [`LONGEST`], or [`IDLE`] without a request.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Actor, CityId, DepartmentId, Districts, PersonId, RoleId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};
use vault::{SealKey, Vault};

/// How long a session lasts at most, in seconds.
pub const LONGEST: u64 = 8 * 3_600;
/// How long it lasts without a request, in seconds.
pub const IDLE: u64 = 3_600;
/// How old a cookie may be before a newer one is sent, in seconds.
const RENEW: u64 = 300;
/// Sessions that were ended before their time; beyond so many the oldest are forgotten, which their cookies outlive by
/// hours at most.
const MOST_ENDED: usize = 100_000;

/// A signed-in person in one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Random; what tokens against forgery are bound to.
    pub id: String,
    /// The pseudonym.
    pub person: PersonId,
    /// In which role.
    pub role: RoleId,
    /// The department that gave it.
    pub department: Option<DepartmentId>,
    /// Where it holds.
    pub districts: Districts,
    /// What else they are: an officer is a citizen too, with cases of their own.
    pub other: Option<Standing>,
    /// What to call them.
    pub name: Option<String>,
    /// When they signed in, in seconds since 1970.
    since: u64,
    /// When this cookie was made.
    seen: u64,
}

/// What somebody is in the city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Their role.
    pub role: RoleId,
    /// The department that gave it.
    pub department: Option<DepartmentId>,
    /// Where it holds.
    pub districts: Districts,
}

impl Session {
    /// A new session, as of now.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn begin(actor: Actor, other: Option<Standing>, name: Option<String>) -> Result<Session, getrandom::Error> {
        let Actor { person, role, department, districts } = actor;
        let now = now();
        Ok(Session { id: random()?, person, role, department, districts, other, name, since: now, seen: now })
    }

    /// The same person as what else they are, in a session of its own: a form of the other role counts no more. It ends
    /// when this one would.
    pub(crate) fn turned(&self) -> Option<Session> {
        let Standing { role, department, districts } = self.other.clone()?;
        let (was, since) = (self.actor(), self.since);
        let other = Some(Standing { role: was.role, department: was.department, districts: was.districts });
        let id = random().ok()?;
        Some(Session { id, role, department, districts, other, since, seen: now(), ..self.clone() })
    }

    /// Whoever acts.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let (role, department) = (self.role.clone(), self.department.clone());
        Actor { person: self.person, role, department, districts: self.districts }
    }

    /// `Set-Cookie` that gives this session to a browser of this city, as signing in does.
    #[must_use]
    pub fn cookie(&self, vault: &Vault, city: &CityId, secure: bool) -> String {
        Cookies::new(vault, city, secure).keep(self)
    }

    fn holds(&self, now: u64) -> bool {
        now < self.since + LONGEST && now < self.seen + IDLE && self.since <= self.seen && self.seen <= now + 60
    }
}

/// Makes and opens what this city puts into cookies.
pub(crate) struct Cookies {
    key: SealKey,
    forgery: vault::MacKey,
    city: CityId,
    secure: bool,
    ended: Mutex<HashMap<String, u64>>,
}

impl Cookies {
    pub(crate) fn new(vault: &Vault, city: &CityId, secure: bool) -> Cookies {
        let (key, forgery) = (vault.seal_key("page-cookies"), vault.mac_key("page-forgery"));
        Cookies { key, forgery, city: city.clone(), secure, ended: Mutex::default() }
    }

    /// The name of a cookie: over TLS one that no other host and no plain connection can set (RFC 6265bis, `__Host-`).
    pub(crate) fn name(&self, what: &str) -> String {
        if self.secure { format!("__Host-daftar-{what}") } else { format!("daftar-{what}") }
    }

    /// The session in this cookie, if it is one of ours that still holds.
    pub(crate) fn session(&self, value: &str) -> Option<Session> {
        let session: Session = self.open("session", value)?;
        self.holds(&session).then_some(session)
    }

    /// Whether a session still holds.
    pub(crate) fn holds(&self, session: &Session) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&session.id);
        session.holds(now()) && !ended
    }

    /// A newer cookie for a session whose cookie is some minutes old.
    pub(crate) fn renewed(&self, session: &Session) -> Option<String> {
        let now = now();
        (now > session.seen + RENEW).then(|| self.keep(&Session { seen: now, ..session.clone() }))
    }

    /// `Set-Cookie` for a session.
    pub(crate) fn keep(&self, session: &Session) -> String {
        self.set("session", &self.close("session", session), LONGEST)
    }

    /// `Set-Cookie` that takes the session away; its cookie opens nothing from now on.
    pub(crate) fn end(&self, session: Option<&Session>) -> String {
        if let Some(session) = session {
            let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            let now = now();
            ended.retain(|_, until| *until > now);
            forget_oldest(&mut ended, MOST_ENDED);
            ended.insert(session.id.clone(), session.since + LONGEST);
        }
        self.set("session", "", 0)
    }

    /// `Set-Cookie` for any sealed value.
    pub(crate) fn set(&self, what: &str, value: &str, seconds: u64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", self.name(what))
    }

    /// Bytes for a cookie: sealed for this city and this use.
    pub(crate) fn close(&self, what: &str, value: &impl Serialize) -> String {
        let json = serde_json::to_vec(value).expect("plain fields serialize");
        URL_SAFE_NO_PAD.encode(self.key.close(&self.context(what), &json).unwrap_or_default())
    }

    pub(crate) fn open<T: DeserializeOwned>(&self, what: &str, value: &str) -> Option<T> {
        let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        serde_json::from_slice(&self.key.reopen(&self.context(what), &bytes)?).ok()
    }

    fn context(&self, what: &str) -> Vec<u8> {
        format!("daftar {} {what}", self.city).into_bytes()
    }

    /// The token that forms of this session carry.
    pub(crate) fn token(&self, session: Option<&Session>) -> String {
        let id = session.map_or("nobody", |session| session.id.as_str());
        URL_SAFE_NO_PAD.encode(self.forgery.digest(&[self.city.as_str().as_bytes(), id.as_bytes()]))
    }

    /// Whether a form carries the token of its session.
    pub(crate) fn is_token(&self, session: Option<&Session>, token: &str) -> bool {
        let expected = self.token(session);
        // Compared as hashes would be: every byte, whatever the first differing one is.
        expected.len() == token.len() && expected.bytes().zip(token.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
    }
}

/// Makes room for one more: what would end first by itself goes.
fn forget_oldest(ended: &mut HashMap<String, u64>, most: usize) {
    if ended.len() < most {
        return;
    }
    let oldest = ended.iter().min_by_key(|(_, until)| **until).map(|(id, _)| id.clone());
    oldest.map(|id| ended.remove(&id));
}

/// A random text of 22 characters.
pub(crate) fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(city: &str) -> Cookies {
        let master = vault::MasterKey::from_bytes([7; 32]);
        let (key, forgery) = (SealKey::of(&master, "page-cookies"), master.derive("page-forgery"));
        Cookies { key, forgery, city: city.parse().unwrap(), secure: true, ended: Mutex::default() }
    }

    fn session() -> Session {
        let person = PersonId(uuid::Uuid::from_u128(5));
        let actor = Actor { person, role: "citizen".parse().unwrap(), department: None, districts: Districts::ALL };
        Session::begin(actor, None, Some("زهرا".to_owned())).unwrap()
    }

    fn value(cookie: &str) -> String {
        cookie.split([';', '=']).nth(1).unwrap().to_owned()
    }

    #[test]
    fn a_session_is_kept_and_no_other_city_use_or_bit_opens_it() {
        let (here, there) = (cookies("isfahan"), cookies("shiraz"));
        let session = session();
        let cookie = here.keep(&session);
        assert!(cookie.starts_with("__Host-daftar-session="), "{cookie}");
        for safe in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(safe), "{safe}");
        }
        let value = value(&cookie);
        assert_eq!(here.session(&value), Some(session.clone()));
        assert_eq!(there.session(&value), None);
        assert_eq!(here.open::<Session>("sign-in", &value), None);
        for at in 0..value.len() {
            let mut other = value.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            if other != value.as_bytes() {
                assert!(
                    here.session(std::str::from_utf8(&other).unwrap()).is_none_or(|opened| opened == session),
                    "{at}"
                );
            }
        }
        assert!(!value.contains("citizen"));
    }

    #[test]
    fn a_session_ends_by_age_by_idleness_and_by_signing_out() {
        let here = cookies("isfahan");
        let now = now();
        for (since, seen) in
            [(now - LONGEST, now), (now - IDLE - 1, now - IDLE), (now + 900, now + 900), (now, now - 5)]
        {
            let old = Session { since, seen, ..session() };
            assert_eq!(here.session(&value(&here.keep(&old))), None, "{since} {seen}");
        }
        let session = session();
        let kept = value(&here.keep(&session));
        assert!(here.session(&kept).is_some() && here.renewed(&session).is_none());
        assert!(here.renewed(&Session { since: now - 600, seen: now - 600, ..session.clone() }).is_some());
        assert!(here.end(Some(&session)).contains("Max-Age=0"));
        assert_eq!(here.session(&kept), None, "a copied cookie is worth nothing after signing out");
    }

    #[test]
    fn signing_out_counts_however_many_signed_out_before() {
        let here = cookies("isfahan");
        let until = |n: usize| now() + 60 + n as u64;
        here.ended.lock().unwrap().extend((0..MOST_ENDED).map(|n| (n.to_string(), until(n))));
        let session = session();
        let kept = value(&here.keep(&session));
        here.end(Some(&session));
        assert_eq!(here.session(&kept), None);
        let ended = here.ended.lock().unwrap();
        assert_eq!((ended.len(), ended.contains_key("0"), ended.contains_key("1")), (MOST_ENDED, false, true));
    }

    #[test]
    fn an_officer_turns_into_the_citizen_they_are_too_and_back() {
        let officer = Standing {
            role: "planner".parse().unwrap(),
            department: Some("permit-office".parse().unwrap()),
            districts: [kernel::DistrictId(4)].into_iter().collect(),
        };
        assert_eq!(session().turned(), None);
        let citizen = Session { other: Some(officer.clone()), since: now() - 600, ..session() };
        let turned = citizen.turned().unwrap();
        assert_eq!((turned.person, turned.actor().role), (citizen.person, officer.role));
        assert_eq!((turned.since, turned.id == citizen.id), (citizen.since, false), "another id, not a longer life");
        assert_eq!(turned.turned().unwrap().actor(), citizen.actor());
    }

    #[test]
    fn a_token_belongs_to_one_session() {
        let here = cookies("isfahan");
        let (one, other) = (session(), session());
        assert!(here.is_token(Some(&one), &here.token(Some(&one))));
        assert!(!here.is_token(Some(&one), &here.token(Some(&other))));
        assert!(!here.is_token(Some(&one), &here.token(None)) && !here.is_token(Some(&one), ""));
    }
}
