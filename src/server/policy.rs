//! What this application asks of the layers of `axum_hardening`: its headers, its limits, its addresses. The
//! lists and figures that a team changes are here; what a layer does with them is the crate's.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method, header},
};
use axum_hardening::{
    cross_site::CrossSite,
    headers::{AnswerHeaders, ContentSecurityPolicy},
    last_resort::{AddressLimit, TimeLimit},
    log::{Format, RequestLog},
    navigation::{self, Navigation},
    rate_limit::RateLimit,
    referer::OwnReferer,
    serve::ServeLimits,
};
use leptos::nonce::Nonce;
use scalekit::is_loopback;
use scalekit_sessions::RETRY_SECONDS;

use super::{rate_limit::Class, routes, settings::Environment, state::AppState};
use crate::access::FUNCTIONS;

/// A callback with a long code and a start of a sign-in with an identity provider's token fit several times;
/// pages and error pages repeat addresses.
pub const ADDRESS: AddressLimit = AddressLimit { longest: 8 * 1024 };

/// Headers that are the same on every answer.
const HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    // The path and query of the callback hold a code: not even this site's own files are told.
    ("referrer-policy", "strict-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    // Not `require-corp`, which would hide people's pictures: they lie on sites that don't know this one.
    ("cross-origin-embedder-policy", "credentialless"),
    (
        "permissions-policy",
        "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), \
         geolocation=(), gyroscope=(), identity-credentials-get=(), magnetometer=(), microphone=(), midi=(), payment=(), \
         publickey-credentials-create=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), \
         xr-spatial-tracking=()",
    ),
];

/// Two years, in seconds.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// In every answer: the headers above, over https strict transport security, and the content security policy.
pub fn answer_headers(state: &AppState) -> AnswerHeaders<Nonce> {
    let fixed =
        |(name, value): &(&'static str, &'static str)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    // Browsers hold a name to it at every port, and on this machine other projects share the name.
    let has_name_of_its_own = state.settings.secure_cookies() && !is_loopback(&state.settings.app_url);
    let hsts = has_name_of_its_own.then_some((header::STRICT_TRANSPORT_SECURITY, HSTS));
    AnswerHeaders {
        fixed: HEADERS.iter().map(fixed).chain(hsts).collect(),
        policy: ContentSecurityPolicy::new(&content_security_policy(state)),
        new_nonce: Nonce::new,
    }
}

fn content_security_policy(state: &AppState) -> String {
    let provider = state.scalekit.config().environment_url();
    let development = state.settings.environment == Environment::Development;
    let mut policy = "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
                      base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; "
        .to_owned();
    // The sign-out form's answer redirects to the provider, and browsers hold redirects to this list too.
    // During a move to another domain the provider may pass them on to its other name.
    let _ = write!(policy, "form-action 'self' {provider}");
    for issuer in state.scalekit.config().issuers().iter().filter(|issuer| *issuer != provider) {
        let _ = write!(policy, " {issuer}");
    }
    let _ = write!(policy, "; ");
    // People's pictures live anywhere on https; the emulator serves its own.
    let _ = write!(
        policy,
        "img-src 'self' https:{}; ",
        if state.emulated { format!(" {provider}") } else { String::new() }
    );
    // `cargo leptos watch` talks to the page over a web socket.
    let _ = write!(policy, "connect-src 'self'{}", if development { " ws:" } else { "" });
    policy
}

/// How long an answer may take.
pub fn time(state: &AppState) -> TimeLimit {
    TimeLimit { longest: state.patience().answer(), retry_after: RETRY_SECONDS }
}

/// What connections may take. `stop` is how long those under way have once the process is told to stop.
#[must_use]
pub fn connections(state: &AppState, stop: Duration) -> ServeLimits {
    let limits = ServeLimits {
        connections: state.settings.max_connections,
        trusted_proxies: state.settings.trusted_proxies.clone(),
        stop,
        ..ServeLimits::default()
    };
    limits.fitted_to_descriptors()
}

/// What is limited; `None`: nothing is (`RATE_LIMIT=off`).
pub fn rates(state: &AppState) -> Option<RateLimit<Class>> {
    let limits = Arc::clone(state.rate_limits.as_ref()?);
    let trusted_proxies = state.settings.trusted_proxies.as_slice().into();
    let cross_site = cross_site(state);
    let class_of = move |request: &Request| {
        let class = Class::of(request.extensions().get::<MatchedPath>()?.as_str())?;
        (!is_refused_anyway(&cross_site, class, request)).then_some(class)
    };
    Some(RateLimit { limits, class_of: Arc::new(class_of), trusted_proxies })
}

/// Whether the request's method and headers are enough to refuse it, which costs nothing.
fn is_refused_anyway(cross_site: &CrossSite, class: Class, request: &Request) -> bool {
    let is_cross_site = cross_site.refusal(request).is_some();
    match class {
        // Its function is posted to.
        Class::Callback if *request.method() == Method::POST => is_cross_site,
        Class::LoginStart | Class::Callback => {
            is_cross_site || navigation::refusal(request.method(), request.headers()).is_some()
        }
        Class::ServerFunction => is_cross_site,
        Class::Notification => false,
    }
}

/// Only this site's pages may change something. Server functions take only forms: that is what callers send.
pub fn cross_site(state: &AppState) -> CrossSite {
    CrossSite { site: Arc::new(state.settings.app_url.clone()), forms_below: FUNCTIONS }
}

/// Pages, and where a login attempt begins and ends: both do something on `GET`.
pub const NAVIGATION: Navigation = Navigation {
    is_page: |path| matches!(routes::find(path), Some(rule) if rule.is_page),
    acting: &["/auth/login", "/auth/callback"],
};

/// Whose pages a `Referer` may name.
pub fn own_referer(state: &AppState) -> OwnReferer {
    OwnReferer { site: Arc::new(state.settings.app_url.clone()) }
}

/// How requests are written down.
pub fn request_log(state: &AppState) -> RequestLog {
    RequestLog {
        client: state.settings.logged_client,
        trusted_proxies: state.settings.trusted_proxies.as_slice().into(),
    }
}

/// How the log is written: for people in development, for programs in production.
#[must_use]
pub const fn log_format(environment: Environment) -> Format {
    match environment {
        Environment::Development => Format::Readable,
        Environment::Production => Format::Json,
    }
}
