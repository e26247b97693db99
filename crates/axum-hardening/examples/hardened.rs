//! A page and a form behind every layer of the crate: `cargo run -p axum-hardening --example hardened`, then
//! <http://localhost:3080>.
#![expect(clippy::print_stdout, reason = "an example says where it is")]

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::{from_fn, from_fn_with_state},
    response::Html,
    routing::{get, post},
};
use axum_hardening::{
    cookies::keep_plain_cookies,
    cross_site::{CrossSite, refuse_cross_site_requests},
    headers::{AnswerHeaders, ContentSecurityPolicy, Nonce, PageNonce, protect_answers},
    last_resort::{AddressLimit, TimeLimit, answer_panics, limit_address, limit_time, log_panics},
    log::{Format, RequestLog, log_requests, start_logging},
    rate_limit::{Counts, Limit, Quota, RateLimit, RateLimits, Rule, limit_rate},
    serve::{ServeLimits, listen, serve, stop_signal},
};
use url::Url;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    start_logging(Format::Readable, Vec::new());
    log_panics();
    let site: Arc<Url> = Arc::new("http://localhost:3080".parse()?);
    let headers = AnswerHeaders {
        fixed: [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "strict-origin"),
        ]
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .into(),
        policy: ContentSecurityPolicy::new(
            "default-src 'none'; script-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        new_nonce: Nonce::new,
    };
    let started = std::time::Instant::now();
    let form = Limit {
        class: "form",
        name: "form",
        counts: Counts::Everything,
        rule: Rule::per_minute(60, Some(1200), Quota { at_once: 3, a_minute: 1 }),
    };
    let rates = RateLimit {
        limits: Arc::new(RateLimits::new([form], move || started.elapsed())),
        class_of: Arc::new(|request: &Request| {
            let route = request.extensions().get::<MatchedPath>()?;
            (route.as_str() == "/greet").then_some("form")
        }),
        trusted_proxies: Arc::default(),
    };

    // Layers run from the last to the first.
    let router = Router::new()
        .route("/", get(page))
        .route("/greet", post(async || "Hello to you too.\n"))
        .layer(from_fn_with_state(CrossSite { site, forms_below: "/" }, refuse_cross_site_requests))
        .layer(from_fn(keep_plain_cookies))
        .layer(from_fn_with_state(rates, limit_rate))
        .layer(from_fn(answer_panics))
        .layer(from_fn_with_state(TimeLimit { longest: Duration::from_secs(30), retry_after: 5 }, limit_time))
        .layer(from_fn_with_state(AddressLimit { longest: 8 * 1024 }, limit_address))
        .layer(from_fn_with_state(headers, protect_answers))
        .layer(from_fn_with_state(RequestLog::default(), log_requests));

    let listener = listen("127.0.0.1:3080".parse()?)?;
    println!("http://localhost:3080");
    serve(listener, None, router, ServeLimits::default().fitted_to_descriptors(), stop_signal()).await;
    Ok(())
}

async fn page(Extension(PageNonce(nonce)): Extension<PageNonce<Nonce>>) -> Html<String> {
    Html(format!(
        "<!DOCTYPE html><title>Hardened</title><form method=post action=/greet><button>Hello</button></form>\
         <script nonce=\"{nonce}\">document.title += ' and scripted'</script>"
    ))
}
