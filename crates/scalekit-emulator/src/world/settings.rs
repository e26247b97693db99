//! Settings that can change while the emulator runs.
//!
//! What for: lifetimes and the points where Scalekit's own material disagrees with itself, as switches.
//! Not here: faults and tampering, which are lies and not settings (`control`).
//! Called by: `tokens`, `world::sessions`, `notify`, the management API, and `Control::change_settings`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{directory::Environment, world::CLIENT_ID};

/// How the environment behaves. Lifetimes are in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "switches that have nothing to do with each other")]
pub struct Settings {
    /// Access token, 300 by default (scalekit-api §9).
    pub access_token_lifetime: u64,
    /// ID token, 1800 by default (samples differ, scalekit-api §8.1).
    pub id_token_lifetime: u64,
    /// From sign-in to the end of the session whatever happens, 30 days by default (scalekit-api §9).
    pub session_absolute_lifetime: u64,
    /// From the last refresh or silent sign-in to the end of the session, 7 days by default (scalekit-api
    /// §9).
    pub session_idle_lifetime: u64,
    /// Whether a refresh answers with a new ID token; sources disagree (scalekit-api §19), `true` by default.
    pub id_token_on_refresh: bool,
    /// Whether a refresh spends the refresh token and answers with a new one; `true` by default, as Scalekit
    /// does.
    pub rotate_refresh_tokens: bool,
    /// Whether the application's own access token opens the management API; `true` by default.
    pub management_api: bool,
    /// Whether the application may ask for that token (grant `client_credentials`); `true` by default.
    pub client_credentials: bool,
    /// Whether webhooks and back-channel logout tokens are sent to registered apps; `true` by default.
    pub notify_apps: bool,
    /// `iss` of every token and of the discovery document; by default the emulator's own URL. Scalekit
    /// changes it when an environment gets a custom domain. The emulator goes on answering at its own URL,
    /// and takes back its own older tokens.
    pub issuer: String,
    /// `aud` of access and logout tokens; by default the client. ID tokens are always for the client alone.
    pub audience: Vec<String>,
    /// Claims that the dashboard adds to every access token of a person, whatever they are called and hold;
    /// none by default. Claims that Scalekit itself writes can't be changed by it, as the dashboard reserves
    /// their names.
    pub access_token_claims: Map<String, Value>,
}

impl Settings {
    /// The settings a seed's environment asks for, at this URL.
    pub(crate) fn from_environment(environment: &Environment, url: &str) -> Self {
        Self {
            access_token_lifetime: environment.access_token_lifetime,
            id_token_lifetime: environment.id_token_lifetime,
            session_absolute_lifetime: environment.session_absolute_lifetime,
            session_idle_lifetime: environment.session_idle_lifetime,
            id_token_on_refresh: true,
            rotate_refresh_tokens: true,
            management_api: true,
            client_credentials: true,
            notify_apps: true,
            issuer: url.to_owned(),
            audience: vec![CLIENT_ID.to_owned()],
            access_token_claims: Map::new(),
        }
    }

    /// Takes over what the change names.
    pub(crate) fn apply(&mut self, change: &SettingsChange) {
        fn set<T: Clone>(target: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                target.clone_from(value);
            }
        }
        set(&mut self.access_token_lifetime, change.access_token_lifetime.as_ref());
        set(&mut self.id_token_lifetime, change.id_token_lifetime.as_ref());
        set(&mut self.session_absolute_lifetime, change.session_absolute_lifetime.as_ref());
        set(&mut self.session_idle_lifetime, change.session_idle_lifetime.as_ref());
        set(&mut self.id_token_on_refresh, change.id_token_on_refresh.as_ref());
        set(&mut self.rotate_refresh_tokens, change.rotate_refresh_tokens.as_ref());
        set(&mut self.management_api, change.management_api.as_ref());
        set(&mut self.client_credentials, change.client_credentials.as_ref());
        set(&mut self.notify_apps, change.notify_apps.as_ref());
        set(&mut self.issuer, change.issuer.as_ref());
        set(&mut self.audience, change.audience.as_ref());
        set(&mut self.access_token_claims, change.access_token_claims.as_ref());
    }
}

/// Some of the [`Settings`]; what is `None` stays as it is. The fields mean the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SettingsChange {
    /// See [`Settings::access_token_lifetime`].
    pub access_token_lifetime: Option<u64>,
    /// See [`Settings::id_token_lifetime`].
    pub id_token_lifetime: Option<u64>,
    /// See [`Settings::session_absolute_lifetime`].
    pub session_absolute_lifetime: Option<u64>,
    /// See [`Settings::session_idle_lifetime`].
    pub session_idle_lifetime: Option<u64>,
    /// See [`Settings::id_token_on_refresh`].
    pub id_token_on_refresh: Option<bool>,
    /// See [`Settings::rotate_refresh_tokens`].
    pub rotate_refresh_tokens: Option<bool>,
    /// See [`Settings::management_api`].
    pub management_api: Option<bool>,
    /// See [`Settings::client_credentials`].
    pub client_credentials: Option<bool>,
    /// See [`Settings::notify_apps`].
    pub notify_apps: Option<bool>,
    /// See [`Settings::issuer`].
    pub issuer: Option<String>,
    /// See [`Settings::audience`].
    pub audience: Option<Vec<String>>,
    /// See [`Settings::access_token_claims`]; takes the place of all earlier ones.
    pub access_token_claims: Option<Map<String, Value>>,
}
