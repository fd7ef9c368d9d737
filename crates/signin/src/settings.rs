//! Which provider, and how it says who somebody is.

use crate::SignInError;

/// Which provider, and as what it knows this city.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The provider's issuer address; its discovery document is under it.
    pub issuer: String,
    /// The city's name there.
    pub client_id: String,
    /// The city's password there; none for a public client.
    pub client_secret: Option<String>,
    /// Where the provider sends people back to.
    pub redirect: String,
    /// What else to ask for besides `openid profile`.
    pub scopes: Vec<String>,
    /// Where this process reaches the provider, when that is not the issuer's address as people reach it.
    pub inside: Option<String>,
    /// How the provider names what we need.
    pub claims: ClaimNames,
}

/// The names of the claims that say who somebody is in the city.
#[derive(Debug, Clone)]
pub struct ClaimNames {
    /// The national id of a citizen.
    pub national_id: String,
    /// The role of an officer.
    pub role: String,
    /// The department that gives it.
    pub department: String,
    /// Where it holds: a list of numbers, or `all`.
    pub districts: String,
}

impl Default for ClaimNames {
    fn default() -> ClaimNames {
        let name = str::to_owned;
        ClaimNames {
            national_id: name("national_id"),
            role: name("role"),
            department: name("department"),
            districts: name("districts"),
        }
    }
}

impl Settings {
    /// Whether every address is one, and the issuer's connection private: what it says is who somebody is.
    pub(crate) fn check(&self) -> Result<(), SignInError> {
        for address in [Some(&self.issuer), Some(&self.redirect), self.inside.as_ref()].into_iter().flatten() {
            if reqwest::Url::parse(address).is_err() {
                return Err(SignInError::Address(address.clone()));
            }
        }
        let reached = reqwest::Url::parse(self.inside.as_ref().unwrap_or(&self.issuer));
        match reached {
            Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && is_this_machine(&url)) => Ok(()),
            _ => Err(SignInError::Insecure(self.issuer.clone())),
        }
    }

    /// The address to ask instead of this one of the provider's.
    pub(crate) fn inside(&self, address: &str) -> Option<String> {
        Some(format!("{}{}", self.inside.as_ref()?, address.strip_prefix(&self.issuer)?))
    }
}

fn is_this_machine(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or("").trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
