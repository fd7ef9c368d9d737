//! Who takes part: made-up citizens with national ids of the right form, and one or more officers for each role.

use super::dice::Dice;
use crate::founding::Folder;
use kernel::{Actor, DepartmentId, DistrictId, Districts, PersonId, RoleId, identity::NationalId};
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
    /// The account they sign in with: `plan-reviewer-2`.
    pub(crate) account: String,
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

/// The citizens, each with a pseudonym from the vault.
pub(crate) async fn citizens(vault: &Vault) -> Result<Vec<Citizen>, VaultError> {
    let mut dice = Dice::new(7);
    let mut citizens = Vec::with_capacity(CITIZENS);
    for number in 0..CITIZENS {
        let id = national_id(u32::try_from(number).unwrap_or(0));
        let person = vault.person_for(&Lookup::national_id(id.as_str())).await?;
        let name = format!("{} {} {MADE_UP}", GIVEN[number % GIVEN.len()], FAMILY[number * 7 % FAMILY.len()]);
        let mobile = format!("+989{:09}", 130_000_000 + dice.below(9_999_999));
        let address =
            format!("اصفهان، خیابان نمونه، کوچه {}، پلاک {} {MADE_UP}", dice.below(40) + 1, dice.below(90) + 1);
        citizens.push(Citizen { person, name, mobile, address });
    }
    Ok(citizens)
}

/// The officers: those of the districts divide them among three, the others are two for the whole city.
pub(crate) async fn officers(folder: &Folder, vault: &Vault) -> Result<Vec<Officer>, VaultError> {
    let mut officers = Vec::new();
    for (role, department) in folder.roles() {
        let local = department.as_ref().is_some_and(|department| department.as_str() == "district-office");
        let shares = if local { 3 } else { 2 };
        for share in 0..shares {
            let account = format!("{role}-{}", share + 1);
            let person = vault.person_for(&Lookup::account(&account)).await?;
            let all = (1..=folder.districts()).map(DistrictId);
            let districts = all.filter(|district| !local || district.0 % shares == share).collect();
            officers.push(Officer { account, role: role.clone(), department: department.clone(), districts, person });
        }
    }
    Ok(officers)
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
