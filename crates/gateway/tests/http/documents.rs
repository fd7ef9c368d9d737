//! Documents: brought, named in commands, looked at by those who may, each version told apart; and what is no document.

use crate::client::{Answer, Caller};
use crate::forms::{head_of, hidden, send};
use crate::world::{REZA, World, ZAHRA, done, small_works};
use gateway::tokens::Holder;
use hyper::Method;
use serde_json::{Value, json};
use vault::Lookup;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xff\xff?\0\x05\xfe\x02\xfe\r\xefF\xb8\0\0\0\0IEND\xaeB`\x82";

/// A PDF of one page with a square of this colour.
pub(crate) fn pdf(color: &str) -> Vec<u8> {
    let drawing = format!("{color} rg 20 20 60 60 re f");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{drawing}\nendstream", drawing.len()),
    ];
    let object = |(number, object): (usize, &String)| format!("{number} 0 obj\n{object}\nendobj\n");
    let objects: String = (1..).zip(&objects).map(object).collect();
    format!("%PDF-1.4\n{objects}trailer << /Size 5 /Root 1 0 R >>\n%%EOF\n").into_bytes()
}

async fn bring(caller: &Caller, kind: &str, content: &[u8]) -> Answer {
    caller.send(Method::POST, "/v1/documents", Some(kind), content.to_vec()).await
}

async fn brought(caller: &Caller, content: &[u8]) -> String {
    bring(caller, "application/pdf", content).await.ok()["sha256"].as_str().unwrap().to_owned()
}

/// An application with this deed; the case.
async fn applied(world: &World, deed: &str) -> String {
    let mut application = small_works(ZAHRA, "3-1");
    application["documents"][0]["sha256"] = json!(deed);
    let answer = world.citizen(ZAHRA).await.post("/v1/cases", &application).await;
    let (case, position) = (answer.ok()["case"].as_str().unwrap().to_owned(), answer.position());
    caught_up(world, &case, position).await;
    case
}

async fn caught_up(world: &World, case: &str, position: u64) {
    world.intake().get(&format!("/v1/cases/{case}/documents?after={position}")).await.ok();
}

/// The deed is sent back.
async fn returned(world: &World, case: &str) {
    let returned = json!({ "corrections": ["deed"], "note": "سند خوانا نیست" });
    let position = done(&world.intake(), &format!("/v1/cases/{case}/steps/check/return"), returned).await;
    caught_up(world, case, position).await;
}

/// The deed is sent back and given anew.
async fn given_anew(world: &World, case: &str, deed: &str) {
    returned(world, case).await;
    answered(world, case, deed).await;
}

async fn answered(world: &World, case: &str, deed: &str) {
    let answer = json!({ "documents": [{ "kind": "deed", "sha256": deed }] });
    let position = done(&world.citizen(ZAHRA).await, &format!("/v1/cases/{case}/answer"), answer).await;
    caught_up(world, case, position).await;
}

/// An officer whom the vault knows, as it knows those who signed in.
async fn officer(world: &World, role: &str, department: &str) -> (Caller, Holder) {
    let person = world.vault.person_for(&Lookup::account(role)).await.unwrap();
    let holder = Holder { person, ..world.holder(role, Some(department)) };
    (world.as_holder(&holder), holder)
}

#[tokio::test]
async fn a_document_is_brought_named_and_seen_by_those_who_may() {
    let world = World::start().await;
    let citizen = world.citizen(ZAHRA).await;
    let (one, two) = (pdf("1 0 0"), pdf("0 1 0"));
    let taken = bring(&citizen, "application/pdf", &one).await;
    assert_eq!(taken.status, 201);
    assert_eq!(
        (taken.ok()["media_type"].as_str(), taken.ok()["size"].as_u64()),
        (Some("application/pdf"), Some(one.len() as u64))
    );
    let old = taken.ok()["sha256"].as_str().unwrap().to_owned();
    let case = applied(&world, &old).await;
    let new = brought(&citizen, &two).await;
    given_anew(&world, &case, &new).await;
    let versions = world.intake().get(&format!("/v1/cases/{case}/documents")).await.ok();
    let told: Vec<_> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|v| (v["number"].as_u64(), v["newest"].as_bool(), v["sha256"].as_str()))
        .collect();
    assert_eq!(told, [(Some(1), Some(false), Some(old.as_str())), (Some(2), Some(true), Some(new.as_str()))]);
    let address = |hash: &str| format!("/v1/cases/{case}/documents/deed/{hash}");
    for caller in [&citizen, &world.intake()] {
        let content = caller.get(&address(&old)).await;
        assert_eq!((content.status.as_u16(), &content.bytes[..]), (200, one.as_slice()));
        assert_eq!(content.header("content-type"), "application/pdf");
        assert_eq!(content.header("x-content-type-options"), "nosniff");
        assert_eq!(content.header("content-disposition"), format!("attachment; filename=\"{case}-deed.pdf\""));
        assert_eq!(content.header("content-security-policy"), "default-src 'none'; sandbox");
    }
    // Who may not see the case, or not its documents; and what the case was never given.
    world.citizen(REZA).await.get(&address(&old)).await.problem(404, "unknown-case");
    world
        .in_district("technical-officer", "district-office", 4)
        .get(&address(&old))
        .await
        .problem(403, "district-not-yours");
    world.role("revenue", Some("revenue-office")).get(&address(&old)).await.problem(403, "forbidden");
    let elsewhere = brought(&citizen, &pdf("0 0 1")).await;
    citizen.get(&address(&elsewhere)).await.problem(404, "not-found");
    citizen.get(&format!("/v1/cases/{case}/documents/visit-report/{old}")).await.problem(404, "not-found");
    citizen.get(&address("xyz")).await.problem(422, "invalid-sha256");
}

#[tokio::test]
async fn what_is_no_document_is_told_so_and_nothing_falls_over() {
    let world = World::start().await;
    let citizen = world.citizen(ZAHRA).await;
    let mut flood = PNG.to_vec();
    flood[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let page = [b"%PDF-1.4\n<html><script>alert(1)</script>".as_slice(), &pdf("1 0 0")].concat();
    let archive = [pdf("1 0 0").as_slice(), b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x10\0\0\0\x04\0\0\0\0\0"].concat();
    let bomb = [b"PK\x03\x04".as_slice(), &vec![0; 500_000]].concat();
    let cases: [(&str, &[u8], u16, &str); 9] = [
        ("application/pdf", b"", 422, "document-empty"),
        ("application/pdf", &bomb, 415, "document-type"),
        ("application/octet-stream", b"<svg onload='alert(1)'>", 415, "document-type"),
        ("application/pdf", PNG, 422, "document-type-differs"),
        ("image/png", &flood, 422, "document-too-many-pixels"),
        ("application/pdf", &page, 422, "document-mixed"),
        ("application/pdf", &archive, 422, "document-mixed"),
        ("image/png", &PNG[..40], 422, "document-damaged"),
        ("text/html", b"<html>", 415, "wrong-content-type"),
    ];
    for (kind, content, status, code) in cases {
        bring(&citizen, kind, content).await.problem(status, code);
    }
    let head = format!(
        "POST /v1/documents HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\nContent-Length: 900000000\r\n\r\n",
        citizen.header("authorization")
    );
    let mut socket = tokio::net::TcpStream::connect(world.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut socket, head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut socket, &mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 413", "refused before it comes");
    bring(&world.anybody(), "application/pdf", &pdf("1 0 0")).await.problem(401, "unauthenticated");
    bring(&world.role("admin", None), "application/pdf", &pdf("1 0 0")).await.problem(403, "forbidden");
    assert_eq!(bring(&citizen, "image/png", PNG).await.status, 201);
}

#[tokio::test]
async fn what_an_officer_brings_is_the_applicants_once_it_is_handed_in() {
    let world = World::start().await;
    let case = applied(&world, &brought(&world.citizen(ZAHRA).await, &pdf("1 0 0")).await).await;
    let (intake, holder) = officer(&world, "intake", "permit-office").await;
    let report = pdf("0 0 1");
    let hash = brought(&intake, &report).await;
    let documents = json!([{ "kind": "visit-report", "sha256": hash }]);
    let check = json!({ "outcome": "small-works", "checklist": { "small": true }, "documents": documents });
    let position = done(&intake, &format!("/v1/cases/{case}/steps/check/complete"), check).await;
    caught_up(&world, &case, position).await;
    let address = format!("/v1/cases/{case}/documents/visit-report/{hash}");
    assert_eq!(world.citizen(ZAHRA).await.get(&address).await.bytes, report);
    // The officer's own key opens nothing of it any more; the applicant's does.
    world.vault.forget(holder.person, kernel::Instant(0)).await.unwrap();
    assert_eq!(world.intake().get(&address).await.bytes, report);
    let zahra = world.person(ZAHRA).await;
    let forgotten = world.role("admin", None).post(&format!("/v1/persons/{zahra}/forget"), &json!({})).await;
    caught_up(&world, &case, forgotten.position()).await;
    world.intake().get(&address).await.problem(404, "not-found");
}

/// The value of a hidden field or of the address's token.
#[track_caller]
pub(crate) fn token(page: &Answer) -> String {
    let start = page.text.find("?csrf=").unwrap_or_else(|| panic!("no form: {}", page.text)) + 6;
    page.text[start..].split('"').next().unwrap().to_owned()
}

/// A form with a file, as browsers send it.
pub(crate) async fn upload(
    browser: &Caller,
    address: &str,
    csrf: &str,
    (name, kind, content): (&str, &str, &[u8]),
) -> Answer {
    let head = format!(
        "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
    );
    let body = [head.as_bytes(), content, b"\r\n--part--\r\n"].concat();
    let kind = Some("multipart/form-data; boundary=part");
    browser.send(Method::POST, &format!("{address}?csrf={csrf}"), kind, body).await
}

#[tokio::test]
async fn a_browser_shows_versions_and_warns_of_an_old_one() {
    let world = World::start().await;
    let citizen = world.citizen(ZAHRA).await;
    let old = brought(&citizen, &pdf("1 0 0")).await;
    let case = applied(&world, &old).await;
    let (browser, officer) = (world.browser_of(ZAHRA).await, world.browser("intake", Some("permit-office")));
    let address = format!("/cases/{case}/documents/deed");
    let page = officer.get(&address).await;
    assert!(
        page.status == 200 && !page.text.contains("این نسخه قدیمی است") && page.text.contains("dir=\"rtl\""),
        "{}",
        page.text
    );
    given_anew(&world, &case, &brought(&citizen, &pdf("0 1 0")).await).await;
    let page = officer.get(&format!("{address}?version=1")).await;
    for told in ["این نسخه قدیمی است", "رفتن به تازه‌ترین نسخه", "نسخه ۱ از ۲", &format!("/deed/{old}/preview/1")]
    {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    assert!(!page.text.contains("style=") && !page.text.contains("<script"));
    let picture = officer.get(&format!("{address}/{old}/preview/1")).await;
    assert_eq!((picture.header("content-type"), &picture.bytes[1..4]), ("image/png", b"PNG".as_slice()));
    assert_eq!(officer.get(&format!("{address}/{old}/preview/2")).await.status, 404);
    assert_eq!(
        officer.get(&format!("{address}/{old}")).await.header("content-security-policy"),
        "default-src 'none'; sandbox"
    );
    assert_eq!(officer.get(&format!("{address}?version=3")).await.status, 404);
    let revenue = world.browser("revenue", Some("revenue-office")).get(&format!("/cases/{case}")).await;
    assert!(revenue.status == 200 && !revenue.text.contains("/documents/"), "no link to a denial: {}", revenue.text);
    let english = browser.with("cookie", &format!("{}; daftar-lang=en", browser.header("cookie")));
    let all = english.get(&format!("/cases/{case}/documents")).await;
    assert!(all.text.contains("version 2"), "{}", all.text);
    for stranger in [world.browser_of(REZA).await, world.browser("agency-fire", Some("agencies")), world.anybody()] {
        for address in [address.clone(), format!("{address}/{old}"), format!("{address}/{old}/preview/1")] {
            assert!([303, 403, 404].contains(&stranger.get(&address).await.status.as_u16()), "{address}");
        }
    }
}

#[tokio::test]
async fn a_browser_brings_a_document_that_waits_to_be_handed_in() {
    let world = World::start().await;
    let case = applied(&world, &brought(&world.citizen(ZAHRA).await, &pdf("1 0 0")).await).await;
    let browser = world.browser_of(ZAHRA).await;
    let address = format!("/cases/{case}/documents/deed");
    let newer = pdf("0 0 1");
    let file = ("سند.pdf", "application/pdf", newer.as_slice());
    let early = browser.get(&address).await;
    assert!(early.status == 200 && !early.text.contains("?csrf="), "nothing is asked for yet: {}", early.text);
    let csrf = hidden(&early, "csrf");
    assert_eq!(upload(&browser, &address, &csrf, file).await.status, 403, "nothing is asked for yet");
    returned(&world, &case).await;
    let own = browser.get(&format!("/cases/{case}")).await;
    assert!(own.text.contains(&format!("href=\"{address}#file\"")), "{}", own.text);
    assert_eq!(token(&browser.get(&address).await), csrf);
    assert_eq!(upload(&browser, &address, "forged", file).await.status, 403);
    let bad: [(&str, &str, &[u8], u16); 4] = [
        ("../../etc/passwd", "application/pdf", &newer, 422),
        ("deed.pdf", "application/pdf", PNG, 422),
        ("deed.pdf", "application/pdf", b"PK\x03\x04", 415),
        ("", "application/octet-stream", b"", 422),
    ];
    for (name, kind, content, status) in bad {
        let page = upload(&browser, &address, &csrf, (name, kind, content)).await;
        assert_eq!(page.status, status, "{name}: {}", page.text);
        assert!(page.text.contains("id=\"file-error\"") && page.text.contains("aria-invalid"), "{}", page.text);
    }
    assert_eq!(upload(&browser, &format!("/cases/{case}/documents/nothing"), &csrf, file).await.status, 403);
    let sent = upload(&browser, &address, &csrf, file).await;
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, format!("{address}?waiting=yes").as_str()));
    let page = browser.get(sent.header("location")).await;
    for told in ["هنوز تحویل نداده‌اید", "/preview/1", &format!("href=\"/cases/{case}/answer\"")] {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    let own = browser.get(&format!("/cases/{case}")).await;
    assert!(own.text.contains(&format!("{address}?waiting=yes")), "{}", own.text);
    let picture =
        page.text.split("src=\"").find(|rest| rest.contains("/preview/1\"")).unwrap().split('"').next().unwrap();
    assert_eq!(browser.get(picture).await.header("content-type"), "image/png");
    // Nobody else takes it back, or hears that there is something.
    let stranger = world.browser_of(REZA).await;
    let form = format!("csrf={}", hidden(&stranger.get("/my").await, "csrf"));
    for address in [address.clone(), "/cases/1405-999999/documents/deed".to_owned()] {
        let taken_back = send(&stranger, &format!("{address}/remove"), &form).await;
        assert_eq!(taken_back.status, 404, "{}", taken_back.text);
    }
    // Nobody else sees it before it is handed in; then it waits no more.
    assert_eq!(world.browser("intake", Some("permit-office")).get(picture).await.status, 404);
    let hash = picture.split('/').nth(5).unwrap();
    // It goes into the case with the answer, as the page sends it.
    let answer = format!("/cases/{case}/answer");
    let form = head_of(&browser.get(&answer).await, &answer);
    let sent = send(&browser, &answer, &form).await;
    assert_eq!(
        (sent.status.as_u16(), sent.header("location")),
        (303, format!("/cases/{case}").as_str()),
        "{}",
        sent.text
    );
    let page = browser.get(&address).await;
    assert!(!page.text.contains("تحویل نشده") && page.text.contains("?version=2"), "{}", page.text);
    assert_eq!(world.browser("intake", Some("permit-office")).get(picture).await.status, 200);
    let looks: Value = world.citizen(ZAHRA).await.get(&format!("/v1/cases/{case}/timeline")).await.ok();
    assert!(!looks.to_string().contains(hash));
}

#[tokio::test]
async fn one_document_in_two_cases_is_in_both() {
    let world = World::start().await;
    let citizen = world.citizen(ZAHRA).await;
    let content = pdf("0 0 1");
    let deed = brought(&citizen, &content).await;
    let mut cases = Vec::new();
    for (applicant, parcel) in [(ZAHRA, "3-1"), (REZA, "3-2")] {
        let mut application = small_works(applicant, parcel);
        application["agent"] = json!({ "national_id": ZAHRA });
        if applicant == ZAHRA {
            application.as_object_mut().unwrap().remove("agent");
        }
        application["documents"][0]["sha256"] = json!(deed);
        let answer = citizen.post("/v1/cases", &application).await;
        let (case, position) = (answer.ok()["case"].as_str().unwrap().to_owned(), answer.position());
        caught_up(&world, &case, position).await;
        cases.push(case);
    }
    for case in cases {
        let read = world.intake().get(&format!("/v1/cases/{case}/documents/deed/{deed}")).await;
        assert_eq!((read.status.as_u16(), &read.bytes[..]), (200, &content[..]), "{case}");
    }
}

#[tokio::test]
async fn the_hash_of_somebody_elses_document_opens_nothing() {
    let world = World::start().await;
    let deed = brought(&world.citizen(ZAHRA).await, &pdf("1 1 0")).await;
    let theirs = applied(&world, &deed).await;
    let mut application = small_works(ZAHRA, "3-2");
    application["agent"] = json!({ "national_id": REZA });
    application["documents"][0]["sha256"] = json!(deed);
    let stranger = world.citizen(REZA).await;
    let answer = stranger.post("/v1/cases", &application).await;
    let (case, position) = (answer.ok()["case"].as_str().unwrap().to_owned(), answer.position());
    caught_up(&world, &case, position).await;
    assert_eq!(stranger.get(&format!("/v1/cases/{case}/documents/deed/{deed}")).await.status, 404);
    let intake = world.intake();
    assert_eq!(intake.get(&format!("/v1/cases/{case}/documents/deed/{deed}")).await.status, 404);
    assert_eq!(intake.get(&format!("/v1/cases/{theirs}/documents/deed/{deed}")).await.status, 200);
}

#[tokio::test]
async fn who_may_not_open_a_document_is_not_told_its_hash() {
    let world = World::start().await;
    let (case, position) = world.apply(ZAHRA, "3-1").await;
    caught_up(&world, &case, position).await;
    let told = world.intake().get(&format!("/v1/cases/{case}")).await.ok();
    assert!(!told["documents"].as_array().unwrap().is_empty());
    let revenue = world.role("revenue", Some("revenue-office"));
    let told = revenue.get(&format!("/v1/cases/{case}?after={position}")).await.ok();
    assert_eq!(told["documents"], json!([]));
}
