//! What the tests share: an application with its own emulator, and a browser that shows every step.

#[path = "../../support/browser.rs"]
mod browser;
#[path = "../../support/corpus.rs"]
pub(crate) mod corpus;
#[path = "../../support/frames.rs"]
pub(crate) mod frames;
pub(crate) mod raw;
#[path = "../../support/shown.rs"]
pub(crate) mod shown;
mod store;
#[path = "../../support/tokens.rs"]
pub(crate) mod tokens;

use std::{sync::Arc, time::Duration};

use axum_hardening::{
    log::LoggedClient,
    serve::{ServeLimits, serve},
};
use leptos_scalekit::server::{
    router_with,
    routes::Rules,
    settings::{Environment, IdentityProvider, Settings},
    state::AppState,
};
use reqwest::header::{self, HeaderMap};
use scalekit_emulator::{Emulator, Options, SettingsChange};
use scalekit_sessions::{Clock, KeyRing, Limits, MemoryStore, SessionStore};
use secrecy::SecretString;
use tokio::{net::TcpListener, task::JoinHandle};

pub(crate) use browser::{Browser, Page, place_in_names};
pub(crate) use store::{Trouble, TroubledStore};

/// Seeded people of the emulator.
pub(crate) const ADA: &str = "usr_103845067215791001";
pub(crate) const CHARLES: &str = "usr_103845067215791002";
pub(crate) const ALAN: &str = "usr_103845067215791004";
pub(crate) const KATHERINE: &str = "usr_103845067215791005";

/// So long that no call runs into it, however busy the machine is: what hangs on purpose ends when faults are
/// cleared.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(120);

/// For tests of the time limit itself.
const SHORT_PROVIDER_TIMEOUT: Duration = Duration::from_secs(3);

/// A running application with an emulator of its own. Ends with the test.
pub(crate) struct App {
    pub(crate) url: String,
    pub(crate) emulator: Emulator,
    pub(crate) state: Arc<AppState>,
    store: Arc<dyn SessionStore>,
    server: JoinHandle<()>,
}

/// Another process of the same application, as far as its state goes: it shares nothing but the store.
pub(crate) struct Replica {
    pub(crate) url: String,
    server: JoinHandle<()>,
}

/// Starts an application that keeps its sessions in memory.
pub(crate) async fn app() -> App {
    app_with_store(Arc::new(MemoryStore::default())).await
}

/// Starts an application on the given store.
pub(crate) async fn app_with_store(store: Arc<dyn SessionStore>) -> App {
    app_with(store, |_| {}).await
}

/// Starts an application on the given store, with some settings changed.
pub(crate) async fn app_with(store: Arc<dyn SessionStore>, change: impl FnOnce(&mut Settings)) -> App {
    start_app(None, store, change, |config| config).await
}

/// Starts an application that looks at its provider in another way.
pub(crate) async fn app_that_expects(change: impl FnOnce(scalekit::Config) -> scalekit::Config) -> App {
    start_app(None, Arc::new(MemoryStore::default()), |_| {}, change).await
}

/// Starts an application whose calls of the provider end by their time limit.
pub(crate) async fn app_that_gives_up() -> App {
    app_that_expects(|config| {
        config.with_timeouts(SHORT_PROVIDER_TIMEOUT, SHORT_PROVIDER_TIMEOUT).with_token_timeout(SHORT_PROVIDER_TIMEOUT)
    })
    .await
}

/// Starts an application; `known_as` is what people and provider know it by, if not by where it listens.
pub(crate) async fn start_app(
    known_as: Option<&str>,
    store: Arc<dyn SessionStore>,
    change: impl FnOnce(&mut Settings),
    change_config: impl FnOnce(scalekit::Config) -> scalekit::Config,
) -> App {
    start_app_under(Rules::OF_THE_APPLICATION, known_as, store, change, change_config).await
}

/// Starts an application whose guard goes by other rules.
pub(crate) async fn app_under(rules: Rules, store: Arc<dyn SessionStore>) -> App {
    start_app_under(rules, None, store, |_| {}, |config| config).await
}

async fn start_app_under(
    rules: Rules,
    known_as: Option<&str>,
    store: Arc<dyn SessionStore>,
    change: impl FnOnce(&mut Settings),
    change_config: impl FnOnce(scalekit::Config) -> scalekit::Config,
) -> App {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let app_url = known_as.unwrap_or(&url);
    let emulator =
        Emulator::start(Options::default().with_port(0).with_app_url(app_url).with_shared_key()).await.unwrap();
    let mut settings = settings(app_url);
    change(&mut settings);
    let config = change_config(config(&emulator));
    let state = AppState::with_store(settings, config, Arc::clone(&store), Clock::default()).unwrap();
    let server = start_under(rules, listener, &state);
    App { url, emulator, state, store, server }
}

/// Starts an application whose provider is at `provider`, whatever answers there.
pub(crate) async fn app_at(provider: &str) -> Replica {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let config = scalekit::Config::new(provider, "skc_test", SecretString::from("test_secret".to_owned())).unwrap();
    let store = Arc::new(MemoryStore::default());
    let state = AppState::with_store(settings(&url), config, store, Clock::default()).unwrap();
    let server = start(listener, &state);
    Replica { url, server }
}

fn config(emulator: &Emulator) -> scalekit::Config {
    scalekit::Config::new(emulator.url(), emulator.client_id(), emulator.client_secret().to_owned().into())
        .unwrap()
        .with_timeouts(PROVIDER_TIMEOUT, PROVIDER_TIMEOUT)
        .with_token_timeout(PROVIDER_TIMEOUT)
}

fn start(listener: TcpListener, state: &Arc<AppState>) -> JoinHandle<()> {
    start_under(Rules::OF_THE_APPLICATION, listener, state)
}

fn start_under(rules: Rules, listener: TcpListener, state: &Arc<AppState>) -> JoinHandle<()> {
    let router = router_with(state, rules);
    tokio::spawn(async move {
        serve(listener, None, router, ServeLimits::default(), std::future::pending()).await;
    })
}

/// Waits until something is true, which must not take long.
pub(crate) async fn until(what: &str, mut is_true: impl AsyncFnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while !is_true().await {
        assert!(std::time::Instant::now() < deadline, "{what} does not come about");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

pub(crate) fn settings(url: &str) -> Settings {
    Settings {
        environment: Environment::Development,
        app_url: url.parse().unwrap(),
        // `AppState` is given the provider itself; only `main` looks here.
        provider: IdentityProvider::Scalekit(Box::new(
            scalekit::Config::new("http://localhost", "skc_unused", SecretString::from("unused".to_owned())).unwrap(),
        )),
        emulator_port: 0,
        store: scalekit_sessions::StoreAddress::Memory,
        key_ring: KeyRing::parse(&SecretString::from("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned()))
            .unwrap(),
        limits: Limits::default(),
        webhook_secrets: Some(scalekit::WebhookSecrets::parse(scalekit_emulator::WEBHOOK_SECRET).unwrap()),
        session_api: true,
        token_call: PROVIDER_TIMEOUT,
        max_connections: 1000,
        trusted_proxies: Vec::new(),
        // What limits are for is tested where they are on.
        rate_limits: None,
        logged_client: LoggedClient::default(),
        tls: None,
        metrics: None,
        leptos: leptos::config::LeptosOptions::builder()
            .output_name("leptos-scalekit")
            .site_root("target/site")
            .build(),
        notices: Vec::new(),
    }
}

impl App {
    /// A new browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// A new browser in which `user` has signed in.
    pub(crate) async fn signed_in(&self, user: &str) -> Browser {
        let mut browser = self.browser();
        let landed = browser.sign_in("/auth/login", user).await;
        assert_eq!(landed, "/dashboard/profile");
        browser
    }

    /// Starts another replica on the same store, with some settings changed and the same clock.
    pub(crate) async fn replica(&self, change: impl FnOnce(&mut Settings)) -> Replica {
        self.replica_of(config(&self.emulator), change).await
    }

    /// The same, with a provider of its own: the emulator under another name, for example.
    pub(crate) async fn replica_of(&self, config: scalekit::Config, change: impl FnOnce(&mut Settings)) -> Replica {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let mut settings = settings(&self.url);
        change(&mut settings);
        let clock = self.state.clock.clone();
        let state = AppState::with_store(settings, config, Arc::clone(&self.store), clock).unwrap();
        let server = start(listener, &state);
        Replica { url, server }
    }

    /// Keeps the emulator from telling the application that sessions have ended, so that a test can see what
    /// happens without.
    pub(crate) fn silence_provider(&self) {
        self.emulator
            .control()
            .change_settings(SettingsChange { notify_apps: Some(false), ..SettingsChange::default() });
    }

    /// Moves the clocks of application and emulator together.
    pub(crate) fn advance(&self, seconds: i64) {
        self.state.clock.advance(seconds);
        self.emulator.control().advance_clock(seconds);
    }

    /// Token calls of this grant that reached the emulator.
    pub(crate) fn token_calls(&self, grant: &str) -> u64 {
        self.emulator.control().state().token_calls_of(grant)
    }

    /// All calls that reached the emulator, of whatever kind.
    pub(crate) fn provider_calls(&self) -> u64 {
        self.emulator.control().state().calls.values().sum()
    }

    /// The signed-in user as the application sees this browser; `None` if anonymous.
    pub(crate) async fn user_of(&self, browser: &mut Browser) -> Option<String> {
        let answer = browser.call("/api/current_session", "").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let state: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        state["session"]["user"]["id"].as_str().map(str::to_owned)
    }
}

impl Page {
    /// The page that goes on to the provider, as the redirect that it stands for.
    pub(crate) fn as_redirect(&self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        let address = self.body.split("content=\"0; url=").nth(1).unwrap().split('"').next().unwrap();
        let location = (header::LOCATION, unescaped(address).parse().unwrap());
        Self { status: 302, headers: HeaderMap::from_iter([location]), body: String::new() }
    }

    /// Names and values of the fields that its form posts beside what people enter.
    pub(crate) fn hidden_fields(&self) -> Vec<(String, String)> {
        let inputs = self.body.split("<input").skip(1).filter(|input| input.contains("type=\"hidden\""));
        let attribute = |input: &str, name: &str| {
            let value = input.split_once(&format!(" {name}=\"")).unwrap().1;
            unescaped(value.split('"').next().unwrap())
        };
        inputs.map(|input| (attribute(input, "name"), attribute(input, "value"))).collect()
    }
}

/// A value as the browser reads it from HTML.
fn unescaped(html: &str) -> String {
    html.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.server.abort();
    }
}
