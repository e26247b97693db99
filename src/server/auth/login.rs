//! `GET /auth/login`: makes an authorization request and sends the browser to Scalekit.
//!
//! A form gets a page in between (`onward`). Also the initiate-login URL that Scalekit sends people to, so it accepts
//! parameters that it does not know and ignores them (scalekit-api §11). Only the parameters of [`Parameters`] reach the provider.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Redirect, Response},
};
use scalekit::{LoginRequest, LoginSecrets, Prompt};
use serde::Deserialize;
use tower_cookies::Cookies;

use super::{attempt::LoginAttempt, onward};
use crate::{
    error::AppError,
    server::{
        problem::{self, Asker},
        return_to::ReturnTo,
        settings::Environment,
        state::AppState,
    },
};

/// Longer hints are not passed on: they would make a URL that proxies refuse.
const MAX_HINT_LENGTH: usize = 320;

/// What a link to `/auth/login` may ask for.
#[derive(Debug, Default, Deserialize)]
pub struct Parameters {
    return_to: Option<String>,
    prompt: Option<String>,
    login_hint: Option<String>,
    organization_id: Option<String>,
    connection_id: Option<String>,
    provider: Option<String>,
    domain_hint: Option<String>,
    /// A signed token of Scalekit, from the portal of an identity provider.
    idp_initiated_login: Option<String>,
    /// `form`: a form was submitted, not a link followed.
    by: Option<String>,
}

/// Starts a login.
pub async fn start_login(
    State(state): State<Arc<AppState>>,
    cookies: Cookies,
    headers: HeaderMap,
    uri: Uri,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let asker = Asker::of(&Method::GET, &uri, &headers);
    let Ok(Query(parameters)) = parameters else {
        return problem::respond(&state, &AppError::Invalid, &asker);
    };
    if let Some(elsewhere) = at_the_configured_address(&state, &headers, &uri) {
        return elsewhere;
    }
    let request = match parameters.idp_initiated_login.as_deref() {
        Some(token) => idp_initiated(&state, token, parameters.prompt.clone()).await,
        None => None,
    };
    let by_form = parameters.by.as_deref() == Some("form");
    match begin(&state, &cookies, request, parameters, started_here(&headers)) {
        Ok(url) if by_form => onward::to_provider(&state, url),
        Ok(url) => (StatusCode::FOUND, [(header::LOCATION, url)]).into_response(),
        Err(error) => problem::respond(&state, &error, &asker),
    }
}

/// The login that an identity provider's portal started, if its token is genuine. Otherwise a person with an old bookmark
/// or a forged link gets the ordinary login (scalekit-api §11).
async fn idp_initiated(state: &AppState, token: &str, prompt: Option<String>) -> Option<LoginRequest> {
    match state.scalekit.verify_idp_initiated_login(token, state.clock.now()).await {
        Ok(login) => Some(LoginRequest {
            prompt: prompt.and_then(|prompt| prompt.parse().ok()).filter(|prompt| *prompt != Prompt::None),
            organization_id: login.organization_id,
            connection_id: login.connection_id,
            login_hint: login.login_hint,
            ..LoginRequest::default()
        }),
        Err(error) => {
            tracing::warn!(
                cause = &error as &dyn std::error::Error,
                "a login from an identity provider's portal was refused"
            );
            None
        }
    }
}

/// `asked_for`: the login that was asked for in another way than by the parameters.
fn begin(
    state: &AppState,
    cookies: &Cookies,
    asked_for: Option<LoginRequest>,
    parameters: Parameters,
    started_here: bool,
) -> Result<String, AppError> {
    let return_to = ReturnTo::parse_or_default(parameters.return_to.as_deref(), &state.settings.app_url);
    let request = match asked_for {
        Some(request) => request,
        None => request(parameters)?,
    };
    let secrets = LoginSecrets::generate().map_err(|error| {
        tracing::error!(%error, "no randomness for a login attempt");
        AppError::Internal
    })?;
    let (url, pending) = request.begin(state.scalekit.config(), &state.settings.redirect_uri(), secrets);
    let attempt = LoginAttempt { pending, return_to, started_at: state.clock.now(), started_here };
    attempt.remember(state.cookies, cookies, &state.settings.key_ring).map_err(|error| {
        tracing::error!(%error, "a login attempt could not be sealed");
        AppError::Internal
    })?;
    Ok(url.into())
}

/// Passes on what is well-formed, but for a sign-in that nobody would see. An unknown `prompt` or `provider` is refused: silently starting another login
/// than the link asked for would confuse more than an error does.
fn request(parameters: Parameters) -> Result<LoginRequest, AppError> {
    let hint = |text: Option<String>| match text.map(|text| text.trim().to_owned()) {
        Some(text) if text.len() > MAX_HINT_LENGTH || text.chars().any(char::is_control) => Err(AppError::Invalid),
        Some(text) if text.is_empty() => Ok(None),
        other => Ok(other),
    };
    Ok(LoginRequest {
        prompt: match known(hint(parameters.prompt)?)? {
            Some(Prompt::None) => return Err(AppError::Invalid),
            prompt => prompt,
        },
        provider: known(hint(parameters.provider)?)?,
        login_hint: hint(parameters.login_hint)?,
        domain_hint: hint(parameters.domain_hint)?,
        organization_id: hint(parameters.organization_id)?,
        connection_id: hint(parameters.connection_id)?,
        ..LoginRequest::default()
    })
}

fn known<T: std::str::FromStr>(text: Option<String>) -> Result<Option<T>, AppError> {
    text.map(|text| text.parse().map_err(|_| AppError::Invalid)).transpose()
}

/// Whether the browser says that the person came from here, or from nowhere: a bookmark, the address bar. Browsers that say nothing are
/// old enough to be led here by anybody.
fn started_here(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    matches!((sites.next(), sites.next()), (Some(site), None) if site == "same-origin" || site == "none")
}

/// In development people open 127.0.0.1 where `APP_URL` says localhost; the attempt's cookie would not come back.
/// Never in production, where a proxy may rewrite `Host` and the redirect would loop.
fn at_the_configured_address(state: &AppState, headers: &HeaderMap, uri: &Uri) -> Option<Response> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let configured = &state.settings.app_url[url::Position::BeforeHost..url::Position::AfterPort];
    if state.settings.environment == Environment::Production || host.eq_ignore_ascii_case(configured) {
        return None;
    }
    let is_loopback = host.starts_with("127.0.0.1:") || host.starts_with("[::1]:") || host.starts_with("localhost:");
    let mut target = state.settings.absolute(uri.path());
    target.set_query(uri.query());
    is_loopback.then(|| Redirect::temporary(target.as_str()).into_response())
}
