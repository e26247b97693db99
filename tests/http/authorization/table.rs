//! The table alone decides: the same server functions under other rules. Each answers what its row says,
//! whatever its code does.

use std::sync::Arc;

use leptos_scalekit::{
    access::{Access, ENDPOINTS, Endpoint, PAGES, Page},
    server::routes::Rules,
};
use scalekit_sessions::MemoryStore;

use super::assert_shows_nothing;
use crate::support::{ADA, App, CHARLES, Trouble, TroubledStore, app_under};

/// Held by Ada and not by Charles, who is a member.
const PERMISSION: &str = "members:manage";

/// Server functions that need a session, and what they are called with.
const FUNCTIONS: [&str; 3] = ["/api/end_session", "/api/end_other_sessions", "/api/refresh_session"];

/// The application's rules, with those of some endpoints changed; `None` takes a row out.
fn rules(change: impl Fn(Endpoint) -> Option<Endpoint>) -> Rules {
    let endpoints: Vec<Endpoint> = ENDPOINTS.iter().copied().filter_map(change).collect();
    Rules { pages: PAGES, endpoints: endpoints.leak() }
}

fn with_access(paths: &'static [&'static str], access: Access) -> Rules {
    rules(move |row| Some(if paths.contains(&row.path) { Endpoint { access, ..row } } else { row }))
}

async fn app(rules: Rules) -> App {
    app_under(rules, Arc::new(MemoryStore::default())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_function_answers_401_403_and_200_by_its_row_alone() {
    let app = app(with_access(&FUNCTIONS, Access::Permission(PERMISSION))).await;
    let (mut anonymous, mut member, mut admin) =
        (app.browser(), app.signed_in(CHARLES).await, app.signed_in(ADA).await);
    for path in FUNCTIONS {
        let refused = anonymous.call(path, "id=x").await;
        assert_eq!((refused.status, refused.body.as_str()), (401, "\"Unauthenticated\""), "{path}");
        let refused = member.call(path, "id=x").await;
        let forbidden = format!("{{\"Forbidden\":{{\"permission\":\"{PERMISSION}\"}}}}");
        assert_eq!((refused.status, refused.body), (403, forbidden), "{path}");
        assert_eq!(admin.call(path, "id=x").await.status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_lets_anybody_through_gives_nobody_a_session() {
    let app = app(with_access(&FUNCTIONS, Access::Public)).await;
    for path in FUNCTIONS {
        let answer = app.browser().call(path, "id=x").await;
        assert_eq!((answer.status, answer.body.as_str()), (500, "\"Internal\""), "{path}: an error, never data");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_nobody_can_tell_who_asks_a_row_that_needs_a_session_answers_503() {
    let store = TroubledStore::new();
    let app = app_under(Rules::OF_THE_APPLICATION, store.clone()).await;
    let mut browser = app.signed_in(ADA).await;
    store.be(Trouble::Down);
    for path in FUNCTIONS {
        let answer = browser.call(path, "id=x").await;
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.body.starts_with("{\"Unavailable\":"), "{path}: {}", answer.body);
        assert_eq!(answer.header("retry-after"), "5", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_function_without_a_row_is_refused_to_everybody_and_on_pages_too() {
    let app =
        app(rules(|row| (row.path != "/api/refresh_session" && row.path != "/api/exchange_code").then_some(row))).await;
    let mut browser = app.browser();
    for path in ["/api/refresh_session", "/api/exchange_code"] {
        let answer = browser.call(path, "query=x").await;
        assert_eq!((answer.status, answer.body.as_str()), (404, "\"NotFound\""), "{path}");
    }
    // The page of the callback calls one.
    let page = browser.get("/auth/callback?code=x&state=yyyyyyyyyyyy").await;
    assert!(page.body.contains("Something failed on our side"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_without_a_row_is_refused_to_everybody() {
    let pages: Vec<Page> = PAGES.iter().copied().filter(|page| page.path != "/dashboard/sessions").collect();
    let app = app(Rules { pages: pages.leak(), endpoints: ENDPOINTS }).await;
    for mut browser in [app.browser(), app.signed_in(ADA).await] {
        let answer = browser.get("/dashboard/sessions").await;
        assert_eq!(answer.status, 404);
        assert_shows_nothing(&answer.body, "the refusal");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_by_permission_answers_403_with_the_permission_that_is_missing() {
    let mut pages: Vec<Page> = PAGES.to_vec();
    for page in pages.iter_mut().filter(|page| page.path == "/dashboard") {
        page.access = Access::Permission(PERMISSION);
    }
    let app = app(Rules { pages: pages.leak(), endpoints: ENDPOINTS }).await;
    assert_eq!(app.browser().get("/dashboard").await.location(), "/login?return_to=/dashboard");
    let refused = app.signed_in(CHARLES).await.get("/dashboard").await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains(PERMISSION) && !refused.body.contains("Babbage"), "{}", refused.body);
    assert_eq!(app.signed_in(ADA).await.get("/dashboard").await.status, 200);
}
