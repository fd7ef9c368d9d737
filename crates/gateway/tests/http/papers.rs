//! The documents of an application in a browser: each sent by itself, kept with the draft, and handed in with all of it.

use crate::applying::{FACTS, PLACE, WHO, on, send};
use crate::documents::{pdf, token, upload};
use crate::forms::{at, encoded, english, form_of, head_of};
use crate::world::{REZA, World, ZAHRA};
use hyper::Method;

const PAGE: &str = "/apply/small-works/documents";
const DEED: &str = "/apply/small-works/documents/deed";
const REVIEW: &str = "/apply/small-works/review";

#[tokio::test]
async fn documents_come_one_by_one_and_are_handed_in_with_the_application() {
    let world = World::start().await;
    let browser = world.browser_of(ZAHRA).await;
    assert_eq!(on(&browser, "/apply/small-works/who", WHO).await, "/apply/small-works/place");
    on(&browser, "/apply/small-works/place", PLACE).await;
    assert_eq!(on(&browser, "/apply/small-works/facts", FACTS).await, PAGE);
    // Without what it must have, the page says so at the field, and so does the last one, which sends nothing.
    let missing = send(&browser, PAGE, "").await;
    assert_eq!(missing.status, 422);
    for told in ["href=\"#document-deed\"", "id=\"document-deed-error\"", "aria-invalid=\"true\"", "را بیفزایید"]
    {
        assert!(missing.text.contains(told), "{told}: {}", missing.text);
    }
    let early = send(&browser, REVIEW, "sure=yes").await;
    assert!(early.status == 422 && early.text.contains("را بیفزایید"), "{}", early.text);
    let (first, deed) = (pdf("1 0 0"), pdf("0 0 1"));
    let csrf = token(&at(&browser, PAGE).await);
    let uploaded = upload(&browser, DEED, &csrf, ("سند.pdf", "application/pdf", &first)).await;
    assert_eq!((uploaded.status.as_u16(), uploaded.header("location")), (303, format!("{PAGE}#paper-deed").as_str()));
    // Another in its place, on another device.
    let desk = world.browser_of(ZAHRA).await;
    let page = at(&desk, PAGE).await;
    assert!(page.text.contains("بارگذاری شد") && !page.text.contains("document-deed-error"), "{}", page.text);
    upload(&desk, DEED, &token(&page), ("deed.pdf", "application/pdf", &deed)).await;
    assert_eq!(on(&desk, PAGE, "").await, REVIEW);
    let review = at(&english(&desk), REVIEW).await;
    for told in ["Deed or lease", "1 kB, PDF", ">Send the application<"] {
        assert!(review.text.contains(told), "{told}: {}", review.text);
    }
    let sent = on(&desk, REVIEW, "sure=yes").await;
    let case = sent.strip_prefix("/cases/").unwrap_or_else(|| panic!("{sent}"));
    let given = world.citizen(ZAHRA).await.get(&format!("/v1/cases/{case}/documents")).await.ok();
    let given = given.as_array().unwrap();
    assert_eq!((given.len(), given[0]["kind"].as_str()), (1, Some("deed")), "{given:?}");
    let hash = given[0]["sha256"].as_str().unwrap();
    let content = world.intake().get(&format!("/v1/cases/{case}/documents/deed/{hash}")).await;
    assert_eq!(content.bytes, deed, "the one that was sent last");
    assert!(at(&desk, &sent).await.text.contains(&format!("{sent}/documents/deed")));
    assert!(!at(&desk, "/my").await.text.contains("/apply/small-works"), "it is sent");
}

#[tokio::test]
async fn what_is_no_document_is_refused_at_its_field_and_nothing_is_lost() {
    let world = World::start().await;
    let browser = world.browser_of(ZAHRA).await;
    let file = pdf("1 0 0");
    let csrf = token(&at(&browser, PAGE).await);
    on(&browser, "/apply/small-works/who", WHO).await;
    let good = ("deed.pdf", "application/pdf", file.as_slice());
    assert_eq!(upload(&browser, DEED, &csrf, good).await.status, 303);
    let bad: [(&str, &str, &[u8], u16); 3] = [
        ("deed.pdf", "application/pdf", b"PK\x03\x04", 415),
        ("../deed.pdf", "application/pdf", &file, 422),
        ("", "application/octet-stream", b"", 422),
    ];
    for (name, kind, content, status) in bad {
        let page = upload(&browser, DEED, &csrf, (name, kind, content)).await;
        assert_eq!(page.status, status, "{name}: {}", page.text);
        for told in ["href=\"#document-deed\"", "id=\"document-deed-error\"", "بارگذاری شد"] {
            assert!(page.text.contains(told), "{told}: {}", page.text);
        }
    }
    assert_eq!(upload(&browser, DEED, "forged", good).await.status, 403);
    assert_eq!(upload(&browser, &format!("{PAGE}/nothing"), &csrf, good).await.status, 404);
    assert_eq!(upload(&world.anybody(), DEED, &csrf, good).await.status, 401);
    let officer = world.browser("intake", Some("permit-office"));
    assert_eq!(upload(&officer, DEED, &token_of(&officer).await, good).await.status, 403);
    let reza = at(&world.browser_of(REZA).await, PAGE).await;
    assert!(!reza.text.contains("بارگذاری شد"), "a draft is its person's alone");
    // Taken out again, and what was typed on the other pages is still there.
    let page = at(&browser, PAGE).await;
    let remove = format!("{DEED}/remove");
    assert!(form_of(&page, &remove).contains("برداشتن"));
    let kind = Some("application/x-www-form-urlencoded");
    let form = head_of(&page, &remove).into_bytes();
    let removed = browser.send(Method::POST, &remove, kind, form).await;
    assert_eq!((removed.status.as_u16(), removed.header("location")), (303, PAGE), "{}", removed.text);
    assert!(!at(&browser, PAGE).await.text.contains("بارگذاری شد"));
    assert!(at(&browser, "/apply/small-works/who").await.text.contains("value=\"زهرا\""));
}

/// The token against forgery of whoever is signed in, as any form of theirs has it.
async fn token_of(browser: &crate::client::Caller) -> String {
    encoded(&crate::forms::hidden(&at(browser, "/desk").await, "csrf"))
}
