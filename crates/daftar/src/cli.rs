//! The command line.

use crate::{compose::Role, config::Overrides};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// The register of a city's services: permits as an append-only log that nobody can silently change.
#[derive(Debug, Parser)]
#[command(name = "daftar", version, arg_required_else_help = true)]
#[command(after_help = "A first city: `daftar up`. Then, in another terminal and the same folder:\n  \
    daftar import csv permits.csv --procedure observed\n  daftar audit verify\n\n\
    Configuration: --config FILE, or daftar.toml in the data folder, or DAFTAR_* in the environment \
    (DAFTAR_NATS_URL, DAFTAR_DATABASE_URL, DAFTAR_MASTER_KEY, DAFTAR_LOG, …).")]
pub struct Cli {
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in one process beside a child nats-server; makes the city on the first start
    Up(Up),
    /// Run some roles against a NATS (and Postgres) that run already
    Serve {
        /// Which roles: any of them, together or each in its own process
        #[arg(required = true)]
        roles: Vec<Role>,
    },
    /// Make a city: charter, calendar and procedures from a folder (by default the shipped Isfahan)
    Found {
        /// A folder with city.toml and procedures/*.toml
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
    },
    /// Record the cases of another system's log
    #[command(subcommand)]
    Import(Import),
    /// Check a register, or rebuild what departments see from it alone
    #[command(subcommand)]
    Audit(Audit),
    /// Issue a bearer token for the HTTP API
    Token(Token),
    /// Check procedures before they are published
    #[command(subcommand)]
    Procedure(Procedure),
    /// Look after the departments' read models
    #[command(subcommand)]
    ReadModels(ReadModels),
    /// Look after the keys that personal fields are sealed with
    #[command(subcommand)]
    Vault(Vault),
    /// Look after the keys that licences are signed with
    #[command(subcommand)]
    Key(Key),
    /// Write the OpenAPI document and the JSON Schemas
    Schema {
        /// The folder to write to
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Draw a page of a document: the gateway starts this, apart from itself
    #[command(hide = true)]
    DrawPage,
}

impl Command {
    /// Whatever this process makes is for its owner alone: names and keys are in it. Only the schemas are for everybody.
    pub(crate) fn keep_to_ourselves(&self) {
        #[cfg(unix)]
        if !matches!(self, Command::Schema { .. }) {
            rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// A folder with city.toml and procedures/*.toml, instead of the shipped Isfahan
    #[arg(long, value_name = "DIR")]
    pub(crate) from: Option<PathBuf>,
    /// Fills a new data folder with some weeks of made-up activity, labelled as made up on every page
    #[arg(long)]
    pub(crate) demo: bool,
    /// Lets whoever reaches this city sign in as anybody in it, officers too. Without a sign-in provider
    /// (DAFTAR_OIDC_ISSUER), `up` needs this where --listen or DAFTAR_PUBLIC_URL is open to other machines
    #[arg(long)]
    pub(crate) anybody_may_sign_in: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// An XES event log, gzip or not
    #[command(after_help = "Example: daftar import xes receipt.xes.gz --procedure observed")]
    Xes {
        #[command(flatten)]
        what: ImportWhat,
        #[command(flatten)]
        names: StepNames,
    },
    /// A CSV with one row a step, or one row a case (--milestone), gzip or not
    #[command(after_help = "Examples:\n  \
        daftar import csv log.csv --procedure observed --case Id --step Activity --time When --zone Europe/Amsterdam\n  \
        daftar import csv permits.csv --procedure observed --case PermitNum --milestone Applied=apply --milestone Issued=issue")]
    Csv {
        #[command(flatten)]
        what: ImportWhat,
        #[command(flatten)]
        names: StepNames,
        /// The column with the case's reference
        #[arg(long = "case", value_name = "COLUMN")]
        case: Option<String>,
        /// The column with the step's name
        #[arg(long, value_name = "COLUMN", conflicts_with = "milestones")]
        step: Option<String>,
        /// The column with the step's time
        #[arg(long, value_name = "COLUMN", conflicts_with = "milestones")]
        time: Option<String>,
        /// A column that holds the time of a step, for logs with one row a case; as often as wanted
        #[arg(long = "milestone", value_name = "COLUMN=STEP")]
        milestones: Vec<import::Milestone>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ImportWhat {
    /// The log; - for standard input
    pub(crate) file: PathBuf,
    /// The procedure to record the cases under
    #[arg(long)]
    pub(crate) procedure: kernel::ProcedureId,
    /// The IANA zone of times without an offset [default: the city's]
    #[arg(long)]
    pub(crate) zone: Option<String>,
    /// How dates like 03/04/2019 are meant, where the log itself does not show it
    #[arg(long, value_enum)]
    pub(crate) dates: Option<Dates>,
}

/// Which stands first in a date whose year stands last.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Dates {
    /// 31/12/2019
    DayFirst,
    /// 12/31/2019
    MonthFirst,
}

#[derive(Debug, Args)]
pub(crate) struct StepNames {
    /// Column or attribute with who did the step
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
    /// Column or attribute with their unit
    #[arg(long, value_name = "NAME")]
    pub(crate) unit: Option<String>,
    /// Column or attribute with the case's channel
    #[arg(long, value_name = "NAME")]
    pub(crate) channel: Option<String>,
    /// Column or attribute with the case's deadline
    #[arg(long, value_name = "NAME")]
    pub(crate) deadline: Option<String>,
    /// Column or attribute with when the case started
    #[arg(long, value_name = "NAME")]
    pub(crate) started: Option<String>,
    /// Column or attribute with when the case ended
    #[arg(long, value_name = "NAME")]
    pub(crate) ended: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Walk the register and check every hash and number
    Verify,
    /// Rebuild every read model from the register alone, and compare it with the live ones
    Replay {
        /// The SQLite file to write; it must not exist
        #[arg(long, value_name = "FILE")]
        sqlite: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  daftar token --role revenue --department revenue-office --district 3 --district 4\n  \
    daftar token --role citizen --national-id 0013542419"
)]
pub(crate) struct Token {
    /// The role: citizen, intake, revenue, admin, …
    #[arg(long)]
    pub(crate) role: kernel::RoleId,
    /// The department that gives the role, where it is not the one of the city's folder
    #[arg(long)]
    pub(crate) department: Option<kernel::DepartmentId>,
    /// A district in which the role holds; none means all
    #[arg(long = "district", value_parser = clap::value_parser!(u8).range(1..=63))]
    pub(crate) districts: Vec<u8>,
    /// Whose token it is: an account name; the same name is the same person
    #[arg(long, conflicts_with = "national_id")]
    pub(crate) account: Option<String>,
    /// Whose token it is, for citizens; by default the one that `up` prints a token for
    #[arg(long)]
    pub(crate) national_id: Option<String>,
    /// For how many hours it holds
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=8_760))]
    pub(crate) hours: u32,
    /// The city's folder, where it is not the shipped Isfahan
    #[arg(long, value_name = "FOLDER")]
    pub(crate) from: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Procedure {
    /// Say whether procedure files are valid, and where not
    Check {
        /// TOML files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Vault {
    /// Go on with an empty vault where the city's is lost and no backup is left: what was sealed before never opens
    /// again, and everybody who was known gets a new pseudonym
    AcceptLoss,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Sign licences with a new key from now on; what the one before signed can still be checked
    RotateLicence,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReadModels {
    /// Build new tables beside the old ones and swap them; readers never wait
    Rebuild {
        /// The department, or none for all
        department: Option<String>,
    },
    /// List the cases that are held back by an event that cannot be folded
    Parked,
    /// Fold a parked case again, after the cause is mended
    Retry {
        /// The case, as 1405-000123
        case: kernel::CaseId,
    },
}
