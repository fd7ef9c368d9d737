//! The files of the workspace, and a breach of a rule in one of them.

use std::path::{Path, PathBuf};

use crate::lexer::{self, Lexed};

/// A rule that is broken, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Breach {
    pub(crate) rule: &'static str,
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl Breach {
    pub(crate) fn new(rule: &'static str, file: &str, line: usize, what: impl Into<String>) -> Self {
        Self { rule, file: file.to_owned(), line, what: what.into() }
    }
}

impl std::fmt::Display for Breach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.rule, self.what)
    }
}

/// A Rust file, with its path from the root of the workspace.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) lexed: Lexed,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), lexed: lexer::lex(text) }
    }

    /// The folder's name under `crates/`, or `tests`.
    pub(crate) fn package(&self) -> &str {
        let mut parts = self.path.split('/');
        match (parts.next(), parts.next()) {
            (Some("crates"), Some(name)) => name,
            (first, _) => first.unwrap_or_default(),
        }
    }

    /// Whether the line (from 1) belongs to tests: an integration test, a file of tests, or `#[cfg(test)] mod`.
    pub(crate) fn is_test(&self, line: usize) -> bool {
        let path = &self.path;
        let whole = path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs");
        whole || self.lexed.test_lines.iter().any(|lines| lines.contains(&line))
    }

    /// The lines of code, from 1, without comments and without what strings hold.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lexed.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    pub(crate) fn breach(&self, rule: &'static str, line: usize, what: impl Into<String>) -> Breach {
        Breach::new(rule, &self.path, line, what)
    }
}

/// Every Rust file of the workspace.
pub(crate) fn sources() -> Vec<Source> {
    let paths = walk().into_iter().filter(|path| path.ends_with(".rs"));
    paths.map(|path| Source::new(&path, &read(&path))).collect()
}

/// Every package's Cargo.toml with its text; the root's is not a package.
pub(crate) fn manifests() -> Vec<(String, String)> {
    let paths = walk().into_iter().filter(|path| path.ends_with("/Cargo.toml"));
    paths.map(|path| (path.clone(), read(&path))).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package stands in the root").to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}

fn walk() -> Vec<String> {
    let root = root();
    let mut folders = vec![root.join("crates"), root.join("tests")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the tree can be read") {
            let path = entry.expect("the tree can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let relative = path.strip_prefix(&root).expect("a walk stays under its root");
                found.push(relative.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}
