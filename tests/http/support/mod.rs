//! What the tests share: an application with its own emulator, and a browser that shows every step.

mod browser;

use std::{sync::Arc, time::Duration};

use leptos_scalekit::server::{
    clock::Clock,
    router,
    session::{memory::MemoryStore, seal::KeyRing, store::SessionStore},
    settings::{Environment, IdentityProvider, Settings, StoreAddress},
    state::AppState,
};
use scalekit_emulator::{Emulator, Options};
use secrecy::SecretString;
use tokio::{net::TcpListener, task::JoinHandle};

pub(crate) use browser::{Browser, Page};

/// Seeded people of the emulator.
pub(crate) const ADA: &str = "usr_103845067215791001";
pub(crate) const CHARLES: &str = "usr_103845067215791002";
pub(crate) const ALAN: &str = "usr_103845067215791004";

/// Long enough that nothing runs into it while a debug build is busy, short enough for a test that hangs on purpose.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(3);

/// A running application with an emulator of its own. Ends with the test.
pub(crate) struct App {
    pub(crate) url: String,
    pub(crate) emulator: Emulator,
    pub(crate) state: Arc<AppState>,
    server: JoinHandle<()>,
}

/// Starts an application that keeps its sessions in memory.
pub(crate) async fn app() -> App {
    app_with_store(Arc::new(MemoryStore::default())).await
}

/// Starts an application on the given store.
pub(crate) async fn app_with_store(store: Arc<dyn SessionStore>) -> App {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let emulator = Emulator::start(Options::default().with_port(0).with_app_url(&url)).await.unwrap();
    let config =
        scalekit::Config::new(emulator.url(), emulator.client_id(), emulator.client_secret().to_owned().into())
            .unwrap()
            .with_timeouts(Duration::from_secs(2), PROVIDER_TIMEOUT);
    let state = AppState::with_store(settings(&url), config, store, Clock::default()).unwrap();
    let router = router(&state);
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    App { url, emulator, state, server }
}

fn settings(url: &str) -> Settings {
    Settings {
        environment: Environment::Development,
        app_url: url.parse().unwrap(),
        provider: IdentityProvider::Emulator,
        emulator_port: 0,
        store: StoreAddress::Memory,
        key_ring: KeyRing::parse(&SecretString::from("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned()))
            .unwrap(),
        session_lifetime: Duration::from_secs(30 * 24 * 3600),
        leptos: leptos::config::LeptosOptions::builder()
            .output_name("leptos-scalekit")
            .site_root("target/site")
            .build(),
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

impl Drop for App {
    fn drop(&mut self) {
        self.server.abort();
    }
}
