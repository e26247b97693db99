//! What the events of the Scalekit environment do here. **Add your own at the mark below.**
//!
//! A handler gets a verified event, runs once for it (more often only if something breaks: see [`super`]),
//! and has ten seconds until Scalekit gives up waiting and sends the event again. Answer with an error to
//! have it sent again; for work that takes longer, put it into a queue and return.

use scalekit::{EventKind, MembershipEvent, SessionEvent, Webhook};
use scalekit_sessions::ProviderEnded;

use crate::server::state::AppState;

/// Whatever makes a handler fail: the event is sent again.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// Handles one event.
///
/// # Errors
/// Whatever went wrong; it is logged, and Scalekit sends the event again.
pub async fn handle(state: &AppState, webhook: &Webhook) -> Result<(), HandlerError> {
    match &webhook.event.kind {
        EventKind::UserLogout(event) => user_logged_out(state, event).await,
        EventKind::UserMembershipDeleted(event) => membership_deleted(state, event, webhook.event.occurred_at).await,
        // Your own handlers: one line for each kind of event, such as
        // EventKind::UserSignup(event) => welcome(state, event).await,
        _ => {
            tracing::debug!(event_type = webhook.event.event_type(), "a webhook without a handler");
            Ok(())
        }
    }
}

/// The person has signed out elsewhere, an administrator has ended the session, or it has run out.
async fn user_logged_out(state: &AppState, event: &SessionEvent) -> Result<(), HandlerError> {
    if let Some(session) = &event.session_id {
        state.sessions.provider_ended(ProviderEnded::Session(session)).await?;
    } else {
        // To guess "all" would end sessions that nobody spoke of. The next refresh ends the right one.
        tracing::warn!("a user.logout event names no session");
    }
    Ok(())
}

/// The person left the organization, or was deleted: Scalekit ends their sessions in it (scalekit-api §13.3).
async fn membership_deleted(
    state: &AppState,
    event: &MembershipEvent,
    occurred_at: Option<i64>,
) -> Result<(), HandlerError> {
    if let (Some(user), Some(organization)) = (&event.user_id, &event.organization_id) {
        let since = occurred_at.unwrap_or_else(|| state.clock.now());
        state.sessions.provider_ended(ProviderEnded::Membership { user, organization, since }).await?;
    }
    Ok(())
}
