//! How a wrong token is described.
//!
//! What for: proves that a client refuses everything it has to refuse (design.md, decision 4).
//! Not here: writing it (`tokens::jwt`).
//! Called by: tests, the control routes, `tokens`.

use serde::Deserialize;
use serde_json::{Map, Value};

/// Which token is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// The ID token.
    Id,
    /// The access token.
    Access,
    /// The logout token of back-channel logout.
    Logout,
    /// The token of a login that starts at an identity provider's portal.
    IdpInitiated,
}

/// How the token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// Correctly, over the changed claims: only the claims are wrong.
    #[default]
    Keep,
    /// Not at all, with `alg` `none` unless the header says otherwise.
    None,
    /// Not at all, and the header says nothing of it.
    Empty,
    /// One bit is wrong.
    Flip,
    /// By a key that is not in the key set, under the current `kid`.
    OtherKey,
    /// By the signature of another token, which is genuine.
    OfAnotherToken,
    /// By a key that is not in the key set, whose public half the header brings along as `jwk`.
    EmbeddedKey,
    /// `HS256` unless the header says otherwise, with the public key's PEM text as the secret.
    Hs256,
    /// `HS256` unless the header says otherwise, with the client secret as the secret.
    ClientSecret,
}

/// A token that will be wrong.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tamper {
    /// Which token.
    pub token: TokenKind,
    /// Claims to set; `null` removes one.
    #[serde(default)]
    pub claims: Map<String, Value>,
    /// Header members to set; `null` removes one.
    #[serde(default)]
    pub header: Map<String, Value>,
    /// How it is signed.
    #[serde(default)]
    pub signature: Signature,
    /// For how many tokens; 0 means until tampering is cleared.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

impl Tamper {
    /// The next token of this kind, not wrong yet.
    #[must_use]
    pub fn new(token: TokenKind) -> Self {
        Self { token, claims: Map::new(), header: Map::new(), signature: Signature::Keep, times: 1 }
    }

    /// With this claim; `Value::Null` removes it.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// With this header member; `Value::Null` removes it.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Signed like this.
    #[must_use]
    pub fn signature(self, signature: Signature) -> Self {
        Self { signature, ..self }
    }

    /// For so many tokens; 0 means until tampering is cleared.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }
}
