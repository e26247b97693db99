//! Settings: read once at start from the embedded `Leptos.toml`, a file beside the process and the
//! environment; checked as a whole; every problem reported at once.
//!
//! Not here: what the settings do. Tests change fields of [`Settings`], never the environment.

mod application;
mod development_secret;
mod dot_env;
mod examples;
pub mod print;
mod problems;
mod provider;
mod proxy;
mod serving;
mod session;
mod source;
mod store_address;
pub mod table;
mod text_file;
mod unknown;
mod values;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum_hardening::log::LoggedClient;
use ipnet::IpNet;
use leptos::config::LeptosOptions;
use scalekit::{WebhookSecrets, is_loopback};
use scalekit_sessions::{KeyRing, Limits, StoreAddress};
use url::Url;

pub use problems::{Problem, Problems};
pub use source::{Origin, Source};
pub use store_address::{APPLICATION_NAMES, example_store};

use crate::server::{parts::Part, rate_limit::Rules};

/// The settings file that is part of the binary: the default of every setting.
const EMBEDDED: &str = include_str!("../../../Leptos.toml");

/// The client identifier of every emulator: `scalekit-emulator` and this project share only this contract.
pub const EMULATOR_CLIENT_ID: &str = "skc_emulator";

/// Where a development server keeps the session key that it made for itself.
pub const DEVELOPMENT_SECRET_FILE: &str = "data/session-secret";

/// All settings, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `LEPTOS_ENV`: development or production.
    pub environment: Environment,
    /// `APP_URL`: the public base URL, without a path.
    pub app_url: Url,
    /// `SCALEKIT_*`.
    pub provider: IdentityProvider,
    /// `EMULATOR_PORT`: where the embedded emulator listens.
    pub emulator_port: u16,
    /// `SESSION_STORE`.
    pub store: StoreAddress,
    /// `SESSION_SECRET`: the keys that seal sessions and login attempts.
    pub key_ring: KeyRing,
    /// `SESSION_LIFETIME_HOURS`, `SESSION_IDLE_MINUTES`, `SESSION_MAX_PER_USER`: what limits every session.
    pub limits: Limits,
    /// `SCALEKIT_WEBHOOK_SECRET`: the secrets that sign webhooks; without one, webhooks are not accepted.
    pub webhook_secrets: Option<WebhookSecrets>,
    /// `SCALEKIT_SESSION_API`: whether the provider's session API is asked for people's sessions elsewhere.
    pub session_api: bool,
    /// `SCALEKIT_TOKEN_CALL_SECONDS`: how long the exchange of a code and a refresh may take.
    pub token_call: Duration,
    /// `MAX_CONNECTIONS`: how many connections are served at once.
    pub max_connections: usize,
    /// `TRUSTED_PROXIES`: whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// `RATE_LIMIT`: how often something may be asked for; `None`: as often as anybody likes.
    pub rate_limits: Option<Rules>,
    /// `LOG_CLIENTS`: how much of the address that a request comes from is written down.
    pub logged_client: LoggedClient,
    /// `TLS_CERTIFICATE_FILE` and `TLS_KEY_FILE`: with them, the process itself speaks TLS.
    pub tls: Option<TlsFiles>,
    /// `METRICS_ADDR`: where Prometheus asks for metrics; `None` if it is off.
    pub metrics: Option<SocketAddr>,
    /// Leptos' own settings.
    pub leptos: LeptosOptions,
    /// What was found and left unread on purpose: for the log and the doctor.
    pub notices: Vec<String>,
}

/// A certificate chain and its private key, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Which set of safety rules applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine: plain HTTP on loopback and the emulator are allowed.
    Development,
    /// Everything else: nothing insecure is accepted.
    Production,
}

/// Where people sign in.
#[derive(Debug, Clone)]
pub enum IdentityProvider {
    /// The embedded emulator stands in: development without `SCALEKIT_*`.
    Emulator,
    Scalekit(Box<scalekit::Config>),
}

/// Where a process with these settings listens, and whether by TLS. Nothing else needs to be right.
///
/// # Errors
/// What is wrong with these settings.
pub fn listening(source: &Source) -> Result<(SocketAddr, bool), Problems> {
    let mut problems = Problems::default();
    let address = application::site_address(source, &mut problems);
    let tls = serving::tls(source, &mut problems);
    match address {
        Some(address) if problems.is_empty() => Ok((address, tls.is_some())),
        _ => Err(problems),
    }
}

impl Settings {
    /// Reads and checks all settings.
    ///
    /// # Errors
    /// Every problem found, each with its variable, its key in `Leptos.toml`, what is wrong and what to do.
    pub fn load() -> Result<Self, Problems> {
        Self::from_source(&Source::read())
    }

    /// Checks the settings that `source` holds.
    ///
    /// # Errors
    /// Every problem found.
    pub fn from_source(source: &Source) -> Result<Self, Problems> {
        let mut problems = source.problems();
        unknown::names(source, &mut problems);
        for setting in table::ALL {
            if let Some(quote) = source.quoted(*setting) {
                problems.add(*setting, format!("begins and ends with {quote}: whoever sets it (docker --env-file?) keeps quotes; leave them out"));
            }
        }
        let environment = application::environment(source, &mut problems);
        let app_url = application::app_url(source, environment, &mut problems);
        let provider = provider::provider(source, environment, &mut problems);
        let emulator_port = provider::emulator_port(source, &mut problems);
        let store = session::store(source, environment, &mut problems);
        let is_public = app_url.as_ref().is_some_and(|url| !is_loopback(url));
        let key_ring = session::key_ring(source, environment, is_public, &mut problems);
        let limits = session::limits(source, &mut problems);
        let webhook_secrets = provider::webhook_secrets(source, environment, &mut problems);
        let session_api = values::switch(source, table::SCALEKIT_SESSION_API, &mut problems);
        let token_call = provider::token_call(source, &mut problems);
        let max_connections = serving::max_connections(source, &mut problems);
        let trusted_proxies = serving::trusted_proxies(source, &mut problems);
        let rate_limits = serving::rate_limits(source, &mut problems);
        let logged_client = serving::logged_client(source, &mut problems);
        let tls = serving::tls(source, &mut problems);
        let metrics = serving::metrics_address(source, environment, &mut problems);
        let leptos = application::leptos_options(source, environment, &mut problems);
        let complete = || {
            Some(Self {
                environment,
                app_url: app_url?,
                provider: provider?,
                emulator_port: emulator_port?,
                store: store?,
                key_ring: key_ring?,
                limits: limits?,
                webhook_secrets,
                session_api: session_api?,
                token_call: token_call?,
                max_connections: max_connections?,
                trusted_proxies: trusted_proxies?,
                rate_limits,
                logged_client: logged_client?,
                tls,
                metrics,
                leptos: leptos?,
                notices: source.notices().iter().cloned().chain(without_effect(source)).collect(),
            })
        };
        complete().filter(|_| problems.is_empty()).ok_or(problems)
    }

    /// An absolute URL of this application.
    ///
    /// # Panics
    /// Never: `path` is a constant of ours and the base URL was checked.
    #[must_use]
    pub fn absolute(&self, path: &str) -> Url {
        let mut url = self.app_url.clone();
        url.set_path(path);
        url
    }

    /// Where Scalekit sends the browser after login: must be registered as a redirect URL.
    #[must_use]
    pub fn redirect_uri(&self) -> Url {
        self.absolute("/auth/callback")
    }

    /// Where Scalekit sends the browser after logout: must be registered as a post-logout URL.
    #[must_use]
    pub fn post_logout_uri(&self) -> Url {
        self.absolute("/logged-out")
    }

    /// Whether cookies carry `Secure` and `__Host-`: always, except on plain-HTTP loopback in development.
    #[must_use]
    pub fn secure_cookies(&self) -> bool {
        self.app_url.scheme() == "https"
    }
}

/// Settings of parts that this build doesn't have.
fn without_effect(source: &Source) -> impl Iterator<Item = String> {
    let settings = [(table::SCALEKIT_WEBHOOK_SECRET, Part::Webhooks), (table::METRICS_ADDR, Part::Metrics)];
    let idle = settings.into_iter().filter(|(setting, part)| !part.is_here() && !source.is_default(*setting));
    idle.map(|(setting, part)| format!("{} has no effect: this build has no {part:?}", setting.variable))
}
