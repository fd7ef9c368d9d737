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
    /// Whether another file declares it as `#[cfg(test)] mod`.
    declared_test: bool,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), lexed: lexer::lex(text), declared_test: false }
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
        whole || self.declared_test || self.lexed.test_lines.iter().any(|lines| lines.contains(&line))
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
    let mut sources: Vec<Source> = paths.map(|path| Source::new(&path, &read(&path))).collect();
    mark_tests(&mut sources);
    sources
}

/// A file of tests may have any name: who declares it says that it is one.
fn mark_tests(sources: &mut [Source]) {
    let declared: Vec<String> = sources.iter().flat_map(test_files).collect();
    for source in sources {
        let stem = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        source.declared_test = declared.iter().any(|file| stem == file || stem.starts_with(&format!("{file}/")));
    }
}

/// The files, without `.rs`, that this one declares as tests.
fn test_files(source: &Source) -> impl Iterator<Item = String> {
    let stem = source.path.trim_end_matches(".rs");
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    let beside = matches!(name, "lib" | "main" | "mod");
    let base = if beside { folder.to_owned() } else { stem.to_owned() };
    source.lexed.test_files.iter().map(move |module| format!("{base}/{module}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_another_declares_as_a_test_is_one() {
        let text = "#[cfg(test)]\nmod real;\nmod live;";
        let paths = ["crates/x/src/a.rs", "crates/x/src/a/real.rs", "crates/x/src/a/live.rs", "crates/x/src/real.rs"];
        let mut sources: Vec<Source> = paths.map(|path| Source::new(path, text)).into();
        mark_tests(&mut sources);
        assert_eq!(sources.iter().map(|source| source.is_test(9)).collect::<Vec<_>>(), [false, true, false, false]);
    }
}
