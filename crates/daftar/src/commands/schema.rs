//! `daftar schema`: writes what others can hold us to, from the code that holds it.

use super::Outcome;
use permits::procedure::source::Source;
use std::path::Path;

pub(super) fn run(out: &Path) -> Outcome {
    std::fs::create_dir_all(out)?;
    write(out, "openapi.json", &gateway::openapi())?;
    write(out, "asyncapi.json", &feeds::asyncapi::document())?;
    write(out, "procedure.schema.json", &serde_json::to_value(schemars::schema_for!(Source))?)
}

fn write(out: &Path, name: &str, document: &serde_json::Value) -> Outcome {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    std::fs::write(out.join(name), text)?;
    Ok(())
}
