//! The rules for the registered claims, and readers for the others.
//!
//! Every claim that is looked at is taken out of the map; what remains goes to the application as `other`.
//! Not here: which rules apply to which kind of token (`mod.rs` and its children). Missing, `null` and the
//! empty string are one case: absent; [`Claims::strict_text`] is the exception.

use std::time::Duration;

use serde_json::{Map, Value};

use super::LOGOUT_EVENT;
use crate::error::VerificationError;

pub(super) struct Claims(Map<String, Value>);

impl Claims {
    pub(super) fn new(payload: Map<String, Value>) -> Self {
        Self(payload)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether `events` names the back-channel logout event, with whatever value. A claim that is only called
    /// `events` may be the application's own.
    pub(super) fn has_logout_event(&self) -> bool {
        self.0.get("events").is_some_and(|events| events.get(LOGOUT_EVENT).is_some())
    }

    /// Whether `jti` is one that Scalekit gives to access tokens and to nothing else. The dashboard reserves
    /// the name `jti`, so no custom claim can pretend it.
    pub(super) fn has_access_token_id(&self) -> bool {
        self.0.get("jti").and_then(Value::as_str).is_some_and(|jti| jti.starts_with("tkn_"))
    }

    pub(super) fn check_issuer(&mut self, issuers: &[String]) -> Result<(), VerificationError> {
        if issuers.contains(&self.required_text("iss")?) { Ok(()) } else { Err(VerificationError::Issuer) }
    }

    /// The client must be the only audience. Returns how often it is named.
    pub(super) fn check_sole_audience(&mut self, client_id: &str) -> Result<usize, VerificationError> {
        let audiences = self.audiences()?;
        if audiences.is_empty() || audiences.iter().any(|audience| audience != client_id) {
            return Err(VerificationError::Audience);
        }
        Ok(audiences.len())
    }

    /// The client or one of `others` must be among the audiences. Whom else the token is for does not matter
    /// (RFC 9068, section 4: "contains"). Returns whether the client is.
    pub(super) fn check_audience(&mut self, client_id: &str, others: &[String]) -> Result<bool, VerificationError> {
        let audiences = self.audiences()?;
        let names_client = audiences.iter().any(|audience| audience == client_id);
        let is_ours = names_client || audiences.iter().any(|audience| others.contains(audience));
        if is_ours { Ok(names_client) } else { Err(VerificationError::Audience) }
    }

    fn audiences(&mut self) -> Result<Vec<String>, VerificationError> {
        match self.take("aud") {
            None => Err(VerificationError::MissingClaim("aud")),
            Some(Value::String(one)) => Ok(vec![one]),
            Some(list) => texts("aud", list),
        }
    }

    /// `azp` and Scalekit's `client_id` both name the client the token was issued to.
    pub(super) fn check_authorized_party(
        &mut self,
        client_id: &str,
        azp_required: bool,
    ) -> Result<(), VerificationError> {
        let azp = self.text("azp")?;
        let issued_to = self.text("client_id")?;
        let fits = azp.iter().chain(&issued_to).all(|party| party == client_id);
        if fits && (azp.is_some() || !azp_required) { Ok(()) } else { Err(VerificationError::AuthorizedParty) }
    }

    /// As [`Self::check_authorized_party`], where both names are free for custom claims: what is no text is
    /// none of ours. Nor is another text, where the token `is_certain` to be the client's without it.
    pub(super) fn check_authorized_party_if_readable(
        &mut self,
        client_id: &str,
        is_certain: bool,
    ) -> Result<(), VerificationError> {
        for name in ["azp", "client_id"] {
            let is_party = |text: &&str| !is_certain || *text == client_id;
            let party = self.take_if(name, |value| value.as_str().filter(is_party).map(str::to_owned));
            if party.is_some_and(|party| !party.is_empty() && party != client_id) {
                return Err(VerificationError::AuthorizedParty);
            }
        }
        Ok(())
    }

    /// Whose token it is: `sub`, `sid` and `oid`.
    pub(super) fn user_session(&mut self) -> Result<(String, String, String), VerificationError> {
        let sub = self.required_text("sub")?;
        if sub.len() > MAX_SUB {
            return Err(VerificationError::ClaimTooLong("sub"));
        }
        let (sid, oid) = (self.text("sid")?, self.text("oid")?);
        if (sub.starts_with("conn_") && sub.contains(';')) || (sid.is_none() && oid.is_none()) {
            return Err(VerificationError::NoUserSession);
        }
        let sid = sid.ok_or(VerificationError::MissingClaim("sid"))?;
        Ok((sub, sid, oid.ok_or(VerificationError::MissingClaim("oid"))?))
    }

    /// [`Self::check_dates`] with `iat` required as well. Returns `exp` and `iat`.
    pub(super) fn check_times(&mut self, now: i64, tolerance: Duration) -> Result<(i64, i64), VerificationError> {
        let (exp, iat) = self.check_dates(now, tolerance)?;
        Ok((exp, iat.ok_or(VerificationError::MissingClaim("iat"))?))
    }

    /// `exp` is required, `iat` and `nbf` are checked when present. Returns `exp` and `iat`.
    ///
    /// Valid from `nbf - tolerance` and `iat - tolerance`, that second included, until `exp + tolerance`,
    /// that second excluded (RFC 7519, section 4.1.4: "on or after").
    pub(super) fn check_dates(
        &mut self,
        now: i64,
        tolerance: Duration,
    ) -> Result<(i64, Option<i64>), VerificationError> {
        let tolerance = i64::try_from(tolerance.as_secs()).unwrap_or(i64::MAX);
        let exp = self.date("exp")?.ok_or(VerificationError::MissingClaim("exp"))?;
        let iat = self.date("iat")?;
        let nbf = self.date("nbf")?;
        if now.saturating_sub(tolerance) >= exp {
            return Err(VerificationError::Expired);
        }
        let latest = now.saturating_add(tolerance);
        if iat.is_some_and(|iat| iat > latest) {
            return Err(VerificationError::IssuedInFuture);
        }
        if nbf.is_some_and(|nbf| nbf > latest) {
            return Err(VerificationError::NotYetValid);
        }
        Ok((exp, iat))
    }

    /// `scope` (space-separated) and `scopes` (a list), in either shape: Scalekit's SDKs know both. Neither
    /// is in the tokens of live environments, and both names are free for custom claims: what is neither a
    /// text nor a list of texts stays in the rest.
    pub(super) fn scopes(&mut self) -> Vec<String> {
        let mut scopes: Vec<String> = Vec::new();
        for name in ["scope", "scopes"] {
            let found = self.take_if(name, |value| match value {
                Value::String(text) => Some(text.split_ascii_whitespace().map(str::to_owned).collect()),
                list => texts(name, list.clone()).ok(),
            });
            for scope in found.unwrap_or_default() {
                if !scopes.contains(&scope) {
                    scopes.push(scope);
                }
            }
        }
        scopes
    }

    pub(super) fn required_text(&mut self, name: &'static str) -> Result<String, VerificationError> {
        self.text(name)?.ok_or(VerificationError::MissingClaim(name))
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, VerificationError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok((!text.is_empty()).then_some(text)),
            Some(_) => Err(VerificationError::ClaimType(name)),
        }
    }

    /// As [`Self::text`], for claims that decide nothing: what is no text counts as absent and stays in the
    /// rest.
    pub(super) fn text_or_rest(&mut self, name: &'static str) -> Option<String> {
        self.take_if(name, |value| value.as_str().map(str::to_owned)).filter(|text| !text.is_empty())
    }

    /// As [`Self::text`], for claims in which `null` and the empty string are mistakes and not another way to
    /// say "absent": those that decide whose sessions end.
    pub(super) fn strict_text(&mut self, name: &'static str) -> Result<Option<String>, VerificationError> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Err(VerificationError::MissingClaim(name)),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(VerificationError::ClaimType(name)),
        }
    }

    pub(super) fn boolean(&mut self, name: &'static str) -> Result<Option<bool>, VerificationError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(_) => Err(VerificationError::ClaimType(name)),
        }
    }

    pub(super) fn texts(&mut self, name: &'static str) -> Result<Vec<String>, VerificationError> {
        self.take(name).map_or(Ok(Vec::new()), |list| texts(name, list))
    }

    /// Takes a claim out, whatever its type; `null` is none.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    fn take_if<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let value = self.take(name)?;
        let found = read(&value);
        if found.is_none() {
            self.0.insert(name.to_owned(), value);
        }
        found
    }

    /// What nobody has taken.
    pub(super) fn into_rest(self) -> Map<String, Value> {
        self.0
    }

    fn date(&mut self, name: &'static str) -> Result<Option<i64>, VerificationError> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let seconds = value.as_i64().filter(|seconds| (0..=LAST_DATE).contains(seconds));
        seconds.map(Some).ok_or(VerificationError::ClaimType(name))
    }
}

/// In bytes: "It MUST NOT exceed 255 ASCII characters in length" (OpenID Connect Core, section 2).
const MAX_SUB: usize = 255;

/// 9999-12-31T23:59:59Z. Later "dates" are milliseconds or nonsense, and overflow in the hands of callers.
const LAST_DATE: i64 = 253_402_300_799;

fn texts(name: &'static str, list: Value) -> Result<Vec<String>, VerificationError> {
    let Value::Array(items) = list else {
        return Err(VerificationError::ClaimType(name));
    };
    items
        .into_iter()
        .map(|item| if let Value::String(text) = item { Ok(text) } else { Err(VerificationError::ClaimType(name)) })
        .collect()
}
