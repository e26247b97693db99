//! The person's own sessions: where they are signed in, and how to end a session that is not wanted any more.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// Answer of [`list_sessions`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionList {
    /// This device's session first, then by last activity, the latest first.
    pub sessions: Vec<SessionEntry>,
    /// Whether the provider was asked too.
    pub provider: ProviderAnswer,
    /// The server's clock when it answered; Unix seconds.
    pub server_time: i64,
}

/// One session as the person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEntry {
    /// Names the session to [`end_session`]. Opens nothing: it is not the session's identifier.
    pub id: String,
    /// Whether it is the session that asks.
    pub current: bool,
    /// Whether it is a session of this application; otherwise the person is signed in at the provider only,
    /// through another application for example.
    pub here: bool,
    /// What the person signed in with.
    pub device: DeviceView,
    /// City and country, if the provider knows them.
    pub location: Option<String>,
    /// When the person signed in; Unix seconds.
    pub signed_in_at: i64,
    /// When the person last did something with it, to the minute; Unix seconds.
    pub active_at: i64,
}

/// A device and its browser, as far as they gave themselves away at sign-in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// What kind of device it is.
    pub kind: DeviceKind,
    /// The browser, such as `Firefox`.
    pub browser: Option<String>,
    /// The operating system, such as `Windows`.
    pub system: Option<String>,
}

/// Kinds of devices that have an icon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceKind {
    Computer,
    Phone,
    Tablet,
    /// It did not say.
    #[default]
    Unknown,
}

/// What the provider's session API contributed to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProviderAnswer {
    Included,
    /// It did not answer in time; the list holds this application's sessions only.
    Unreachable,
    /// The provider does not let this application ask; the list holds this application's sessions only.
    NotAllowed,
    /// This application is set not to ask; the list holds its own sessions only.
    NotAsked,
}

/// Lists the caller's sessions. Needs a session.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a session, [`AppError::Unavailable`] if the store can't be reached.
#[server(endpoint = "list_sessions")]
pub async fn list_sessions() -> Result<SessionList, AppError> {
    crate::server::views::session_list::list_sessions().await
}

/// Ends one of the caller's sessions, here and at the provider. One that has ended meanwhile, or never was
/// theirs, changes nothing and is no error. A posted form is answered with a redirect to the list.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a session, [`AppError::Unavailable`] if the store can't be reached.
#[server(endpoint = "end_session")]
pub async fn end_session(
    /// [`SessionEntry::id`].
    id: String,
) -> Result<(), AppError> {
    crate::server::views::session_list::end_session(id).await
}

/// Ends all of the caller's sessions but the one that asks, here and at the provider. A posted form is
/// answered with a redirect to the list.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a session, [`AppError::Unavailable`] if the store can't be reached.
#[server(endpoint = "end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), AppError> {
    crate::server::views::session_list::end_other_sessions().await
}
