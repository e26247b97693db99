//! Response headers that protect every answer, and the nonce that ties scripts to their page.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use leptos::nonce::Nonce;

use super::{settings::Environment, state::AppState};

/// The nonce of one answer, in the request's extensions.
#[derive(Debug, Clone)]
pub struct PageNonce(pub Nonce);

/// One year, in seconds.
const HSTS: &str = "max-age=31536000; includeSubDomains";

/// Headers that are the same on every answer.
const FIXED: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Adds the headers of `FIXED`, the content security policy and, over https, strict transport security.
pub async fn protect_answers(State(state): State<Arc<AppState>>, mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new();
    let policy = content_security_policy(&state, &nonce);
    request.extensions_mut().insert(PageNonce(nonce));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if state.settings.secure_cookies() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Marks answers that depend on who is asking: no cache keeps them, and the back button asks again.
pub async fn never_store(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Cookie"));
    response
}

fn content_security_policy(state: &AppState, nonce: &Nonce) -> String {
    let provider = state.scalekit.config().issuer();
    let mut policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; "
    );
    // The sign-out form's answer redirects to the provider, and browsers hold redirects to this list too.
    // Signing in by form goes on from there to any identity provider, so the list has to name all of https.
    let _ = write!(policy, "form-action 'self' {provider} https:; ");
    let development = state.settings.environment == Environment::Development;
    // People's pictures live anywhere on https; the emulator serves its own.
    let _ = write!(
        policy,
        "img-src 'self' data: https:{}; ",
        if state.emulated { format!(" {provider}") } else { String::new() }
    );
    // `cargo leptos watch` talks to the page over a web socket.
    let _ = write!(policy, "connect-src 'self'{}", if development { " ws:" } else { "" });
    policy
}
