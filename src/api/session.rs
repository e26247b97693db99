//! Who is signed in: the session's view model and its server functions: read, begin, refresh, end.
//!
//! Called by the callback page, the session watcher and the sign-out form. The rules are in
//! `crate::server::auth` and the crate `scalekit-sessions`.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// The element of a document in which the server writes the session down, as [`SessionView`] or `null`.
pub const SESSION_ELEMENT: &str = "session";

/// Forms that sign out. `public/page.js` looks for them too, to tell the other tabs.
pub const SIGN_OUT_FORM: &str = "form[data-sign-out]";

/// Answer of [`current_session`]: the session, if there is one, and where people sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionState {
    /// The signed-in session; `None` for an anonymous visitor.
    pub session: Option<SessionView>,
    /// The identity provider behind the sign-in button.
    pub provider: ProviderView,
}

/// Which identity provider this process uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderView {
    /// `true` while the embedded emulator stands in for Scalekit.
    pub emulated: bool,
    pub url: String,
}

/// What pages may know about a session. `browser::session` reads the same fields in the browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    pub user: UserView,
    /// The organization that they are signed in to.
    pub organization: OrganizationView,
    /// Role names in that organization, from the verified access token.
    pub roles: Vec<String>,
    /// Permission names in that organization, from the verified access token.
    pub permissions: Vec<String>,
    /// When the person signed in; Unix seconds.
    pub signed_in_at: i64,
    /// When the access token was issued, at sign-in or by the last refresh; Unix seconds.
    pub access_issued_at: i64,
    /// When the access token ends unless it is refreshed; Unix seconds.
    pub access_expires_at: i64,
    /// When the application's session ends whatever happens; Unix seconds.
    pub session_ends_at: i64,
    /// The server's clock when it answered; Unix seconds. The browser's clock may differ.
    pub server_time: i64,
}

/// The person, as the verified ID token describes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserView {
    /// Scalekit's user identifier, `usr_…`.
    pub id: String,
    /// The name to show: full name, else the e-mail address, else the identifier.
    pub display_name: String,
    /// The name to greet with.
    pub given_name: Option<String>,
    /// One or two letters for the picture's place.
    pub initials: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the provider verified the address.
    pub email_verified: bool,
    /// Picture address (https, or loopback in development).
    pub picture: Option<String>,
    /// This application's own identifier of the person, if it set one at Scalekit.
    pub external_id: Option<String>,
}

/// The organization of the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationView {
    /// Scalekit's organization identifier, `org_…`.
    pub id: String,
    /// Its name, if the token carries an `organization_name` claim (docs/connecting.md).
    pub name: Option<String>,
    /// This application's own identifier of the organization, if it set one at Scalekit.
    pub external_id: Option<String>,
}

impl OrganizationView {
    /// What people call it: its name, else this application's identifier. Scalekit's means nothing to people.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.name.as_deref().or(self.external_id.as_deref())
    }
}

/// Tells who is signed in. Does no I/O: a layer in front of the router has looked the session up.
///
/// # Errors
/// [`AppError::Unavailable`] while the session store can't be reached.
#[server(endpoint = "current_session")]
pub async fn current_session() -> Result<SessionState, AppError> {
    crate::server::auth::respond::current_session::<CurrentSession>()
}

/// The same, asked because the person has opened a page that the browser had fetched ahead: the server has
/// taken that for no activity, so this is it. It keeps the session alive and refreshes it if it has to be.
///
/// # Errors
/// [`AppError::Unavailable`] while the store or the provider is needed and out of reach.
#[server(endpoint = "note_presence")]
pub async fn note_presence() -> Result<SessionState, AppError> {
    crate::server::auth::respond::current_session::<NotePresence>()
}

/// The last step of a sign-in: exchanges the authorization code for tokens, verifies them and starts the
/// session. Answers with a redirect to the page that the person wanted.
///
/// # Errors
/// [`AppError::SignIn`] with the reason; nothing is kept of the attempt and no other session is touched.
#[server(endpoint = "exchange_code")]
pub async fn exchange_code(
    /// The callback's query string as the provider sent it.
    query: String,
) -> Result<(), AppError> {
    crate::server::auth::respond::exchange_code(query).await
}

/// Refreshes the session's tokens if they are due, and answers with the session as it is then.
///
/// # Errors
/// [`AppError::Unauthenticated`] if the session has ended; [`AppError::Unavailable`] if the provider or the
/// store can't be reached (the session is kept).
#[server(endpoint = "refresh_session")]
pub async fn refresh_session() -> Result<SessionView, AppError> {
    crate::server::auth::respond::refresh_session()
}

/// Ends the session here, then sends the browser to Scalekit to end it there. Called by a plain form.
///
/// # Errors
/// [`AppError::Unavailable`] if the session store can't be reached, since the session would then live on.
#[server(endpoint = "logout")]
pub async fn logout() -> Result<(), AppError> {
    crate::server::auth::respond::logout().await
}
