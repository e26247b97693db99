//! How a refusal is told to whoever asked.
//!
//! Whoever refuses a request answers with `AppError::….into_response()`: a status, a sentence and, where it
//! helps, when to come again. It needs neither the application's state nor the request. The error itself
//! travels in the response's extensions to one layer around all of them, [`tell_who_asked`], which has seen
//! the request's head: people with a browser get a complete document, islands that call a server function
//! get the error as JSON, other programs the sentence. The layers of `axum_hardening` answer with a
//! `Refusal` of theirs, which is told alike.
//!
//! Status, cookies and other headers stay as whoever refused has set them. The document needs no scripts.

use std::sync::Arc;

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use axum_hardening::{Refusal, log::REQUEST_ID, navigation};
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;
use scalekit_sessions::{RETRY_SECONDS, StoreError};

use super::{ops::metrics, state::AppState};
use crate::{
    access::{FUNCTIONS, LONGEST_RETURN_PATH},
    documents::{
        error::{ErrorPage, error_document},
        render,
    },
    error::{self, AppError},
};

// The browser has a name of its own for it, since it knows nothing of the engine.
const _: () = assert!(RETRY_SECONDS == error::RETRY_SECONDS);

/// Where a sign-in starts.
const START: &str = "/auth/login";

/// Where people choose how to sign in.
const CHOICE: &str = "/login";

/// Errors are small; a longer body of a server function is not one of ours.
const MAX_ERROR_BYTES: usize = 4096;

/// The status that goes with an error. `(status, error)` answers with another one.
#[must_use]
pub fn status_of(error: &AppError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// What people are told when the store has failed. `what` came of it, for the log.
#[must_use]
pub fn store_failed(error: &StoreError, what: &'static str) -> AppError {
    metrics::store_failed(error, what);
    AppError::Unavailable { retry_after: RETRY_SECONDS }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let mut response = (status_of(&self), [(header::CACHE_CONTROL, "no-store")], sentence(&self)).into_response();
        if let Some(retry_after) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
        }
        response.extensions_mut().insert(self);
        response
    }
}

fn sentence(error: &AppError) -> String {
    format!("{}. {}\n", error.title(), error.explanation())
}

/// What somebody else said of an error, in their words. The document shows it as a quotation:
/// `(Extension(Quoted(words)), error)`.
#[derive(Debug, Clone)]
pub struct Quoted(pub String);

/// Tells refusals in a form the asker can read. Inside what protects and logs answers, outside what refuses.
pub async fn tell_who_asked(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let head = Head::of(request.method(), request.uri(), request.headers());
    let mut response = next.run(request).await;
    let extensions = response.extensions_mut();
    match extensions.remove().or_else(|| extensions.remove().map(|refusal: Refusal| AppError::from(&refusal))) {
        Some(error) => tell(&state, error, &head, response),
        None => response,
    }
}

/// What the layers of `axum_hardening` refuse, in the application's words.
impl From<&Refusal> for AppError {
    fn from(refusal: &Refusal) -> Self {
        let retry_after = refusal.retry_after().unwrap_or(RETRY_SECONDS);
        match refusal.status() {
            StatusCode::TOO_MANY_REQUESTS => Self::TooManyRequests { retry_after },
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable { retry_after },
            status if status.is_server_error() => Self::Internal,
            _ => Self::Invalid,
        }
    }
}

fn tell(state: &AppState, error: AppError, head: &Head, mut response: Response) -> Response {
    let told = if head.accepts_html() {
        let page = ErrorPage {
            request_id: head.request_id.as_ref().and_then(text),
            retry: goes_on_by_itself(&error).then(|| head.retry_path()).flatten(),
            quoted: response.extensions_mut().remove().map(|Quoted(words)| words),
            error,
            links: state.site_links(),
        };
        Html(render(None, || error_document(page))).into_response()
    } else if head.uri.path().starts_with(FUNCTIONS) {
        Json(error).into_response()
    } else {
        sentence(&error).into_response()
    };
    let (told, body) = told.into_parts();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.extend(told.headers);
    *response.body_mut() = body;
    response
}

/// Whether the same request may succeed later.
const fn goes_on_by_itself(error: &AppError) -> bool {
    matches!(error, AppError::Unavailable { .. } | AppError::TooManyRequests { .. } | AppError::Internal)
}

/// What a document says that depends on the request. Most requests are refused nothing, so all of it is kept
/// as it came, which copies nothing, and read when it is needed.
struct Head {
    method: Method,
    uri: Uri,
    accept: Option<HeaderValue>,
    request_id: Option<HeaderValue>,
    /// Whether it is a start of a sign-in that no page of ours asked for.
    starts_from_elsewhere: bool,
}

impl Head {
    fn of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let chosen_here = || navigation::comes_from_here(headers) && !navigation::is_passed_on(headers);
        Self {
            method: method.clone(),
            uri: uri.clone(),
            accept: headers.get(header::ACCEPT).cloned(),
            request_id: headers.get(REQUEST_ID).cloned(),
            starts_from_elsewhere: uri.path().trim_end_matches('/') == START && !chosen_here(),
        }
    }

    /// Whether a person with a browser is asking.
    fn accepts_html(&self) -> bool {
        self.accept.as_ref().and_then(text).is_some_and(|accept| accept.contains("text/html"))
    }

    /// Where the document leads to try again: to what was asked for.
    ///
    /// Two addresses must not be led to. Whatever this document leads to is believed to have been started by
    /// a page of ours, so a sign-in that began elsewhere doesn't go on: people choose anew how to sign in.
    /// And `//elsewhere.example` is a path in a request, but another site in a link.
    fn retry_path(&self) -> Option<String> {
        if self.method != Method::GET {
            return None;
        }
        if self.starts_from_elsewhere {
            let return_to =
                self.uri.query().and_then(|query| query.split('&').find(|pair| pair.starts_with("return_to=")));
            // Whatever is longer than this encoded is too long.
            let return_to = return_to.filter(|pair| pair.len() <= "return_to=".len() + 3 * LONGEST_RETURN_PATH);
            return Some(return_to.map_or_else(|| CHOICE.to_owned(), |pair| [CHOICE, "?", pair].concat()));
        }
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        (path.starts_with('/') && !path[1..].starts_with(['/', '\\'])).then(|| path.to_owned())
    }
}

fn text(value: &HeaderValue) -> Option<String> {
    value.to_str().ok().map(str::to_owned)
}

/// Makes refusals of Leptos' answers: 500 to every error of a server function, even unreadable arguments.
pub async fn refuse_failed_functions(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if failed(&response) {
        let (parts, body) = response.into_parts();
        with_cookies(&parts.headers, read_error(body).await)
    } else {
        response
    }
}

/// Whether a server function answered with an error, even if Leptos made it a redirect to the referrer.
fn failed(response: &Response) -> bool {
    response.headers().contains_key(SERVER_FN_ERROR_HEADER) || response.status().is_server_error()
}

async fn read_error(body: Body) -> AppError {
    let body = to_bytes(body, MAX_ERROR_BYTES).await.unwrap_or_default();
    serde_json::from_slice(&body).unwrap_or(AppError::Internal)
}

fn with_cookies(headers: &HeaderMap, error: AppError) -> Response {
    let mut refusal = error.into_response();
    for cookie in headers.get_all(header::SET_COOKIE) {
        refusal.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(target: &str, headers: &HeaderMap) -> Option<String> {
        Head::of(&Method::GET, &target.parse().unwrap(), headers).retry_path()
    }

    #[test]
    fn a_page_that_is_tried_again_is_one_of_this_site() {
        let nothing = HeaderMap::new();
        for kept in ["/", "/dashboard?tab=a//b", "/a//b"] {
            assert_eq!(retry(kept, &nothing).as_deref(), Some(kept));
        }
        for (asked, kept) in [
            ("/auth/login?connection_id=conn_1&return_to=/a%26b&prompt=login", "/login?return_to=/a%26b"),
            ("/auth/login?organization_id=org_1", "/login"),
            ("/auth/login/?organization_id=org_1", "/login"),
            ("/auth/login", "/login"),
        ] {
            let why = "nothing that another site may have begun goes on by itself";
            assert_eq!(retry(asked, &nothing).as_deref(), Some(kept), "{why}");
            let none = HeaderMap::from_iter([("sec-fetch-site".parse().unwrap(), HeaderValue::from_static("none"))]);
            assert_eq!(retry(asked, &none).as_deref(), Some(kept), "nor what a mail program may have opened");
        }
        let here = HeaderMap::from_iter([("sec-fetch-site".parse().unwrap(), HeaderValue::from_static("same-origin"))]);
        let asked = "/auth/login?organization_id=org_1&return_to=/a";
        assert_eq!(retry(asked, &here).as_deref(), Some(asked), "a form of ours");
        assert_eq!(retry("http://evil.example/dashboard", &nothing).as_deref(), Some("/dashboard"));
        for dropped in ["//evil.example", "///evil.example", "/\\evil.example", "http://a.example//evil.example"] {
            assert_eq!(retry(dropped, &nothing), None, "{dropped}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_complete_before_anybody_has_told_it() {
        let refusal = (StatusCode::URI_TOO_LONG, AppError::Unavailable { retry_after: 7 }).into_response();
        assert_eq!((refusal.status().as_u16(), &refusal.headers()["retry-after"]), (414, &HeaderValue::from(7)));
        assert_eq!(refusal.headers()["cache-control"], "no-store");
        assert!(matches!(refusal.extensions().get(), Some(AppError::Unavailable { .. })));
        let sentence = to_bytes(refusal.into_body(), 1000).await.unwrap();
        assert!(sentence.starts_with(b"Temporarily unavailable. "), "{sentence:?}");
    }
}
