//! Every kind of caller on every route: exactly those whom the table names get past it.

use crate::client::{Answer, Caller};
use crate::world::{SHA256, World, ZAHRA};
use gateway::permissions::{Group, RULES, Rule};
use hyper::{Method, StatusCode};

pub(crate) const ROLES: &[(Group, &str, Option<&str>)] = &[
    (Group::Citizen, "citizen", None),
    (Group::Admin, "admin", None),
    (Group::Bank, "bank", None),
    (Group::PermitOffice, "intake", Some("permit-office")),
    (Group::PermitOffice, "deputy", Some("permit-office")),
    (Group::PermitOffice, "technical-head", Some("permit-office")),
    (Group::DistrictOffice, "technical-officer", Some("district-office")),
    (Group::DistrictOffice, "planner", Some("district-office")),
    (Group::RevenueOffice, "revenue", Some("revenue-office")),
    (Group::Agency, "agency-fire", Some("agencies")),
    (Group::Agency, "agency-heritage", Some("agencies")),
    (Group::Partner, "engineers", Some("engineers")),
];
/// Roles that no department gave, and those of the machinery: let in nowhere.
const NOBODY: &[(&str, Option<&str>)] = &[("intake", None), ("importer", None), ("importer", Some("permit-office"))];

/// The route's address with parameters that name nothing, so that nothing is changed by being let in.
pub(crate) fn address(rule: &Rule) -> String {
    let parameters = [
        ("{case}", "1405-999999"),
        ("{step}", "check"),
        ("{agency}", "fire"),
        ("{number}", "L-1405-999999"),
        ("{procedure}", "nothing"),
        ("{kind}", "deed"),
        ("{sha256}", SHA256),
        ("{district}", "3"),
        ("{list}", "1399"),
        ("{date}", "1404-01-01"),
        ("{person}", "00000000-0000-0000-0000-000000000001"),
    ];
    parameters.iter().fold(rule.path.to_owned(), |path, (name, value)| path.replace(name, value))
}

/// Pages know people by their session, not by a token.
pub(crate) fn is_page(rule: &Rule) -> bool {
    let programs = ["/healthz", "/readyz", "/metrics", "/openapi.json"];
    let checkers = ["/.well-known/jwt-vc-issuer", "/credentials/licence", "/status-lists/{list}"];
    !rule.path.starts_with("/v1/") && !programs.contains(&rule.path) && !checkers.contains(&rule.path)
}

async fn call(caller: &Caller, rule: &Rule) -> Answer {
    let method = Method::from_bytes(rule.method.as_bytes()).unwrap();
    let kind = (rule.method == "POST").then_some("application/json");
    // A field that no body has: whoever is let in is told of it, and nothing happens.
    let body = if rule.method == "POST" { b"{\"no-such-field\":1}".to_vec() } else { Vec::new() };
    caller.send(method, &address(rule), kind, body).await
}

#[tokio::test]
async fn exactly_the_allowed_cells_are_let_in() {
    let world = World::start().await;
    let citizen = world.citizen(ZAHRA).await;
    assert!(Group::ALL.iter().all(|group| ROLES.iter().any(|(known, _, _)| known == group)));
    let mut cells = 0;
    for rule in RULES.iter().filter(|rule| !is_page(rule)) {
        for (group, role, department) in ROLES {
            let officer = world.role(role, *department);
            let caller = if *group == Group::Citizen { &citizen } else { &officer };
            let answer = call(caller, rule).await;
            let allowed = rule.who.is_none_or(|who| who.contains(group));
            let forbidden = answer.status == StatusCode::FORBIDDEN && answer.json()["code"] == "forbidden";
            assert_eq!(!forbidden, allowed, "{role} on {} {}: {}", rule.method, rule.path, answer.text);
            assert!(!answer.status.is_server_error(), "{role} on {} {}: {}", rule.method, rule.path, answer.text);
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{role} on {} {}", rule.method, rule.path);
            cells += 1;
        }
        for (role, department) in NOBODY {
            let answer = call(&world.role(role, *department), rule).await;
            let open = rule.who.is_none();
            assert_eq!(answer.status == StatusCode::FORBIDDEN, !open, "{role} on {} {}", rule.method, rule.path);
        }
        let answer = call(&world.anybody(), rule).await;
        let let_in = answer.status != StatusCode::UNAUTHORIZED;
        assert_eq!(let_in, rule.who.is_none(), "nobody on {} {}: {}", rule.method, rule.path, answer.text);
    }
    assert_eq!(cells, RULES.iter().filter(|rule| !is_page(rule)).count() * ROLES.len());
}

/// The table and the routes are the same: no row without a route, no route without a row.
#[test]
fn the_table_names_every_route_and_no_other() {
    let document = gateway::openapi();
    let hidden = ["/metrics", "/openapi.json"];
    let mut documented: Vec<(String, String)> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys().filter(|key| ["get", "post", "delete"].contains(&key.as_str()));
        documented.extend(methods.map(|method| (method.to_uppercase(), path.clone())));
    }
    let mut named: Vec<(String, String)> = RULES
        .iter()
        .filter(|rule| !hidden.contains(&rule.path) && !is_page(rule))
        .map(|rule| (rule.method.to_owned(), rule.path.to_owned()))
        .collect();
    documented.sort();
    named.sort();
    assert_eq!(documented, named);
}
