//! Settings: read once at start from the embedded `Leptos.toml`, a file beside the process and the environment;
//! checked as a whole; every problem reported at once.
//!
//! Not here: what the settings do. Tests change fields of [`Settings`], never the environment.

mod problems;
mod source;
mod store_address;

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use leptos::config::{Env, LeptosOptions};
use scalekit::WebhookSecrets;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub use problems::{Problem, Problems};
pub use source::Source;
pub use store_address::StoreAddress;

use crate::server::session::{limits::Limits, seal::KeyRing};

/// The settings file that is part of the binary: the default of every setting.
const EMBEDDED: &str = include_str!("../../../Leptos.toml");

/// The client identifier of every emulator: `scalekit-emulator` and this project share nothing but this contract.
pub const EMULATOR_CLIENT_ID: &str = "skc_emulator";

/// Where a development server keeps the session key that it made for itself.
pub const DEVELOPMENT_SECRET_FILE: &str = "data/session-secret";

/// Below, the minute between two notes of activity would matter.
const LEAST_IDLE_MINUTES: u32 = 5;

/// All settings, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `LEPTOS_ENV`: development or production.
    pub environment: Environment,
    /// `APP_URL`: the public base URL, without a path.
    pub app_url: Url,
    /// `SCALEKIT_*`, or the emulator.
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
    /// `SCALEKIT_SESSION_API`: whether the provider's session API is asked about a person's sessions elsewhere.
    pub session_api: bool,
    /// `MAX_CONNECTIONS`: how many connections are served at once.
    pub max_connections: usize,
    /// `TLS_CERTIFICATE_FILE` and `TLS_KEY_FILE`: with them, the process itself speaks TLS.
    pub tls: Option<TlsFiles>,
    // part: metrics
    /// `METRICS_ADDR`: where Prometheus asks for metrics; `None` if it is off.
    pub metrics: Option<SocketAddr>,
    /// Leptos' own settings.
    pub leptos: LeptosOptions,
}

/// A certificate chain and its private key, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate's file.
    pub certificate: PathBuf,
    /// The private key's file.
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
    /// A Scalekit environment.
    Scalekit(Box<scalekit::Config>),
}

impl Settings {
    /// Reads and checks all settings.
    ///
    /// # Errors
    /// Every problem found, each with its variable, its key in `Leptos.toml`, what is wrong and what to do.
    pub fn load() -> Result<Self, Problems> {
        Self::from_source(&Source::read(EMBEDDED)?)
    }

    /// Checks the settings that `source` holds.
    ///
    /// # Errors
    /// Every problem found.
    pub fn from_source(source: &Source) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let environment = environment(source, &mut problems);
        let app_url = app_url(source, environment, &mut problems);
        let provider = provider(source, environment, &mut problems);
        let emulator_port =
            number::<u16>(source, "EMULATOR_PORT", "emulator.port", "a port number such as 3002", &mut problems);
        let store = store(source, environment, &mut problems);
        let key_ring = key_ring(source, environment, &mut problems);
        let limits = limits(source, &mut problems);
        let webhook_secrets = webhook_secrets(source, &mut problems);
        let session_api = switch(source, "SCALEKIT_SESSION_API", "scalekit.session-api", &mut problems);
        let max_connections = max_connections(source, &mut problems);
        let tls = tls(source, &mut problems);
        // part: metrics
        let metrics = metrics_address(source, &mut problems);
        let leptos = leptos_options(source, environment, &mut problems);
        match (app_url, provider, emulator_port, store, key_ring, limits, session_api, max_connections, leptos) {
            (
                Some(app_url),
                Some(provider),
                Some(emulator_port),
                Some(store),
                Some(key_ring),
                Some(limits),
                Some(session_api),
                Some(max_connections),
                Some(leptos),
            ) if problems.is_empty() => Ok(Self {
                environment,
                app_url,
                provider,
                emulator_port,
                store,
                key_ring,
                limits,
                webhook_secrets,
                session_api,
                max_connections,
                tls,
                // part: metrics
                metrics,
                leptos,
            }),
            _ => Err(problems),
        }
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

    /// Whether cookies carry `Secure` and the `__Host-` prefix: always, except on plain-HTTP loopback in development.
    #[must_use]
    pub fn secure_cookies(&self) -> bool {
        self.app_url.scheme() == "https"
    }
}

fn environment(source: &Source, problems: &mut Problems) -> Environment {
    match source.text("LEPTOS_ENV", "package.metadata.leptos.env").as_deref() {
        Some("DEV") => Environment::Development,
        Some("PROD") => Environment::Production,
        other => {
            problems.add(
                "LEPTOS_ENV",
                "package.metadata.leptos.env",
                format!("is {:?}; it must be DEV or PROD", other.unwrap_or("")),
                "LEPTOS_ENV=PROD",
            );
            Environment::Production
        }
    }
}

fn app_url(source: &Source, environment: Environment, problems: &mut Problems) -> Option<Url> {
    let text = source.text("APP_URL", "app.url").unwrap_or_default();
    let mut refuse = |why: &str| {
        problems.add("APP_URL", "app.url", why.to_owned(), "APP_URL=https://app.example.com");
        None
    };
    let Ok(url) = Url::parse(&text) else {
        return refuse("is not an absolute URL");
    };
    if url.path() != "/"
        || url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return refuse("must be scheme, host and port only, without a path, query or credentials");
    }
    match url.scheme() {
        "http" if !is_loopback(&url) => refuse("must use https: plain http is accepted on loopback only"),
        "http" if environment == Environment::Production && source.is_default("APP_URL", "app.url") => {
            refuse("is not set; production needs the public address of this site")
        }
        "http" if environment == Environment::Production => refuse("must use https in production"),
        "http" | "https" => Some(url),
        _ => refuse("must start with https://"),
    }
}

/// Whether the URL's host is this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The three `SCALEKIT_*` settings belong together: all, or (in development) none.
fn provider(source: &Source, environment: Environment, problems: &mut Problems) -> Option<IdentityProvider> {
    const KEYS: [(&str, &str, &str); 3] = [
        ("SCALEKIT_ENVIRONMENT_URL", "scalekit.environment-url", "SCALEKIT_ENVIRONMENT_URL=https://acme.scalekit.dev"),
        ("SCALEKIT_CLIENT_ID", "scalekit.client-id", "SCALEKIT_CLIENT_ID=skc_1234567890"),
        (
            "SCALEKIT_CLIENT_SECRET",
            "scalekit.client-secret",
            "SCALEKIT_CLIENT_SECRET=(Dashboard > Developers > API credentials)",
        ),
    ];
    let values = KEYS.map(|(variable, key, _)| source.text(variable, key).filter(|value| !value.is_empty()));
    if values.iter().all(Option::is_none) && environment == Environment::Development {
        return Some(IdentityProvider::Emulator);
    }
    let [Some(url), Some(client_id), Some(client_secret)] = values else {
        for ((variable, key, example), value) in KEYS.iter().zip(&values) {
            if value.is_none() {
                problems.add(variable, key, "is not set".to_owned(), example);
            }
        }
        return None;
    };
    if environment == Environment::Production {
        if client_id == EMULATOR_CLIENT_ID {
            problems.add(
                KEYS[1].0,
                KEYS[1].1,
                "is the emulator's, which is for development only".to_owned(),
                KEYS[1].2,
            );
        }
        if url.starts_with("http:") {
            problems.add(KEYS[0].0, KEYS[0].1, "must use https in production".to_owned(), KEYS[0].2);
        }
    }
    match scalekit::Config::new(&url, &client_id, SecretString::from(client_secret)) {
        Ok(config) => Some(IdentityProvider::Scalekit(Box::new(config))),
        Err(errors) => {
            for error in errors {
                let (variable, key, example) = match error {
                    scalekit::ConfigError::EnvironmentUrl(_) => KEYS[0],
                    scalekit::ConfigError::ClientId(_) => KEYS[1],
                    scalekit::ConfigError::ClientSecret(_) => KEYS[2],
                };
                problems.add(variable, key, error.to_string(), example);
            }
            None
        }
    }
}

fn store(source: &Source, environment: Environment, problems: &mut Problems) -> Option<StoreAddress> {
    let text = source.text("SESSION_STORE", "session.store").unwrap_or_default();
    match StoreAddress::parse(&text, environment) {
        Ok(address) => Some(address),
        Err(refusal) => {
            problems.add("SESSION_STORE", "session.store", refusal.why, refusal.example);
            None
        }
    }
}

fn key_ring(source: &Source, environment: Environment, problems: &mut Problems) -> Option<KeyRing> {
    const EXAMPLE: &str = "SESSION_SECRET=$(openssl rand -base64 32)";
    let mut refuse = |why: String| {
        problems.add("SESSION_SECRET", "session.secret", why, EXAMPLE);
        None
    };
    let text = SecretString::from(source.text("SESSION_SECRET", "session.secret").unwrap_or_default());
    let text = match (text.expose_secret().trim(), environment) {
        ("", Environment::Production) => return refuse("is not set".to_owned()),
        ("", Environment::Development) => match source::development_secret(DEVELOPMENT_SECRET_FILE.as_ref()) {
            Ok(secret) => secret,
            Err(error) => {
                return refuse(format!("is not set, and {DEVELOPMENT_SECRET_FILE} can't be made: {error}"));
            }
        },
        _ => text,
    };
    KeyRing::parse(&text).map_or_else(|error| refuse(error.to_string()), Some)
}

fn limits(source: &Source, problems: &mut Problems) -> Option<Limits> {
    let mut whole = |variable, key, wanted| number::<NonZeroU32>(source, variable, key, wanted, problems);
    let hours = whole("SESSION_LIFETIME_HOURS", "session.lifetime-hours", "a whole number of hours such as 720");
    let minutes = whole("SESSION_IDLE_MINUTES", "session.idle-minutes", "a whole number of minutes such as 10080");
    let per_user = whole("SESSION_MAX_PER_USER", "session.max-per-user", "a whole number of sessions such as 20");
    if minutes.is_some_and(|minutes| minutes.get() < LEAST_IDLE_MINUTES) {
        let what = format!("must be at least {LEAST_IDLE_MINUTES}: activity is noted once a minute");
        problems.add("SESSION_IDLE_MINUTES", "session.idle-minutes", what, "SESSION_IDLE_MINUTES=30");
        return None;
    }
    Some(Limits {
        lifetime: Duration::from_secs(u64::from(hours?.get()) * 3600),
        idle: Duration::from_secs(u64::from(minutes?.get()) * 60),
        per_user: per_user?,
    })
}

/// No secret is fine: then webhooks are refused. A bad one is a problem.
fn webhook_secrets(source: &Source, problems: &mut Problems) -> Option<WebhookSecrets> {
    const SETTING: (&str, &str) = ("SCALEKIT_WEBHOOK_SECRET", "scalekit.webhook-secret");
    let text = source.text(SETTING.0, SETTING.1).filter(|text| !text.is_empty())?;
    WebhookSecrets::parse(&text)
        .map_err(|error| {
            let example = "SCALEKIT_WEBHOOK_SECRET=(Dashboard > Webhooks > your endpoint: whsec_…)";
            problems.add(SETTING.0, SETTING.1, error.to_string(), example);
        })
        .ok()
}

fn max_connections(source: &Source, problems: &mut Problems) -> Option<usize> {
    let wanted = "a whole number of connections such as 10000";
    let number = number::<NonZeroU32>(source, "MAX_CONNECTIONS", "server.max-connections", wanted, problems)?;
    usize::try_from(number.get()).ok()
}

/// Both files or none: then a proxy in front speaks TLS.
fn tls(source: &Source, problems: &mut Problems) -> Option<TlsFiles> {
    const CERTIFICATE: (&str, &str) = ("TLS_CERTIFICATE_FILE", "server.tls-certificate-file");
    const KEY: (&str, &str) = ("TLS_KEY_FILE", "server.tls-key-file");
    let file = |(variable, key)| source.text(variable, key).filter(|path| !path.is_empty()).map(PathBuf::from);
    let mut missing = |(variable, key), other: (&str, &str), example: &str| {
        let what = format!("is not set, but {} is: TLS needs both", other.0);
        problems.add(variable, key, what, &format!("{variable}={example}"));
        None
    };
    match (file(CERTIFICATE), file(KEY)) {
        (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
        (Some(_), None) => missing(KEY, CERTIFICATE, "/etc/leptos-scalekit/key.pem"),
        (None, Some(_)) => missing(CERTIFICATE, KEY, "/etc/leptos-scalekit/certificate.pem"),
        (None, None) => None,
    }
}

// part: metrics
fn metrics_address(source: &Source, problems: &mut Problems) -> Option<SocketAddr> {
    let text = source.text("METRICS_ADDR", "metrics.address").unwrap_or_default();
    if text == "off" {
        return None;
    }
    let address = text.parse().ok();
    if address.is_none() {
        let what = format!("is {text:?}; it must be an IP address and a port, or off");
        problems.add("METRICS_ADDR", "metrics.address", what, "METRICS_ADDR=127.0.0.1:9464");
    }
    address
}

fn switch(source: &Source, variable: &'static str, key: &'static str, problems: &mut Problems) -> Option<bool> {
    match source.text(variable, key).as_deref() {
        Some("on" | "true") => Some(true),
        Some("off" | "false") => Some(false),
        other => {
            let what = format!("is {:?}; it must be on or off", other.unwrap_or(""));
            problems.add(variable, key, what, &format!("{variable}=on"));
            None
        }
    }
}

fn number<T: std::str::FromStr>(
    source: &Source,
    variable: &'static str,
    key: &'static str,
    wanted: &str,
    problems: &mut Problems,
) -> Option<T> {
    let text = source.text(variable, key).unwrap_or_default();
    let parsed = text.parse().ok();
    if parsed.is_none() {
        problems.add(variable, key, format!("is {text:?}; it must be {wanted}"), "");
    }
    parsed
}

fn leptos_options(source: &Source, environment: Environment, problems: &mut Problems) -> Option<LeptosOptions> {
    const ADDRESS: (&str, &str) = ("LEPTOS_SITE_ADDR", "package.metadata.leptos.site-addr");
    let text = |variable, key| source.text(variable, key).unwrap_or_default();
    let Ok(site_addr) = text(ADDRESS.0, ADDRESS.1).parse::<SocketAddr>() else {
        problems.add(
            ADDRESS.0,
            ADDRESS.1,
            "must be an IP address and a port".to_owned(),
            "LEPTOS_SITE_ADDR=127.0.0.1:3000",
        );
        return None;
    };
    let reload_port = number::<u32>(
        source,
        "LEPTOS_RELOAD_PORT",
        "package.metadata.leptos.reload-port",
        "a port number such as 3001",
        problems,
    )?;
    Some(
        LeptosOptions::builder()
            .output_name(text("LEPTOS_OUTPUT_NAME", "package.metadata.leptos.output-name"))
            .site_root(text("LEPTOS_SITE_ROOT", "package.metadata.leptos.site-root"))
            .site_pkg_dir(text("LEPTOS_SITE_PKG_DIR", "package.metadata.leptos.site-pkg-dir"))
            .env(match environment {
                Environment::Development => Env::DEV,
                Environment::Production => Env::PROD,
            })
            .site_addr(site_addr)
            .reload_port(reload_port)
            .build(),
    )
}

#[cfg(test)]
mod tests;
