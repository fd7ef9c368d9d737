//! Just enough of Rust's grammar to tell code from comments and strings, and to find the ends of blocks.

use std::ops::RangeInclusive;

/// A file taken apart.
pub(crate) struct Lexed {
    /// The code with every comment and the inside of every string blanked; lines stay where they were.
    pub(crate) code: String,
    /// What the strings hold, with the line that each begins on.
    pub(crate) strings: Vec<(usize, String)>,
    /// The lines of `#[cfg(test)]` modules.
    pub(crate) test_lines: Vec<RangeInclusive<usize>>,
    /// The names of `#[cfg(test)]` modules that are files of their own.
    pub(crate) test_files: Vec<String>,
}

pub(crate) fn lex(text: &str) -> Lexed {
    let mut scan = Scan { chars: text.chars().collect(), at: 0, code: String::new(), strings: Vec::new() };
    while scan.at < scan.chars.len() {
        scan.step();
    }
    let (test_lines, test_files) = test_modules(&scan.code);
    Lexed { code: scan.code, strings: scan.strings, test_lines, test_files }
}

struct Scan {
    chars: Vec<char>,
    at: usize,
    code: String,
    strings: Vec<(usize, String)>,
}

impl Scan {
    fn step(&mut self) {
        match (self.chars[self.at], self.peek(1)) {
            ('/', Some('/')) => self.blank_while(|scan| scan.chars[scan.at] != '\n'),
            ('/', Some('*')) => self.block_comment(),
            ('"', _) => self.string(0, true),
            ('r', _) if self.raw_hashes().is_some() => {
                let hashes = self.raw_hashes().expect("just seen");
                (0..=hashes).for_each(|_| self.keep());
                self.string(hashes, false);
            }
            ('\'', Some('\\')) => self.character(),
            ('\'', Some(_)) if self.peek(2) == Some('\'') => self.character(),
            _ => self.keep(),
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn keep(&mut self) {
        self.code.push(self.chars[self.at]);
        self.at += 1;
    }

    fn blank(&mut self) {
        self.code.push(if self.chars[self.at] == '\n' { '\n' } else { ' ' });
        self.at += 1;
    }

    fn blank_while(&mut self, go_on: impl Fn(&Self) -> bool) {
        while self.at < self.chars.len() && go_on(self) {
            self.blank();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.chars.len() {
            let pair = (self.chars[self.at], self.peek(1));
            depth += i32::from(pair == ('/', Some('*'))) - i32::from(pair == ('*', Some('/')));
            if pair == ('/', Some('*')) || pair == ('*', Some('/')) {
                self.blank();
            }
            self.blank();
            if depth == 0 {
                return;
            }
        }
    }

    /// How many `#` a raw string that begins here has; nothing when none begins here.
    fn raw_hashes(&self) -> Option<usize> {
        let before = self.at.checked_sub(1).map(|index| self.chars[index]);
        if before.is_some_and(|c| is_word(c) && c != 'b') {
            return None;
        }
        let hashes = self.chars[self.at + 1..].iter().take_while(|c| **c == '#').count();
        (self.peek(1 + hashes) == Some('"')).then_some(hashes)
    }

    fn string(&mut self, hashes: usize, escapes: bool) {
        let line = self.code.matches('\n').count() + 1;
        let mut held = String::new();
        self.keep();
        while self.at < self.chars.len() {
            let here = self.chars[self.at];
            if here == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                break;
            }
            if escapes && here == '\\' && self.peek(1).is_some() {
                self.blank();
            }
            held.push(self.chars[self.at]);
            self.blank();
        }
        if self.at < self.chars.len() {
            self.keep();
        }
        self.strings.push((line, held));
    }

    fn character(&mut self) {
        self.keep();
        let escaped = self.chars[self.at] == '\\';
        self.blank();
        if escaped {
            self.blank();
        }
        self.blank_while(|scan| scan.chars[scan.at] != '\'');
        if self.at < self.chars.len() {
            self.keep();
        }
    }
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where `word` stands in the code as a whole word (`::` may be inside it), as byte offsets.
pub(crate) fn words<'c>(code: &'c str, word: &'c str) -> impl Iterator<Item = usize> + 'c {
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = code[..*at].chars().next_back();
        let after = code[*at + word.len()..].chars().next();
        let starts = !word.starts_with(is_word) || !before.is_some_and(is_word);
        starts && (!word.ends_with(is_word) || !after.is_some_and(is_word))
    })
}

/// The line, from 1, of a byte offset.
pub(crate) fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// The offset of the bracket that closes the one at `open`.
pub(crate) fn closing(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in code[open..].char_indices() {
        depth += i32::from("([{".contains(c)) - i32::from(")]}".contains(c));
        if depth == 0 {
            return Some(open + at);
        }
    }
    None
}

/// The first place between the two offsets, outside any brackets, where `is` holds.
pub(crate) fn find_outside(code: &str, from: usize, to: usize, is: impl Fn(&str) -> bool) -> Option<usize> {
    let mut at = from;
    while at < to {
        let rest = &code[at..];
        if is(rest) {
            return Some(at);
        }
        let here = rest.chars().next()?;
        at = if "([{".contains(here) { closing(code, at)? + 1 } else { at + here.len_utf8() };
    }
    None
}

fn test_modules(code: &str) -> (Vec<RangeInclusive<usize>>, Vec<String>) {
    let attributes = words(code, "#[cfg(").filter(|at| {
        let condition = code[*at..].split(']').next().unwrap_or_default();
        words(condition, "test").next().is_some() && !condition.contains("not(")
    });
    let (mut blocks, mut files) = (Vec::new(), Vec::new());
    for at in attributes {
        let Some(end) = find_outside(code, at, code.len(), |rest| rest.starts_with(['{', ';'])) else { continue };
        if code[end..].starts_with('{') {
            blocks.extend(closing(code, end).map(|close| line_of(code, at)..=line_of(code, close)));
        } else if let Some((_, name)) = code[at..end].rsplit_once("mod ") {
            files.push(name.trim().to_owned());
        }
    }
    (blocks, files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_no_code() {
        let lexed = lex("a /* b /* c */ d */ \"e\\\"f\" r#\"g\"h\"# 'i' '\\'' b'\\n' &'x y // z\nw");
        let squeezed: Vec<&str> = lexed.code.split_whitespace().collect();
        assert_eq!(squeezed.join(" "), "a \" \" r#\" \"# ' ' ' ' b' ' &'x y w");
        let held: Vec<&str> = lexed.strings.iter().map(|(_, held)| held.as_str()).collect();
        assert_eq!(held, ["e\"f", "g\"h"]);
    }

    #[test]
    fn lines_stay_where_they_were() {
        let lexed = lex("/*\n*/ \"a\nb\"\nlast \"c\"");
        assert_eq!(lexed.code.lines().count(), 4);
        assert_eq!(lexed.strings[1], (4, "c".to_owned()));
    }

    #[test]
    fn test_modules_are_found_and_test_files_of_modules_are_not_blocks() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\nfn c() {}\n#[cfg(test)]\nmod more;\nfn d() {}";
        assert_eq!(lex(code).test_lines, vec![2..=5]);
        assert_eq!(lex(code).test_files, ["more"]);
        assert_eq!(lex("#[cfg(all(test, feature = \"x\"))]\nmod t {\n}").test_lines, vec![1..=3]);
        assert!(lex("#[cfg(not(test))]\nmod t {\n}").test_lines.is_empty());
    }

    #[test]
    fn words_are_whole() {
        assert_eq!(words("unsafe_code unsafe x_unsafe", "unsafe").collect::<Vec<_>>(), [12]);
        assert_eq!(words("std::env::var my_std::env", "std::env").collect::<Vec<_>>(), [0]);
    }
}
