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
use url::Url;

use super::{attempt::LoginAttempt, onward};
use crate::{
    error::AppError,
    server::{
        navigation,
        problem::{self, Asker},
        return_to::ReturnTo,
        session::id::SessionSeed,
        settings::{Environment, Settings, is_loopback},
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
    let by_form = parameters.by.as_deref() == Some("form");
    if let Some(url) = at_the_configured_address(&state, &headers, &uri) {
        return if by_form { onward::to_provider(&state, url) } else { Redirect::temporary(&url).into_response() };
    }
    let request = match parameters.idp_initiated_login.as_deref() {
        Some(token) => idp_initiated(&state, token, parameters.prompt.clone()).await,
        None => None,
    };
    match begin(&state, &cookies, request, parameters, started_here(&headers, &state.settings.app_url)) {
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
    let secrets = LoginSecrets::generate().map_err(|error| no_randomness(&error))?;
    let seed = Some(SessionSeed::generate().map_err(|error| no_randomness(&error))?);
    let (url, pending) = request.begin(state.scalekit.config(), &state.settings.redirect_uri(), secrets);
    let attempt = LoginAttempt { pending, return_to, started_at: state.clock.now(), started_here, seed };
    attempt.remember(state.cookies, cookies, &state.settings.key_ring).map_err(|error| {
        tracing::error!(%error, "a login attempt could not be sealed");
        AppError::Internal
    })?;
    Ok(url.into())
}

fn no_randomness(error: &dyn std::fmt::Display) -> AppError {
    tracing::error!(%error, "no randomness for a login attempt");
    AppError::Internal
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
/// old enough to be led here by anybody. Of a navigation that a service worker passes on they may say where the worker is from, so the page
/// that the person was on has to be ours too.
fn started_here(headers: &HeaderMap, app_url: &Url) -> bool {
    let page = || Url::parse(only(headers, "referer")?).ok();
    says_started_here(headers)
        && (!navigation::is_passed_on(headers) || page().is_some_and(|page| page.origin() == app_url.origin()))
}

/// What the browser itself says of that; of no use for what a service worker has passed on.
pub(in crate::server) fn says_started_here(headers: &HeaderMap) -> bool {
    matches!(only(headers, "sec-fetch-site"), Some("same-origin" | "none"))
}

/// A header that came once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

/// In development people open 127.0.0.1 or 0.0.0.0 where `APP_URL` says localhost; the attempt's cookie would not come back.
/// Never in production, nor behind anything that says so, where `Host` may be rewritten and the redirect would loop.
fn at_the_configured_address(state: &AppState, headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let Settings { environment, app_url, .. } = &state.settings;
    if *environment == Environment::Production || headers.contains_key("x-forwarded-host") {
        return None;
    }
    // HTTP/2 names the host in the address itself.
    let host = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => headers.get(header::HOST)?.to_str().ok()?,
    };
    if host.eq_ignore_ascii_case(&app_url[url::Position::BeforeHost..url::Position::AfterPort]) {
        return None;
    }
    let asked = Url::parse(&["http://", host].concat()).ok()?;
    // "Every address", which browsers take for this machine's own.
    let is_everywhere = match asked.host()? {
        url::Host::Ipv4(address) => address.is_unspecified(),
        url::Host::Ipv6(address) => address.to_canonical().is_unspecified(),
        url::Host::Domain(_) => false,
    };
    let mut target = state.settings.absolute(uri.path());
    target.set_query(uri.query());
    (is_everywhere || is_loopback(&asked)).then(|| target.into())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn starts_here(lines: &[(&'static str, &'static str)]) -> bool {
        let lines = lines.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        started_here(&lines.collect(), &Url::parse("https://app.example.com").unwrap())
    }

    #[test]
    fn a_service_workers_word_does_not_make_another_sites_link_one_of_ours() {
        let plain = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        let passed_on = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "empty")];
        let ours = ("referer", "https://app.example.com/");
        for (site, from_plain) in [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)] {
            let site = ("sec-fetch-site", site);
            assert_eq!(starts_here(&[plain[0], plain[1], site]), from_plain, "{site:?}");
            assert_eq!(starts_here(&[passed_on[0], passed_on[1], site, ours]), from_plain, "{site:?}");
            // Who wants to hide where a link is has only to say so (`Referrer-Policy`).
            assert!(!starts_here(&[passed_on[0], passed_on[1], site]), "{site:?}");
            let other = ("referer", "https://app.example.com.evil.example/");
            assert!(!starts_here(&[passed_on[0], passed_on[1], site, other]), "{site:?}");
        }
        assert!(!starts_here(&[]) && !starts_here(&[ours]));
    }
}
