//! How an emulator is started, and why it may refuse.
//!
//! What for: everything that is decided before the first request. Nothing here reads the environment.
//! Not here: settings that change while it runs (`Control::change_settings`).
//! Called by: the app, tests, the binary.

use std::path::PathBuf;

use crate::{BadAppUrl, Seed};

/// What to start.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// The port, on loopback addresses; 0, the default, takes a free one.
    pub port: u16,
    /// People, organizations and roles.
    pub seed: Seed,
    /// Base URLs of the apps that may sign in; more can follow with `Control::register_app_url`.
    pub app_urls: Vec<String>,
    /// Where keys, people and sessions outlive the process; without it, each start is a new environment.
    pub state_file: Option<PathBuf>,
    /// Whether it signs with the one key of this process's emulators instead of a key of its own.
    pub shared_key: bool,
    /// The deployment the process belongs to (`LEPTOS_ENV`). In `PROD` the emulator refuses to start.
    pub leptos_env: Option<String>,
}

impl Options {
    /// On this port.
    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// With these people.
    #[must_use]
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// For an app that runs at this base URL: its `/auth/callback`, `/logged-out` and `/auth/login` are
    /// registered, and it is told what happens at `/webhooks/scalekit` and `/auth/backchannel-logout`.
    #[must_use]
    pub fn with_app_url(mut self, url: impl Into<String>) -> Self {
        self.app_urls.push(url.into());
        self
    }

    /// Going on where the last emulator with this file stopped.
    #[must_use]
    pub fn with_state_file(self, path: impl Into<PathBuf>) -> Self {
        Self { state_file: Some(path.into()), ..self }
    }

    /// Signing with the key that all emulators of this process share which are started like this. Drawing a
    /// key takes a noticeable part of a second: a run of many tests pays for it once. Their tokens still
    /// differ by issuer.
    #[must_use]
    pub fn with_shared_key(self) -> Self {
        Self { shared_key: true, ..self }
    }

    /// In this deployment (`LEPTOS_ENV`).
    #[must_use]
    pub fn with_leptos_env(self, name: impl Into<String>) -> Self {
        Self { leptos_env: Some(name.into()), ..self }
    }

    /// Whether `LEPTOS_ENV` says production, in any of the spellings Leptos understands.
    pub(crate) fn is_production(&self) -> bool {
        self.leptos_env
            .as_deref()
            .is_some_and(|name| ["prod", "production"].contains(&name.trim().to_ascii_lowercase().as_str()))
    }
}

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something else listens there.
    #[error(
        "port {port} is in use, perhaps by another Scalekit emulator: stop that program, or choose another port \
         (0 takes a free one)"
    )]
    PortInUse {
        /// The port that was asked for.
        port: u16,
    },
    /// The deployment is a production.
    #[error("the Scalekit emulator signs in anybody as anybody; it does not start with LEPTOS_ENV=PROD")]
    Production,
    /// An app's base URL is not on this machine.
    #[error(transparent)]
    AppUrl(#[from] BadAppUrl),
    /// No signing key.
    #[error("the signing key could not be drawn")]
    Keys,
    /// No HTTP client to notify apps with.
    #[error("the HTTP client that notifies apps could not be made")]
    HttpClient,
    /// The system refused to listen.
    #[error("the emulator can't listen on a loopback address: {0}")]
    Listen(#[from] std::io::Error),
}
