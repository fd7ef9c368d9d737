//! `schemas/`: what `daftar schema` writes, kept in the repository so that a change of the contract is seen in review.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use test_support::tools::workspace_root;

use crate::Error;
use crate::command::{built, command, run as start, say};
use crate::tools::file;

/// Kept by tests that only ever add to it, not generated from today's code.
const NOT_GENERATED: &str = "golden";

/// Writes the schemas, or compares them with the committed ones.
pub(crate) fn run(check: bool) -> Result<(), Error> {
    let committed = workspace_root().join("schemas");
    if !check {
        write_to(&committed)?;
        say(format_args!("wrote {}", committed.display()));
        return Ok(());
    }
    let folder = tempfile::tempdir().map_err(file("make a folder in", std::env::temp_dir()))?;
    write_to(folder.path())?;
    let differences = differences(&files(&committed)?, &files(folder.path())?);
    if differences.is_empty() { Ok(()) } else { Err(Error::Schemas(differences)) }
}

fn write_to(folder: &Path) -> Result<(), Error> {
    // The whole workspace's binaries, since building one package alone would compile dependencies with other features
    // than the tests use, and then again for those.
    start(command("cargo", &["build", "--workspace", "--bins"]))?;
    let mut daftar = command(built("debug"), &["schema", "--out"]);
    daftar.arg(folder);
    start(daftar)
}

fn differences(committed: &Files, generated: &Files) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in generated {
        match committed.get(path) {
            None => found.push(format!("  {} is missing", path.display())),
            Some(old) if old != text => found.push(format!("  {} differs in line {}", path.display(), line(old, text))),
            Some(_) => {}
        }
    }
    let stale = committed.keys().filter(|path| !generated.contains_key(*path));
    found.extend(stale.map(|path| format!("  {} is no longer generated: delete it", path.display())));
    found
}

fn line(old: &[u8], new: &[u8]) -> usize {
    let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    lines(old).iter().zip(&lines(new)).take_while(|(old, new)| old == new).count() + 1
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn files(root: &Path) -> Result<Files, Error> {
    let mut found = Files::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop().filter(|folder| folder.is_dir()) {
        for entry in std::fs::read_dir(&folder).map_err(file("read", folder.clone()))? {
            let path = entry.map_err(file("read", folder.clone()))?.path();
            if path.is_dir() {
                folders.extend((!path.ends_with(NOT_GENERATED)).then_some(path));
            } else {
                let text = std::fs::read(&path).map_err(file("read", path.clone()))?;
                found.insert(path.strip_prefix(root).expect("a walk stays under its root").to_owned(), text);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in entries {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        folder
    }

    #[test]
    fn missing_changed_and_stale_files_are_named() {
        let committed = tree(&[("a.json", "1\n2\n"), ("old.json", ""), ("golden/x.bin", "z"), ("same/b.json", "s")]);
        let generated = tree(&[("a.json", "1\n3\n"), ("new.json", ""), ("same/b.json", "s")]);
        let (committed, generated) = (files(committed.path()).expect("read"), files(generated.path()).expect("read"));
        let expected =
            ["  a.json differs in line 2", "  new.json is missing", "  old.json is no longer generated: delete it"];
        assert_eq!(differences(&committed, &generated), expected);
        assert!(differences(&generated, &generated).is_empty());
    }

    #[test]
    fn a_missing_folder_is_an_empty_one() {
        assert!(files(Path::new("/no/such/folder")).expect("nothing").is_empty());
    }
}
