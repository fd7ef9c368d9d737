//! Keeps what the design says must never be, and the shape of the files. It reads the sources as text: what the
//! compiler or clippy can refuse is left to them. ARCHITECTURE.md says why each rule stands.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod arrows;
mod lexer;
mod matches;
mod never;
mod shape;
mod tree;

use tree::{Breach, Source};

/// Breaches that are known: the rule, the file and what is there. The list may only shrink; an entry that has become
/// untrue fails the test.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

#[test]
fn the_tree_is_tidy() {
    let (sources, manifests) = (tree::sources(), tree::manifests());
    assert!(sources.len() > 30 && manifests.len() > 10, "the walk found the tree");
    let mut breaches: Vec<Breach> = sources.iter().flat_map(check).collect();
    breaches.extend(manifests.iter().flat_map(|(path, text)| arrows::check(path, text)));
    let (known, new): (Vec<_>, Vec<_>) = breaches.into_iter().partition(|breach| is_known(breach, EXCEPTIONS));
    let stale = stale(&known, EXCEPTIONS);
    let lines: Vec<String> = new.iter().map(Breach::to_string).chain(stale).collect();
    assert!(lines.is_empty(), "{} to mend:\n{}", lines.len(), lines.join("\n"));
}

fn check(source: &Source) -> Vec<Breach> {
    [shape::check(source), never::check(source), matches::check(source)].concat()
}

fn is_known(breach: &Breach, exceptions: &[(&str, &str, &str)]) -> bool {
    exceptions.iter().any(|exception| matches_exception(breach, exception))
}

fn matches_exception(breach: &Breach, (rule, file, what): &(&str, &str, &str)) -> bool {
    breach.rule == *rule && breach.file == *file && breach.what.starts_with(what)
}

fn stale(known: &[Breach], exceptions: &[(&str, &str, &str)]) -> Vec<String> {
    let unused = exceptions.iter().filter(|entry| !known.iter().any(|breach| matches_exception(breach, entry)));
    unused
        .map(|(rule, file, what)| format!("{file}: no longer breaks {rule} ({what}): take it off EXCEPTIONS"))
        .collect()
}

#[test]
fn an_exception_covers_its_breach_only_and_goes_stale() {
    let exceptions: &[(&str, &str, &str)] = &[("long file", "a.rs", "600 lines")];
    let breach = |file: &str| Breach::new("long file", file, 1, "600 lines, 500 are allowed");
    assert!(is_known(&breach("a.rs"), exceptions));
    assert!(!is_known(&breach("b.rs"), exceptions));
    assert!(stale(&[breach("a.rs")], exceptions).is_empty());
    assert_eq!(stale(&[], exceptions).len(), 1);
}
