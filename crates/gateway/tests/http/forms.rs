//! Forms of pages, as a browser fills and sends them.

use crate::client::{Answer, Caller};
use hyper::Method;

/// The value of a hidden field.
#[track_caller]
pub(crate) fn hidden(page: &Answer, name: &str) -> String {
    hidden_in(&page.text, name)
}

/// The same in a part of a page.
#[track_caller]
pub(crate) fn hidden_in(text: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let start = text.find(&field).unwrap_or_else(|| panic!("no {name}: {text}")) + field.len();
    text[start..].split('"').next().unwrap().to_owned()
}

/// The form of a page that leads to this address.
#[track_caller]
pub(crate) fn form_of<'a>(page: &'a Answer, action: &str) -> &'a str {
    let start = page.text.find(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("{action}: {}", page.text));
    page.text[start..].split("</form>").next().unwrap()
}

/// The hidden fields of that form, as it sends them; more can follow.
#[track_caller]
pub(crate) fn head_of(page: &Answer, action: &str) -> String {
    let form = form_of(page, action);
    let fields = form.split("<input type=\"hidden\" ").skip(1);
    let pair = |field: &str| {
        let name = field.split('"').nth(1).unwrap();
        let value = field.split('"').nth(3).unwrap().replace("&amp;", "&").replace("&#38;", "&");
        format!("{name}={}", encoded(&value))
    };
    fields.map(pair).collect::<Vec<_>>().join("&")
}

/// Percent-encoded.
pub(crate) fn encoded(text: &str) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(byte).collect()
}

pub(crate) async fn send(browser: &Caller, address: &str, form: &str) -> Answer {
    let kind = Some("application/x-www-form-urlencoded");
    browser.send(Method::POST, address, kind, form.as_bytes().to_vec()).await
}

/// A page that is there.
pub(crate) async fn at(browser: &Caller, address: &str) -> Answer {
    let page = browser.get(address).await;
    assert_eq!(page.status, 200, "{address}: {}", page.text);
    page
}

/// The same browser in English.
pub(crate) fn english(browser: &Caller) -> Caller {
    browser.with("cookie", &format!("{}; daftar-lang=en", browser.header("cookie")))
}
