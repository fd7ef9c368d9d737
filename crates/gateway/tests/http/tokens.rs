//! Tokens that are not accepted: always 401, always the same words.

use crate::client::Caller;
use crate::world::{World, seconds};
use gateway::tokens::{Claims, Signer};
use std::time::Duration;

fn claims(world: &World) -> Claims {
    let holder = world.holder("intake", Some("permit-office"));
    Claims {
        iss: "daftar".to_owned(),
        aud: "daftar".to_owned(),
        sub: holder.person.0,
        role: holder.role,
        department: holder.department,
        districts: holder.districts,
        city: holder.city,
        iat: seconds(),
        exp: seconds() + 600,
    }
}

/// The token with its header in place of `alg: EdDSA`.
fn with_header(token: &str, header: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

#[tokio::test]
async fn every_wrong_token_gets_the_same_answer() {
    let world = World::start().await;
    let good = claims(&world);
    let sign = |claims: Claims| world.signer.sign(&claims);
    let token = sign(good.clone());
    let kid = world.signer.kid();
    let stranger = Signer::generate().unwrap();
    let wrong = [
        ("garbage", "x".to_owned()),
        ("alg none", with_header(&token, "{\"alg\":\"none\",\"typ\":\"JWT\"}")),
        ("alg HS256", with_header(&token, &format!("{{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"{kid}\"}}"))),
        ("typ", with_header(&token, &format!("{{\"alg\":\"EdDSA\",\"typ\":\"at\",\"kid\":\"{kid}\"}}"))),
        ("kid", stranger.issue(&world.holder("admin", None), seconds(), Duration::from_secs(60))),
        ("aud", sign(Claims { aud: "else".to_owned(), ..good.clone() })),
        ("iss", sign(Claims { iss: "else".to_owned(), ..good.clone() })),
        ("expired", sign(Claims { exp: seconds() - 3600, ..good.clone() })),
        ("city", sign(Claims { city: "shiraz".parse().unwrap(), ..good.clone() })),
        ("clock", sign(Claims { role: "clock".parse().unwrap(), ..good.clone() })),
    ];
    let none = world.anybody().get("/v1/inbox").await;
    none.problem(401, "unauthenticated");
    assert_eq!(none.header("www-authenticate"), "Bearer");
    Caller::new(world.address, Some(&token)).get("/v1/inbox").await.ok();
    for (what, token) in wrong {
        let answer = Caller::new(world.address, Some(&token)).get("/v1/inbox").await;
        assert_eq!((answer.status, &answer.text), (none.status, &none.text), "{what}");
    }
    let basic = world.anybody().with("authorization", &format!("Basic {token}")).get("/v1/inbox").await;
    assert_eq!((basic.status, &basic.text), (none.status, &none.text));
}
