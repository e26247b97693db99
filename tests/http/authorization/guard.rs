//! What the guard answers in detail: where it sends people, what it says to programs, and what caches are
//! told.

use leptos_scalekit::access::{Access, ENDPOINTS, PAGES};
use reqwest::Method;

use crate::support::{ADA, app};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_anonymous_visitor_is_sent_to_sign_in_with_an_empty_body_from_every_protected_page() {
    let app = app().await;
    let mut protected = 0;
    for page in PAGES.iter().filter(|page| page.access != Access::Public) {
        protected += 1;
        for method in [Method::GET, Method::HEAD] {
            let mut browser = app.browser();
            let request = browser.request(method, &format!("{}?a=b%26c", page.path));
            let answer = browser.send(request).await;
            assert_eq!((answer.status, answer.body.as_str()), (302, ""), "{}", page.path);
            assert_eq!(answer.header("cache-control"), "no-store, no-transform", "{}", page.path);
            let encoded = page.path.to_owned() + "%3Fa%3Db%2526c";
            assert_eq!(answer.location(), format!("/login?return_to={encoded}"));
        }
    }
    assert!(protected >= 2, "the table has protected pages");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_answers_every_other_method_405_with_what_is_allowed_whoever_sends_it() {
    let app = app().await;
    let visitors = [app.browser(), app.signed_in(ADA).await];
    for path in PAGES.iter().map(|page| page.path).chain(["/healthz", "/readyz"]) {
        // Its `GET` does something, so a `HEAD` is none.
        let allowed = if path == "/auth/callback" { "GET" } else { "GET,HEAD" };
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
            for mut browser in visitors.clone() {
                let request = browser.request(method.clone(), path).header("sec-fetch-site", "same-origin");
                let answer = browser.send(request).await;
                assert_eq!((answer.status, answer.header("allow")), (405, allowed), "{method} {path}");
                assert_eq!((answer.location(), answer.headers.get("set-cookie")), ("", None), "{method} {path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_pages_answer_anonymous_visitors() {
    let app = app().await;
    for page in PAGES.iter().filter(|page| page.access == Access::Public && page.path != "/auth/callback") {
        let answer = app.browser().get(page.path).await;
        assert_eq!(answer.status, 200, "{}", page.path);
        assert!(answer.body.contains("<h1"), "{}", page.path);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_protected_server_function_answers_401_with_a_typed_error() {
    let app = app().await;
    let mut checked = 0;
    for rule in ENDPOINTS.iter().filter(|rule| rule.access != Access::Public) {
        checked += 1;
        let answer = app.browser().call(rule.path, "id=x").await;
        assert_eq!((answer.status, answer.body.as_str()), (401, "\"Unauthenticated\""), "{}", rule.path);
    }
    assert!(checked >= 3, "the table has protected functions");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_in_visitor_sees_every_protected_page_and_no_cache_keeps_it() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    for page in PAGES.iter().filter(|page| page.access != Access::Public) {
        let answer = browser.get(page.path).await;
        assert_eq!(answer.status, 200, "{}", page.path);
        assert!(answer.body.contains("Ada"), "{}", page.path);
        assert_eq!(answer.header("cache-control"), "no-store, no-transform");
        assert!(answer.headers.get_all("vary").iter().any(|value| value == "Cookie"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_has_ended_is_named_as_the_reason_and_no_cookie_is_taken() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    app.advance(31 * 24 * 3600);
    let answer = browser.get("/dashboard").await;
    assert_eq!(answer.location(), "/login?return_to=/dashboard&reason=expired");
    assert!(!answer.touches_session_cookie(), "a late answer must not take the cookie of a newer session");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_page_is_404_with_an_explanation_for_people_and_a_sentence_for_programs() {
    let app = app().await;
    let mut browser = app.browser();
    let page = browser.get("/nowhere").await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("There is no page here") && page.body.contains(page.header("x-request-id")));
    let answer = reqwest::Client::new().get(format!("{}/nowhere", app.url)).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    assert!(!answer.text().await.unwrap().contains('<'));
}
