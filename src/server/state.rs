//! What every request needs, built once at start.

use std::sync::Arc;

use axum_hardening::{rate_limit::RateLimits, site::Site};
use leptos::config::LeptosOptions;
use scalekit_sessions::{Clock, SessionStore, Sessions, StoreOpenError, open_store};

use super::{
    assets,
    cookies::CookieJar,
    patience::Patience,
    rate_limit::Class,
    settings::{EMULATOR_CLIENT_ID, Settings},
    views::session_api_permits::SessionApiPermits,
};
use crate::site::SiteLinks;

/// The application's shared state.
pub struct AppState {
    pub settings: Settings,
    /// Whether the embedded or a local emulator stands in for Scalekit.
    pub emulated: bool,
    pub scalekit: scalekit::Client,
    pub sessions: Sessions,
    /// The permits for calls of the provider's session API.
    pub session_api_permits: SessionApiPermits,
    /// Our cookies' names and attributes.
    pub cookies: CookieJar,
    pub clock: Clock,
    /// How often what may be asked for; `None`: as often as anybody likes.
    pub rate_limits: Option<Arc<RateLimits<Class>>>,
    pub site: Site,
}

/// The state could not be built.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The session store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreOpenError),
    /// The provider's client can't be built.
    #[error("the client for Scalekit can't be built: {0}")]
    Client(#[from] scalekit::Error),
}

impl AppState {
    /// Opens the session store that the settings name and connects nothing yet.
    ///
    /// # Errors
    /// [`StartError`] if the store can't be opened.
    pub fn open(settings: Settings, provider: scalekit::Config, clock: Clock) -> Result<Arc<Self>, StartError> {
        let store = open_store(&settings.store)?;
        Self::with_store(settings, provider, store, clock)
    }

    /// Builds the state on a given store.
    ///
    /// # Errors
    /// [`StartError`] if the provider's client can't be built.
    pub fn with_store(
        settings: Settings,
        provider: scalekit::Config,
        store: Arc<dyn SessionStore>,
        clock: Clock,
    ) -> Result<Arc<Self>, StartError> {
        let emulated = provider.client_id() == EMULATOR_CLIENT_ID;
        let scalekit = scalekit::Client::new(provider)?;
        let sessions =
            Sessions::new(store, settings.key_ring.clone(), scalekit.clone(), settings.limits, clock.clone());
        let cookies = CookieJar::of(&settings.app_url);
        let rate_limits = settings.rate_limits.as_ref().map(|rules| {
            let clock = clock.clone();
            Arc::new(rules.limits(move || clock.running_for()))
        });
        let site = assets::site();
        let session_api_permits = SessionApiPermits::default();
        Ok(Arc::new(Self {
            settings,
            emulated,
            scalekit,
            sessions,
            session_api_permits,
            cookies,
            clock,
            rate_limits,
            site,
        }))
    }

    /// How long who waits for whom.
    #[must_use]
    pub fn patience(&self) -> Patience {
        Patience::with(self.scalekit.config().token_timeout())
    }

    /// Where documents find the site's files now.
    #[must_use]
    pub fn site_links(&self) -> SiteLinks {
        let LeptosOptions { output_name, site_pkg_dir, .. } = &self.settings.leptos;
        assets::links(&self.site.files(), output_name, site_pkg_dir)
    }
}
