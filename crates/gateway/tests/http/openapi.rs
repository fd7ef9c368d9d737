//! The API's description: committed, and the same as the routes say.

use test_support::tools::workspace_root;

#[test]
fn the_committed_description_is_the_generated_one() {
    let path = workspace_root().join("schemas/openapi.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let committed: serde_json::Value = serde_json::from_str(&committed).unwrap_or_default();
    assert!(committed == gateway::openapi(), "{} is not up to date: run cargo xtask gen", path.display());
}

#[test]
fn every_operation_says_what_it_is_for_and_how_it_fails() {
    let document = gateway::openapi();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(operation["responses"]["default"].is_object(), "{method} {path} says nothing of problems");
        }
    }
    assert_eq!(document, gateway::openapi(), "generated twice it is the same");
}
