//! Sign-out: the local record, then Scalekit's session by the browser, which returns to our signed-out page.
//!
//! The browser brings the `state` that it was sent with (OpenID Connect RP-Initiated Logout 1.0, section 2),
//! which a cookie remembers: so the page knows whether a sign-out of this browser has gone all the way, or
//! somebody only followed a link. `GET /logout`, for links, asks.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::{constant_time::verify_slices_are_equal, rand};
use axum::{extract::State, response::Response};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use scalekit::LogoutRequest;
use scalekit_sessions::StoreError;
use tower_cookies::Cookies;

use super::question;
use crate::{
    documents::question::Question,
    server::{cookies::SessionCookie, state::AppState},
};

/// How long the way by Scalekit may take: it may ask the person first.
const REMEMBERED: Duration = Duration::from_secs(600);

/// The page behind sign-out links: its button calls the server function, since no `GET` changes anything.
pub async fn ask(State(state): State<Arc<AppState>>, cookies: Cookies) -> Response {
    let question = match question::session_of(&state, &cookies).await {
        Ok(Some(session)) => Question::sign_out(Some(question::signed_in_as(&session))),
        Ok(None) => Question::nobody_is_signed_in(),
        // Whoever wants to sign out may try.
        Err(_) => Question::sign_out(None),
    };
    question::ask(&state, question)
}

/// Ends the browser's session and answers with the URL that ends it at Scalekit too; without a session, with
/// our own signed-out page, since there is nothing to end.
///
/// # Errors
/// [`StoreError`] if the record can't be deleted: the session lives on and so does its cookie.
pub async fn end_session(state: &AppState, cookies: &Cookies) -> Result<String, StoreError> {
    let signed_out = state.settings.post_logout_uri();
    let cookie = state.cookies.session(cookies);
    let ended = match &cookie {
        SessionCookie::Valid(id) => state.sessions.end(&id.key()).await?,
        SessionCookie::Absent | SessionCookie::Invalid => None,
    };
    if cookie != SessionCookie::Invalid {
        state.cookies.clear_session(cookies);
    }
    // An answer whose outcome was lost may be repeated: not by whoever comes after a sign-out.
    for (attempt, _) in state.cookies.attempts(cookies) {
        state.cookies.clear(cookies, attempt);
    }
    let Some(hint) = ended else {
        return Ok(signed_out.path().to_owned());
    };
    let mut random = [0; 16];
    // Without randomness there is no state, and the page says less.
    let sent = rand::fill(&mut random).is_ok().then(|| URL_SAFE_NO_PAD.encode(random));
    if let Some(sent) = &sent {
        state.cookies.set_sign_out(cookies, sent.clone(), REMEMBERED);
    }
    let request =
        LogoutRequest { id_token_hint: Some(hint.id_token), post_logout_redirect_uri: signed_out, state: sent };
    Ok(request.url(state.scalekit.config()).into())
}

/// Whether `sent` came back with a sign-out of this browser that has gone all the way.
#[must_use]
pub fn is_genuine_return(state: &AppState, cookies: &Cookies, sent: &str) -> bool {
    state.cookies.sign_out(cookies).is_some_and(|expected| {
        !expected.is_empty() && verify_slices_are_equal(sent.as_bytes(), expected.as_bytes()).is_ok()
    })
}
