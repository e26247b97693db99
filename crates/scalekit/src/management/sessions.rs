//! The sessions of a user at Scalekit: list, look at, revoke (REST reference, "Sessions").
//!
//! Not here: whose session it is; see the warning in `mod.rs`. Called by an account page, and by whoever ends
//! a user's sessions for them. A revoked session's refresh token is dead at once; its access token lives
//! until its `exp`.

use std::fmt;

use reqwest::Method;
use serde_json::Value;

use super::{Management, ManagementError};
use crate::members::{text, time};

/// A session at Scalekit, which all applications of the environment share.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderSession {
    /// The session, `ses_…`; the `sid` of its tokens.
    pub session_id: String,
    /// Whose it is, `usr_…`: compare it with the caller's `sub`.
    pub user_id: String,
    /// The organization the session is in, `org_…`.
    pub organization_id: Option<String>,
    /// Whether it is still good for anything.
    pub status: ProviderSessionStatus,
    /// When it began, in seconds since 1970.
    pub created_at: Option<i64>,
    /// When it was last used, in seconds since 1970; moves with each refresh.
    pub last_active_at: Option<i64>,
    /// When it ends if it isn't used, in seconds since 1970.
    pub idle_expires_at: Option<i64>,
    /// When it ends in any case, in seconds since 1970.
    pub absolute_expires_at: Option<i64>,
    /// Where the user signed in.
    pub device: Option<ProviderDevice>,
}

/// The state of a session at Scalekit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProviderSessionStatus {
    /// In use.
    Active,
    /// Ended by time.
    Expired,
    /// Ended by somebody else.
    Revoked,
    /// Ended by the user.
    LoggedOut,
    /// A state this crate does not know, or none.
    Unknown,
}

/// The device of a session, as Scalekit guesses it from the request. For the user to recognize, and nothing
/// else.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderDevice {
    /// `Chrome`, for example.
    pub browser: Option<String>,
    /// `macOS`, for example.
    pub os: Option<String>,
    /// `Desktop`, for example.
    pub device_type: Option<String>,
    /// Where the address is, by guess.
    pub city: Option<String>,
    /// Where the address is, by guess.
    pub region: Option<String>,
}

/// A list is followed no further: beyond that it is none for people to read.
const MAX_PAGES: usize = 10;
/// What other lists of the API allow; for this one no limit is documented.
const PAGE_SIZE: &str = "100";

impl Management<'_> {
    /// The active sessions of a user, at most the first 1000; none if there is no such user. `now` in seconds
    /// since 1970.
    ///
    /// `user_id` must be the calling user's own `sub`, or the caller somebody who may see other users'
    /// sessions: the API does not ask.
    ///
    /// # Errors
    ///
    /// See [`ManagementError`]. If one page fails there is no list: half of one would hide sessions.
    pub async fn sessions_of(self, user_id: &str, now: i64) -> Result<Vec<ProviderSession>, ManagementError> {
        let base = self.url(&["users", user_id, "sessions"])?;
        let mut sessions = Vec::new();
        let mut page_tokens: Vec<String> = Vec::new();
        for _ in 0..MAX_PAGES {
            let mut url = base.clone();
            url.query_pairs_mut().append_pair("page_size", PAGE_SIZE).append_pair("filter.status", "ACTIVE");
            if let Some(page_token) = page_tokens.last() {
                url.query_pairs_mut().append_pair("page_token", page_token);
            }
            let Some(page) = self.send(Method::GET, url, now).await? else { break };
            let (found, next) = read_page(&page)?;
            // The filter is asked for as the samples write it; whether it counts is seen here.
            sessions.extend(found.into_iter().filter(|session| session.status == ProviderSessionStatus::Active));
            match next {
                None => break,
                Some(next) if page_tokens.contains(&next) => {
                    return Err(ManagementError::Unreadable("the list of sessions goes in circles"));
                }
                Some(next) => page_tokens.push(next),
            }
        }
        Ok(sessions)
    }

    /// One session, whoever's it is and whatever its state; `None` if there is none. `now` in seconds since
    /// 1970.
    ///
    /// Compare its `user_id` with the calling user's `sub` before anything of it is shown.
    ///
    /// # Errors
    ///
    /// See [`ManagementError`].
    pub async fn session(self, session_id: &str, now: i64) -> Result<Option<ProviderSession>, ManagementError> {
        let answer = self.send(Method::GET, self.url(&["sessions", session_id])?, now).await?;
        answer.map(|session| ProviderSession::read(&session)).transpose()
    }

    /// Ends one session, **whoever's it is**; `false` if there is none. `now` in seconds since 1970.
    ///
    /// Look at the session first and compare its `user_id` with the calling user's `sub`: this call does not.
    ///
    /// # Errors
    ///
    /// See [`ManagementError`].
    pub async fn revoke_session(self, session_id: &str, now: i64) -> Result<bool, ManagementError> {
        let answer = self.send(Method::POST, self.url(&["sessions", session_id, "revoke"])?, now).await?;
        Ok(answer.is_some())
    }
}

/// The sessions of one page, and the token of the next.
fn read_page(page: &Value) -> Result<(Vec<ProviderSession>, Option<String>), ManagementError> {
    let sessions = match page.get("sessions") {
        // An empty list may be left out or `null`, as any unset member.
        None | Some(Value::Null) if page.is_object() => Vec::new(),
        Some(Value::Array(sessions)) => sessions.iter().map(ProviderSession::read).collect::<Result<_, _>>()?,
        _ => return Err(ManagementError::Unreadable("not a list of sessions")),
    };
    Ok((sessions, text(page, "next_page_token")))
}

impl ProviderSession {
    fn read(session: &Value) -> Result<Self, ManagementError> {
        let required = |name| text(session, name).ok_or(ManagementError::Unreadable("not a session"));
        Ok(Self {
            session_id: required("session_id")?,
            user_id: required("user_id")?,
            organization_id: text(session, "organization_id"),
            status: ProviderSessionStatus::read(session),
            created_at: time(session, "created_at"),
            last_active_at: time(session, "last_active_at"),
            idle_expires_at: time(session, "idle_expires_at"),
            absolute_expires_at: time(session, "absolute_expires_at"),
            device: session.get("device").and_then(ProviderDevice::read),
        })
    }
}

impl ProviderSessionStatus {
    /// Lower case in the schema, upper case in the samples.
    fn read(session: &Value) -> Self {
        match text(session, "status").unwrap_or_default().to_ascii_lowercase().as_str() {
            "active" => Self::Active,
            "expired" => Self::Expired,
            "revoked" => Self::Revoked,
            "logout" => Self::LoggedOut,
            _ => Self::Unknown,
        }
    }
}

impl ProviderDevice {
    fn read(device: &Value) -> Option<Self> {
        let location = device.get("location").unwrap_or(&Value::Null);
        device.is_object().then(|| Self {
            browser: text(device, "browser"),
            os: text(device, "os"),
            device_type: text(device, "device_type"),
            city: text(location, "city"),
            region: text(location, "region"),
        })
    }
}

impl fmt::Debug for ProviderSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderSession").field("status", &self.status).finish_non_exhaustive()
    }
}

impl fmt::Debug for ProviderDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderDevice").finish_non_exhaustive()
    }
}
