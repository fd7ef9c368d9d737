//! `daftar procedure check`: says of each file whether it could be published.

use super::Outcome;
use crate::cli::Procedure as What;
use permits::procedure::Procedure;

pub(super) fn run(what: &What) -> Outcome {
    let What::Check { files } = what;
    let mut broken = 0;
    for file in files {
        let checked = std::fs::read_to_string(file)
            .map_err(|error| error.to_string())
            .and_then(|text| Procedure::parse(&text).map_err(|error| error.to_string()));
        match checked {
            Ok(procedure) => println!(
                "{}: {} version {}, {} steps, {} fees: valid",
                file.display(),
                procedure.id(),
                procedure.version(),
                procedure.source().steps.len(),
                procedure.source().fees.len()
            ),
            Err(why) => {
                broken += 1;
                eprintln!("{}: {why}", file.display());
            }
        }
    }
    if broken == 0 { Ok(()) } else { Err(format!("{broken} of {} procedures are not valid", files.len()).into()) }
}
