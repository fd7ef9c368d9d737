//! The pages in a real browser, of a city with some made-up weeks in it: what everybody may read in both languages, on a
//! phone and on a desk; checked by axe-core against WCAG 2.2 AA; with pictures for a person to look at. And one building
//! permit from the first page to the check of the licence, by everybody whose part in it is.

use crate::harness::home::{Home, home};
use std::path::{Path, PathBuf};
use test_support::outside::{npm_packages, target_folder};

const PACKAGES: &[&str] = &["playwright-core@1.65.1", "axe-core@4.14.1"];

/// Somebody of every kind whose pages differ; `-` is not signed in.
const PEOPLE: &[&str] = &["-", "citizen-1", "intake-1", "technical-head-1", "revenue-1"];

#[test]
fn every_page_reads_well_in_both_languages_on_a_phone_and_on_a_desk() {
    let home = home();
    let city = home.up_with_demo();
    for language in ["fa", "en"] {
        walk(&home, "pages.mjs", &[&[language], PEOPLE].concat());
    }
    assert!(city.interrupt().success(), "Ctrl-C ends it well:\n{}", city.log());
}

#[test]
fn a_building_permit_goes_all_its_way_in_browsers_with_scripts_and_without() {
    let home = home();
    let city = home.up_with_demo();
    walk(&home, "journey.mjs", &["citizen-1", "3-901"]);
    walk(&home, "journey.mjs", &["citizen-2", "3-902", "noscript"]);
    assert!(city.interrupt().success(), "Ctrl-C ends it well:\n{}", city.log());
}

/// Runs one of the scripts in `tests/browser`, which fails when anything that it saw was not as it must be.
fn walk(home: &Home, script: &str, arguments: &[&str]) {
    let packages = npm_packages(PACKAGES);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let mut command = packages.script(&folder.join(script));
    command.arg(format!("http://127.0.0.1:{}", home.port)).arg(chromium()).arg(pictures()).args(arguments);
    let done = command.output().expect("node runs");
    let said = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(done.status.success(), "{script} {arguments:?}:\n{said}");
    println!("{said}");
}

#[expect(clippy::disallowed_methods, reason = "a browser stands wherever the machine has it")]
fn chromium() -> PathBuf {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    places.find(|program| program.is_file()).expect("install chromium: pages are driven in a real browser")
}

fn pictures() -> PathBuf {
    target_folder().join("pictures")
}
