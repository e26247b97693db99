//! Signing out: the record first, then the provider, and it stays that way.

use scalekit_emulator::{Endpoint, Fault};

use crate::support::{ADA, Trouble, TroubledStore, app, app_with_store, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_out_ends_the_record_the_cookie_and_the_providers_session() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let before = browser.cookies["session"].clone();
    let answer = browser.post("/api/logout", &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (302, ""));
    assert!(!browser.cookies.contains_key("session"));
    assert_eq!(answer.header("clear-site-data"), "\"prefetchCache\"", "pages that were fetched ahead were theirs");
    let url = url::Url::parse(answer.location()).unwrap();
    assert!(url.as_str().starts_with(&format!("{}/oidc/logout?", app.emulator.url())));
    let parameter = |name: &str| url.query_pairs().find(|(found, _)| found == name).unwrap().1.into_owned();
    assert_eq!(parameter("post_logout_redirect_uri"), format!("{}/logged-out", app.url));
    assert_eq!(parameter("id_token_hint").split('.').count(), 3);

    let at_provider = browser.get(url.as_str()).await;
    let back = browser.follow_to_app(at_provider, url.as_str()).await;
    assert_eq!(back, format!("{}/logged-out?state={}", app.url, parameter("state")));
    let page = browser.get(&back).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("ended here and at the sign-in service"));
    assert_eq!(app.emulator.control().state().live_sessions, 0);
    assert_eq!(app.emulator.control().state().live_refresh_tokens, 0);

    let mut old = app.browser();
    old.cookies.insert("session".to_owned(), before);
    assert_eq!(app.user_of(&mut old).await, None, "the old cookie leads nowhere");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_sign_out_of_this_browser_is_said_to_have_gone_all_the_way() {
    let app = app().await;
    let mut other = app.signed_in(ADA).await;
    let of_another_browser = other.post("/api/logout", &[]).await.location().to_owned();
    let (_, state) = of_another_browser.rsplit_once("&state=").unwrap();
    for mut browser in [app.browser(), other.clone()] {
        for wrong in ["", "made-up", &state[1..]] {
            let address = format!("/logged-out?state={wrong}");
            let answer = browser.get(&address).await;
            assert_eq!((answer.status, answer.location()), (302, "/logged-out"), "{address}");
        }
        let page = browser.get("/logged-out").await;
        assert_eq!(page.status, 200, "without a state it is a page like others");
        assert!(page.body.contains("You are signed out") && !page.body.contains("at the sign-in service"));
    }
    let page = app.signed_in(ADA).await.get("/logged-out").await;
    assert!(page.status == 200 && page.body.contains("You are still signed in"), "nothing of theirs has ended");
    let back = format!("/logged-out?state={state}");
    assert_eq!([other.get(&back).await.status, other.get(&back).await.status], [200, 200], "a reload too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_sign_out_no_answer_of_before_signs_in_again() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    // Its outcome is lost: the browser keeps the attempt. The person signs in in another tab.
    assert_eq!(browser.clone().get(&callback).await.status, 302);
    browser.sign_in_silently().await;
    assert_eq!(browser.post("/api/logout", &[]).await.status, 302);
    assert!(!browser.cookies.keys().any(|name| name.starts_with("login.")), "{:?}", browser.cookies.keys());
    assert_eq!(browser.get(&callback).await.status, 400);
    assert_eq!(app.user_of(&mut browser).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_out_works_as_a_call_too() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let answer = browser.call("/api/logout", "").await;
    assert_eq!(answer.status, 302);
    assert!(!browser.cookies.contains_key("session"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_out_without_a_session_leads_to_the_signed_out_page() {
    let app = app().await;
    let answer = app.browser().post("/api/logout", &[]).await;
    assert_eq!((answer.status, answer.location()), (302, "/logged-out"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_out_never_calls_the_provider_from_the_server() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    app.advance(300);
    let calls = app.provider_calls();
    assert_eq!(browser.post("/api/logout", &[]).await.status, 302);
    assert_eq!(app.provider_calls(), calls, "an expired session is not refreshed in order to end it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_in_flight_does_not_bring_the_session_back() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    app.advance(300);
    app.emulator.control().add_fault(Fault::delay(Endpoint::Token, 60_000));
    let mut waiting = browser.clone();
    let refreshing = tokio::spawn(async move { waiting.get("/dashboard").await });
    until("the refresh", async || app.emulator.control().open_token_calls() == 1).await;
    let kept = browser.clone();
    assert_eq!(browser.post("/api/logout", &[]).await.status, 302);
    app.emulator.control().clear_faults();
    let answer = refreshing.await.unwrap();
    assert_eq!(answer.status, 302, "the request in flight is anonymous too");
    let mut old = kept;
    assert_eq!(app.user_of(&mut old).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_get_does_not_sign_out() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    assert!(browser.get("/api/logout").await.status >= 400);
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_site_can_not_sign_anybody_out() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    for headers in [
        vec![("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        vec![("sec-fetch-site", "same-site")],
        vec![("origin", "null")],
        vec![],
    ] {
        let mut request = browser.request(reqwest::Method::POST, "/api/logout");
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        assert_eq!(browser.send(request).await.status, 403, "{headers:?}");
    }
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_sign_out_asks_and_its_button_signs_out() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    // As from a link in an e-mail that webmail shows.
    let request = browser.request(reqwest::Method::GET, "/logout").header("sec-fetch-site", "cross-site");
    let asked = browser.send(request).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert!(asked.header("cache-control").contains("no-store"));
    for words in ["Sign out?", "Ada Lovelace", "Analytical Engines", r#"<form method="post" action="/api/logout""#] {
        assert!(asked.body.contains(words), "{words} is missing: {}", asked.body);
    }
    assert!(!asked.touches_session_cookie());
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA), "nothing has happened yet");

    app.advance(3600);
    let calls = app.provider_calls();
    assert_eq!(browser.get("/logout").await.status, 200);
    assert_eq!(app.provider_calls(), calls, "nobody's tokens are refreshed in order to ask");
    let answer = browser.post("/api/logout", &[]).await;
    assert!(answer.location().starts_with(&format!("{}/oidc/logout?", app.emulator.url())));
    assert_eq!(app.user_of(&mut browser).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_sign_out_says_so_if_nobody_is_signed_in() {
    let app = app().await;
    let mut ended = app.signed_in(ADA).await;
    app.advance(31 * 24 * 3600);
    for browser in [&mut app.browser(), &mut ended] {
        let answer = browser.get("/logout").await;
        assert_eq!(answer.status, 200);
        assert!(
            answer.body.contains("You are not signed in") && !answer.body.contains("/api/logout"),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains("Ada"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_sign_out_works_while_nobody_can_tell_who_is_signed_in() {
    let store = TroubledStore::new();
    let app = app_with_store(store.clone()).await;
    let mut browser = app.signed_in(ADA).await;
    store.be(Trouble::Down);
    let asked = browser.get("/logout").await;
    assert_eq!(asked.status, 200);
    assert!(asked.body.contains("/api/logout") && !asked.body.contains("Ada"), "{}", asked.body);
}
