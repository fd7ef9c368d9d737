//! Making a city on its first start: charter, working week, holidays and procedures, each an idempotent command.

use kernel::{
    Actor, Answer, Channel, CityId, CommandId, DepartmentId, Districts, Envelope, PersonId, RoleId, time, time::Weekday,
};
use permits::{
    Command, Permits, Refusal,
    events::{Department, Title},
    procedure::{Procedure, source::Text},
};
use registrar::{Commands, SendError};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, path::Path, time::Duration};

/// How long the registrar may take to come up before the founding gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Roles that mean the same in every procedure.
const GENERAL_ROLES: [&str; 5] = ["admin", "auditor", "bank", "importer", "intake"];

/// Why a city could not be founded.
#[derive(Debug, thiserror::Error)]
pub enum FoundingError {
    /// A file of the city's folder cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{file}: {why}")]
    Invalid {
        /// Which.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// The registrar refused.
    #[error("the registrar refused {what}: {why}")]
    Refused {
        /// Which command.
        what: String,
        /// Why.
        why: String,
    },
    /// No answer.
    #[error("cannot found the city")]
    Send(#[source] SendError),
}

/// A city's folder: its charter and its procedures.
#[derive(Debug, Clone)]
pub struct Folder {
    charter: Charter,
    procedures: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Charter {
    id: CityId,
    title: Text,
    zone: String,
    districts: u8,
    #[serde(rename = "department")]
    departments: Vec<DepartmentEntry>,
    #[serde(default)]
    rest_days: Vec<RestDays>,
    #[serde(default, rename = "holiday")]
    holidays: Vec<Holiday>,
}

#[derive(Debug, Clone, Deserialize)]
struct DepartmentEntry {
    id: kernel::DepartmentId,
    title: Text,
}

#[derive(Debug, Clone, Deserialize)]
struct RestDays {
    from: String,
    days: Vec<Weekday>,
}

#[derive(Debug, Clone, Deserialize)]
struct Holiday {
    date: String,
    title: String,
}

impl Folder {
    /// The city that ships with Daftar.
    ///
    /// # Errors
    /// Never, as a test shows; the same checks as for any other folder.
    pub fn isfahan() -> Result<Folder, FoundingError> {
        let procedures = [
            include_str!("../../../deploy/cities/isfahan/procedures/building-permit.toml"),
            include_str!("../../../deploy/cities/isfahan/procedures/small-works.toml"),
            include_str!("../../../deploy/cities/isfahan/procedures/observed.toml"),
        ];
        let charter = include_str!("../../../deploy/cities/isfahan/city.toml");
        Folder::parse(charter, procedures.map(str::to_owned).to_vec())
    }

    /// Reads `city.toml` and every `procedures/*.toml` of a folder.
    ///
    /// # Errors
    /// Names the file that cannot be read or is not valid.
    pub fn read(folder: &Path) -> Result<Folder, FoundingError> {
        let text = |path: &Path| {
            let failed = |source| FoundingError::Read { path: path.display().to_string(), source };
            std::fs::read_to_string(path).map_err(failed)
        };
        let list = folder.join("procedures");
        let failed = |source| FoundingError::Read { path: list.display().to_string(), source };
        let mut files: Vec<_> = std::fs::read_dir(&list)
            .map_err(failed)?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect();
        files.sort();
        let procedures = files.iter().map(|path| text(path)).collect::<Result<_, _>>()?;
        Folder::parse(&text(&folder.join("city.toml"))?, procedures)
    }

    fn parse(charter: &str, procedures: Vec<String>) -> Result<Folder, FoundingError> {
        let invalid = |file: &str, why: String| FoundingError::Invalid { file: file.to_owned(), why };
        let charter: Charter = toml::from_str(charter).map_err(|error| invalid("city.toml", error.to_string()))?;
        for text in &procedures {
            Procedure::parse(text).map_err(|error| invalid("procedures", error.to_string()))?;
        }
        Ok(Folder { charter, procedures })
    }

    /// The city's id.
    #[must_use]
    pub fn city(&self) -> &CityId {
        &self.charter.id
    }

    /// Its local time.
    ///
    /// # Errors
    /// When the charter names a zone that the IANA list does not have.
    pub fn zone(&self) -> Result<kernel::Zone, kernel::time::UnknownZone> {
        kernel::Zone::new(&self.charter.zone)
    }

    /// Its departments.
    pub fn departments(&self) -> impl Iterator<Item = &kernel::DepartmentId> {
        self.charter.departments.iter().map(|department| &department.id)
    }

    /// Its procedures, checked.
    pub fn procedures(&self) -> impl Iterator<Item = Procedure> {
        self.procedures.iter().map(|text| Procedure::parse(text).expect("checked when it was read"))
    }

    /// What a department is called, in both languages; its id where the charter does not name it.
    #[must_use]
    pub fn department(&self, id: &DepartmentId) -> String {
        let named = self.charter.departments.iter().find(|entry| entry.id == *id);
        named.map_or_else(|| id.to_string(), |entry| format!("{} — {}", entry.title.fa, entry.title.en))
    }

    /// How many districts it has.
    #[must_use]
    pub fn districts(&self) -> u8 {
        self.charter.districts
    }

    /// Every role with the department that gives it: of a step its own, of a decision the permit office.
    #[must_use]
    pub fn roles(&self) -> BTreeMap<RoleId, Option<DepartmentId>> {
        let mut roles: BTreeMap<RoleId, Option<DepartmentId>> = BTreeMap::new();
        let department = |name: &str| name.parse().ok();
        for name in GENERAL_ROLES {
            let home = if name == "intake" { department("permit-office") } else { None };
            roles.extend(name.parse().ok().map(|role: RoleId| (role, home)));
        }
        for procedure in self.procedures() {
            for step in &procedure.source().steps {
                roles.entry(step.role.clone()).or_insert_with(|| Some(step.department.clone()));
                for asked in &step.consultations {
                    roles.entry(asked.role.clone()).or_insert_with(|| department("agencies"));
                }
            }
            let decided = procedure.decisions().into_iter().flat_map(|d| {
                [
                    &d.refuse,
                    &d.bill,
                    &d.grant,
                    &d.issue,
                    &d.suspend,
                    &d.renew,
                    &d.transfer,
                    &d.complete,
                    &d.extend,
                    &d.objection,
                    &d.escalate_to,
                ]
            });
            for role in decided {
                roles.entry(role.clone()).or_insert_with(|| department("permit-office"));
            }
        }
        roles
    }

    fn commands(&self) -> Result<Vec<(String, Command)>, FoundingError> {
        let date = |text: &str| {
            let invalid =
                |_| FoundingError::Invalid { file: "city.toml".to_owned(), why: format!("{text} is not a day") };
            time::parse_date(text).map_err(invalid)
        };
        let title = |text: &Text| Title { fa: text.fa.clone(), en: text.en.clone() };
        let charter = &self.charter;
        let department = |entry: &DepartmentEntry| Department { id: entry.id.clone(), title: title(&entry.title) };
        let establish = Command::EstablishCity {
            title: title(&charter.title),
            zone: charter.zone.as_str().into(),
            districts: charter.districts,
            departments: charter.departments.iter().map(department).collect(),
        };
        let mut commands = vec![("city".to_owned(), establish)];
        for week in &charter.rest_days {
            let command = Command::SetRestDays { from: date(&week.from)?, days: week.days.clone() };
            commands.push((format!("rest-days {} {:?}", week.from, week.days), command));
        }
        for holiday in &charter.holidays {
            let command = Command::DeclareHoliday { date: date(&holiday.date)?, title: holiday.title.as_str().into() };
            commands.push((format!("holiday {}", holiday.date), command));
        }
        for source in &self.procedures {
            commands.push((format!("procedure {source}"), Command::PublishProcedure { source: source.clone() }));
        }
        Ok(commands)
    }

    /// Sends what the city is made of. Sent again, each command gets its first answer.
    ///
    /// # Errors
    /// When the registrar does not come up or refuses.
    pub async fn found(&self, commands: &Commands<Permits>) -> Result<(), FoundingError> {
        for (name, command) in self.commands()? {
            let envelope = Envelope {
                id: command_id(self.city(), &name),
                actor: founder(),
                channel: Channel::SYSTEM,
                cause: None,
                occurred_at: None,
                command,
            };
            self.send(commands, &name, &envelope).await?;
        }
        Ok(())
    }

    async fn send(
        &self,
        commands: &Commands<Permits>,
        name: &str,
        envelope: &Envelope<Command>,
    ) -> Result<(), FoundingError> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let late = tokio::time::Instant::now() >= deadline;
            match commands.send(envelope).await {
                Ok(Answer::Accepted(_)) => return Ok(()),
                // An office that went on by itself: its own charter, holiday or newer procedure stands.
                Ok(Answer::Refused(
                    Refusal::CityEstablishedAlready {}
                    | Refusal::HolidayDeclaredAlready {}
                    | Refusal::ProcedureVersionNotNext { .. },
                )) => return Ok(()),
                Ok(Answer::Refused(refusal)) => return Err(refused(name, &refusal.to_string())),
                Ok(Answer::Malformed(why)) => return Err(refused(name, &why)),
                Ok(Answer::Unavailable(why)) if late => return Err(refused(name, &why.to_string())),
                Err(error) if late => return Err(FoundingError::Send(error)),
                Ok(Answer::Busy | Answer::Unavailable(_)) | Err(_) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

fn refused(name: &str, why: &str) -> FoundingError {
    FoundingError::Refused { what: name.lines().next().unwrap_or_default().to_owned(), why: why.to_owned() }
}

/// The same id on every start, so that a city is founded once.
fn command_id(city: &CityId, name: &str) -> CommandId {
    let digest = Sha256::digest(format!("daftar founding {city} {name}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    CommandId(uuid::Uuid::new_v8(bytes))
}

fn founder() -> Actor {
    Actor {
        person: PersonId(uuid::Uuid::nil()),
        role: "admin".parse().expect("a valid role"),
        department: None,
        districts: Districts::ALL,
    }
}

#[cfg(test)]
mod tests {
    use super::Folder;

    #[test]
    fn the_shipped_city_is_valid() {
        let folder = Folder::isfahan().expect("the shipped city is valid");
        assert_eq!(folder.charter.districts, 15);
        assert_eq!(folder.commands().expect("every date parses").len(), 1 + 1 + folder.charter.holidays.len() + 3);
    }
}
