//! A city that runs: nats-server, registrar, projectors and gateway, and tokens for everybody.

use crate::client::{Answer, Caller};
use bank::{Bank, test_bank};
use futures::future::BoxFuture;
use gateway::pages::{Site, session::Session};
use gateway::tokens::{DistrictsClaim, Holder, Keys, Signer};
use gateway::{Gateway, Readers, till::Till};
use hyper::Method;
use kernel::{CityId, Instant, PersonId, Sealed, Zone};
use permits::Permits;
use projection::{Database, OpenError, Opener, Projector, Setup};
use prometheus_client::registry::Registry;
use registrar::{Commands, Config, Handle, Metrics, Registrar};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use test_support::process::DataFolder;
use test_support::{NatsServer, tools::workspace_root};
use tokio::net::TcpListener;
use tokio::sync::watch;
use vault::{Lookup, MasterKey, Vault};

/// A national id whose check digit agrees, and another.
pub(crate) const ZAHRA: &str = "0013542419";
pub(crate) const REZA: &str = "0010350829";
/// The SHA-256 of nothing.
pub(crate) const SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) signer: Signer,
    pub(crate) vault: Arc<Vault>,
    pub(crate) nats: NatsServer,
    pub(crate) registrar: Option<Handle>,
    projectors: watch::Sender<bool>,
    gateway: watch::Sender<bool>,
    _data: DataFolder,
}

struct VaultOpener(Arc<Vault>);

impl Opener for VaultOpener {
    fn open_all<'a>(&'a self, sealed: &'a [Sealed]) -> BoxFuture<'a, Result<Vec<Option<String>>, OpenError>> {
        Box::pin(async move {
            let fields: Vec<&Sealed> = sealed.iter().collect();
            let opened = self.0.open_all(&fields).await.map_err(|source| OpenError(Box::new(source)))?;
            Ok(opened.into_iter().map(|plain| plain.map(|plain| String::from_utf8(plain).unwrap())).collect())
        })
    }
}

pub(crate) fn city() -> CityId {
    "isfahan".parse().unwrap()
}

fn now() -> Instant {
    Instant(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64)
}

pub(crate) fn seconds() -> u64 {
    now().as_seconds() as u64
}

/// The city's bank: the test bank, served beside the API.
fn bank(address: SocketAddr, file: std::path::PathBuf) -> (Bank, axum::Router) {
    let key = bank::Key::parse("a key that the city and its bank share").unwrap();
    let (merchant, late) = ("isfahan".into(), Duration::from_millis(100));
    let origin = format!("http://{address}");
    let url = format!("{origin}{}", test_bank::MOUNT);
    let settings = test_bank::Settings { file, merchant, key: key.clone(), origin, late, clock: Arc::new(now) };
    let bank = Bank::new(bank::Settings { url, merchant: "isfahan".into(), key, clock: Arc::new(now) });
    (bank.unwrap(), test_bank::router(settings).unwrap())
}

async fn until(mut stop: watch::Receiver<bool>) {
    stop.wait_for(|stop| *stop).await.ok();
}

fn licence_keys() -> gateway::LicenceKeys {
    let keys = Arc::new(credential::Keys::generate().unwrap());
    Arc::new(move || Arc::clone(&keys))
}

impl World {
    /// A city with its procedures, and nothing else.
    pub(crate) async fn start() -> World {
        let nats = NatsServer::start().await;
        let client = nats.client().await;
        let data = DataFolder::new();
        let mut registry = Registry::default();
        let config = Config::new(city(), client.clone(), data.path().to_owned());
        let metrics = Metrics::register(&mut registry, "isfahan", "permits");
        let registrar = Registrar::<Permits>::start(config, Arc::new(now), metrics).await.unwrap();
        let vault = Vault::open(data.join("vault.sqlite").to_str().unwrap(), MasterKey::generate().unwrap()).await;
        let vault = Arc::new(vault.unwrap());
        let database = Database::Sqlite { folder: data.join("read") };
        let projectors = project(&client, &vault, &database).await;
        let signer = Signer::generate().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (bank, test_bank) = bank(address, data.join("bank.jsonl"));
        let commands = Commands::new(client, &city()).timeout(Duration::from_secs(3));
        let readers = Readers::open(&database, &Zone::new("Asia/Tehran").unwrap()).await.unwrap();
        let place = documents::Place::Folder(data.join("documents"));
        let documents = documents::Store::open(place, Arc::clone(&vault)).unwrap();
        let gateway = Gateway {
            city: city(),
            commands: commands.clone(),
            till: Some(Till {
                bank,
                callback: gateway::CALLBACK.to_owned(),
                commands,
                revenue: readers.revenue.clone(),
            }),
            test_bank: Some(test_bank),
            readers,
            vault: Arc::clone(&vault),
            documents,
            licence_keys: licence_keys(),
            keys: Keys::parse_jwks(&signer.to_jwks()).unwrap(),
            site: Site {
                public_url: format!("http://{address}"),
                zone: Zone::new("Asia/Tehran").unwrap(),
                made_up: false,
            },
            sign_in: None,
            built_in_sign_in: None,
            ready: Arc::new(|| Box::pin(async { Vec::new() })),
            registry: Arc::new(Mutex::new(registry)),
        };
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(gateway::serve(listener, gateway, until(stopping)));
        let registrar = Some(registrar);
        let world = World { address, signer, vault, nats, registrar, projectors, gateway: stop, _data: data };
        world.found().await;
        world
    }

    /// Charter and procedures, over the API as an administrator sends them.
    async fn found(&self) {
        let admin = self.role("admin", None);
        let title = json!({ "fa": "شهرداری اصفهان", "en": "Municipality of Isfahan" });
        let departments = json!([{ "id": "permit-office", "title": { "fa": "شهرسازی", "en": "Permit office" } }]);
        let city = json!({ "title": title, "zone": "Asia/Tehran", "districts": "۱۵", "departments": departments });
        admin.post("/v1/city", &city).await.ok();
        let mut last = 0;
        for procedure in ["small-works", "building-permit", "observed"] {
            let path = format!("deploy/cities/isfahan/procedures/{procedure}.toml");
            let source = std::fs::read(workspace_root().join(path)).unwrap();
            let answer = admin.send(Method::POST, "/v1/procedures", Some("application/toml"), source).await;
            last = answer.position();
        }
        self.anybody().get(&format!("/v1/procedures?after={last}")).await.ok();
    }

    /// Ends the projectors: what is written from now on cannot be read.
    pub(crate) fn stop_projectors(&self) {
        self.projectors.send_replace(true);
    }

    /// Ends the gateway: what is being served may end.
    pub(crate) fn stop_gateway(&self) {
        self.gateway.send_replace(true);
    }

    pub(crate) fn anybody(&self) -> Caller {
        Caller::new(self.address, None)
    }

    pub(crate) fn holder(&self, role: &str, department: Option<&str>) -> Holder {
        let person = PersonId(uuid::Uuid::from_u128(u128::from_le_bytes(*b"an officer......") ^ hash(role)));
        let department = department.map(|department| department.parse().unwrap());
        Holder { city: city(), person, role: role.parse().unwrap(), department, districts: DistrictsClaim::ALL }
    }

    pub(crate) fn as_holder(&self, holder: &Holder) -> Caller {
        let token = self.signer.issue(holder, seconds(), Duration::from_secs(600));
        Caller::new(self.address, Some(&token))
    }

    /// Somebody in a role, in every district.
    pub(crate) fn role(&self, role: &str, department: Option<&str>) -> Caller {
        self.as_holder(&self.holder(role, department))
    }

    /// A browser in which somebody of this role is signed in.
    pub(crate) fn browser(&self, role: &str, department: Option<&str>) -> Caller {
        let Holder { person, role, department, .. } = self.holder(role, department);
        self.signed_in(kernel::Actor { person, role, department, districts: kernel::Districts::ALL })
    }

    /// The same in one district.
    pub(crate) fn browser_in(&self, role: &str, department: &str, district: u8) -> Caller {
        let Holder { person, role, department, .. } = self.holder(role, Some(department));
        let districts = [kernel::DistrictId(district)].into_iter().collect();
        self.signed_in(kernel::Actor { person, role, department, districts })
    }

    /// A browser in which the citizen with this national id is signed in.
    pub(crate) async fn browser_of(&self, national_id: &str) -> Caller {
        let (person, role) = (self.person(national_id).await, "citizen".parse().unwrap());
        self.signed_in(kernel::Actor { person, role, department: None, districts: kernel::Districts::ALL })
    }

    pub(crate) fn signed_in(&self, actor: kernel::Actor) -> Caller {
        let cookie = Session::begin(actor, None, None).unwrap().cookie(&self.vault, &city(), false);
        self.anybody().with("cookie", cookie.split(';').next().unwrap())
    }

    /// The same in one district.
    pub(crate) fn in_district(&self, role: &str, department: &str, district: u8) -> Caller {
        let districts = DistrictsClaim::These(vec![district]);
        self.as_holder(&Holder { districts, ..self.holder(role, Some(department)) })
    }

    pub(crate) fn intake(&self) -> Caller {
        self.role("intake", Some("permit-office"))
    }

    pub(crate) async fn person(&self, national_id: &str) -> PersonId {
        self.vault.person_for(&Lookup::national_id(national_id)).await.unwrap()
    }

    /// A citizen, as the person whom the vault knows by this national id.
    pub(crate) async fn citizen(&self, national_id: &str) -> Caller {
        let person = self.person(national_id).await;
        self.as_holder(&Holder { person, ..self.holder("citizen", None) })
    }

    /// Applies for small works on a parcel, as the citizen; the case's number and position.
    pub(crate) async fn apply(&self, national_id: &str, parcel: &str) -> (String, u64) {
        let answer = self.citizen(national_id).await.post("/v1/cases", &small_works(national_id, parcel)).await;
        (answer.ok()["case"].as_str().unwrap().to_owned(), answer.position())
    }
}

fn hash(role: &str) -> u128 {
    role.bytes().fold(7, |sum, byte| sum.wrapping_mul(257).wrapping_add(u128::from(byte)))
}

/// An application for small works of 40 m², in Persian digits.
pub(crate) fn small_works(national_id: &str, parcel: &str) -> Value {
    json!({
        "procedure": "small-works",
        "district": "۳",
        "parcel": parcel,
        "applicant": { "national_id": national_id, "name": "زهرا احمدی", "mobile": "۰۹۱۲۱۲۳۴۵۶۷", "address": "چهارباغ" },
        "facts": { "area": "۴۰", "structural": false },
        "documents": [{ "kind": "deed", "sha256": SHA256 }],
    })
}

/// Sends what must go well, and gives the position.
pub(crate) async fn done(caller: &Caller, path: &str, body: Value) -> u64 {
    let answer: Answer = caller.post(path, &body).await;
    assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.text);
    answer.position()
}

async fn project(client: &async_nats::Client, vault: &Arc<Vault>, database: &Database) -> watch::Sender<bool> {
    let (stop, _) = watch::channel(false);
    for department in departments::all() {
        let log = ledger::Log::existing(client.clone(), &city(), "permits", ledger::Settings { replicas: 1 }).await;
        let setup = Setup::<Permits> {
            database: database.clone(),
            city: city(),
            department,
            source: Arc::new(log.unwrap()),
            opener: Arc::new(VaultOpener(Arc::clone(vault))),
            metrics: projection::Metrics::new(),
            clock: Arc::new(now),
        };
        let mut projector = Projector::open(Arc::new(setup)).await.unwrap();
        let stopping = stop.subscribe();
        tokio::spawn(async move { projector.run(until(stopping)).await.unwrap() });
    }
    stop
}
