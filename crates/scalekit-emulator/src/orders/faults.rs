//! How a fault is described.
//!
//! What for: the words of a fault, the same in Rust and in JSON.
//! Not here: committing it (`crate::faults`).
//! Called by: tests, the control routes, `crate::faults`.

use serde::Deserialize;

/// An endpoint that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `GET /.well-known/openid-configuration`
    Discovery,
    /// `GET /keys`
    Keys,
    /// `GET /oauth/authorize`
    Authorize,
    /// `POST /oauth/token`
    Token,
    /// `GET /userinfo`
    Userinfo,
    /// `GET /oidc/logout`
    Logout,
    /// `POST /revoke`
    Revoke,
    /// Everything below `/api/v1`
    Management,
}

impl Endpoint {
    /// The endpoint a path belongs to; `None` for hosted pages and the control interface, which don't fail.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        Some(match path {
            "/.well-known/openid-configuration" => Self::Discovery,
            "/keys" => Self::Keys,
            "/oauth/authorize" => Self::Authorize,
            "/oauth/token" => Self::Token,
            "/userinfo" => Self::Userinfo,
            "/oidc/logout" => Self::Logout,
            "/revoke" => Self::Revoke,
            path if path.starts_with("/api/v1/") => Self::Management,
            _ => return None,
        })
    }

    /// Its name in counters and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Keys => "keys",
            Self::Authorize => "authorize",
            Self::Token => "token",
            Self::Userinfo => "userinfo",
            Self::Logout => "logout",
            Self::Revoke => "revoke",
            Self::Management => "management",
        }
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Answers with [`Fault::status`] (default 503), and the OAuth error of [`Fault::error`] or a
    /// gateway-shaped body. The work is not done.
    Status,
    /// Waits for [`Fault::milliseconds`] (default 1000), or until faults are cleared; then does the work and
    /// answers.
    Delay,
    /// Does the work at once, and answers after [`Fault::milliseconds`] (default 1000), or when faults are
    /// cleared.
    DelayAfter,
    /// Never answers; the connection is closed once faults are cleared. The work is not done.
    Hang,
    /// Closes the connection without an answer. The work is not done.
    DropBefore,
    /// Does the work, then closes the connection without an answer: the refresh token is spent, nobody has
    /// the new.
    DropAfter,
    /// Answers 200 with bytes that are no JSON. The work is not done.
    Garbage,
    /// Answers with an HTML page, as a proxy in front would ([`Fault::status`], default 200). The work is not
    /// done.
    Html,
    /// Does the work and answers with the first half of the body.
    Truncated,
    /// Answers 200 at once and sends a byte of the body now and then, for ever. The work is not done.
    Drip,
    /// Answers 200 with 1 GiB, as fast as the client takes it ([`crate::StateReport::endless_bytes`]). The
    /// work is not done.
    Endless,
    /// Redirects to [`Fault::location`] ([`Fault::status`], default 307). The work is not done.
    Redirect,
}

/// An endpoint that fails for some calls.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Where.
    pub endpoint: Endpoint,
    /// For the token endpoint: only calls with this `grant_type`.
    #[serde(default)]
    pub grant: Option<String>,
    /// What goes wrong.
    pub kind: FaultKind,
    /// For [`FaultKind::Status`], [`FaultKind::Html`] and [`FaultKind::Redirect`].
    #[serde(default)]
    pub status: Option<u16>,
    /// For [`FaultKind::Status`]: the header `Retry-After`, in seconds.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// For [`FaultKind::Delay`] and [`FaultKind::DelayAfter`].
    #[serde(default)]
    pub milliseconds: Option<u64>,
    /// For [`FaultKind::Status`]: an OAuth error code, such as `invalid_grant`.
    #[serde(default)]
    pub error: Option<String>,
    /// For [`FaultKind::Status`] with an `error`: `error_description` is left out, as the provider does for
    /// faults of its own.
    #[serde(default)]
    pub without_description: bool,
    /// For [`FaultKind::Redirect`]: the URL it leads to.
    #[serde(default)]
    pub location: Option<String>,
    /// For how many calls; 0 means until faults are cleared.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// A fault for the next call of the endpoint.
    #[must_use]
    pub fn new(endpoint: Endpoint, kind: FaultKind) -> Self {
        Self {
            endpoint,
            grant: None,
            kind,
            status: None,
            retry_after: None,
            milliseconds: None,
            error: None,
            without_description: false,
            location: None,
            times: 1,
        }
    }

    /// The next call of the endpoint answers with this status.
    #[must_use]
    pub fn status(endpoint: Endpoint, status: u16) -> Self {
        Self { status: Some(status), ..Self::new(endpoint, FaultKind::Status) }
    }

    /// The next call of the endpoint takes this long.
    #[must_use]
    pub fn delay(endpoint: Endpoint, milliseconds: u64) -> Self {
        Self { milliseconds: Some(milliseconds), ..Self::new(endpoint, FaultKind::Delay) }
    }

    /// The next call of the endpoint does its work at once and takes this long to answer.
    #[must_use]
    pub fn delay_after(endpoint: Endpoint, milliseconds: u64) -> Self {
        Self { milliseconds: Some(milliseconds), ..Self::new(endpoint, FaultKind::DelayAfter) }
    }

    /// The next call of the endpoint is redirected to `location`.
    #[must_use]
    pub fn redirect(endpoint: Endpoint, status: u16, location: &str) -> Self {
        let location = Some(location.to_owned());
        Self { status: Some(status), location, ..Self::new(endpoint, FaultKind::Redirect) }
    }

    /// Only for calls with this `grant_type`.
    #[must_use]
    pub fn for_grant(self, grant: &str) -> Self {
        Self { grant: Some(grant.to_owned()), ..self }
    }

    /// With this OAuth error code in the body.
    #[must_use]
    pub fn with_error(self, error: &str) -> Self {
        Self { error: Some(error.to_owned()), ..self }
    }

    /// With nothing but the code in the body.
    #[must_use]
    pub fn without_description(self) -> Self {
        Self { without_description: true, ..self }
    }

    /// With the header `Retry-After`.
    #[must_use]
    pub fn with_retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// For so many calls; 0 means until faults are cleared.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }
}
