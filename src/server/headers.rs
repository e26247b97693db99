//! Response headers that protect every answer, and the nonce that ties scripts to their page.
//!
//! Not here: headers that say something of the content, which whoever makes the answer sets. What may be kept by caches says so
//! itself; everything else is kept by none.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use leptos::nonce::Nonce;

use super::{
    settings::{Environment, is_loopback},
    state::AppState,
};

/// The nonce of one answer, in the request's extensions.
#[derive(Debug, Clone)]
pub struct PageNonce(pub Nonce);

/// Two years, in seconds.
const HSTS: &str = "max-age=63072000; includeSubDomains";

/// Headers that are the same on every answer.
const FIXED: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    // The path and query of the callback hold a code: not even this site's own files are told.
    ("referrer-policy", "strict-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    // Not `require-corp`, which would hide people's pictures: they lie on other sites that know nothing of this one.
    ("cross-origin-embedder-policy", "credentialless"),
    (
        "permissions-policy",
        "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), \
         geolocation=(), gyroscope=(), identity-credentials-get=(), magnetometer=(), microphone=(), midi=(), payment=(), \
         publickey-credentials-create=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), \
         xr-spatial-tracking=()",
    ),
];

/// Adds the headers of `FIXED`, the content security policy, over https strict transport security, and what keeps caches away.
pub async fn protect_answers(State(state): State<Arc<AppState>>, mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new();
    let policy = content_security_policy(&state, &nonce);
    request.extensions_mut().insert(PageNonce(nonce));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    // Browsers hold a name to it at every port, and on this machine other projects share the name.
    if state.settings.secure_cookies() && !is_loopback(&state.settings.app_url) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    keep_from_caches(headers);
    response
}

/// Only files of the site may be kept, and they say so. Everything else depends on who is asking, or might in a team's product.
/// Nothing in between may rewrite it either (`no-transform`, RFC 9111, section 5.2.2.6): the application starts on what it rendered.
fn keep_from_caches(headers: &mut HeaderMap) {
    const NOT_AT_ALL: HeaderValue = HeaderValue::from_static("no-store, no-transform");
    if headers.get(header::CACHE_CONTROL).is_none_or(|caching| caching == "no-store") {
        headers.insert(header::CACHE_CONTROL, NOT_AT_ALL);
        headers.append(header::VARY, HeaderValue::from_static("Cookie"));
    }
}

fn content_security_policy(state: &AppState, nonce: &Nonce) -> String {
    let provider = state.scalekit.config().environment_url();
    let development = state.settings.environment == Environment::Development;
    let mut policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; "
    );
    // The sign-out form's answer redirects to the provider, and browsers hold redirects to this list too. During a move to
    // another domain the provider may pass them on to its other name.
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
