//! The three cookies: their names, attributes and how they are read. Not here: what the values mean.
//!
//! How the header is read, what names and attributes protect: `axum_hardening::cookies`. Our own rules:
//!
//! 1. A session's identifier has one spelling. One that the server did not make itself leads to no session,
//!    and a sign-in never takes over an identifier that the browser brought.
//! 2. Of more than five login attempts, those that these keys can't open go first, then the oldest.
//! 3. A session cookie that is no identifier of ours is ignored and stays: it may be somebody else's.

use std::time::Duration;

use axum_hardening::cookies::SiteCookies;
use scalekit_sessions::SessionId;
use tower_cookies::Cookies;
use url::Url;

/// Longer values of our cookies are not looked at.
const MAX_VALUE_LENGTH: usize = 4096;

/// The project's name, which `cargo generate` and `scripts/start-project.sh` change.
const PROJECT: &str = env!("CARGO_PKG_NAME");

/// Our cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieJar(SiteCookies);

/// What a request says about a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionCookie {
    /// No session cookie.
    Absent,
    /// Exactly one, well-formed.
    Valid(SessionId),
    /// Malformed, or more than one: neither is used.
    Invalid,
}

impl CookieJar {
    /// The cookies of the site at this public address.
    #[must_use]
    pub fn of(app_url: &Url) -> Self {
        Self(SiteCookies::of(app_url, PROJECT))
    }

    #[must_use]
    pub fn session_name(self) -> String {
        self.0.name("session")
    }

    /// The name of the cookie that remembers a sign-out on its way by Scalekit.
    fn sign_out_name(self) -> String {
        self.0.name("sign-out")
    }

    /// What a login attempt's cookie name begins with; eight characters of its `state` follow.
    #[must_use]
    pub fn attempt_prefix(self) -> String {
        self.0.name("login") + "."
    }

    /// Reads the session cookie.
    #[must_use]
    pub fn session(self, cookies: &Cookies) -> SessionCookie {
        let name = self.session_name();
        let found: Vec<_> = cookies.list().into_iter().filter(|cookie| cookie.name() == name).collect();
        match found.as_slice() {
            [] => SessionCookie::Absent,
            [cookie] => SessionId::parse(cookie.value()).map_or(SessionCookie::Invalid, SessionCookie::Valid),
            _ => SessionCookie::Invalid,
        }
    }

    /// Gives the browser a session, to be kept for `lifetime` at most; the server decides when it ends.
    pub fn set_session(self, cookies: &Cookies, id: &SessionId, lifetime: Duration) {
        cookies.add(self.0.cookie(self.session_name(), id.to_cookie_value(), lifetime));
    }

    /// Takes the session cookie from the browser.
    pub fn clear_session(self, cookies: &Cookies) {
        self.clear(cookies, self.session_name());
    }

    /// The login attempts that the browser holds, as name and value.
    #[must_use]
    pub fn attempts(self, cookies: &Cookies) -> Vec<(String, String)> {
        let prefix = self.attempt_prefix();
        cookies
            .list()
            .into_iter()
            .filter(|cookie| cookie.name().starts_with(&prefix) && cookie.value().len() <= MAX_VALUE_LENGTH)
            .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
            .collect()
    }

    /// Gives the browser a login attempt.
    pub fn set_attempt(self, cookies: &Cookies, name: String, value: String, lifetime: Duration) {
        cookies.add(self.0.cookie(name, value, lifetime));
    }

    /// The `state` of the sign-out that the browser is on.
    #[must_use]
    pub fn sign_out(self, cookies: &Cookies) -> Option<String> {
        cookies.get(&self.sign_out_name()).map(|cookie| cookie.value().to_owned())
    }

    /// Has the browser remember the `state` of a sign-out.
    pub fn set_sign_out(self, cookies: &Cookies, state: String, lifetime: Duration) {
        cookies.add(self.0.cookie(self.sign_out_name(), state, lifetime));
    }

    /// Takes one cookie of ours from the browser.
    pub fn clear(self, cookies: &Cookies, name: String) {
        cookies.add(self.0.cleared(name));
    }
}
