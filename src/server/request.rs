//! What a server function has of its request: the state, who is calling, and the answer.

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use axum_hardening::client;
use leptos::{prelude::use_context, server_fn::ServerFn};
use leptos_axum::ResponseOptions;
use scalekit_sessions::{Device, Session, SessionKey};
use tower_cookies::Cookies;

use super::{
    cookies::SessionCookie,
    guard::{self, CurrentSession, Visitor},
    rate_limit::Class,
    refusals,
    routes::Rules,
    state::AppState,
};
use crate::error::AppError;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// What a server function needs of its request.
pub struct RequestContext {
    pub state: Arc<AppState>,
    current: CurrentSession,
    parts: Parts,
    response: ResponseOptions,
}

impl RequestContext {
    /// The request from Leptos' context, for the function `F`, whose rule lets the caller through.
    ///
    /// A call over HTTP the guard has judged by that rule. While a page renders it asks functions too, and
    /// there the guard has judged the page; so the function's own rule is applied here, for both.
    ///
    /// # Errors
    /// What the rule says to the caller; [`AppError::Internal`] outside a request or without a rule.
    pub fn of<F: ServerFn>() -> Result<Self, AppError> {
        let (Some(state), Some(parts), Some(response)) =
            (use_context::<Arc<AppState>>(), use_context::<Parts>(), use_context::<ResponseOptions>())
        else {
            tracing::error!("a server function was called outside a request");
            return Err(AppError::Internal);
        };
        let (Some(rules), Some(current)) = (parts.extensions.get::<Rules>(), parts.extensions.get::<CurrentSession>())
        else {
            tracing::error!(function = F::PATH, "a server function was called without the guard in front of it");
            return Err(AppError::Internal);
        };
        let Some(rule) = rules.find(F::PATH) else {
            tracing::error!(function = F::PATH, "a server function without an access rule was refused");
            return Err(AppError::Internal);
        };
        guard::require(rule.access, current)?;
        let current = current.clone();
        Ok(Self { state, current, parts, response })
    }

    /// Who is calling, as the guard found out.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] while nobody can tell.
    pub fn visitor(&self) -> Result<Visitor, AppError> {
        match &self.current {
            CurrentSession::Known(visitor) => Ok(visitor.clone()),
            CurrentSession::Unavailable { retry_after } => Err(AppError::Unavailable { retry_after: *retry_after }),
        }
    }

    /// The session of the caller, whom the function's rule has let through because of it.
    ///
    /// # Errors
    /// [`AppError::Internal`] without one: the rule lets anybody through, or does not look the session up.
    pub fn session(&self) -> Result<Arc<Session>, AppError> {
        self.visitor()?.session().ok_or_else(|| {
            tracing::error!("a server function needs a session, and its access rule does not");
            AppError::Internal
        })
    }

    /// The request's cookies.
    ///
    /// # Errors
    /// [`AppError::Internal`] outside a request.
    pub fn cookies(&self) -> Result<Cookies, AppError> {
        self.parts.extensions.get::<Cookies>().cloned().ok_or(AppError::Internal)
    }

    /// Gives the page that asks the status of `error`. Answers of server functions get theirs from
    /// `server::refusals`, so this is for errors that are the whole page.
    pub fn set_page_status(&self, error: &AppError) {
        self.response.set_status(refusals::status_of(error));
        if let Some(seconds) = error.retry_after() {
            self.response.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }

    /// Has the browser forget the pages that it fetched ahead: they are the person's who signs out.
    pub fn forget_pages_fetched_ahead(&self) {
        self.response.insert_header(CLEAR_SITE_DATA, HeaderValue::from_static("\"prefetchCache\""));
    }

    /// Counts the end of a genuine sign-in attempt among those of all clients.
    ///
    /// # Errors
    /// [`AppError::TooManyRequests`] if there were too many.
    pub fn admit_genuine_callback(&self) -> Result<(), AppError> {
        let client =
            client::address_of(&self.parts.extensions, &self.parts.headers, &self.state.settings.trusted_proxies);
        let limits = self.state.rate_limits.as_ref();
        limits
            .map_or(Ok(()), |limits| limits.admit_genuine(Class::Callback, client))
            .map_err(|retry_after| AppError::TooManyRequests { retry_after })
    }

    /// What the caller's browser says of its device.
    #[must_use]
    pub fn device(&self) -> Device {
        let header = self.parts.headers.get(header::USER_AGENT).and_then(|header| header.to_str().ok());
        Device::from_user_agent(header.unwrap_or_default())
    }

    /// The key of the caller's session.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] without a cookie of ours.
    pub fn session_key(&self) -> Result<SessionKey, AppError> {
        session_key(&self.state, &self.parts)
    }

    /// Sends somebody who posted a plain form to a page; calls from islands stay where they are.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the address can't be a header.
    pub fn redirect_form(&self, location: &str) -> Result<(), AppError> {
        let accept = self.parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        if accept.is_some_and(|accept| accept.contains("text/html")) { self.redirect(location) } else { Ok(()) }
    }

    /// Sends the browser elsewhere, whatever kind of request this is. `leptos_axum::redirect` would panic on
    /// a control character and answers programs with 200.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the address can't be a header.
    pub fn redirect(&self, location: &str) -> Result<(), AppError> {
        let location = HeaderValue::from_str(location).map_err(|_| AppError::Internal)?;
        self.response.insert_header(header::LOCATION, location);
        self.response.set_status(StatusCode::FOUND);
        Ok(())
    }
}

/// The key of the session whose cookie came with a request.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a cookie of ours; [`AppError::Internal`] outside the router.
pub fn session_key(state: &AppState, parts: &Parts) -> Result<SessionKey, AppError> {
    match state.cookies.session(parts.extensions.get::<Cookies>().ok_or(AppError::Internal)?) {
        SessionCookie::Valid(id) => Ok(id.key()),
        SessionCookie::Absent | SessionCookie::Invalid => Err(AppError::Unauthenticated),
    }
}
