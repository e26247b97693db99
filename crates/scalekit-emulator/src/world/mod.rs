//! Everything the emulator remembers.
//!
//! What for: one value behind one lock, so that a request sees either all of another request's work or none
//! of it. The guard can't cross an `await`: handlers that tried would not compile. Not here: HTTP, HTML, how
//! a token is written (`tokens`). Called by: every endpoint, hosted page and control command, through
//! `Shared::world`.

pub(crate) mod counters;
pub(crate) mod deletion;
pub(crate) mod grants;
pub(crate) mod registered;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod transactions;

use std::{
    collections::BTreeMap,
    sync::atomic::AtomicU64,
    time::{SystemTime, UNIX_EPOCH},
};

use parking_lot::{Mutex, MutexGuard};
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::{
    directory::Directory,
    ids::{Ids, Secrets},
    messages::Notifications,
    orders::{Fault, Replacement, Tamper},
    seed::Seed,
    tokens::keys::KeyRing,
};
use counters::Counters;
use grants::{IssuedCode, RefreshToken};
use registered::Registered;
use sessions::Session;
use settings::Settings;
use transactions::Transaction;

/// The one client of the environment.
pub(crate) const CLIENT_ID: &str = "skc_emulator";

/// Its secret. No secret at all: it opens nothing but an emulator on a loopback address.
pub(crate) const CLIENT_SECRET: &str = "test_emulator_secret";

/// What the tasks of one emulator share.
pub(crate) struct Shared {
    /// `http://localhost:PORT`: the base of every URL.
    pub(crate) base_url: String,
    /// Token calls that have arrived and not been answered.
    pub(crate) open_token_calls: AtomicU64,
    seed: Seed,
    world: Mutex<World>,
    stopped: watch::Receiver<bool>,
}

impl Shared {
    /// A new environment, as the seed describes it.
    pub(crate) fn new(
        base_url: String,
        seed: Seed,
        keys: KeyRing,
        secrets: Secrets,
        notifications: Notifications,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let world = World::new(base_url.clone(), &seed, keys, secrets, notifications);
        Self { base_url, open_token_calls: AtomicU64::new(0), seed, world: Mutex::new(world), stopped }
    }

    /// The world, locked until the guard is dropped.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock()
    }

    /// An absolute URL of this emulator.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// Returns once the emulator stops; what hangs on purpose waits for this.
    pub(crate) async fn stopped(&self) {
        let mut stopped = self.stopped.clone();
        // An error means that the emulator was dropped: stopped as well.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    }

    /// Back to the seed. Keys, the clock and registered URLs stay; names go on counting, so none is given out
    /// twice.
    pub(crate) fn reset(&self) {
        let mut world = self.world();
        world.directory = self.seed.directory.clone();
        world.settings = Settings::from_environment(&self.seed.directory.environment, &self.base_url);
        world.forget_logins();
        world.clear_faults();
        world.tampers.clear();
        world.token_response = None;
        world.replacements.clear();
        world.counters.reset();
        world.notifications.forget();
    }
}

/// Everything the emulator remembers. Times are seconds since the epoch by the emulator's own clock.
pub(crate) struct World {
    /// The same as `Shared::base_url`.
    pub(crate) base_url: String,
    pub(crate) directory: Directory,
    pub(crate) settings: Settings,
    pub(crate) registered: Registered,
    pub(crate) sessions: BTreeMap<String, Session>,
    /// Sessions so far; it numbers them.
    pub(crate) sessions_begun: u64,
    /// When expired sessions were looked for last; `None` if that has to be done again.
    pub(crate) expiry_noticed_at: Option<i64>,
    /// When each person signed in last.
    pub(crate) last_logins: BTreeMap<String, i64>,
    pub(crate) codes: BTreeMap<String, IssuedCode>,
    pub(crate) refresh_tokens: BTreeMap<String, RefreshToken>,
    pub(crate) transactions: BTreeMap<String, Transaction>,
    pub(crate) keys: KeyRing,
    pub(crate) faults: Vec<Fault>,
    /// Says when the faults are cleared: calls that hang end then.
    pub(crate) faults_cleared: watch::Sender<()>,
    pub(crate) tampers: Vec<Tamper>,
    pub(crate) token_response: Option<TokenResponseChange>,
    pub(crate) replacements: Vec<Replacement>,
    pub(crate) counters: Counters,
    pub(crate) notifications: Notifications,
    pub(crate) ids: Ids,
    pub(crate) secrets: Secrets,
    /// How far the emulator's clock is ahead of the machine's, in seconds.
    pub(crate) clock_offset: i64,
}

/// Members to set (or, with `null`, to remove) in the next token responses.
#[derive(Debug, Clone)]
pub(crate) struct TokenResponseChange {
    pub(crate) set: Map<String, Value>,
    pub(crate) times: u32,
}

impl World {
    fn new(base_url: String, seed: &Seed, keys: KeyRing, secrets: Secrets, notifications: Notifications) -> Self {
        Self {
            settings: Settings::from_environment(&seed.directory.environment, &base_url),
            base_url,
            directory: seed.directory.clone(),
            registered: Registered::default(),
            sessions: BTreeMap::new(),
            sessions_begun: 0,
            expiry_noticed_at: None,
            last_logins: BTreeMap::new(),
            codes: BTreeMap::new(),
            refresh_tokens: BTreeMap::new(),
            transactions: BTreeMap::new(),
            keys,
            faults: Vec::new(),
            faults_cleared: watch::Sender::default(),
            tampers: Vec::new(),
            token_response: None,
            replacements: Vec::new(),
            counters: Counters::default(),
            notifications,
            ids: Ids::new(seed.number),
            secrets,
            clock_offset: 0,
        }
    }

    /// What the emulator's clock shows.
    pub(crate) fn now(&self) -> i64 {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        i64::try_from(machine).unwrap_or(i64::MAX).saturating_add(self.clock_offset)
    }

    /// Whether a token with this `iss` is this environment's: written under the issuer of now or before the
    /// first change of it.
    pub(crate) fn is_own_issuer(&self, issuer: Option<&Value>) -> bool {
        let issuer = issuer.and_then(Value::as_str);
        issuer == Some(&*self.settings.issuer) || issuer == Some(&*self.base_url)
    }

    /// No more faults; calls that hang end.
    pub(crate) fn clear_faults(&mut self) {
        self.faults.clear();
        self.faults_cleared.send_replace(());
    }

    fn forget_logins(&mut self) {
        self.sessions.clear();
        self.codes.clear();
        self.refresh_tokens.clear();
        self.transactions.clear();
        self.last_logins.clear();
    }
}
