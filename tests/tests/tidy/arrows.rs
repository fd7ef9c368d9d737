//! Which crate may know which: the arrows of ARCHITECTURE.md, read from each Cargo.toml.

use crate::tree::Breach;

const RULE: &str = "arrow";

/// Every package, and which of the others its code may use. A new package is added here on purpose.
const ARROWS: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("permits", &["kernel"]),
    ("complaints", &["kernel"]),
    ("transparency", &["kernel"]),
    ("ledger", &["kernel"]),
    ("registrar", &["kernel", "ledger"]),
    ("projection", &["kernel", "ledger"]),
    ("departments", &["kernel", "ledger", "projection", "permits", "complaints", "transparency"]),
    ("feeds", &["kernel", "ledger", "permits", "complaints", "transparency"]),
    ("vault", &["kernel"]),
    // It knows orders and amounts; what a bill is, and who may pay it, is for whoever asks it.
    ("bank", &["kernel"]),
    ("signin", &["kernel"]),
    // What is in a document is nobody's business but whose key seals it.
    ("documents", &["kernel", "vault"]),
    ("credential", &["kernel", "permits"]),
    // The registrar's client is how a command is sent; the registrar itself is another process.
    (
        "gateway",
        &[
            "kernel",
            "registrar",
            "projection",
            "departments",
            "vault",
            "bank",
            "signin",
            "documents",
            "credential",
            "permits",
            "complaints",
            "transparency",
        ],
    ),
    ("import", &["kernel", "registrar", "vault", "permits"]),
    ("audit", &["kernel", "ledger", "projection", "departments", "permits", "complaints", "transparency"]),
    (
        "daftar",
        &[
            "kernel",
            "permits",
            "complaints",
            "transparency",
            "ledger",
            "registrar",
            "projection",
            "departments",
            "feeds",
            "vault",
            "bank",
            "signin",
            "documents",
            "credential",
            "gateway",
            "import",
            "audit",
        ],
    ),
    ("test-support", &[]),
    // It measures the parts one by one, beside the raw limits of the machine.
    (
        "bench",
        &[
            "test-support",
            "kernel",
            "permits",
            "ledger",
            "registrar",
            "projection",
            "departments",
            "feeds",
            "vault",
            "documents",
            "gateway",
        ],
    ),
    ("xtask", &["test-support"]),
    ("city-tests", &[]),
];

/// The pure crates, and the libraries that would let them reach for the world.
pub(crate) const DOMAINS: &[&str] = &["kernel", "permits", "complaints", "transparency"];
const WORLDLY: &[&str] = &[
    "tokio",
    "futures",
    "async-nats",
    "sqlx",
    "axum",
    "ureq",
    "rand",
    "getrandom",
    "tracing",
    "tempfile",
    "test-support",
];

pub(crate) fn check(path: &str, text: &str) -> Vec<Breach> {
    let manifest: toml::Table = text.parse().unwrap_or_else(|error| panic!("{path} is not TOML: {error}"));
    let name = manifest["package"]["name"].as_str().expect("a package has a name");
    let Some((_, allowed)) = ARROWS.iter().find(|(package, _)| *package == name) else {
        let what = format!("{name} is not in the table: add it with its arrows, and say why in ARCHITECTURE.md");
        return vec![Breach::new(RULE, path, 1, what)];
    };
    let wrong = |dependency: &str| {
        let ours = ARROWS.iter().any(|(package, _)| *package == dependency) && !allowed.contains(&dependency);
        ours || (DOMAINS.contains(&name) && WORLDLY.contains(&dependency))
    };
    let dependencies = tables(&manifest).filter(|dependency| wrong(dependency));
    let breach = |dependency: &str| {
        let line = text.lines().position(|line| line.trim_start().starts_with(dependency)).map_or(1, |index| index + 1);
        let what = if DOMAINS.contains(&name) && WORLDLY.contains(&dependency) {
            format!("{name} is pure and may not use {dependency}")
        } else {
            format!("{name} may not know {dependency}")
        };
        Breach::new(RULE, path, line, what)
    };
    dependencies.map(breach).collect()
}

/// What the code itself uses; the tests of a crate may use more.
fn tables(manifest: &toml::Table) -> impl Iterator<Item = &str> {
    let sections = ["dependencies", "build-dependencies"];
    let tables = sections.into_iter().filter_map(|section| manifest.get(section)?.as_table());
    tables.flat_map(|table| table.keys().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(text: &str) -> Vec<String> {
        check("crates/x/Cargo.toml", text).into_iter().map(|breach| breach.to_string()).collect()
    }

    #[test]
    fn an_arrow_the_wrong_way_is_found_with_its_line() {
        let text =
            "[package]\nname = \"ledger\"\n[dependencies]\nkernel.workspace = true\nregistrar.workspace = true\n";
        assert_eq!(whats(text), ["crates/x/Cargo.toml:5: arrow: ledger may not know registrar"]);
    }

    #[test]
    fn a_domain_knows_neither_the_world_nor_another_domain() {
        let text = "[package]\nname = \"permits\"\n[dependencies]\ntokio = \"1\"\ncomplaints = { path = \"..\" }\n";
        assert_eq!(whats(text).len(), 2);
        let tests_may = "[package]\nname = \"permits\"\n[dev-dependencies]\ntempfile = \"3\"\n";
        assert!(whats(tests_may).is_empty());
    }

    #[test]
    fn a_new_crate_must_be_entered() {
        assert!(whats("[package]\nname = \"extra\"\n")[0].contains("not in the table"));
    }
}
