//! One login attempt: its secrets, and what is kept of it while the browser is away.
//!
//! Not here: where it is kept. The application seals it (encrypted and authenticated) into a cookie of the
//! browser that began the attempt; an attempt read from anywhere else proves nothing.

use std::fmt;

use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use url::Url;

/// `state`, `nonce` and PKCE verifier of one attempt, 256 random bits each, base64url.
///
/// Can't be cloned: one set of secrets serves one attempt.
pub struct LoginSecrets {
    state: String,
    nonce: String,
    verifier: String,
}

impl LoginSecrets {
    /// Three fresh secrets from the system's random number generator.
    ///
    /// # Errors
    ///
    /// The system has no randomness to give; no login must start then.
    pub fn generate() -> Result<Self, RandomnessError> {
        Ok(Self { state: random_text()?, nonce: random_text()?, verifier: random_text()? })
    }
}

impl fmt::Debug for LoginSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginSecrets").finish_non_exhaustive()
    }
}

/// The system's random number generator failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system's random number generator failed")]
pub struct RandomnessError;

/// A login attempt that has been sent to Scalekit and has not come back.
///
/// Serializable, so that the application can seal it; the serialized form holds the secrets in the clear.
#[derive(Serialize, Deserialize)]
pub struct PendingLogin {
    state: String,
    nonce: String,
    verifier: String,
    redirect_uri: String,
}

impl PendingLogin {
    pub(super) fn new(secrets: LoginSecrets, redirect_uri: &Url) -> Self {
        let LoginSecrets { state, nonce, verifier } = secrets;
        Self { state, nonce, verifier, redirect_uri: redirect_uri.as_str().to_owned() }
    }

    /// The attempt's `state`; the application may name the attempt's cookie by its first characters.
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }

    /// The callback URL this attempt will return to; the token endpoint has to be told the same one.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    pub(crate) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// RFC 7636, section 4.2: `BASE64URL(SHA256(verifier))`.
    pub(super) fn code_challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, self.verifier.as_bytes()))
    }

    /// Redirect URI, verifier and nonce, for the exchange.
    pub(crate) fn into_exchange_parts(self) -> (String, String, String) {
        (self.redirect_uri, self.verifier, self.nonce)
    }
}

impl fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogin").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}

fn random_text() -> Result<String, RandomnessError> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes).map_err(|_| RandomnessError)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_rfc_7636_appendix_b() {
        let pending = PendingLogin {
            state: String::new(),
            nonce: String::new(),
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
            redirect_uri: String::new(),
        };
        assert_eq!(pending.code_challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn debug_shows_no_secret() {
        let secrets = LoginSecrets::generate().unwrap();
        let (state, nonce, verifier) = (secrets.state.clone(), secrets.nonce.clone(), secrets.verifier.clone());
        let before = format!("{secrets:?}");
        let pending = PendingLogin::new(secrets, &Url::parse("https://app.example.com/cb").unwrap());
        let shown = format!("{before} {pending:?}");
        assert!(![state, nonce, verifier].iter().any(|secret| shown.contains(secret.as_str())), "{shown}");
    }

    #[test]
    fn a_sealed_attempt_is_read_back_whole() {
        let pending =
            PendingLogin::new(LoginSecrets::generate().unwrap(), &Url::parse("https://app.example.com/cb").unwrap());
        let again: PendingLogin = serde_json::from_str(&serde_json::to_string(&pending).unwrap()).unwrap();
        assert_eq!(again.state(), pending.state());
        assert_eq!(again.into_exchange_parts(), pending.into_exchange_parts());
    }
}
