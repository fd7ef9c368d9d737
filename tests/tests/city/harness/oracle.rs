//! The common oracle Ω: every acknowledged command is in the register exactly once, positions have no gap, every block
//! verifies, the auditor accepts, and what departments see is what a fresh rebuild gives. A command that was not
//! acknowledged is absent or whole.

use super::city::City;
use super::register::{Register, Seen};
use super::until;
use std::collections::HashMap;

impl City {
    /// Asserts Ω. Nothing may be sent meanwhile.
    #[track_caller]
    pub(crate) fn assert_whole(&self) -> Register {
        let register = self.register();
        self.assert_acknowledged(&register);
        self.wait_shown(&register);
        let said = self.cli_ok(&["audit", "verify"]);
        let events = format!("{} events", register.chain.head().next);
        assert!(said.contains(&events), "the auditor counts {events}: {said}");
        self.assert_replayed();
        register
    }

    fn assert_acknowledged(&self, register: &Register) {
        let mut by_id: HashMap<uuid::Uuid, &Seen> = HashMap::new();
        for seen in &register.commits {
            let twice = by_id.insert(seen.id, seen);
            assert!(twice.is_none(), "command {} is in the register twice: {twice:?} and {seen:?}", seen.id);
        }
        for acked in self.book.acked() {
            let seen = by_id.get(&acked.id).unwrap_or_else(|| panic!("acknowledged and lost: {acked:?}"));
            assert_eq!(seen.last.0, acked.position, "{acked:?} stands elsewhere: {seen:?}");
            if let Some(case) = &acked.case {
                assert_eq!(&seen.case, case, "{acked:?} is about another case: {seen:?}");
            }
        }
    }

    /// Waits until every department's tables hold the whole register.
    #[track_caller]
    pub(crate) fn wait_shown(&self, register: &Register) {
        let last = register.chain.head().next.0 - 1;
        until("every read model has caught up", || {
            let ready = self.anybody().try_get("/readyz").ok()?.json;
            let parts = ready["parts"].as_array()?;
            let shown = parts.iter().filter(|part| part["detail"] == format!("at position {last}")).count();
            (shown == 3).then_some(())
        });
    }

    /// Rebuilds every read model from the register alone; the live ones must be equal.
    #[track_caller]
    pub(crate) fn assert_replayed(&self) {
        let out = self.data.join(format!("replay-{}.db", uuid::Uuid::now_v7().simple()));
        self.cli_ok(&["audit", "replay", "--sqlite", out.to_str().expect("a path of ASCII")]);
        std::fs::remove_file(&out).expect("the replay was written");
    }
}
