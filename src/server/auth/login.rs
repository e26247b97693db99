//! `GET /auth/login`: makes an authorization request and sends the browser to Scalekit.
//!
//! A form gets a page in between (`onward`). Also the initiate-login URL that Scalekit sends people to
//! (scalekit-api §11): whoever comes from elsewhere and is signed in is asked before anything begins
//! (`question`), and answers by `POST` to the same address. What may be asked for: `parameters`.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{RawForm, State, rejection::RawFormRejection},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_hardening::{
    navigation::{self, comes_from_here},
    return_to::ReturnTo,
};
use scalekit::{IdpInitiatedLogin, LoginRequest, ProviderErrorCode, is_loopback};
use scalekit_sessions::{LOGIN_LIFETIME, LoginCookies, LoginOrigin, LoginProblem, Session};
use tower_cookies::Cookies;
use url::Url;

use super::{onward, parameters::Parameters, question};
use crate::{
    documents::question::Question,
    error::{AppError, SignInProblem},
    server::{
        refusals::Quoted,
        return_to,
        settings::{Environment, Settings},
        state::AppState,
    },
};

/// Starts a login or asks whether to. A `POST` is the button's: `cross_site` keeps other sites' pages out.
pub async fn start_login(
    State(state): State<Arc<AppState>>,
    cookies: Cookies,
    method: Method,
    headers: HeaderMap,
    uri: Uri,
    form: Result<RawForm, RawFormRejection>,
) -> Response {
    let Ok(mut parameters) = form.map_err(|_| AppError::Invalid).and_then(|RawForm(text)| Parameters::read(&text))
    else {
        return AppError::Invalid.into_response();
    };
    let is_posted = method == Method::POST;
    // A form's answer is no redirect.
    let by_form = is_posted || parameters.value("by") == Some("form");
    if let Some(url) = at_the_configured_address(&state, &headers, &uri) {
        return if by_form { onward::to_provider(&state, url) } else { Redirect::temporary(&url).into_response() };
    }
    if let Some(error) = parameters.provider_error() {
        return refused_elsewhere(&error);
    }
    let app_url = &state.settings.app_url;
    let is_ours = if is_posted {
        is_pressed_here(&headers, app_url)
    } else {
        started_here(&headers, app_url, parameters.choose())
    };
    let origin = if is_ours { LoginOrigin::Here } else { LoginOrigin::Elsewhere };
    let portal = match parameters.value("idp_initiated_login") {
        Some(token) => portal_login(&state, token).await,
        None => None,
    };
    parameters.settle_portal(portal.as_ref());
    match begin(&state, &cookies, parameters, portal.as_ref(), origin).await {
        Ok(Begun::Asks(page)) => page,
        Ok(Begun::Goes(url)) if by_form => onward::to_provider(&state, url),
        Ok(Begun::Goes(url)) => (StatusCode::FOUND, [(header::LOCATION, url)]).into_response(),
        Err(error) => error.into_response(),
    }
}

/// What becomes of a link to the start of sign-in.
enum Begun {
    /// On to the provider.
    Goes(String),
    /// The person has to say first whether that is what they want.
    Asks(Response),
}

async fn begin(
    state: &AppState,
    cookies: &Cookies,
    parameters: Parameters,
    portal: Option<&IdpInitiatedLogin>,
    origin: LoginOrigin,
) -> Result<Begun, AppError> {
    let request = parameters.request()?;
    if origin == LoginOrigin::Elsewhere
        && let Some(session) = question::session_of(state, cookies).await?
        && !portal.is_some_and(|login| leads_to(login, &session))
    {
        tracing::info!("somebody who is signed in was led to a sign-in from elsewhere: they are asked");
        let question = Question::go_on(question::signed_in_as(&session), parameters.into_fields());
        return Ok(Begun::Asks(question::ask(state, question)));
    }
    let return_to = return_to::paths(&state.settings.app_url).parse_or_default(parameters.value("return_to"));
    remember(state, cookies, &request, return_to, origin).map(Begun::Goes)
}

/// Makes the authorization request, and remembers the attempt in a cookie.
fn remember(
    state: &AppState,
    cookies: &Cookies,
    request: &LoginRequest,
    return_to: ReturnTo,
    origin: LoginOrigin,
) -> Result<String, AppError> {
    let (jar, callback) = (state.cookies, state.settings.redirect_uri());
    let (prefix, held) = (jar.attempt_prefix(), jar.attempts(cookies));
    let attempts = LoginCookies { prefix: &prefix, held: &held };
    let started = state.sessions.begin_login(request, &callback, return_to, origin, attempts).map_err(|error| {
        tracing::error!(%error, "a sign-in could not be begun");
        AppError::Internal
    })?;
    for surplus in started.surplus {
        jar.clear(cookies, surplus);
    }
    jar.set_attempt(cookies, started.cookie_name, started.cookie_value, LOGIN_LIFETIME);
    Ok(started.url.into())
}

/// The login that an identity provider's portal started, if its token is genuine. Otherwise a person with an
/// old bookmark or a forged link gets the ordinary login (scalekit-api §11).
async fn portal_login(state: &AppState, token: &str) -> Option<IdpInitiatedLogin> {
    let verified = state.scalekit.verify_idp_initiated_login(token, state.clock.now()).await;
    verified
        .inspect_err(|error| {
            tracing::warn!(
                cause = error as &dyn std::error::Error,
                "a login from an identity provider's portal was refused"
            );
        })
        .ok()
}

/// Whether a portal's tile leads to where the person is signed in already: people press it every morning, and
/// nothing is to be asked. Should somebody else come back from there after all, the callback refuses.
fn leads_to(login: &IdpInitiatedLogin, session: &Session) -> bool {
    let is_same = |said: Option<&str>, known: Option<&str>| {
        said.zip(known).is_some_and(|(said, known)| said.eq_ignore_ascii_case(known))
    };
    login.organization_id.as_deref() == Some(&*session.identity.organization_id)
        && is_same(login.login_hint.as_deref(), session.person.email.as_deref())
}

/// Scalekit, or a portal, sent somebody here with an error: shown, and nothing begins.
fn refused_elsewhere(error: &scalekit::ProviderError) -> Response {
    tracing::info!(code = error.original, "somebody was led to the start of sign-in with an error");
    let problem = match error.code {
        // Nobody cancelled anything here: an invitation expired, or their administrator turned them away.
        ProviderErrorCode::AccessDenied => SignInProblem::LinkRefused,
        ref code => LoginProblem::from(code).into(),
    };
    let words = error
        .description
        .as_ref()
        .map_or_else(|| error.original.clone(), |description| [&error.original, ": ", description.as_str()].concat());
    (Extension(Quoted(words)), AppError::SignIn { problem, return_to: None }).into_response()
}

/// Whether the browser says that the person came from here, or from nowhere: a bookmark, the address bar, but
/// also a mail program, a messenger, a QR code. Of those, only what chooses nothing for the person is
/// believed to be their own. Browsers that say nothing are old enough to be led here by anybody. Of a
/// navigation that a service worker passes on they may say where the worker is from, so the page that the
/// person was on has to be ours too.
fn started_here(headers: &HeaderMap, app_url: &Url, chooses: bool) -> bool {
    let page = || Url::parse(only(headers, "referer")?).ok();
    let is_their_own = || !chooses && only(headers, "sec-fetch-site") == Some("none");
    (comes_from_here(headers) || is_their_own())
        && (!navigation::is_passed_on(headers) || page().is_some_and(|page| page.origin() == app_url.origin()))
}

/// Whether a form that `cross_site` let through is known to be one of this site's pages: that lets those pass
/// too who say nothing and have no cookies.
fn is_pressed_here(headers: &HeaderMap, app_url: &Url) -> bool {
    comes_from_here(headers) || only(headers, "origin") == Some(&app_url.origin().ascii_serialization())
}

/// A header that came once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

/// In development people open 127.0.0.1 or 0.0.0.0 where `APP_URL` says localhost; the attempt's cookie would
/// not come back. Never in production, nor behind a proxy that says so: if it rewrites `Host`, this loops.
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
        started_here(&lines.collect(), &Url::parse("https://app.example.com").unwrap(), false)
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
