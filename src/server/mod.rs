//! Everything that only the server has. [`router`] is the tour: every route, every layer, in order.
//!
//! - [`settings`], [`state`]: what the process starts with. [`parts`]: what this build has.
//! - [`routes`], [`guard`]: who may call what, decided first. [`request`]: a server function's request;
//!   [`page`]: a page's, and its answer.
//! - [`auth`]: sign-in and sign-out, as far as they are HTTP; what sessions are, how they are kept and
//!   refreshed is in `scalekit-sessions`.
//! - [`views`]: what pages show.
//! - [`policy`]: what is accepted from browsers and what protects them: how the layers of `axum-hardening`
//!   are configured. [`rate_limit`]: how often what. [`patience`]: who waits how long.
//! - [`cookies`], [`return_to`]: our cookies, and where people may be led.
//! - [`webhooks`]: events of the Scalekit environment, and a team's own handlers. <!-- part: webhooks -->
//! - [`assets`]: the built site, inside the binary.
//! - [`refusals`]: how errors are told to whoever asked. [`health`]: answers about the process itself.
//! - [`ops`]: command line, doctor, metrics, upkeep.

pub mod assets;
pub mod auth;
pub mod cookies;
pub mod guard;
pub mod health;
pub mod ops;
pub mod page;
pub mod parts;
pub mod patience;
pub mod policy;
pub mod rate_limit;
pub mod refusals;
pub mod request;
pub mod return_to;
pub mod routes;
pub mod settings;
pub mod state;
pub mod views;
pub mod webhooks; // part: webhooks

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{MethodFilter, get, on, post},
};
use axum_hardening::{
    cookies::keep_plain_cookies,
    cross_site::refuse_cross_site_requests,
    headers::protect_answers,
    last_resort::{answer_panics, limit_address, limit_time},
    log::log_requests,
    navigation::require_navigation,
    rate_limit::limit_rate,
    referer::keep_own_referer,
    site,
};
use leptos::{prelude::provide_context, server_fn::axum::server_fn_paths};
use leptos_axum::handle_server_fns_with_context;
use tower::util::option_layer;
use tower_cookies::CookieManagerLayer;

use crate::{error::AppError, pages};
use guard::Guard;
use routes::Rules;
use state::AppState;

/// Sign-in's parameters are small; nothing else is posted.
const MAX_BODY_BYTES: usize = 32 * 1024;

/// The whole application as one router. For `main` and for tests.
pub fn router(state: &Arc<AppState>) -> Router {
    router_with(state, Rules::OF_THE_APPLICATION)
}

/// The same under other rules.
pub fn router_with(state: &Arc<AppState>, rules: Rules) -> Router {
    let guard = Guard { state: Arc::clone(state), rules };
    let pages_and_functions = functions(state)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(refusals::refuse_failed_functions))
        .layer(from_fn(empty_redirects))
        .layer(from_fn_with_state(policy::own_referer(state), keep_own_referer))
        .merge(pages::routes())
        .route(
            "/auth/login",
            get(auth::login::start_login).post(auth::login::start_login).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)),
        )
        .route("/logout", get(auth::logout::ask))
        // The last layer runs first: log, protect, clean and read cookies, refuse other sites, then guard.
        .route_layer(from_fn_with_state(guard, guard::require_access))
        .route_layer(from_fn_with_state(policy::NAVIGATION, require_navigation))
        .with_state(Arc::clone(state));

    // Called by the provider's servers: no cookies, so no layers for them; signatures protect these routes.
    let notifications = Router::new()
        .route(
            "/auth/backchannel-logout",
            post(auth::backchannel_logout::receive).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)),
        )
        // part: webhooks {
        .route("/webhooks/scalekit", post(webhooks::receive).layer(DefaultBodyLimit::max(webhooks::MAX_BODY_BYTES)))
        // part: webhooks }
        .with_state(Arc::clone(state));

    Router::new()
        .merge(pages_and_functions)
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready).with_state(Arc::clone(state)))
        .fallback_service(get(serve_file).with_state(Arc::clone(state)))
        .layer(from_fn_with_state(policy::cross_site(state), refuse_cross_site_requests))
        .layer(CookieManagerLayer::new())
        .layer(from_fn(keep_plain_cookies))
        .merge(notifications)
        .layer(option_layer(policy::rates(state).map(|rates| from_fn_with_state(rates, limit_rate))))
        .layer(from_fn(answer_panics))
        .layer(from_fn_with_state(policy::time(state), limit_time))
        .layer(from_fn_with_state(policy::ADDRESS, limit_address))
        .layer(from_fn_with_state(Arc::clone(state), refusals::tell_who_asked))
        .layer(from_fn_with_state(policy::answer_headers(state), protect_answers))
        .layer(from_fn_with_state(policy::request_log(state), log_requests))
}

/// The server functions, each at its address.
fn functions(state: &Arc<AppState>) -> Router<Arc<AppState>> {
    let mut router = Router::new();
    for (path, method) in server_fn_paths() {
        let state = Arc::clone(state);
        let answer = move |request: Request| {
            let state = Arc::clone(&state);
            handle_server_fns_with_context(move || provide_context(Arc::clone(&state)), request)
        };
        let Ok(methods) = MethodFilter::try_from(method) else { continue };
        router = router.route(path, on(methods, answer));
    }
    router
}

/// A file of the built site, the way to a page that was asked for with a slash behind it, or the page that
/// says there is nothing here. Paths that only look like pages, in another spelling, end here too: nothing of
/// the application renders for them.
async fn serve_file(State(state): State<Arc<AppState>>, request: Request) -> Response {
    let files = state.site.files();
    let Some(found) = files.find(request.uri().path()) else {
        if let Some(address) = routes::without_trailing_slash(request.uri()) {
            return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, address)]).into_response();
        }
        return AppError::NotFound.into_response();
    };
    site::answer(found, request.headers())
}

/// Empties the body of redirects: a plain form's answer leads on and says nothing.
async fn empty_redirects(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if !response.status().is_redirection() {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}
