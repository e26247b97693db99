//! The headers that protect answers, on every kind of answer that the application gives. What browsers make
//! of them: `end2end/tests/headers.spec.ts`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use leptos_scalekit::{
    access::{ENDPOINTS, PAGES},
    server::settings::{Environment, Settings},
};
use reqwest::{Method, header::HeaderMap};
use scalekit_sessions::MemoryStore;

use crate::{
    last_resort::answer_with,
    support::{ADA, App, Trouble, app, app_with},
};

/// One answer, and what it answers.
struct Answer {
    to: String,
    headers: HeaderMap,
}

/// Something of every kind, anonymous and signed in: pages, redirects, errors for people and for programs,
/// functions that work and that fail, notifications, health checks, other methods.
async fn answers_of_every_kind(app: &App) -> Vec<Answer> {
    let mut signed_in = app.signed_in(ADA).await;
    let mut answers = Vec::new();
    for page in PAGES {
        for mut browser in [app.browser(), signed_in.clone()] {
            let answer = browser.get(page.path).await;
            answers.push(Answer { to: format!("{} {}", answer.status, page.path), headers: answer.headers });
        }
    }
    let paths = ENDPOINTS.iter().map(|rule| rule.path);
    for path in paths.chain(["/", "/healthz", "/readyz", "/nowhere", "/page.js", "/pkg/none.css"]) {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT, Method::DELETE] {
            for site in ["same-origin", "cross-site"] {
                // Signing out comes last.
                if path == "/api/logout" && method == Method::POST && site == "same-origin" {
                    continue;
                }
                let request = signed_in.request(method.clone(), path).header("sec-fetch-site", site);
                let request = request.header("content-type", "text/plain");
                let answer = signed_in.send(request).await;
                answers
                    .push(Answer { to: format!("{} {method} {path} {site}", answer.status), headers: answer.headers });
            }
        }
    }
    for path in ["/api/current_session", "/api/end_session", "/api/exchange_code", "/api/logout"] {
        let answer = signed_in.call(path, "query=none").await;
        answers.push(Answer { to: format!("{} call of {path}", answer.status), headers: answer.headers });
    }
    for path in ["/api/end_session", "/api/refresh_session"] {
        let answer = app.browser().call(path, "").await;
        answers.push(Answer { to: format!("{} anonymous call of {path}", answer.status), headers: answer.headers });
    }
    for trouble in [Trouble::Panics, Trouble::Down] {
        let answer = answer_with(trouble).await;
        answers.push(Answer { to: format!("{} in trouble", answer.status()), headers: answer.headers().clone() });
    }
    answers
}

/// The one value of a header that must be there once.
fn only<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let values: Vec<_> = answer.headers.get_all(name).iter().collect();
    assert_eq!(values.len(), 1, "{}: {name} {values:?}", answer.to);
    values[0].to_str().unwrap()
}

/// A policy's directives.
fn directives(policy: &str) -> BTreeMap<&str, Vec<&str>> {
    let directives: Vec<_> =
        policy.split(';').map(|directive| directive.split_whitespace().collect::<Vec<_>>()).collect();
    let named: BTreeMap<_, _> = directives.iter().map(|words| (words[0], words[1..].to_vec())).collect();
    assert_eq!(named.len(), directives.len(), "no directive twice: {policy}");
    named
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_protected() {
    let app = app().await;
    let answers = answers_of_every_kind(&app).await;
    let statuses: BTreeSet<&str> = answers.iter().map(|answer| &answer.to[..3]).collect();
    for expected in ["200", "302", "400", "401", "403", "404", "405", "415", "500", "503"] {
        assert!(statuses.contains(expected), "{expected} is among {statuses:?}");
    }
    let mut nonces = BTreeSet::new();
    for answer in &answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "strict-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-embedder-policy", "credentialless"),
        ] {
            assert_eq!(only(answer, name), value, "{}", answer.to);
        }
        assert!(only(answer, "permissions-policy").contains("camera=()"), "{}", answer.to);
        let policy = directives(only(answer, "content-security-policy"));
        let nonce = policy["script-src"][1];
        assert!(nonce.starts_with("'nonce-") && nonce.len() >= 24, "{nonce}");
        assert!(nonces.insert(nonce.to_owned()), "{}: a fresh nonce", answer.to);
        // Whose pictures are shown too, since it is the emulator.
        let issuer = app.state.scalekit.config().environment_url();
        let expected = BTreeMap::from([
            ("default-src", vec!["'none'"]),
            ("script-src", vec!["'self'", nonce, "'wasm-unsafe-eval'"]),
            ("style-src", vec!["'self'"]),
            ("base-uri", vec!["'none'"]),
            ("frame-ancestors", vec!["'none'"]),
            ("manifest-src", vec!["'self'"]),
            ("form-action", vec!["'self'", issuer]),
            ("img-src", vec!["'self'", "https:", issuer]),
            ("connect-src", vec!["'self'", "ws:"]),
        ]);
        // Those in trouble belong to another application, with another provider.
        if !answer.to.ends_with("in trouble") {
            assert_eq!(policy, expected, "{}", answer.to);
        }
        assert!(!answer.headers.contains_key("strict-transport-security"), "{}: over http it means nothing", answer.to);
        assert!(
            !answer.headers.contains_key("server") && !answer.headers.contains_key("x-powered-by"),
            "{}",
            answer.to
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_cache_keeps_anything_but_the_sites_files() {
    let app = app().await;
    for answer in answers_of_every_kind(&app).await {
        // Where the site was built, this one is a file.
        if answer.to.starts_with("200 ") && answer.to.contains("/page.js") {
            assert_eq!(only(&answer, "cache-control"), "no-cache");
            continue;
        }
        assert_eq!(only(&answer, "cache-control"), "no-store, no-transform", "{}", answer.to);
        assert!(answer.headers.get_all("vary").iter().any(|value| value == "Cookie"), "{}: Vary", answer.to);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_origin_is_ever_allowed_to_read_an_answer() {
    let app = app().await;
    for answer in answers_of_every_kind(&app).await {
        let shared = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(shared, None, "{}", answer.to);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_https_browsers_are_told_to_stay_with_it() {
    let app = app_with(Arc::new(MemoryStore::default()), |settings| {
        settings.app_url = "https://app.example.com".parse().unwrap();
    })
    .await;
    for path in ["/", "/dashboard", "/nowhere", "/healthz", "/auth/login", "/api/logout"] {
        let answer = app.browser().get(path).await;
        assert_eq!(answer.header("strict-transport-security"), "max-age=63072000; includeSubDomains", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_https_on_ones_own_machine_browsers_are_not_bound_for_every_other_project_there() {
    for name in ["https://localhost:8443", "https://app.localhost", "https://127.0.0.2", "https://[::1]:8443"] {
        let store = Arc::new(MemoryStore::default());
        let app = app_with(store, |settings| settings.app_url = name.parse().unwrap()).await;
        assert_eq!(app.browser().get("/").await.header("strict-transport-security"), "", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_production_pages_open_no_socket() {
    let production = |settings: &mut Settings| settings.environment = Environment::Production;
    let app = app_with(Arc::new(MemoryStore::default()), production).await;
    let answer = app.browser().get("/").await;
    assert_eq!(directives(answer.header("content-security-policy"))["connect-src"], ["'self'"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_are_the_pages_own_or_the_sites_and_no_element_has_a_style_or_a_handler() {
    let app = app().await;
    let mut signed_in = app.signed_in(ADA).await;
    for path in PAGES.iter().map(|page| page.path).chain(["/nowhere"]) {
        let page = signed_in.get(path).await;
        let policy = directives(page.header("content-security-policy"));
        let nonce = policy["script-src"][1].trim_start_matches("'nonce-").trim_end_matches('\'');
        let scripts: Vec<&str> =
            page.body.split("<script").skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
        assert!(!scripts.is_empty(), "{path}");
        for script in scripts {
            let is_the_pages_own = script.contains(&format!("nonce=\"{nonce}\""));
            let is_the_sites = script.contains("src=\"/") && !script.contains("src=\"//");
            // No browser runs it.
            let is_data = script.contains("type=\"application/json\"");
            assert!(is_the_pages_own || is_the_sites || is_data, "{path}: {script}");
        }
        for tag in page.body.split('<').map(|rest| rest.split('>').next().unwrap()) {
            assert!(!tag.contains(" style=") && !tag.starts_with("style"), "{path}: {tag}");
            assert!(
                !tag.split_whitespace().any(|word| word.starts_with("on") && word.contains("=\"")),
                "{path}: {tag}"
            );
        }
    }
}
