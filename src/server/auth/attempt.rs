//! A login attempt between the authorization request and its answer: sealed into a cookie of its own, so that nothing is
//! stored on the server until the answer comes, and several tabs can sign in at once.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum_hardening::return_to::ReturnTo;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use scalekit::PendingLogin;
use scalekit_sessions::{KeyRing, NoRandomness, Purpose, SealError, SessionId, id::SessionSeed};
use serde::{Deserialize, Serialize};
use tower_cookies::Cookies;

use crate::server::cookies::CookieJar;

/// How long the provider's page may take; Scalekit's codes live as long.
const LIFETIME_SECONDS: i64 = 600;

/// More attempts than this are not remembered at once: cookies are a scarce space.
const MAX_AT_ONCE: usize = 5;

/// How many characters of `state` name the cookie.
const NAME_LENGTH: usize = 8;

/// What is remembered of one authorization request.
#[derive(Serialize, Deserialize)]
pub struct LoginAttempt {
    /// `state`, `nonce` and PKCE verifier.
    pub pending: PendingLogin,
    /// Where the person wanted to go.
    pub return_to: ReturnTo,
    /// When the attempt began; Unix seconds.
    pub started_at: i64,
    /// Whether it began on this site, by its own pages or the address bar: another site may start one, but not replace who is signed
    /// in by somebody of its choice (login CSRF, RFC 9700 §4.7).
    #[serde(default)]
    pub started_here: bool,
    /// What the session's identifier is made of.
    #[serde(default)]
    pub seed: Option<SessionSeed>,
}

impl LoginAttempt {
    /// Seals the attempt into its cookie and drops the oldest ones beyond the limit.
    ///
    /// # Errors
    /// [`SealError`] if the cipher refuses.
    pub fn remember(&self, jar: CookieJar, cookies: &Cookies, ring: &KeyRing) -> Result<(), SealError> {
        let name = cookie_name(jar, self.pending.state()).ok_or(SealError)?;
        let text = serde_json::to_vec(self).map_err(|_| SealError)?;
        let sealed = ring.seal(Purpose::LoginAttempt, name.as_bytes(), &text)?;
        for surplus in oldest_beyond_limit(jar, cookies, ring) {
            jar.clear(cookies, surplus);
        }
        jar.set_attempt(cookies, name, URL_SAFE_NO_PAD.encode(sealed), LIFETIME_SECONDS);
        Ok(())
    }

    /// Finds the attempt that `state` belongs to. `None` if this browser has none, or it is too old.
    #[must_use]
    pub fn recall(state: &str, jar: CookieJar, cookies: &Cookies, ring: &KeyRing, now: i64) -> Option<Self> {
        let name = cookie_name(jar, state)?;
        let (_, value) = jar.attempts(cookies).into_iter().find(|(found, _)| *found == name)?;
        let attempt = open(&name, &value, ring)?;
        // The name holds only the start of `state`; an answer with another rest must not use the attempt up.
        verify_slices_are_equal(attempt.pending.state().as_bytes(), state.as_bytes()).ok()?;
        (now < attempt.ends_at()).then_some(attempt)
    }

    /// When no answer is taken any more; Unix seconds.
    #[must_use]
    pub const fn ends_at(&self) -> i64 {
        self.started_at + LIFETIME_SECONDS
    }

    /// The identifier of the session that this answer begins: the same one whenever the answer comes.
    ///
    /// # Errors
    /// [`NoRandomness`] for an attempt of an earlier release, which has no seed, if the operating system gives none.
    pub fn session_id(&self, answer: &str) -> Result<SessionId, NoRandomness> {
        self.seed.as_ref().map_or_else(SessionId::generate, |seed| Ok(seed.session_id(answer)))
    }

    /// Takes the attempt's cookie from the browser.
    pub fn forget(state: &str, jar: CookieJar, cookies: &Cookies) {
        if let Some(name) = cookie_name(jar, state)
            && cookies.get(&name).is_some()
        {
            jar.clear(cookies, name);
        }
    }
}

/// The cookie of the attempt with this `state`. `None` if no `state` of ours looks like that.
fn cookie_name(jar: CookieJar, state: &str) -> Option<String> {
    let start = state.get(..NAME_LENGTH)?;
    let is_plain = start.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    is_plain.then(|| format!("{}{start}", jar.attempt_prefix()))
}

fn open(name: &str, value: &str, ring: &KeyRing) -> Option<LoginAttempt> {
    let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
    serde_json::from_slice(&ring.open(Purpose::LoginAttempt, name.as_bytes(), &sealed)?).ok()
}

/// The names of the cookies that must go so that one more fits; unreadable ones first.
fn oldest_beyond_limit(jar: CookieJar, cookies: &Cookies, ring: &KeyRing) -> Vec<String> {
    let mut attempts: Vec<(i64, String)> = jar
        .attempts(cookies)
        .into_iter()
        .map(|(name, value)| (open(&name, &value, ring).map_or(i64::MIN, |attempt| attempt.started_at), name))
        .collect();
    attempts.sort();
    let surplus = (attempts.len() + 1).saturating_sub(MAX_AT_ONCE);
    attempts.into_iter().take(surplus).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use scalekit::{Config, LoginRequest, LoginSecrets};
    use secrecy::SecretString;
    use url::Url;

    use super::*;

    fn jar() -> CookieJar {
        CookieJar::of(&Url::parse("https://app.example.com").unwrap())
    }

    fn ring() -> KeyRing {
        KeyRing::parse(&SecretString::from("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned())).unwrap()
    }

    fn attempt(started_at: i64) -> LoginAttempt {
        let config =
            Config::new("https://acme.scalekit.dev", "skc_1", SecretString::from("secret".to_owned())).unwrap();
        let redirect = Url::parse("https://app.example.com/auth/callback").unwrap();
        let (_, pending) = LoginRequest::default().begin(&config, &redirect, LoginSecrets::generate().unwrap());
        LoginAttempt {
            pending,
            return_to: crate::server::return_to::paths(&"https://app.example.com".parse().unwrap()).default_page(),
            started_at,
            started_here: true,
            seed: None,
        }
    }

    #[test]
    fn an_attempt_is_recalled_by_its_state_for_ten_minutes() {
        let (jar, cookies, ring) = (jar(), Cookies::default(), ring());
        let attempt = attempt(1000);
        attempt.remember(jar, &cookies, &ring).unwrap();
        let state = attempt.pending.state();
        assert!(LoginAttempt::recall(state, jar, &cookies, &ring, 1599).is_some());
        assert!(LoginAttempt::recall(state, jar, &cookies, &ring, 1600).is_none());
        LoginAttempt::forget(state, jar, &cookies);
        assert!(LoginAttempt::recall(state, jar, &cookies, &ring, 1001).is_none());
    }

    #[test]
    fn an_attempt_moved_to_another_cookie_or_sealed_by_others_is_not_recalled() {
        let (jar, ring) = (jar(), ring());
        let (mine, other) = (attempt(0), attempt(0));
        let cookies = Cookies::default();
        mine.remember(jar, &cookies, &ring).unwrap();
        let value = jar.attempts(&cookies)[0].1.clone();
        let planted = Cookies::default();
        jar.set_attempt(&planted, cookie_name(jar, other.pending.state()).unwrap(), value, 600);
        assert!(LoginAttempt::recall(other.pending.state(), jar, &planted, &ring, 1).is_none());
    }

    #[test]
    fn states_that_are_not_ours_name_no_cookie() {
        for state in ["", "short", "ab cd=ef;gh", "é€é€é€é€", "........."] {
            assert_eq!(cookie_name(jar(), state), None, "{state:?}");
        }
    }

    #[test]
    fn the_sixth_attempt_drops_the_oldest() {
        let (jar, cookies, ring) = (jar(), Cookies::default(), ring());
        let attempts: Vec<_> = (0..6).map(attempt).collect();
        for attempt in &attempts {
            attempt.remember(jar, &cookies, &ring).unwrap();
        }
        assert!(LoginAttempt::recall(attempts[0].pending.state(), jar, &cookies, &ring, 10).is_none());
        for attempt in &attempts[1..] {
            assert!(LoginAttempt::recall(attempt.pending.state(), jar, &cookies, &ring, 10).is_some());
        }
    }
}
