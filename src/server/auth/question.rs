//! Pages that ask before something happens to the session: whether a link from elsewhere may lead to another account, whether a link to
//! sign out was meant. Documents without scripts, whose one button is a form of this site: no other site can press it.

use axum::response::{Html, IntoResponse as _, Response};
use leptos::prelude::{Owner, RenderHtml as _};
use tower_cookies::Cookies;

use crate::{
    documents::{Question, SignedInAs, Way, question_document},
    error::AppError,
    server::{cookies::SessionCookie, metrics, session::Session, state::AppState, views},
};

/// Seconds after which a page that met an unreachable store is tried again.
const STORE_RETRY_SECONDS: u32 = 5;

/// Where people go who stay as they are.
const STAY: Way = Way { label: "Stay signed in", address: "/dashboard" };

/// The session of a browser, as it was stored: nothing is refreshed in order to ask.
///
/// # Errors
/// [`AppError::Unavailable`] if the store can't tell.
pub async fn session_of(state: &AppState, cookies: &Cookies) -> Result<Option<Session>, AppError> {
    let SessionCookie::Valid(id) = state.cookies.session(cookies) else { return Ok(None) };
    state.sessions.stored(&id.key()).await.map_err(|error| {
        metrics::store_failed(&error, "nobody can tell who is signed in");
        AppError::Unavailable { retry_after: STORE_RETRY_SECONDS }
    })
}

/// Asks whether a sign-in that began elsewhere is to go on. `fields` are what the link asked for: the button asks for the same.
#[must_use]
pub fn go_on(state: &AppState, session: &Session, fields: Vec<(String, String)>) -> Response {
    respond(
        state,
        Question {
            title: "Go on to another account or organization?",
            signed_in_as: Some(signed_in_as(state, session)),
            text: "A link from another place leads to a new sign-in. It may replace this session. \
                   If you did not expect that, stay signed in as you are.",
            action: Some("/auth/login"),
            button: "Go on to sign-in",
            fields,
            ways: vec![STAY],
        },
    )
}

/// Asks whether to sign out; also while nobody can tell who is signed in.
#[must_use]
pub fn sign_out(state: &AppState, session: Option<&Session>) -> Response {
    respond(
        state,
        Question {
            title: "Sign out?",
            signed_in_as: session.map(|session| signed_in_as(state, session)),
            text: "This ends your session here and at the sign-in service.",
            action: Some("/api/logout"),
            button: "Sign out",
            fields: Vec::new(),
            ways: vec![STAY],
        },
    )
}

/// Says that there is nothing to sign out of.
#[must_use]
pub fn nobody_is_signed_in(state: &AppState) -> Response {
    respond(
        state,
        Question {
            title: "You are not signed in",
            signed_in_as: None,
            text: "There is no session to end in this browser.",
            action: None,
            button: "",
            fields: Vec::new(),
            ways: vec![Way { label: "Sign in", address: "/login" }, Way { label: "Start page", address: "/" }],
        },
    )
}

fn signed_in_as(state: &AppState, session: &Session) -> SignedInAs {
    let view = views::session(session, state.clock.now());
    SignedInAs { person: view.user.display_name, organization: view.organization.label().map(str::to_owned) }
}

fn respond(state: &AppState, question: Question) -> Response {
    let links = state.site_links();
    Html(Owner::new().with(|| question_document(links, question).to_html())).into_response()
}
