//! Error answers outside the application's own pages: a complete document for people, the error itself for hydrated pages that call a
//! server function, a sentence for other programs.
//!
//! The one place that turns an [`AppError`] into an HTTP response. The document needs no scripts.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse as _, Response},
};
use leptos::prelude::{Owner, RenderHtml as _};

use super::{auth::login::comes_from_here, navigation, state::AppState, telemetry::REQUEST_ID};
use crate::{
    app::{ErrorPage, LONGEST_RETURN_PATH, error_document},
    error::AppError,
};

/// Where a sign-in starts.
const START: &str = "/auth/login";

/// Where people choose how to sign in.
const CHOICE: &str = "/login";

/// Who is asking, as far as an error answer depends on it. Taken before the request is handed on.
#[derive(Debug, Clone)]
pub struct Asker {
    /// Whether a person with a browser is asking.
    pub accepts_html: bool,
    /// Whether a server function was called, whose callers read typed errors.
    calls_function: bool,
    request_id: Option<String>,
    /// Where the same page can be asked for again.
    retry: Option<String>,
}

impl Asker {
    /// Reads a request's head.
    #[must_use]
    pub fn of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        Self {
            accepts_html: headers.get(header::ACCEPT).and_then(text).is_some_and(|accept| accept.contains("text/html")),
            calls_function: uri.path().starts_with("/api/"),
            request_id: headers.get(REQUEST_ID).and_then(text),
            retry: (*method == Method::GET).then(|| retry_path(uri, headers)).flatten(),
        }
    }
}

/// The request's own address, which the page leads to again. In place of the start of a sign-in that no page of ours asked for, where people
/// choose how to sign in: whatever this page leads to is believed to have been started here. `None` if a browser would read it as another
/// site's address: `//elsewhere.example` is a path in a request line, and a site in a link.
fn retry_path(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let chosen_here = || comes_from_here(headers) && !navigation::is_passed_on(headers);
    if uri.path().trim_end_matches('/') == START && !chosen_here() {
        let return_to = uri.query().and_then(|query| query.split('&').find(|pair| pair.starts_with("return_to=")));
        // Whatever is longer than this encoded is too long.
        let return_to = return_to.filter(|pair| pair.len() <= "return_to=".len() + 3 * LONGEST_RETURN_PATH);
        return Some(return_to.map_or_else(|| CHOICE.to_owned(), |pair| [CHOICE, "?", pair].concat()));
    }
    (path.starts_with('/') && !path[1..].starts_with(['/', '\\'])).then(|| path.to_owned())
}

/// Answers a request with an error and its own status.
#[must_use]
pub fn respond(state: &AppState, error: &AppError, asker: &Asker) -> Response {
    build(state, error, status_of(error), None, asker)
}

/// Answers a request with an error and another status than its own.
#[must_use]
pub fn respond_with_status(state: &AppState, error: &AppError, status: StatusCode, asker: &Asker) -> Response {
    build(state, error, status, None, asker)
}

/// Answers a request with an error, its own status, and what the link that led here says of it.
#[must_use]
pub fn respond_quoting(state: &AppState, error: &AppError, words: String, asker: &Asker) -> Response {
    build(state, error, status_of(error), Some(words), asker)
}

fn status_of(error: &AppError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn build(state: &AppState, error: &AppError, status: StatusCode, quoted: Option<String>, asker: &Asker) -> Response {
    let mut response = if asker.accepts_html {
        let page = ErrorPage {
            error: error.clone(),
            request_id: asker.request_id.clone(),
            retry: asker.retry.clone().filter(|_| {
                matches!(error, AppError::Unavailable { .. } | AppError::TooManyRequests { .. } | AppError::Internal)
            }),
            quoted,
            links: state.site_links(),
        };
        Html(Owner::new().with(|| error_document(page).to_html())).into_response()
    } else if asker.calls_function {
        Json(error).into_response()
    } else {
        format!("{}. {}\n", error.title(), error.explanation()).into_response()
    };
    *response.status_mut() = status;
    if let Some(retry_after) = error.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_tried_again_is_one_of_this_site() {
        let retry = |target: &str| Asker::of(&Method::GET, &target.parse().unwrap(), &HeaderMap::new()).retry;
        for kept in ["/", "/dashboard?tab=a//b", "/a//b"] {
            assert_eq!(retry(kept).as_deref(), Some(kept));
        }
        for (asked, kept) in [
            ("/auth/login?connection_id=conn_1&return_to=/a%26b&prompt=login", "/login?return_to=/a%26b"),
            ("/auth/login?organization_id=org_1", "/login"),
            ("/auth/login/?organization_id=org_1", "/login"),
            ("/auth/login", "/login"),
        ] {
            assert_eq!(
                retry(asked).as_deref(),
                Some(kept),
                "nothing that another site may have begun goes on by itself"
            );
            let none = HeaderMap::from_iter([("sec-fetch-site".parse().unwrap(), HeaderValue::from_static("none"))]);
            let of_mail = Asker::of(&Method::GET, &asked.parse().unwrap(), &none).retry;
            assert_eq!(of_mail.as_deref(), Some(kept), "nor what a mail program may have opened");
        }
        let here = HeaderMap::from_iter([("sec-fetch-site".parse().unwrap(), HeaderValue::from_static("same-origin"))]);
        let asked = "/auth/login?organization_id=org_1&return_to=/a";
        assert_eq!(
            Asker::of(&Method::GET, &asked.parse().unwrap(), &here).retry.as_deref(),
            Some(asked),
            "a form of ours"
        );
        assert_eq!(retry("http://evil.example/dashboard").as_deref(), Some("/dashboard"));
        for dropped in ["//evil.example", "///evil.example", "/\\evil.example", "http://a.example//evil.example"] {
            assert_eq!(retry(dropped), None, "{dropped}");
        }
    }
}
