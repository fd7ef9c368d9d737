//! `daftar token`: bearer tokens for the HTTP API, one by one or one per role of a city.

use super::Outcome;
use crate::{cli, clock, compose::open_vault, config::Config, founding::Folder, keys};
use gateway::tokens::{DistrictsClaim, Holder, Signer};
use kernel::{DepartmentId, PersonId, RoleId, identity::NationalId};
use std::time::Duration;
use vault::{Lookup, Vault};

/// How long the tokens that `up` prints hold.
const HOURS: u32 = 12;
/// Whoever applies; not a role of any department.
const CITIZEN: &str = "citizen";
/// The applicant of the printed citizen token: a published example of a valid national id.
const EXAMPLE_CITIZEN: &str = "0013542419";

pub(super) async fn run(config: &Config, wanted: &cli::Token) -> Outcome {
    let folder = match &wanted.from {
        Some(folder) => Folder::read(folder)?,
        None => Folder::isfahan()?,
    };
    let department = wanted.department.clone().or(home_of(&folder, &wanted.role)?);
    let signer = keys::existing_signer(config)?;
    let vault = open_vault(config).await?;
    let lookup = match (&wanted.national_id, &wanted.account) {
        (Some(text), _) => Lookup::national_id(text.parse::<NationalId>()?.as_str()),
        (None, Some(account)) => Lookup::account(account),
        (None, None) if wanted.role.as_str() == CITIZEN => Lookup::national_id(EXAMPLE_CITIZEN),
        (None, None) => Lookup::account(wanted.role.as_str()),
    };
    let person = vault.person_for(&lookup).await?;
    let districts =
        if wanted.districts.is_empty() { DistrictsClaim::ALL } else { DistrictsClaim::These(wanted.districts.clone()) };
    let holder = Holder { districts, ..holder(config, person, &wanted.role, department) };
    println!("{}", issue(&signer, &holder, wanted.hours));
    Ok(())
}

/// The department that gives a role in this city; an error when nothing there names the role.
fn home_of(folder: &Folder, role: &RoleId) -> Result<Option<DepartmentId>, String> {
    if role.as_str() == CITIZEN {
        return Ok(None);
    }
    let mut roles = folder.roles();
    let known = || roles.keys().map(RoleId::as_str).collect::<Vec<_>>().join(", ");
    let unknown =
        format!("no procedure of {} names the role {role}; its roles are {CITIZEN}, {}", folder.city(), known());
    roles.remove(role).ok_or(unknown)
}

/// A token for each role that the city's procedures name, and for those that every city has.
pub(super) async fn one_per_role(
    config: &Config,
    folder: &Folder,
    signer: &Signer,
    vault: &Vault,
) -> Result<Vec<(String, String)>, Box<dyn std::error::Error + Send + Sync>> {
    let citizen = vault.person_for(&Lookup::national_id(EXAMPLE_CITIZEN)).await?;
    let role: RoleId = CITIZEN.parse()?;
    let mut tokens = vec![(CITIZEN.to_owned(), issue(signer, &holder(config, citizen, &role, None), HOURS))];
    for (role, department) in folder.roles() {
        let person = vault.person_for(&Lookup::account(role.as_str())).await?;
        let token = issue(signer, &holder(config, person, &role, department), HOURS);
        tokens.push((role.to_string(), token));
    }
    Ok(tokens)
}

/// Somebody in a role, in every district.
fn holder(config: &Config, person: PersonId, role: &RoleId, department: Option<DepartmentId>) -> Holder {
    let city = config.city.clone();
    Holder { city, person, role: role.clone(), department, districts: DistrictsClaim::ALL }
}

fn issue(signer: &Signer, holder: &Holder, hours: u32) -> String {
    let now = u64::try_from(clock::now().as_seconds()).unwrap_or(0);
    signer.issue(holder, now, Duration::from_secs(u64::from(hours) * 3_600))
}
