//! Ties the parts together: sends to one Scalekit environment, and checks tokens with its keys.
//!
//! Not here: when to refresh, where sessions are kept. Called by the application's sign-in, refresh and
//! readiness. A call is a future that stops when it is dropped, except that a fetch of the keys goes on. A
//! token call must not be dropped half-way (the code or refresh token is spent by then), so run it in a task
//! of its own.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::{ExposeSecret, SecretString};

use crate::application_token::TokenCache;
use crate::callback::AuthorizationCode;
use crate::claims::{AccessTokenClaims, IdTokenClaims, IdpInitiatedLogin, LogoutToken};
use crate::config::Config;
use crate::error::{Blame, Error, VerificationError};
use crate::http::Http;
use crate::keys::{KeyCache, KeySet, KeySetFetches, Origin};
use crate::tokens::{self, TokenSet};
use crate::verify::{self, Expected, ExpectedNonce};

/// A client of one Scalekit environment. Clones share connections, the key cache and the management API's
/// token.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    http: Http,
    keys: KeyCache,
    management_token: TokenCache,
}

/// A verified sign-in: both tokens passed every rule and belong to the same user, session and organization.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignIn {
    /// The tokens, to be kept for refresh and sign-out.
    pub tokens: TokenSet,
    /// Who signed in.
    pub id: IdTokenClaims,
    /// What the user may do.
    pub access: AccessTokenClaims,
}

/// A verified refresh: the new tokens belong to the session that was refreshed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refreshed {
    /// The new tokens. A missing refresh or ID token means: keep the old one.
    pub tokens: TokenSet,
    /// What the user may do now; roles and permissions may have changed.
    pub access: AccessTokenClaims,
    /// Who the user is now, if there was a new ID token and it passed.
    pub id: Option<IdTokenClaims>,
    /// Why a new ID token is not among the tokens: the access token passed, and this one broke a rule that
    /// says nothing against the session. For the log.
    pub id_refused: Option<Error>,
}

/// What stays the same for as long as a session lives. The organization does not: a session of Scalekit has
/// an active one, and whether a refresh follows it is written nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionIdentity {
    /// The user.
    pub sub: String,
    /// The Scalekit session.
    pub sid: String,
}

impl Client {
    /// Builds a client; sends nothing yet.
    ///
    /// # Errors
    ///
    /// [`Error::Misconfigured`] if the system's certificate store can't be used.
    pub fn new(config: Config) -> Result<Self, Error> {
        let http = Http::new(&config)?;
        let keys = KeyCache::new(&config, http.clone());
        Ok(Self { inner: Arc::new(Inner { config, http, keys, management_token: TokenCache::default() }) })
    }

    /// The configuration this client was built with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// Exchanges an authorization code for tokens (RFC 6749, section 4.1.3, with PKCE). A code works once:
    /// after any failure begin a new login instead of calling this again.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Refused`].
    pub async fn exchange(&self, code: &AuthorizationCode) -> Result<TokenSet, Error> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code.code),
            ("redirect_uri", &code.redirect_uri),
            ("code_verifier", &code.verifier),
        ];
        self.token(&fields, MAX_TOKEN_RESPONSE, self.config().token_timeout()).await
    }

    /// Spends a refresh token for new tokens (RFC 6749, section 6).
    ///
    /// The answer must be stored even if verifying it has to wait: the old refresh token is worthless from
    /// here on.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Refused`]. Only [`Error::Ended`] means that the session is over.
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<TokenSet, Error> {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
        self.token(&fields, MAX_REFRESH_RESPONSE, self.config().token_timeout()).await
    }

    /// Asks for a token of the application itself, for the management API (RFC 6749, section 4.4).
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Refused`].
    pub async fn client_credentials(&self, scope: Option<&str>) -> Result<TokenSet, Error> {
        let mut fields = vec![("grant_type", "client_credentials")];
        fields.extend(scope.filter(|scope| !scope.is_empty()).map(|scope| ("scope", scope)));
        // No interceptor runs for it.
        self.token(&fields, MAX_TOKEN_RESPONSE, self.config().total_timeout()).await
    }

    /// Verifies what [`exchange`](Self::exchange) returned; `now` in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] names the broken rule; [`Error::Unavailable`] means that the keys could not be
    /// fetched.
    pub async fn verify_sign_in(&self, tokens: TokenSet, code: &AuthorizationCode, now: i64) -> Result<SignIn, Error> {
        let id_token = tokens.id_token.as_ref().ok_or(VerificationError::IdTokenMissing)?.expose_secret();
        let access_token = tokens.access_token.expose_secret();
        let mut expected = Expected::new(self.config(), ExpectedNonce::Exactly(&code.nonce), now);
        expected.access_token = Some(access_token);
        expected.code = Some(&code.code);

        let id = verify::verify_id_token(id_token, &*self.keys_for(id_token, Origin::Provider, now).await?, &expected)?;
        let access = self.verify_access(&tokens, &expected).await?;
        SessionIdentity::of(&id).require_same(&access.sub, &access.sid)?;
        require_same_organization(&id, &access)?;
        Ok(SignIn { tokens, id, access })
    }

    /// Verifies what [`refresh`](Self::refresh) returned, against the session it is for; `now` in seconds
    /// since 1970.
    ///
    /// `previous` is the ID token that the session has kept so far. A new one may lack the nonce but not have
    /// another than that one had (OpenID Connect Core, section 12.2). The access token decides: an ID token
    /// that breaks a rule is left out of the tokens, unless it is [somebody else's](Blame::SomebodyElse). The
    /// organization may be another one than before.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] names the broken rule, and [`VerificationError::blame`] what it says of the
    /// session; [`Error::Unavailable`] means that the keys could not be fetched. Unless the tokens are
    /// somebody else's, keep the refresh token among them: the one it was given for is spent.
    pub async fn verify_refresh(
        &self,
        mut tokens: TokenSet,
        session: &SessionIdentity,
        previous: Option<&SecretString>,
        now: i64,
    ) -> Result<Refreshed, Error> {
        let access_token = tokens.access_token.expose_secret();
        let nonce = previous.and_then(|token| verify::nonce_of_verified(token.expose_secret()));
        let nonce = nonce.as_deref().map_or(ExpectedNonce::AnyAtRefresh, ExpectedNonce::NoOther);
        let mut expected = Expected::new(self.config(), nonce, now);
        expected.access_token = Some(access_token);

        let access = self.verify_access(&tokens, &expected).await?;
        session.require_same(&access.sub, &access.sid)?;
        let (id, id_refused) = match &tokens.id_token {
            None => (None, None),
            Some(id_token) => {
                match self.verify_refreshed_id(id_token.expose_secret(), session, &access, &expected).await {
                    Ok(id) => (Some(id), None),
                    Err(Error::Refused(rule)) if rule.blame() == Blame::SomebodyElse => return Err(rule.into()),
                    Err(error) => (None, Some(error)),
                }
            }
        };
        if id_refused.is_some() {
            tokens.id_token = None;
        }
        Ok(Refreshed { tokens, access, id, id_refused })
    }

    async fn verify_refreshed_id(
        &self,
        token: &str,
        session: &SessionIdentity,
        access: &AccessTokenClaims,
        expected: &Expected<'_>,
    ) -> Result<IdTokenClaims, Error> {
        let keys = self.keys_for(token, Origin::Provider, expected.now).await?;
        let id = verify::verify_id_token(token, &keys, expected)?;
        session.require_same(&id.sub, &id.sid)?;
        require_same_organization(&id, access)?;
        Ok(id)
    }

    /// Verifies the `logout_token` that Scalekit posts to the back-channel logout URL; `now` in seconds since
    /// 1970.
    ///
    /// The rules are OpenID Connect Back-Channel Logout 1.0, section 2.6, and a token is refused 10 minutes
    /// after it was made. Whether its `jti` has been seen before is for the caller to know.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] names the broken rule; [`Error::Unavailable`] means that the keys could not be
    /// fetched.
    pub async fn verify_logout_token(&self, token: &str, now: i64) -> Result<LogoutToken, Error> {
        let keys = self.keys_for(token, Origin::Anybody, now).await?;
        let expected = Expected::new(self.config(), ExpectedNonce::AnyAtRefresh, now);
        Ok(verify::verify_logout_token(token, &keys, &expected)?)
    }

    /// The names of the claims of a token that the environment has signed, whatever kind of token it is: for
    /// the log, where one was refused. `now` in seconds since 1970.
    pub async fn claim_names(&self, token: &str, now: i64) -> Option<String> {
        let keys = self.keys_for(token, Origin::Anybody, now).await.ok()?;
        verify::claim_names(token, &keys)
    }

    /// Verifies the value of `idp_initiated_login` on the initiate-login URL; `now` in seconds since 1970.
    ///
    /// Nobody is signed in by it: put what it says into a [`crate::LoginRequest`]. After an error begin a
    /// login without it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] names the broken rule; [`Error::Unavailable`] means that the keys could not be
    /// fetched.
    pub async fn verify_idp_initiated_login(&self, token: &str, now: i64) -> Result<IdpInitiatedLogin, Error> {
        let keys = self.keys_for(token, Origin::Anybody, now).await?;
        let expected = Expected::new(self.config(), ExpectedNonce::AnyAtRefresh, now);
        Ok(verify::verify_idp_initiated_login(token, &keys, &expected)?)
    }

    /// Whether signing keys are at hand; fetches them if there are none. For readiness probes.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`].
    pub async fn keys_available(&self, now: i64) -> Result<(), Error> {
        self.inner.keys.available(now).await
    }

    /// How often the signing keys have been fetched; for metrics. Each process does so at its start, and
    /// about once an hour.
    #[must_use]
    pub fn key_set_fetches(&self) -> KeySetFetches {
        self.inner.keys.fetches()
    }

    pub(crate) fn http(&self) -> &Http {
        &self.inner.http
    }

    pub(crate) fn token_cache(&self) -> &TokenCache {
        &self.inner.management_token
    }

    async fn verify_access(&self, tokens: &TokenSet, expected: &Expected<'_>) -> Result<AccessTokenClaims, Error> {
        let token = tokens.access_token.expose_secret();
        let keys = self.keys_for(token, Origin::Provider, expected.now).await?;
        let mut access = verify::verify_access_token(token, &keys, expected)?;
        // None at all would mean a token that was never good.
        if let Some(seconds) = tokens.expires_in.filter(|seconds| *seconds > 0) {
            access.ends_at = access.ends_at.min(expected.now.saturating_add_unsigned(seconds));
        }
        Ok(access)
    }

    /// Reads the header first: a token that is none must not cause a fetch.
    async fn keys_for(&self, token: &str, origin: Origin, now: i64) -> Result<Arc<KeySet>, Error> {
        let kid = verify::key_id(token)?;
        self.inner.keys.set_for(kid.as_deref(), origin, now).await
    }

    /// Sends `fields` with the credentials in the body (`client_secret_post`, as all official SDKs do).
    async fn token(&self, fields: &[(&str, &str)], limit: usize, time: Duration) -> Result<TokenSet, Error> {
        let config = self.config();
        let credentials =
            [("client_id", config.client_id()), ("client_secret", config.client_secret().expose_secret())];
        let fields = [fields, &credentials].concat();
        let answer = self.inner.http.post_form(config.endpoint("/oauth/token"), &fields, limit, time).await?;
        tokens::read_response(answer.status, answer.retry_after.as_deref(), &answer.body, wall_clock())
    }
}

/// In bytes. More than any answer whose tokens would be accepted: one that is too large is refused when it is
/// verified, and the refresh token that came with it is not lost.
const MAX_REFRESH_RESPONSE: usize = 1024 * 1024;

/// In bytes: two tokens of the largest size that is accepted, and as much again.
const MAX_TOKEN_RESPONSE: usize = 256 * 1024;

/// Only turns a date in `Retry-After` into a waiting time; no token is ever compared with it.
fn wall_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl SessionIdentity {
    /// The identity a verified ID token states.
    #[must_use]
    pub fn of(claims: &IdTokenClaims) -> Self {
        Self { sub: claims.sub.clone(), sid: claims.sid.clone() }
    }

    fn require_same(&self, sub: &str, sid: &str) -> Result<(), VerificationError> {
        if self.sub != sub {
            Err(VerificationError::OtherSubject)
        } else if self.sid != sid {
            Err(VerificationError::OtherSession)
        } else {
            Ok(())
        }
    }
}

fn require_same_organization(id: &IdTokenClaims, access: &AccessTokenClaims) -> Result<(), VerificationError> {
    if id.oid == access.oid { Ok(()) } else { Err(VerificationError::OtherOrganization) }
}

#[cfg(test)]
mod tests;
