//! The shape of the files: a header, and a length that a person can hold in the head.

use crate::lexer::{closing, find_outside, is_word, line_of, words};
use crate::tree::{Breach, Source};

/// A file aims at 100 to 200 lines.
const LONGEST_FILE: usize = 500;
/// A function aims at less than 40 lines.
const LONGEST_FUNCTION: usize = 70;

pub(crate) fn check(source: &Source) -> Vec<Breach> {
    let mut found = long_functions(source);
    if !source.text.starts_with("//! ") {
        found.push(source.breach("header", 1, "the first line is a `//!` that says what the file is for"));
    }
    let lines = source.text.lines().count();
    if lines > LONGEST_FILE {
        found.push(source.breach("long file", lines, format!("{lines} lines, {LONGEST_FILE} are allowed")));
    }
    found
}

fn long_functions(source: &Source) -> Vec<Breach> {
    let code = &source.lexed.code;
    let mut found = Vec::new();
    for at in words(code, "fn") {
        let name: String = code[at + 2..].trim_start().chars().take_while(|c| is_word(*c)).collect();
        let body = find_outside(code, at, code.len(), |rest| rest.starts_with(['{', ';']));
        let body = body.filter(|open| code[*open..].starts_with('{'));
        // A type `fn(A) -> B` has no name; a function of a trait may have no body.
        let Some(end) = body.and_then(|open| closing(code, open)).filter(|_| !name.is_empty()) else { continue };
        let line = line_of(code, at);
        let lines = line_of(code, end) - line + 1;
        if lines > LONGEST_FUNCTION {
            let what = format!("`{name}` has {lines} lines, {LONGEST_FUNCTION} are allowed");
            found.push(source.breach("long function", line, what));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<(&'static str, usize)> {
        check(&Source::new("crates/x/src/a.rs", text)).into_iter().map(|breach| (breach.rule, breach.line)).collect()
    }

    #[test]
    fn a_file_without_a_header_is_found() {
        assert_eq!(rules("use a::b;\n"), [("header", 1)]);
        assert_eq!(rules("// plain\n"), [("header", 1)]);
        assert!(rules("//! What it is for.\n").is_empty());
    }

    #[test]
    fn long_files_and_functions_are_found() {
        let file = |lines: usize| format!("//! Header.\n{}", "x();\n".repeat(lines - 1));
        assert!(rules(&file(500)).is_empty());
        assert_eq!(rules(&file(501)), [("long file", 501)]);
        let function = |lines: usize| format!("//! Header.\nfn f(a: [u8; 2]) {{\n{}}}\n", "x();\n".repeat(lines - 2));
        assert_eq!(rules(&function(71)), [("long function", 2)]);
        assert!(rules(&function(70)).is_empty());
    }
}
