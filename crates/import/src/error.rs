//! Why a log cannot be read on. What only spoils a row is a refused record instead.

/// Why reading ended before the log did.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is not there, or may not be read.
    #[error("cannot open {path}")]
    Open {
        /// What was to be opened.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The bytes break off or do not decompress or decode.
    #[error("the log cannot be read past line {line}")]
    Broken {
        /// The last line that was reached.
        line: u64,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The XML is not well formed; nothing after this can be trusted.
    #[error("the log is not well-formed XML at line {line}")]
    Xml {
        /// Where.
        line: u64,
        /// What the parser said.
        #[source]
        source: quick_xml::Error,
    },
    /// The XML ends inside an element.
    #[error("the log breaks off at line {line}, inside <{element}>")]
    Truncated {
        /// The last line.
        line: u64,
        /// The innermost element that matters.
        element: &'static str,
    },
    /// XML, but not a log.
    #[error("this is not an XES log: it starts with <{found}> instead of <log>")]
    NotXes {
        /// The root element.
        found: String,
    },
    /// Nothing in it.
    #[error("the log is empty")]
    Empty,
    /// The XML declares an encoding that is not known.
    #[error("the log is written in an unknown encoding: {label:?}")]
    Encoding {
        /// As it is declared.
        label: String,
    },
    /// A column was named that the file does not have.
    #[error("the file has no column {name:?}; it has {}", list(there))]
    NoSuchColumn {
        /// As it was named.
        name: String,
        /// The columns that there are.
        there: Vec<String>,
    },
    /// A column must be named, and none of the usual ones is there.
    #[error("say which column holds the {what} (--{option}); the file has {}", list(there))]
    ColumnNeeded {
        /// What it would hold, in words.
        what: &'static str,
        /// The option that names it.
        option: &'static str,
        /// The columns that there are.
        there: Vec<String>,
    },
    /// A named column stands in the file more than once.
    #[error("the file has the column {name:?} more than once")]
    ColumnTwice {
        /// As it was named.
        name: String,
    },
    /// Both ways of reading a table were asked for.
    #[error("--milestone reads one row a case, --step and --time one row a step: give one or the other")]
    BothShapes,
    /// Milestones only make sense in a table.
    #[error("--milestone is for CSV files; an XES log has steps of its own")]
    MilestoneInXes,
}

const COLUMNS_SHOWN: usize = 100;

fn list(columns: &[String]) -> String {
    let shown: Vec<String> = columns.iter().take(COLUMNS_SHOWN).map(|column| format!("{column:?}")).collect();
    let rest = columns.len().saturating_sub(COLUMNS_SHOWN);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") + &more }
}
