//! Running other programs: each is shown before it starts, and its failure is the task's.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use test_support::tools::workspace_root;

use crate::Error;

const POLL: Duration = Duration::from_millis(50);
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Says what the task does, on a line of its own.
pub(crate) fn say(text: impl std::fmt::Display) {
    eprintln!("xtask: {text}");
}

/// A command that starts in the root of the workspace.
pub(crate) fn command(program: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(arguments).current_dir(workspace_root());
    command
}

/// The `daftar` of a profile's folder, found from `target/debug/xtask`, wherever the target folder is.
pub(crate) fn built(profile: &str) -> PathBuf {
    let ours = std::env::current_exe().expect("a program knows its own file");
    ours.ancestors().nth(2).expect("xtask is built into a profile's folder").join(profile).join("daftar")
}

/// Shows the command, runs it and waits for it.
pub(crate) fn run(mut command: Command) -> Result<(), Error> {
    let shown = shown(&command);
    say(format_args!("$ {shown}"));
    let mut child = command.spawn().map_err(|source| Error::NotRun { command: shown.clone(), source })?;
    let status = wait(&mut child).map_err(|source| Error::NotRun { command: shown.clone(), source })?;
    match (status.success(), INTERRUPTED.load(Ordering::SeqCst)) {
        (_, true) => Err(Error::Interrupted),
        (true, false) => Ok(()),
        (false, false) => Err(Error::Failed { command: shown, status }),
    }
}

/// Runs the command without showing it and keeps what it says.
pub(crate) fn output(mut command: Command) -> Result<Output, Error> {
    command.output().map_err(|source| Error::NotRun { command: shown(&command), source })
}

/// Whether the command can be run and succeeds.
pub(crate) fn succeeds(command: Command) -> bool {
    output(command).is_ok_and(|output| output.status.success())
}

/// From here on Ctrl-C and SIGTERM end the running command instead of this program, which then takes its servers down.
pub(crate) fn outlive_interrupts() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let caught = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst));
        caught.expect("nothing else in this program handles signals");
    });
}

fn wait(child: &mut Child) -> std::io::Result<ExitStatus> {
    let mut told = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if INTERRUPTED.load(Ordering::SeqCst) && !told {
            // A Ctrl-C of the terminal reached the child too; a SIGTERM reached only us.
            test_support::process::ask_to_end(child);
            told = true;
        }
        std::thread::sleep(POLL);
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_its_code() {
        let error = run(command("sh", &["-c", "exit 3"])).expect_err("it fails");
        assert_eq!(error.to_string(), "`sh -c exit 3` failed (exit status: 3)");
        assert!(matches!(run(command("no-such-program", &[])), Err(Error::NotRun { .. })));
        assert!(run(command("true", &[])).is_ok());
        assert!(succeeds(command("true", &[])) && !succeeds(command("false", &[])));
    }
}
