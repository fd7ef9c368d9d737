//! Who takes part: made-up citizens with national ids of the right form, and one or more officers for each role.

use super::dice::Dice;
use crate::founding::Folder;
use kernel::{Actor, DepartmentId, DistrictId, Districts, PersonId, RoleId, identity::NationalId};
use serde_json::{Value, json};
use signin::builtin::Person;
use vault::{Lookup, Vault, VaultError};

/// What stands behind every made-up name.
pub(crate) const MADE_UP: &str = "(ساختگی)";
/// How many citizens there are.
const CITIZENS: usize = 60;

const GIVEN: &[&str] = &[
    "زهرا",
    "محمد",
    "فاطمه",
    "علی",
    "مریم",
    "حسین",
    "نرگس",
    "رضا",
    "لیلا",
    "مهدی",
    "سارا",
    "امیر",
    "شیرین",
    "کاوه",
    "پریسا",
    "بهرام",
    "نسرین",
    "آرش",
    "مینا",
    "فرهاد",
];
const FAMILY: &[&str] = &[
    "صفوی",
    "نقاشیان",
    "اصفهانی",
    "سپاهانی",
    "زاینده‌رودی",
    "جلفایی",
    "چهارباغی",
    "کاشی‌کار",
    "قلم‌زن",
    "معمارزاده",
    "منبت‌کار",
    "گلستانی",
    "نیک‌پی",
    "بهشتی‌نژاد",
    "خاتم‌ساز",
];

/// A made-up citizen.
#[derive(Debug, Clone)]
pub(crate) struct Citizen {
    pub(crate) person: PersonId,
    pub(crate) name: String,
    pub(crate) mobile: String,
    pub(crate) address: String,
}

/// A made-up officer.
#[derive(Debug, Clone)]
pub(crate) struct Officer {
    pub(crate) role: RoleId,
    pub(crate) department: Option<DepartmentId>,
    pub(crate) districts: Vec<DistrictId>,
    pub(crate) person: PersonId,
}

impl Officer {
    pub(crate) fn actor(&self) -> Actor {
        Actor {
            person: self.person,
            role: self.role.clone(),
            department: self.department.clone(),
            districts: self.districts.iter().copied().collect::<Districts>(),
        }
    }
}

impl Citizen {
    pub(crate) fn actor(&self) -> Actor {
        let role = "citizen".parse().expect("a valid role");
        Actor { person: self.person, role, department: None, districts: Districts::ALL }
    }
}

/// A national id of the right form; whether anybody has it nobody here knows.
pub(crate) fn national_id(number: u32) -> NationalId {
    let nine = format!("{:09}", 1_354_241 + u64::from(number) * 1_117);
    let mut all = (0..10).filter_map(|check| format!("{nine}{check}").parse().ok());
    all.next().expect("one of ten check digits is right")
}

/// What somebody made up is called; citizens come first, then officers.
fn name(number: usize) -> String {
    let family = number * 7 + number / CITIZENS;
    format!("{} {} {MADE_UP}", GIVEN[number % GIVEN.len()], FAMILY[family % FAMILY.len()])
}

/// A number in Persian digits.
fn digits(number: usize) -> String {
    number.to_string().bytes().filter_map(|digit| char::from_u32('۰' as u32 + u32::from(digit - b'0'))).collect()
}

/// The citizens, each with a pseudonym from the vault.
pub(crate) async fn citizens(vault: &Vault) -> Result<Vec<Citizen>, VaultError> {
    let mut dice = Dice::new(7);
    let mut citizens = Vec::with_capacity(CITIZENS);
    for number in 0..CITIZENS {
        let id = national_id(u32::try_from(number).unwrap_or(0));
        let person = vault.person_for(&Lookup::national_id(id.as_str())).await?;
        let mobile = format!("+989{:09}", 130_000_000 + dice.below(9_999_999));
        let address = format!(
            "اصفهان، خیابان نمونه، کوچه {}، پلاک {} {MADE_UP}",
            digits(dice.below(40) + 1),
            digits(dice.below(90) + 1)
        );
        citizens.push(Citizen { person, name: name(number), mobile, address });
    }
    Ok(citizens)
}

/// The officers' accounts: those of the districts divide them among three, the others are two for the whole city.
fn accounts(folder: &Folder) -> Vec<(String, RoleId, Option<DepartmentId>, Vec<DistrictId>)> {
    let mut accounts = Vec::new();
    for (role, department) in folder.roles() {
        let local = department.as_ref().is_some_and(|department| department.as_str() == "district-office");
        let shares = if local { 3 } else { 2 };
        for share in 0..shares {
            let all = (1..=folder.districts()).map(DistrictId);
            let districts = all.filter(|district| !local || district.0 % shares == share).collect();
            accounts.push((format!("{role}-{}", share + 1), role.clone(), department.clone(), districts));
        }
    }
    accounts
}

/// The officers, each with a pseudonym from the vault.
pub(crate) async fn officers(folder: &Folder, vault: &Vault) -> Result<Vec<Officer>, VaultError> {
    let mut officers = Vec::new();
    for (account, role, department, districts) in accounts(folder) {
        let person = vault.person_for(&Lookup::account(&account)).await?;
        officers.push(Officer { role, department, districts, person });
    }
    Ok(officers)
}

/// Who can sign in at the built-in provider: some of the citizens, and every officer whose role a department gives.
pub(crate) fn who_signs_in(folder: &Folder) -> Vec<(String, Vec<Person>)> {
    let citizen = |number: usize| {
        let id = national_id(u32::try_from(number).unwrap_or(0));
        let claims = [("national_id".to_owned(), Value::from(id.as_str()))].into_iter().collect();
        Person { account: format!("citizen-{}", number + 1), title: name(number), claims }
    };
    let mut groups = vec![("شهروندان — Citizens".to_owned(), (0..6).map(citizen).collect::<Vec<_>>())];
    for (number, (account, role, department, districts)) in accounts(folder).into_iter().enumerate() {
        let Some(department) = department else { continue };
        let numbers: Vec<u8> = districts.iter().map(|district| district.0).collect();
        let claims = json!({ "role": role, "department": department, "districts": numbers });
        let claims = claims.as_object().cloned().unwrap_or_default();
        let title = format!("{} — {account}", name(CITIZENS + number));
        let person = Person { title, account, claims };
        let heading = folder.department(&department);
        match groups.iter_mut().find(|(known, _)| *known == heading) {
            Some((_, people)) => people.push(person),
            None => groups.push((heading, vec![person])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_ids_have_the_right_form_and_differ() {
        let ids: std::collections::BTreeSet<String> = (0..100).map(|n| national_id(n).as_str().to_owned()).collect();
        assert_eq!(ids.len(), 100);
    }
}
