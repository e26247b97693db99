//! The person's own sessions: those of this application, joined with what the provider knows.
//!
//! Only the caller's own sessions are looked at, so an identifier that is not among them ends nothing. The
//! provider's session API does not know who is calling, so its answers are compared with the caller here.

use std::{collections::HashSet, sync::Arc, time::Duration};

use scalekit::{ManagementError, ProviderSession};
use scalekit_sessions::{
    Device, ListedSession, RETRY_SECONDS, Session, SessionKey, StoreError, id::UserKey, provider_session_handle,
};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::{
    api::sessions::{EndOtherSessions, EndSession},
    error::AppError,
    server::{page::PageRequest, refusals, request::RequestContext, state::AppState},
};

/// The page of the list, to which plain forms return.
const PAGE: &str = "/dashboard/sessions";

/// How long the provider may take to answer, beyond which the page does without it.
const PROVIDER_PATIENCE: Duration = Duration::from_secs(3);

/// The person's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionList {
    /// This device's session first, then by last activity, the latest first.
    pub sessions: Vec<SessionEntry>,
    /// Whether the provider was asked too.
    pub provider: ProviderAnswer,
    /// The server's clock when it answered; Unix seconds.
    pub server_time: i64,
}

/// One session as the person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEntry {
    /// Names the session to `end_session`. Opens nothing: it is not the session's identifier.
    pub id: String,
    /// Whether it is the session that asks.
    pub current: bool,
    /// Whether it is a session of this application; otherwise the person is signed in at the provider only,
    /// through another application for example.
    pub here: bool,
    /// What the person signed in with.
    pub device: Device,
    /// City and country, if the provider knows them.
    pub location: Option<String>,
    /// When the person signed in; Unix seconds.
    pub signed_in_at: i64,
    /// When the person last did something with it, to the minute; Unix seconds.
    pub active_at: i64,
}

/// What the provider's session API contributed to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderAnswer {
    Included,
    /// It did not answer in time; the list holds this application's sessions only.
    Unreachable,
    /// The provider does not let this application ask; the list holds this application's sessions only.
    NotAllowed,
    /// This application is set not to ask; the list holds its own sessions only.
    NotAsked,
}

/// The sessions of whoever asks for the page.
///
/// # Errors
/// [`AppError::Unavailable`] if the store fails.
pub async fn sessions_of(request: &PageRequest) -> Result<SessionList, AppError> {
    let caller = Caller { state: &request.state, session: Arc::clone(request.session()?), key: request.session_key()? };
    let (here, provider) = tokio::join!(caller.sessions_here(), caller.sessions_at_provider());
    let here = here?;
    let (elsewhere, provider) = match provider {
        Ok(sessions) => (sessions, ProviderAnswer::Included),
        Err(answer) => (Vec::new(), answer),
    };
    Ok(SessionList { sessions: join(&caller, &here, &elsewhere), provider, server_time: caller.state.clock.now() })
}

/// Body of `end_session`.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a session, [`AppError::Unavailable`] if the store fails.
pub async fn end_session(id: String) -> Result<(), AppError> {
    let request = RequestContext::of::<EndSession>()?;
    let caller = Caller::of(&request)?;
    let here = caller.sessions_here().await?;
    let at_provider = match here.into_iter().find(|listed| listed.handle() == id) {
        // Here it ends in any case. Tried again, the rest at the provider is found by its name's second half.
        Some(listed) => caller.end(vec![listed], HashSet::new()).await?,
        None => caller.end_elsewhere(id.split_once('.').map_or(&*id, |(_, at_provider)| at_provider)).await?,
    };
    match at_provider {
        AtProvider::Ended => request.redirect_form(&[PAGE, "?ended=1"].concat()),
        AtProvider::Unknown => Err(AppError::Unavailable { retry_after: RETRY_SECONDS }),
    }
}

/// Body of `end_other_sessions`.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a session, [`AppError::Unavailable`] if the store fails.
pub async fn end_other_sessions() -> Result<(), AppError> {
    let request = RequestContext::of::<EndOtherSessions>()?;
    let caller = Caller::of(&request)?;
    let here = caller.sessions_here().await?;
    let elsewhere = caller.sessions_at_provider().await;
    let is_known = !matches!(elsewhere, Err(ProviderAnswer::Unreachable));
    let elsewhere = elsewhere.unwrap_or_default().into_iter().map(|session| session.session_id).collect();
    // What is here has ended in any case; only the rest may have to be tried again.
    if caller.end(here, elsewhere).await? == AtProvider::Ended && is_known {
        request.redirect_form(&[PAGE, "?ended=others"].concat())
    } else {
        Err(AppError::Unavailable { retry_after: RETRY_SECONDS })
    }
}

/// What is known of sessions at the provider that were to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AtProvider {
    /// They have all ended, or there is nothing there that this application could end.
    Ended,
    /// The provider has not said so: one may go on.
    Unknown,
}

/// Who is asking.
struct Caller<'a> {
    state: &'a AppState,
    session: Arc<Session>,
    key: SessionKey,
}

impl<'a> Caller<'a> {
    fn of(request: &'a RequestContext) -> Result<Self, AppError> {
        Ok(Self { state: &request.state, session: request.session()?, key: request.session_key()? })
    }

    async fn sessions_here(&self) -> Result<Vec<ListedSession>, AppError> {
        self.state
            .sessions
            .list(&UserKey::of(&self.session.identity.user_id))
            .await
            .map_err(|error| store_failed(&error))
    }

    /// The person's active sessions at the provider, or why they are not known.
    async fn sessions_at_provider(&self) -> Result<Vec<ProviderSession>, ProviderAnswer> {
        if !self.state.settings.session_api {
            return Err(ProviderAnswer::NotAsked);
        }
        let user_id = &self.session.identity.user_id;
        let asked = async {
            let permit = self.state.session_api_permits.permit(user_id).await;
            let (scalekit, user_id, now) = (self.state.scalekit.clone(), user_id.clone(), self.state.clock.now());
            // In a task of its own: whoever hangs up keeps their permit until the provider has answered.
            let call = async move {
                let _permit = permit;
                scalekit.management().sessions_of(&user_id, now).await
            };
            tokio::spawn(call.in_current_span()).await
        };
        let joined = tokio::time::timeout(PROVIDER_PATIENCE, asked).await.map_err(|_| {
            tracing::warn!("the provider's session API took too long");
            ProviderAnswer::Unreachable
        })?;
        let answer = joined.map_err(|error| {
            tracing::error!(%error, "asking the provider's session API panicked");
            ProviderAnswer::Unreachable
        })?;
        match answer {
            Ok(sessions) => Ok(sessions.into_iter().filter(|session| session.user_id == *user_id).collect()),
            Err(error @ ManagementError::Forbidden { .. }) => {
                // Not an outage: it lasts until somebody allows it or switches the API off; `check` says how.
                tracing::info!(cause = &error as &dyn std::error::Error, "the provider's session API is not allowed");
                Err(ProviderAnswer::NotAllowed)
            }
            Err(error) => {
                tracing::warn!(cause = &error as &dyn std::error::Error, "the provider's session API failed");
                Err(ProviderAnswer::Unreachable)
            }
        }
    }

    /// Ends, by its handle, a session that only the provider knows: so the provider has to answer.
    async fn end_elsewhere(&self, handle: &str) -> Result<AtProvider, AppError> {
        let sessions = match self.sessions_at_provider().await {
            Ok(sessions) => sessions,
            Err(ProviderAnswer::NotAsked | ProviderAnswer::NotAllowed) => return Ok(AtProvider::Ended),
            Err(ProviderAnswer::Unreachable | ProviderAnswer::Included) => return Ok(AtProvider::Unknown),
        };
        let named = sessions.into_iter().find(|session| provider_session_handle(&session.session_id) == handle);
        match named {
            Some(named) => self.end(Vec::new(), HashSet::from([named.session_id])).await,
            None => Ok(AtProvider::Ended),
        }
    }

    /// Ends sessions of the caller, never the asking one: here at once, at the provider if it can be reached.
    ///
    /// Two sessions here can share one of the provider's, for example after a second sign-in in the same
    /// browser. Then the other one ends here, and the provider's goes on, since the caller's depends on it.
    async fn end(
        &self,
        here: Vec<ListedSession>,
        mut provider_sessions: HashSet<String>,
    ) -> Result<AtProvider, AppError> {
        for listed in here.into_iter().filter(|listed| listed.key != self.key) {
            self.state.sessions.end(&listed.key).await.map_err(|error| store_failed(&error))?;
            provider_sessions.insert(listed.session.identity.provider_session_id);
        }
        provider_sessions.remove(&self.session.identity.provider_session_id);
        self.state.sessions.end_provider_sessions(&provider_sessions).await.map_err(|error| store_failed(&error))?;
        Ok(if self.state.settings.session_api { self.revoke(provider_sessions).await } else { AtProvider::Ended })
    }

    /// Ends sessions at the provider, all at once. Where one has not ended, its device could sign in
    /// again without a password, so that is worth a line in the log.
    async fn revoke(&self, provider_sessions: HashSet<String>) -> AtProvider {
        let now = self.state.clock.now();
        let mut calls = JoinSet::new();
        for id in provider_sessions {
            let scalekit = self.state.scalekit.clone();
            let call = async move { scalekit.management().revoke_session(&id, now).await };
            calls.spawn(call.in_current_span());
        }
        let all = async {
            let mut outcome = AtProvider::Ended;
            while let Some(call) = calls.join_next().await {
                if let Ok(Err(error)) = &call {
                    tracing::warn!(cause = error as &dyn std::error::Error, "a session was ended here only");
                }
                // An application that may not ask can do no more than end what is here.
                if !matches!(call, Ok(Ok(_) | Err(ManagementError::Forbidden { .. }))) {
                    outcome = AtProvider::Unknown;
                }
            }
            outcome
        };
        tokio::time::timeout(PROVIDER_PATIENCE, all).await.unwrap_or_else(|_| {
            tracing::warn!("sessions were ended here only: the provider took too long");
            AtProvider::Unknown
        })
    }
}

/// One entry for each session of ours, with the provider's word, then those that only the provider knows.
fn join(caller: &Caller<'_>, here: &[ListedSession], elsewhere: &[ProviderSession]) -> Vec<SessionEntry> {
    let known: HashSet<&str> = here.iter().map(|listed| listed.session.identity.provider_session_id.as_str()).collect();
    let ours = here.iter().map(|listed| {
        let id = &listed.session.identity.provider_session_id;
        let provider = elsewhere.iter().find(|session| session.session_id == *id);
        SessionEntry {
            id: listed.handle(),
            current: listed.key == caller.key,
            here: true,
            device: listed.session.device.clone(),
            location: provider.and_then(location),
            signed_in_at: listed.session.signed_in_at,
            active_at: listed.active_at,
        }
    });
    let others = elsewhere.iter().filter(|session| !known.contains(session.session_id.as_str())).map(|session| {
        let signed_in_at = session.created_at.unwrap_or_default();
        SessionEntry {
            id: provider_session_handle(&session.session_id),
            current: false,
            here: false,
            device: session.device.as_ref().map(Device::from).unwrap_or_default(),
            location: location(session),
            signed_in_at,
            active_at: session.last_active_at.unwrap_or(signed_in_at),
        }
    });
    let mut entries: Vec<SessionEntry> = ours.chain(others).collect();
    entries.sort_by_key(|entry| (!entry.current, std::cmp::Reverse(entry.active_at)));
    entries
}

fn location(session: &ProviderSession) -> Option<String> {
    let device = session.device.as_ref()?;
    let parts: Vec<&str> = [&device.city, &device.region].into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn store_failed(error: &StoreError) -> AppError {
    refusals::store_failed(error, "a person's sessions could not be listed or ended")
}
