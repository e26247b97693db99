//! Pages that end something.
//!
//! What for: refusals that must not be a redirect, logins that are over, and the question before a sign-out.
//! Not here: steps of a login.
//! Called by: authorize, logout, hosted forms, the router's fallback.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use super::{
    html::{each, text},
    page, session_cookie,
};

/// A request that is wrong in a way the app can't be told by redirect. The list says what would have been
/// right.
pub(crate) fn refused(status: StatusCode, why: &str, allowed: &[String]) -> Response {
    let items = each(allowed.iter(), |url| format!("<li><code>{}</code></li>", text(url)));
    let list = if items.is_empty() { String::new() } else { format!("<ul>{items}</ul>") };
    let content = format!(r#"<p role="alert">{}</p>{list}"#, text(why));
    page::alone(status, "This request can't be served", &content, None)
}

/// A login that was completed, cancelled or left for an hour.
pub(super) fn over(initiate_login: Option<&str>) -> Response {
    let again = initiate_login
        .map_or_else(String::new, |url| format!(r#"<p><a class="primary" href="{}">Sign in again</a></p>"#, text(url)));
    let content = format!(
        "<p>It was completed or cancelled in another tab, it waited for more than an hour, or the emulator was \
         restarted.</p>{again}"
    );
    page::alone(StatusCode::GONE, "This sign-in is over", &content, None)
}

/// The question before a sign-out that no ID token vouches for.
pub(crate) fn ask_to_sign_out(person: &str, target: Option<&str>, state: Option<&str>) -> Response {
    let hidden = |name: &str, value: Option<&str>| {
        value
            .map_or_else(String::new, |value| format!(r#"<input type="hidden" name="{name}" value="{}">"#, text(value)))
    };
    let content = format!(
        r#"<p>You are signed in as <strong>{person}</strong>. The app asked to sign you out, without an ID token that says who it means.</p>
<form method="post" action="/oidc/logout/confirm">{target_field}{state_field}<button class="primary">Sign out</button></form>"#,
        person = text(person),
        target_field = hidden("post_logout_redirect_uri", target),
        state_field = hidden("state", state),
    );
    page::alone(StatusCode::OK, "Sign out?", &content, target)
}

/// The end of a sign-out that named no place to go.
pub(crate) fn signed_out() -> Response {
    let mut answer = page::alone(StatusCode::OK, "You are signed out", "<p>You can close this tab.</p>", None);
    let cookie: HeaderValue = session_cookie::clear();
    answer.headers_mut().insert(header::SET_COOKIE, cookie);
    answer
}

/// Any other path.
pub(crate) async fn not_found() -> Response {
    let content = "<p>The emulator serves Scalekit's sign-in pages and protocol. \
                   <code>/.well-known/openid-configuration</code> lists the endpoints, <code>/__emulator/state</code> \
                   what has happened so far.</p>";
    page::alone(StatusCode::NOT_FOUND, "Nothing here", content, None)
}
