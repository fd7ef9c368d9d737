//! Who somebody is, as a provider's claims say it.

use crate::{ClaimNames, SignInError};
use kernel::{DepartmentId, RoleId};
use serde_json::{Map, Value};

/// Who a provider says somebody is. The national id is not checked here.
#[derive(Clone)]
pub struct Identity {
    /// The provider's name for them.
    pub subject: String,
    /// What to call them.
    pub name: Option<String>,
    /// Of a citizen.
    pub national_id: Option<String>,
    /// Of an officer.
    pub role: Option<RoleId>,
    /// Of an officer.
    pub department: Option<DepartmentId>,
    /// Where the role holds; nothing means everywhere.
    pub districts: Option<Vec<u8>>,
}

/// Hides everything: it is personal, and debug output ends in logs.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

impl Identity {
    /// Reads the claims of an ID token.
    pub(crate) fn read(
        names: &ClaimNames,
        subject: &str,
        name: Option<String>,
        all: &Map<String, Value>,
    ) -> Result<Identity, SignInError> {
        let text = |name: &str| all.get(name).and_then(Value::as_str).map(str::to_owned);
        let wrong = |name: &str| SignInError::Claim(name.to_owned());
        let role = text(&names.role).map(|role| role.parse().map_err(|_| wrong(&names.role))).transpose()?;
        let department = text(&names.department);
        let department = department.map(|one| one.parse().map_err(|_| wrong(&names.department))).transpose()?;
        let districts = match all.get(&names.districts) {
            None => Some(Vec::new()),
            Some(Value::String(all)) if all == "all" => None,
            Some(Value::Array(some)) => {
                let number = |value: &Value| value.as_u64().and_then(|number| u8::try_from(number).ok());
                Some(some.iter().map(number).collect::<Option<_>>().ok_or_else(|| wrong(&names.districts))?)
            }
            Some(_) => return Err(wrong(&names.districts)),
        };
        let national_id = text(&names.national_id);
        Ok(Identity { subject: subject.to_owned(), name, national_id, role, department, districts })
    }
}
