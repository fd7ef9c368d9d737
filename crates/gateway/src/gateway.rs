//! What a gateway is built from, and the state that its handlers share.

use crate::{
    admission::Places,
    command::COMMAND_IDS,
    licences::{LicenceKeys, Lists},
    metrics::Metrics,
    pages::Site,
    pages::session::Cookies,
    procedures::Book,
    till::Till,
    tokens::Keys,
};
use departments::{Desk, districts, permit_office, revenue};
use futures::future::BoxFuture;
use kernel::{CityId, Message, Position, Zone};
use permits::Permits;
use projection::{Database, Reader, StoreError};
use prometheus_client::registry::Registry;
use registrar::Commands;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::OnceCell;
use vault::{MacKey, Vault};

/// The departments' tables.
#[derive(Debug, Clone)]
pub struct Readers {
    /// The permit office.
    pub permit_office: Desk,
    /// The district offices.
    pub districts: Desk,
    /// The revenue office.
    pub revenue: Desk,
}

impl Readers {
    /// Opens each department's tables, showing local days of this zone. The tables need not be there yet.
    ///
    /// # Errors
    /// When a database cannot be reached or opened.
    pub async fn open(database: &Database, zone: &Zone) -> Result<Readers, StoreError> {
        let desk = async |name| Ok::<_, StoreError>(Desk::new(Reader::open(database, name).await?, zone.clone()));
        Ok(Readers {
            permit_office: desk(permit_office::NAME).await?,
            districts: desk(districts::NAME).await?,
            revenue: desk(revenue::NAME).await?,
        })
    }
}

/// One thing that the gateway needs in order to serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Part {
    /// What: `registrar`, `permit_office`, …
    pub name: String,
    /// Whether it is there.
    pub ready: bool,
    /// How it stands, in a few words: nothing personal, no addresses.
    pub detail: String,
}

/// Whether everything that the gateway needs is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Readiness {
    /// Whether all of it is.
    pub ready: bool,
    /// Each part.
    pub parts: Vec<Part>,
}

/// Looks at what the gateway cannot see itself: the registrar, the projectors' lag.
pub type ReadyCheck = Arc<dyn Fn() -> BoxFuture<'static, Vec<Part>> + Send + Sync>;

/// What a gateway is built from.
pub struct Gateway {
    /// Whose API it is; tokens of other cities are not accepted.
    pub city: CityId,
    /// Sends commands to the permits register.
    pub commands: Commands<Permits>,
    /// Answers queries.
    pub readers: Readers,
    /// Seals personal fields.
    pub vault: Arc<Vault>,
    /// Keeps documents.
    pub documents: documents::Store,
    /// Whose tokens are accepted.
    pub keys: Keys,
    /// What licences are signed with.
    pub licence_keys: LicenceKeys,
    /// What the pages know of the city.
    pub site: crate::pages::Site,
    /// Where fees are paid; without one nobody can pay online.
    pub till: Option<Till>,
    /// Where people sign in; without one nobody can.
    pub sign_in: Option<signin::Provider>,
    /// The built-in provider, to be served beside the API.
    pub built_in_sign_in: Option<axum::Router>,
    /// The test bank, to be served beside the API.
    pub test_bank: Option<axum::Router>,
    /// Adds to what `/readyz` looks at.
    pub ready: ReadyCheck,
    /// What `/metrics` shows; the gateway registers its own there.
    pub registry: Arc<Mutex<Registry>>,
}

/// The state of the handlers.
pub(crate) struct State {
    pub(crate) city: CityId,
    pub(crate) commands: Commands<Permits>,
    pub(crate) readers: Readers,
    pub(crate) vault: Arc<Vault>,
    pub(crate) documents: documents::Store,
    pub(crate) keys: Keys,
    pub(crate) licence_keys: LicenceKeys,
    pub(crate) lists: Lists,
    pub(crate) pages: Pages,
    pub(crate) till: Option<Till>,
    pub(crate) ready: ReadyCheck,
    pub(crate) registry: Arc<Mutex<Registry>>,
    pub(crate) metrics: Metrics,
    pub(crate) places: Places,
    /// Makes commands' ids of what callers send.
    pub(crate) command_ids: MacKey,
    /// Which officers' looks at files are recorded.
    pub(crate) looks: crate::routes::Looks,
    /// The procedures that were asked for so far.
    pub(crate) book: Book,
    /// One more than the last position that a command was acknowledged at, through this gateway.
    acknowledged: AtomicU64,
}

/// What the pages share.
pub(crate) struct Pages {
    pub(crate) site: Arc<Site>,
    pub(crate) cookies: Cookies,
    /// The city's name, once its charter was read.
    name: OnceCell<Arc<Message>>,
    pub(crate) sign_in: Option<signin::Provider>,
    /// Origins that a form may lead on to: the bank, the sign-in provider.
    pub(crate) form_targets: Vec<String>,
    /// Forms that were sent from a page that showed their case as it was.
    pub(crate) fresh: crate::pages::Fresh,
    /// The last figures of the office.
    pub(crate) glance: crate::pages::Last,
    /// Desks that are told of what is new.
    pub(crate) live: crate::pages::Live,
}

/// Shared by every handler.
pub(crate) type Shared = Arc<State>;

impl Gateway {
    pub(crate) fn into_state(self) -> Shared {
        let Gateway {
            city,
            commands,
            readers,
            vault,
            documents,
            keys,
            licence_keys,
            site,
            till,
            sign_in,
            ready,
            registry,
            ..
        } = self;
        let bank = till.iter().filter_map(|till| till.bank.origin());
        let targets = sign_in.iter().map(signin::Provider::origin).chain(bank).collect();
        let cookies = Cookies::new(&vault, &city, site.is_secure());
        let pages = Pages {
            site: Arc::new(site),
            cookies,
            name: OnceCell::new(),
            form_targets: targets,
            fresh: crate::pages::Fresh::default(),
            glance: crate::pages::Last::default(),
            live: crate::pages::Live::default(),
            sign_in,
        };
        let metrics = Metrics::register(&mut registry.lock().unwrap_or_else(PoisonError::into_inner));
        let (places, acknowledged) = (Places::new(), AtomicU64::new(0));
        let command_ids = vault.mac_key(COMMAND_IDS);
        Arc::new(State {
            city,
            commands,
            readers,
            vault,
            documents,
            keys,
            licence_keys,
            lists: Lists::default(),
            pages,
            till,
            ready,
            registry,
            metrics,
            places,
            command_ids,
            book: Book::default(),
            looks: crate::routes::Looks::default(),
            acknowledged,
        })
    }
}

fn named(fa: String, en: String) -> Message {
    Message { code: "city".to_owned(), field: None, fa, en }
}

impl State {
    /// Remembers that something was acknowledged here.
    pub(crate) fn acknowledge(&self, position: Position) {
        self.acknowledged.fetch_max(position.0 + 1, Ordering::Relaxed);
    }

    /// What the city calls itself; its id until the charter is there.
    pub(crate) async fn city_name(&self) -> Arc<Message> {
        let read = async {
            let charter = permit_office::city(self.readers.permit_office.reader()).await.ok().flatten().ok_or(())?;
            Ok::<_, ()>(Arc::new(named(charter.title.fa, charter.title.en)))
        };
        match self.pages.name.get_or_try_init(|| read).await {
            Ok(name) => Arc::clone(name),
            Err(()) => Arc::new(named(self.city.to_string(), self.city.to_string())),
        }
    }

    /// The last position acknowledged here.
    pub(crate) fn acknowledged(&self) -> Option<Position> {
        self.acknowledged.load(Ordering::Relaxed).checked_sub(1).map(Position)
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("city", &self.city).finish_non_exhaustive()
    }
}
