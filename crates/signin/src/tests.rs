//! A city and the built-in provider, over real HTTP: what signs somebody in, and all that must not.

mod hostile;

use crate::{ClaimNames, Pending, Provider, Settings, SignInError, builtin};
use serde_json::{Map, json};
use tokio::net::TcpListener;

struct World {
    city: Provider,
    browser: reqwest::Client,
}

async fn world() -> World {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    let (issuer, redirect) = (format!("{host}{}", builtin::PATH), format!("{host}/signin/back"));
    let claims: Map<_, _> =
        json!({ "role": "planner", "department": "district-office", "districts": [1, 4] }).as_object().unwrap().clone();
    let person = builtin::Person { account: "planner-1".to_owned(), title: "Planner (made up)".to_owned(), claims };
    let people = vec![("Officers".to_owned(), vec![person])];
    let routes =
        builtin::router(builtin::Settings { issuer: issuer.clone(), redirect: redirect.clone(), people }).unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let claims = ClaimNames::default();
    let client_id = builtin::CLIENT.to_owned();
    let city = Provider::new(Settings {
        issuer,
        client_id,
        client_secret: None,
        redirect,
        inside: None,
        scopes: vec![],
        claims,
    })
    .unwrap();
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    World { city, browser }
}

/// What somebody does at the provider: the code and state that they come back with, or the page that they stay on.
async fn at_provider(world: &World, address: &str, typed: &[(&str, &str)]) -> Result<(String, String), u16> {
    let url = reqwest::Url::parse(address).unwrap();
    let asked = url.query_pairs().into_owned();
    let typed = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let form: Vec<String> = asked.chain(typed).map(|(name, value)| format!("{name}={}", percent(&value))).collect();
    let to = &address[..address.find('?').unwrap()];
    let kind = "application/x-www-form-urlencoded";
    let answer = world.browser.post(to).header("content-type", kind).body(form.join("&")).send().await.unwrap();
    if !answer.status().is_redirection() {
        return Err(answer.status().as_u16());
    }
    let back = reqwest::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let value = |name: &str| back.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned();
    Ok((value("code"), value("state")))
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn an_officer_signs_in_with_role_department_and_districts() {
    let world = world().await;
    let (address, pending) = world.city.begin("/desk").await.unwrap();
    let (code, state) = at_provider(&world, &address, &[("account", "planner-1")]).await.unwrap();
    let who = world.city.finish(&code, &state, &pending).await.unwrap();
    assert_eq!((who.subject.as_str(), who.role.unwrap().as_str()), ("planner-1", "planner"));
    assert_eq!((who.department.unwrap().as_str(), who.districts), ("district-office", Some(vec![1, 4])));
    assert_eq!((who.national_id, pending.back.as_str()), (None, "/desk"));
    let again = world.city.finish(&code, &state, &pending).await;
    assert!(matches!(again, Err(SignInError::NotCompleted(_))), "a code is good for one use: {again:?}");
}

#[tokio::test]
async fn a_newcomer_signs_in_with_a_national_id_of_the_right_form() {
    let world = world().await;
    let (address, pending) = world.city.begin("/").await.unwrap();
    for (name, id) in [("", "0013542419"), ("زهرا", "0013542418"), ("زهرا", "")] {
        let stays = at_provider(&world, &address, &[("name", name), ("national_id", id)]).await;
        assert_eq!(stays, Err(422), "{name} {id}");
    }
    let typed = [("name", "زهرا"), ("national_id", "۰۰۱۳۵۴۲۴۱۹")];
    let (code, state) = at_provider(&world, &address, &typed).await.unwrap();
    let who = world.city.finish(&code, &state, &pending).await.unwrap();
    assert_eq!((who.name.as_deref(), who.national_id.as_deref()), (Some("زهرا"), Some("0013542419")));
    assert!(who.role.is_none() && format!("{who:?}") == "Identity(…)");
}

#[tokio::test]
async fn what_was_not_begun_here_signs_nobody_in() {
    let world = world().await;
    let (address, pending) = world.city.begin("/").await.unwrap();
    let (_, other) = world.city.begin("/").await.unwrap();
    let sign = async |typed: &str| at_provider(&world, &address, &[("account", typed)]).await;
    let (code, state) = sign("planner-1").await.unwrap();
    assert!(matches!(world.city.finish(&code, "", &pending).await, Err(SignInError::State)));
    assert!(matches!(world.city.finish(&code, &state, &other).await, Err(SignInError::State)));
    // The state of this one, and the nonce or the verifier of the other.
    let mixed = |change: fn(&mut serde_json::Value, &serde_json::Value)| {
        let (mut mine, theirs) = (serde_json::to_value(&pending).unwrap(), serde_json::to_value(&other).unwrap());
        change(&mut mine, &theirs);
        serde_json::from_value::<Pending>(mine).unwrap()
    };
    let verifier = mixed(|mine, theirs| mine["verifier"] = theirs["verifier"].clone());
    assert!(matches!(world.city.finish(&code, &state, &verifier).await, Err(SignInError::NotCompleted(_))));
    let (code, state) = sign("planner-1").await.unwrap();
    let nonce = mixed(|mine, theirs| mine["nonce"] = theirs["nonce"].clone());
    assert!(matches!(world.city.finish(&code, &state, &nonce).await, Err(SignInError::Token(_))));
    assert_eq!(sign("nobody").await, Err(422));
    let elsewhere = address.replace("signin%2Fback", "elsewhere");
    assert_ne!(elsewhere, address);
    assert_eq!(at_provider(&world, &elsewhere, &[("account", "planner-1")]).await, Err(400));
}
