//! What a test or a curious developer can do to the environment while it runs.
//!
//! What for: `Control`, a handle for tests in the same process; `http` offers the same under `/__emulator`.
//! Not here: the words of the orders (`orders`), carrying them out (`faults`, `tokens`, `world`).
//! Called by: tests, `Emulator::control`, the control routes.

mod events;
mod events_http;
pub(crate) mod http;
mod report;

use std::sync::{Arc, atomic::Ordering};

use serde_json::{Map, Value};

pub use crate::endpoints::token::authorization_code::LoginTokens;
pub use crate::notify::signature::SignedWebhook;
pub use crate::world::{
    registered::BadAppUrl,
    sessions::SessionReport,
    settings::{Settings, SettingsChange},
};
pub use events::{IdpInitiatedLoginFailed, LoginFailed, LogoutTokenFailed};
pub use report::StateReport;

use crate::{
    UnknownInDirectory,
    orders::{Fault, Replacement, Signature, Tamper},
    tokens::keys::{SigningFailed, SigningKey},
    world::{Shared, TokenResponseChange, registered::AppUrl, sessions::EndReason},
};

/// A handle on a running emulator. Cheap to clone; every copy acts on the same environment.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl Control {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Counters, outcomes, and what is open right now.
    #[must_use]
    pub fn state(&self) -> StateReport {
        report::report(&self.shared)
    }

    /// Sets all counters to zero.
    pub fn reset_counters(&self) {
        self.shared.world().counters.reset();
    }

    /// Lifetimes and switches as they are now.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.shared.world().settings.clone()
    }

    /// Changes some settings and returns all of them. Tokens that are out keep their expiry.
    #[expect(
        clippy::needless_pass_by_value,
        clippy::must_use_candidate,
        reason = "callers write the change as a literal, for its effect"
    )]
    pub fn change_settings(&self, change: SettingsChange) -> Settings {
        let mut world = self.shared.world();
        world.settings.apply(&change);
        // Shorter lifetimes may have ended sessions.
        world.expiry_noticed_at = None;
        world.notice_expired_sessions();
        world.settings.clone()
    }

    /// Makes the next calls of an endpoint fail. Several faults for one endpoint are used one after the
    /// other.
    pub fn add_fault(&self, fault: Fault) {
        self.shared.world().faults.push(fault);
    }

    /// Takes back every fault. Calls that are delayed go on at once; the connections of those that hang are
    /// closed.
    pub fn clear_faults(&self) {
        self.shared.world().clear_faults();
    }

    /// Signs with a new key from now on, and returns its `kid`. The old keys stay in the key set, or leave it
    /// at once. Drawing a key takes a part of a second.
    ///
    /// # Errors
    ///
    /// The cryptographic library could not draw a key.
    pub fn rotate_keys(&self, keep_old: bool) -> Result<String, RotationFailed> {
        let key = SigningKey::generate()?;
        let kid = key.kid.clone();
        self.shared.world().keys.rotate(key, keep_old);
        Ok(kid)
    }

    /// Every session since the start or the last reset, ended ones included.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionReport> {
        let mut world = self.shared.world();
        world.notice_expired_sessions();
        world.session_reports()
    }

    /// Ends a session, as an administrator's "revoke" does: its refresh tokens fail, its access tokens stay
    /// valid, apps are told. Says whether it was live.
    #[expect(clippy::must_use_candidate, reason = "called for its effect")]
    pub fn end_session(&self, sid: &str) -> bool {
        let mut world = self.shared.world();
        world.notice_expired_sessions();
        world.end_session(sid, EndReason::Revoked)
    }

    /// Gives a person these roles in an organization, which they join if need be. Tokens show it from the
    /// next login or refresh on.
    ///
    /// # Errors
    ///
    /// The environment has no such person, organization or role; nothing was changed.
    pub fn set_roles(&self, user: &str, organization: &str, roles: &[&str]) -> Result<(), UnknownInDirectory> {
        let roles = roles.iter().map(|&role| role.to_owned()).collect();
        self.shared.world().directory.set_roles(user, organization, roles)
    }

    /// Moves the emulator's clock (not the machine's; `Date` headers show it) and returns what it shows, in
    /// seconds since the epoch. A negative number moves it back. Apps are told about sessions that have
    /// expired meanwhile.
    #[expect(clippy::must_use_candidate, reason = "called for its effect")]
    pub fn advance_clock(&self, seconds: i64) -> i64 {
        let mut world = self.shared.world();
        world.clock_offset = world.clock_offset.saturating_add(seconds);
        world.notice_expired_sessions();
        world.now()
    }

    /// Makes the next token of this kind wrong.
    pub fn tamper(&self, tamper: Tamper) {
        let needs_key = matches!(tamper.signature, Signature::OtherKey | Signature::EmbeddedKey);
        let lacks_key = needs_key && !self.shared.world().keys.has_foreign();
        // Drawn here, where the lock is not held. Should it fail, the token endpoint tries again and reports
        // it.
        let key = lacks_key.then(SigningKey::generate).and_then(Result::ok);
        let mut world = self.shared.world();
        if let Some(key) = key {
            world.keys.set_foreign(key);
        }
        world.tampers.push(tamper);
    }

    /// The next tokens are right again.
    pub fn clear_tamper(&self) {
        self.shared.world().tampers.clear();
    }

    /// Sets members of the next `times` token responses (0: until cleared); `null` removes one.
    pub fn change_token_response(&self, set: Map<String, Value>, times: u32) {
        self.shared.world().token_response = Some(TokenResponseChange { set, times });
    }

    /// Token responses are right again.
    pub fn clear_token_response(&self) {
        self.shared.world().token_response = None;
    }

    /// Makes the next answer of an endpoint another one. Several for one endpoint are used one after the
    /// other.
    pub fn replace_answer(&self, replacement: Replacement) {
        self.shared.world().replacements.push(replacement);
    }

    /// Answers are the endpoints' own again.
    pub fn clear_replacements(&self) {
        self.shared.world().replacements.clear();
    }

    /// Back to the seed: sessions, codes, people who signed up, changed roles and settings, faults,
    /// tampering, replacements, counters and deliveries are gone, and nobody is told. Keys, the clock and
    /// registered app URLs stay.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Registers an app: `{url}/auth/callback`, `{url}/logged-out` and `{url}/auth/login` for browsers,
    /// `{url}/webhooks/scalekit` and `{url}/auth/backchannel-logout` for what it is told.
    ///
    /// # Errors
    ///
    /// The URL is not one of an app on this machine.
    pub fn register_app_url(&self, url: &str) -> Result<(), BadAppUrl> {
        let app = AppUrl::parse(url)?;
        self.shared.world().registered.add_app(&app);
        Ok(())
    }

    /// Token calls that have arrived and not been answered.
    #[must_use]
    pub fn open_token_calls(&self) -> u64 {
        self.shared.open_token_calls.load(Ordering::SeqCst)
    }
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("base_url", &self.shared.base_url).finish_non_exhaustive()
    }
}

/// A signing key could not be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a new signing key could not be drawn")]
pub struct RotationFailed;

impl From<SigningFailed> for RotationFailed {
    fn from(_: SigningFailed) -> Self {
        Self
    }
}
