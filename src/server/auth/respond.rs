//! The bodies of the session's server functions: the flows of this module between Leptos' request context and its
//! response. Logic is in the siblings.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use axum_hardening::client;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use scalekit_sessions::{Current, Device, RETRY_SECONDS, Session, SessionKey};
use tower_cookies::Cookies;

use super::{
    callback::{self, Refusal},
    logout,
};
use crate::{
    api::session::{ProviderView, SessionState, SessionView},
    error::{AppError, SignInProblem},
    server::{
        cookies::SessionCookie,
        guard::{CurrentSession, Visitor},
        metrics,
        rate_limit::Class,
        refusals, return_to,
        state::AppState,
        views,
    },
};

/// What a server function needs of its request.
pub struct RequestContext {
    /// The application's state.
    pub state: Arc<AppState>,
    parts: Parts,
    response: ResponseOptions,
}

impl RequestContext {
    /// Takes the request from Leptos' context.
    ///
    /// # Errors
    /// [`AppError::Internal`] outside a request.
    pub fn take() -> Result<Self, AppError> {
        let (Some(state), Some(parts), Some(response)) =
            (use_context::<Arc<AppState>>(), use_context::<Parts>(), use_context::<ResponseOptions>())
        else {
            // Also while the router lists its routes at start.
            tracing::debug!("a server function was called outside a request");
            return Err(AppError::Internal);
        };
        Ok(Self { state, parts, response })
    }

    /// Who is calling, as the guard in front of the router found out.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] while nobody can tell.
    pub fn visitor(&self) -> Result<Visitor, AppError> {
        match self.parts.extensions.get::<CurrentSession>() {
            Some(CurrentSession::Known(visitor)) => Ok(visitor.clone()),
            Some(CurrentSession::Unavailable { retry_after }) => {
                Err(AppError::Unavailable { retry_after: *retry_after })
            }
            None => Err(AppError::Internal),
        }
    }

    /// The session of the caller. Every protected server function begins with this.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] without one.
    pub fn session_required(&self) -> Result<Arc<Session>, AppError> {
        self.visitor()?.session().ok_or(AppError::Unauthenticated)
    }

    /// The request's cookies.
    fn cookies(&self) -> Result<Cookies, AppError> {
        self.parts.extensions.get::<Cookies>().cloned().ok_or(AppError::Internal)
    }

    /// Gives the page that is being rendered the status of `error`. Answers of server functions get theirs from
    /// `server::refusals`, so this is for errors that are the whole page.
    fn set_page_status(&self, error: &AppError) {
        self.response.set_status(refusals::status_of(error));
        if let Some(seconds) = error.retry_after() {
            self.response.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }

    /// Counts the end of a genuine sign-in attempt among those of all clients.
    fn admit_genuine_callback(&self) -> Result<(), AppError> {
        let client =
            client::address_of(&self.parts.extensions, &self.parts.headers, &self.state.settings.trusted_proxies);
        let limits = self.state.rate_limits.as_ref();
        limits
            .map_or(Ok(()), |limits| limits.admit_genuine(Class::Callback, client))
            .map_err(|retry_after| AppError::TooManyRequests { retry_after })
    }

    /// What the caller's browser says of its device.
    fn device(&self) -> Device {
        let header = self.parts.headers.get(header::USER_AGENT).and_then(|header| header.to_str().ok());
        Device::from_user_agent(header.unwrap_or_default())
    }

    /// The key of the caller's session.
    pub(in crate::server) fn session_key(&self) -> Result<SessionKey, AppError> {
        match self.state.cookies.session(&self.cookies()?) {
            SessionCookie::Valid(id) => Ok(id.key()),
            SessionCookie::Absent | SessionCookie::Invalid => Err(AppError::Unauthenticated),
        }
    }

    /// Sends somebody who posted a plain form to a page; hydrated pages stay where they are.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the address can't be a header.
    pub(in crate::server) fn redirect_form(&self, location: &str) -> Result<(), AppError> {
        let accept = self.parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        if accept.is_some_and(|accept| accept.contains("text/html")) { self.redirect(location) } else { Ok(()) }
    }

    /// Sends the browser elsewhere, whatever kind of request this is. `leptos_axum::redirect` would panic on a control
    /// character and answers programs with 200.
    fn redirect(&self, location: &str) -> Result<(), AppError> {
        let location = HeaderValue::from_str(location).map_err(|_| AppError::Internal)?;
        self.response.insert_header(header::LOCATION, location);
        self.response.set_status(StatusCode::FOUND);
        Ok(())
    }
}

/// Body of `current_session`.
///
/// # Errors
/// [`AppError::Unavailable`] while the store or the provider is needed and out of reach.
pub fn current_session() -> Result<SessionState, AppError> {
    let request = RequestContext::take()?;
    let session = request.visitor()?.session();
    Ok(SessionState {
        session: session.map(|session| views::session(&session, request.state.clock.now())),
        provider: ProviderView {
            emulated: request.state.emulated,
            url: request.state.scalekit.config().environment_url().to_owned(),
        },
    })
}

/// Body of `exchange_code`.
///
/// # Errors
/// [`AppError::SignIn`] with the reason; [`AppError::TooManyRequests`] if it was not tried, and the same query can be later.
pub async fn exchange_code(query: String) -> Result<(), AppError> {
    let request = RequestContext::take()?;
    let cookies = request.cookies()?;
    // Not before: what anybody can make up must not use up what those need who come from the provider.
    if callback::has_attempt(&request.state, &cookies, &query)
        && let Err(error) = request.admit_genuine_callback()
    {
        request.set_page_status(&error);
        return Err(error);
    }
    let is_signed_in = request.visitor().is_ok_and(|visitor| visitor.session().is_some());
    match callback::finish_login(&request.state, &cookies, &query, request.device()).await {
        Ok(return_to) => request.redirect(return_to.as_str()),
        // An old answer, from a history or a restored tab: there is nothing to continue, and nothing is wrong.
        Err(Refusal { problem: SignInProblem::NoAttempt, .. }) if is_signed_in => request.redirect(return_to::DEFAULT),
        Err(Refusal { problem, return_to }) => {
            let return_to = return_to.map(|path| path.as_str().to_owned());
            let error = AppError::SignIn { problem, return_to };
            request.set_page_status(&error);
            Err(error)
        }
    }
}

/// Body of `refresh_session`.
///
/// # Errors
/// [`AppError::Unauthenticated`] if the session has ended, [`AppError::Unavailable`] if it can't be refreshed now.
pub async fn refresh_session() -> Result<SessionView, AppError> {
    let request = RequestContext::take()?;
    match request.state.sessions.refresh_if_due(&request.session_key()?).await {
        Current::SignedIn(session) => Ok(views::session(&session, request.state.clock.now())),
        Current::Ended => Err(AppError::Unauthenticated),
        Current::Unavailable { retry_after } => Err(AppError::Unavailable { retry_after }),
    }
}

/// Body of `logout`.
///
/// # Errors
/// [`AppError::Unavailable`] if the session's record can't be deleted.
pub async fn logout() -> Result<(), AppError> {
    let request = RequestContext::take()?;
    match logout::end_session(&request.state, &request.cookies()?).await {
        Ok(location) => request.redirect(&location),
        Err(error) => {
            metrics::store_failed(&error, "a session could not be ended");
            Err(AppError::Unavailable { retry_after: RETRY_SECONDS })
        }
    }
}
