//! The licence on paper.

use crate::{Section, Sheet, pdf};
use kernel::Lang;
use proptest::prelude::*;
use test_support::outside::python_packages;

fn persian() -> Sheet {
    let pair = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    Sheet {
        lang: Lang::Fa,
        city: "شهرداری اصفهان".to_owned(),
        title: "پروانه تعمیرات".to_owned(),
        number: "L-۱۴۰۵-۰۰۰۰۰۷".to_owned(),
        stands: "معتبر است، در روز ۸ آذر ۱۴۰۵".to_owned(),
        holds: true,
        sections: vec![
            Section {
                heading: None,
                lines: vec![
                    pair("دارنده", "زهرا احمدی"),
                    pair(
                        "نشانی دارنده",
                        "اصفهان، خیابان چهارباغ عباسی، کوچه شماره ۱۲ (بن‌بست یاس)، پلاک ۴، واحد ۲، طبقه دوم، زنگ سمت راست، کد پستی ۸۱۳۴۵۶۷۸۹۰",
                    ),
                    pair("کد نوسازی", "۳-۱۴-۲۵"),
                    pair("صدور", "۲۷ مهر ۱۴۰۵"),
                ],
            },
            Section {
                heading: Some("آنچه مجاز است".to_owned()),
                lines: vec![pair("مساحت تعمیر", "۴۰ متر مربع"), pair("سازه Steel", "بله")],
            },
        ],
        check: "هر کس با این کد یا این نشانی می‌تواند بداند که پروانه معتبر است یا نه:".to_owned(),
        address: "https://city.example/check?number=L-1405-000007".to_owned(),
    }
}

fn english() -> Sheet {
    let pair = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    Sheet {
        lang: Lang::En,
        city: "Isfahan".to_owned(),
        title: "Repair licence".to_owned(),
        number: "L-1405-000007".to_owned(),
        stands: "It is suspended, as of 8 Azar 1405".to_owned(),
        holds: false,
        sections: vec![Section {
            heading: None, lines: vec![pair("Holder", "زهرا احمدی"), pair("Area", "40 m²")]
        }],
        check: "With this code or at this address anybody learns whether the licence holds:".to_owned(),
        ..persian()
    }
}

/// What others see on a page.
#[derive(serde::Deserialize)]
struct Seen {
    text: String,
    codes: Vec<String>,
    links: Vec<String>,
    roles: Vec<String>,
    /// The left and right end of what is dark, in points.
    ink: (f32, f32),
}

fn read(bytes: &[u8]) -> Vec<Seen> {
    let folder = test_support::DataFolder::new();
    let (script, document) = (folder.join("read.py"), folder.join("licence.pdf"));
    std::fs::write(&document, bytes).unwrap();
    std::fs::write(&script, include_str!("read.py")).unwrap();
    let packages = python_packages(&["pypdfium2==5.15.2", "zxing-cpp==3.1.1", "pillow==13.0.0"]);
    let output = packages.script(&script).arg(&document).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn programs_read_what_people_see() {
    let bytes = pdf(&[persian(), english()]).unwrap();
    assert!(bytes.len() < 60_000, "{} bytes: fonts are cut to what is used", bytes.len());
    let pages = read(&bytes);
    for told in [
        "پروانه تعمیرات",
        "L-۱۴۰۵-۰۰۰۰۰۷",
        "معتبر است، در روز ۸ آذر ۱۴۰۵",
        "دارنده زهرا احمدی",
        "۲۷ مهر ۱۴۰۵",
        "۳-۱۴-۲۵",
        "کد پستی ۸۱۳۴۵۶۷۸۹۰",
        "سازه Steel",
        "check?number=L-1405-000007",
    ] {
        assert!(pages[0].text.contains(told), "{told}: {}", pages[0].text);
    }
    for told in
        ["Repair licence", "It is suspended, as of 8 Azar 1405", "زهرا احمدی", "40 m²", "check?number=L-1405-000007"]
    {
        assert!(pages[1].text.contains(told), "{told}: {}", pages[1].text);
    }
}

#[test]
fn its_code_and_its_link_lead_to_the_check() {
    let sheets = [persian(), english()];
    for (page, sheet) in read(&pdf(&sheets).unwrap()).iter().zip(&sheets) {
        assert_eq!((&page.codes, &page.links), (&vec![sheet.address.clone()], &vec![sheet.address.clone()]));
        assert!(page.ink.0 > 50.0 && page.ink.1 < 545.0, "everything is between the margins: {:?}", page.ink);
    }
}

#[test]
fn it_is_read_aloud_as_headings_a_table_and_a_picture() {
    let bytes = pdf(&[english()]).unwrap();
    let roles = read(&bytes).remove(0).roles.join(" ");
    let expected = "Document Sect P H1 P P Table TR TH TD TR TH TD Figure P Link";
    assert_eq!(roles, expected);
    let says = |what: &str| bytes.windows(what.len()).any(|part| part == what.as_bytes());
    assert!(says("<pdfuaid:part>1</pdfuaid:part>") && says("/Lang(en)"));
}

#[test]
fn however_much_it_says_it_is_all_there() {
    let line = |number: usize| (format!("label {number}"), format!("{} end{number}.", "word".repeat(number)));
    let lines: Vec<_> = (0..50).map(line).collect();
    let sheet = Sheet { sections: vec![Section { heading: None, lines }], ..english() };
    let pages = read(&pdf(&[sheet]).unwrap());
    assert!(pages.len() > 2 && pages.iter().all(|page| page.ink.0 > 50.0 && page.ink.1 < 545.0));
    let text: String = pages.iter().map(|page| page.text.replace(['\r', '\n'], "")).collect();
    assert!((0..50).all(|number| text.contains(&format!("end{number}."))), "{text}");
    let long = Sheet { address: "x".repeat(5_000), ..english() };
    assert!(pdf(&[long]).is_err() && pdf(&[]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Names are what people are called: no letter of any script, or control that hides in one, is in the way of printing.
    #[test]
    fn whatever_it_says_it_is_printed(text in any::<String>(), picked in "[\\p{Cf}\\p{M}\\p{Arabic}0-9() ]{0,24}") {
        let line = |said: &str| (said.to_owned(), said.to_owned());
        let sections = vec![Section { heading: Some(format!("x{text}")), lines: vec![line(&text), line(&picked)] }];
        let sheets = [persian(), english()]
            .map(|sheet| Sheet { title: format!("{text}x"), number: picked.clone(), sections: sections.clone(), ..sheet });
        prop_assert_eq!(pdf(&sheets).map(|_| ()), Ok(()));
    }
}
