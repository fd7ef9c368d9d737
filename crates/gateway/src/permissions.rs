//! Who may call which route: the whole table, as data.
//!
//! A row lets somebody in; what they may do with a case is decided by the register's rules (role of the step, district,
//! kin) and, for reading, by the handler (own cases, own districts). Somebody whom no row names is let in nowhere.

use Group::{Admin, Agency, Bank, Citizen, DistrictOffice, Partner, PermitOffice, RevenueOffice};
use kernel::Actor;

/// Callers that are treated alike, by role where the role says it all, else by the department that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// The role `citizen`.
    Citizen,
    /// The role `admin`.
    Admin,
    /// The role `bank`.
    Bank,
    /// Officers of `permit-office`.
    PermitOffice,
    /// Officers of `district-office`.
    DistrictOffice,
    /// Officers of `revenue-office`.
    RevenueOffice,
    /// Outside agencies, of `agencies`.
    Agency,
    /// Those of any other department that has steps of its own, as the engineers' organisation.
    Partner,
}

impl Group {
    /// All of them.
    pub const ALL: &[Group] = &[Citizen, Admin, Bank, PermitOffice, DistrictOffice, RevenueOffice, Agency, Partner];

    /// The group of an actor; nobody without a department but those whose role says it all.
    #[must_use]
    pub fn of(actor: &Actor) -> Option<Group> {
        let department = actor.department.as_ref().map(kernel::DepartmentId::as_str);
        match (actor.role.as_str(), department) {
            ("citizen", _) => Some(Citizen),
            ("admin", _) => Some(Admin),
            ("bank", _) => Some(Bank),
            ("clock" | "importer", _) | (_, None) => None,
            (_, Some("permit-office")) => Some(PermitOffice),
            (_, Some("district-office")) => Some(DistrictOffice),
            (_, Some("revenue-office")) => Some(RevenueOffice),
            (_, Some("agencies")) => Some(Agency),
            (_, Some(_)) => Some(Partner),
        }
    }
}

/// One route and who may call it.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The HTTP method.
    pub method: &'static str,
    /// The route as it is declared.
    pub path: &'static str,
    /// Who may call it; nothing means anybody, without a token.
    pub who: Option<&'static [Group]>,
}

const ANYBODY: Option<&[Group]> = None;
const STAFF: Option<&[Group]> = Some(&[Admin, PermitOffice, DistrictOffice, RevenueOffice, Agency, Partner]);
const CITIZENS: Option<&[Group]> = Some(&[Citizen, PermitOffice, DistrictOffice]);
const DOCUMENTS: Option<&[Group]> = Some(&[Citizen, PermitOffice, DistrictOffice, Partner]);
const STEPS: Option<&[Group]> = Some(&[PermitOffice, DistrictOffice, RevenueOffice, Partner]);
const DECISIONS: Option<&[Group]> = Some(&[PermitOffice, DistrictOffice]);
const OFFICES: Option<&[Group]> = Some(&[PermitOffice, DistrictOffice, RevenueOffice]);
const AGENCIES: Option<&[Group]> = Some(&[Agency]);
const ADMINS: Option<&[Group]> = Some(&[Admin]);
const REVENUE: Option<&[Group]> = Some(&[RevenueOffice]);
const CITIZEN: Option<&[Group]> = Some(&[Citizen]);
const MONEY: Option<&[Group]> = Some(&[Citizen, PermitOffice, DistrictOffice, RevenueOffice]);
const BANK: Option<&[Group]> = Some(&[Bank]);
const READERS: Option<&[Group]> = Some(&[Citizen, PermitOffice, DistrictOffice, RevenueOffice, Agency, Partner]);
const WORKERS: Option<&[Group]> = Some(&[PermitOffice, DistrictOffice, RevenueOffice, Agency, Partner]);
const PAYERS: Option<&[Group]> = Some(&[Bank, PermitOffice, RevenueOffice]);

const fn rule(method: &'static str, path: &'static str, who: Option<&'static [Group]>) -> Rule {
    Rule { method, path, who }
}

/// Every route.
pub const RULES: &[Rule] = &[
    rule("GET", "/healthz", ANYBODY),
    rule("GET", "/readyz", ANYBODY),
    rule("GET", "/metrics", ANYBODY),
    rule("GET", "/openapi.json", ANYBODY),
    rule("GET", "/v1/licences/{number}", ANYBODY),
    rule("GET", "/.well-known/jwt-vc-issuer", ANYBODY),
    rule("GET", "/credentials/licence", ANYBODY),
    rule("GET", "/status-lists/{list}", ANYBODY),
    rule("GET", "/v1/licences/{number}/credential", CITIZEN),
    rule("GET", "/v1/procedures", ANYBODY),
    rule("GET", "/v1/procedures/{procedure}", ANYBODY),
    rule("POST", "/v1/cases", CITIZENS),
    rule("GET", "/v1/cases/{case}", READERS),
    rule("GET", "/v1/cases/{case}/timeline", READERS),
    rule("POST", "/v1/documents", DOCUMENTS),
    rule("GET", "/v1/cases/{case}/documents", DOCUMENTS),
    rule("GET", "/v1/cases/{case}/documents/{kind}/{sha256}", DOCUMENTS),
    rule("POST", "/v1/cases/{case}/steps/{step}/take", STEPS),
    rule("POST", "/v1/cases/{case}/steps/{step}/complete", STEPS),
    rule("POST", "/v1/cases/{case}/steps/{step}/return", STEPS),
    rule("POST", "/v1/cases/{case}/steps/{step}/consultations/{agency}", STEPS),
    rule("POST", "/v1/cases/{case}/consultations/{agency}/answer", AGENCIES),
    rule("POST", "/v1/cases/{case}/answer", CITIZENS),
    rule("POST", "/v1/cases/{case}/withdraw", CITIZENS),
    rule("POST", "/v1/cases/{case}/objection", CITIZENS),
    rule("POST", "/v1/cases/{case}/objection/decision", DECISIONS),
    rule("POST", "/v1/cases/{case}/extension", DECISIONS),
    rule("POST", "/v1/cases/{case}/bill", OFFICES),
    rule("POST", "/v1/cases/{case}/payments", PAYERS),
    rule("GET", "/v1/cases/{case}/bills", MONEY),
    rule("POST", "/v1/cases/{case}/pay", CITIZEN),
    rule("GET", "/v1/cases/{case}/receipts", MONEY),
    rule("POST", "/v1/cases/{case}/refunds", OFFICES),
    rule("POST", "/v1/cases/{case}/refunds/paid", BANK),
    rule("POST", "/v1/cases/{case}/refusal", DECISIONS),
    rule("POST", "/v1/cases/{case}/grant", DECISIONS),
    rule("POST", "/v1/cases/{case}/licence", DECISIONS),
    rule("POST", "/v1/cases/{case}/suspension", DECISIONS),
    rule("POST", "/v1/cases/{case}/reinstatement", DECISIONS),
    rule("POST", "/v1/cases/{case}/revocation", DECISIONS),
    rule("POST", "/v1/cases/{case}/renewal", DECISIONS),
    rule("POST", "/v1/cases/{case}/transfer", DECISIONS),
    rule("POST", "/v1/cases/{case}/completion", DECISIONS),
    rule("GET", "/v1/inbox", WORKERS),
    rule("GET", "/v1/search", READERS),
    rule("GET", "/v1/breaches", OFFICES),
    rule("GET", "/v1/districts/{district}/visits", DECISIONS),
    rule("GET", "/v1/districts/{district}/workload", OFFICES),
    rule("GET", "/v1/revenue/bills", REVENUE),
    rule("GET", "/v1/revenue/payments", REVENUE),
    rule("GET", "/v1/revenue/overdue", REVENUE),
    rule("GET", "/v1/revenue/refunds", REVENUE),
    rule("POST", "/v1/kin", STAFF),
    rule("POST", "/v1/city", ADMINS),
    rule("POST", "/v1/procedures", ADMINS),
    rule("POST", "/v1/holidays", ADMINS),
    rule("DELETE", "/v1/holidays/{date}", ADMINS),
    rule("POST", "/v1/rest-days", ADMINS),
    rule("POST", "/v1/persons/{person}/forget", ADMINS),
    rule("GET", "/", ANYBODY),
    rule("GET", "/lang", ANYBODY),
    rule("GET", "/check", ANYBODY),
    // A credential is too long for an address, and no business of a log that keeps addresses.
    rule("POST", "/check", ANYBODY),
    rule("GET", "/licences/{number}", ANYBODY),
    rule("GET", "/licences/{number}/licence.pdf", READERS),
    rule("GET", "/licences/{number}/credential", CITIZEN),
    rule("GET", "/services", ANYBODY),
    rule("GET", "/services/{procedure}", ANYBODY),
    rule("GET", "/apply/{procedure}", CITIZEN),
    rule("GET", "/apply/{procedure}/review", CITIZEN),
    rule("POST", "/apply/{procedure}/review", CITIZEN),
    rule("POST", "/apply/{procedure}/discard", CITIZEN),
    rule("POST", "/apply/{procedure}/documents/{kind}", CITIZEN),
    rule("POST", "/apply/{procedure}/documents/{kind}/remove", CITIZEN),
    rule("GET", "/apply/{procedure}/{part}", CITIZEN),
    rule("POST", "/apply/{procedure}/{part}", CITIZEN),
    rule("GET", "/my", Some(&[Citizen])),
    rule("GET", "/cases/{case}", READERS),
    rule("POST", "/cases/{case}/withdraw", CITIZEN),
    rule("GET", "/cases/{case}/answer", CITIZEN),
    rule("POST", "/cases/{case}/answer", CITIZEN),
    rule("GET", "/cases/{case}/object", CITIZEN),
    rule("POST", "/cases/{case}/object", CITIZEN),
    rule("GET", "/cases/{case}/accesses", CITIZEN),
    rule("GET", "/signin", ANYBODY),
    rule("GET", "/signin/back", ANYBODY),
    rule("POST", "/signin/as", Some(Group::ALL)),
    rule("POST", "/signout", Some(Group::ALL)),
    rule("GET", "/cases/{case}/documents", DOCUMENTS),
    rule("GET", "/cases/{case}/documents/{kind}", DOCUMENTS),
    rule("POST", "/cases/{case}/documents/{kind}", DOCUMENTS),
    rule("POST", "/cases/{case}/documents/{kind}/remove", DOCUMENTS),
    rule("GET", "/cases/{case}/documents/{kind}/{sha256}", DOCUMENTS),
    rule("GET", "/cases/{case}/documents/{kind}/{sha256}/preview/{sheet}", DOCUMENTS),
    rule("GET", "/cases/{case}/bill", MONEY),
    rule("POST", "/cases/{case}/pay", CITIZEN),
    rule("GET", "/cases/{case}/receipts/{reference}", MONEY),
    // Whoever comes back from the bank, and the bank itself: nothing of what they bring is believed.
    rule("GET", "/payments/callback", ANYBODY),
    rule("POST", "/payments/callback", ANYBODY),
    rule("GET", "/revenue", REVENUE),
    rule("POST", "/revenue/refunds", REVENUE),
    rule("GET", "/desk", WORKERS),
    rule("GET", "/desk/live", WORKERS),
    rule("GET", "/head", Some(&[PermitOffice])),
    rule("GET", "/head/csv/{table}", Some(&[PermitOffice])),
    rule("POST", "/cases/{case}/acts/{act}", WORKERS),
    rule("POST", "/cases/{case}/steps/{step}/take", STEPS),
];

/// Whether the group may call the route.
#[must_use]
pub fn allows(method: &str, path: &str, group: Group) -> bool {
    // A HEAD is a GET whose body is dropped.
    let method = if method == "HEAD" { "GET" } else { method };
    let row = RULES.iter().find(|rule| rule.method == method && rule.path == path);
    row.is_some_and(|rule| rule.who.is_none_or(|who| who.contains(&group)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Districts, PersonId};

    #[test]
    fn no_route_is_named_twice_and_none_is_open_unless_it_says_so() {
        for (index, rule) in RULES.iter().enumerate() {
            let twice = RULES[..index].iter().any(|other| (other.method, other.path) == (rule.method, rule.path));
            assert!(!twice, "{} {}", rule.method, rule.path);
            let harmless = rule.method == "GET" || ["/payments/callback", "/check"].contains(&rule.path);
            assert!(harmless || rule.who.is_some(), "{} {} changes something", rule.method, rule.path);
        }
        assert!(!allows("GET", "/v1/elsewhere", Admin));
        assert!(allows("HEAD", "/v1/inbox", PermitOffice) && !allows("POST", "/v1/inbox", PermitOffice));
    }

    #[test]
    fn a_role_that_no_department_gave_belongs_to_no_group() {
        let actor = |role: &str, department: Option<&str>| Actor {
            person: PersonId(uuid::Uuid::nil()),
            role: role.parse().unwrap(),
            department: department.map(|department| department.parse().unwrap()),
            districts: Districts::ALL,
        };
        for role in ["intake", "deputy", "clock", "importer"] {
            assert_eq!(Group::of(&actor(role, None)), None, "{role}");
        }
        assert_eq!(Group::of(&actor("clock", Some("permit-office"))), None);
        assert_eq!(Group::of(&actor("engineers", Some("engineers"))), Some(Partner));
        assert_eq!(Group::of(&actor("agency-fire", Some("agencies"))), Some(Agency));
    }
}
