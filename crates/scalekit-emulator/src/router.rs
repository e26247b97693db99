//! Every route, and the layers in front of them.
//!
//! What for: the table of what the emulator answers.
//! Not here: the answers.
//! Called by: `Emulator::start`.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use crate::{control, endpoints, faults, hosted, state_file::StateKeeper, world::Shared};

/// The whole emulator.
pub(crate) fn router(shared: &Arc<Shared>, keeper: Option<Arc<StateKeeper>>) -> Router {
    let protocol = Router::new()
        .route("/.well-known/openid-configuration", get(endpoints::discovery::discovery))
        .route("/keys", get(endpoints::keys::keys))
        .route("/oauth/authorize", get(endpoints::authorize::authorize))
        .route("/oauth/token", post(endpoints::token::token))
        .route("/userinfo", get(endpoints::userinfo::userinfo))
        .route("/oidc/logout", get(endpoints::logout::logout))
        .route("/oidc/logout/confirm", post(endpoints::logout::confirm))
        .route("/revoke", post(endpoints::revoke::revoke))
        .with_state(Arc::clone(shared))
        .nest("/api/v1", endpoints::management::routes(shared))
        .layer(middleware::from_fn_with_state(Arc::clone(shared), faults::count_and_fail));
    let router = Router::new()
        .merge(protocol)
        .nest("/hosted", hosted::routes(Arc::clone(shared)))
        .nest("/__emulator", hosted::assets::routes().merge(control::http::routes(Arc::clone(shared))))
        .fallback(hosted::notice::not_found)
        .layer(middleware::from_fn(serve_this_machine_only))
        .layer(middleware::map_response(forbid_storing))
        .layer(middleware::map_response_with_state(Arc::clone(shared), date));
    match keeper {
        None => router,
        Some(keeper) => router.layer(middleware::map_response_with_state((keeper, Arc::clone(shared)), keep_state)),
    }
}

/// Before the answer goes out: what a client has been told is kept.
async fn keep_state(State((keeper, shared)): State<(Arc<StateKeeper>, Arc<Shared>)>, answer: Response) -> Response {
    keeper.keep(&shared);
    answer
}

/// A page elsewhere must not drive the emulator through a visitor's browser: neither under a name of its own
/// that resolves to a loopback address (`Host`), nor with a form that it posts here (`Sec-Fetch-Site`).
async fn serve_this_machine_only(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    if !matches!(name, "localhost" | "127.0.0.1" | "[::1]") {
        return (StatusCode::MISDIRECTED_REQUEST, "The Scalekit emulator answers on localhost only.\n").into_response();
    }
    let cross_site = request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    if cross_site && request.method() != Method::GET && request.method() != Method::HEAD {
        return (StatusCode::FORBIDDEN, "A page of another site can't post to the Scalekit emulator.\n")
            .into_response();
    }
    next.run(request).await
}

/// Nothing of a login may be kept by a cache; an answer that says otherwise itself (pictures) is left alone.
async fn forbid_storing(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

/// `Date` is what the emulator's clock shows, which a test may have moved, and not the machine's.
async fn date(State(shared): State<Arc<Shared>>, mut answer: Response) -> Response {
    let now = Duration::from_secs(u64::try_from(shared.world().now()).unwrap_or(0));
    if let Some(date) = UNIX_EPOCH.checked_add(now.min(LAST_DATE)).map(httpdate::fmt_http_date)
        && let Ok(date) = HeaderValue::from_str(&date)
    {
        answer.headers_mut().insert(header::DATE, date);
    }
    answer
}

/// 9999-12-31T23:59:59Z, since the epoch: no later date can be written in a header.
const LAST_DATE: Duration = Duration::from_secs(253_402_300_799);
