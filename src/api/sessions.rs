//! The person's own sessions: how to end a session that is not wanted any more.

use leptos::prelude::*;

use crate::error::AppError;

/// Ends one of the caller's sessions, here and at the provider. One that has ended meanwhile, or never was
/// theirs, changes nothing and is no error. A posted form is answered with a redirect to the list.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a session, [`AppError::Unavailable`] if the store can't be reached.
#[server(endpoint = "end_session")]
pub async fn end_session(
    /// As the list names it; opens nothing.
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
