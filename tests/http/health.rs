//! Health and readiness, and the headers that every answer carries.

use scalekit_emulator::{Endpoint, Fault};

use crate::support::app;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_without_its_provider_is_alive_but_not_ready() {
    let app = app().await;
    let mut browser = app.browser();
    app.emulator.control().add_fault(Fault::status(Endpoint::Keys, 503));
    assert_eq!(browser.get("/healthz").await.status, 200);
    let unready = browser.get("/readyz").await;
    assert_eq!((unready.status, unready.body.as_str()), (503, "not ready: provider keys\n"));
    assert_eq!(browser.get("/").await.status, 200, "public pages work");
    app.advance(60);
    assert_eq!(browser.get("/readyz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_answer_carries_the_protecting_headers() {
    let app = app().await;
    let mut browser = app.browser();
    for path in ["/", "/dashboard", "/nowhere", "/auth/login", "/auth/callback", "/healthz"] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        for directive in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "'wasm-unsafe-eval'"] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_page_has_a_nonce_of_its_own_and_its_scripts_carry_it() {
    let app = app().await;
    let mut browser = app.browser();
    let mut nonces = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let page = browser.get("/").await;
        let policy = page.header("content-security-policy");
        let (_, rest) = policy.split_once("'nonce-").unwrap();
        let (nonce, _) = rest.split_once('\'').unwrap();
        assert!(page.body.contains(&format!("nonce=\"{nonce}\"")));
        assert!(!page.body.contains(" style=\""), "no inline styles");
        nonces.insert(nonce.to_owned());
    }
    assert_eq!(nonces.len(), 3);
}
