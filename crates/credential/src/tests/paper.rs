use crate::{Section, Sheet, pdf};
use test_support::outside::python_packages;

fn persian() -> Sheet {
    let pair = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    Sheet {
        rtl: true,
        city: "شهرداری اصفهان".to_owned(),
        title: "پروانه تعمیرات".to_owned(),
        number: "L-۱۴۰۵-۰۰۰۰۰۷".to_owned(),
        stands: "معتبر است (در روز ۸ آذر ۱۴۰۵)".to_owned(),
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
        rtl: false,
        city: "Isfahan".to_owned(),
        title: "Repair licence".to_owned(),
        number: "L-1405-000007".to_owned(),
        stands: "It is suspended (on 8 Azar 1405)".to_owned(),
        holds: false,
        sections: vec![Section {
            heading: None, lines: vec![pair("Holder", "زهرا احمدی"), pair("Area", "40 m²")]
        }],
        check: "With this code or at this address anybody learns whether the licence holds:".to_owned(),
        ..persian()
    }
}

/// What pdfium, which browsers have, reads out of the document.
fn read(bytes: &[u8]) -> String {
    let folder = test_support::DataFolder::new();
    let (script, document) = (folder.join("read.py"), folder.join("licence.pdf"));
    std::fs::write(&document, bytes).unwrap();
    std::fs::write(&script, READ).unwrap();
    let output = python_packages(&["pypdfium2==5.15.2"]).script(&script).arg(&document).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const READ: &str = "import sys, pypdfium2
for page in pypdfium2.PdfDocument(sys.argv[1]):
    sys.stdout.buffer.write(page.get_textpage().get_text_range().encode() + b'\\f')
";

#[test]
fn programs_read_what_people_see() {
    let bytes = pdf("L-1405-000007", &[persian(), english()]).unwrap();
    assert!(bytes.len() < 60_000, "{} bytes: fonts are cut to what is used", bytes.len());
    let text = read(&bytes);
    let pages: Vec<&str> = text.split('\u{c}').collect();
    for told in ["پروانه تعمیرات", "L-۱۴۰۵-۰۰۰۰۰۷", "دارنده زهرا احمدی", "۲۷ مهر ۱۴۰۵", "کد پستی ۸۱۳۴۵۶۷۸۹۰", "Steel"]
    {
        assert!(pages[0].contains(told), "{told}: {}", pages[0]);
    }
    for told in ["Repair licence", "It is suspended (on 8 Azar 1405)", "زهرا احمدی", "check?number=L-1405-000007"]
    {
        assert!(pages[1].contains(told), "{told}: {}", pages[1]);
    }
}

#[test]
fn however_much_it_says_it_is_all_there() {
    let line = |number: usize| (format!("label {number}"), format!("{} end{number}.", "word".repeat(number)));
    let lines: Vec<_> = (0..50).map(line).collect();
    let sheet = Sheet { sections: vec![Section { heading: None, lines }], ..english() };
    let text = read(&pdf("long", &[sheet]).unwrap()).replace(['\r', '\n', '\u{c}'], "");
    assert!((0..50).all(|number| text.contains(&format!("end{number}."))), "{text}");
    let nothing = Sheet { sections: vec![], city: String::new(), title: " ".to_owned(), ..persian() };
    assert!(pdf("", &[nothing]).is_ok());
    let long = Sheet { address: "x".repeat(5_000), ..english() };
    assert!(pdf("", &[long]).is_err());
}
