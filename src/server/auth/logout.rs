//! Sign-out: the local record first, then Scalekit's own session by way of the browser.

use scalekit::LogoutRequest;
use tower_cookies::Cookies;

use crate::server::{cookies::SessionCookie, session::store::StoreError, state::AppState};

/// Ends the browser's session and answers with the URL that ends it at Scalekit too; without a session, with our
/// own signed-out page, since there is nothing to end.
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
    let Some(tokens) = ended else {
        return Ok(signed_out.path().to_owned());
    };
    let request =
        LogoutRequest { id_token_hint: Some(tokens.id_token), post_logout_redirect_uri: signed_out, state: None };
    Ok(request.url(state.scalekit.config()).into())
}
