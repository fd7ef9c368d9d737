//! A licence in a browser: who sees how much of it, checking it now and as of a day, and a credential that was pasted.

use crate::client::{Answer, Caller};
use crate::world::{REZA, World, ZAHRA, done};
use hyper::Method;
use serde_json::json;

const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

/// A case with its licence, shown in the tables.
async fn licensed(world: &World) -> (String, String) {
    let (case, _) = world.apply(ZAHRA, "3-1").await;
    let at = |rest: &str| format!("/v1/cases/{case}/{rest}");
    let check = json!({ "outcome": "small-works", "checklist": { "small": true } });
    done(&world.intake(), &at("steps/check/complete"), check).await;
    let revenue = world.role("revenue", Some("revenue-office"));
    let billed = done(&revenue, &at("bill"), json!({})).await;
    let bill = revenue.get(&format!("/v1/cases/{case}?after={billed}")).await.ok()["bills"][0].clone();
    let payment = json!({ "bill": bill["bill"], "amount": bill["total"], "reference": "T1" });
    done(&world.role("bank", None), &at("payments"), payment).await;
    done(&revenue, &at("steps/fee/complete"), json!({})).await;
    let head = world.role("technical-head", Some("permit-office"));
    done(&head, &at("grant"), json!({})).await;
    let issued = done(&head, &at("licence"), json!({})).await;
    let view = head.get(&format!("/v1/cases/{case}?after={issued}")).await.ok();
    (case, view["licence"].as_str().unwrap().to_owned())
}

async fn suspend(world: &World, case: &str, number: &str) {
    let deputy = world.role("deputy", Some("permit-office"));
    let suspended = done(&deputy, &format!("/v1/cases/{case}/suspension"), json!({ "article": "safety" })).await;
    deputy.get(&format!("/v1/licences/{number}?after={suspended}")).await.ok();
}

async fn shown(caller: &Caller, address: &str) -> Answer {
    let page = caller.get(address).await;
    assert_eq!(page.status, 200, "{address}: {}", page.text);
    assert!(!page.text.contains("style=") && !page.text.contains("<script"), "{}", page.text);
    page
}

#[tokio::test]
async fn its_holder_sees_all_of_it_and_anybody_what_is_public() {
    let world = World::start().await;
    let (case, number) = licensed(&world).await;
    let address = format!("/licences/{number}");
    let holder = world.browser_of(ZAHRA).await;
    let whole = shown(&holder, &address).await;
    for told in
        ["زهرا احمدی", "مساحت تعمیر", "۴۰ متر مربع", "معتبر است", "<svg", "licence.pdf", "/credential", "صادر شد"]
    {
        assert!(whole.text.contains(told), "{told}: {}", whole.text);
    }
    assert!(whole.text.contains(&kernel::text::fa_digits(&case)));
    for other in [world.anybody(), world.browser_of(REZA).await] {
        let public = shown(&other, &address).await;
        assert!(public.text.contains("معتبر است") && public.text.contains("<svg"), "{}", public.text);
        for hidden in ["زهرا", "مساحت", "licence.pdf", "/credential"] {
            assert!(!public.text.contains(hidden), "{hidden}: {}", public.text);
        }
    }
    let credential = format!("{address}/credential");
    let got = holder.get(&credential).await;
    assert_eq!((got.status.as_u16(), got.header("content-type")), (200, "application/dc+sd-jwt"));
    assert_eq!(got.header("cache-control"), "no-store");
    assert_eq!(world.browser_of(REZA).await.get(&credential).await.status, 404);
    assert_eq!(world.anybody().get(&credential).await.status, 303, "sign in first");
    let paper = format!("{address}/licence.pdf");
    let printed = holder.get(&paper).await;
    assert_eq!((printed.status.as_u16(), printed.header("content-type")), (200, "application/pdf"));
    assert!(printed.text.starts_with("%PDF-"));
    assert_eq!(world.browser_of(REZA).await.get(&paper).await.status, 404);
    assert_eq!(world.anybody().get(&paper).await.status, 303, "sign in first");
    assert_eq!(world.anybody().get("/licences/L-1405-000099").await.status, 404);
}

#[tokio::test]
async fn its_new_holder_is_not_told_what_the_former_one_paid() {
    let world = World::start().await;
    let (case, _) = licensed(&world).await;
    let head = world.role("technical-head", Some("permit-office"));
    let to = json!({ "to": { "national_id": REZA, "name": "رضا کریمی" } });
    let transferred = done(&head, &format!("/v1/cases/{case}/transfer"), to).await;
    let (holder, browser) = (world.citizen(REZA).await, world.browser_of(REZA).await);
    let receipts = format!("/v1/cases/{case}/receipts");
    let view = holder.get(&format!("/v1/cases/{case}?after={transferred}")).await.ok();
    assert_eq!(holder.get(&receipts).await.ok(), json!({ "payments": [], "refunds": [] }));
    assert_eq!(browser.get(&format!("/cases/{case}/receipts/T1")).await.status, 404);
    let page = shown(&browser, &format!("/cases/{case}/bill")).await;
    assert!(!page.text.contains("T1") && !page.text.contains("/receipts/"), "{}", page.text);
    // What was billed stays, without the day on which somebody else paid it.
    let explained = holder.get(&format!("/v1/cases/{case}/bills")).await.ok();
    for bills in [&view["bills"], &explained] {
        assert_eq!((&bills[0]["state"], &bills[0]["paid_at"]), (&json!("paid"), &json!(null)), "{bills}");
    }
    let revenue = world.role("revenue", Some("revenue-office"));
    let whole = revenue.get(&receipts).await.ok();
    assert_eq!(whole["payments"][0]["reference"], "T1", "the office sees it all the same");
}

#[tokio::test]
async fn it_is_checked_now_and_as_of_a_day_in_any_digits() {
    let world = World::start().await;
    let (case, number) = licensed(&world).await;
    let anybody = world.anybody();
    let check = async |query: &str| anybody.get(&format!("/check?number={number}{query}")).await;
    assert!(check("").await.text.contains("معتبر است"));
    suspend(&world, &case, &number).await;
    assert!(check("").await.text.contains("معلق است"));
    assert!(check("&on=").await.text.contains("معلق است"), "an empty day is none");
    for (day, status, told) in [
        // 1390/01/01 in Persian digits, in Arabic ones, as a Gregorian day.
        ("%DB%B1%DB%B3%DB%B9%DB%B0%2F%DB%B1%2F%DB%B1", 404, "تا آن روز صادر نشده بود"),
        ("%D9%A1%D9%A3%D9%A9%D9%A0-%D9%A1-%D9%A1", 404, "تا آن روز صادر نشده بود"),
        ("2011-03-21", 404, "تا آن روز صادر نشده بود"),
        ("1490/01/01", 422, "هنوز نیامده"),
        ("1405/13/01", 422, "سال، ماه، روز"),
        ("x", 422, "سال، ماه، روز"),
    ] {
        let answer = check(&format!("&on={day}")).await;
        assert_eq!(answer.status, status, "{day}");
        assert!(answer.text.contains(told) && answer.text.contains("aria-invalid"), "{day}: {}", answer.text);
        assert!(answer.text.contains(&format!("value=\"{number}\"")), "what was typed stays");
    }
    assert_eq!(anybody.get("/check?number=%DB%B1%DB%B4%DB%B0%DB%B5-%DB%B9%DB%B9").await.status, 404);
    assert_eq!(anybody.get("/check?number=").await.status, 422);
    let english = anybody.with("cookie", "daftar-lang=en");
    assert!(english.get(&format!("/check?number={number}")).await.text.contains("It is suspended"));
}

async fn paste(browser: &Caller, credential: &str) -> Answer {
    let page = browser.get("/check").await;
    let token = page.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = format!("csrf={token}&credential={}", credential.replace('~', "%7E").replace('+', "%2B"));
    browser.send(Method::POST, "/check", FORM, form.into_bytes()).await
}

#[tokio::test]
async fn a_credential_is_pasted_and_answered_with_what_its_holder_shows() {
    let world = World::start().await;
    let (case, number) = licensed(&world).await;
    let credential = world.browser_of(ZAHRA).await.get(&format!("/licences/{number}/credential")).await.text;
    let anybody = world.anybody();
    let good = paste(&anybody, &credential).await;
    assert_eq!(good.status, 200, "{}", good.text);
    assert!(good.text.contains("زهرا احمدی") && good.text.contains("معتبر است"), "{}", good.text);
    let bare = credential.split('~').next().unwrap();
    let good = paste(&anybody, &format!("{bare}~\r\n")).await;
    assert!(good.text.contains("معتبر است") && !good.text.contains("زهرا"), "{}", good.text);
    suspend(&world, &case, &number).await;
    assert!(paste(&anybody, &credential).await.text.contains("معلق است"));
    let forged = bare.replacen(&bare[bare.len() - 9..], "AAAAAAAAA", 1);
    for (text, told) in [
        (format!("{forged}~"), "ساختگی"),
        (bare.to_owned(), "کامل نیست"),
        ("x".to_owned(), "کامل نیست"),
        (String::new(), "اینجا بگذارید"),
    ] {
        let answer = paste(&anybody, &text).await;
        assert_eq!(answer.status, 422, "{text}");
        assert!(answer.text.contains(told), "{told}: {}", answer.text);
    }
}
