//! Questions before something happens to the session, as answers: who is signed in, put into the document
//! that asks (`documents::question`).

use axum::response::{Html, IntoResponse as _, Response};
use leptos::prelude::{Owner, RenderHtml as _};
use scalekit_sessions::Session;
use tower_cookies::Cookies;

use crate::{
    documents::question::{Question, SignedInAs, question_document},
    error::AppError,
    server::{cookies::SessionCookie, refusals, state::AppState, views::people},
};

/// The session of a browser, as it was stored: nothing is refreshed in order to ask.
///
/// # Errors
/// [`AppError::Unavailable`] if the store can't tell.
pub async fn session_of(state: &AppState, cookies: &Cookies) -> Result<Option<Session>, AppError> {
    let SessionCookie::Valid(id) = state.cookies.session(cookies) else { return Ok(None) };
    let stored = state.sessions.stored(&id.key()).await;
    stored.map_err(|error| refusals::store_failed(&error, "nobody can tell who is signed in"))
}

/// Whom a question concerns.
#[must_use]
pub fn signed_in_as(session: &Session) -> SignedInAs {
    SignedInAs {
        person: people::display_name(session),
        organization: people::organization_name(session).map(str::to_owned),
    }
}

/// Asks.
#[must_use]
pub fn ask(state: &AppState, question: Question) -> Response {
    let links = state.site_links();
    Html(Owner::new().with(|| question_document(links, question).to_html())).into_response()
}
