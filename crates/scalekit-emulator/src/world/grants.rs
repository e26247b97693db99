//! Authorization codes and refresh tokens.
//!
//! What for: who may have tokens, once. A code works once for ten minutes; a refresh token works once.
//! Not here: reading the HTTP request (`endpoints::token`), writing the tokens (`tokens`).
//! Called by: hosted pages and authorize (a code is issued), token (it is redeemed), revoke.

use serde::{Deserialize, Serialize};

use super::World;

/// Authorization codes live ten minutes (scalekit-api §4).
const CODE_LIFETIME: i64 = 600;

/// What a person agreed to: the facts every token of this login is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// Counts logins; everything a code gave carries the same number.
    pub(crate) number: u64,
    pub(crate) sid: String,
    pub(crate) user: String,
    pub(crate) organization: String,
    pub(crate) scope: Vec<String>,
}

/// A code that was sent to a callback.
#[derive(Debug, Clone)]
pub(crate) struct IssuedCode {
    pub(crate) grant: Grant,
    pub(crate) redirect_uri: String,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<String>,
    pub(crate) issued_at: i64,
    pub(crate) used: bool,
}

/// A refresh token that was given out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RefreshToken {
    pub(crate) grant: Grant,
    #[serde(skip)]
    pub(crate) spent: bool,
    #[serde(skip)]
    pub(crate) revoked: bool,
}

/// Why a code or a refresh token gives nothing. All are `invalid_grant` outside (scalekit-api §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the authorization code is unknown")]
    UnknownCode,
    #[error("the authorization code was used before; what it gave is revoked (RFC 6749 section 4.1.2)")]
    UsedCode,
    #[error("the authorization code has expired")]
    ExpiredCode,
    #[error("redirect_uri is not the one of the authorization request")]
    OtherRedirect,
    #[error("code_verifier is missing, or does not belong to the code_challenge")]
    WrongVerifier,
    #[error("code_verifier was sent, but the authorization request had no code_challenge (RFC 9700 section 2.1.1)")]
    UnexpectedVerifier,
    #[error("the refresh token is unknown")]
    UnknownRefreshToken,
    #[error("the refresh token was used before")]
    SpentRefreshToken,
    #[error("the refresh token was revoked")]
    RevokedRefreshToken,
    #[error("the session has ended or expired")]
    EndedSession,
}

impl World {
    /// Remembers a new code.
    pub(crate) fn issue_code(&mut self, code: IssuedCode) -> String {
        let name = self.ids.next_code();
        self.codes.insert(name.clone(), code);
        name
    }

    /// Uses a code up. Whatever is wrong with the rest of the request, a code that was shown is a code that
    /// is spent: a thief gets one try.
    pub(crate) fn redeem_code(
        &mut self,
        name: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
    ) -> Result<IssuedCode, Refusal> {
        let now = self.now();
        let code = self.codes.get_mut(name).ok_or(Refusal::UnknownCode)?;
        if code.used {
            let number = code.grant.number;
            self.revoke_grant(number);
            return Err(Refusal::UsedCode);
        }
        code.used = true;
        let code = code.clone();
        if now >= code.issued_at + CODE_LIFETIME {
            return Err(Refusal::ExpiredCode);
        }
        if code.redirect_uri != redirect_uri {
            return Err(Refusal::OtherRedirect);
        }
        match (&code.code_challenge, verifier) {
            (None, None) => {}
            (None, Some(_)) => return Err(Refusal::UnexpectedVerifier),
            (Some(challenge), Some(verifier)) if crate::tokens::pkce::matches(verifier, challenge) => {}
            (Some(_), _) => return Err(Refusal::WrongVerifier),
        }
        if self.live_session(&code.grant.sid).is_none() {
            return Err(Refusal::EndedSession);
        }
        Ok(code)
    }

    /// Gives out a refresh token.
    pub(crate) fn issue_refresh_token(&mut self, grant: Grant) -> String {
        let token = format!("rt_{}", self.secrets.next());
        self.refresh_tokens.insert(token.clone(), RefreshToken { grant, spent: false, revoked: false });
        token
    }

    /// Takes a refresh token. There is no grace: once it has been answered, the old one is spent
    /// (scalekit-api §9 mentions a window of 30 s in one place only; a client that relies on it would fail
    /// here, and should).
    pub(crate) fn redeem_refresh_token(&mut self, token: &str) -> Result<Grant, Refusal> {
        let rotate = self.settings.rotate_refresh_tokens;
        let Some(found) = self.refresh_tokens.get_mut(token) else {
            return Err(Refusal::UnknownRefreshToken);
        };
        if found.spent {
            self.counters.refresh_reuse += 1;
            return Err(Refusal::SpentRefreshToken);
        }
        if found.revoked {
            return Err(Refusal::RevokedRefreshToken);
        }
        let grant = found.grant.clone();
        if self.live_session(&grant.sid).is_none() {
            return Err(Refusal::EndedSession);
        }
        if rotate && let Some(found) = self.refresh_tokens.get_mut(token) {
            found.spent = true;
        }
        self.touch_session(&grant.sid);
        Ok(grant)
    }

    /// Revokes every refresh token of one login.
    pub(crate) fn revoke_grant(&mut self, number: u64) {
        for token in self.refresh_tokens.values_mut().filter(|token| token.grant.number == number) {
            token.revoked = true;
        }
    }
}
