//! The Postgres that the tests share: one that the environment names, else a throw-away cluster.

use std::path::Path;

use test_support::postgres::Cluster;
use test_support::tools::{given_postgres, postgres_programs};

use crate::Error;
use crate::command::{command, output, run, say};

const INSTALL: &str = "install the server of Postgres 14 or newer: Debian and Ubuntu: apt-get install postgresql; \
Fedora: dnf install postgresql-server; macOS: brew install postgresql. No service has to run: the tests start their own. \
Or name a running one in DAFTAR_TEST_POSTGRES, as a role that may create databases";

/// What the tests connect to.
pub(crate) enum Postgres {
    /// Somebody else's; it is left as it is.
    Given(String),
    /// Ours, gone when this is dropped.
    Ours(Box<Cluster>),
}

impl Postgres {
    /// Finds or installs Postgres, and starts a cluster unless there is one to use.
    pub(crate) fn start() -> Result<Self, Error> {
        if let Some(url) = given_postgres() {
            say("using the Postgres of DAFTAR_TEST_POSTGRES");
            return Ok(Self::Given(url));
        }
        if postgres_programs().is_err() {
            install()?;
        }
        let programs = postgres_programs().map_err(|error| Error::Postgres(format!("{error}; {INSTALL}")))?;
        say(format_args!("starting a throw-away Postgres of {}", programs.display()));
        Ok(Self::Ours(Box::new(Cluster::start_blocking())))
    }

    /// The address, as a role that may create databases.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Given(url) => url.clone(),
            Self::Ours(cluster) => cluster.url(),
        }
    }
}

fn install() -> Result<(), Error> {
    let identity = output(command("id", &["-u"]))?.stdout;
    let is_root = String::from_utf8_lossy(&identity).trim() == "0";
    if !is_root || !Path::new("/usr/bin/apt-get").is_file() {
        return Err(Error::Postgres(format!("there is no Postgres server here: {INSTALL}")));
    }
    say("there is no Postgres server here: installing it with apt-get");
    let apt = |arguments: &[&str]| {
        let mut apt = command("apt-get", arguments);
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        run(apt)
    };
    apt(&["update", "-q"])?;
    apt(&["install", "-q", "-y", "--no-install-recommends", "postgresql"])
}
