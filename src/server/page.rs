//! A page's request and its answer. A page is an ordinary handler: it takes a [`PageRequest`], asks for what
//! it shows, and answers with [`PageRequest::show`]; who may open it the guard has decided before.
//!
//! Not here: the document around it (`app`), what is said when it can't be shown (`refusals`).

use std::sync::{Arc, PoisonError};

use axum::{
    extract::{FromRequest, Request},
    http::{StatusCode, request::Parts},
    response::{Html, IntoResponse as _, Response},
};
use axum_hardening::headers::PageNonce;
use leptos::{
    nonce::Nonce,
    prelude::{IntoView, Owner, provide_context},
    reactive::computed::ScopedFuture,
};
use leptos_axum::ResponseOptions;
use percent_encoding::percent_decode_str;
use scalekit_sessions::{Session, SessionKey};
use tower_cookies::Cookies;

use super::{
    auth::respond,
    guard::{CurrentSession, Visitor},
    request::session_key,
    settings::Environment,
    state::AppState,
};
use crate::{
    access::LONGEST_RETURN_PATH,
    api::session::SessionView,
    app::{Frame, Surroundings, document},
    documents::render,
    error::AppError,
};

/// Who asks for a page, and how.
pub struct PageRequest {
    pub state: Arc<AppState>,
    session: Option<SignedIn>,
    parts: Parts,
}

/// The session of whoever asks.
struct SignedIn {
    session: Arc<Session>,
    view: SessionView,
}

impl FromRequest<Arc<AppState>> for PageRequest {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &Arc<AppState>) -> Result<Self, AppError> {
        let (parts, _) = request.into_parts();
        let session = match parts.extensions.get() {
            Some(CurrentSession::Known(Visitor::SignedIn(session))) => {
                let view = respond::view(session, state.clock.now());
                Some(SignedIn { session: Arc::clone(session), view })
            }
            // A page that anybody may open is shown while nobody can tell who asks.
            Some(_) => None,
            None => {
                tracing::error!(path = parts.uri.path(), "a page was asked for without the guard in front of it");
                return Err(AppError::Internal);
            }
        };
        Ok(Self { state: Arc::clone(state), session, parts })
    }
}

impl PageRequest {
    /// Who is signed in, if anybody is.
    #[must_use]
    pub fn visitor(&self) -> Option<&SessionView> {
        self.session.as_ref().map(|signed_in| &signed_in.view)
    }

    /// The session of whom the page's rule has let through because of it.
    ///
    /// # Errors
    /// [`AppError::Internal`] without one: the rule lets anybody through.
    pub fn session(&self) -> Result<&Arc<Session>, AppError> {
        Ok(&self.signed_in()?.session)
    }

    /// What may be shown of it.
    ///
    /// # Errors
    /// As [`Self::session`].
    pub fn view(&self) -> Result<&SessionView, AppError> {
        Ok(&self.signed_in()?.view)
    }

    fn signed_in(&self) -> Result<&SignedIn, AppError> {
        self.session.as_ref().ok_or_else(|| {
            tracing::error!(path = self.parts.uri.path(), "a page needs a session, and its access rule does not");
            AppError::Internal
        })
    }

    /// The request's cookies.
    ///
    /// # Errors
    /// [`AppError::Internal`] outside the router.
    pub fn cookies(&self) -> Result<&Cookies, AppError> {
        self.parts.extensions.get().ok_or(AppError::Internal)
    }

    /// The key of the caller's session.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] without a cookie of ours.
    pub fn session_key(&self) -> Result<SessionKey, AppError> {
        session_key(&self.state, &self.parts)
    }

    /// The query as it came; empty without one.
    #[must_use]
    pub fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// One parameter of the query, decoded once.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let raw = self.query().split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        Some(percent_decode_str(raw).decode_utf8_lossy().into_owned())
    }

    /// Where a sign-in is to lead back to, as it came; empty if nowhere, or if it is too long to travel.
    #[must_use]
    pub fn return_path(&self) -> String {
        self.parameter("return_to").filter(|path| path.len() <= LONGEST_RETURN_PATH).unwrap_or_default()
    }

    /// Answers with the page: `content` inside its frame inside the document.
    pub fn show<V: IntoView>(self, frame: Frame, content: impl FnOnce() -> V) -> Response {
        let Self { state, session, mut parts } = self;
        let surroundings = Surroundings {
            session: session.map(|signed_in| signed_in.view),
            provider: respond::provider(&state),
            links: state.site_links(),
            reload: (state.settings.environment == Environment::Development).then(|| state.settings.leptos.clone()),
        };
        let nonce = parts.extensions.remove().map(|PageNonce::<Nonce>(nonce)| nonce);
        Html(render(nonce, || document(surroundings, frame, content))).into_response()
    }

    /// Calls a server function for the page, as part of its request: by the function's own rule, and with the
    /// headers and the status that it sets.
    pub async fn call<T>(&self, function: impl Future<Output = T>) -> (T, ResponseOptions) {
        let answer = ResponseOptions::default();
        let owner = Owner::new();
        let future = owner.with(|| {
            provide_context(self.parts.clone());
            provide_context(answer.clone());
            provide_context(Arc::clone(&self.state));
            ScopedFuture::new(function)
        });
        (future.await, answer)
    }
}

/// Gives an answer the headers and the status that a server function has set.
pub fn apply(options: &ResponseOptions, response: &mut Response) {
    let mut set = options.0.write().unwrap_or_else(PoisonError::into_inner);
    response.headers_mut().extend(std::mem::take(&mut set.headers));
    if let Some(status) = set.status.take() {
        *response.status_mut() = status;
    }
}

/// The answer to a page's request that leads elsewhere or nowhere: no body.
#[must_use]
pub fn empty(options: &ResponseOptions) -> Response {
    let mut response = StatusCode::OK.into_response();
    apply(options, &mut response);
    response
}
