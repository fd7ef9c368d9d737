//! What a change must pass besides its tests. Every check runs, so that one run shows all there is to mend.

use crate::Error;
use crate::command::{command, output, run as start, say};
use crate::tools::DENY;

type Check = (&'static str, fn() -> Result<(), Error>);

const CHECKS: [Check; 4] =
    [("format", format), ("clippy", clippy), ("dependencies", dependencies), ("schemas", generated)];

/// Runs every check and names those that failed.
pub(crate) fn run() -> Result<(), Error> {
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        if let Err(error) = check() {
            say(format_args!("{name}: {error}"));
            failed.push(name);
        }
    }
    if failed.is_empty() {
        say("format, clippy, dependencies and schemas are in order");
        return Ok(());
    }
    Err(Error::Checks(failed))
}

fn format() -> Result<(), Error> {
    start(command("cargo", &["fmt", "--all", "--check"]))
}

fn clippy() -> Result<(), Error> {
    start(command("cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn generated() -> Result<(), Error> {
    crate::schemas::run(true)
}

fn dependencies() -> Result<(), Error> {
    let deny = DENY.ensure()?;
    start(command(&deny, &["check", "bans", "licenses", "sources"]))?;
    // Known vulnerabilities are in a database that lives on the network; everything else works without.
    let mut fetch = command(&deny, &["fetch", "db"]);
    fetch.envs([("GIT_TERMINAL_PROMPT", "0"), ("GIT_HTTP_LOW_SPEED_LIMIT", "1000"), ("GIT_HTTP_LOW_SPEED_TIME", "20")]);
    let fetched = output(fetch)?;
    if fetched.status.success() {
        return start(command(&deny, &["check", "--disable-fetch", "advisories"]));
    }
    let said = String::from_utf8_lossy(&fetched.stderr);
    let reason = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
    say(format_args!(
        "security advisories were NOT checked: their database cannot be fetched here ({})",
        reason.trim()
    ));
    Ok(())
}
