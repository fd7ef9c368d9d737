//! No `_` arm over events or commands: who adds an event must meet every place that has to know it.

use crate::lexer::{closing, find_outside, is_word, line_of, words};
use crate::tree::{Breach, Source};

const RULE: &str = "wildcard";

pub(crate) fn check(source: &Source) -> Vec<Breach> {
    let code = &source.lexed.code;
    let mut found = Vec::new();
    for at in words(code, "match") {
        let Some(arms) = arms(code, at).filter(|_| !source.is_test(line_of(code, at))) else { continue };
        if !arms.iter().any(|(_, pattern)| names_fact(source, pattern)) {
            continue;
        }
        let wild = arms.iter().filter(|(_, pattern)| is_wildcard(pattern));
        let what = "a `_` arm over events or commands: name every one";
        found.extend(wild.map(|(at, _)| source.breach(RULE, line_of(code, *at), what)));
    }
    for at in ["Event::*", "Command::*"].iter().flat_map(|glob| code.match_indices(glob)).map(|(at, _)| at) {
        let what = "variants of events or commands without their enum's name: this test would not see the match";
        found.push(source.breach(RULE, line_of(code, at), what));
    }
    found
}

/// Whether a pattern names a variant of an enum of events or commands: `PermitEvent::Issued`, `Command::Submit`, and
/// `Self::Submit` where they are defined.
fn names_fact(source: &Source, pattern: &str) -> bool {
    let defines = ["/src/events", "/src/commands"].iter().any(|place| source.path.contains(place));
    let endings = ["Event::", "Command::"];
    endings.iter().any(|ending| pattern.contains(ending)) || (defines && pattern.contains("Self::"))
}

/// `_`, or a name that takes whatever comes, with or without a guard.
fn is_wildcard(pattern: &str) -> bool {
    let binds = pattern.split(" if ").next().unwrap_or_default().trim();
    binds == "_" || (binds.starts_with(|c: char| c.is_lowercase()) && binds.chars().all(is_word))
}

/// The patterns of the match that begins at `at`, each with its place.
fn arms(code: &str, at: usize) -> Option<Vec<(usize, String)>> {
    let open = block_after(code, at + "match".len())?;
    let end = closing(code, open)?;
    let (mut arms, mut here) = (Vec::new(), open + 1);
    while let Some(arrow) = find_outside(code, here, end, |rest| rest.starts_with("=>")) {
        let start = here + code[here..arrow].find(|c: char| !c.is_whitespace()).unwrap_or_default();
        arms.push((start, without_attributes(&code[start..arrow])));
        let body = arrow + 2 + code[arrow + 2..end].find(|c: char| !c.is_whitespace())?;
        here = match code[body..].starts_with('{') {
            true => closing(code, body)? + 1,
            false => find_outside(code, body, end, |rest| rest.starts_with(',')).unwrap_or(end),
        };
        here += code[here..end].find(|c: char| c != ',' && !c.is_whitespace()).unwrap_or(end - here);
    }
    Some(arms)
}

fn without_attributes(pattern: &str) -> String {
    let mut pattern = pattern.trim();
    while pattern.starts_with("#[") {
        pattern = closing(pattern, 1).map_or("", |end| pattern[end + 1..].trim_start());
    }
    pattern.trim_start_matches('|').trim().to_owned()
}

/// The `{` of the arms: the first one outside the brackets of what is matched.
fn block_after(code: &str, from: usize) -> Option<usize> {
    find_outside(code, from, code.len(), |rest| rest.starts_with('{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Source::new(path, text)).into_iter().map(|breach| breach.line).collect()
    }

    const ELSEWHERE: &str = "crates/departments/src/a.rs";

    #[test]
    fn a_wildcard_over_events_is_found_in_any_crate() {
        let text = "match event {\n PermitEvent::Issued { at, .. } => { f(at); }\n PermitEvent::Revoked(x) => g(x, 1),\n _ => {}\n}";
        assert_eq!(lines(ELSEWHERE, text), [4]);
        assert_eq!(lines(ELSEWHERE, &text.replace("_ =>", "other =>")), [4]);
        assert_eq!(lines(ELSEWHERE, &text.replace("_ =>", "_ if late =>")), [4]);
        assert!(lines(ELSEWHERE, &text.replace("_ =>", "PermitEvent::Paid(_) =>")).is_empty());
    }

    #[test]
    fn a_match_inside_an_arm_is_judged_by_its_own_arms() {
        let text = "match command {\n Command::A(n) => match n {\n  0 => 1,\n  _ => 2,\n },\n Command::B => 3,\n}";
        assert!(lines(ELSEWHERE, text).is_empty());
        assert_eq!(lines(ELSEWHERE, &text.replace("Command::B", "_")), [6]);
    }

    #[test]
    fn other_matches_and_tests_may_have_a_wildcard() {
        let text = "match kind {\n 1 => a,\n _ => b,\n}";
        assert!(lines("crates/permits/src/decide.rs", text).is_empty());
        let facts = text.replace("1 =>", "Event::A =>");
        assert_eq!(lines("crates/permits/src/decide.rs", &facts), [3]);
        assert!(lines("crates/permits/src/decide.rs", &format!("#[cfg(test)]\nmod tests {{\n{facts}\n}}")).is_empty());
    }

    #[test]
    fn an_enum_of_facts_cannot_hide_its_name() {
        assert_eq!(lines(ELSEWHERE, "use permits::Event::*;"), [1]);
        let own = "match self {\n Self::Submit => 1,\n _ => 2,\n}";
        assert_eq!(lines("crates/permits/src/commands.rs", own), [3]);
        assert!(lines("crates/permits/src/numbers.rs", own).is_empty());
    }
}
