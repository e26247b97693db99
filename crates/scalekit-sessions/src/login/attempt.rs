//! A login attempt between the authorization request and its answer: sealed into a cookie of its own, so that
//! nothing is stored on the server until the answer comes, and several tabs can sign in at once.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use scalekit::PendingLogin;
use serde::{Deserialize, Serialize, de::DeserializeOwned, de::IgnoredAny};

use crate::{
    id::{NoRandomness, SessionId, SessionSeed},
    seal::{KeyRing, Purpose, SealError},
};

/// How long the provider's page may take, in seconds; Scalekit's codes live as long.
pub(super) const LIFETIME_SECONDS: i64 = 600;

/// More attempts than this are not remembered at once: cookies are a scarce space.
const MAX_AT_ONCE: usize = 5;

/// How many characters of `state` name the cookie.
const NAME_LENGTH: usize = 8;

/// The cookies of login attempts that a browser sent: of all that it sent, those whose names begin with the
/// application's prefix for them.
#[derive(Debug, Clone, Copy)]
pub struct LoginCookies<'a> {
    /// What their names begin with; eight characters of the attempt follow.
    pub prefix: &'a str,
    /// Names and values. Those with other names are none of ours.
    pub held: &'a [(String, String)],
}

/// What is remembered of one authorization request. Its members' names are read by other releases.
#[derive(Serialize, Deserialize)]
pub(super) struct LoginAttempt<T> {
    /// `state`, `nonce` and PKCE verifier.
    pub(super) pending: PendingLogin,
    /// Where the person wanted to go: whatever the application made of that.
    pub(super) return_to: T,
    /// When the attempt began; Unix seconds.
    pub(super) started_at: i64,
    /// Whether it began on this site, by its own pages or the address bar.
    #[serde(default)]
    pub(super) started_here: bool,
    /// What the session's identifier is made of.
    #[serde(default)]
    pub(super) seed: Option<SessionSeed>,
}

impl<T> LoginAttempt<T> {
    /// When no answer is taken any more; Unix seconds.
    pub(super) const fn ends_at(&self) -> i64 {
        self.started_at + LIFETIME_SECONDS
    }

    /// The identifier of the session that this answer begins: the same one whenever the answer comes.
    /// [`NoRandomness`] for an attempt of an earlier release, which has no seed, if the operating system
    /// gives none.
    pub(super) fn session_id(&self, answer: &str) -> Result<SessionId, NoRandomness> {
        self.seed.as_ref().map_or_else(SessionId::generate, |seed| Ok(seed.session_id(answer)))
    }
}

impl<T: Serialize> LoginAttempt<T> {
    /// The cookie that remembers the attempt: its name, and the sealed value that only opens under that name.
    pub(super) fn seal(&self, prefix: &str, ring: &KeyRing) -> Result<(String, String), SealError> {
        let name = cookie_name(prefix, self.pending.state()).ok_or(SealError)?;
        let text = serde_json::to_vec(self).map_err(|_| SealError)?;
        let sealed = ring.seal(Purpose::LoginAttempt, name.as_bytes(), &text)?;
        Ok((name, URL_SAFE_NO_PAD.encode(sealed)))
    }
}

impl LoginCookies<'_> {
    /// Finds the attempt that `state` belongs to, and its cookie's name. `None` if this browser has none, or
    /// it is too old.
    pub(super) fn recall<T: DeserializeOwned>(
        &self,
        state: &str,
        ring: &KeyRing,
        now: i64,
    ) -> Option<(String, LoginAttempt<T>)> {
        let name = cookie_name(self.prefix, state)?;
        let (_, value) = self.held.iter().find(|(found, _)| *found == name)?;
        let attempt = open::<T>(&name, value, ring)?;
        // The name holds only the start of `state`; an answer with another rest must not use the attempt up.
        verify_slices_are_equal(attempt.pending.state().as_bytes(), state.as_bytes()).ok()?;
        (now < attempt.ends_at()).then_some((name, attempt))
    }

    /// The names of the cookies that must go so that one more fits; unreadable ones first, then the oldest.
    pub(super) fn surplus(&self, ring: &KeyRing) -> Vec<String> {
        let started_at = |name: &str, value: &str| open::<IgnoredAny>(name, value, ring).map(|found| found.started_at);
        let ours = self.held.iter().filter(|(name, _)| name.starts_with(self.prefix));
        let mut attempts: Vec<(i64, &String)> =
            ours.map(|(name, value)| (started_at(name, value).unwrap_or(i64::MIN), name)).collect();
        attempts.sort();
        let surplus = (attempts.len() + 1).saturating_sub(MAX_AT_ONCE);
        attempts.into_iter().take(surplus).map(|(_, name)| name.clone()).collect()
    }
}

/// The cookie of the attempt with this `state`. `None` if no `state` of ours looks like that.
fn cookie_name(prefix: &str, state: &str) -> Option<String> {
    let start = state.get(..NAME_LENGTH)?;
    let is_plain = start.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    is_plain.then(|| [prefix, start].concat())
}

fn open<T: DeserializeOwned>(name: &str, value: &str, ring: &KeyRing) -> Option<LoginAttempt<T>> {
    let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
    serde_json::from_slice(&ring.open(Purpose::LoginAttempt, name.as_bytes(), &sealed)?).ok()
}

#[cfg(test)]
mod tests {
    use scalekit::{Config, LoginRequest, LoginSecrets};
    use secrecy::SecretString;
    use url::Url;

    use super::*;

    const PREFIX: &str = "__Host-login.";

    fn ring() -> KeyRing {
        KeyRing::parse(&SecretString::from("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned())).unwrap()
    }

    fn attempt(started_at: i64) -> LoginAttempt<String> {
        let config =
            Config::new("https://acme.scalekit.dev", "skc_1", SecretString::from("secret".to_owned())).unwrap();
        let redirect = Url::parse("https://app.example.com/auth/callback").unwrap();
        let (_, pending) = LoginRequest::default().begin(&config, &redirect, LoginSecrets::generate().unwrap());
        LoginAttempt { pending, return_to: "/a".to_owned(), started_at, started_here: true, seed: None }
    }

    fn recalls(held: &[(String, String)], attempt: &LoginAttempt<String>, now: i64) -> bool {
        let cookies = LoginCookies { prefix: PREFIX, held };
        cookies.recall::<String>(attempt.pending.state(), &ring(), now).is_some()
    }

    #[test]
    fn an_attempt_is_recalled_by_its_state_for_ten_minutes() {
        let attempt = attempt(1000);
        let held = [attempt.seal(PREFIX, &ring()).unwrap()];
        assert!(recalls(&held, &attempt, 1599));
        assert!(!recalls(&held, &attempt, 1600));
        assert!(!recalls(&[], &attempt, 1001));
    }

    #[test]
    fn an_attempt_moved_to_another_cookie_or_sealed_by_others_is_not_recalled() {
        let (mine, other) = (attempt(0), attempt(0));
        let (_, value) = mine.seal(PREFIX, &ring()).unwrap();
        let planted = [(cookie_name(PREFIX, other.pending.state()).unwrap(), value)];
        assert!(!recalls(&planted, &other, 1));
        let others = KeyRing::parse(&"ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=".to_owned().into()).unwrap();
        assert!(!recalls(&[mine.seal(PREFIX, &others).unwrap()], &mine, 1));
    }

    #[test]
    fn states_that_are_not_ours_name_no_cookie() {
        for state in ["", "short", "ab cd=ef;gh", "é€é€é€é€", "........."] {
            assert_eq!(cookie_name(PREFIX, state), None, "{state:?}");
        }
    }

    #[test]
    fn the_sixth_attempt_drops_the_oldest() {
        let mut held = Vec::new();
        let attempts: Vec<_> = (0..6).map(attempt).collect();
        for attempt in &attempts {
            let surplus = LoginCookies { prefix: PREFIX, held: &held }.surplus(&ring());
            held.retain(|(name, _)| !surplus.contains(name));
            held.push(attempt.seal(PREFIX, &ring()).unwrap());
        }
        assert!(!recalls(&held, &attempts[0], 10));
        assert!(attempts[1..].iter().all(|attempt| recalls(&held, attempt, 10)));
        let unreadable = [("__Host-login.planted0".to_owned(), "x".to_owned())];
        held.splice(0..0, unreadable);
        held.truncate(5);
        let surplus = LoginCookies { prefix: PREFIX, held: &held }.surplus(&ring());
        assert_eq!(surplus, ["__Host-login.planted0"], "what nobody can read goes first");
        held.extend((0..9).map(|number| (format!("other.{number}"), "x".to_owned())));
        let surplus = LoginCookies { prefix: PREFIX, held: &held }.surplus(&ring());
        assert_eq!(surplus, ["__Host-login.planted0"], "other cookies are nobody's business");
    }
}
