//! Which columns of a table, or attributes of an XES log, hold what.

/// The names that were given; what is not named has the default of its format.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Names {
    /// The case's reference: `concept:name` of the trace, column `case:concept:name`.
    pub case: Option<String>,
    /// The step's name: `concept:name`.
    pub step: Option<String>,
    /// When the step was done: `time:timestamp`.
    pub time: Option<String>,
    /// Who did it: `org:resource`.
    pub actor: Option<String>,
    /// The unit that did it: `org:group`.
    pub unit: Option<String>,
    /// What became of it: `lifecycle:transition`.
    pub lifecycle: Option<String>,
    /// How the case came in: `channel` of the trace, column `case:channel`.
    pub channel: Option<String>,
    /// The date promised: `deadline`, column `case:deadline`.
    pub deadline: Option<String>,
    /// When the case began: `startdate`, column `case:startdate`.
    pub started: Option<String>,
    /// When the case ended: `enddate`, column `case:enddate`.
    pub ended: Option<String>,
    /// For a table with one row a case: the columns that say when a step was done.
    pub milestones: Vec<Milestone>,
}

/// A column of times, and the step that each of them is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// The column.
    pub column: String,
    /// The step's name.
    pub step: String,
}

/// Why a text is not a milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a milestone is written COLUMN=STEP, as \"Closed Date=Closed\"")]
pub struct InvalidMilestone;

impl std::str::FromStr for Milestone {
    type Err = InvalidMilestone;
    fn from_str(text: &str) -> Result<Milestone, InvalidMilestone> {
        let (column, step) = text.rsplit_once('=').ok_or(InvalidMilestone)?;
        let (column, step) = (column.trim(), step.trim());
        if column.is_empty() || step.is_empty() {
            return Err(InvalidMilestone);
        }
        Ok(Milestone { column: column.to_owned(), step: step.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_milestone_names_a_column_and_a_step() {
        let milestone: Milestone = "Closed Date=Closed".parse().unwrap();
        assert_eq!((milestone.column.as_str(), milestone.step.as_str()), ("Closed Date", "Closed"));
        let odd: Milestone = "a=b=done".parse().unwrap();
        assert_eq!((odd.column.as_str(), odd.step.as_str()), ("a=b", "done"));
        for text in ["", "Closed", "=Closed", "Closed Date= "] {
            assert_eq!(text.parse::<Milestone>(), Err(InvalidMilestone), "{text}");
        }
    }
}
