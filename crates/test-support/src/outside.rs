//! Programs of other makers that tests run beside Daftar: scripts in Python and Node with packages of fixed versions.
//!
//! The packages are installed once into `outside` in the target folder and stay there for the next test.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of installed packages, and the program that runs scripts with them.
#[derive(Debug, Clone)]
pub struct Packages {
    kind: Kind,
    folder: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Python,
    Npm,
}

/// Python packages, each with its version: `&["nats-py==2.9.0"]`.
///
/// # Panics
/// When they cannot be installed: there is no python3 with pip, or no network.
pub fn python_packages(wanted: &[&str]) -> Packages {
    installed(Kind::Python, wanted)
}

/// Packages of npm, each with its version: `&["@nats-io/jetstream@3.1.0"]`. Scripts of the packages do not run.
///
/// # Panics
/// When they cannot be installed: there is no npm, or no network.
pub fn npm_packages(wanted: &[&str]) -> Packages {
    installed(Kind::Npm, wanted)
}

impl Packages {
    /// A command that runs this script, which finds the packages by their names: `.py`, or `.mjs` and `.js`.
    ///
    /// # Panics
    /// When the script cannot be read.
    pub fn script(&self, script: &Path) -> Command {
        match self.kind {
            Kind::Python => {
                let mut command = Command::new("python3");
                command.arg("-u").arg(script);
                command.env("PYTHONPATH", &self.folder).env("PYTHONDONTWRITEBYTECODE", "1");
                command
            }
            Kind::Npm => {
                let mut command = Command::new("node");
                command.arg(self.beside(script));
                command
            }
        }
    }

    /// The folder: of Python modules, or the one that holds `node_modules`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Node looks for packages from the script upwards, so a script runs from a copy that stands under them, with the
    /// other scripts of its folder that it may import.
    fn beside(&self, script: &Path) -> PathBuf {
        let folder = script.parent().expect("a script stands in a folder");
        let read = |path: &Path| std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let is_script = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "mjs" || kind == "js");
        let mut scripts: Vec<(PathBuf, Vec<u8>)> =
            paths.filter(is_script).map(|path| (path.clone(), read(&path))).collect();
        scripts.sort();
        let copy = self.folder.join(format!("{:016x}", hash(&scripts)));
        if !copy.is_dir() {
            // Written apart and renamed: another test that runs it at this moment sees all of it or nothing.
            let part = tempfile::Builder::new().prefix("part-").tempdir_in(&self.folder).expect("a folder can be made");
            for (path, text) in &scripts {
                let name = path.file_name().expect("a script is a file");
                std::fs::write(part.path().join(name), text).expect("the copy can be written");
            }
            // Whoever was first has written the same.
            let _ = std::fs::rename(part.keep(), &copy);
        }
        copy.join(script.file_name().expect("a script is a file"))
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Python => "python",
            Kind::Npm => "npm",
        }
    }

    fn install(self, wanted: &[&str], into: &Path) -> Command {
        let mut command = match self {
            Kind::Python => {
                let mut pip = Command::new("python3");
                pip.args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--no-input",
                    "--disable-pip-version-check",
                    "--no-compile",
                ]);
                pip.arg("--target");
                pip
            }
            Kind::Npm => {
                let mut npm = Command::new("npm");
                npm.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
                npm
            }
        };
        command.arg(into).args(wanted);
        command
    }
}

fn installed(kind: Kind, wanted: &[&str]) -> Packages {
    for package in wanted {
        let version =
            package.rsplit(['=', '@']).next().filter(|version| version.starts_with(|c: char| c.is_ascii_digit()));
        assert!(version.is_some(), "{package} names no version: what it does could change under a test");
    }
    let mut sorted = wanted.to_vec();
    sorted.sort_unstable();
    let root = target_folder().join("outside");
    std::fs::create_dir_all(&root).unwrap_or_else(|error| panic!("cannot make {}: {error}", root.display()));
    let folder = root.join(format!("{}-{:016x}", kind.name(), hash(&sorted)));
    let lock = folder.with_extension("lock");
    let lock = File::options().create(true).append(true).open(&lock).expect("a lock beside the packages");
    lock.lock().expect("one test installs, the others wait");
    if !folder.is_dir() {
        let part = tempfile::Builder::new().prefix("part-").tempdir_in(&root).expect("a folder can be made");
        run(kind.install(wanted, part.path()));
        std::fs::rename(part.keep(), &folder).expect("a folder can be named once it is whole");
    }
    Packages { kind, folder }
}

fn run(mut command: Command) {
    let shown = format!("{command:?}");
    let output = command.output().unwrap_or_else(|error| panic!("cannot run {shown}: {error}; please install it"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown} failed; is there a network?\n{said}");
}

/// The target folder that this test was built into.
///
/// # Panics
/// When the test was copied elsewhere.
pub fn target_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    test.ancestors().nth(3).expect("a test stands in target/PROFILE/deps").to_owned()
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DataFolder;

    fn said(mut command: Command) -> String {
        let output = command.output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    #[test]
    fn a_script_finds_the_packages_that_it_was_given() {
        let folder = DataFolder::new();
        let (python, node) = (folder.join("a.py"), folder.join("a.mjs"));
        std::fs::write(&python, "import iniconfig; print(iniconfig.IniConfig.__name__)").expect("written");
        std::fs::write(&node, "import ms from 'ms'; console.log(ms('2 days'))").expect("written");
        for _ in 0..2 {
            assert_eq!(said(python_packages(&["iniconfig==2.0.0"]).script(&python)), "IniConfig");
            assert_eq!(said(npm_packages(&["ms@2.1.3"]).script(&node)), "172800000");
        }
    }

    #[test]
    #[should_panic(expected = "names no version")]
    fn a_package_without_a_version_is_refused() {
        npm_packages(&["@nats-io/jetstream"]);
    }
}
