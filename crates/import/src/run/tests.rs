//! Whole imports: real NATS, a real registrar with the permits register, a real vault.

use super::*;
use crate::{
    Names,
    csv::CsvLog,
    real_data::{self, source, times},
    report::Stopped,
    xes::XesLog,
};
use kernel::{Channel, CommandId, Districts, Envelope, PersonId};
use permits::{Command, events::Title};
use registrar::{Config, Handle, Metrics, Registrar};
use std::{str::FromStr, sync::Arc, time::Duration};
use test_support::{DataFolder, NatsServer};
use vault::MasterKey;

const OBSERVED: &str = include_str!("../../../../deploy/cities/isfahan/procedures/observed.toml");
const SMALL_WORKS: &str = include_str!("../../../../deploy/cities/isfahan/procedures/small-works.toml");
/// 23 November 2026.
const NOW: Instant = Instant(1_795_420_800_000_000);

struct World {
    server: NatsServer,
    folder: DataFolder,
    vault: Vault,
    commands: Commands<Permits>,
    options: Options,
}

impl World {
    /// A city with the procedure `observed`, and its registrar.
    async fn new() -> (World, Handle) {
        let (server, folder) = (NatsServer::start().await, DataFolder::new());
        let vault = folder.join("vault.db").display().to_string();
        let vault = Vault::open(&vault, MasterKey::from_bytes([5; 32])).await.unwrap();
        let options = Options {
            city: CityId::from_str("isfahan").unwrap(),
            procedure: ProcedureId::from_str("observed").unwrap(),
            actor: actor("importer"),
        };
        let commands = Commands::new(server.client().await, &options.city);
        let world = World { server, folder, vault, commands, options };
        let registrar = world.registrar().await;
        let title = Title { fa: "اصفهان".into(), en: "Isfahan".into() };
        let (zone, departments) = ("Asia/Tehran".into(), Vec::new());
        world.ask(1, Command::EstablishCity { title, zone, districts: 15, departments }).await;
        world.ask(2, Command::PublishProcedure { source: OBSERVED.to_owned() }).await;
        (world, registrar)
    }

    async fn registrar(&self) -> Handle {
        let data = self.folder.path().to_owned();
        let config = Config::new(self.options.city.clone(), self.server.client().await, data);
        let metrics = Metrics::register(&mut Default::default(), self.options.city.as_str(), "permits");
        Registrar::<Permits>::start(config, Arc::new(|| NOW), metrics).await.unwrap()
    }

    async fn ask(&self, number: u128, command: Command) {
        let id = CommandId(uuid::Uuid::from_u128(number));
        let (channel, actor) = (Channel::ONLINE, actor("admin"));
        let envelope = Envelope { id, actor, channel, cause: None, occurred_at: None, command };
        let outcome = crate::send::send(&self.commands, &envelope, 0).await;
        assert!(matches!(outcome, Outcome::Accepted(_)), "{number}");
    }

    async fn import(&self, records: impl Iterator<Item = Result<Record, ReadError>> + Send + 'static) -> Report {
        let import = Import { commands: &self.commands, vault: &self.vault, options: &self.options };
        import.run(records, |_| {}).await
    }

    /// The register's stored blocks, as whoever copies the stream sees them.
    async fn blocks(&self) -> Vec<Vec<u8>> {
        let jetstream = async_nats::jetstream::new(self.server.client().await);
        let mut stream = jetstream.get_stream("DAFTAR_isfahan_permits").await.unwrap();
        let last = stream.info().await.unwrap().state.last_sequence;
        let mut blocks = Vec::new();
        for height in 1..=last {
            blocks.push(stream.get_raw_message(height).await.unwrap().payload.to_vec());
        }
        blocks
    }
}

fn actor(role: &str) -> Actor {
    let (person, role) = (PersonId(uuid::Uuid::from_u128(9)), role.parse().unwrap());
    Actor { person, role, department: None, districts: Districts::ALL }
}

fn xes(text: impl AsRef<[u8]>) -> XesLog {
    XesLog::open(source(text), &Names::default(), times("Asia/Tehran", None)).unwrap()
}

fn csv(text: impl AsRef<[u8]>) -> CsvLog {
    CsvLog::open(source(text), &Names::default(), times("Asia/Tehran", None)).unwrap()
}

const HEADER: &str =
    "case:concept:name,case:channel,case:deadline,case:enddate,concept:name,org:resource,time:timestamp\n";

/// A log of as many cases with three steps each, of which every other has ended; the rows of two cases take turns.
fn table(cases: usize) -> String {
    let row = |case: usize, step: usize| {
        let end = if case.is_multiple_of(2) { "2012-03-01" } else { "" };
        format!("case-{case},Internet,2012-01-01,{end},Step {step},Hasan Canary {},2011-10-1{step} 10:00\n", case % 7)
    };
    let pair = |pair: usize| (0..3).map(move |step| row(pair * 2, step) + &row(pair * 2 + 1, step));
    HEADER.to_owned() + &(0..cases / 2).flat_map(pair).collect::<String>()
}

/// The same log in the other format.
fn log(cases: usize) -> String {
    let text = |key: &str, value: &str| format!("<string key=\"{key}\" value=\"{value}\"/>");
    let event = |case: usize, step: usize| {
        let name = text("concept:name", &format!("Step {step}"));
        let actor = text("org:resource", &format!("Hasan Canary {}", case % 7));
        format!("<event>{name}{actor}<date key=\"time:timestamp\" value=\"2011-10-1{step}T10:00:00+03:30\"/></event>")
    };
    let trace = |case: usize| {
        let events: String = (0..3).map(|step| event(case, step)).collect();
        let end = if case.is_multiple_of(2) { "<date key=\"enddate\" value=\"2012-03-01\"/>" } else { "" };
        let name = text("concept:name", &format!("case-{case}")) + &text("channel", "Internet");
        format!("<trace>{name}<date key=\"deadline\" value=\"2012-01-01\"/>{end}{events}</trace>\n")
    };
    format!("<log>{}</log>", (0..cases).map(trace).collect::<String>())
}

fn counts(report: &Report) -> [u64; 5] {
    assert!(report.stopped.is_none(), "{report:?}");
    [report.cases, report.steps, report.closed, report.known_cases, report.known_steps]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_added_once_in_whatever_format_and_without_a_name() {
    let (world, registrar) = World::new().await;
    let report = world.import(csv(table(60))).await;
    assert_eq!(counts(&report), [60, 180, 30, 0, 0], "{report:?}");
    assert!(report.events >= 60 + 180 + 30 && report.refused == Default::default(), "{report:?}");
    for again in [world.import(csv(table(60))).await, world.import(xes(log(60))).await] {
        assert_eq!(counts(&again), [0, 0, 0, 60, 180], "{again:?}");
        assert_eq!((again.events, again.duplicate_rows, again.refused.total), (0, 0, 0), "{again:?}");
    }
    let blocks = world.blocks().await;
    let holds = |text: &[u8]| blocks.iter().any(|block| block.windows(text.len()).any(|part| part == text));
    assert!(holds(b"Step 2"), "what is not personal is there to be found");
    assert!(!holds(b"Hasan") && !holds(b"Canary"));
    registrar.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_register_refuses_is_reported_with_its_line() {
    let (world, registrar) = World::new().await;
    let text = format!(
        "{HEADER}1,,,,a,,2011-10-11\n1,,,,b,,2099-01-01\n1,,,,c,,2011-10-12\n2,,,,a,,2099-01-01\n2,,,,b,,2011-10-12\n\
         1,,,,a,,2011-10-11\n1,,,,d,,never\n"
    );
    let report = world.import(csv(text)).await;
    assert_eq!(counts(&report), [1, 2, 0, 0, 0], "{report:?}");
    assert_eq!(report.duplicate_rows, 1);
    let mut lines: Vec<u64> = report.refused.kept.iter().map(|refused| refused.line).collect();
    lines.sort_unstable();
    assert_eq!(lines, [3, 5, 5, 6, 8], "the case at line 5 takes its two steps with it: {report:?}");
    registrar.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_breaks_off_is_gone_on_with_later() {
    let (world, registrar) = World::new().await;
    let whole = log(20);
    let report = world.import(xes(&whole[..whole.len() / 2])).await;
    assert!(matches!(report.stopped, Some(Stopped::Read(_))), "{report:?}");
    let begun = report.cases;
    assert!((5..20).contains(&begun) && report.steps == begun * 3 && report.closed == 0, "{report:?}");
    let rest = world.import(xes(&whole)).await;
    assert_eq!(counts(&rest), [20 - begun, 60 - begun * 3, 10, begun, begun * 3], "{rest:?}");
    registrar.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_export_of_a_log_adds_what_is_new_in_it() {
    let (world, registrar) = World::new().await;
    let grown = format!("{HEADER}1,,,2012-03-01,a,,2011-10-11\n1,,,2012-03-01,b,,2012-04-01\n");
    let first: String = grown.lines().take(2).map(|line| format!("{line}\n")).collect();
    assert_eq!(counts(&world.import(csv(first)).await), [1, 1, 1, 0, 0]);
    let report = world.import(csv(grown)).await;
    assert_eq!(counts(&report), [0, 1, 0, 1, 1], "also a step after the case was closed: {report:?}");
    assert_eq!(report.refused.total, 0, "{report:?}");
    registrar.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_procedure_stops_at_once() {
    let (mut world, registrar) = World::new().await;
    world.options.procedure = "unheard-of".parse().unwrap();
    let report = world.import(csv(table(1_000))).await;
    let Some(Stopped::Refused(message)) = &report.stopped else { panic!("{report:?}") };
    assert!(message.en.contains("unheard-of"), "{message:?}");
    assert_eq!((report.events, report.refused.total), (0, 0));
    registrar.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_another_procedure_stops_before_it_opens_all_its_cases() {
    let (mut world, registrar) = World::new().await;
    world.ask(3, Command::PublishProcedure { source: SMALL_WORKS.to_owned() }).await;
    world.options.procedure = "small-works".parse().unwrap();
    let report = world.import(xes(log(1_000))).await;
    assert!(matches!(report.stopped, Some(Stopped::Strange)), "{report:?}");
    assert_eq!((report.steps, report.refused.total), (0, 20));
    assert!(report.cases <= 7, "{report:?}");
    registrar.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_a_registrar_that_comes_back() {
    let (world, registrar) = World::new().await;
    registrar.shutdown().await.unwrap();
    let (report, registrar) = tokio::join!(world.import(xes(log(40))), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        world.registrar().await
    });
    assert_eq!(counts(&report), [40, 120, 20, 0, 0], "{report:?}");
    registrar.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_forgotten_meanwhile_is_sealed_anew() {
    let (world, registrar) = World::new().await;
    let label: smol_str::SmolStr = "Hasan".into();
    let person = world.vault.person_for(&vault::Lookup::imported(&world.options.city, &label)).await.unwrap();
    world.vault.forget(person, NOW).await.unwrap();
    let sealed = crate::actors::seal(&world.vault, &world.options.city, Some(person), &label).await.unwrap();
    assert_ne!(sealed.person, person);
    assert_eq!(world.vault.open_sealed(&sealed).await.unwrap().as_deref(), Some(label.as_bytes()));
    registrar.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn real_receipts_come_to_the_same_state_from_both_formats() {
    let [Some(log), Some(table)] = ["permits/receipt.xes.gz", "permits/receipt.csv"].map(real_data::file) else {
        return;
    };
    let (world, registrar) = World::new().await;
    let open = |path: &std::path::Path| crate::Source::open(path).unwrap();
    let (names, times) = (Names::default(), times("Asia/Tehran", None));
    let first = world.import(XesLog::open(open(&log), &names, times.clone()).unwrap()).await;
    assert_eq!(counts(&first), [1_434, 8_577, 1_329, 0, 0], "{first:?}");
    assert_eq!((first.duplicate_rows, first.refused.total), (0, 0));
    let second = world.import(CsvLog::open(open(&table), &names, times).unwrap()).await;
    assert_eq!(counts(&second), [0, 0, 0, 1_434, 8_577], "{second:?}");
    assert_eq!((second.events, second.refused.total), (0, 0));
    registrar.shutdown().await.unwrap();
}
