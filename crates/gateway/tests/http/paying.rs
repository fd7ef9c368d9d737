//! Paying in a browser: the bill worked out, on to the bank and back, the receipt; and what a browser may bring that is
//! not believed.

use crate::client::{Answer, Caller};
use crate::forms::{self, at, hidden};
use crate::world::{REZA, World, ZAHRA, done};
use serde_json::json;

/// A case with a bill of 1,300,000 rials, shown in the tables.
async fn billed(world: &World, parcel: &str) -> String {
    let (case, _) = world.apply(ZAHRA, parcel).await;
    let check = json!({ "outcome": "small-works", "checklist": { "small": true } });
    done(&world.intake(), &format!("/v1/cases/{case}/steps/check/complete"), check).await;
    let revenue = world.role("revenue", Some("revenue-office"));
    let billed = done(&revenue, &format!("/v1/cases/{case}/bill"), json!({})).await;
    revenue.get(&format!("/v1/cases/{case}?after={billed}")).await.ok();
    case
}

async fn send(browser: &Caller, address: &str, form: String) -> Answer {
    forms::send(browser, address, &form).await
}

#[tokio::test]
async fn a_citizen_sees_why_pays_comes_back_and_keeps_a_receipt() {
    let world = World::start().await;
    let case = billed(&world, "3-1").await;
    let browser = world.browser_of(ZAHRA).await;
    let bill = at(&browser, &format!("/cases/{case}/bill")).await;
    for told in ["dir=\"rtl\"", "عوارض تعمیرات", "مساحت تعمیر (۴۰ متر مربع) × ۲۵٬۰۰۰ = ۱٬۰۰۰٬۰۰۰", "۱٬۳۰۰٬۰۰۰ ریال"]
    {
        assert!(bill.text.contains(told), "{told}: {}", bill.text);
    }
    assert!(!bill.text.contains("style=") && !bill.text.contains("<script"), "{}", bill.text);
    let form = format!("csrf={}&key={}", hidden(&bill, "csrf"), hidden(&bill, "key"));
    let pay = format!("/cases/{case}/pay");
    let (one, other) = tokio::join!(send(&browser, &pay, form.clone()), send(&browser, &pay, form));
    let bank = one.header("location").to_owned();
    assert_eq!((one.status.as_u16(), other.header("location")), (303, bank.as_str()), "a double click is one attempt");
    assert!(bank.starts_with("/test-bank/pay/"), "{bank}");
    let paid = send(&world.anybody(), &bank, "choice=pay".to_owned()).await;
    let back = at(&browser, paid.header("location")).await;
    assert!(back.text.contains("پرداخت شما ثبت شد") && back.text.contains("/receipts/"), "{}", back.text);
    let link = back.text.split("href=\"").find(|rest| rest.contains("/receipts/")).unwrap();
    let link = link.split('"').next().unwrap();
    let english = forms::english(&browser);
    let receipt = at(&english, link).await;
    for told in ["dir=\"ltr\"", "1,300,000 rials", "Its place in the register", "B-1405-000001"] {
        assert!(receipt.text.contains(told), "{told}: {}", receipt.text);
    }
    let receipt = at(&browser, link).await;
    for told in ["dir=\"rtl\"", "B-۱۴۰۵-۰۰۰۰۰۱", "جای آن در دفتر ثبت"] {
        assert!(receipt.text.contains(told), "{told}: {}", receipt.text);
    }
    let bill = at(&english, &format!("/cases/{case}/bill")).await;
    assert!(bill.text.contains(">Paid<") && !bill.text.contains("/pay\""), "{}", bill.text);
    for stranger in [world.browser_of(REZA).await, world.browser("intake", None)] {
        for address in [link.to_owned(), format!("/cases/{case}/bill")] {
            assert!([403, 404, 303].contains(&stranger.get(&address).await.status.as_u16()), "{address}");
        }
    }
    assert_eq!(world.anybody().get(link).await.status, 303, "sign in first");
    assert_eq!(browser.get(&format!("/cases/{case}/receipts/000")).await.status, 404);
}

#[tokio::test]
async fn what_another_site_sends_starts_nothing_and_books_nothing() {
    let world = World::start().await;
    let case = billed(&world, "3-1").await;
    let browser = world.browser_of(ZAHRA).await;
    let pay = format!("/cases/{case}/pay");
    let bill = at(&browser, &format!("/cases/{case}/bill")).await;
    let form = format!("csrf={}&key={}", hidden(&bill, "csrf"), hidden(&bill, "key"));
    assert_eq!(send(&browser, &pay, "csrf=&key=".to_owned()).await.status, 403);
    let elsewhere = browser.with("sec-fetch-site", "cross-site");
    assert_eq!(send(&elsewhere, &pay, form.clone()).await.status, 403);
    let bank = send(&browser, &pay, form).await.header("location").to_owned();
    let token = bank.rsplit('/').next().unwrap();
    // The bank's own form comes from another site, and so does any forged one; neither is believed.
    let told = send(&elsewhere, "/payments/callback", format!("token={token}&status=OK")).await;
    assert!(told.status == 200 && told.text.contains("پرداخت انجام نشد"), "{} {}", told.status, told.text);
    for form in ["token=00000000000000000000000000000000&status=OK", "status=OK", "token=%00", ""] {
        let told = send(&elsewhere, "/payments/callback", form.to_owned()).await;
        assert_eq!(told.status, 404, "{form}: {}", told.text);
        assert!(told.text.contains("چیزی ثبت نشد"), "it is a page: {}", told.text);
    }
    let receipts = world.citizen(ZAHRA).await.get(&format!("/v1/cases/{case}/receipts")).await.ok();
    assert_eq!(receipts, json!({ "payments": [], "refunds": [] }));
    send(&world.anybody(), &bank, "choice=never".to_owned()).await;
    let told = send(&elsewhere, &format!("/payments/callback?token={token}"), String::new()).await;
    assert!(told.text.contains("پرداخت شما ثبت شد"), "{}", told.text);
}

#[tokio::test]
async fn the_revenue_office_sees_differences_and_orders_refunds() {
    let world = World::start().await;
    let case = billed(&world, "3-1").await;
    let officer = world.browser("revenue", Some("revenue-office"));
    let page = at(&officer, "/revenue").await;
    assert!(page.text.contains("گفته بانک و دفتر یکی است"), "{}", page.text);
    let bank = world.role("bank", None);
    let paid = json!({ "bill": "B-1405-000001", "amount": 1_300_000, "reference": "never-at-the-bank" });
    done(&bank, &format!("/v1/cases/{case}/payments"), paid).await;
    let withdrawn = done(&world.citizen(ZAHRA).await, &format!("/v1/cases/{case}/withdraw"), json!({})).await;
    officer.get("/revenue").await;
    world.role("revenue", Some("revenue-office")).get(&format!("/v1/revenue/overdue?after={withdrawn}")).await.ok();
    let page = at(&officer, "/revenue").await;
    assert!(page.text.contains("بانک نمی‌شناسد") && page.text.contains("never-at-the-bank"), "{}", page.text);
    let head = format!("csrf={}&key={}", hidden(&page, "csrf"), hidden(&page, "key"));
    let order = async |rest: &str| send(&officer, "/revenue/refunds", format!("{head}&case={case}&{rest}")).await;
    let wrong = order("payment=never-at-the-bank&amount=x&note=%D8%B3").await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    for kept in ["aria-invalid=\"true\"", "value=\"never-at-the-bank\"", ">س</textarea>", "href=\"#amount\""] {
        assert!(wrong.text.contains(kept), "{kept}: {}", wrong.text);
    }
    let large = order("payment=never-at-the-bank&amount=1300001").await;
    assert!(large.status == 422 && large.text.contains("۱٬۳۰۰٬۰۰۰"), "{}", large.text);
    let ordered = order("payment=never-at-the-bank&amount=%DB%B1%DB%B3%DB%B0%DB%B0%DB%B0%DB%B0%DB%B0").await;
    assert_eq!((ordered.status.as_u16(), ordered.header("location")), (303, "/revenue?ordered=1"), "{}", ordered.text);
    let twice = order("payment=never-at-the-bank&amount=%DB%B1%DB%B3%DB%B0%DB%B0%DB%B0%DB%B0%DB%B0").await;
    assert_eq!(twice.status, 303, "a double click orders once");
    let page = at(&officer, ordered.header("location")).await;
    assert!(page.text.contains("دستور بازپرداخت ثبت شد") && page.text.contains("۱٬۳۰۰٬۰۰۰ ریال"), "{}", page.text);
    let citizen = world.browser_of(ZAHRA).await;
    assert_eq!(citizen.get("/revenue").await.status, 403);
}
